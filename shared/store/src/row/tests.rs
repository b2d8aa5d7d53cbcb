use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chat::{
    call::{Answerer, OpenCall},
    diff::{DiffStatus, NotedDiff, PullState},
    failure::{Failure, Kind, Retry},
    id::{CallId, ModelId, OrgId, QueuedId, WorkspaceId},
    message::Usage,
    model::Effort,
    record::{Activity, Mode, Progress, QueueEntry, Working},
    span::{Span, Spans},
};
use proptest::{collection::vec, option, prelude::*};
use uuid::Uuid;

use super::*;
use crate::key;

/// Returns the row that a change leaves where there was none.
fn stored(change: &Change) -> Item {
    let mut item = update(change).unwrap().as_item();
    item.extend(codec::key("chat", key::partition(change.chat.id), key::CHAT));
    item
}

fn creating(chat: Chat) -> Change {
    let lease = chat.lease.map_or(LeaseChange::Release, LeaseChange::Take);
    Change {
        expected: 0,
        made_of: Vec::new(),
        progress: chat.progress.map_or(ProgressChange::Clear, ProgressChange::Set),
        chat,
        lease,
        messages: Vec::new(),
        queue_put: Vec::new(),
        queue_dropped: Vec::new(),
        calls_put: Vec::new(),
        calls_dropped: Vec::new(),
        spec: None,
        share: None,
        spent: Vec::new(),
        events: Vec::new(),
        wake: None,
        cancelled: Vec::new(),
    }
}

/// What DynamoDB counts: the bytes of names and values; a number takes half a byte per digit, and one.
fn size_bytes(item: &Item) -> usize {
    let of = |value: &AttributeValue| match (value.as_s(), value.as_n(), value.as_b()) {
        (Ok(text), ..) => text.len(),
        (_, Ok(digits), _) => digits.len().div_ceil(2) + 1,
        (.., Ok(bytes)) => bytes.as_ref().len(),
        _ => panic!("an attribute of another type: {value:?}"),
    };
    item.iter().map(|(name, value)| name.len() + of(value)).sum()
}

fn uuid(seed: u64) -> Uuid {
    // Looks random, as real ids do; sizes depend on it.
    let half = |n: u64| u128::from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31) ^ n);
    Uuid::from_u128(half(seed) << 64 | half(seed.wrapping_add(7)))
}

fn progress(now: Timestamp) -> Progress {
    let step = Working { since: now.plus_ms(3_600_000), activity: Activity::Answering };
    Progress { began_at: now, cost_micros: 12_345, step: Some(step) }
}

fn busy() -> Chat {
    let now = Timestamp(1_767_225_600_123);
    Chat {
        org_id: OrgId(uuid(1)),
        owner_id: UserId(uuid(2)),
        model_id: ModelId(uuid(3)),
        commit_id: uuid(4),
        title: "Why does the build fail on the second machine only?".into(),
        status: Status::Running,
        reasoning_effort: Some(Effort::High),
        versions: Versions { snapshot: 48, history: 46, queue: 31, retry: 20, generation_attempt: 1 },
        lease: Some(Lease::from(WorkerId(uuid(5)), now)),
        progress: Some(progress(now)),
        spans: Spans(vec![Span { chat: None, first: MessageId(1), last: MessageId(23), since: 1 }]),
        next_message_id: MessageId(24),
        steps: 9,
        useless_answers: 2,
        due_at: Some(now.plus_ms(15_000)),
        usage: Usage {
            input_tokens: 18_274,
            output_tokens: 9_133,
            cache_read_tokens: 310_294,
            cache_write_tokens: 40_118,
            reasoning_tokens: 4_096,
            cost_micros: Some(412_883),
        },
        context_tokens: 41_883,
        context_limit: 200_000,
        last_answer_id: Some(MessageId(22)),
        read_through: MessageId(22),
        created_at: now,
        updated_at: now,
        ..kit::seed::chat(ChatId(uuid(6)))
    }
}

#[test]
fn a_common_chat_takes_one_write_unit() {
    let size = size_bytes(&stored(&creating(busy())));
    assert!(size <= 1_024, "{size} bytes");
}

