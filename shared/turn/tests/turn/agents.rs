//! Chats that give others a task.

use chat::{
    Draft,
    failure::Kind,
    id::ChatId,
    limit::CHILDREN,
    message::Role,
    model::ModelRequest,
    port::ListChildren as _,
    record::{Chat, Mode, Status},
    transition::{Create, Describe, Transition},
};
use kit::{
    model::{Script, model_error},
    replies::{Replies, text_of},
    seed,
};
use serde_json::{Value, json};

use crate::world::World;

/// What a chat was first told.
fn task(request: &ModelRequest) -> String {
    request.messages.first().map(|message| text_of(message)).unwrap_or_default()
}

fn last_result(request: &ModelRequest) -> Option<Value> {
    let results = request.messages.iter().flat_map(|message| message.results());
    results.last().map(|result| result.result.clone())
}

fn rounds(request: &ModelRequest) -> usize {
    request.messages.iter().filter(|message| message.role == Role::Assistant).count()
}

fn spawn(prompt: &str) -> Value {
    json!({"type": "general", "prompt": prompt})
}

/// A parent that spawns one agent for `prompt`, then does what `then` says with its id; agents do what `child` says.
fn family(
    child: impl Fn(&ModelRequest) -> Script + Send + Sync + 'static,
    then: impl Fn(&str, &ModelRequest) -> Script + Send + Sync + 'static,
) -> Replies {
    Replies::by(move |request, _| {
        if task(request) != "hello" {
            return child(request);
        }
        match rounds(request) {
            0 => Script::calls([("s", "spawn_agent", spawn("count"))]),
            _ => {
                let results = request.messages.iter().flat_map(|message| message.results());
                let spawned = results.filter_map(|result| result.result["chat_id"].as_str()).next();
                then(spawned.unwrap_or_default(), request)
            }
        }
    })
}

fn waits(id: &str) -> Script {
    Script::calls([("w", "wait_agent", json!({"chat_id": id}))])
}

async fn child(world: &World) -> Chat {
    let ids = world.ports.children(world.chat_id).await.unwrap();
    world.ports.chats.peek(ids[0]).unwrap().chat
}

