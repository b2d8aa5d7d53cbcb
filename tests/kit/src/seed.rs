//! Chats to start tests with, and what people say in them.

use chat::{
    Change, Draft,
    catalogue::{Access, Catalogue, KeyPolicy, KeySource, Provider, ProviderKind},
    id::{ChatId, ModelId, OrgId, ProviderId, QueuedId, ServerId, UserId},
    mcp::{Auth, Availability, Server, Transport},
    message::{NewMessage, QueuedMessage, Role},
    model::{Api, EffortRange, ModelConfig, ModelOptions},
    part::Part,
    port::{Clock, Person},
    record::Chat,
    time::Timestamp,
    transition::{Create, Transition, WhenBusy},
};
use uuid::Uuid;

use crate::clock::EPOCH;

/// The person whom seeds belong to.
#[must_use]
pub const fn person() -> Person {
    Person { user_id: UserId(Uuid::from_u128(0x0a)), org_id: OrgId(Uuid::from_u128(0x0b)) }
}

/// The model that seeds use.
pub const MODEL: ModelId = ModelId(Uuid::from_u128(0x0c));

/// Returns a chat without history, at rest, as [`Create`] wants it.
#[must_use]
pub fn chat(id: ChatId) -> Chat {
    Chat::begun(id, person(), MODEL, EPOCH)
}

/// Returns what a person says.
#[must_use]
pub fn said(text: &str) -> NewMessage {
    let content = vec![Part::Text { text: text.to_owned() }.into()];
    NewMessage { created_by: Some(person().user_id), ..NewMessage::of(Role::User, content) }
}

/// Returns what the model says.
#[must_use]
pub fn answered(text: &str) -> NewMessage {
    NewMessage::of(Role::Assistant, vec![Part::Text { text: text.to_owned() }.into()])
}

/// Returns what a person says to a chat that may be busy.
#[must_use]
pub fn queued(text: &str, now: Timestamp) -> QueuedMessage {
    QueuedMessage {
        id: QueuedId(0),
        content: vec![Part::Text { text: text.to_owned() }],
        created_at: now,
        created_by: Some(person().user_id),
        model_id: None,
        reasoning_effort: None,
    }
}

/// Returns the transition that makes a chat of a seed, with a first message or at rest.
#[must_use]
pub fn create(seed: Chat, message: Option<NewMessage>) -> Transition {
    Transition::Create(Box::new(Create { seed, share: None, closing: Vec::new(), message, spec: None }))
}

/// Returns the transition in which a person says something.
#[must_use]
pub fn send(text: &str, now: Timestamp) -> Transition {
    Transition::Send { message: queued(text, now), when_busy: WhenBusy::Queue }
}

/// Returns the write that makes a chat in which a person has said something.
///
/// # Panics
/// When the table refuses that.
#[must_use]
pub fn created(clock: &impl Clock, text: &str) -> Change {
    let now = clock.now();
    let seed = Chat { created_at: now, updated_at: now, ..chat(ChatId(clock.new_id())) };
    change(Draft::open(None, now), [create(seed, Some(said(text)))])
}

/// Returns the write of a draft to which transitions are applied.
///
/// # Panics
/// When the table refuses one of them.
#[must_use]
pub fn change(draft: Draft, transitions: impl IntoIterator<Item = Transition>) -> Change {
    let draft = transitions.into_iter().fold(draft, |draft, transition| match draft.apply(transition) {
        Ok(draft) => draft,
        Err(refusal) => panic!("refused: {refusal}"),
    });
    match draft.finish() {
        Some(change) => change,
        None => panic!("no chat was made"),
    }
}

/// The provider of [`model`].
pub const PROVIDER: ProviderId = ProviderId(Uuid::from_u128(0x0d));

/// Returns a model of the rehearsal provider, which chats use that name none.
#[must_use]
pub fn model() -> ModelConfig {
    let plain =
        ModelConfig::plain(MODEL, ProviderKind::Rehearsal, Api::AnthropicMessages, "rehearsal-1", 200_000);
    let reasoning_effort = Some(EffortRange::default());
    let options =
        ModelOptions { max_output_tokens: Some(4_096), reasoning_effort, ..ModelOptions::default() };
    ModelConfig { provider_id: PROVIDER, is_default: true, options, ..plain }
}

/// Returns the rehearsal provider, as the environment presets it.
#[must_use]
pub fn provider() -> Provider {
    Provider {
        id: PROVIDER,
        kind: ProviderKind::Rehearsal,
        name: "rehearsal".into(),
        base_url: None,
        enabled: true,
        keys: KeyPolicy::default(),
        sealed_key: None,
        preset: true,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    }
}

/// Returns a tool server that is reached without secrets, and that chats have which name it.
#[must_use]
pub fn tool_server(id: u128, slug: &str) -> Server {
    Server {
        id: ServerId(Uuid::from_u128(id)),
        slug: slug.into(),
        display_name: slug.into(),
        url: "https://tools.example.com/mcp".into(),
        transport: Transport::StreamableHttp,
        auth: Auth::None,
        sealed: None,
        enabled: true,
        availability: Availability::DefaultOff,
        allow_in_plan_mode: false,
        tool_allow: Vec::new(),
        tool_deny: Vec::new(),
        edition: 1,
        created_at: EPOCH,
        updated_at: EPOCH,
    }
}

/// Returns what is offered where nobody set anything: [`model`] at [`provider`].
#[must_use]
pub fn presets() -> Catalogue {
    Catalogue { providers: vec![provider().into()], models: vec![model().into()], ..Catalogue::default() }
}

/// Returns how [`model`] is asked.
#[must_use]
pub fn access() -> Access {
    Access { provider: provider().into(), key: KeySource::Environment }
}
