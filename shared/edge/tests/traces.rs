//! What X-Ray's daemon is told of an invocation.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

use std::{net::UdpSocket, time::Duration};

use chat::{
    account::{Count, Mark, Note, Phase, count, enter, mark, note, noted, spent},
    failure::Kind,
};
use edge::{Host, Invocation, serve, trace::Daemon};
use serde_json::{Value, json};

const SAMPLED: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
const UNSAMPLED: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";

/// Runs an invocation of a trace and returns the segments that the daemon received.
async fn received(header: &str) -> Vec<Value> {
    let daemon = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    let address = daemon.local_addr().unwrap().to_string();
    let host = Host::new("stack", 128, |_| {}).traced_by(Daemon::at(&address));
    let function = serve::events("step", |_, _| async {
        assert!(noted(Note::Trace).is_some_and(|header| header.starts_with("Root=")));
        enter(Phase::Load);
        spent(1.0, 0.0);
        tokio::time::sleep(Duration::from_millis(10)).await;
        note(Note::Provider, "rehearsal");
        mark(Mark::Asked);
        enter(Phase::Stream);
        tokio::time::sleep(Duration::from_millis(500)).await;
        mark(Mark::Answered);
        count(Count::Retry(Kind::Overloaded));
        enter(Phase::Commit);
        Ok(json!({}))
    });
    let invocation = Invocation::new("request", 0).on(host).in_trace(header);
    function.call(json!({}), invocation).await.unwrap();
    daemon.set_nonblocking(true).unwrap();
    let mut buffer = [0; 65_536];
    let mut segments = Vec::new();
    while let Ok(size) = daemon.recv(&mut buffer) {
        let text = std::str::from_utf8(&buffer[..size]).unwrap();
        let (header, segment) = text.split_once('\n').unwrap();
        assert_eq!(serde_json::from_str::<Value>(header).unwrap(), json!({ "format": "json", "version": 1 }));
        segments.push(serde_json::from_str(segment).unwrap());
    }
    segments
}

#[tokio::test(start_paused = true)]
async fn a_sampled_invocation_sends_its_phases_and_the_providers_call() {
    let segments = received(SAMPLED).await;
    for segment in &segments {
        let (start, end) = (segment["start_time"].as_f64().unwrap(), segment["end_time"].as_f64().unwrap());
        assert!(start <= end, "{segment}");
    }
    insta::assert_json_snapshot!(segments, { "[].id" => "[id]", "[].start_time" => "[s]", "[].end_time" => "[s]" });
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_of_a_trace_that_is_not_sampled() {
    assert_eq!(received(UNSAMPLED).await, [json!(null); 0]);
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_is_not_there_disturbs_nobody() {
    let nowhere = UdpSocket::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().to_string();
    for address in [nowhere.as_str(), "no address"] {
        let host = Host::new("stack", 128, |_| {}).traced_by(Daemon::at(address));
        let function = serve::events("step", |_, _| async {
            enter(Phase::Load);
            Ok(json!({}))
        });
        for _ in 0..3 {
            let invocation = Invocation::new("request", 0).on(host.clone()).in_trace(SAMPLED);
            function.call(json!({}), invocation).await.unwrap();
        }
    }
}
