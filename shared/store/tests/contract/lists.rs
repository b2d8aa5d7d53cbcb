//! Finding an owner's chats.

use chat::{
    id::{ChatId, UserId},
    port::{Clock as _, ListPage, ListQuery},
    transition::{Describe, Transition},
};
use kit::seed;
use uuid::Uuid;

use super::world::{Chats, World};

fn query(archived: bool, after: Option<String>, limit: usize) -> ListQuery {
    ListQuery { owner_id: seed::person().user_id, archived, after, limit }
}

fn ids(page: &ListPage) -> Vec<ChatId> {
    page.chats.iter().map(|chat| chat.id).collect()
}

/// Makes chats a second apart, the oldest first.
async fn chats<C: Chats, D>(world: &World<C, D>, count: usize) -> Vec<ChatId> {
    let mut made = Vec::new();
    for _ in 0..count {
        world.clock.advance_ms(1_000);
        made.push(world.idle(|_| {}).await);
    }
    made
}

pub(crate) async fn pinned_chats_come_first_and_then_the_newest<C: Chats, D>(world: World<C, D>) {
    let made = chats(&world, 5).await;
    for (id, pin_order) in [(made[0], 2), (made[1], 10), (made[2], 1)] {
        let pin = Describe { pin_order: Some(pin_order), ..Describe::default() };
        world.apply(id, Transition::Describe(pin)).await;
    }
    let page = world.chats.list(&query(false, None, 50)).await.unwrap();
    assert_eq!(ids(&page), [made[2], made[0], made[1], made[4], made[3]]);
    assert_eq!(page.next, None);
    world.clock.advance_ms(1_000);
    world.apply(made[3], seed::send("hello", world.clock.now())).await;
    let page = world.chats.list(&query(false, None, 50)).await.unwrap();
    assert_eq!(ids(&page), [made[2], made[0], made[1], made[3], made[4]]);
    assert_eq!(page.chats[3], world.chat(made[3]).await);
}

pub(crate) async fn pages_follow_each_other_without_a_gap<C: Chats, D>(world: World<C, D>) {
    let mut made = chats(&world, 7).await;
    made.reverse();
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = world.chats.list(&query(false, after, 3)).await.unwrap();
        found.extend(ids(&page));
        after = page.next;
        if after.is_none() {
            break;
        }
        assert_eq!(page.chats.len(), 3);
    }
    assert_eq!(found, made);
    let whole = world.chats.list(&query(false, None, 7)).await.unwrap();
    assert_eq!((ids(&whole), whole.next), (made, None));
}

pub(crate) async fn every_mark_ends_a_page<C: Chats, D>(world: World<C, D>) {
    chats(&world, 4).await;
    let whole = world.chats.list(&query(false, None, 4)).await.unwrap();
    for (index, mark) in whole.marks.iter().enumerate() {
        let rest = world.chats.list(&query(false, Some(mark.clone()), 9)).await.unwrap();
        assert_eq!(ids(&rest), ids(&whole)[index + 1..]);
    }
}

pub(crate) async fn archived_chats_are_a_list_of_their_own<C: Chats, D>(world: World<C, D>) {
    let made = chats(&world, 3).await;
    world.apply(made[1], Transition::SetArchived { archived: true }).await;
    let live = world.chats.list(&query(false, None, 9)).await.unwrap();
    let archived = world.chats.list(&query(true, None, 9)).await.unwrap();
    assert_eq!((ids(&live), ids(&archived)), (vec![made[2], made[0]], vec![made[1]]));
    world.apply(made[1], Transition::SetArchived { archived: false }).await;
    assert_eq!(world.chats.list(&query(true, None, 9)).await.unwrap(), ListPage::default());
}

pub(crate) async fn children_strangers_and_deleted_chats_are_not_listed<C: Chats, D>(world: World<C, D>) {
    let mine = world.idle(|_| {}).await;
    let deleted = world.idle(|_| {}).await;
    world.delete(deleted).await;
    let child = world.idle(|chat| chat.parent_chat_id = Some(mine)).await;
    let stranger = world.idle(|chat| chat.owner_id = UserId(Uuid::from_u128(0x99))).await;
    let page = world.chats.list(&query(false, None, 9)).await.unwrap();
    assert_eq!(ids(&page), [mine]);
    assert!(!ids(&page).contains(&child) && !ids(&page).contains(&stranger));
    assert_eq!(world.chats.list(&query(true, None, 9)).await.unwrap(), ListPage::default());
}

pub(crate) async fn children_are_found_newest_first<C: Chats, D>(world: World<C, D>) {
    let parent = world.idle(|_| {}).await;
    let mut made = Vec::new();
    for _ in 0..3 {
        world.clock.advance_ms(1_000);
        made.push(world.idle(|chat| chat.parent_chat_id = Some(parent)).await);
    }
    made.reverse();
    assert_eq!(world.chats.children(parent).await.unwrap(), made);
    // Only what makes a child says so.
    let pin = Describe { pin_order: Some(1), ..Describe::default() };
    world.apply(made[0], Transition::Describe(pin)).await;
    assert_eq!(world.chats.children(parent).await.unwrap(), made);
    assert!(world.chats.children(made[0]).await.unwrap().is_empty());
    assert!(world.chats.snapshot(parent).await.unwrap().is_some(), "its children are not in the way");
}

pub(crate) async fn families_are_read_whole<C: Chats, D>(world: World<C, D>) {
    let (one, other) = (world.idle(|_| {}).await, world.idle(|_| {}).await);
    let mut made = Vec::new();
    for parent in [one, other, one] {
        world.clock.advance_ms(1_000);
        let now = world.clock.now();
        let child = world.idle(|chat| {
            chat.parent_chat_id = Some(parent);
            chat.created_at = now;
        });
        made.push(child.await);
    }
    let found = world.chats.families(&[other, one]).await.unwrap();
    assert_eq!(found.iter().map(|chat| chat.id).collect::<Vec<_>>(), [made[1], made[2], made[0]]);
    world.delete(made[2]).await;
    let found = world.chats.families(&[one]).await.unwrap();
    assert_eq!(found.iter().map(|chat| chat.id).collect::<Vec<_>>(), [made[0]], "what is gone is not there");
    assert_eq!(world.chats.families(&[]).await.unwrap(), []);
}
