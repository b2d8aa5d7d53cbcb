use chat::{
    id::ChatId,
    message::Message,
    part::{Part, ProviderItem, StoredPart},
};
use uuid::Uuid;

use super::*;

const CHAT: ChatId = ChatId(Uuid::from_u128(1));

fn message(text: String) -> Message {
    let message = kit::seed::answered(&text).placed(MessageId(7), Timestamp(1_767_225_600_123), 5);
    let item = serde_json::json!({ "signature": "s", "data": [1, 2] });
    let provider = Some(ProviderItem { origin: "rehearsal/a".into(), item });
    let part = Part::Reasoning { text: "hm".into(), started_at: None, ended_at: None };
    Message { content: vec![StoredPart { part, provider }, Part::Text { text }.into()], ..message }
}

/// Returns text that does not compress.
fn noise(bytes: usize) -> String {
    let mut state = 1_u64;
    let next = || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        char::from(b'!' + (state >> 40).to_le_bytes()[0] % 90)
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

fn put_together(items: impl IntoIterator<Item = Item>) -> Vec<Message> {
    let mut messages = Messages::default();
    items.into_iter().for_each(|item| messages.push(item).unwrap());
    messages.into_complete()
}

#[test]
fn a_message_keeps_what_only_its_provider_understands() {
    let message = message("hello".into());
    let items = of_message(CHAT, &message).unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(put_together(items), [message]);
}

#[test]
fn a_message_goes_on_in_other_items_whichever_comes_first() {
    let message = message(noise(1_500_000));
    let items = of_message(CHAT, &message).unwrap();
    assert!(items.len() > 1, "{}", items.len());
    for item in &items {
        assert!(codec::get_bytes(item, BODY).unwrap().len() < 399 * 1_024);
    }
    assert_eq!(put_together(items.clone()), std::slice::from_ref(&message));
    assert_eq!(put_together(items.clone().into_iter().rev()), [message]);
    assert_eq!(put_together(items.into_iter().skip(1)), []);
}

#[test]
fn what_repeats_takes_one_item_whatever_its_length() {
    let message = message("all work and no play ".repeat(100_000));
    assert_eq!(of_message(CHAT, &message).unwrap().len(), 1);
}

#[test]
fn too_large_a_message_is_an_error_that_names_it() {
    let error = of_message(CHAT, &message(noise(6_000_000))).unwrap_err().to_string();
    assert_eq!(error, "dynamodb is unavailable: message 7 is too large");
}
