//! When the machine is looked at, and who is told.

use std::sync::Arc;

use chat::{agent::Report, port::Clock as _};
use tokio::{
    sync::{Notify, mpsc::UnboundedSender},
    time::{Instant, sleep, timeout},
};

use super::look;
use crate::{clock::SystemClock, folder::Folder, limit, link::Outgoing};

/// Tells what of the machine has changed: after calls, and now and then. Ends when nobody listens.
pub async fn watch(folder: Arc<Folder>, call_ended: Arc<Notify>, outgoing: UnboundedSender<Outgoing>) {
    let mut told: Option<Report> = None;
    loop {
        let begun = Instant::now();
        // Before it is looked: what changes meanwhile is seen later.
        let seen_at = SystemClock.now();
        let report = look(&folder).await;
        let rest = begun.elapsed() * limit::LOOK_REST;
        if told.as_ref() != Some(&report) {
            if outgoing.send(Outgoing::Report(Box::new(report.clone()), seen_at)).is_err() {
                return;
            }
            told = Some(report);
        }
        if timeout(limit::LOOK.max(rest), call_ended.notified()).await.is_ok() {
            sleep(limit::SETTLE.max(rest)).await;
        } else if outgoing.is_closed() {
            return;
        }
    }
}
