//! The sweep over the in-memory ports.

use chat::{
    port::{Clock as _, CommitChats as _, ListDue as _},
    time::Timestamp,
    wake::Reason,
};
use kit::{
    clock::ManualClock,
    faults::{Fault, Faults},
    memory::{DUE_SHARDS, Memory},
    seed,
    wakes::Wakes,
};
use sweep::{Pass, Swept, sweep};

#[tokio::test]
async fn a_chat_whose_wake_got_lost_is_woken_once_it_is_due() {
    let clock = ManualClock::default();
    let memory = Memory::new(clock.port());
    let wakes = Wakes::new(clock.port(), Faults::default());
    let created = seed::created(&clock, "hello");
    memory.commit(&created, None).await.unwrap();

    let early = sweep(&memory, &wakes, DUE_SHARDS, (Pass::Minute, clock.now())).await.unwrap();
    assert_eq!(early, Swept::default());
    clock.advance_to(created.chat.due_at.unwrap());
    let due = sweep(&memory, &wakes, DUE_SHARDS, (Pass::Minute, clock.now())).await.unwrap();
    assert_eq!(due, Swept { woken: 1, more: false, overdue_ms: 0 });
    let sent = wakes.take().unwrap();
    assert_eq!((sent.chat_id, sent.due.reason), (created.chat.id, Reason::Sweep));
}

#[tokio::test]
async fn a_sweep_says_how_long_the_most_overdue_chat_was_due() {
    let clock = ManualClock::default();
    let memory = Memory::new(clock.port());
    let wakes = Wakes::new(clock.port(), Faults::default());
    let oldest = seed::created(&clock, "hello");
    memory.commit(&oldest, None).await.unwrap();
    clock.advance_ms(120_000);
    memory.commit(&seed::created(&clock, "hello"), None).await.unwrap();

    clock.advance_to(oldest.chat.due_at.unwrap().plus_ms(300_000));
    let swept = sweep(&memory, &wakes, DUE_SHARDS, (Pass::Minute, clock.now())).await.unwrap();
    assert_eq!(swept, Swept { woken: 2, more: false, overdue_ms: 300_000 });
}

#[tokio::test]
async fn a_shard_that_fails_stops_no_other() {
    let clock = ManualClock::default();
    let memory = Memory::new(clock.port());
    let wakes = Wakes::new(clock.port(), Faults::default());
    for _ in 0..64 {
        memory.commit(&seed::created(&clock, "hello"), None).await.unwrap();
    }
    clock.advance_ms(3_600_000);
    let in_first = memory.due(0, Timestamp(0)..=clock.now(), 64).await.unwrap().len();
    assert!((1..64).contains(&in_first));

    let broken = memory.with_faults(Faults::at(0, Fault::FailBefore));
    sweep(&broken, &wakes, DUE_SHARDS, (Pass::Minute, clock.now())).await.unwrap_err();

    assert_eq!(wakes.sent(), 64 - in_first);
}

#[tokio::test]
async fn between_the_minutes_only_what_became_due_a_short_while_ago_is_woken() {
    let clock = ManualClock::default();
    let memory = Memory::new(clock.port());
    let wakes = Wakes::new(clock.port(), Faults::default());
    memory.commit(&seed::created(&clock, "hello"), None).await.unwrap();
    clock.advance_ms(300_000);
    let fresh = seed::created(&clock, "hello");
    memory.commit(&fresh, None).await.unwrap();
    clock.advance_to(fresh.chat.due_at.unwrap());

    let swept = sweep(&memory, &wakes, DUE_SHARDS, (Pass::Between, clock.now())).await.unwrap();
    assert_eq!(swept, Swept { woken: 1, more: false, overdue_ms: 0 });
    assert_eq!(wakes.take().unwrap().chat_id, fresh.chat.id);
}
