//! Many clients at once on one chat.

use chat::message::Role;
use futures::future::{join, join_all};
use serde_json::{Value, json};

use crate::support::{Follower, Reply, Truth, World, said, say};

#[tokio::test]
async fn what_many_say_at_once_is_all_answered_once() {
    let world = World::start().await;
    let id = world.api.idle().await;
    let mut follower = Follower::of(&world, id).await;
    let texts: Vec<String> = (0..12).map(|number| format!("/pace 1\n/say {number}")).collect();
    let sent = join_all(texts.iter().map(|text| world.api.say(id, text))).await;
    // On a slow machine some come when what came before is answered already.
    assert!(sent.iter().any(|sent| sent["queued"] == false));
    follower.until_rest(24).await;
    let truth = Truth::of(&world.api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    let talk: Vec<String> = truth.history.values().map(said).collect();
    let pairs = talk.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone()));
    let mut asked: Vec<String> = pairs
        .map(|(question, answer)| {
            assert!(question.ends_with(&format!("/say {answer}")), "{question} {answer}");
            question
        })
        .collect();
    asked.sort();
    let mut texts = texts;
    texts.sort();
    assert_eq!(asked, texts, "nothing lost, nothing twice");
}

#[tokio::test]
async fn edits_interruptions_and_messages_at_once_leave_one_right_chat() {
    let world = World::start().await;
    let api = &world.api;
    let id = api.create(&say("/pace 5\n/text 300")).await;
    let mut follower = Follower::of(&world, id).await;
    follower.until_streams().await;
    let path = format!("/chats/{id}");
    let interrupts = join_all((0..3).map(|_| api.act_owned(format!("{path}/interrupt"))));
    let edits = join_all((0..2).map(|edit| {
        api.patch_owned(format!("{path}/messages/1"), say(&format!("/pace 5\n/text 30\n/say edit {edit}")))
    }));
    let sends = join_all(["queue", "steer", "interrupt", "reject"].map(|mode| {
        let body = json!({"content": say("/pace 5\n/say sent")["content"], "when_busy": mode});
        api.post_owned(format!("{path}/messages"), body)
    }));
    let ((interrupted, edited), sent) = join(join(interrupts, edits), sends).await;
    let refused: Vec<String> = interrupted.iter().chain(&edited).chain(&sent).filter_map(refusal).collect();
    // Whoever was overtaken is told so in the words of the contract, whatever the order was.
    let known = ["409 not_running", "409 chat_busy", "404 not_found"];
    assert!(refused.iter().all(|refusal| known.contains(&refusal.as_str())), "{refused:?}");

    api.post(&format!("{path}/messages"), &say("/pace 1\n/say the end")).await.json(200);
    follower
        .until("the end", |view| {
            let content = view.content();
            let last = content.history.values().next_back();
            content.is_at_rest()
                && content.queue.is_empty()
                && last.is_some_and(|last| said(last) == "the end")
        })
        .await;
    let truth = Truth::of(api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    let roles: Vec<Role> = truth.history.values().map(|message| message.role).collect();
    assert_eq!(roles.last(), Some(&Role::Assistant));
    assert!(!roles.windows(2).any(|pair| pair == [Role::Assistant, Role::Assistant]), "{roles:?}");
}

#[tokio::test]
async fn an_answer_and_an_interruption_at_once_leave_one_result() {
    let world = World::start().await;
    let api = &world.api;
    let tools = json!([{"name": "ask", "input_schema": {"type": "object"}}]);
    for _ in 0..6 {
        let id = api.create(&json!({"content": [], "client_tools": tools})).await;
        let mut follower = Follower::of(&world, id).await;
        api.say(id, "/pace 1\n/call ask\n/then /text 50").await;
        follower.until("a call", |view| !view.content().pending.is_empty()).await;
        let call = follower.view.content().pending[0].tool_call_id.clone();
        let results = json!([{"tool_call_id": call, "output": 1, "is_error": false}]);
        let interrupt = api.act_owned(format!("/chats/{id}/interrupt"));
        let (answered, interrupted) = join(api.answer(id, &results), interrupt).await;
        let refused = [refusal(&answered), refusal(&interrupted)];
        assert!(
            matches!(&refused, [None, None]) || refused == [Some("409 not_requires_action".into()), None],
            "{refused:?}"
        );
        follower.until_rest(3).await;
        api.say(id, "/pace 1\n/say the end").await;
        follower
            .until("the end", |view| {
                let last = view.content().history.values().next_back();
                view.content().is_at_rest() && last.is_some_and(|last| said(last) == "the end")
            })
            .await;
        let truth = Truth::of(api, id).await;
        truth.is_shown_by(&follower.view, "the follower");
        assert_eq!(truth.roles().iter().filter(|role| *role == "tool").count(), 1);
    }
}

fn refusal(reply: &Reply) -> Option<String> {
    let status = reply.status.as_u16();
    if status < 400 {
        return None;
    }
    let body: Value = serde_json::from_str(&reply.text).unwrap();
    Some(format!("{status} {}", body["code"].as_str().unwrap()))
}
