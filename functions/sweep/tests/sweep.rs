//! The sweep over the in-memory ports.

use chat::{
    port::{Clock as _, CommitChats as _},
    wake::Reason,
};
use kit::{
    clock::ManualClock,
    faults::Faults,
    memory::{DUE_SHARDS, Memory},
    seed,
    wakes::Wakes,
};
use sweep::{Swept, sweep};

#[tokio::test]
async fn a_chat_whose_wake_got_lost_is_woken_once_it_is_due() {
    let clock = ManualClock::default();
    let memory = Memory::new(clock.port());
    let wakes = Wakes::new(clock.port(), Faults::default());
    let created = seed::created(&clock, "hello");
    memory.commit(&created, None).await.unwrap();

    let early = sweep(&memory, &wakes, DUE_SHARDS, clock.now()).await.unwrap();
    assert_eq!(early, Swept::default());
    clock.advance_to(created.chat.due_at.unwrap());
    let due = sweep(&memory, &wakes, DUE_SHARDS, clock.now()).await.unwrap();
    assert_eq!(due, Swept { woken: 1, more: false });
    let sent = wakes.take().unwrap();
    assert_eq!((sent.chat_id, sent.due.reason), (created.chat.id, Reason::Sweep));
}
