//! `POST /v1/socket-tickets`
//!
//! An `Idempotency-Key` changes nothing here: a ticket is a secret for one use, kept only as a hash, so that it
//! cannot be answered again. Who misses the answer asks for another; the lost one expires.

use chat::{
    port::{Clock, KeepTickets, Person},
    time::Timestamp,
};
use edge::{Rejection, Reply, Request, Secret};
use serde::Serialize;

/// How long a ticket is good.
const GOOD_MS: u64 = 60_000;

#[derive(Serialize)]
struct Ticket<'a> {
    ticket: &'a str,
    expires_at: Timestamp,
}

pub(crate) async fn run<T: KeepTickets, K: Clock>(
    tickets: &T,
    clock: &K,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    request.no_body()?;
    let ticket = Secret::random("qst_").map_err(|error| Rejection::Internal(error.to_string()))?;
    let expires_at = clock.now().plus_ms(GOOD_MS);
    tickets.put_ticket(&ticket.hash(), person, expires_at).await?;
    Ok(Reply::json(201, &Ticket { ticket: ticket.reveal(), expires_at }))
}
