//! What is spent, counted with the commits that bring it.

use chat::{
    Change, Draft,
    catalogue::Period,
    id::{ChatId, ModelId, OrgId, UserId},
    message::Usage,
    port::{Clock as _, CommitError, Person, SpendQuery},
    record::Chat,
    spend::{Day, Spending, Spent, Tally, Used},
    transition::{Describe, Transition},
};
use kit::seed;
use uuid::Uuid;

use super::world::{Chats, Directory, World};

const ORG: OrgId = OrgId(Uuid::from_u128(0x0b));
const ONE: UserId = UserId(Uuid::from_u128(0x0a));
const TWO: UserId = UserId(Uuid::from_u128(0x1a));
const MODEL: ModelId = ModelId(Uuid::from_u128(0x0c));
const OTHER: ModelId = ModelId(Uuid::from_u128(0x1c));

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn used(model_id: ModelId, cost_micros: Option<u64>) -> Used {
    let usage = Usage {
        input_tokens: 1,
        output_tokens: 2,
        cache_read_tokens: 3,
        cache_write_tokens: 4,
        reasoning_tokens: 5,
        cost_micros,
    };
    Used { model_id, usage }
}

fn tally(calls: u64, unpriced_calls: u64, cost_micros: u64) -> Tally {
    Tally {
        calls,
        unpriced_calls,
        input_tokens: calls,
        output_tokens: 2 * calls,
        cache_read_tokens: 3 * calls,
        cache_write_tokens: 4 * calls,
        reasoning_tokens: 5 * calls,
        cost_micros,
    }
}

/// A change that brings model calls at noon of a day.
async fn spending<C: Chats, D>(
    world: &World<C, D>,
    id: ChatId,
    on: &str,
    calls: &[Used],
    ceiling: Option<Period>,
) -> Change {
    let noon = day(on).begins_at().plus_ms(43_200_000);
    let draft = Draft::open(Some(world.snapshot(id).await), noon).towards(ceiling);
    let draft = calls.iter().fold(draft, |draft, used| draft.spending(*used));
    seed::change(draft, [Transition::Describe(Describe::default())])
}

async fn spend<C: Chats, D>(world: &World<C, D>, id: ChatId, on: &str, calls: &[Used]) {
    let change = spending(world, id, on, calls, None).await;
    world.chats.commit(&change, None).await.unwrap();
}

async fn chat_of<C: Chats, D>(world: &World<C, D>, user_id: UserId) -> ChatId {
    world.idle(|chat: &mut Chat| chat.owner_id = user_id).await
}

/// Everything that was counted in a month, shards summed up.
async fn counted<C, D: Directory>(
    world: &World<C, D>,
    user_id: Option<UserId>,
    (first, last): (&str, &str),
) -> Vec<Spending> {
    let query = SpendQuery { org_id: ORG, user_id, first: day(first), last: day(last) };
    let (mut from, mut sums): (_, Vec<Spending>) = (None, Vec::new());
    loop {
        let page = world.directory.spendings(query, from).await.unwrap();
        for found in page.found {
            let key = |of: &Spending| (of.user_id, of.day, of.model_id);
            match sums.iter_mut().find(|sum| key(sum) == key(&found)) {
                Some(sum) => sum.tally.add(&found.tally),
                None => sums.push(found),
            }
        }
        from = page.next;
        if from.is_none() {
            sums.sort_by_key(|of| (of.user_id, of.day, of.model_id));
            return sums;
        }
    }
}

const NOVEMBER: (&str, &str) = ("2026-11-01", "2026-11-30");

