//! What was spent, and what may be.

use chat::{
    Draft,
    catalogue::Period,
    id::{ChatId, ModelId, UserId},
    message::Usage,
    port::CommitChats as _,
    record::Chat,
    spend::{Day, Used},
};
use kit::seed;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Who, World, told};

const USAGE: &str = "GET /v1/usage";
const LIMITS: &str = "GET /v1/limits";
/// What the deployment's clock says first.
const TODAY: &str = "2026-01-01";

fn me() -> UserId {
    seed::person().user_id
}

fn other() -> UserId {
    UserId(Uuid::from_u128(0x1a))
}

/// A model has answered in a chat of somebody's.
async fn spent(world: &World, user_id: UserId, day: &str, model: u128, cost_micros: Option<u64>) {
    spent_towards(world, (user_id, day, model, cost_micros), None).await;
}

async fn spent_towards(
    world: &World,
    (user_id, day, model, cost_micros): (UserId, &str, u128, Option<u64>),
    ceiling: Option<Period>,
) {
    let at = day.parse::<Day>().unwrap().begins_at();
    let id = ChatId(Uuid::from_u128(world.memory.len() as u128));
    let chat = Chat { owner_id: user_id, ..seed::chat(id) };
    let usage = Usage { input_tokens: 100, output_tokens: 10, cost_micros, ..Usage::default() };
    let used = Used { model_id: ModelId(Uuid::from_u128(model)), usage };
    let draft = Draft::open(None, at).apply(seed::create(chat, None)).unwrap();
    let change = draft.spending(used).towards(ceiling).finish().unwrap();
    world.memory.commit(&change, None).await.unwrap();
}

/// Two people, two models, three days; one call without a price.
async fn some(world: &World) {
    for (user_id, day, model, cost) in [
        (me(), "2025-12-31", 1, Some(1)),
        (me(), TODAY, 1, Some(20)),
        (me(), TODAY, 1, None),
        (me(), TODAY, 2, Some(300)),
        (other(), TODAY, 1, Some(4_000)),
        (other(), "2026-01-03", 1, Some(50_000)),
    ] {
        spent(world, user_id, day, model, cost).await;
    }
}

