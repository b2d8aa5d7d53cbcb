//! `title`: what a chat could be called.

use std::process::ExitCode;

use chat::id::ChatId;

use crate::{
    api::{Absence, Api},
    output::Output,
    stack::Finder,
};

/// Prints the title that a model suggests. It is not saved.
///
/// # Errors
/// The stack or the model refused, or the stack is away.
pub async fn run(finder: Finder, chat: ChatId, json: bool, output: &mut Output) -> anyhow::Result<ExitCode> {
    finder.find()?;
    let suggested = Api { finder, absence: Absence::Fails }.title(chat).await?;
    output.line(&if json { serde_json::to_string(&suggested)? } else { suggested.title })?;
    Ok(ExitCode::SUCCESS)
}
