//! Everything around a chat: the store, the queue that delivers its wakes, the sweep, sockets, a model.

pub(crate) mod client;
pub(crate) mod delivery;
pub(crate) mod machine;
pub(crate) mod talk;
pub(crate) mod trouble;

use std::time::Duration;

use chat::{
    Change, Draft,
    catalogue::Catalogue,
    change::Share,
    event::Event,
    id::{ChatId, ConnectionId, MessageId, UserId},
    message::Message,
    model::ToolSpec,
    part::{Part, ToolResult},
    port::{Clock, KeepListeners},
    record::{Chat, Snapshot, Spec, Status},
    time::Timestamp,
    transition::{Create, Refusal, Transition},
    wake::{Due, Reason},
    workspace::{MachineKind, Template},
};
use delivery::Queue;
use kit::{
    clock::ManualClock,
    memory::Memory,
    replies::Replies,
    seed,
    sockets::Sockets,
    wakes::{Sent, Wakes},
};
use trouble::Trouble;
use turn::{CommitFailure, Ports, Worker, catalogue::Catalogues, recent::Recent};

pub(crate) type WorldPorts = Ports<Memory, Memory, Wakes, Sockets, ManualClock>;

/// How long a test may take, by its own clock.
const PATIENCE: Duration = Duration::from_secs(6 * 3_600);

pub(crate) struct World {
    pub(crate) chat_id: ChatId,
    pub(crate) ports: WorldPorts,
    pub(crate) model: Replies,
    pub(crate) trouble: Trouble,
    pub(crate) queue: Queue,
    began: Timestamp,
}

impl Drop for World {
    fn drop(&mut self) {
        self.queue.stop();
    }
}

/// What chats are called, where it does not matter.
pub(crate) const TITLE: &str = "A chat";

/// The tool that clients answer.
pub(crate) const TOOL: &str = "weather";

impl World {
    /// Makes a chat at rest, its queue at work, and nothing said. It has a title: nobody is asked for one.
    pub(crate) async fn quiet(model: Replies) -> Self {
        Self::offered(seed::presets(), model).await
    }

    /// Makes the same without a title.
    pub(crate) async fn untitled(model: Replies) -> Self {
        Self::untitled_with(seed::presets(), model).await
    }

    /// Makes the same where other models are preset.
    pub(crate) async fn untitled_with(presets: Catalogue, model: Replies) -> Self {
        Self::with(presets, "", model).await
    }

    /// Makes a chat with a title where other models are preset.
    pub(crate) async fn offered(presets: Catalogue, model: Replies) -> Self {
        Self::with(presets, TITLE, model).await
    }

    async fn with(presets: Catalogue, title: &str, model: Replies) -> Self {
        let trouble = Trouble::default();
        let faults = trouble.faults();
        let clock = ManualClock::following_tokio();
        let memory = Memory::new(clock.port()).with_faults(faults.clone());
        let ports = Ports {
            chats: memory.clone(),
            directory: memory,
            wakes: Wakes::new(clock.port(), faults.clone()),
            sockets: Sockets::new(faults.clone()),
            clock,
        };
        let model = model.with_faults(faults);
        let worker = Worker {
            ports: ports.clone(),
            model: model.clone(),
            catalogues: Catalogues::new(presets),
            tools: std::sync::Arc::new(tools::Tools::of(&[template()])),
            templates: vec![template()],
            recent: Recent::default(),
        };
        let queue = Queue::start(worker);
        let began = ports.now();
        let chat_id = ChatId(ports.new_id());
        let world = Self { chat_id, ports, model, trouble, queue, began };
        world.create(title).await;
        world
    }

    /// Makes a chat in which a person has just said something.
    pub(crate) async fn told(text: &str, model: Replies) -> Self {
        let world = Self::quiet(model).await;
        world.send(text).await;
        world
    }

    async fn create(&self, title: &str) {
        let tool = ToolSpec {
            name: TOOL.into(),
            description: None,
            input_schema: serde_json::json!({"type": "object"}),
        };
        let create = |draft: Draft| {
            draft.apply(Transition::Create(Box::new(Create {
                seed: Chat { title: title.to_owned(), ..seed::chat(self.chat_id) },
                share: None,
                closing: Vec::new(),
                message: None,
                spec: Some(Spec { client_tools: vec![tool.clone()], ..Spec::default() }),
            })))
        };
        self.announce(turn::create(&self.ports, None, create).await.unwrap()).await;
    }

