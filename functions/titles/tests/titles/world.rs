//! A chat in which something was said, a model with answers, and the function.

use chat::{
    Change, Draft,
    catalogue::{Edit, Limits, Settings},
    id::ChatId,
    message::NewMessage,
    model::{ModelConfig, Prices},
    port::{
        Clock as _, CommitChats as _, KeepCatalogue as _, Kept, ListSpend as _, Person, ReadCatalogue as _,
        ReadSpend as _, SpendQuery,
    },
    record::{Chat, Lease},
    spend::{Day, Tally},
    transition::{CommitStep, Next, Transition},
};
use edge::{Function, Invocation};
use kit::{
    clock::ManualClock,
    faults::{Fault, Faults},
    memory::Memory,
    model::{Script, Scripted},
    replies::text_of,
    seed,
};
use serde_json::{Value, json};
use titles::App;
use turn::catalogue::Catalogues;

pub(crate) const ROUTE: &str = "POST /v1/chats/{chat}/title";

pub(crate) struct World {
    pub(crate) memory: Memory,
    model: Scripted,
    clock: ManualClock,
    faults: Faults,
    function: Function,
}

/// Who asks.
#[derive(Clone, Copy)]
pub(crate) enum Who {
    Owner,
    Another,
    Stranger,
}

impl World {
    pub(crate) fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        let (clock, faults) = (ManualClock::following_tokio(), Faults::default());
        let memory = Memory::new(clock.port());
        let model = Scripted::new(scripts);
        let faulty = memory.with_faults(faults.clone());
        let app = App {
            chats: faulty.clone(),
            directory: faulty,
            model: model.clone(),
            clock: clock.clone(),
            catalogues: Catalogues::new(presets()),
        };
        Self { memory, model, clock, faults, function: titles::serve(app) }
    }

    /// A chat of so many turns, that has cost so much.
    pub(crate) async fn chat(&self, turns: usize, cost_micros: u64) -> ChatId {
        let now = self.clock.now();
        let mut chat = seed::chat(ChatId(self.clock.new_id()));
        chat.usage.cost_micros = Some(cost_micros);
        let mut change = seed::change(Draft::open(None, now), [seed::create(chat, None)]);
        self.memory.commit(&change, None).await.unwrap();
        for turn in 1..=turns {
            change = self.apply(&change, |_| seed::send(&format!("question {turn}"), now)).await;
            change = self.apply(&change, |chat| attempt(chat, now)).await;
            change = self.apply(&change, |chat| answer(chat, turn)).await;
            change = self.apply(&change, |chat| Transition::FinishTurn { fence: fence(chat) }).await;
        }
        change.chat.id
    }

    async fn apply(&self, before: &Change, next: impl Fn(&Chat) -> Transition) -> Change {
        let snapshot = self.memory.peek(before.chat.id).unwrap();
        let transition = next(&snapshot.chat);
        let change = seed::change(Draft::open(Some(snapshot), self.clock.now()), [transition]);
        self.memory.commit(&change, None).await.unwrap();
        change
    }

    /// Sets what the deployment has set.
    pub(crate) async fn set(&self, settings: Settings) {
        let before = self.memory.catalogue().await.unwrap();
        let edited = before.edit(&presets(), Edit::PutSettings(Box::new(settings))).unwrap();
        assert_eq!(self.memory.keep(&edited, None).await.unwrap(), Kept::Done);
    }

    pub(crate) async fn ask(&self, who: Who, chat: &str, body: Option<&str>) -> Value {
        let mut reply =
            self.function.call(event(who, chat, body), Invocation::new("request", 0)).await.unwrap();
        reply["body"] = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
        reply
    }

    /// Status and code, or the title.
    pub(crate) async fn told(&self, who: Who, chat: &str) -> String {
        let reply = self.ask(who, chat, None).await;
        let body = &reply["body"];
        let said = body["code"].as_str().or(body["title"].as_str()).unwrap_or_else(|| panic!("{reply}"));
        format!("{} {said}", reply["statusCode"])
    }

    /// What the model was asked.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.model.requests().iter().map(|request| text_of(&request.messages[0])).collect()
    }

    /// All that the person's calls come to today.
    pub(crate) async fn counted(&self) -> Tally {
        let (today, Person { user_id, org_id }) = (Day::of(self.clock.now()), seed::person());
        let query = SpendQuery { org_id, user_id: Some(user_id), first: today, last: today };
        let page = self.memory.spendings(query, None).await.unwrap();
        assert_eq!(page.next, None);
        page.found.iter().fold(Tally::default(), |mut sum, found| {
            sum.add(&found.tally);
            sum
        })
    }

    pub(crate) async fn towards_ceiling(&self) -> u64 {
        let since = Limits::default().period.since(Day::of(self.clock.now()));
        self.memory.org_micros(seed::person().org_id, since).await.unwrap()
    }

    /// Nothing can be counted from now on.
    pub(crate) fn break_counts(&self) {
        self.faults.set(|_, call| if call == "count" { Fault::FailBefore } else { Fault::Pass });
    }

    pub(crate) fn break_store(&self) {
        self.faults.set(|_, _| Fault::FailBefore);
    }
}

fn presets() -> chat::catalogue::Catalogue {
    let cost = Some(Prices { output: 1_000_000, ..Prices::default() });
    let models = vec![ModelConfig { cost, ..seed::model() }.into()];
    chat::catalogue::Catalogue { models, ..seed::presets() }
}

const WORKER: chat::id::WorkerId = chat::id::WorkerId(uuid::Uuid::from_u128(1));

fn fence(chat: &Chat) -> chat::transition::Fence {
    let (history_version, generation_attempt) = (chat.versions.history, chat.versions.generation_attempt);
    chat::transition::Fence { worker: WORKER, history_version, generation_attempt }
}

fn attempt(chat: &Chat, now: chat::time::Timestamp) -> Transition {
    let lease = Lease::from(WORKER, now);
    Transition::RecordAttempt { lease, history_version: chat.versions.history }
}

fn answer(chat: &Chat, turn: usize) -> Transition {
    let said: NewMessage = seed::answered(&format!("answer {turn}"));
    let (opened, used, context_limit) = (Vec::new(), None, None);
    Transition::CommitStep(CommitStep {
        fence: fence(chat),
        messages: vec![said],
        opened,
        used,
        context_limit,
        next: Next::Same,
    })
}

fn event(who: Who, chat: &str, body: Option<&str>) -> Value {
    let path = format!("/v1/chats/{chat}/title");
    let (user, org) = (seed::person().user_id.to_string(), seed::person().org_id.to_string());
    let another = uuid::Uuid::from_u128(9).to_string();
    let context = match who {
        Who::Owner => json!({ "user_id": user, "org_id": org }),
        Who::Another => json!({ "user_id": another, "org_id": org }),
        Who::Stranger => json!({ "user_id": "", "org_id": "" }),
    };
    json!({
        "version": "2.0",
        "routeKey": ROUTE,
        "rawPath": path,
        "rawQueryString": "",
        "headers": { "content-type": "application/json", "host": "api.example" },
        "requestContext": {
            "accountId": "1", "apiId": "api", "stage": "$default", "requestId": "r", "routeKey": ROUTE,
            "authorizer": { "lambda": context },
            "http": { "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
        },
        "pathParameters": { "chat": chat },
        "body": body,
        "isBase64Encoded": false,
    })
}
