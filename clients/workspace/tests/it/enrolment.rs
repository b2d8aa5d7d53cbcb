use sha2::{Digest as _, Sha256};

use crate::world::{World, end};

#[tokio::test]
async fn a_machine_is_enrolled_once_however_often_it_must_ask() {
    let world = World::new().await;
    let mut agent = world.start(&["--url", &world.url(), "--token", "e"]);
    let (head, asked) = world.request(None).await;
    let secret = std::fs::read_to_string(world.state().join("secret")).unwrap();
    assert!(head.starts_with("POST /v1/agent/exchange HTTP/1.1\r\n"));
    assert!(!head.to_lowercase().contains("authorization"));
    assert_eq!(asked["enrolment_token"], "e");
    assert_eq!(asked["token_hash"], hex::encode(Sha256::digest(&secret)));
    // The first connection broke before an answer. It may have been used, so the same is asked.
    let (_, again) = world.request(Some(world.enrolled())).await;
    assert_eq!(again, asked);
    assert_eq!(world.socket().await.bearer, format!("Bearer {secret}"));
    agent.kill().await.unwrap();
    for args in [&[][..], &["--token", "e"]] {
        let mut agent = world.start(args);
        assert_eq!(world.socket().await.bearer, format!("Bearer {secret}"));
        agent.kill().await.unwrap();
    }
    // Another token is another enrolment.
    let _agent = world.start(&["--token", "f"]);
    let (_, asked) = world.request(Some(world.enrolled())).await;
    assert_eq!(asked["enrolment_token"], "f");
    let bearer = world.socket().await.bearer;
    let token = bearer.strip_prefix("Bearer ").unwrap();
    assert_ne!(token, secret);
    assert_eq!(asked["token_hash"], hex::encode(Sha256::digest(token)));
}

#[tokio::test]
async fn a_machine_that_cannot_begin_says_why() {
    let world = World::new().await;
    let check = async |args: &[&str], expect: &str| {
        let (status, log) = end(&mut world.start(args)).await;
        assert!(!status.success() && log.contains(expect), "{args:?}: {log}");
    };
    check(&[], "this machine is not enrolled: give --url and --token once").await;
    check(&["--url", "ftp://x", "--token", "e"], "ftp://x: is not an HTTP address").await;
    let inside = world.work().join("state");
    let mut agent = tokio::process::Command::new(env!("CARGO_BIN_EXE_quickstep-workspace"));
    let agent = agent.arg("--folder").arg(world.work()).arg("--state").arg(inside);
    let (_, log) = end(&mut agent.stderr(std::process::Stdio::piped()).spawn().unwrap()).await;
    assert!(log.contains("is inside the folder"), "{log}");
    let _first = world.start_enrolled();
    let _socket = world.socket().await;
    check(&[], "another agent uses").await;
}
