//! Chats in every state, and what may be tried on them.

use chat::{
    call::{Answerer, OpenCall},
    diff::DiffStatus,
    id::QueuedId,
    limit::LEASE_MS,
    message::NewMessage,
    record::{Lease, QueueEntry, Status},
    state::State,
    time::Timestamp,
    transition::{Attempt, CommitCompaction, CommitStep, Describe, Name, Next, Transition, WhenBusy},
};

use super::{
    build::{
        NOW, answers, compaction, create, failure, open, pending, result, retry, says, text, waits, worker,
    },
    world::World,
};

/// When the first of the pending calls expires.
pub(crate) const SOON_MS: u64 = 5 * 60_000;
/// When the last of them does.
pub(crate) const LATE_MS: u64 = 10 * 60_000;

/// The times that tell cases apart: lease alive, lease dead, one call expired, all expired.
pub(crate) const TIMES: [Timestamp; 4] =
    [NOW.plus_ms(1), NOW.plus_ms(LEASE_MS + 1), NOW.plus_ms(SOON_MS), NOW.plus_ms(LATE_MS)];

fn played(moves: impl IntoIterator<Item = Transition>) -> World {
    let mut world = World::default();
    for transition in moves {
        and(&mut world, transition);
    }
    world
}

fn and(world: &mut World, transition: Transition) {
    world.apply(transition, NOW).expect("a chat is led to its state by moves that are allowed");
}

fn attempt(world: &mut World) {
    let history_version = world.fence(worker(1), NOW).history_version;
    and(world, Transition::RecordAttempt { lease: Lease::from(worker(1), NOW), history_version });
}

fn commit(world: &mut World, opened: &[OpenCall], next: Next) {
    let fence = world.fence(worker(1), NOW);
    let messages = vec![answers("answer", opened)];
    let opened = opened.to_vec();
    let step = CommitStep { fence, messages, opened, used: None, context_limit: None, next };
    and(world, Transition::CommitStep(step));
}

/// Every open call is parked, the first until soon, the others until late.
fn park_of(world: &World, now: Timestamp) -> Transition {
    let chat = world.chat.as_ref();
    let calls = chat.map(|chat| chat.calls.clone()).unwrap_or_default();
    let message_id = chat.and_then(|chat| chat.last_answer_id).unwrap_or(chat::id::MessageId(1));
    let deadline = |index: usize| NOW.plus_ms(if index == 0 { SOON_MS } else { LATE_MS });
    let calls = calls.iter().enumerate().map(|(i, open)| pending(open, message_id, deadline(i))).collect();
    Transition::Park { fence: world.fence(worker(1), now), calls }
}

fn running(opened: &[OpenCall]) -> World {
    let mut world = played([create(Some("hello"), NOW)]);
    attempt(&mut world);
    if !opened.is_empty() {
        commit(&mut world, opened, Next::Same);
    }
    world
}

fn parked(opened: &[OpenCall]) -> World {
    let mut world = running(opened);
    let park = park_of(&world, NOW);
    and(&mut world, park);
    world
}

fn with(mut world: World, queue: &[WhenBusy]) -> World {
    for &when_busy in queue {
        and(&mut world, Transition::Send { message: waits("later", NOW), when_busy });
    }
    world
}

fn failed(queue: &[WhenBusy]) -> Vec<World> {
    let mut later = at_rest();
    and(&mut later, Transition::Send { message: waits("and then", NOW), when_busy: WhenBusy::Queue });
    attempt(&mut later);
    [running(&[]), later].map(|world| fails(with(world, queue))).to_vec()
}

fn fails(mut world: World) -> World {
    let fence = world.fence(worker(1), NOW);
    and(&mut world, Transition::FinishError { fence, failure: failure() });
    world
}

fn archived(mut world: World) -> World {
    and(&mut world, Transition::SetArchived { archived: true });
    world
}

fn interrupted(queue: &[WhenBusy]) -> World {
    let mut world = with(running(&[]), queue);
    and(&mut world, Transition::Interrupt);
    world
}

fn at_rest() -> World {
    let mut world = running(&[]);
    commit(&mut world, &[], Next::Same);
    let fence = world.fence(worker(1), NOW);
    and(&mut world, Transition::FinishTurn { fence });
    world
}

