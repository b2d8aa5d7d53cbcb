//! Machines that nobody uses.

use chat::{
    id::{ChatId, WorkspaceId},
    port::{BindChats as _, Clock as _, ReadWorkspaces as _},
    workspace::{Phase, Wanted, Workspace},
};
use kit::{
    clock::ManualClock,
    faults::{Fault, Faults},
    memory::Memory,
    seed,
    wakes::Wakes,
};
use sweep::rest;
use uuid::Uuid;

const HALF_AN_HOUR_MS: u64 = 30 * 60_000;

fn workspace(number: u128, phase: Phase) -> Workspace {
    let (id, now) = (WorkspaceId(Uuid::from_u128(number)), ManualClock::default().now());
    let begun = Workspace::begun(id, seed::person(), "one".into(), now);
    Workspace { template_id: Some("local".into()), phase, ..begun }
}

#[tokio::test]
async fn what_nobody_uses_is_put_to_sleep_and_what_never_came_up_is_given_up() {
    let clock = ManualClock::default();
    let memory = Memory::new(clock.port());
    let wakes = Wakes::new(clock.port(), Faults::default());
    let own = Workspace { template_id: None, ..workspace(5, Phase::Running) };
    let all = [
        workspace(1, Phase::Running),
        workspace(2, Phase::Starting),
        workspace(3, Phase::Running),
        workspace(4, Phase::Failed),
        own,
    ];
    all.iter().for_each(|one| memory.seed_workspace(one.clone()));
    let busy = all[2].id;
    let until = clock.now().plus_ms(2 * HALF_AN_HOUR_MS);
    memory.bind(busy, ChatId(Uuid::from_u128(9)), until).await.unwrap();
    assert_eq!(rest(&memory, &wakes, HALF_AN_HOUR_MS, clock.now()).await.unwrap(), 0);
    clock.advance_ms(HALF_AN_HOUR_MS);
    assert_eq!(rest(&memory, &wakes, HALF_AN_HOUR_MS, clock.now()).await.unwrap(), 2);
    assert_eq!(wakes.take_machines(), [all[0].id, all[1].id]);
    let mut states = Vec::new();
    for one in &all {
        let found = memory.workspace(one.id).await.unwrap().unwrap();
        states.push((found.wanted, found.phase));
    }
    assert_eq!(
        states,
        [
            (Wanted::Stopped, Phase::Running),
            (Wanted::Running, Phase::Failed),
            (Wanted::Running, Phase::Running),
            (Wanted::Running, Phase::Failed),
            (Wanted::Running, Phase::Running),
        ]
    );
    assert_eq!(rest(&memory, &wakes, HALF_AN_HOUR_MS, clock.now()).await.unwrap(), 0, "once");
}

#[tokio::test]
async fn a_machine_whose_end_was_forgotten_is_looked_after() {
    let clock = ManualClock::default();
    let memory = Memory::new(clock.port());
    let wakes = Wakes::new(clock.port(), Faults::default());
    memory.seed_workspace(workspace(1, Phase::Running));
    clock.advance_ms(HALF_AN_HOUR_MS);
    let dies = Wakes::new(clock.port(), Faults::at(0, Fault::FailBefore));
    assert!(rest(&memory, &dies, HALF_AN_HOUR_MS, clock.now()).await.is_err());
    assert_eq!(rest(&memory, &wakes, HALF_AN_HOUR_MS, clock.now()).await.unwrap(), 0);
    assert!(wakes.take_machines().is_empty(), "it may be under way");
    clock.advance_ms(5 * 60_000);
    rest(&memory, &wakes, HALF_AN_HOUR_MS, clock.now()).await.unwrap();
    assert_eq!(wakes.take_machines(), [WorkspaceId(Uuid::from_u128(1))]);
}