pub(crate) async fn what_a_commit_spends_is_counted_by_person_model_and_day<C: Chats, D: Directory>(
    world: World<C, D>,
) {
    let (mine, theirs) = (chat_of(&world, ONE).await, chat_of(&world, TWO).await);
    let priced = |model| used(model, Some(10));
    spend(&world, mine, "2026-11-20", &[priced(MODEL)]).await;
    spend(&world, mine, "2026-11-21", &[priced(MODEL), priced(OTHER), priced(MODEL)]).await;
    spend(&world, theirs, "2026-11-21", &[priced(MODEL)]).await;
    let of = |user_id, on, model_id, calls| Spending {
        user_id,
        model_id,
        day: day(on),
        tally: tally(calls, 0, 10 * calls),
    };
    let expected = [
        of(ONE, "2026-11-20", MODEL, 1),
        of(ONE, "2026-11-21", MODEL, 2),
        of(ONE, "2026-11-21", OTHER, 1),
        of(TWO, "2026-11-21", MODEL, 1),
    ];
    assert_eq!(counted(&world, None, NOVEMBER).await, expected);
    assert_eq!(counted(&world, Some(ONE), NOVEMBER).await, expected[..3]);
    assert_eq!(counted(&world, None, ("2026-11-20", "2026-11-20")).await, expected[..1]);
    assert_eq!(counted(&world, Some(ONE), ("2026-11-21", "2026-11-21")).await, expected[1..3]);
    // The chat counts as well.
    assert_eq!(world.chat(mine).await.usage.cost_micros, Some(40));
}

pub(crate) async fn what_no_commit_brings_is_counted_with_the_rest<C: Chats, D: Directory>(
    world: World<C, D>,
) {
    let id = chat_of(&world, ONE).await;
    spend(&world, id, "2026-11-21", &[used(MODEL, Some(10))]).await;
    let spent = Spent {
        person: Person { user_id: ONE, org_id: ORG },
        day: day("2026-11-21"),
        model_id: MODEL,
        shard: 3,
        tally: tally(1, 0, 7),
        ceiling_since: None,
    };
    world.directory.count(&spent).await.unwrap();
    let counting = Spent { ceiling_since: Some(day("2026-11-01")), ..spent };
    world.directory.count(&counting).await.unwrap();
    assert_eq!(counted(&world, None, NOVEMBER).await[0].tally, tally(3, 0, 24));
    assert_eq!(world.directory.org_micros(ORG, day("2026-11-01")).await.unwrap(), 7);
    assert_eq!(world.chat(id).await.usage.cost_micros, Some(10), "the chat is not written");
}

pub(crate) async fn a_lost_commit_spends_nothing<C: Chats, D: Directory>(world: World<C, D>) {
    let id = chat_of(&world, ONE).await;
    let change = spending(&world, id, "2026-11-21", &[used(MODEL, Some(10))], Some(Period::Day)).await;
    let mut slower = change.clone();
    slower.chat.commit_id = world.clock.new_id();
    world.chats.commit(&change, None).await.unwrap();
    for _ in 0..2 {
        let lost = world.chats.commit(&slower, None).await;
        assert!(matches!(lost, Err(CommitError::Conflict)), "{lost:?}");
    }
    assert_eq!(counted(&world, None, NOVEMBER).await[0].tally, tally(1, 0, 10));
    assert_eq!(world.directory.org_micros(ORG, day("2026-11-21")).await.unwrap(), 10);
}

pub(crate) async fn calls_without_a_price_are_counted_apart<C: Chats, D: Directory>(world: World<C, D>) {
    let id = chat_of(&world, ONE).await;
    spend(&world, id, "2026-11-21", &[used(MODEL, None)]).await;
    spend(&world, id, "2026-11-21", &[used(MODEL, Some(7))]).await;
    assert_eq!(counted(&world, None, NOVEMBER).await[0].tally, tally(2, 1, 7));
}

