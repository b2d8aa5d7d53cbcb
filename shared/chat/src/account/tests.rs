use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Poll, Waker},
};

use proptest::prelude::*;

use super::*;
use crate::failure::Kind;

/// A clock that tests move.
#[derive(Clone, Default)]
struct Hand(Arc<AtomicU64>);

impl Hand {
    fn moves(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }

    fn account(&self) -> Account {
        let hand = self.clone();
        Account::open(move || Duration::from_millis(hand.0.load(Ordering::Relaxed)))
    }
}

/// Runs a future that never waits.
fn run<T>(account: &Account, future: impl Future<Output = T>) -> T {
    match pin!(keep(account.clone(), future)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

/// Gives way once.
async fn pause() {
    let mut paused = false;
    poll_fn(|_| if std::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

fn times(book: &Book) -> Vec<(&'static str, u128)> {
    book.phases.iter().map(|(phase, spent)| (phase.name(), spent.time.as_millis())).collect()
}

#[test]
fn time_and_units_go_to_the_phase_that_runs() {
    let hand = Hand::default();
    let account = hand.account();
    run(&account, async {
        hand.moves(1);
        enter(Phase::Load);
        hand.moves(10);
        spent(0.5, 0.0);
        enter(Phase::Commit);
        spent(0.0, 2.0);
        hand.moves(5);
        enter(Phase::Load);
        hand.moves(3);
    });
    hand.moves(4);
    let book = account.book();
    assert_eq!(times(&book), [("rest", 1), ("load", 17), ("commit", 5)]);
    assert_eq!((book.phases[&Phase::Load].times, book.units()), (2, (0.5, 2.0)));
}

#[test]
fn counts_add_up_and_notes_replace_each_other_but_for_actions() {
    let account = Hand::default().account();
    run(&account, async {
        for kind in [Kind::Timeout, Kind::Overloaded, Kind::Timeout] {
            count(Count::Retry(kind));
            note(Note::Outcome, format_args!("{kind:?}"));
            note(Note::Action, "retry");
        }
        gauge(Gauge::WakeAgeMs, 7);
        gauge(Gauge::WakeAgeMs, 3);
    });
    let book = account.book();
    assert_eq!(book.counted(Count::Retry(Kind::Timeout)), 2);
    assert_eq!(book.counted(Count::Retry(Kind::Overloaded)), 1);
    assert_eq!(book.notes[&Note::Outcome], "Timeout");
    assert_eq!(book.notes[&Note::Action], "retry retry retry");
    assert_eq!(book.gauges[&Gauge::WakeAgeMs], 7);
}

#[test]
fn the_first_of_several_marks_counts() {
    let hand = Hand::default();
    let account = hand.account();
    run(&account, async {
        mark(Mark::Asked);
        hand.moves(20);
        mark(Mark::FirstToken);
        hand.moves(20);
        mark(Mark::FirstToken);
    });
    let book = account.book();
    assert_eq!(book.between(Mark::Asked, Mark::FirstToken), Some(Duration::from_millis(20)));
    assert_eq!(book.between(Mark::Asked, Mark::Answered), None);
}

#[test]
fn futures_beside_each_other_do_not_mix() {
    let accounts = [Hand::default().account(), Hand::default().account()];
    let counting = |account: &Account| {
        keep(account.clone(), async {
            for _ in 0..3 {
                count(Count::Push);
                pause().await;
            }
        })
    };
    let (mut one, mut two) = (pin!(counting(&accounts[0])), pin!(counting(&accounts[1])));
    let mut context = Context::from_waker(Waker::noop());
    while one.as_mut().poll(&mut context).is_pending() {
        let _ = two.as_mut().poll(&mut context);
    }
    assert_eq!(accounts.map(|account| account.book().counted(Count::Push)), [3, 3]);
}

#[test]
fn an_account_within_another_gives_way_to_it_again() {
    let (outer, inner) = (Hand::default().account(), Hand::default().account());
    run(&outer, async {
        run(&inner, async { count(Count::Park) });
        count(Count::Turn);
    });
    assert_eq!((outer.book().counted(Count::Park), outer.book().counted(Count::Turn)), (0, 1));
    assert_eq!((inner.book().counted(Count::Park), inner.book().counted(Count::Turn)), (1, 0));
}

#[test]
fn a_panic_leaves_the_book_readable_and_the_thread_without_an_account() {
    let account = Hand::default().account();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        run(&account, async {
            count(Count::Turn);
            panic!("on purpose");
        });
    }));
    assert!(panicked.is_err());
    count(Count::Turn);
    assert_eq!(account.book().counted(Count::Turn), 1);
}

#[test]
fn what_never_ends_is_said_no_longer() {
    let account = Hand::default().account();
    run(&account, async {
        for _ in 0..1_000 {
            note(Note::Action, "nothing");
        }
    });
    assert!(account.book().notes[&Note::Action].len() < 300);
}

proptest! {
    #[test]
    fn the_phases_add_up_to_the_whole(walk in prop::collection::vec((0..Phase::ALL.len(), 0u64..5_000), 0..60)) {
        let hand = Hand::default();
        let account = hand.account();
        run(&account, async {
            for (phase, ms) in walk {
                enter(Phase::ALL[phase]);
                hand.moves(ms);
            }
        });
        let book = account.book();
        let sum: Duration = book.phases.values().map(|spent| spent.time).sum();
        prop_assert_eq!(sum, book.whole);
        prop_assert_eq!(book.whole, Duration::from_millis(hand.0.load(Ordering::Relaxed)));
    }
}

#[test]
fn everything_has_its_price() {
    let account = Account::open(|| Duration::from_millis(8_000));
    run(&account, async {
        spent(4.0, 8.0);
        count(Count::Step);
        count(Count::QueueRequest);
        count(Count::Push);
        assert!((price::estimate(&so_far(), 128) - price::estimate(&account.book(), 128)).abs() < 1e-9);
    });
    // 0.2 + a gigabyte second + 0.5 + 5 + three requests + a push
    let expected = 0.2 + 13.333_4 + 0.5 + 5.0 + 1.2 + 1.0;
    assert!((price::estimate(&account.book(), 128) - expected).abs() < 1e-9);
    assert_eq!(so_far(), Book::default(), "outside, there is no account");
}