/// States that no move leads to, made by hand.
fn impossible() -> Vec<World> {
    let broken = |mut world: World, status: Status| {
        world.chat.as_mut().expect("there is a chat").status = status;
        world
    };
    let mut archived_and_running = archived(at_rest());
    archived_and_running.chat.as_mut().expect("there is a chat").status = Status::Running;
    let mut queue_at_rest = at_rest();
    let entry = QueueEntry { id: QueuedId(1), steers: false };
    queue_at_rest.chat.as_mut().expect("there is a chat").queue.push(entry);
    queue_at_rest.queue.insert(entry.id, chat::message::QueuedMessage { id: entry.id, ..waits("lost", NOW) });
    vec![
        archived_and_running,
        queue_at_rest,
        broken(at_rest(), Status::RequiresAction),
        broken(parked(&[client("a")]), Status::Running),
        broken(parked(&[client("a")]), Status::Waiting),
    ]
}

fn client(id: &str) -> OpenCall {
    open(id, Answerer::Client)
}

/// Chats in `state`, by every way to be in it that may make a difference.
pub(crate) fn worlds(state: State) -> Vec<World> {
    use WhenBusy::{Queue, Steer};
    let queues: [&[WhenBusy]; 3] = [&[Queue], &[Queue, Queue], &[Steer]];
    let each =
        |make: &dyn Fn(&[WhenBusy]) -> Vec<World>| queues.iter().flat_map(|queue| make(queue)).collect();
    match state {
        State::N => vec![World::default()],
        State::W => vec![played([create(None, NOW)]), at_rest()],
        State::E0 => failed(&[]),
        State::E1 => each(&failed),
        State::R0 => works(&[]),
        State::R1 => each(&works),
        State::P0 => parks(&[]),
        State::P1 => each(&parks),
        State::A0 => asks(&[]),
        State::A1 => each(&asks),
        State::I0 => vec![interrupted(&[])],
        State::I1 => each(&|queue| vec![interrupted(queue)]),
        State::XW => vec![archived(at_rest())],
        State::XE0 => failed(&[]).into_iter().map(archived).collect(),
        State::XE1 => each(&|queue| failed(queue).into_iter().map(archived).collect()),
        State::Invalid => impossible(),
    }
}

fn works(queue: &[WhenBusy]) -> Vec<World> {
    let woken = played([create(Some("hello"), NOW)]);
    let begun = running(&[]);
    let tools = running(&[open("a", Answerer::Step), open("b", Answerer::Step)]);
    let others = running(&[open("a", Answerer::Workspace), open("b", Answerer::Chat)]);
    let clients = running(&[client("a"), open("b", Answerer::Workspace)]);
    [woken, begun, tools, others, clients].into_iter().map(|world| with(world, queue)).collect()
}

fn parks(queue: &[WhenBusy]) -> Vec<World> {
    let one = parked(&[open("a", Answerer::Workspace)]);
    let two = parked(&[open("a", Answerer::Chat), open("b", Answerer::Workspace)]);
    [one, two].into_iter().map(|world| with(world, queue)).collect()
}

fn asks(queue: &[WhenBusy]) -> Vec<World> {
    let all = parked(&[client("a"), client("b")]);
    let mixed = parked(&[client("a"), open("b", Answerer::Workspace)]);
    let people = parked(&[open("a", Answerer::Person), open("b", Answerer::Person)]);
    [all, mixed, people].into_iter().map(|world| with(world, queue)).collect()
}

