//! A provider that wants to be asked again before it goes on.

use chat::{
    failure::Kind,
    model::{Api, ModelEvent, StopReason},
    part::Part,
};
use serde_json::json;

use crate::{Stage, kind};

#[tokio::test]
async fn a_provider_that_paused_is_asked_to_go_on_until_it_is_done() {
    let mut stage = Stage::of(Api::AnthropicMessages, "any-key").await;
    let heard = stage.say("/pace 0\n/reason 3\n/say One.\n/stop pause\n/then\n/say Two.").await;
    assert_eq!(heard.error, None);
    let text = |text: &str| Part::Text { text: text.to_owned() };
    assert_eq!(heard.parts.iter().map(kind).collect::<Vec<_>>(), ["reasoning", "text", "text"]);
    assert_eq!((&heard.parts[1].part, &heard.parts[2].part), (&text("One."), &text("Two.")));
    let requests = stage.rehearsal.requests();
    assert!(requests.iter().all(|request| request.refusal.is_none()));
    let [first, second] = &requests[..] else { panic!("{requests:?}") };
    let (before, after) = (first.json()["messages"].clone(), second.json()["messages"].clone());
    assert_eq!((before.as_array().unwrap().len(), after.as_array().unwrap().len()), (1, 2));
    assert_eq!((&after[1]["role"], &after[1]["content"][1]["text"]), (&json!("assistant"), &json!("One.")));
    let Some(ModelEvent::Finish { reason: StopReason::End, usage }) = heard.finish else { panic!("no end") };
    assert!(usage.output_tokens > 2, "both rounds count: {usage:?}");
}

#[tokio::test]
async fn a_provider_that_pauses_for_ever_is_left_with_what_it_said() {
    let mut stage = Stage::of(Api::AnthropicMessages, "any-key").await;
    let heard = stage.say("/pace 0\n/say On.\n/stop pause\n/loop 100").await;
    assert_eq!((heard.error, heard.parts.len()), (None, 11));
    assert!(matches!(heard.finish, Some(ModelEvent::Finish { reason: StopReason::End, .. })));
    assert_eq!(stage.rehearsal.requests().len(), 11);
}

#[tokio::test]
async fn a_refusal_after_a_pause_is_the_answers() {
    let mut stage = Stage::of(Api::AnthropicMessages, "any-key").await;
    let heard = stage.say("/pace 0\n/say One.\n/stop pause\n/then\n/fail overloaded").await;
    let error = heard.error.unwrap();
    assert_eq!((error.kind, error.retryable, heard.finish), (Kind::Overloaded, true, None));
}
