//! What messages and previews look like, before colours: the same words in the same order for both.

use chat::{
    message::MessageView,
    part::{Delta, Part, ToolResult},
};
use serde_json::Value;

/// How many characters of arguments and results a line shows.
const LINE_CHARS: usize = 100;

/// The tool that shows a plan.
const PLAN: &str = "propose_plan";

/// A kind of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words of the answer.
    Text,
    /// Words of a thought.
    Reasoning,
    /// A line about a call, a result or a source.
    Line,
    /// The newest line of what a running call puts out; the next one takes its place.
    Progress,
}

/// A run of output of one kind. Text and reasoning grow at the end, lines are whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its kind.
    pub kind: Kind,
    /// Its words.
    pub text: String,
}

/// Returns the segments of a message.
#[must_use]
pub fn of_message(message: &MessageView) -> Vec<Segment> {
    message.content.iter().filter_map(of_part).filter(|segment| !segment.text.is_empty()).collect()
}

/// Returns the segments of a preview, up to a call whose arguments are not complete.
#[must_use]
pub fn of_preview(preview: &[Delta]) -> Vec<Segment> {
    preview.iter().map_while(of_delta).filter(|segment| !segment.text.is_empty()).collect()
}

/// Returns what a person said.
#[must_use]
pub fn words(content: &[Part]) -> String {
    let texts = content.iter().filter_map(of_part).map(|segment| segment.text);
    texts.collect::<Vec<_>>().join("\n")
}

fn of_part(part: &Part) -> Option<Segment> {
    let line = |text: String| Some(Segment { kind: Kind::Line, text });
    match part {
        Part::Text { text } => Some(Segment { kind: Kind::Text, text: text.clone() }),
        Part::Reasoning { text, .. } => Some(Segment { kind: Kind::Reasoning, text: text.clone() }),
        Part::ToolCall(call) => line(called(&call.tool_name, &call.args)),
        // A plan is there to be read.
        Part::ToolResult(result) if plan(result).is_some() => {
            Some(Segment { kind: Kind::Text, text: plan(result).unwrap_or_default().to_owned() })
        }
        Part::ToolResult(result) => {
            let mark = if result.is_error { '✗' } else { '→' };
            line(format!("  {mark} {}: {}", result.tool_name, short(&plain(&result.result))))
        }
        Part::Source { url, title } => line(source(url, title.as_deref())),
        Part::File { file_id, name, .. } => {
            line(format!("[file {}]", name.clone().unwrap_or_else(|| file_id.to_string())))
        }
        Part::FileReference { file_name, start_line, end_line, .. } => {
            line(format!("[{file_name}:{start_line}-{end_line}]"))
        }
        Part::ContextFile { path, .. } => line(format!("[context {path}]")),
        Part::Skill { name, .. } => line(format!("[skill {name}]")),
    }
}

/// Returns the plan that a result shows, if it is one.
fn plan(result: &ToolResult) -> Option<&str> {
    let is_plan = result.tool_name == PLAN && !result.is_error && result.result["kind"] == "plan";
    result.result["content"].as_str().filter(|_| is_plan)
}

fn of_delta(delta: &Delta) -> Option<Segment> {
    match delta {
        Delta::Text { text } => Some(Segment { kind: Kind::Text, text: text.clone() }),
        Delta::Reasoning { text } => Some(Segment { kind: Kind::Reasoning, text: text.clone() }),
        Delta::ToolCall { tool_name, args_delta, .. } => {
            let args: Value = serde_json::from_str(args_delta).ok()?;
            Some(Segment { kind: Kind::Line, text: called(tool_name, &args) })
        }
        Delta::ToolResult { tool_name, result_delta, .. } => {
            // Its end grows; the last line of it is what a person waits for.
            let last = result_delta.lines().rev().find(|line| !line.trim().is_empty())?;
            Some(Segment { kind: Kind::Progress, text: format!("  … {tool_name}: {}", short(last)) })
        }
        Delta::Source { url, title } => {
            Some(Segment { kind: Kind::Line, text: source(url, title.as_deref()) })
        }
    }
}

fn called(tool_name: &str, args: &Value) -> String {
    format!("⚙ {tool_name} {}", short(&args.to_string()))
}

fn source(url: &str, title: Option<&str>) -> String {
    title.map_or_else(|| format!("↗ {url}"), |title| format!("↗ {title} <{url}>"))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns a text on one line, cut where it is long.
#[must_use]
pub fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LINE_CHARS {
        return line;
    }
    line.chars().take(LINE_CHARS - 1).chain(['…']).collect()
}
