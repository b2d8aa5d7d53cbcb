//! `GET /v1/limits`

use chat::{
    catalogue::Limits,
    port::{Clock, Person},
    spend::Day,
    time::Timestamp,
};
use edge::{Rejection, Reply, Request};
use serde::Serialize;

use crate::{App, SettingPorts};

#[derive(Serialize)]
struct View {
    #[serde(flatten)]
    limits: Limits,
    spent: Spent,
    /// When spending of people and of the organisation begins anew.
    resets_at: Timestamp,
}

/// In millionths of a dollar, since the period began.
#[derive(Serialize)]
struct Spent {
    /// By whoever asks.
    user_micros: u64,
    /// By all; for administrators, while there is a ceiling.
    #[serde(skip_serializing_if = "Option::is_none")]
    org_micros: Option<u64>,
}

pub(crate) async fn run<P: SettingPorts, S: Sync, K: Clock>(
    app: &App<P, S, K>,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let limits = app.ports.catalogue().await?.settings.limits;
    let today = Day::of(app.clock.now());
    let since = limits.period.since(today);
    let user_micros = app.ports.user_micros(person, since, today).await?;
    let org_micros = match (request.admin(), limits.org_period()) {
        (Ok(admin), Some(_)) => Some(app.ports.org_micros(admin.org_id, since).await?),
        (Ok(_) | Err(_), _) => None,
    };
    let resets_at = limits.period.next(today).begins_at();
    Ok(Reply::json(200, &View { limits, spent: Spent { user_micros, org_micros }, resets_at }))
}
