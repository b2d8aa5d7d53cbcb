//! What a server says that it can do, within bounds.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    id::ServerId,
    limit::{SERVER_TOOL_BYTES, SERVER_TOOLS, SERVER_TOOLS_BYTES},
    time::Timestamp,
};

/// A tool of a server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerTool {
    /// What the server calls it.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A JSON Schema of its arguments.
    pub input_schema: Value,
}

impl ServerTool {
    fn bytes(&self) -> usize {
        let described = self.description.as_ref().map_or(0, String::len);
        self.name.len() + described + self.input_schema.to_string().len()
    }
}

/// What is known of a server's tools.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerTools {
    /// Whose they are.
    pub server_id: ServerId,
    /// The server's edition that said so.
    pub edition: u64,
    /// When it was asked last.
    pub fetched_at: Timestamp,
    /// The tools, by name.
    pub tools: Vec<ServerTool>,
    /// How many more there are than are kept.
    pub omitted: usize,
    /// Why it could not be asked, if the last try failed; the tools are of an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl ServerTools {
    /// Returns what is kept of a list: as many tools, in the order of their names, as there may be. One that is too large is
    /// left out, and so is what does not fit any more.
    #[must_use]
    pub fn of(server_id: ServerId, edition: u64, mut listed: Vec<ServerTool>, now: Timestamp) -> Self {
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        listed.dedup_by(|a, b| a.name == b.name);
        let (all, mut left_bytes) = (listed.len(), SERVER_TOOLS_BYTES);
        listed.retain(|tool| {
            let bytes = tool.bytes();
            let fits = bytes <= SERVER_TOOL_BYTES.min(left_bytes);
            left_bytes -= if fits { bytes } else { 0 };
            fits
        });
        listed.truncate(SERVER_TOOLS);
        let omitted = all - listed.len();
        Self { server_id, edition, fetched_at: now, tools: listed, omitted, failure: None }
    }

    /// Returns whether both say the same, whenever they did.
    #[must_use]
    pub fn says(&self, other: &Self) -> bool {
        Self { fetched_at: other.fetched_at, ..self.clone() } == *other
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(name: &str, bytes: usize) -> ServerTool {
        ServerTool {
            name: name.into(),
            description: Some("d".repeat(bytes)),
            input_schema: json!({"type": "object"}),
        }
    }

    fn kept(listed: Vec<ServerTool>) -> (Vec<String>, usize) {
        let kept = ServerTools::of(ServerId(uuid::Uuid::nil()), 1, listed, Timestamp(0));
        (kept.tools.into_iter().map(|tool| tool.name).collect(), kept.omitted)
    }

    #[test]
    fn a_list_is_kept_by_name_and_one_of_two_that_are_called_the_same() {
        assert_eq!(kept(vec![tool("b", 1), tool("a", 1), tool("b", 2)]), (vec!["a".into(), "b".into()], 0));
    }

    #[test]
    fn what_is_too_large_or_too_much_is_left_out_and_counted() {
        let large = vec![tool("a", SERVER_TOOL_BYTES), tool("b", 1)];
        assert_eq!(kept(large), (vec!["b".into()], 1));
        let many = (0..SERVER_TOOLS + 3).map(|n| tool(&format!("{n:04}"), 1)).collect();
        let (names, omitted) = kept(many);
        assert_eq!((names.len(), omitted), (SERVER_TOOLS, 3));
        let heavy: Vec<ServerTool> =
            (0..20).map(|n| tool(&format!("{n:04}"), SERVER_TOOL_BYTES / 2)).collect();
        let (names, omitted) = kept(heavy);
        assert!(omitted > 0 && names.len() * SERVER_TOOL_BYTES / 2 <= SERVER_TOOLS_BYTES, "{omitted}");
    }
}
