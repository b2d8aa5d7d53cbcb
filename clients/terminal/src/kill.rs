//! `kill`: ends a run, whoever's it is.

use std::{
    io::{self, IsTerminal as _},
    process::ExitCode,
};

use chat::{
    record::Status,
    run::{Phase, RunView},
};

use crate::{
    api::{Absence, Api},
    args::KillArgs,
    output::Output,
    stack::Finder,
};

/// Ends a run and says what came of it.
///
/// # Errors
/// Nobody said yes, the stack refused, or it stayed away.
pub async fn run(finder: Finder, options: KillArgs, output: &mut Output) -> anyhow::Result<ExitCode> {
    finder.find()?;
    if !options.yes && !asked(&options, output).await? {
        output.notice("nothing was done");
        return Ok(ExitCode::FAILURE);
    }
    let api = Api { finder, absence: Absence::Fails };
    let run = api.kill(options.chat, options.clear_queue).await?;
    output.line(&done(&run))?;
    Ok(ExitCode::SUCCESS)
}

async fn asked(options: &KillArgs, output: &mut Output) -> anyhow::Result<bool> {
    anyhow::ensure!(io::stdin().is_terminal(), "nobody is there to ask; --yes kills without asking");
    let queue = if options.clear_queue { " and drop what is queued" } else { "" };
    output.notice(&format!("End what runs in {}{queue}? [y/N]", options.chat));
    output.prompt()?;
    let mut line = String::new();
    let line = tokio::task::spawn_blocking(move || io::stdin().read_line(&mut line).map(|_| line)).await??;
    output.was_typed();
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Returns what became of a run that was killed.
#[must_use]
pub fn done(run: &RunView) -> String {
    let what = match (run.phase, run.status) {
        (Phase::Stopping, _) => "asked to stop; its step ends within a second",
        (Phase::AtRest, Status::Error) => "was in a state that cannot be; it has stopped with an error",
        (Phase::AtRest, _) => "stopped",
        (
            Phase::Waking
            | Phase::Prompting
            | Phase::Answering
            | Phase::Lost
            | Phase::Retrying
            | Phase::Parked
            | Phase::RequiresAction
            | Phase::Invalid,
            _,
        ) => "stopped; the next queued message runs",
    };
    let waiting = match run.queued_count {
        0 => String::new(),
        1 => " (1 message is queued)".to_owned(),
        many => format!(" ({many} messages are queued)"),
    };
    format!("{}  {what}{waiting}", run.chat_id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::status::tests::told;

    #[test]
    fn it_says_what_became_of_the_run() {
        let runs = [
            json!({ "phase": "stopping", "status": "interrupting" }),
            json!({ "phase": "stopping", "status": "interrupting", "queued_count": 1 }),
            json!({ "phase": "at_rest", "status": "waiting" }),
            json!({ "phase": "at_rest", "status": "error", "queued_count": 2 }),
            json!({ "phase": "waking", "queued_count": 2 }),
        ];
        let said: Vec<String> = runs.into_iter().map(|run| done(&told(1, run))).collect();
        insta::assert_snapshot!(said.join("\n"));
    }
}