pub(crate) async fn a_person_reads_what_she_spent_in_two_months<C: Chats, D: Directory>(world: World<C, D>) {
    let (mine, theirs) = (chat_of(&world, ONE).await, chat_of(&world, TWO).await);
    for (on, cost) in [("2026-10-25", 1), ("2026-10-26", 10), ("2026-11-01", 100), ("2026-11-02", 1_000)] {
        spend(&world, mine, on, &[used(MODEL, Some(cost))]).await;
    }
    spend(&world, theirs, "2026-10-26", &[used(MODEL, Some(5))]).await;
    let (person, first, last) = (Person { user_id: ONE, org_id: ORG }, day("2026-10-26"), day("2026-11-01"));
    assert_eq!(world.directory.user_micros(person, first, last).await.unwrap(), 110);
    let elsewhere = Person { org_id: OrgId(Uuid::from_u128(0x99)), ..person };
    assert_eq!(world.directory.user_micros(elsewhere, first, last).await.unwrap(), 0);
}

pub(crate) async fn pages_hold_everything_once<C: Chats, D: Directory>(world: World<C, D>) {
    let id = chat_of(&world, ONE).await;
    for number in 10..30 {
        spend(&world, id, &format!("2026-11-{number}"), &[used(MODEL, Some(number))]).await;
    }
    let days = counted(&world, None, NOVEMBER).await;
    let costs: Vec<u64> = days.iter().map(|of| of.tally.cost_micros).collect();
    assert_eq!(costs, (10..30).collect::<Vec<_>>());
    assert_eq!(counted(&world, None, ("2026-10-01", "2026-10-31")).await, []);
}

pub(crate) async fn a_ceiling_counts_while_it_is_set<C: Chats, D: Directory>(world: World<C, D>) {
    let (mine, theirs) = (chat_of(&world, ONE).await, chat_of(&world, TWO).await);
    for (id, on, cost, ceiling) in [
        (mine, "2026-11-20", 1, None),
        (mine, "2026-11-20", 10, Some(Period::Month)),
        (theirs, "2026-11-21", 100, Some(Period::Month)),
        (theirs, "2026-12-01", 1_000, Some(Period::Month)),
    ] {
        let change = spending(&world, id, on, &[used(MODEL, Some(cost))], ceiling).await;
        world.chats.commit(&change, None).await.unwrap();
    }
    assert_eq!(world.directory.org_micros(ORG, day("2026-11-01")).await.unwrap(), 110);
    assert_eq!(world.directory.org_micros(ORG, day("2026-12-01")).await.unwrap(), 1_000);
}

pub(crate) async fn a_seed_brings_what_was_not_counted<C: Chats, D: Directory>(world: World<C, D>) {
    let id = chat_of(&world, ONE).await;
    let since = day("2026-10-26");
    spend(&world, id, "2026-10-25", &[used(MODEL, Some(9_000))]).await;
    for (on, cost, ceiling) in
        [("2026-10-26", 1, None), ("2026-11-01", 10, None), ("2026-11-01", 100, Some(Period::Week))]
    {
        let change = spending(&world, id, on, &[used(MODEL, Some(cost))], ceiling).await;
        world.chats.commit(&change, None).await.unwrap();
    }
    for _ in 0..2 {
        world.directory.seed_ceiling(ORG, since, day("2026-11-01")).await.unwrap();
        assert_eq!(world.directory.org_micros(ORG, since).await.unwrap(), 111);
    }
}

pub(crate) async fn many_chats_of_one_person_count_at_once<C: Chats, D: Directory>(world: World<C, D>) {
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (chats, clock) = (world.chats.clone(), world.clock.clone());
        writers.spawn(async move {
            let world = World { chats, directory: (), clock };
            let id = chat_of(&world, ONE).await;
            let mut written = 0;
            while written < 5 {
                let calls = [used(MODEL, Some(1))];
                let change = spending(&world, id, "2026-11-21", &calls, Some(Period::Day)).await;
                match world.chats.commit(&change, None).await {
                    Ok(()) => written += 1,
                    // Another chat's count was being written.
                    Err(CommitError::Conflict) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    writers.join_all().await;
    assert_eq!(counted(&world, None, NOVEMBER).await[0].tally, tally(40, 0, 40));
    assert_eq!(world.directory.org_micros(ORG, day("2026-11-21")).await.unwrap(), 40);
}
