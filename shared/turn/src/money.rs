//! What model calls cost, and when a chat has had its share.

use chat::{
    catalogue::Limits,
    failure::{Failure, Kind},
    message::Usage,
    model::ModelConfig,
    record::Chat,
};

/// Returns what a call used, with what it cost; none, where the model has no price.
#[must_use]
pub fn priced(usage: Usage, model: &ModelConfig) -> Usage {
    Usage { cost_micros: model.cost.map(|prices| prices.cost_micros(&usage)), ..usage }
}

/// Returns why a chat may not ask a model any more, if it may not.
#[must_use]
pub fn ceiling(chat: &Chat, limits: &Limits) -> Option<Failure> {
    let (most, spent) = (limits.chat_micros?, chat.usage.cost_micros.unwrap_or_default());
    (spent >= most).then(|| Failure {
        message: format!(
            "this chat has spent {} of the {} that the administrators of this deployment allow each chat; ask them to \
             raise the limit, or start a new chat",
            dollars(spent),
            dollars(most)
        ),
        detail: None,
        kind: Kind::UsageLimit,
        provider: None,
        status_code: None,
        retryable: false,
    })
}

/// Cents are enough for people, but less than one is not nothing.
fn dollars(micros: u64) -> String {
    let cents = micros.div_ceil(10_000);
    format!("${}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use chat::{id::ChatId, model::Prices};
    use kit::seed;

    use super::*;

    fn refused(spent: Option<u64>, chat_micros: Option<u64>) -> Option<String> {
        let usage = Usage { cost_micros: spent, ..Usage::default() };
        let chat = Chat { usage, ..seed::chat(ChatId(uuid::Uuid::nil())) };
        ceiling(&chat, &Limits { chat_micros, ..Limits::default() }).map(|failure| failure.message)
    }

    #[test]
    fn a_chat_may_spend_up_to_its_ceiling() {
        assert_eq!(refused(Some(u64::MAX), None), None);
        assert_eq!(refused(None, Some(1)), None);
        assert_eq!(refused(Some(999_999), Some(1_000_000)), None);
        let message = refused(Some(1_000_001), Some(1_000_000)).unwrap();
        assert!(message.starts_with("this chat has spent $1.01 of the $1.00 that the administrators"));
    }

    #[test]
    fn what_has_no_price_is_not_free() {
        let usage = Usage { input_tokens: 1_000, ..Usage::default() };
        let model = seed::model();
        assert_eq!(priced(usage, &model).cost_micros, None);
        let cost = Some(Prices { input: 3_000_000, ..Prices::default() });
        assert_eq!(priced(usage, &ModelConfig { cost, ..model }).cost_micros, Some(3_000));
    }
}
