//! How fast, and how long. Time is paused: it moves on only when everybody waits.

use std::time::Duration;

use chat::{limit::LEASE_MS, port::Clock as _};
use kit::clock::ManualClock;
use migrate::{Event, State};
use tokio::time::{Instant, sleep};

use super::world::{World, small_pages};

/// One unit a second.
fn slow() -> Event {
    Event { units_per_second: 1, ..small_pages() }
}

#[tokio::test(start_paused = true)]
async fn a_run_uses_no_more_units_a_second_than_it_may() {
    for units_per_second in [1, 5] {
        let world = World::at(ManualClock::following_tokio());
        let started = Instant::now();
        let answer = world.run(&Event { units_per_second, ..small_pages() }).await;
        assert!(answer.done);
        let (used, took) = (world.gate.units(), started.elapsed().as_secs_f64());
        let fair = used / f64::from(units_per_second);
        assert!(used > 30.0 && (fair - 0.1..fair + 0.5).contains(&took), "{used} units in {took} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_stops_when_its_time_is_over_and_the_next_goes_on() {
    let world = World::at(ManualClock::following_tokio());
    let mut runs = 0;
    loop {
        let until = world.clock.now().plus_ms(5_000);
        let answer = world.run_until(&slow(), until).await;
        assert!(world.clock.now() <= until.plus_ms(100), "{} too late", world.clock.now());
        runs += 1;
        if answer.done {
            break;
        }
        assert_eq!(answer.migrations.last().unwrap().state, State::Unfinished);
    }
    assert!(runs > 4, "{runs}");
    assert_eq!(world.table("chats"), World::migrated().await);
}

#[tokio::test(start_paused = true)]
async fn a_slow_run_keeps_its_lease() {
    let world = World::at(ManualClock::following_tokio());
    let event = slow();
    let second = async {
        sleep(Duration::from_millis(LEASE_MS + 5_000)).await;
        world.run(&event).await.migrations.last().unwrap().state
    };
    let started = Instant::now();
    let (first, second) = tokio::join!(world.run(&event), second);
    assert!(started.elapsed() > Duration::from_millis(LEASE_MS + 5_000));
    assert_eq!((first.done, second), (true, State::Held));
}
