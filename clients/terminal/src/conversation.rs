//! `chat`: one message and its answer, or a prompt.

mod follow;
mod input;
mod journal;
mod requests;

use std::{
    io::{self, IsTerminal as _},
    process::ExitCode,
};

use chat::{id::ChatId, view::ChatView};
use tokio::sync::mpsc::Receiver;

use crate::{
    api::{Absence, Api},
    args::ChatArgs,
    contact::{Contact, Loss},
    interrupts::Interrupts,
    output::Output,
    socket::NO_SOCKET,
    stack::Finder,
};
use follow::Conversation;

/// Interrupted by a signal, as shells say it.
const INTERRUPTED: u8 = 130;

/// Chats until the answer is there, or until whoever types leaves.
///
/// # Errors
/// There is no stack, it refused, or standard output is closed.
pub async fn run(finder: Finder, options: ChatArgs, output: &mut Output) -> anyhow::Result<ExitCode> {
    // Nothing is begun whose answer could not be heard.
    let stack = finder.find()?;
    anyhow::ensure!(stack.socket_url.is_some(), NO_SOCKET);
    let message = match &options.message {
        Some(message) => Some(message.clone()),
        None if io::stdin().is_terminal() => None,
        None => Some(io::read_to_string(io::stdin())?),
    };
    if message.as_ref().is_some_and(|message| message.trim().is_empty()) {
        anyhow::bail!("there is nothing to say");
    }
    match message {
        Some(message) => once(finder, options, message, output).await,
        None => prompt(finder, options, output).await,
    }
}

async fn once(
    finder: Finder,
    options: ChatArgs,
    text: String,
    output: &mut Output,
) -> anyhow::Result<ExitCode> {
    let (chat_id, contact, unsent) = match options.id {
        Some(id) => (id, Contact::sought(Loss::Ends), Some(text.clone())),
        None => (create(&finder, &text, &options).await?.id, Contact::made(Loss::Ends), None),
    };
    let interrupts = Interrupts::begin()?;
    let mut conversation = Conversation::open(finder, options, chat_id, contact, interrupts, output);
    if unsent.is_none() {
        conversation.was_typed(&text);
    }
    let code = conversation.answer(unsent).await;
    conversation.leave(code)
}

async fn prompt(finder: Finder, options: ChatArgs, output: &mut Output) -> anyhow::Result<ExitCode> {
    let (mut lines, mut interrupts) = (input::lines(), Interrupts::begin()?);
    let (chat_id, contact, typed) = match options.id {
        Some(id) => (id, Contact::sought(Loss::Waits), None),
        None => {
            if !options.json {
                output.prompt()?;
            }
            let begun = begin(&finder, &options, &mut lines);
            let begun = tokio::select! {
                begun = begun => begun?.ok_or(ExitCode::SUCCESS),
                _ = interrupts.next() => Err(ExitCode::from(INTERRUPTED)),
            };
            let (first, id) = match begun {
                Ok(begun) => begun,
                Err(code) => return output.end_line().map(|()| code).map_err(Into::into),
            };
            output.was_typed();
            (id, Contact::made(Loss::Waits), Some(first))
        }
    };
    let mut conversation = Conversation::open(finder, options, chat_id, contact, interrupts, output);
    if let Some(typed) = typed {
        conversation.was_typed(&typed);
    }
    let code = conversation.talk(lines).await;
    conversation.leave(code)
}

/// Makes a chat of the first thing that is said; none if nothing is.
async fn begin(
    finder: &Finder,
    options: &ChatArgs,
    lines: &mut Receiver<String>,
) -> anyhow::Result<Option<(String, ChatId)>> {
    let Some(first) = input::next(lines).await else { return Ok(None) };
    let id = create(finder, &first, options).await?.id;
    Ok(Some((first, id)))
}

async fn create(finder: &Finder, text: &str, options: &ChatArgs) -> anyhow::Result<ChatView> {
    Api { finder: finder.clone(), absence: Absence::Fails }.create(text, options).await
}
