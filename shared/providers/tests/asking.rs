//! Keys of every source, against a provider that listens.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

use std::{net::SocketAddr, sync::Arc};

use chat::{
    catalogue::{Access, KeySource, Provider, Sealed},
    failure::Kind,
    id::{ChatId, MessageId, UserId},
    model::{ModelError, ModelEvent, ModelRequest},
    port::{AskModel as _, KeyOwner, SealSecrets as _},
    time::Timestamp,
};
use edge::{Secret, models::Provider as Preset};
use kit::{rehearsal::Rehearsal, secrets::Secrets, seed};
use providers::Model;

const USER: UserId = seed::person().user_id;

async fn listening() -> Rehearsal {
    Rehearsal::start(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap()
}

fn preset(at: &Rehearsal, key: Option<&str>) -> Preset {
    Preset { kind: seed::provider().kind, base_url: at.url(), api_key: key.map(Secret::new) }
}

async fn sealed(owner: KeyOwner) -> Sealed {
    Secrets.seal(owner, "sk-1").await.unwrap()
}

fn request(provider: Provider, key: KeySource) -> ModelRequest {
    ModelRequest {
        model: Arc::new(seed::model()),
        access: Access { provider: Arc::new(provider), key },
        chat_id: ChatId(USER.0),
        system: Vec::new(),
        messages: vec![Arc::new(seed::said("/say hi\n/pace 0").placed(MessageId(1), Timestamp(0), 1))],
        tools: Vec::new(),
        effort: None,
    }
}

async fn asked(model: &Model<Secrets>, request: ModelRequest) -> Result<(), ModelError> {
    let mut answer = model.ask(request).await?;
    while let Some(event) = answer.next().await {
        if let ModelEvent::Finish { .. } = event? {
            return Ok(());
        }
    }
    panic!("the stream ended without its last event");
}

#[tokio::test]
async fn a_key_comes_from_the_environment_the_deployment_or_its_person() {
    let rehearsal = listening().await;
    let preset = Model::new(vec![preset(&rehearsal, Some("sk-env"))], Secrets);
    asked(&preset, request(seed::provider(), KeySource::Environment)).await.unwrap();
    let own = Provider { base_url: Some(rehearsal.url()), preset: false, ..seed::provider() };
    let model = Model::new(Vec::new(), Secrets);
    let central = KeySource::Central(sealed(KeyOwner::Deployment(seed::PROVIDER)).await);
    asked(&model, request(own.clone(), central)).await.unwrap();
    let of_person = sealed(KeyOwner::Person(USER, seed::PROVIDER)).await;
    asked(&model, request(own, KeySource::Own(USER, of_person))).await.unwrap();
    assert_eq!(rehearsal.requests().len(), 3);
}

#[tokio::test]
async fn who_has_no_key_is_told_which_is_missing() {
    let rehearsal = listening().await;
    let model = Model::new(vec![preset(&rehearsal, None)], Secrets);
    let error = asked(&model, request(seed::provider(), KeySource::Environment)).await.unwrap_err();
    assert_eq!((error.kind, error.retryable), (Kind::MissingKey, false));
    assert_eq!(error.message, "no API key is configured for rehearsal");
    // Sealed for somebody else.
    let stolen = sealed(KeyOwner::Deployment(seed::PROVIDER)).await;
    let error = asked(&model, request(seed::provider(), KeySource::Own(USER, stolen))).await.unwrap_err();
    assert_eq!((error.kind, error.retryable), (Kind::Auth, false));
    assert!(rehearsal.requests().is_empty());
}
