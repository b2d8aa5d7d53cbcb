//! Chats in a list, and one verb that needs no screen.

use std::process::ExitCode;

use chat::{id::ChatId, view::ChatView};

use crate::{
    api::{Absence, Api},
    output::Output,
    stack::Finder,
};

/// Prints the chats with the newest activity.
///
/// # Errors
/// The stack refused, or stayed away.
pub async fn run(finder: Finder, output: &mut Output) -> anyhow::Result<ExitCode> {
    finder.find()?;
    let page = Api { finder, absence: Absence::Fails }.chats().await?;
    for chat in page.chats {
        output.line(&line(&chat))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Stops a running chat.
///
/// # Errors
/// The stack refused, or stayed away.
pub async fn interrupt(finder: Finder, id: ChatId) -> anyhow::Result<ExitCode> {
    finder.find()?;
    Api { finder, absence: Absence::Fails }.interrupt(id).await?;
    Ok(ExitCode::SUCCESS)
}

/// Returns a chat on one line.
#[must_use]
pub fn line(chat: &ChatView) -> String {
    let title = if chat.title.is_empty() { "(no title)" } else { chat.title.as_str() };
    format!("{}  {:<15}  {title}", chat.id, chat.status.as_str())
}
