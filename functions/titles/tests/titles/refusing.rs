use chat::{
    catalogue::{Limits, Settings},
    failure::Kind,
};
use kit::model::{Script, model_error};
use uuid::Uuid;

use super::world::{Who, World};

#[tokio::test]
async fn a_chat_that_is_not_the_callers_does_not_exist() {
    let world = World::new([]);
    let chat = world.chat(1, 0).await.to_string();
    let nowhere = Uuid::from_u128(7).to_string();
    for (who, chat, expect) in [
        (Who::Stranger, chat.as_str(), "401 unauthorized"),
        (Who::Another, chat.as_str(), "404 not_found"),
        (Who::Owner, nowhere.as_str(), "404 not_found"),
        (Who::Owner, "no-id", "404 not_found"),
    ] {
        assert_eq!(world.told(who, chat).await, expect, "{chat}");
    }
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn what_is_empty_has_no_title_and_a_body_says_nothing() {
    let world = World::new([]);
    let chat = world.chat(0, 0).await.to_string();
    let reply = world.ask(Who::Owner, &chat, None).await;
    insta::assert_json_snapshot!(reply["body"]);
    assert_eq!(reply["statusCode"], 409);
    let reply = world.ask(Who::Owner, &chat, Some(r#"{"title": "mine"}"#)).await;
    assert_eq!((&reply["statusCode"], &reply["body"]["code"]), (&400.into(), &"invalid_request".into()));
}

#[tokio::test]
async fn a_chat_that_has_spent_its_share_asks_no_model() {
    let world = World::new([]);
    let chat = world.chat(1, 2_000_000).await.to_string();
    let limits = Limits { chat_micros: Some(1_000_000), ..Limits::default() };
    world.set(Settings { limits, ..Settings::default() }).await;
    let reply = world.ask(Who::Owner, &chat, None).await;
    assert_eq!(reply["statusCode"], 422);
    insta::assert_json_snapshot!(reply["body"]);
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn what_the_provider_says_is_told_in_our_words() {
    let failures = [
        (model_error(Kind::Overloaded, true), "503 overloaded", true),
        (model_error(Kind::RateLimit, true), "503 rate_limit", true),
        (model_error(Kind::Auth, false), "422 auth", false),
        (model_error(Kind::ContentFilter, false), "422 content_filter", false),
    ];
    for (error, expect, again) in failures {
        let world = World::new([Script::refuses(error)]);
        let chat = world.chat(1, 0).await.to_string();
        let reply = world.ask(Who::Owner, &chat, None).await;
        let told = format!("{} {}", reply["statusCode"], reply["body"]["code"].as_str().unwrap());
        assert_eq!(told, expect);
        assert_eq!(reply["headers"].get("retry-after").is_some(), again, "{reply}");
        assert!(!reply["body"]["message"].as_str().unwrap().contains("on purpose"), "{reply}");
    }
}

#[tokio::test]
async fn an_answer_without_a_title_may_be_another_the_next_time() {
    let world = World::new([Script::says("\"\"")]);
    let chat = world.chat(1, 0).await.to_string();
    assert_eq!(world.told(Who::Owner, &chat).await, "503 generic");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_silent_is_given_up_before_the_gateway_does() {
    let world = World::new([Script::default().text("Questions").hangs()]);
    let chat = world.chat(1, 0).await.to_string();
    let began = tokio::time::Instant::now();
    assert_eq!(world.told(Who::Owner, &chat).await, "503 timeout");
    assert_eq!(began.elapsed().as_secs(), 24);
}

#[tokio::test]
async fn an_outage_is_503() {
    let world = World::new([]);
    let chat = world.chat(1, 0).await.to_string();
    world.break_store();
    assert_eq!(world.told(Who::Owner, &chat).await, "503 unavailable");
}
