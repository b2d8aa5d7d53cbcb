//! Every state × every transition: what the table allows is exactly what really happens.

#![allow(clippy::expect_used, reason = "helpers of tests are not recognised as tests")]

mod support {
    pub(crate) mod build;
    pub(crate) mod cells;
    pub(crate) mod world;
}

use std::collections::{BTreeMap, BTreeSet};

use chat::{
    Change,
    change::LeaseChange,
    limit::{DUE_MS, WORKING_DUE_MS},
    state::State,
    time::Timestamp,
    transition::{Name, Refusal, targets},
};
use support::cells::{TIMES, tries, worlds};

/// A move that was really made.
struct Move {
    from: State,
    to: State,
    now: Timestamp,
    change: Change,
}

fn moves(name: Name, from: State) -> Vec<Move> {
    let mut made = Vec::new();
    for world in worlds(from) {
        assert_eq!(world.state(), from, "a chat for the cell is in another state");
        for now in TIMES {
            for transition in tries(name, &world, now) {
                assert_eq!(transition.name(), name);
                let mut world = world.clone();
                match world.apply(transition, now) {
                    Ok(change) => made.push(Move { from, to: world.state(), now, change }),
                    Err(Refusal::Impossible { to, .. }) => panic!("{name} leads from {from} to {to}"),
                    Err(_) => {}
                }
            }
        }
    }
    made
}

fn reached(name: Name, from: State) -> BTreeSet<State> {
    moves(name, from).into_iter().map(|made| made.to).collect()
}

fn row(name: &str, cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| format!("{cell:8}")).collect();
    format!("| {name:18} | {} |\n", cells.join(" | "))
}

fn listed(states: &BTreeSet<State>) -> String {
    states.iter().map(|state| state.name()).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_happens_in_each_cell_is_what_the_table_says() {
    let mut table = row("", State::ALL.map(|state| state.to_string()));
    table += &row("---", State::ALL.map(|_| "---".to_owned()));
    for name in Name::ALL {
        let cells = State::ALL.map(|from| {
            let allowed: BTreeSet<State> = targets(name, from).iter().copied().collect();
            let reached = reached(name, from);
            assert_eq!(reached, allowed, "{name} from {from}: reached, then allowed");
            listed(&reached)
        });
        table += &row(&name.to_string(), cells);
    }
    insta::assert_snapshot!(table);
}

/// The events of a change; a plus marks those that are followed by more of the same transition.
fn told(change: &Change) -> String {
    let kind = |event: &chat::event::Event| {
        let value = serde_json::to_value(event).expect("events are JSON");
        format!("{}{}", value["type"].as_str().unwrap_or_default(), if event.more { "+" } else { "" })
    };
    change.events.iter().map(kind).collect::<Vec<_>>().join(" ")
}

fn woken(change: &Change) -> String {
    change.wake.map_or("–".into(), |due| format!("{:?} in {} ms", due.reason, due.delay_ms).to_lowercase())
}

const fn leased(change: &Change) -> &'static str {
    match change.lease {
        LeaseChange::Keep => "keep",
        LeaseChange::Release => "release",
        LeaseChange::Take(_) => "take",
    }
}

/// When somebody must look: soon enough for a step that died, or at a deadline.
fn due(made: &Move) -> &'static str {
    match made.change.chat.due_at {
        None => "–",
        Some(due)
            if made.change.chat.is_parked()
                && Some(due) == made.change.chat.next_deadline().map(|at| at.plus_ms(DUE_MS)) =>
        {
            "deadline"
        }
        Some(due) if due > made.now && due <= made.now.plus_ms(DUE_MS) => "soon",
        Some(due) if due > made.now && due <= made.now.plus_ms(WORKING_DUE_MS) => "later",
        Some(due) => panic!("{} → {} is due at {due}, at {}", made.from, made.to, made.now),
    }
}

#[test]
fn what_each_transition_tells_and_sets_in_motion() {
    let mut lines: BTreeMap<(usize, String), BTreeSet<(State, State)>> = BTreeMap::new();
    for (index, name) in Name::ALL.into_iter().enumerate() {
        for made in State::ALL.into_iter().flat_map(|from| moves(name, from)) {
            let (events, wake, lease, due) =
                (told(&made.change), woken(&made.change), leased(&made.change), due(&made));
            let effect = format!("{name} | {events} | {wake} | {lease} | {due}");
            lines.entry((index, effect)).or_default().insert((made.from, made.to));
        }
    }
    let mut table = "| transition | events (+: more follow) | wake | lease | due | moves |\n".to_owned();
    table += "| --- | --- | --- | --- | --- | --- |\n";
    for ((_, effect), moves) in lines {
        let moves: Vec<String> = moves.iter().map(|(from, to)| format!("{from}→{to}")).collect();
        table += &format!("| {effect} | {} |\n", moves.join(" "));
    }
    insta::assert_snapshot!(table);
}
