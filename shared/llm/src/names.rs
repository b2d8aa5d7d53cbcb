//! Names and ids as the wire takes them: `[A-Za-z0-9_-]`, short, and unique.

use std::collections::{HashMap, HashSet};

use chat::{
    id::CallId,
    model::{ModelRequest, ToolSpec},
};

use crate::options::own_tool;

/// The longest name or id that every provider takes.
const LONGEST: usize = 64;

/// The tools' names on the wire, and back.
#[derive(Clone, Debug, Default)]
pub(crate) struct ToolNames {
    to_wire: HashMap<String, String>,
    to_ours: HashMap<String, String>,
}

impl ToolNames {
    /// Names the tools of a request apart from each other and from the one that its provider runs itself.
    pub(crate) fn of(request: &ModelRequest) -> Self {
        Self::beside(&request.tools, own_tool(&request.model))
    }

    fn beside(tools: &[ToolSpec], own: Option<&str>) -> Self {
        let mut names = Self::default();
        let ours = tools.iter().map(|tool| tool.name.as_str());
        let mut used: HashSet<String> = ours.chain(own).map(str::to_owned).collect();
        for tool in tools.iter().filter(|tool| plain(&tool.name) != tool.name) {
            let wire = unused(&plain(&tool.name), &mut used);
            names.to_ours.insert(wire.clone(), tool.name.clone());
            names.to_wire.insert(tool.name.clone(), wire);
        }
        names
    }

    /// Returns the name as the provider takes it; a tool that is gone still needs a name in history.
    pub(crate) fn wire(&self, ours: &str) -> String {
        self.to_wire.get(ours).cloned().unwrap_or_else(|| plain(ours))
    }

    /// Returns the name as the request said it.
    pub(crate) fn ours(&self, wire: &str) -> String {
        self.to_ours.get(wire).map_or(wire, String::as_str).to_owned()
    }
}

/// The calls' ids on the wire, in the order of history.
///
/// Some servers name calls alike in every answer; others refuse a history that names two calls alike.
#[derive(Debug, Default)]
pub(crate) struct CallIds {
    current: HashMap<CallId, String>,
    used: HashSet<String>,
}

impl CallIds {
    /// Returns the name of a call.
    pub(crate) fn call(&mut self, id: &CallId) -> String {
        let wire = unused(&plain(&id.0), &mut self.used);
        self.current.insert(id.clone(), wire.clone());
        wire
    }

    /// Returns the name of the call that a result answers, or none if there is none or it has a result.
    pub(crate) fn result(&mut self, id: &CallId) -> Option<String> {
        self.current.remove(id)
    }
}

/// Returns `text` with what providers do not take replaced, and never empty.
pub(crate) fn plain(text: &str) -> String {
    let good = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let text: String = text.chars().take(LONGEST).map(good).collect();
    if text.is_empty() { "_".to_owned() } else { text }
}

fn unused(base: &str, used: &mut HashSet<String>) -> String {
    let mut name = base.to_owned();
    let mut count = 1_u32;
    while used.contains(&name) {
        count += 1;
        let suffix = format!("_{count}");
        name = base.chars().take(LONGEST - suffix.len()).collect::<String>() + &suffix;
    }
    used.insert(name.clone());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str) -> ToolSpec {
        ToolSpec { name: name.to_owned(), description: None, input_schema: serde_json::json!({}) }
    }

    #[test]
    fn odd_tool_names_go_out_plain_and_come_back_odd() {
        let names = ToolNames::beside(&[tool("a_b"), tool("a.b"), tool("a b"), tool("read")], None);
        assert_eq!(
            ["a_b", "a.b", "a b", "read"].map(|name| names.wire(name)),
            ["a_b", "a_b_2", "a_b_3", "read"]
        );
        assert_eq!(["a_b", "a_b_2", "a_b_3"].map(|name| names.ours(name)), ["a_b", "a.b", "a b"]);
        assert_eq!(names.wire("gone.tool"), "gone_tool");
    }

    #[test]
    fn a_tool_is_not_named_like_the_one_that_the_provider_runs() {
        let names = ToolNames::beside(&[tool("web.search")], Some("web_search"));
        assert_eq!(names.wire("web.search"), "web_search_2");
        assert_eq!(names.ours("web_search"), "web_search");
    }

    #[test]
    fn calls_named_alike_are_told_apart_and_results_follow_them() {
        let (first, second) = (CallId::from("bash:0"), CallId::from("bash_0"));
        let mut ids = CallIds::default();
        assert_eq!(ids.call(&first), "bash_0");
        assert_eq!(ids.call(&second), "bash_0_2");
        assert_eq!(ids.result(&first).as_deref(), Some("bash_0"));
        assert_eq!(ids.result(&second).as_deref(), Some("bash_0_2"));
        assert_eq!(ids.call(&first), "bash_0_3");
        assert_eq!(ids.result(&first).as_deref(), Some("bash_0_3"));
    }

    #[test]
    fn a_result_without_a_call_has_no_name() {
        assert_eq!(CallIds::default().result(&CallId::from("x")), None);
    }

    #[test]
    fn long_ids_stay_unique() {
        let mut ids = CallIds::default();
        let long = "x".repeat(100);
        let first = ids.call(&CallId(format!("{long}1")));
        let second = ids.call(&CallId(format!("{long}2")));
        assert_eq!((first.len(), second.len()), (64, 64));
        assert_ne!(first, second);
    }
}
