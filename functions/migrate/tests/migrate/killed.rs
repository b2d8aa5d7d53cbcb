//! Runs that die at any write, before it has its effect or after.

use std::sync::atomic::{AtomicUsize, Ordering};

use chat::limit::LEASE_MS;
use tokio::select;

use super::{
    gate::{Call, Held},
    world::{Told, World, small_pages},
};

/// Runs until the write `number` is held, and kills the run there. False: it ended before.
async fn killed(world: &World, number: usize, held: Held) -> bool {
    let writes = AtomicUsize::new(0);
    let is_it = move |call: &Call<'_>| {
        call.operation == "UpdateItem" && writes.fetch_add(1, Ordering::SeqCst) == number
    };
    world.gate.close(held, is_it);
    let event = small_pages();
    select! {
        biased;
        () = world.gate.reached() => true,
        answer = world.run(&event) => {
            assert!(answer.done);
            false
        }
    }
}

async fn killed_at_every_write(held: Held) {
    let expected = World::migrated().await;
    for number in 0.. {
        let world = World::new();
        let before: Vec<_> = world.told().await.into_iter().map(Told::completed).collect();
        let was_killed = killed(&world, number, held).await;
        // Whoever reads meanwhile understands everything.
        let meanwhile: Vec<_> = world.told().await.into_iter().map(Told::completed).collect();
        assert_eq!(meanwhile, before, "{held:?} {number}");
        world.clock.advance_ms(LEASE_MS + 1);
        let answer = world.run(&small_pages()).await;
        assert!(answer.done, "{held:?} {number}");
        assert!(answer.migrations.iter().all(|outcome| outcome.counts.seen == 20), "{held:?} {number}");
        assert_eq!(world.table("chats"), expected, "{held:?} {number}");
        if !was_killed {
            assert!(number > 60, "only {number} writes");
            return;
        }
    }
}

#[tokio::test]
async fn a_run_killed_before_any_write_goes_on_where_it_was() {
    killed_at_every_write(Held::Before).await;
}

#[tokio::test]
async fn a_run_killed_after_any_write_goes_on_where_it_was() {
    killed_at_every_write(Held::After).await;
}
