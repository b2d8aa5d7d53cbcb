//! Short campaigns.

use std::{num::NonZero, sync::atomic::AtomicBool};

use faults::{
    campaign::{Campaign, Sum, run},
    fault::Kind,
};

fn go(kind: Kind, faults: u64) -> anyhow::Result<Sum> {
    let jobs = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let campaign = Campaign { kind: Some(kind), faults, jobs, defect: None };
    run(&campaign, &AtomicBool::new(false), &|_| {})
}

#[test]
fn storms_are_survived() {
    let sum = go(Kind::Storm, 200).unwrap();
    assert!(sum.injected() >= 200);
    assert!(sum.failures.is_empty(), "{:#?}", sum.failures);
}
