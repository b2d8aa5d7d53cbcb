//! `context`: how full a chat's window is, and what it keeps of its workspace.

use std::process::ExitCode;

use chat::{id::ChatId, part::Part, view::ChatView};

use crate::{
    api::{Absence, Api},
    output::Output,
    segment::short,
    stack::Finder,
};

/// Whether a chat takes what its workspace says now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// It does.
    Last,
    /// It keeps what it has.
    Kept,
}

/// Prints what is in a chat's context.
///
/// # Errors
/// The stack refused, or is away.
pub async fn run(
    finder: Finder,
    chat: ChatId,
    word: Word,
    json: bool,
    output: &mut Output,
) -> anyhow::Result<ExitCode> {
    finder.find()?;
    let api = Api { finder, absence: Absence::Fails };
    let chat = match word {
        Word::Last => api.refresh(chat).await?,
        Word::Kept => api.chat(chat).await?,
    };
    if json {
        output.line(&serde_json::to_string(&chat.context)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for line in lines(&chat) {
        output.line(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns what there is to say, a line each.
#[must_use]
pub fn lines(chat: &ChatView) -> Vec<String> {
    let context = &chat.context;
    let mut lines = vec![format!("window  {} of {} tokens", context.used_tokens, context.limit_tokens)];
    match (chat.workspace_id, context.pinned_at) {
        (None, _) => lines.push("this chat has no workspace".into()),
        (Some(_), None) => {
            lines.push("nothing is kept of the workspace yet; the next turn takes what it says".into());
        }
        (Some(_), Some(at)) => lines.push(format!("kept    since {at}")),
    }
    lines.extend(context.resources.iter().filter_map(resource));
    lines.extend(
        context
            .dirty_since
            .map(|at| format!("the workspace says something else since {at}; --refresh takes it")),
    );
    lines
}

fn resource(part: &Part) -> Option<String> {
    match part {
        Part::ContextFile { path, truncated } => {
            Some(format!("file    {path}{}", if *truncated { " (cut)" } else { "" }))
        }
        Part::Skill { name, description } => {
            Some(format!("skill   {name}: {}", short(description.as_deref().unwrap_or_default())))
        }
        Part::Text { .. }
        | Part::Reasoning { .. }
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::Source { .. }
        | Part::File { .. }
        | Part::FileReference { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_chat_keeps_is_a_line_each() {
        let view = serde_json::json!({
            "id": uuid(1), "org_id": uuid(2), "owner_id": uuid(3), "title": "t", "status": "waiting",
            "archived": false, "pin_order": 0, "labels": {}, "mode": "default", "plan_mode": false,
            "workspace_id": uuid(4), "model_id": uuid(5), "has_unread": false, "queued_count": 0,
            "context": {
                "used_tokens": 1200, "limit_tokens": 200_000,
                "pinned_at": "2026-11-21T10:00:00.000Z", "dirty_since": "2026-11-21T11:00:00.000Z",
                "resources": [
                    {"type": "context_file", "path": "/w/AGENTS.md", "truncated": true},
                    {"type": "skill", "name": "deploy", "description": "to deploy"},
                ],
            },
            "usage": chat::message::Usage::default(),
            "created_at": "2026-11-21T10:00:00.000Z", "updated_at": "2026-11-21T10:00:00.000Z",
        });
        let view: ChatView = serde_json::from_value(view).unwrap();
        let expected = [
            "window  1200 of 200000 tokens",
            "kept    since 2026-11-21T10:00:00.000Z",
            "file    /w/AGENTS.md (cut)",
            "skill   deploy: to deploy",
            "the workspace says something else since 2026-11-21T11:00:00.000Z; --refresh takes it",
        ];
        assert_eq!(lines(&view), expected);
    }

    fn uuid(number: u8) -> String {
        format!("00000000-0000-0000-0000-0000000000{number:02}")
    }
}