    /// Makes a fork of the chat and goes on with that.
    pub(crate) async fn fork(&mut self, through: u64) {
        let (parent, through) = (self.chat(), MessageId(through));
        self.chat_id = ChatId(self.ports.new_id());
        let seed = Chat {
            spans: parent.spans.prefix(parent.id, through),
            next_message_id: through.next(),
            last_answer_id: parent.last_answer_id.filter(|id| *id <= through),
            title: parent.title.clone(),
            ..seed::chat(self.chat_id)
        };
        let share = Some(Share { chat_id: parent.id, through, known: parent.forked_through });
        let create = Create { seed, share, closing: Vec::new(), message: None, spec: None };
        let create = Transition::Create(Box::new(create));
        let change = turn::create(&self.ports, None, |draft| draft.apply(create.clone())).await.unwrap();
        self.announce(change).await;
    }

    pub(crate) async fn announce(&self, change: Change) -> Change {
        turn::announce(&self.ports, &change).await;
        self.queue.poke();
        change
    }

    /// Makes a change as a request over HTTP would.
    pub(crate) async fn commit(
        &self,
        decide: impl Fn(Draft) -> Result<Draft, Refusal> + Send + Sync,
    ) -> Result<Change, CommitFailure> {
        let change = turn::commit(&self.ports, self.chat_id, None, decide).await?;
        Ok(self.announce(change).await)
    }

    pub(crate) async fn apply(&self, transition: Transition) -> Change {
        self.commit(|draft| draft.apply(transition.clone())).await.unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.now()
    }

    /// Returns how long the world has been there, in milliseconds.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        self.now().since_ms(self.began)
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.ports.chats.peek(self.chat_id).unwrap()
    }

    pub(crate) fn chat(&self) -> Chat {
        self.snapshot().chat
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.ports.chats.visible(self.chat_id)
    }

    /// Returns the visible history, a line for each part.
    pub(crate) fn history(&self) -> Vec<String> {
        self.messages().iter().flat_map(lines).collect()
    }

    pub(crate) async fn listen(&self, socket: &str) {
        let until = self.now().plus_ms(24 * 3_600_000);
        self.ports.listen(self.chat_id, &ConnectionId::from(socket), until).await.unwrap();
    }

    pub(crate) fn heard(&self, socket: &str) -> Vec<Event> {
        self.ports.sockets.events(&ConnectionId::from(socket))
    }

    /// Sends a wake that nothing asks for.
    pub(crate) fn wake(&self, reason: Reason) {
        let due = Due { reason, delay_ms: 0, group: UserId(self.chat_id.0) };
        self.ports.wakes.give_back(Sent { chat_id: self.chat_id, due, at: self.now() }, 0);
        self.queue.poke();
    }

    /// Lets time pass.
    pub(crate) async fn pass_ms(&self, ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    /// Waits until the chat is as wanted.
    pub(crate) async fn until(&self, wanted: impl Fn(&Chat) -> bool) {
        let patience = tokio::time::Instant::now() + PATIENCE;
        while !wanted(&self.chat()) {
            assert!(tokio::time::Instant::now() < patience, "never: {:?}", self.chat());
            self.pass_ms(10).await;
        }
    }

    pub(crate) async fn until_status(&self, status: Status) {
        self.until(|chat| chat.status == status).await;
    }

    /// Waits until the chat is at rest and nobody works on it.
    pub(crate) async fn rest(&self) {
        self.until(|chat| is_rest(chat.status) && self.queue.is_idle()).await;
    }

    /// Waits until the chat is at rest and no wake is on its way any more.
    pub(crate) async fn drain(&self) {
        self.rest().await;
        while !self.ports.wakes.waiting().is_empty() {
            self.pass_ms(1_000).await;
            self.rest().await;
        }
    }
}

/// What workspaces are made from.
fn template() -> Template {
    Template {
        id: "local".into(),
        name: "local".into(),
        display_name: "Local".into(),
        description: "A process.".into(),
        parameters: Vec::new(),
        kind: MachineKind::Microvm,
        image: None,
    }
}

pub(crate) const fn is_rest(status: Status) -> bool {
    matches!(status, Status::Waiting | Status::Error)
}

fn lines(message: &Message) -> Vec<String> {
    let role = format!("{:?}", message.role).to_lowercase();
    message.content.iter().map(|stored| format!("{role}: {}", line(&stored.part))).collect()
}

fn line(part: &Part) -> String {
    match part {
        Part::Text { text } => text.clone(),
        Part::Reasoning { text, .. } => format!("({text})"),
        Part::ToolCall(call) => format!("{} = {}({})", call.tool_call_id, call.tool_name, call.args),
        Part::ToolResult(ToolResult { tool_call_id, result, is_error, .. }) => {
            format!("{tool_call_id} {} {result}", if *is_error { "failed" } else { "gave" })
        }
        Part::Source { .. }
        | Part::File { .. }
        | Part::FileReference { .. }
        | Part::ContextFile { .. }
        | Part::Skill { .. } => format!("{part:?}"),
    }
}
