//! `chat`: one message and its answer, or a prompt.

mod follow;
mod input;

use std::{
    io::{self, IsTerminal as _},
    process::ExitCode,
};

use chat::id::ChatId;

use crate::{api::Api, args::ChatArgs, output::Output, stack::Finder};
use follow::Conversation;

/// Interrupted by a signal, as shells say it.
const INTERRUPTED: u8 = 130;

/// Chats until the answer is there, or until whoever types leaves.
///
/// # Errors
/// There is no stack, it refused, or standard output is closed.
pub async fn run(finder: Finder, options: ChatArgs, output: &mut Output) -> anyhow::Result<ExitCode> {
    finder.find()?;
    let message = match &options.message {
        Some(message) => Some(message.clone()),
        None if io::stdin().is_terminal() => None,
        None => Some(io::read_to_string(io::stdin())?),
    };
    if message.as_ref().is_some_and(|message| message.trim().is_empty()) {
        anyhow::bail!("there is nothing to say");
    }
    let api = Api { finder };
    match message {
        Some(message) => once(api, options, message, output).await,
        None => prompt(api, options, output).await,
    }
}

async fn once(api: Api, options: ChatArgs, text: String, output: &mut Output) -> anyhow::Result<ExitCode> {
    let (chat_id, unsent) = match options.id {
        Some(id) => (id, Some(text.clone())),
        None => (api.create(&text, &options).await?.id, None),
    };
    let mut conversation = Conversation::open(api, options, chat_id, output);
    if unsent.is_none() {
        conversation.was_typed(&text);
    }
    let code = conversation.answer(unsent).await;
    goes_on(chat_id, output);
    code
}

async fn prompt(api: Api, options: ChatArgs, output: &mut Output) -> anyhow::Result<ExitCode> {
    let mut lines = input::lines();
    let (chat_id, typed) = match options.id {
        Some(id) => (id, None),
        None => {
            output.prompt()?;
            let Some(first) = input::next(&mut lines).await else { return Ok(ExitCode::SUCCESS) };
            (api.create(&first, &options).await?.id, Some(first))
        }
    };
    let mut conversation = Conversation::open(api, options, chat_id, output);
    if let Some(typed) = typed {
        conversation.was_typed(&typed);
    }
    let code = conversation.talk(lines).await;
    goes_on(chat_id, output);
    code
}

fn goes_on(chat_id: ChatId, output: &mut Output) {
    output.notice(&format!("quickstep chat --id {chat_id} goes on"));
}
