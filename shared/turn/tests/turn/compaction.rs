//! Conversations that outgrow the window.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use chat::{
    catalogue::Preferences,
    event::Body,
    failure::Kind,
    message::{Role, Usage, Visibility},
    model::{ModelError, ModelEvent, ModelRequest, StopReason},
    part::Part,
    port::KeepCatalogue as _,
    record::Status,
    transition::{Refusal, Transition},
};
use kit::{
    model::{Script, model_error},
    replies::{Replies, text_of},
    seed,
};
use serde_json::json;
use turn::CommitFailure;

use crate::world::{TITLE, TOOL, World};

const WINDOW: u64 = 200_000;

fn using(script: Script, tokens: u64, reason: StopReason) -> Script {
    script.event(ModelEvent::Finish { reason, usage: Usage { input_tokens: tokens, ..Usage::default() } })
}

fn says(text: &str, tokens: u64) -> Script {
    using(Script::default().text(text), tokens, StopReason::End)
}

fn overflow() -> Script {
    let error = model_error(Kind::Config, false);
    Script::refuses(ModelError { context_overflow: true, ..error })
}

fn is_summary(request: &ModelRequest) -> bool {
    request
        .messages
        .last()
        .is_some_and(|last| text_of(last).starts_with("The context window is nearly full."))
}

fn summarised(request: &ModelRequest) -> bool {
    request.messages.first().is_some_and(|first| text_of(first).contains("replaced by this summary"))
}

fn boundaries(world: &World) -> usize {
    let of = |name: &str, part: &Part| matches!(part, Part::ToolCall(call) if call.tool_name == name);
    let is_call = |message: &chat::message::Message| {
        message.content.iter().any(|stored| of(chat::compaction::SUMMARIZED, &stored.part))
    };
    world.messages().iter().filter(|message| is_call(message)).count()
}

async fn said(world: &World, text: &str) {
    world.send(text).await;
    world.rest().await;
}

/// Two turns, of which the second finds the window 75 % used.
async fn grown(then: impl IntoIterator<Item = Script>) -> World {
    let world = World::told("hello", Replies::list([says("hi", 150_000)].into_iter().chain(then))).await;
    world.rest().await;
    world
}

#[tokio::test(start_paused = true)]
async fn over_the_threshold_a_summary_takes_the_place_of_what_was_said() {
    let world = grown([says("they said hello", 150_100), says("fine", 2_000)]).await;
    said(&world, "how are you").await;
    let requests = world.model.requests();
    assert!(is_summary(&requests[1]) && summarised(&requests[2]));
    assert_eq!(requests[1].tools, requests[0].tools);
    let texts = |request: &ModelRequest| request.messages.iter().map(|m| text_of(m)).collect::<Vec<_>>();
    assert_eq!(texts(&requests[1])[..2], ["hello", "hi"], "what is pending is not summarised");
    assert_eq!(texts(&requests[2]).len(), 2);
    assert!(texts(&requests[2])[0].ends_with("\n\nthey said hello"));
    assert_eq!(texts(&requests[2])[1], "how are you");
    let chat = world.chat();
    assert_eq!((chat.boundary.0, chat.context_tokens, chat.status), (4, 2_000, Status::Waiting));
    assert_eq!(chat.usage.input_tokens, 150_000 + 150_100 + 2_000);
}

#[tokio::test(start_paused = true)]
async fn people_see_that_it_was_summarised_and_not_what_the_model_was_told() {
    let world = grown([says("they said hello", 150_100), says("fine", 2_000)]).await;
    said(&world, "how are you").await;
    let messages = world.messages();
    let shape: Vec<_> = messages[3..].iter().map(|message| (message.role, message.visibility)).collect();
    let expected = [
        (Role::User, Visibility::Model),
        (Role::Assistant, Visibility::User),
        (Role::Tool, Visibility::User),
        (Role::User, Visibility::Model),
        (Role::Assistant, Visibility::Both),
    ];
    assert_eq!(shape, expected);
    let result = messages[5].results().next().unwrap();
    let told = json!({
        "summary": "they said hello", "source": "automatic", "threshold_percent": 70, "usage_percent": 75,
        "context_tokens": 150_012, "context_limit_tokens": WINDOW,
    });
    assert_eq!(result.result, told);
    assert_eq!(world.chat().title, TITLE);
}

#[tokio::test(start_paused = true)]
async fn a_person_s_own_threshold_goes_first_and_a_hundred_is_never() {
    let world = World::told("hello", Replies::list([says("hi", 150_000), says("fine", 2_000)])).await;
    let compaction_thresholds = [(seed::MODEL, 100)].into();
    let own = Preferences { revision: 1, compaction_thresholds, ..Preferences::default() };
    world.ports.directory.keep_preferences(seed::person().user_id, &own).await.unwrap();
    world.rest().await;
    said(&world, "how are you").await;
    assert_eq!(boundaries(&world), 0);
}

