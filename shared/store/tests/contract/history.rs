//! Reading runs of messages.

use chat::{
    id::{ChatId, MessageId},
    message::Message,
    part::Part,
    port::{Order, Range},
    transition::Transition,
};
use kit::seed;

use super::world::{Chats, World};

async fn read<C: Chats, D>(world: &World<C, D>, range: Range) -> Vec<u64> {
    let messages: Vec<Message> = world.chats.messages(range).await.unwrap();
    messages.into_iter().map(|message| message.id.0).collect()
}

fn range(chat_id: ChatId, first: u64, last: u64, order: Order, limit: usize) -> Range {
    Range { chat_id, first: MessageId(first), last: MessageId(last), order, limit }
}

async fn long<C: Chats, D>(world: &World<C, D>) -> ChatId {
    let id = world.created("1").await;
    for _ in 0..5 {
        world.answer(id, "yes").await;
        world.apply(id, seed::send("and?", kit::clock::EPOCH)).await;
    }
    id
}

pub(crate) async fn a_run_reads_from_either_end<C: Chats, D>(world: World<C, D>) {
    let id = long(&world).await;
    assert_eq!(read(&world, range(id, 3, 99, Order::Ascending, 4)).await, [3, 4, 5, 6]);
    assert_eq!(read(&world, range(id, 1, 10, Order::Descending, 3)).await, [10, 9, 8]);
    assert_eq!(read(&world, range(id, 9, 11, Order::Ascending, 100)).await, [9, 10, 11]);
    assert_eq!(read(&world, range(id, 2, 2, Order::Descending, 100)).await, [2]);
}

pub(crate) async fn hidden_messages_are_still_read<C: Chats, D>(world: World<C, D>) {
    let id = long(&world).await;
    let edit = Transition::Edit { message_id: MessageId(3), message: seed::said("instead") };
    world.apply(id, edit).await;
    assert_eq!(world.kept(id).await.len(), 12);
    assert_eq!(world.chat(id).await.spans.len(), 3);
}

pub(crate) async fn a_large_message_is_kept_whole<C: Chats, D>(world: World<C, D>) {
    let id = world.created("write a book").await;
    world.answer(id, &noise(1_000_000)).await;
    world.apply(id, seed::send("thanks", kit::clock::EPOCH)).await;
    let kept = world.kept(id).await;
    let book = Part::Text { text: noise(1_000_000) };
    assert_eq!(kept[1].content[0].part, book);
    assert_eq!(read(&world, range(id, 1, 99, Order::Descending, 2)).await, [3, 2]);
    assert_eq!(read(&world, range(id, 1, 2, Order::Descending, 1)).await, [2]);
    assert_eq!(read(&world, range(id, 2, 3, Order::Ascending, 2)).await, [2, 3]);
}

/// Returns text that does not compress.
fn noise(bytes: usize) -> String {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'!' + u8::try_from(state % 90).unwrap())
    };
    std::iter::repeat_with(&mut next).take(bytes).collect()
}

pub(crate) async fn an_empty_run_is_empty<C: Chats, D>(world: World<C, D>) {
    let id = world.created("1").await;
    assert_eq!(read(&world, range(id, 2, 9, Order::Ascending, 9)).await, [0; 0]);
    assert_eq!(read(&world, range(id, 2, 1, Order::Ascending, 9)).await, [0; 0]);
    assert_eq!(read(&world, range(id, 1, 1, Order::Ascending, 0)).await, [0; 0]);
}
