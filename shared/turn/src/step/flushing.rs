//! One flush: the parts are written first, then listeners are looked for, then told.

use std::pin::Pin;

use chat::{
    event::Event,
    part::Delta,
    port::{Flush, Observed, Unavailable},
};

use super::StepPorts;
use crate::announce::tell;

/// What one flush did.
pub(super) struct Flushed {
    /// What the query showed; none when the chat is gone.
    pub(super) observed: Option<Observed>,
    /// How many parts are in the log.
    pub(super) written: u64,
    /// The parts, if nobody was there to write them for.
    pub(super) kept: Vec<Delta>,
}

/// Whether a flush writes its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Write {
    /// There are none.
    Nothing,
    /// Only if somebody listens.
    IfHeard,
    /// In any case.
    Now,
}

/// A flush that failed, with what it was to write.
pub(super) type FlushFailure = (Vec<Delta>, Vec<Event>, Unavailable);

pub(super) type Flushing<'a> = Pin<Box<dyn Future<Output = Result<Flushed, FlushFailure>> + Send + 'a>>;

/// Awaits the flush that is under way.
pub(super) async fn done(flushing: &mut Option<Flushing<'_>>) -> Result<Flushed, FlushFailure> {
    match flushing {
        Some(flushing) => flushing.await,
        None => std::future::pending().await,
    }
}

pub(super) async fn send<P: StepPorts>(
    ports: &P,
    flush: Flush,
    untold: Vec<Event>,
    write: Write,
) -> Result<Flushed, FlushFailure> {
    match write_and_look(ports, &flush, write).await {
        Err(error) => Err((flush.parts, untold, error)),
        Ok((observed, false)) => {
            tell_about(ports, &flush, observed.as_ref(), untold, &[]).await;
            Ok(Flushed { observed, written: 0, kept: flush.parts })
        }
        Ok((observed, true)) => {
            tell_about(ports, &flush, observed.as_ref(), untold, &flush.parts).await;
            Ok(Flushed { observed, written: flush.parts.len() as u64, kept: Vec::new() })
        }
    }
}

/// Writes the parts if they are to be written, and then looks. Returns whether they are.
async fn write_and_look<P: StepPorts>(
    ports: &P,
    flush: &Flush,
    write: Write,
) -> Result<(Option<Observed>, bool), Unavailable> {
    if write != Write::Now {
        let observed = ports.observe(flush.chat_id).await?;
        let heard = observed.as_ref().is_some_and(|observed| !observed.listeners.is_empty());
        if write == Write::Nothing || !heard {
            return Ok((observed, false));
        }
    }
    ports.log(flush).await?;
    Ok((ports.observe(flush.chat_id).await?, true))
}

async fn tell_about<P: StepPorts>(
    ports: &P,
    flush: &Flush,
    observed: Option<&Observed>,
    untold: Vec<Event>,
    parts: &[Delta],
) {
    let Some(observed) = observed else { return };
    let numbered = (flush.first_seq..).zip(parts);
    let parts = numbered.map(|(seq, part)| Event::part(flush.chat_id, flush.episode, seq, part.clone()));
    let events: Vec<Event> = untold.into_iter().chain(parts).collect();
    tell(ports, flush.chat_id, &observed.listeners, &events).await;
}
