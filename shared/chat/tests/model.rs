//! A model checker walks two steps and two clients through lost, doubled and late wakes and a crash between
//! any two effects.
#![expect(clippy::print_stdout, reason = "a checker that finds something says how it got there")]

mod support {
    pub(crate) mod build;
    pub(crate) mod invariants;
    pub(crate) mod stage;
    pub(crate) mod world;
}

use stateright::{Checker, Model, Property};
use support::stage::{Budget, Deed, Outcome, Scene, Sends, Stage};

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Deliver { wake: usize, slot: usize },
    Lose { wake: usize },
    Double { wake: usize },
    Work { slot: usize, outcome: Outcome },
    CrashStep { slot: usize },
    Do { client: usize, deed: usize },
    ClientSends { client: usize },
    CrashClient { client: usize },
    Tick,
}

struct Play {
    deeds: [&'static [Deed]; 2],
    budget: Budget,
}

impl Model for Play {
    type State = Scene;
    type Action = Act;

    fn init_states(&self) -> Vec<Scene> {
        vec![Scene::new(self.deeds, self.budget)]
    }

    fn actions(&self, scene: &Scene, acts: &mut Vec<Act>) {
        wakes(scene, acts);
        (0..2).for_each(|slot| steps(scene, slot, acts));
        (0..2).for_each(|client| clients(scene, client, acts));
        if scene.budget.ticks > 0 && (!scene.rests() || !scene.wakes.is_empty()) {
            acts.push(Act::Tick);
        }
    }

    fn next_state(&self, last: &Scene, act: Act) -> Option<Scene> {
        let mut scene = last.clone();
        spend(&mut scene.budget, act);
        match act {
            Act::Deliver { wake, slot } => scene.deliver(wake, slot),
            Act::Lose { wake } => drop(scene.wakes.remove(wake).to_string()),
            Act::Double { wake } => scene.wakes.insert(wake, scene.wakes[wake]),
            Act::Work { slot, outcome } => scene.work(slot, outcome),
            Act::CrashStep { slot } => scene.crash(slot),
            Act::Do { client, deed } => scene.do_deed(client, deed),
            Act::ClientSends { client } => scene.client_sends(client),
            Act::CrashClient { client } => scene.clients[client].owes = None,
            Act::Tick => scene.tick(),
        }
        Some(scene)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("nothing is lost, answered twice or left open", |_: &Self, scene: &Scene| {
                scene.broken().is_none()
            }),
            Property::always("it comes to rest", |_: &Self, scene: &Scene| scene.comes_to_rest()),
            Property::always("it comes to rest when all die", |_: &Self, scene: &Scene| {
                scene.deserted().comes_to_rest()
            }),
            Property::sometimes("all is done", |_: &Self, scene: &Scene| {
                scene.rests() && scene.clients.iter().all(|client| client.deeds.is_empty())
            }),
        ]
    }
}

fn wakes(scene: &Scene, acts: &mut Vec<Act>) {
    let free = scene.steps.iter().position(Option::is_none);
    for (wake, at) in scene.wakes.iter().enumerate() {
        let due = *at <= scene.now;
        acts.extend(free.filter(|_| due).map(|slot| Act::Deliver { wake, slot }));
        acts.extend((scene.budget.losses > 0).then_some(Act::Lose { wake }));
        acts.extend((scene.budget.doubles > 0).then_some(Act::Double { wake }));
    }
}

fn steps(scene: &Scene, slot: usize, acts: &mut Vec<Act>) {
    let Some((_, stage)) = scene.steps[slot] else { return };
    acts.push(Act::Work { slot, outcome: Outcome::Text });
    if matches!(stage, Stage::Working(_)) {
        let more = |some: bool, outcome| some.then_some(Act::Work { slot, outcome });
        acts.extend(more(scene.budget.calls > 0, Outcome::Call));
        acts.extend(more(scene.budget.summaries > 0, Outcome::Summary));
        acts.extend(more(scene.budget.failures > 0, Outcome::Retryable));
        acts.extend(more(scene.budget.failures > 0, Outcome::Fatal));
    }
    acts.extend((scene.budget.crashes > 0).then_some(Act::CrashStep { slot }));
}

fn clients(scene: &Scene, client: usize, acts: &mut Vec<Act>) {
    if scene.clients[client].owes.is_some() {
        acts.push(Act::ClientSends { client });
        acts.extend((scene.budget.crashes > 0).then_some(Act::CrashClient { client }));
        return;
    }
    acts.extend((0..scene.clients[client].deeds.len()).map(|deed| Act::Do { client, deed }));
}

const fn spend(budget: &mut Budget, act: Act) {
    match act {
        Act::Lose { .. } => budget.losses -= 1,
        Act::Double { .. } => budget.doubles -= 1,
        Act::CrashStep { .. } | Act::CrashClient { .. } => budget.crashes -= 1,
        Act::Tick => budget.ticks -= 1,
        Act::Work { outcome: Outcome::Call, .. } => budget.calls -= 1,
        Act::Work { outcome: Outcome::Summary, .. } => budget.summaries -= 1,
        Act::Work { outcome: Outcome::Retryable | Outcome::Fatal, .. } => budget.failures -= 1,
        Act::Work { outcome: Outcome::Text, .. }
        | Act::Deliver { .. }
        | Act::Do { .. }
        | Act::ClientSends { .. } => {}
    }
}

/// Breadth first, so that all short stories are told; the number bounds the time, not the rules.
const GENERATED: usize = 150_000;

const BUDGET: Budget =
    Budget { crashes: 1, losses: 1, doubles: 1, calls: 0, summaries: 0, failures: 0, ticks: 2 };

fn check(deeds: [&'static [Deed]; 2], budget: Budget) {
    let checker = Play { deeds, budget }.checker().target_state_count(GENERATED).spawn_bfs().join();
    for (property, path) in checker.discoveries() {
        if property != "all is done" {
            let last = path.last_state();
            println!("{property}: {:?}\n{:#?}", last.broken(), path.into_actions());
        }
    }
    println!("{} states", checker.unique_state_count());
    checker.assert_properties();
    assert!(checker.unique_state_count() > 4_000, "the model walks hardly anywhere");
}

#[test]
fn sends_and_interrupts_meet_working_and_dying_steps() {
    check(
        [&[Deed::Send(Sends::Queue, "one"), Deed::Interrupt], &[Deed::Send(Sends::Interrupt, "two")]],
        BUDGET,
    );
}

#[test]
fn edits_and_two_answers_meet_parked_calls() {
    check([&[Deed::Answer, Deed::Edit("instead")], &[Deed::Answer]], Budget { calls: 1, ..BUDGET });
}

#[test]
fn steering_and_interrupts_meet_retries_and_failures() {
    check([&[Deed::Send(Sends::Steer, "one")], &[Deed::Interrupt]], Budget { failures: 1, ..BUDGET });
}

#[test]
fn summaries_meet_sends_edits_and_dying_steps() {
    check(
        [&[Deed::Compact, Deed::Edit("instead")], &[Deed::Send(Sends::Queue, "one")]],
        Budget { summaries: 1, ..BUDGET },
    );
}

#[test]
fn requested_summaries_meet_interrupts_and_steering() {
    check(
        [&[Deed::Compact, Deed::Interrupt], &[Deed::Send(Sends::Steer, "one")]],
        Budget { summaries: 1, ..BUDGET },
    );
}