/// What `name` may look like when it is tried on `world`.
pub(crate) fn tries(name: Name, world: &World, now: Timestamp) -> Vec<Transition> {
    let fence = world.fence(worker(1), now);
    let message = || waits("more", now);
    let send = |when_busy| vec![Transition::Send { message: message(), when_busy }];
    let last = world.chat.as_ref().and_then(|chat| chat.queue.last()).map_or(QueuedId(1), |entry| entry.id);
    match name {
        Name::Create => vec![create(None, now), create(Some("hello"), now)],
        Name::SendQueue => send(WhenBusy::Queue),
        Name::SendInterrupt => send(WhenBusy::Interrupt),
        Name::SendSteer => send(WhenBusy::Steer),
        Name::SendReject => send(WhenBusy::Reject),
        Name::Edit => vec![Transition::Edit { message_id: chat::id::MessageId(1), message: says("instead") }],
        Name::EditQueued => vec![Transition::EditQueued { id: last, content: vec![text("instead")] }],
        Name::DeleteQueued => vec![Transition::DeleteQueued { id: last }],
        Name::ClearQueue => vec![Transition::ClearQueue],
        Name::Promote => vec![Transition::Promote { id: last }],
        Name::Interrupt => vec![Transition::Interrupt],
        Name::Answer => answered(world),
        Name::Expire => vec![Transition::Expire],
        Name::RequestCompaction => vec![Transition::RequestCompaction],
        Name::Clear => vec![Transition::Clear],
        Name::SetArchived => [true, false].map(|archived| Transition::SetArchived { archived }).to_vec(),
        Name::Delete => vec![Transition::Delete],
        Name::Describe => {
            vec![Transition::Describe(Describe { title: Some("new".into()), ..Describe::default() })]
        }
        Name::NoteDiff => vec![Transition::NoteDiff { edition: 1, status: Some(DiffStatus::default()) }],
        Name::RecordAttempt => {
            let (lease, history_version) = (Lease::from(worker(1), now), fence.history_version);
            vec![Transition::RecordAttempt { lease, history_version }]
        }
        Name::RecordRetry => {
            vec![Transition::RecordRetry { fence, retry: retry(1, 4_000, now), after: Attempt::Failed }]
        }
        Name::CommitStep => steps(world, now),
        Name::CommitCompaction => compacts(world, now),
        Name::Park => parks_of(world, now),
        Name::FinishTurn => vec![Transition::FinishTurn { fence }],
        Name::FinishInterruption => stops(world, now),
        Name::FinishError => vec![Transition::FinishError { fence, failure: failure() }],
        Name::Reconcile => vec![Transition::Reconcile],
    }
}

/// All answers of each answerer, and where they may come one by one, the first alone.
fn answered(world: &World) -> Vec<Transition> {
    let calls = world.chat.as_ref().map(|chat| chat.calls.clone()).unwrap_or_default();
    let all = [Answerer::Client, Answerer::Person, Answerer::Workspace, Answerer::Chat];
    all.into_iter()
        .flat_map(|by| {
            let results: Vec<_> =
                calls.iter().filter(|call| call.answerer == by).map(|call| result(&call.id)).collect();
            let first = results.first().cloned().into_iter().collect();
            [Transition::Answer { by, results }, Transition::Answer { by, results: first }]
        })
        .collect()
}

/// Only what others answer is parked.
fn parks_of(world: &World, now: Timestamp) -> Vec<Transition> {
    let calls = world.chat.as_ref().map(|chat| chat.calls.as_slice()).unwrap_or_default();
    let others = !calls.is_empty() && calls.iter().all(|call| call.answerer != Answerer::Step);
    others.then(|| park_of(world, now)).into_iter().collect()
}

fn steps(world: &World, now: Timestamp) -> Vec<Transition> {
    let fence = world.fence(worker(1), now);
    let open_calls = world.chat.as_ref().map(|chat| chat.calls.clone()).unwrap_or_default();
    let results: Vec<_> = open_calls.iter().map(|call| NewMessage::result(result(&call.id))).collect();
    let messages = if results.is_empty() { vec![answers("answer", &[])] } else { results };
    [Next::Same, Next::Wake]
        .map(|next| {
            let messages = messages.clone();
            let step = CommitStep { fence, messages, opened: vec![], used: None, context_limit: None, next };
            Transition::CommitStep(step)
        })
        .to_vec()
}

fn compacts(world: &World, now: Timestamp) -> Vec<Transition> {
    let fence = world.fence(worker(1), now);
    let step = |pending| CommitCompaction { fence, compaction: compaction(1), pending, context_tokens: 10 };
    [vec![], vec![says("hello")]].map(|pending| Transition::CommitCompaction(step(pending))).to_vec()
}

fn stops(world: &World, now: Timestamp) -> Vec<Transition> {
    let fence = world.fence(worker(1), now);
    let opened = vec![open("p", Answerer::Step)];
    let partial = Some(answers("half", &opened));
    vec![
        Transition::FinishInterruption { fence, partial: None, opened: vec![] },
        Transition::FinishInterruption { fence, partial, opened },
    ]
}