#[test]
fn a_full_chat_takes_two_write_units() {
    let labels = ["team", "project", "stage"].map(|key| (key.to_owned(), format!("the {key} of this chat")));
    let call = |n: u64| OpenCall {
        id: CallId(format!("toolu_{}", uuid(n).simple())),
        tool_name: "read_the_file".into(),
        answerer: Answerer::Client,
        deadline_at: Some(Timestamp(1_767_225_900_000)),
        ends_turn: false,
        answered: n.is_multiple_of(2),
    };
    let span =
        |n: u64| Span { chat: None, first: MessageId(n * 10), last: MessageId(n * 10 + 8), since: n * 20 };
    let failure = Failure {
        message: Kind::Config.sentence("Anthropic"),
        detail: Some("prompt is too long: 208310 tokens > 200000 maximum ".repeat(5)),
        kind: Kind::Config,
        provider: Some("anthropic".into()),
        status_code: Some(400),
        retryable: false,
    };
    let chat = Chat {
        labels: BTreeMap::from(labels),
        calls: (0..8).map(call).collect(),
        spans: Spans((1..12).map(span).collect()),
        queue: (1..=20).map(|id| QueueEntry { id: QueuedId(id), steers: id.is_multiple_of(2) }).collect(),
        last_error: Some(failure),
        parent_chat_id: Some(ChatId(uuid(8))),
        root_chat_id: Some(ChatId(uuid(9))),
        diff: Some(Box::new(NotedDiff { edition: 4, status: merged() })),
        workspace_id: Some(WorkspaceId(uuid(10))),
        ..busy()
    };
    let size = size_bytes(&stored(&creating(chat)));
    assert!(size <= 2_048, "{size} bytes");
}

#[test]
fn lists_have_pinned_chats_first_and_then_the_newest() {
    let chat = |pin_order, updated_at| Chat { pin_order, updated_at: Timestamp(updated_at), ..busy() };
    let sorted = [chat(1, 5), chat(2, 9), chat(2, 8), chat(10, 9), chat(0, 1_800_000_000_000), chat(0, 7)];
    assert!(sorted.iter().map(activity).is_sorted(), "{:?}", sorted.map(|chat| activity(&chat)));
}

#[test]
fn a_change_does_not_touch_what_others_write() {
    let (lease, progress) = (LeaseChange::Keep, ProgressChange::Keep);
    let change = Change { expected: 47, lease, progress, ..creating(busy()) };
    let expression = update(&change).unwrap().expression();
    for name in [LEASE_OWNER, LEASE_UNTIL, PROGRESS, FORKED] {
        assert!(!expression.contains(&format!("#{name}")), "{expression}");
    }
}

#[test]
fn a_tombstone_is_no_chat() {
    let mut item = codec::item("chat", "c", key::CHAT);
    item.insert(GONE.into(), text("1"));
    assert_eq!(read(&item).unwrap(), None);
    item.insert(VERSION.into(), number(2));
    let error = read(&item).unwrap_err().to_string();
    assert!(error.contains("unknown shape 2"), "{error}");
}

prop_compose! {
    fn what_it_is()(
        ids in any::<[u64; 4]>(),
        title in ".{0,40}",
        labels in proptest::collection::btree_map("[a-z]{1,5}", ".{0,9}", 0..3),
        mode in prop_oneof![Just(Mode::Default), Just(Mode::Explore), Just(Mode::ComputerUse)],
        flags in any::<[bool; 5]>(),
        summary in option::of(".{0,20}"),
        family in option::of((any::<u64>(), any::<u64>())),
        workspace in option::of(any::<u64>()),
        pin_order in 0..20_u32,
        effort in option::of(prop_oneof![Just(Effort::None), Just(Effort::Max)]),
    ) -> Chat {
        Chat {
            id: ChatId(uuid(ids[0])),
            org_id: OrgId(uuid(ids[1])),
            owner_id: UserId(uuid(ids[2])),
            model_id: ModelId(uuid(ids[3])),
            title,
            derived_title: flags[3],
            summary,
            labels,
            mode,
            archived: flags[0],
            plan_mode: flags[1],
            compaction_requested: flags[2],
            turn_ends: flags[4],
            parent_chat_id: family.map(|(parent, _)| ChatId(uuid(parent))),
            root_chat_id: family.map(|(_, root)| ChatId(uuid(root))),
            workspace_id: workspace.map(|id| WorkspaceId(uuid(id))),
            diff: workspace.map(|edition| {
                let tree = DiffStatus { additions: edition, ..DiffStatus::default() };
                Box::new(NotedDiff { edition, status: if flags[0] { merged() } else { tree } })
            }),
            pin_order,
            reasoning_effort: effort,
            ..busy()
        }
    }
}

