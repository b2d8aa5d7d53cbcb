//! What model calls cost, and when a chat, a person or the organisation has had its share.

use chat::{
    catalogue::{Limits, Period},
    failure::{Failure, Kind},
    message::Usage,
    model::ModelConfig,
    port::{Person, ReadSpend, Unavailable},
    record::Chat,
    spend::Day,
    time::Timestamp,
};
use futures::future::try_join;

/// Returns what a call used, with what it cost; none, where the model has no price.
#[must_use]
pub fn priced(usage: Usage, model: &ModelConfig) -> Usage {
    Usage { cost_micros: model.cost.map(|prices| prices.cost_micros(&usage)), ..usage }
}

/// Returns why a chat may not ask a model any more, if it may not.
#[must_use]
pub fn ceiling(chat: &Chat, limits: &Limits) -> Option<Failure> {
    let (most, spent) = (limits.chat_micros?, chat.usage.cost_micros.unwrap_or_default());
    (spent >= most).then(|| {
        refusal(format!(
            "this chat has spent {} of the {} that the administrators of this deployment allow each chat; ask them to \
             raise the limit, or start a new chat",
            dollars(spent),
            dollars(most)
        ))
    })
}

/// Returns why no model may be asked for a chat, if a ceiling is reached: the chat's, its owner's or the
/// organisation's. Only what a ceiling is set for is read.
///
/// # Errors
/// The store. Whether a model may be asked is not known then, so none is.
pub async fn spent_out(
    ports: &impl ReadSpend,
    chat: &Chat,
    limits: &Limits,
    now: Timestamp,
) -> Result<Option<Failure>, Unavailable> {
    if let Some(failure) = ceiling(chat, limits) {
        return Ok(Some(failure));
    }
    let (today, period) = (Day::of(now), limits.period);
    let person = Person { user_id: chat.owner_id, org_id: chat.org_id };
    let of_person = async {
        let Some(most) = limits.user_micros else { return Ok(None) };
        let spent = ports.user_micros(person, period.since(today), today).await?;
        Ok((spent >= most).then(|| begins_anew("you have", "each person", (spent, most), (period, today))))
    };
    let of_org = async {
        let Some(most) = limits.org_micros else { return Ok(None) };
        let spent = ports.org_micros(chat.org_id, period.since(today)).await?;
        let (who, whom) = ("your organisation has", "all people together");
        Ok((spent >= most).then(|| begins_anew(who, whom, (spent, most), (period, today))))
    };
    let (person, org) = try_join(of_person, of_org).await?;
    Ok(person.or(org))
}

fn begins_anew(who: &str, whom: &str, (spent, most): (u64, u64), (period, today): (Period, Day)) -> Failure {
    refusal(format!(
        "{who} spent {} of the {} that the administrators of this deployment allow {whom} in a {}; ask them to raise \
         the limit, or wait: it begins anew on {} (UTC)",
        dollars(spent),
        dollars(most),
        period.as_str(),
        period.next(today)
    ))
}

fn refusal(message: String) -> Failure {
    Failure {
        message,
        detail: None,
        kind: Kind::UsageLimit,
        provider: None,
        status_code: None,
        retryable: false,
    }
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
