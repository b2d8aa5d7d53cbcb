//! `tail`: what runs, as it changes.

use std::{collections::BTreeMap, process::ExitCode, time::Duration};

use chat::{
    id::ChatId,
    run::{Phase, RunView},
};
use serde::Serialize;

use crate::{
    api::{Absence, Api, Runs},
    args::TailArgs,
    contact::{Contact, Loss},
    interrupts::Interrupts,
    output::Output,
    socket::Backoff,
    stack::Finder,
    status::{age, dollars, title},
};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);

/// Follows what runs until Ctrl-C.
///
/// # Errors
/// There is no stack, it refused, or standard output is closed.
pub async fn run(finder: Finder, options: TailArgs, output: &mut Output) -> anyhow::Result<ExitCode> {
    finder.find()?;
    let mut interrupts = Interrupts::begin()?;
    let api = Api { finder, absence: Absence::Fails };
    tokio::select! {
        ended = follow(&api, &options, output) => ended.map(|()| ExitCode::SUCCESS),
        _ = interrupts.next() => Ok(ExitCode::SUCCESS),
    }
}

async fn follow(api: &Api, options: &TailArgs, output: &mut Output) -> anyhow::Result<()> {
    let (mut contact, mut backoff, mut seen) =
        (Contact::sought(Loss::Waits), Backoff::default(), Seen::default());
    loop {
        let pause = match api.runs().await? {
            Ok(found) => {
                backoff = Backoff::default();
                contact.found().into_iter().for_each(|text| output.notice(text));
                for news in seen.look(wanted(found, options)) {
                    output.line(&if options.json { serde_json::to_string(&news)? } else { line(&news) })?;
                }
                EVERY
            }
            Err(absence) => {
                contact.lost(&absence.to_string())?.iter().for_each(|text| output.notice(text));
                backoff.next_delay().max(EVERY)
            }
        };
        tokio::time::sleep(pause).await;
    }
}

fn wanted(mut found: Runs, options: &TailArgs) -> Runs {
    found.runs.retain(|run| {
        options.owner.is_none_or(|owner| run.owner_id == owner)
            && options.chat.is_none_or(|chat| run.chat_id == chat)
    });
    found
}

/// What happened to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It was there before anybody looked.
    Listed,
    /// It began.
    Began,
    /// It is at something else now.
    Phase,
    /// The model is asked again.
    Attempt,
    /// It is over; the run is as it was last seen.
    Ended,
}

/// Something that happened to a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct News {
    /// What.
    #[serde(rename = "type")]
    pub event: Event,
    /// The run.
    pub run: RunView,
}

/// What was seen the last time; nothing before the first.
#[derive(Debug, Default)]
pub struct Seen(Option<BTreeMap<ChatId, RunView>>);

impl Seen {
    /// Compares what is there now with what was there before.
    pub fn look(&mut self, found: Runs) -> Vec<News> {
        let now: BTreeMap<ChatId, RunView> = found.runs.into_iter().map(|run| (run.chat_id, run)).collect();
        let first = self.0.is_none();
        let before = self.0.take().unwrap_or_default();
        let over = |old: &&RunView| now.get(&old.chat_id).is_none_or(|new| new.began_at != old.began_at);
        // What is not among the first thousand may still run.
        let ended = before.values().filter(|_| found.complete).filter(over);
        let mut news: Vec<News> = ended.map(|run| News { event: Event::Ended, run: run.clone() }).collect();
        for run in now.values() {
            let old = before.get(&run.chat_id).filter(|old| old.began_at == run.began_at);
            let event = match old {
                None if first => Some(Event::Listed),
                None => Some(Event::Began),
                Some(old) if old.phase != run.phase => Some(Event::Phase),
                Some(old) if old.attempt < run.attempt => Some(Event::Attempt),
                Some(_) => None,
            };
            news.extend(event.map(|event| News { event, run: run.clone() }));
        }
        self.0 = Some(now);
        news
    }
}

/// Returns news on one line.
#[must_use]
pub fn line(news: &News) -> String {
    let News { event, run } = news;
    let what = match event {
        Event::Listed | Event::Phase => at(run),
        Event::Began => "began".to_owned(),
        Event::Attempt => format!("attempt {}", run.attempt),
        Event::Ended => "ended".to_owned(),
    };
    let (age, cost) = (age(run.age_ms), dollars(run.cost_micros));
    format!("{what:<18} {age:>8}  {cost:>11}  {}  {}  {}", run.chat_id, run.owner_id, title(run))
}

fn at(run: &RunView) -> String {
    let phase = run.phase.as_str();
    if run.phase == Phase::Retrying { format!("{phase} after {}", run.attempt) } else { phase.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::status::tests::told;

    fn page(runs: Vec<RunView>) -> Runs {
        serde_json::from_value(
            json!({ "runs": runs, "counts": chat::run::Counts::default(), "complete": true }),
        )
        .unwrap()
    }

    #[test]
    fn every_change_is_a_line() {
        let mut seen = Seen::default();
        let looks = [
            vec![told(1, json!({ "phase": "parked" }))],
            vec![
                told(1, json!({ "phase": "parked" })),
                told(2, json!({ "phase": "prompting", "cost_micros": 0 })),
            ],
            vec![
                told(1, json!({ "phase": "waking" })),
                told(2, json!({ "phase": "retrying", "age_ms": 5_000 })),
            ],
            vec![told(2, json!({ "phase": "prompting", "attempt": 2, "age_ms": 9_000 }))],
            vec![told(2, json!({ "phase": "prompting", "attempt": 3, "age_ms": 19_000 }))],
            vec![told(2, json!({ "began_at": "2026-01-01T00:05:00.000Z", "age_ms": 200 }))],
            Vec::new(),
        ];
        let lines: Vec<String> =
            looks.into_iter().flat_map(|runs| seen.look(page(runs))).map(|news| line(&news)).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn of_too_many_runs_none_is_said_to_have_ended() {
        let mut seen = Seen::default();
        seen.look(page(vec![told(1, json!({}))]));
        let mut found = page(Vec::new());
        found.complete = false;
        assert!(seen.look(found).is_empty());
    }
}
