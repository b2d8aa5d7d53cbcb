//! Lists of tools: read, kept, read again.

use chat::{
    limit::SERVER_TOOLS,
    mcp::Transport,
    port::{Clock as _, ReadCatalogue as _},
};
use kit::toolserver::ToolServer;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_server_is_asked_what_it_can_do() {
    let world = World::new().await;
    world.refresh().await;
    let listed = world.listed().await.unwrap();
    let names: Vec<&str> = listed.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["echo", "fail", "hang", "picture", "refuse"]);
    assert_eq!(listed.tools[0].description.as_deref(), Some("Does echo."));
    assert_eq!(listed.tools[0].input_schema["properties"]["text"]["type"], "string");
    assert_eq!((listed.omitted, &listed.failure, listed.fetched_at), (0, &None, world.clock.now()));
}

#[tokio::test]
async fn a_server_that_fails_keeps_its_tools_and_says_why() {
    let mut world = World::new().await;
    world.refresh().await;
    world.server = ToolServer::start().await.unwrap();
    world.clock.advance_ms(1_000);
    world.refresh().await;
    let listed = world.listed().await.unwrap();
    assert_eq!((listed.tools.len(), listed.fetched_at), (5, world.clock.now()));
    assert!(listed.failure.is_some());
}

#[tokio::test]
async fn a_list_that_is_an_hour_old_is_read_again_when_its_server_is_called() {
    let world = World::new().await;
    world.refresh().await;
    world.server.have(&["echo", "new"]);
    world.called("kit__echo", json!({})).await;
    assert_eq!(world.server.listed(), 1);
    world.clock.advance_ms(3_600_000);
    world.called("kit__echo", json!({})).await;
    let names: Vec<String> =
        world.listed().await.unwrap().tools.iter().map(|tool| tool.name.clone()).collect();
    assert_eq!((world.server.listed(), names), (2, vec!["echo".to_owned(), "new".to_owned()]));
}

#[tokio::test]
async fn a_list_is_not_read_on_once_there_is_far_more_than_is_kept() {
    let world = World::new().await;
    let names: Vec<String> = (0..SERVER_TOOLS).map(|number| format!("tool_{number}")).collect();
    world.server.have(&names.iter().map(String::as_str).collect::<Vec<_>>());
    world.server.list_without_end();
    world.refresh().await;
    let listed = world.listed().await.unwrap();
    assert_eq!((listed.tools.len(), &listed.failure, world.server.listed()), (SERVER_TOOLS, &None, 9));
}

#[tokio::test]
async fn a_tool_whose_marks_are_wrong_is_left_out_where_they_count() {
    let world = World::new().await;
    world.server.have(&["marked", "mismarked"]);
    world.refresh().await;
    assert_eq!(world.listed().await.unwrap().tools.len(), 2);
    world.server.speak("2026-07-28");
    world.refresh().await;
    let listed = world.listed().await.unwrap();
    assert_eq!((listed.tools.len(), listed.tools[0].name.as_str(), &listed.failure), (1, "marked", &None));
}

#[tokio::test]
async fn what_a_server_says_is_lost_where_it_has_moved_meanwhile() {
    let world = World::new().await;
    let mut moved = world.known(world.server.url(), Transport::StreamableHttp);
    moved.edition = 2;
    world.put(moved).await;
    world.refresh().await;
    let stored = world.memory.catalogue().await.unwrap();
    assert_eq!(stored.tools[0].edition, 2);
    assert!(stored.server_tool("kit__echo").is_some());
}
