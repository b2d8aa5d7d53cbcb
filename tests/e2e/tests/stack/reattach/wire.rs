//! The contract of events, held against every frame that an uncut client heard.

use std::collections::BTreeMap;

use chat::{
    cursor::Episode,
    event::{Body, Event},
};

/// Asserts that every transition was told, whole, and that every episode's parts are without gaps.
pub(super) fn keeps_the_contract(frames: &[String]) {
    let events: Vec<Event> =
        frames.iter().flat_map(|frame| serde_json::from_str::<Vec<Event>>(frame).unwrap()).collect();
    let live = || events.iter().filter(|event| !event.catch_up);
    // Of each transition: how many of its events say that no more follows.
    let mut told: BTreeMap<u64, usize> = BTreeMap::new();
    for event in live() {
        if let Some(version) = event.snapshot_version {
            *told.entry(version).or_default() += usize::from(!event.more);
        }
    }
    let (first, last) = (told.keys().next().unwrap(), told.keys().next_back().unwrap());
    assert!(told.keys().copied().eq(*first..=*last), "every version is announced: {told:?}");
    assert!(told.values().all(|ends| *ends == 1), "every transition ends once: {told:?}");

    let mut parts: BTreeMap<Episode, Vec<u64>> = BTreeMap::new();
    for event in live() {
        if let Body::MessagePart { episode, seq, .. } = &event.body {
            assert_eq!((event.snapshot_version, event.more), (None, false));
            parts.entry(*episode).or_default().push(*seq);
        }
    }
    for (episode, mut seqs) in parts {
        seqs.sort_unstable();
        assert!(seqs.iter().copied().eq(1..=seqs.len() as u64), "parts without gaps: {episode:?} {seqs:?}");
    }
}