prop_compose! {
    fn how_it_stands()(
        status in prop_oneof![
            Just(Status::Waiting), Just(Status::Running), Just(Status::Interrupting),
            Just(Status::RequiresAction), Just(Status::Error),
        ],
        versions in any::<([u64; 4], u32)>(),
        lease in option::of((any::<u64>(), any::<u64>())),
        spans in vec((option::of(any::<u64>()), any::<[u64; 3]>()), 0..4),
        counters in any::<[u64; 5]>(),
        queue in vec((any::<u64>(), any::<bool>()), 0..3),
        calls in vec(("[a-zA-Z0-9_-]{1,20}", option::of(0..4_000_000_000_000_u64), any::<bool>()), 0..3),
        times in any::<([u64; 2], Option<u64>)>(),
        usage in any::<([u64; 5], Option<u64>)>(),
        answer in option::of(any::<u64>()),
        retry in option::of((any::<u32>(), 0..4_000_000_000_000_u64)),
        [steps, useless_answers] in any::<[u32; 2]>(),
    ) -> Chat {
        let ([snapshot, history, queue_version, retry_version], generation_attempt) = versions;
        let ([input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens], cost_micros) = usage;
        let span = |(chat, [first, last, since]): (Option<u64>, [u64; 3])| Span {
            chat: chat.map(|id| ChatId(uuid(id))), first: MessageId(first), last: MessageId(last), since,
        };
        Chat {
            status,
            versions: Versions { snapshot, history, queue: queue_version, retry: retry_version, generation_attempt },
            lease: lease.map(|(worker, until)| Lease { worker: WorkerId(uuid(worker)), until: Timestamp(until) }),
            progress: lease.map(|(_, until)| progress(Timestamp(until))),
            spans: Spans(spans.into_iter().map(span).collect()),
            next_message_id: MessageId(counters[0]),
            boundary: MessageId(counters[1]),
            earlier_boundaries: counters.into_iter().filter(|id| id % 3 == 0).map(MessageId).collect(),
            next_queued_id: QueuedId(counters[2]),
            context_tokens: counters[3],
            read_through: MessageId(counters[4]),
            queue: queue.into_iter().map(|(id, steers)| QueueEntry { id: QueuedId(id), steers }).collect(),
            calls: calls.into_iter().map(|(id, deadline, answered)| OpenCall {
                id: CallId(id), tool_name: "look".into(), answerer: Answerer::Workspace,
                deadline_at: deadline.map(Timestamp), ends_turn: answered, answered,
            }).collect(),
            created_at: Timestamp(times.0[0]),
            updated_at: Timestamp(times.0[1]),
            due_at: times.1.map(Timestamp),
            usage: Usage { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_micros },
            last_answer_id: answer.map(MessageId),
            retry: retry.map(|(attempt, at)| Retry {
                attempt, delay_ms: 1, error: "it is busy".into(), kind: Kind::Overloaded, provider: None,
                status_code: Some(529), retrying_at: Timestamp(at),
            }),
            steps,
            useless_answers,
            ..busy()
        }
    }
}

proptest! {
    #[test]
    fn a_chat_reads_back_as_it_was_written(chat in prop_oneof![what_it_is(), how_it_stands()]) {
        let item = stored(&creating(chat.clone()));
        prop_assert_eq!(read(&item).unwrap(), Some(chat.clone()));
        let Head { versions, status, lease } = head(&item).unwrap().unwrap();
        prop_assert_eq!((versions, status, lease), (chat.versions, chat.status, chat.lease));
    }
}

#[test]
fn a_shard_of_what_is_due_does_not_fill_one_wake_queue() {
    let places = (0..256_u128).map(|id| (due_shard(ChatId(uuid::Uuid::from_u128(id))), id % 4));
    assert_eq!(places.collect::<std::collections::BTreeSet<_>>().len(), 16);
}

fn merged() -> DiffStatus {
    DiffStatus {
        url: Some("https://github.com/o/n/pull/7".into()),
        pull_request_state: Some(PullState::Merged),
        pull_request_title: "Mend the fence".into(),
        pull_request_draft: true,
        pr_number: Some(7),
        changes_requested: true,
        approved: true,
        reviewer_count: 2,
        additions: 3,
        deletions: 4,
        changed_files: 5,
        commits: Some(6),
        author_login: Some("ann".into()),
        base_branch: Some("main".into()),
        head_branch: Some("work".into()),
        refreshed_at: Timestamp(9),
    }
}