fn costs(reply: &Value) -> Vec<u64> {
    let usage = reply["body"]["usage"].as_array().unwrap_or_else(|| panic!("{reply}"));
    usage.iter().map(|sum| sum["cost_micros"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn usage_is_summed_up_by_day_person_and_model_of_this_month() {
    let world = World::new();
    some(&world).await;
    insta::assert_json_snapshot!(world.read(Who::Admin, USAGE, "").await["body"]);
}

#[tokio::test]
async fn nothing_was_spent() {
    insta::assert_json_snapshot!(World::new().read(Who::Admin, USAGE, "").await["body"]);
}

#[tokio::test]
async fn usage_is_summed_up_by_what_is_asked_for() {
    let world = World::new();
    some(&world).await;
    let all = "?from=2025-12-01&to=2026-01-31";
    for (group_by, expected) in [
        ("user", vec![321, 54_000]),
        ("model", vec![54_021, 300]),
        ("day", vec![1, 4_320, 50_000]),
        ("day,user", vec![1, 320, 4_000, 50_000]),
        ("user&group_by=model", vec![21, 300, 54_000]),
    ] {
        let reply = world.read(Who::Admin, USAGE, &format!("{all}&group_by={group_by}")).await;
        assert_eq!(costs(&reply), expected, "{group_by}");
        assert_eq!(reply["body"]["total"]["cost_micros"], 54_321);
        assert_eq!(reply["body"]["total"]["unpriced_calls"], 1);
    }
    let of_other = format!("{all}&group_by=user&user_id={}", other());
    let sum = &world.read(Who::Admin, USAGE, &of_other).await["body"]["usage"][0];
    assert_eq!((&sum["user_id"], &sum["calls"]), (&json!(other()), &json!(2)));
    assert!(sum["model_id"].is_null() && sum["day"].is_null());
}

#[tokio::test]
async fn a_member_sees_what_is_her_own() {
    let world = World::new();
    some(&world).await;
    for query in ["?to=2026-01-31".to_owned(), format!("?to=2026-01-31&user_id={}", me())] {
        let reply = world.read(Who::Member, USAGE, &query).await;
        assert_eq!((costs(&reply), &reply["body"]["total"]["calls"]), (vec![20, 300], &json!(3)));
    }
    let theirs = format!("?user_id={}", other());
    assert_eq!(told(&world.read(Who::Member, USAGE, &theirs).await), "403 forbidden");
    assert_eq!(told(&world.read(Who::Stranger, USAGE, "").await), "401 unauthorized");
}

#[tokio::test]
async fn pages_of_usage_follow_each_other_with_the_same_total() {
    let world = World::new();
    some(&world).await;
    for grouping in ["", "&group_by=day"] {
        let list = format!("?from=2025-12-31&to=2026-01-31{grouping}");
        let whole = costs(&world.read(Who::Admin, USAGE, &list).await);
        let (mut paged, mut query) = (Vec::new(), format!("{list}&limit=1"));
        loop {
            let page = world.read(Who::Admin, USAGE, &query).await;
            assert_eq!(page["body"]["total"]["cost_micros"], 54_321);
            paged.extend(costs(&page));
            let Some(cursor) = page["body"]["next_cursor"].as_str() else { break };
            query = format!("{list}&limit=1&cursor={cursor}");
            let elsewhere = format!("{list}&group_by=user,model&cursor={cursor}");
            assert_eq!(told(&world.read(Who::Admin, USAGE, &elsewhere).await), "400 invalid_request");
        }
        assert_eq!(paged, whole);
    }
}

#[tokio::test]
async fn what_cannot_be_listed_is_said_by_field() {
    let world = World::new();
    for (query, field) in [
        ("?from=2026-02-30", "from"),
        ("?to=yesterday", "to"),
        ("?from=2026-01-02&to=2026-01-01", "from"),
        ("?from=2025-01-01&to=2026-01-02", "from"),
        ("?group_by=colour", "group_by"),
        ("?group_by=", "group_by"),
        ("?user_id=me", "user_id"),
        ("?limit=0", "limit"),
        ("?cursor=abc", "cursor"),
    ] {
        let reply = world.read(Who::Admin, USAGE, query).await;
        assert_eq!(
            (&reply["statusCode"], &reply["body"]["fields"][0]["field"]),
            (&json!(400), &json!(field))
        );
    }
    let year = world.read(Who::Admin, USAGE, "?from=2025-01-01&to=2026-01-01").await;
    assert_eq!(year["statusCode"], 200);
}

#[tokio::test]
async fn limits_say_what_is_spent_of_them_and_when_they_begin_anew() {
    let world = World::new();
    let limits = json!({"user_micros": 1_000, "org_micros": 9_000, "period": "week"});
    for (who, day, cost) in [(me(), "2025-12-28", 1), (me(), "2025-12-29", 20), (other(), TODAY, 300)] {
        spent(&world, who, day, 1, Some(cost)).await;
    }
    assert_eq!(world.ask("PUT /v1/limits", "", limits.clone()).await["body"], limits);
    assert_eq!(world.ask("GET /v1/settings/{name}", "limits", Value::Null).await["body"], limits);
    spent_towards(&world, (other(), TODAY, 1, Some(4_000)), Some(Period::Week)).await;
    // What one person spent is his own affair.
    let seen = |spent: Value| {
        let mut seen = limits.clone();
        seen["spent"] = spent;
        seen["resets_at"] = json!("2026-01-05T00:00:00.000Z");
        seen
    };
    let admins = json!({"user_micros": 0, "org_micros": 4_320});
    assert_eq!(world.read(Who::Admin, LIMITS, "").await["body"], seen(admins));
    let members = json!({"user_micros": 20});
    assert_eq!(world.read(Who::Member, LIMITS, "").await["body"], seen(members));
}

#[tokio::test]
async fn a_ceiling_counts_from_the_period_on_whenever_it_is_set() {
    let world = World::new();
    let org = |reply: Value| reply["body"]["spent"]["org_micros"].clone();
    spent(&world, me(), TODAY, 1, Some(5)).await;
    for path in ["limits", "none"] {
        let ceiling = if path == "limits" { json!({"org_micros": 10, "period": "day"}) } else { json!({}) };
        let put = world.ask("PUT /v1/settings/{name}", "limits", ceiling).await;
        assert_eq!(put["statusCode"], 200);
        let expected = if path == "limits" { json!(5) } else { Value::Null };
        assert_eq!(org(world.read(Who::Admin, LIMITS, "").await), expected);
    }
    // Nothing counts towards a ceiling that is not set; once it is again, all does.
    spent(&world, me(), TODAY, 1, Some(70)).await;
    world.ask("PUT /v1/limits", "", json!({"org_micros": 10, "period": "day"})).await;
    assert_eq!(org(world.read(Who::Admin, LIMITS, "").await), 75);
}

#[tokio::test]
async fn only_an_administrator_sets_limits_and_only_such() {
    let world = World::new();
    let write = |who, body| world.ask_as(who, None, ("PUT /v1/limits", ""), body);
    assert_eq!(told(&write(Who::Member, json!({})).await), "403 forbidden");
    assert_eq!(told(&write(Who::Admin, json!({"user_micros": -1})).await), "400 invalid_request");
    assert_eq!(told(&write(Who::Admin, json!({"colour": 1})).await), "400 invalid_request");
    world.break_store();
    for route in [USAGE, LIMITS] {
        assert_eq!(told(&world.read(Who::Admin, route, "").await), "503 unavailable");
    }
}