#[tokio::test(start_paused = true)]
async fn a_summary_on_request_ends_in_rest_and_there_is_no_second_one() {
    let world = grown([says("they said hello", 10)]).await;
    world.apply(Transition::RequestCompaction).await;
    world.rest().await;
    assert_eq!((world.chat().status, boundaries(&world)), (Status::Waiting, 1));
    assert!(!world.chat().compaction_requested);
    let again = world.commit(|draft| draft.apply(Transition::RequestCompaction)).await;
    assert!(matches!(again, Err(CommitFailure::Refused(Refusal::NothingToCompact))));
    let cleared = world.commit(|draft| draft.apply(Transition::Clear)).await;
    assert!(matches!(cleared, Err(CommitFailure::Refused(Refusal::NothingToClear))));
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_does_not_fit_becomes_a_summary() {
    let world = World::told(
        "hello",
        Replies::list([says("hi", 100), overflow(), says("they said hello", 100), says("fine", 100)]),
    )
    .await;
    world.rest().await;
    said(&world, "how are you").await;
    assert_eq!((world.chat().status, boundaries(&world)), (Status::Waiting, 1));
    assert_eq!(world.history().last().unwrap(), "assistant: fine");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_outgrows_the_window_leaves_nothing_on_a_screen() {
    let error = ModelError { context_overflow: true, ..model_error(Kind::Config, false) };
    let halfway = Script::default().text("half an ").fails(error);
    let world = World::told("hello", Replies::list([halfway, says("whole", 100)])).await;
    world.listen("s").await;
    world.rest().await;
    assert_eq!(world.history(), ["user: hello", "assistant: whole"]);
    let heard = world.heard("s");
    let half = heard.iter().position(|event| matches!(event.body, Body::MessagePart { .. })).unwrap();
    assert!(heard[half..].iter().any(|event| matches!(event.body, Body::PreviewReset {})));
    assert_eq!(world.model.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_stands_before_an_edit_that_failed_can_be_compacted() {
    let failed = || Script::refuses(model_error(Kind::Auth, false));
    let replies =
        [says("hi", 100), says("more", 100), failed(), says("they said hello", 10), says("fine", 10)];
    let world = World::told("hello", Replies::list(replies)).await;
    world.rest().await;
    said(&world, "how are you").await;
    world.edit(3, "how is it").await;
    world.rest().await;
    assert_eq!(world.chat().status, Status::Error);
    world.apply(Transition::RequestCompaction).await;
    world.rest().await;
    assert_eq!((world.chat().status, boundaries(&world)), (Status::Waiting, 1));
    assert_eq!(world.history().last().unwrap(), "assistant: fine", "what was not answered is");
}

#[tokio::test(start_paused = true)]
async fn a_summary_that_does_not_fit_is_asked_for_without_tools_and_then_given_up() {
    let called = Script::calls([("c1", TOOL, json!({"city": "Bern"}))]);
    let world =
        World::told("hello", Replies::list([called, says("it rains", 150_000), overflow(), overflow()]))
            .await;
    world.until_status(Status::RequiresAction).await;
    world.answer(&"rain ".repeat(100_000)).await;
    world.rest().await;
    said(&world, "and now").await;
    let requests = world.model.requests();
    assert!(is_summary(&requests[2]) && is_summary(&requests[3]));
    assert!(!requests[2].tools.is_empty() && requests[3].tools.is_empty());
    assert!(requests[3].messages.iter().all(|message| message.calls().next().is_none()));
    let bytes: usize = requests[3].messages.iter().map(|message| text_of(message).len()).sum();
    assert!((100_000..400_000).contains(&bytes), "{bytes}");
    let error = world.chat().last_error.unwrap();
    assert_eq!(error.kind, Kind::Config);
    assert!(error.message.contains("larger window"), "{}", error.message);
}

#[tokio::test(start_paused = true)]
async fn a_prompt_of_nothing_but_a_question_that_does_not_fit_is_an_error() {
    let world = World::told("hello", Replies::list([overflow()])).await;
    world.rest().await;
    assert_eq!(world.chat().last_error.unwrap().kind, Kind::Config);
}

#[tokio::test(start_paused = true)]
async fn what_is_over_the_threshold_right_after_a_summary_is_an_error() {
    let world = grown([says("they said hello", 150_100), says("fine", 150_000)]).await;
    said(&world, "how are you").await;
    assert_eq!(world.chat().status, Status::Waiting);
    said(&world, "and now").await;
    let error = world.chat().last_error.unwrap();
    assert!(error.message.contains("compacting it did not help"), "{}", error.message);
}

#[tokio::test(start_paused = true)]
async fn a_cut_summary_is_an_error_and_nothing_is_forgotten() {
    let cut = using(Script::default().text("they said"), 150_100, StopReason::Length);
    let world = grown([cut]).await;
    said(&world, "how are you").await;
    assert_eq!((world.chat().status, world.chat().boundary.0), (Status::Error, 1));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_calls_tools_instead_is_asked_again_and_then_without_any() {
    let call = |id: &str| Script::calls([(id, TOOL, json!({}))]);
    let world = grown([call("a"), call("b"), says("they said hello", 10), says("fine", 10)]).await;
    said(&world, "how are you").await;
    let tools: Vec<_> = world.model.requests()[1..].iter().map(|request| request.tools.is_empty()).collect();
    assert_eq!(tools, [false, false, true, false]);
    assert_eq!(world.history().last().unwrap(), "assistant: fine");
}

#[tokio::test(start_paused = true)]
async fn an_outage_leaves_a_summary_its_attempts() {
    let busy = || Script::refuses(model_error(Kind::Overloaded, true));
    let call = Script::calls([("a", TOOL, json!({}))]);
    let world = grown([busy(), busy(), busy(), call, says("they said hello", 10), says("fine", 10)]).await;
    said(&world, "how are you").await;
    assert_eq!(world.history().last().unwrap(), "assistant: fine");
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_summary_leaves_nothing() {
    let half = Script::default().text("they said hel").hangs();
    let world = grown([half]).await;
    world.listen("one").await;
    world.send("how are you").await;
    world.until(|chat| chat.versions.generation_attempt == 1).await;
    world.pass_ms(3_000).await;
    let heard = serde_json::to_string(&world.heard("one")).unwrap();
    assert!(heard.contains("chat_summarized") && !heard.contains("they said hel"), "{heard}");
    world.apply(Transition::Interrupt).await;
    world.rest().await;
    assert_eq!((world.chat().status, world.chat().boundary.0), (Status::Waiting, 1));
    assert_eq!(world.history().last().unwrap(), "user: how are you");
}

#[tokio::test(start_paused = true)]
async fn an_edit_behind_a_summary_brings_back_what_was_there_before() {
    let world = grown([says("they said hello", 150_100), says("fine", 2_000), says("good", 100)]).await;
    said(&world, "how are you").await;
    let message = seed::said("where are you");
    world.apply(Transition::Edit { message_id: chat::id::MessageId(1), message }).await;
    world.rest().await;
    let last = world.model.requests().pop().unwrap();
    assert_eq!(last.messages.len(), 1);
    assert!(!summarised(&last));
}

#[tokio::test(start_paused = true)]
async fn an_edit_between_two_summaries_goes_back_to_the_first() {
    let replies = ["hi", "first summary", "fine", "second summary", "good", "better"];
    let world = World::told("one", Replies::list(replies.map(|text| says(text, 100)))).await;
    world.rest().await;
    for text in ["two", "three"] {
        world.apply(Transition::RequestCompaction).await;
        world.rest().await;
        said(&world, text).await;
    }
    let is_two = |message: &&chat::message::Message| text_of(message) == "two";
    let two = world.messages().iter().find(is_two).unwrap().id;
    world.edit(two.0, "two again").await;
    world.rest().await;
    let asked: Vec<_> = world.model.requests().pop().unwrap().messages.iter().map(|m| text_of(m)).collect();
    assert!(asked[0].contains("first summary") && asked[1] == "two again", "{asked:?}");
    assert_eq!(asked.len(), 2);
}

/// 400,000 tokens of tool results in one turn: the model is never sent more than its window holds, and the work is
/// done to its end.
#[tokio::test(start_paused = true)]
async fn a_turn_of_three_hundred_calls_outgrows_its_window_several_times_and_ends() {
    const CALLS: usize = 300;
    const RESULT_BYTES: usize = 5_400;
    let made = AtomicUsize::new(0);
    let bytes = |request: &ModelRequest| serde_json::to_string(&request.messages).unwrap().len() as u64;
    let model = Replies::by(move |request, _| {
        // Four bytes a token, as providers count it for text; a request beyond the window is refused.
        let tokens = bytes(request) / 4;
        assert!(tokens <= WINDOW, "{tokens} tokens do not fit");
        let reason = if is_summary(request) { StopReason::End } else { StopReason::ToolCalls };
        match made.load(Relaxed) {
            _ if is_summary(request) => says(&format!("{} calls are done", made.load(Relaxed)), tokens),
            CALLS => says("all done", tokens),
            number => {
                made.store(number + 1, Relaxed);
                let call = chat::part::ToolCall {
                    tool_call_id: format!("c{number}").as_str().into(),
                    tool_name: TOOL.into(),
                    args: json!({ "number": number }),
                    provider_executed: false,
                };
                using(Script::default().call(call), tokens, reason)
            }
        }
    });
    let world = World::told("make three hundred calls", model).await;
    for _ in 0..CALLS {
        world.until_status(Status::RequiresAction).await;
        world.answer(&"forecast ".repeat(RESULT_BYTES / 9)).await;
    }
    world.rest().await;
    assert_eq!(world.history().last().unwrap(), "assistant: all done");
    let requests = world.model.requests();
    let largest = requests.iter().map(|request| bytes(request) / 4).max().unwrap();
    let results: usize = world.messages().iter().flat_map(|message| message.results()).count();
    assert_eq!(results - boundaries(&world), CALLS);
    assert_eq!(requests.len(), CALLS + 1 + boundaries(&world));
    assert_eq!(boundaries(&world), 3);
    assert!(largest <= WINDOW * 3 / 4, "{largest} tokens in the largest request");
}
