use chat::{
    id::{CallId, ChatId, MessageId},
    tool::IfLost,
};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::limit;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn token(number: u64) -> CallToken {
    CallToken { chat_id: ChatId(Uuid::nil()), message_id: MessageId(number), call_id: CallId("c".into()) }
}

fn call(number: u64) -> AgentCall {
    AgentCall {
        token: token(number),
        tool_name: "execute".into(),
        args: json!({ "command": "true" }),
        args_omitted: false,
        deadline_at: NOW,
        if_lost: IfLost::Ask,
    }
}

fn answer(number: u64) -> AgentAnswer {
    AgentAnswer { token: token(number), result: json!({ "n": number }), is_error: false, outcome: None }
}

async fn fill(path: &Path) {
    let journal = Journal::open(path, NOW).unwrap();
    for number in 0..4 {
        journal.start(call(number), NOW).await.unwrap();
    }
    for number in 1..4 {
        journal.answer(answer(number), NOW).await.unwrap();
    }
    journal.forget(&[token(2)], NOW).await.unwrap();
}

fn standing(journal: &Journal) -> Vec<Seen> {
    (0..5).map(|number| journal.seen(&token(number))).collect()
}

#[tokio::test]
async fn a_journal_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    fill(&path).await;
    let journal = Journal::open(&path, NOW).unwrap();
    let answered = |number| Seen::Answered(Box::new(answer(number)));
    assert_eq!(standing(&journal), [Seen::Started, answered(1), Seen::Gone, answered(3), Seen::Never]);
    assert_eq!(journal.unanswered(), [call(0)]);
    assert_eq!(journal.unacknowledged(), [answer(1), answer(3)]);
}

/// A crash leaves a prefix of the file. Whatever its length, it says what its whole lines say, and goes on.
#[tokio::test]
async fn a_journal_that_ends_at_any_byte_is_read_to_its_last_whole_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    fill(&path).await;
    let text = std::fs::read(&path).unwrap();
    let mut whole = Book::default();
    for length in 0..=text.len() {
        let prefix = &text[..length];
        // A line is whole with its last byte; the newline only parts it from the next.
        let line = prefix.rsplit(|byte| *byte == b'\n').next().unwrap();
        let is_last = text.get(length).is_none_or(|next| *next == b'\n');
        if let Some(record) = Record::read(line) {
            assert!(is_last, "half a line was read at {length}");
            whole.apply(record);
        }
        let expected: Vec<_> = whole.records().cloned().collect();
        assert_eq!(Book::read(prefix).records().cloned().collect::<Vec<_>>(), expected, "cut at {length}");
        if is_last || line.is_empty() {
            std::fs::write(&path, prefix).unwrap();
            let journal = Journal::open(&path, NOW).unwrap();
            assert_eq!(lock(&journal.book).records().cloned().collect::<Vec<_>>(), expected);
        }
    }
    assert_eq!(whole.records().count(), 4);
    std::fs::write(&path, &text[..text.len() - 10]).unwrap();
    let journal = Journal::open(&path, NOW).unwrap();
    journal.forget(&[token(3)], NOW).await.unwrap();
    drop(journal);
    let journal = Journal::open(&path, NOW).unwrap();
    assert_eq!(journal.seen(&token(2)), Seen::Answered(Box::new(answer(2))));
    assert_eq!(journal.seen(&token(3)), Seen::Gone);
}

#[tokio::test]
async fn a_broken_line_in_the_middle_takes_nothing_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    fill(&path).await;
    let mut text = std::fs::read(&path).unwrap();
    text[20] ^= 1;
    std::fs::write(&path, &text).unwrap();
    let journal = Journal::open(&path, NOW).unwrap();
    assert_eq!(journal.seen(&token(0)), Seen::Never);
    assert_eq!(journal.seen(&token(1)), Seen::Answered(Box::new(answer(1))));
}

#[tokio::test]
async fn what_was_settled_a_day_ago_is_dropped_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    fill(&path).await;
    let journal = Journal::open(&path, NOW.plus_ms(limit::KEPT_MS)).unwrap();
    let answered = |number| Seen::Answered(Box::new(answer(number)));
    assert_eq!(standing(&journal), [Seen::Started, answered(1), Seen::Never, answered(3), Seen::Never]);
}

#[test]
fn what_is_settled_makes_room_for_what_is_not() {
    let mut book = Book::default();
    book.apply(Record::Started { call: call(0), at: Timestamp(0) });
    book.apply(Record::Answered { answer: answer(1), at: Timestamp(0) });
    for number in 2..=limit::JOURNAL_CALLS as u64 + 1 {
        book.apply(Record::Gone { token: token(number), at: NOW.plus_ms(number) });
    }
    book.expire(NOW);
    assert_eq!(book.len(), limit::JOURNAL_CALLS);
    let is_kept = |number| book.get(&token(number)).is_some();
    assert_eq!([0, 1, 2, 3, 4].map(is_kept), [true, true, false, false, true]);
}

#[tokio::test]
async fn a_call_never_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal"), NOW).unwrap();
    journal.forget(&[token(1)], NOW).await.unwrap();
    journal.start(call(1), NOW).await.unwrap();
    assert_eq!(journal.seen(&token(1)), Seen::Gone);
}

#[tokio::test]
async fn a_long_journal_is_shortened_to_what_still_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let journal = Journal::open(&path, NOW).unwrap();
    let big = json!("x".repeat(200 * 1024));
    for number in 0..60 {
        let answer = AgentAnswer { result: big.clone(), ..answer(number) };
        journal.answer(answer, NOW).await.unwrap();
        journal.forget(&[token(number)], NOW).await.unwrap();
    }
    assert!(std::fs::metadata(&path).unwrap().len() < limit::JOURNAL_BYTES);
    assert_eq!(journal.seen(&token(59)), Seen::Gone);
}