fn report(world: &World) -> Value {
    let results: Vec<Value> = world
        .messages()
        .iter()
        .flat_map(|message| message.results().map(|result| result.result.clone()).collect::<Vec<_>>())
        .collect();
    results.last().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn an_agent_works_on_its_own_and_its_parent_is_told_what_it_found() {
    let replies = family(
        |_| Script::says("three").paced(std::time::Duration::from_millis(500)),
        |id, request| if rounds(request) == 1 { waits(id) } else { Script::says("it is three") },
    );
    let world = World::told("hello", replies).await;
    world.until(Chat::is_parked).await;
    assert_eq!(world.chat().status, Status::Running);
    world.rest().await;
    let child = child(&world).await;
    let told = json!({
        "chat_id": child.id, "title": "count", "status": "waiting", "type": "general", "report": "three",
    });
    assert_eq!(report(&world), told);
    assert_eq!(world.history().last().unwrap(), "assistant: it is three");
    assert_eq!((child.parent_chat_id, child.root_chat_id), (Some(world.chat_id), Some(world.chat_id)));
    assert_eq!((child.owner_id, child.org_id), (world.chat().owner_id, world.chat().org_id));
    assert!(world.elapsed_ms() < 9_000, "nobody waits for a wake that looks again: {}", world.elapsed_ms());
    world.drain().await;
    assert!(world.snapshot().ledger.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_is_done_is_not_waited_for() {
    let replies = family(
        |_| Script::says("three"),
        |id, request| match rounds(request) {
            // The agent is quicker than this.
            1 => Script::calls([("l", "list_agents", json!({}))]).paced(std::time::Duration::from_secs(30)),
            2 => waits(id),
            _ => Script::says("it is three"),
        },
    );
    let world = World::told("hello", replies).await;
    world.rest().await;
    assert_eq!(report(&world)["report"], "three");
    let listed = last_result(&world.model.requests()[3]).unwrap();
    assert_eq!((listed["total"].clone(), listed["has_more"].clone()), (json!(1), json!(false)));
    assert_eq!(listed["agents"][0]["title"], "count");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_takes_too_long_is_a_result_and_the_agent_works_on() {
    let replies = family(
        |_| Script::says("at last").paced(std::time::Duration::from_secs(60)),
        |id, request| match rounds(request) {
            1 => Script::calls([("w", "wait_agent", json!({"chat_id": id, "timeout_seconds": 20}))]),
            _ => Script::says("later then"),
        },
    );
    let world = World::told("hello", replies).await;
    world.until_status(Status::Waiting).await;
    let told = report(&world);
    assert_eq!((told["timed_out"].clone(), told["status"].clone()), (json!(true), json!("running")));
    assert!(!world.messages().iter().flat_map(|message| message.results()).any(|result| result.is_error));
    assert!((20_000..22_000).contains(&world.elapsed_ms()), "{}", world.elapsed_ms());
    assert_eq!(child(&world).await.status, Status::Running);
    world.drain().await;
    assert_eq!(child(&world).await.status, Status::Waiting);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_failed_says_why() {
    let replies = family(
        |_| Script::default().fails(model_error(Kind::Auth, false)),
        |id, request| if rounds(request) == 1 { waits(id) } else { Script::says("a pity") },
    );
    let world = World::told("hello", replies).await;
    world.rest().await;
    let told = report(&world);
    assert_eq!((told["status"].clone(), told["last_error_kind"].clone()), (json!("error"), json!("auth")));
    assert_eq!(told["last_error_retryable"], false);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_a_new_task_and_is_sent_once() {
    let replies = family(
        |request| {
            Script::says(&format!(
                "{} tasks",
                request.messages.iter().filter(|m| m.role == Role::User).count()
            ))
        },
        |id, request| match rounds(request) {
            1 => waits(id),
            2 => Script::calls([("m", "message_agent", json!({"chat_id": id, "message": "again"}))]),
            3 => Script::calls([("v", "wait_agent", json!({"chat_id": id}))]),
            _ => Script::says("fine"),
        },
    );
    let world = World::told("hello", replies).await;
    world.rest().await;
    assert_eq!(report(&world)["report"], "2 tasks");
    assert!(world.elapsed_ms() < 60_000 && world.queue.delivered() < 20, "{:?}", world.history());
}

#[tokio::test(start_paused = true)]
async fn who_is_told_and_waited_for_at_once_reports_of_what_was_told() {
    let replies = family(
        |request| {
            Script::says(&format!(
                "{} tasks",
                request.messages.iter().filter(|m| m.role == Role::User).count()
            ))
        },
        |id, request| match rounds(request) {
            1 => waits(id),
            2 => Script::calls([
                ("m", "message_agent", json!({"chat_id": id, "message": "again"})),
                ("v", "wait_agent", json!({"chat_id": id})),
            ]),
            _ => Script::says("fine"),
        },
    );
    let world = World::told("hello", replies).await;
    world.rest().await;
    assert_eq!(report(&world)["report"], "2 tasks");
}

#[tokio::test(start_paused = true)]
async fn an_agent_is_interrupted_and_one_that_is_idle_is_left_alone() {
    let replies = family(
        |_| Script::says("one two three four").paced(std::time::Duration::from_secs(20)),
        |id, request| match rounds(request) {
            1 => Script::calls([("i", "interrupt_agent", json!({"chat_id": id}))]),
            2 => waits(id),
            3 => Script::calls([("j", "interrupt_agent", json!({"chat_id": id}))]),
            _ => Script::says("fine"),
        },
    );
    let world = World::told("hello", replies).await;
    world.rest().await;
    let messages = world.messages();
    let said: Vec<Value> = messages
        .iter()
        .flat_map(|message| message.results())
        .filter_map(|result| result.result.get("interrupted").cloned())
        .collect();
    assert_eq!(said, [json!(true), json!(false)]);
    assert_eq!(child(&world).await.status, Status::Waiting);
}

#[tokio::test(start_paused = true)]
async fn other_peoples_chats_are_nobodys_agents() {
    let other = ChatId(uuid::Uuid::from_u128(0x99));
    let calls = Script::calls([
        ("a", "wait_agent", json!({"chat_id": other})),
        ("b", "message_agent", json!({"chat_id": other, "message": "x"})),
        ("c", "interrupt_agent", json!({"chat_id": other})),
    ]);
    let world = World::told("hello", Replies::list([calls, Script::says("oh")])).await;
    let create = seed::create(seed::chat(other), None);
    turn::create(&world.ports, None, |draft: Draft| draft.apply(create.clone())).await.unwrap();
    world.rest().await;
    let failed = world.history().into_iter().filter(|line| line.contains("is no agent of this chat"));
    assert_eq!(failed.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_an_agent_is_follows_from_its_parent_and_its_kind() {
    let replies = Replies::by(|request, _| match (task(request).as_str(), rounds(request)) {
        ("hello", 0) => Script::calls([
            ("a", "spawn_agent", json!({"type": "general", "prompt": "g", "title": "The general"})),
            ("b", "spawn_agent", json!({"type": "explore", "prompt": "e", "reasoning_effort": "high"})),
            (
                "c",
                "spawn_agent",
                json!({"type": "explore", "prompt": "x", "model_config_id": ChatId(uuid::Uuid::nil())}),
            ),
        ]),
        _ => Script::says("fine"),
    });
    let world = World::quiet(replies).await;
    world.settle_in(|_| {}).await;
    world.apply(Transition::Describe(Describe { plan_mode: Some(true), ..Describe::default() })).await;
    world.send("hello").await;
    world.drain().await;
    let ids = world.ports.children(world.chat_id).await.unwrap();
    let mut children: Vec<Chat> = ids.iter().map(|id| world.ports.chats.peek(*id).unwrap().chat).collect();
    children.sort_by_key(|child| child.title.clone());
    let facts: Vec<_> =
        children.iter().map(|child| (child.title.as_str(), child.mode, child.plan_mode)).collect();
    assert_eq!(facts, [("The general", Mode::Default, true), ("e", Mode::Explore, false)]);
    assert!(world.history().iter().any(|line| line.contains("`model_config_id` cannot be used")));
    let explores = |request: &&ModelRequest| task(request) == "e";
    let requests = world.model.requests();
    let tools: Vec<&str> =
        requests.iter().find(explores).unwrap().tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(tools, ["read_file", "search_files", "execute", "process_output"]);
}

#[tokio::test(start_paused = true)]
async fn a_chat_has_only_so_many_agents() {
    let spawns = Script::calls([("s", "spawn_agent", spawn("count"))]);
    let world = World::quiet(Replies::list([spawns, Script::says("oh")])).await;
    for n in 0..CHILDREN {
        let id = ChatId(uuid::Uuid::from_u128(0x1000 + n as u128));
        let seed = Chat { parent_chat_id: Some(world.chat_id), ..seed::chat(id) };
        let create = Create { seed, share: None, closing: Vec::new(), message: None, spec: None };
        let create = Transition::Create(Box::new(create));
        turn::create(&world.ports, None, |draft: Draft| draft.apply(create.clone())).await.unwrap();
    }
    world.send("hello").await;
    world.rest().await;
    assert!(
        world.history()[2].contains("this chat has 50 agents and may not have more"),
        "{:?}",
        world.history()
    );
}

/// Makes a child that was told something, and waits until it rests.
async fn late_child(world: &World, text: &str) -> ChatId {
    let id = ChatId(uuid::Uuid::from_u128(0x2000));
    let seed = Chat { parent_chat_id: Some(world.chat_id), title: "late".into(), ..seed::chat(id) };
    let create = seed::create(seed, Some(seed::said(text)));
    let made = turn::create(&world.ports, None, |draft: Draft| draft.apply(create.clone())).await.unwrap();
    world.announce(made).await;
    world.pass_ms(60_000).await;
    id
}

#[tokio::test(start_paused = true)]
async fn a_child_that_was_made_while_its_family_was_put_away_follows_it() {
    let world = World::quiet(Replies::list([Script::says("three")])).await;
    world.apply(Transition::SetArchived { archived: true }).await;
    let child = late_child(&world, "count").await;
    let child = world.ports.chats.peek(child).unwrap().chat;
    assert!(child.archived && child.status == Status::Waiting, "{child:?}");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_was_made_while_its_family_went_goes_too() {
    let world = World::quiet(Replies::list([Script::says("three")])).await;
    world.apply(Transition::SetArchived { archived: true }).await;
    world.apply(Transition::Delete).await;
    world.pass_ms(1_000).await;
    assert!(world.ports.chats.is_empty());
    late_child(&world, "count").await;
    assert!(world.ports.chats.is_empty());
}

#[tokio::test(start_paused = true)]
async fn of_many_agents_asked_for_at_once_no_more_are_made_than_may_be() {
    let names: Vec<String> = (0..CHILDREN + 10).map(|n| format!("s{n}")).collect();
    let spawns = Script::calls(names.iter().map(|name| (name.as_str(), "spawn_agent", spawn("count"))));
    let world = World::quiet(Replies::by(move |request, _| {
        let is_first = task(request) == "hello" && rounds(request) == 0;
        if is_first { spawns.clone() } else { Script::says("fine") }
    }))
    .await;
    world.send("hello").await;
    world.rest().await;
    assert_eq!(world.ports.children(world.chat_id).await.unwrap().len(), CHILDREN);
    assert!(world.chat().has_children);
}
