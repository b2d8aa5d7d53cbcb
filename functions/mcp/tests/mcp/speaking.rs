//! What is said on the wire, and what is made of what comes back.

use chat::{mcp::Transport, part::Outcome};
use serde_json::{Value, json};

use crate::world::World;

/// A server that has these tools besides, and was asked for them.
async fn with(tools: &[&str], transport: Transport) -> World {
    let world = World::new().await;
    world.server.have(tools);
    let url = match transport {
        Transport::StreamableHttp => world.server.url(),
        Transport::Sse => world.server.sse_url(),
    };
    world.put(world.known(url, transport)).await;
    world.refresh().await;
    assert_eq!(world.listed().await.unwrap().failure, None);
    world
}

fn of<'a>(heard: &'a [Value], field: &str) -> Vec<&'a str> {
    heard.iter().map(|said| said[field].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn a_session_begins_with_the_handshake_and_ends_with_the_errand() {
    let world = with(&["echo"], Transport::StreamableHttp).await;
    let heard = world.server.heard();
    assert_eq!(of(&heard, "method"), ["initialize", "notifications/initialized", "tools/list", ""]);
    assert_eq!(of(&heard, "http"), ["POST", "POST", "POST", "DELETE"]);
    assert_eq!(of(&heard, "mcp-session-id"), ["", "session-1", "session-1", "session-1"]);
    let version = "2025-11-25";
    assert_eq!(of(&heard, "mcp-protocol-version"), ["", version, version, version]);
    assert_eq!(of(&heard, "mcp-method"), [""; 4]);
    assert_eq!(world.server.sessions(), 0);
}

#[tokio::test]
async fn an_older_version_is_spoken_where_the_server_wants_it_and_an_unknown_one_is_not() {
    let world = World::new().await;
    world.server.speak("2025-03-26");
    world.refresh().await;
    assert_eq!(of(&world.server.heard(), "mcp-protocol-version")[1..], ["2025-03-26"; 3]);
    world.server.speak("2099-01-01");
    world.refresh().await;
    let failure = world.listed().await.unwrap().failure.clone().unwrap();
    assert!(failure.contains("2099-01-01"), "{failure}");
    assert_eq!((world.server.listed(), world.server.sessions()), (1, 0));
}

#[tokio::test]
async fn a_server_without_sessions_is_told_with_each_request_who_asks_and_what() {
    let world = World::new().await;
    world.server.speak("2026-07-28");
    world.refresh().await;
    let result = world.called("kit__echo", json!({"text": "hello"})).await;
    assert_eq!(result.result, json!("echo: hello"));
    let heard = world.server.heard();
    assert_eq!(
        of(&heard, "method"),
        ["initialize", "server/discover", "tools/list", "initialize", "server/discover", "tools/call"]
    );
    assert_eq!(of(&heard, "mcp-name"), ["", "", "", "", "", "echo"]);
}

#[tokio::test]
async fn a_session_that_is_not_wanted_is_ended() {
    let world = World::new().await;
    world.server.be_of_two_minds();
    world.refresh().await;
    assert_eq!(world.listed().await.unwrap().failure, None);
    let heard = world.server.heard();
    assert_eq!(of(&heard, "http"), ["POST", "DELETE", "POST"]);
    assert_eq!(of(&heard, "mcp-session-id"), ["", "session-1", ""]);
    assert_eq!(world.server.sessions(), 0);
}

#[tokio::test]
async fn a_session_that_begins_too_slowly_is_ended() {
    let world = World::new().await;
    world.server.stall();
    let begun = async {
        while world.server.sessions() == 0 {
            tokio::task::yield_now().await;
        }
        // From here on nothing happens but that time goes by.
        tokio::time::pause();
    };
    let ((), ()) = tokio::join!(world.refresh(), begun);
    let failure = world.listed().await.unwrap().failure.clone().unwrap();
    assert_eq!(failure, "it was not connected within 10 seconds");
    assert_eq!(world.server.sessions(), 0);
}

#[tokio::test]
async fn who_may_not_come_in_is_not_asked_in_another_way() {
    let world = World::new().await;
    world.server.want("authorization", "Bearer k");
    world.refresh().await;
    let failure = world.listed().await.unwrap().failure.clone().unwrap();
    assert_eq!(failure, "the server answered 401 Unauthorized");
    assert!(world.server.heard().is_empty());
}

#[tokio::test]
async fn a_stream_that_is_cut_off_is_taken_up_where_it_ended() {
    let world = with(&["cut"], Transport::StreamableHttp).await;
    let _ = world.server.heard();
    let result = world.called("kit__cut", json!({"text": "hello"})).await;
    assert_eq!((result.result, result.is_error), (json!("echo: hello"), false));
    let heard = world.server.heard();
    assert_eq!(of(&heard, "http"), ["POST", "POST", "POST", "GET", "DELETE"]);
    assert_eq!(of(&heard, "last-event-id"), ["", "", "", "1", ""]);
    assert_eq!(heard[3]["mcp-session-id"], "session-2");
    assert_eq!(world.server.called().len(), 1);
}

#[tokio::test]
async fn a_stream_that_ends_again_and_again_is_taken_up_until_the_answer_is_there() {
    let world = with(&["poll"], Transport::StreamableHttp).await;
    let _ = world.server.heard();
    let result = world.called("kit__poll", json!({"text": "hello"})).await;
    assert_eq!((result.result, result.outcome), (json!("echo: hello"), None));
    let heard = world.server.heard();
    let resumed: Vec<&str> = heard.iter().filter_map(|said| said["last-event-id"].as_str()).collect();
    assert_eq!((resumed, world.server.called().len()), (vec!["1"; 10], 1));
}

#[tokio::test]
async fn a_stream_that_ends_and_cannot_be_taken_up_leaves_open_what_was_done() {
    let world = with(&["lost"], Transport::StreamableHttp).await;
    let result = world.called("kit__lost", json!({})).await;
    assert_eq!((result.outcome, result.is_error), (Some(Outcome::Unknown), true));
    assert_eq!((world.server.called().len(), world.server.sessions()), (1, 0));
}

#[tokio::test]
async fn a_server_that_asks_in_mid_call_is_answered_that_somebody_is_there_and_nothing_else() {
    for transport in [Transport::StreamableHttp, Transport::Sse] {
        let world = with(&["ask"], transport).await;
        let pinged = world.called("kit__ask", json!({"text": "ping"})).await;
        assert_eq!(pinged.result, json!("result {}"));
        let asked = world.called("kit__ask", json!({"text": "elicitation/create"})).await;
        assert_eq!(asked.result, json!("error -32601"));
    }
}

#[tokio::test]
async fn a_server_is_heard_whether_or_not_it_takes_the_answer_to_its_own_question() {
    for transport in [Transport::StreamableHttp, Transport::Sse] {
        let world = with(&["hold"], transport).await;
        assert_eq!(world.called("kit__hold", json!({})).await.result, json!("result {}"));
    }
}

#[tokio::test]
async fn what_a_server_answers_counts_although_it_says_that_it_was_not_asked() {
    let world = with(&["deny"], Transport::Sse).await;
    assert_eq!(world.called("kit__deny", json!({"text": "hello"})).await.result, json!("echo: hello"));
}

#[tokio::test]
async fn what_is_no_answer_to_the_call_is_passed_over() {
    for transport in [Transport::StreamableHttp, Transport::Sse] {
        let world = with(&["stray"], transport).await;
        assert_eq!(world.called("kit__stray", json!({})).await.result, json!("at last"));
    }
}

#[tokio::test]
async fn nonsense_is_no_list_and_no_answer() {
    let world = with(&["garble"], Transport::StreamableHttp).await;
    let result = world.called("kit__garble", json!({})).await;
    assert_eq!((result.outcome, result.is_error), (Some(Outcome::Unknown), true));
    world.put(world.known(world.server.nonsense_url(), Transport::StreamableHttp)).await;
    world.refresh().await;
    assert!(world.listed().await.unwrap().failure.is_some());
}

#[tokio::test]
async fn a_server_that_wants_more_to_be_said_is_not_offered_that() {
    let world = with(&["input"], Transport::StreamableHttp).await;
    let result = world.called("kit__input", json!({})).await;
    assert!(result.result["error"].as_str().unwrap().contains("not offered"), "{result:?}");
    assert_eq!(result.outcome, None);
}
