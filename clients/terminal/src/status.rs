//! `status`: what runs, on one screen.

use std::{fmt::Write as _, process::ExitCode};

use chat::run::RunView;

use crate::{
    api::{Absence, Api, Runs},
    output::Output,
    segment::short,
    stack::Finder,
};

/// Runs that fit on a screen.
const ROWS: usize = 40;

/// Prints what runs.
///
/// # Errors
/// The stack refused, or stayed away.
pub async fn run(finder: Finder, json: bool, output: &mut Output) -> anyhow::Result<ExitCode> {
    finder.find()?;
    let found = Api { finder, absence: Absence::Fails }.runs().await??;
    let text = if json { serde_json::to_string(&found)? } else { screen(&found) };
    output.line(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the screen: how much runs, whether it is stuck, and the oldest runs.
#[must_use]
pub fn screen(found: &Runs) -> String {
    let counts = &found.counts;
    let mut screen = format!(
        "{} running, {} parked, {} waiting for a client or a person, {} retrying\n{}",
        counts.running,
        counts.parked,
        counts.requires_action,
        counts.retrying,
        health(found)
    );
    if !found.complete {
        screen += "\nThere are more: neither listed nor counted.";
    }
    if found.runs.is_empty() {
        return screen;
    }
    let _ = write!(screen, "\n\n{HEAD}");
    for run in found.runs.iter().take(ROWS) {
        let _ = write!(screen, "\n{}", row(run));
    }
    let rest = found.runs.len().saturating_sub(ROWS);
    if rest > 0 {
        let _ = write!(screen, "\n… and {rest} more; --json has them all");
    }
    screen
}

const HEAD: &str = "     AGE  PHASE             TRY         COST  CHAT                                  OWNER                                 TITLE";

fn row(run: &RunView) -> String {
    let (age, cost) = (age(run.age_ms), dollars(run.cost_micros));
    let (phase, attempt) = (phase(run), run.attempt);
    let (chat, owner, title) = (run.chat_id, run.owner_id, title(run));
    format!("{age:>8}  {phase:<16} {attempt:>4}  {cost:>11}  {chat}  {owner}  {title}")
}

fn phase(run: &RunView) -> String {
    let mark = if run.is_stuck() { "!" } else { "" };
    format!("{mark}{}", run.phase.as_str())
}

/// Is work stuck, and which wake is the most overdue?
fn health(found: &Runs) -> String {
    let late = found.runs.iter().filter_map(|run| Some((run.overdue_ms?, run.chat_id))).max();
    let stuck = match found.counts.stuck {
        0 => "Nothing is stuck".to_owned(),
        1 => "1 run is STUCK (marked !)".to_owned(),
        many => format!("{many} runs are STUCK (marked !)"),
    };
    match late {
        None => format!("{stuck}; no wake is overdue."),
        Some((late_ms, chat)) => format!("{stuck}; the oldest wake is {} overdue, of {chat}.", age(late_ms)),
    }
}

/// Returns a title on one short line.
#[must_use]
pub fn title(run: &RunView) -> String {
    let title = short(&run.title);
    if title.is_empty() {
        return "(no title)".to_owned();
    }
    if title.chars().count() <= TITLE_CHARS {
        return title;
    }
    title.chars().take(TITLE_CHARS - 1).chain(['…']).collect()
}

/// Characters of a title that a row shows.
const TITLE_CHARS: usize = 40;

/// Returns a time as people say it.
#[must_use]
pub fn age(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {:02}m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// Returns millionths of a dollar as dollars.
#[must_use]
pub fn dollars(micros: u64) -> String {
    format!("${}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[cfg(test)]
pub(crate) mod tests;
