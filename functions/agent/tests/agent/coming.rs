//! Agents come, and are given what is open.

use chat::{
    call::Answerer,
    id::{OrgId, UserId},
    port::{Agent, Person},
    workspace::{Phase, Wanted},
};
use edge::request::Caller;
use kit::seed;
use serde_json::json;

use crate::world::{OTHER, WORKSPACE, World, anothers, kinds, of};

#[tokio::test]
async fn a_hello_makes_the_workspace_ready_and_brings_what_is_open() {
    let world = World::new();
    let (_, tokens) = world.parked(Answerer::Workspace, "execute", 2).await;
    let heard = world.hello("one").await;
    assert_eq!(kinds(&heard), ["welcome", "call", "call"]);
    assert_eq!(heard[1]["token"], tokens[0].to_string());
    assert_eq!(heard[1]["args"], json!({"number": 0}));
    let workspace = world.workspace().await;
    assert_eq!(workspace.phase, Phase::Running);
    assert_eq!(workspace.ready().unwrap().folder, "/w");
}

#[tokio::test]
async fn who_waited_for_the_machine_is_answered() {
    let world = World::new();
    let (id, _) = world.parked(Answerer::Machine, "start_workspace", 1).await;
    assert_eq!(kinds(&world.hello("one").await), ["welcome"]);
    let (results, open) = world.results(id);
    assert_eq!((results[0]["started"].clone(), open), (true.into(), 0));
    assert_eq!(world.wakes.sent(), 1);
    world.hello("two").await;
    assert_eq!(world.results(id).0.len(), 1, "once");
}

#[tokio::test]
async fn the_newest_hello_is_the_one_that_counts() {
    let world = World::new();
    world.hello("one").await;
    world.hello("two").await;
    assert_eq!(world.workspace().await.agent.unwrap().connection, "two".into());
}

#[tokio::test]
async fn a_workspace_that_is_to_be_gone_takes_no_agent() {
    let world = World::new();
    world.seed(WORKSPACE, Wanted::Gone, Phase::Running);
    let heard = world.hello("one").await;
    assert_eq!((kinds(&heard), &heard[0]["code"]), (vec!["refused"], &"gone".into()));
    assert!(world.workspace().await.agent.is_none());
}

#[tokio::test]
async fn what_is_to_stop_takes_its_agent_and_stays_as_it_is() {
    let world = World::new();
    world.seed(WORKSPACE, Wanted::Stopped, Phase::Stopping);
    world.hello("one").await;
    assert_eq!(world.workspace().await.phase, Phase::Stopping);
}

#[tokio::test]
async fn people_and_strangers_are_refused_and_so_is_what_cannot_be_read() {
    let world = World::new();
    let (_, tokens) = world.parked(Answerer::Workspace, "execute", 1).await;
    let hello =
        json!({"action": "hello", "run_id": uuid::Uuid::nil(), "version": "1", "os": "l", "folder": "/"});
    for caller in [Caller::Known(seed::person()), Caller::Admin(seed::person()), Caller::Stranger] {
        let heard = world.say(caller, "one", hello.clone()).await;
        assert_eq!(kinds(&heard), ["refused"], "{caller:?}");
    }
    for said in [
        json!({"action": "hello"}),
        json!({"action": "answer", "answers": []}),
        json!({"action": "answer", "answers": [{"token": "x", "result": 1}]}),
        json!({"action": "accepted", "tokens": vec![&tokens[0]; 65]}),
        json!({"action": "progress", "token": tokens[0], "output": "x".repeat(20_000)}),
        json!({"action": "report", "report": {"colour": "red"}}),
        json!({"action": "dance"}),
    ] {
        let heard = world.say(of(WORKSPACE), "one", said.clone()).await;
        assert_eq!(kinds(&heard), ["refused"], "{said}");
    }
    assert!(world.workspace().await.agent.is_none(), "nothing changed");
}

#[tokio::test]
async fn another_workspaces_agent_is_given_nothing() {
    let world = World::new();
    world.seed(OTHER, Wanted::Running, Phase::Starting);
    let (id, tokens) = world.parked(Answerer::Workspace, "execute", 1).await;
    let answer = json!({"action": "answer", "answers": [{"token": tokens[0], "result": "x"}]});
    // Its own person's: nobody wants that answered by it, and nothing changes.
    let heard = world.say(of(OTHER), "one", answer.clone()).await;
    assert_eq!(kinds(&heard), ["acknowledged"]);
    let heard = world.say(anothers(), "one", answer).await;
    assert_eq!((kinds(&heard), &heard[0]["code"]), (vec!["refused"], &"not_found".into()));
    assert_eq!(world.results(id), (vec![], 1));
    let asked =
        world.ask(of(OTHER), "GET /v1/agent/calls/{token}", &tokens[0].to_string(), json!(null)).await;
    assert_eq!(asked.0, 404);
}

/// Its workspace has the same id, and is somebody else's: one that it was enrolled for cannot become another's.
#[tokio::test]
async fn an_agent_of_another_organisation_is_given_nothing() {
    let world = World::new();
    let (id, tokens) = world.parked(Answerer::Workspace, "execute", 1).await;
    let person = Person { org_id: OrgId(uuid::Uuid::from_u128(0x99)), ..seed::person() };
    let stranger = Person { user_id: UserId(uuid::Uuid::from_u128(0x98)), ..person };
    for person in [person, stranger] {
        let caller = Caller::Agent(Agent { workspace_id: WORKSPACE, person });
        let hello =
            json!({"action": "hello", "run_id": uuid::Uuid::nil(), "version": "1", "os": "l", "folder": "/"});
        let heard = world.say(caller, "one", hello).await;
        assert_eq!((kinds(&heard), &heard[0]["code"]), (vec!["refused"], &"gone".into()));
        let answer = json!({"action": "answer", "answers": [{"token": tokens[0], "result": "x"}]});
        let heard = world.say(caller, "one", answer).await;
        assert_eq!((kinds(&heard), &heard[0]["code"]), (vec!["refused"], &"not_found".into()));
        let asked =
            world.ask(caller, "GET /v1/agent/calls/{token}", &tokens[0].to_string(), json!(null)).await;
        assert_eq!(asked.0, 404);
    }
    assert_eq!(world.results(id).1, 1, "the call is open");
}
