//! Every await point of every step of every scene, then storms; and that the checks can fail.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

use std::{num::NonZero, sync::atomic::AtomicBool};

use faults::{
    Defect,
    campaign::{Campaign, Sum, replay, run},
    fault::Kind,
};

fn go(kind: Kind, faults: u64, defect: Option<Defect>) -> anyhow::Result<Sum> {
    let jobs = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let campaign = Campaign { kind: Some(kind), faults, jobs, defect };
    run(&campaign, &AtomicBool::new(false), &|_| {})
}

fn survives(kind: Kind, faults: u64) {
    let sum = go(kind, faults, None).unwrap();
    assert!(sum.injected() >= faults);
    assert!(sum.failures.is_empty(), "{:#?}", sum.failures);
}

#[test]
fn a_step_may_die_at_every_await_point_of_every_scene() {
    let places = go(Kind::Kill, 0, None).unwrap().places[&Kind::Kill];
    assert!(places > 1_000, "{places} await points");
    survives(Kind::Kill, places);
}

#[test]
fn storms_are_survived() {
    survives(Kind::Storm, 300);
}

#[test]
fn a_queue_that_delivers_once_and_no_sweep_leave_a_chat_stuck() {
    let sum = go(Kind::WakeLost, 6, Some(Defect::DeafQueue)).unwrap();
    let failure = sum.failures.first().expect("nobody noticed");
    assert!(failure.violations.iter().any(|words| words.contains("stuck")), "{failure:?}");
}

#[test]
fn writes_without_their_condition_are_noticed() {
    let sum = go(Kind::WakeDoubled, 60, Some(Defect::BlindWrites)).unwrap();
    assert!(!sum.failures.is_empty(), "nobody noticed");
}

#[test]
fn a_machine_and_its_agent_may_end_wherever_they_do_something() {
    for kind in [Kind::AgentKilled, Kind::MachineRestarted, Kind::AgentCut] {
        let places = go(kind, 0, None).unwrap().places[&kind];
        assert!(places > 40, "{places} places");
        survives(kind, places);
    }
}

#[test]
fn agents_that_forget_what_they_did_are_noticed() {
    let sum = go(Kind::AgentKilled, 60, Some(Defect::BlankJournal)).unwrap();
    let twice = |words: &String| words.contains("began 2 times");
    assert!(sum.failures.iter().any(|failure| failure.violations.iter().any(twice)), "{:?}", sum.failures);
}

#[test]
fn a_seed_is_the_same_run_again() {
    for (kind, seed) in
        [(Kind::Storm, 7), (Kind::Storm, 8), (Kind::Kill, 1_000_050), (Kind::AgentKilled, 24_000_008)]
    {
        let first = replay(kind, seed, None).unwrap();
        assert!(first.0.lines().count() > 50);
        assert_eq!(first, replay(kind, seed, None).unwrap());
    }
    let broken = || replay(Kind::WakeLost, 0, Some(Defect::DeafQueue)).unwrap();
    assert!(!broken().1.is_empty());
    assert_eq!(broken(), broken());
}
