//! The lines that invocations leave.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

use super::within;

/// The lines so far. Clones share them.
#[derive(Clone)]
pub(crate) struct Lines(Arc<watch::Sender<Vec<Value>>>);

impl Default for Lines {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Vec::new())))
    }
}

impl Lines {
    /// Returns where a stack puts them; each must be a flat object without a null.
    pub(crate) fn sink(&self) -> local::Lines {
        let Self(lines) = self.clone();
        Arc::new(move |text| {
            let line: Value = serde_json::from_str(text).expect("a line is JSON");
            for (name, value) in line.as_object().expect("a line is an object") {
                let is_flat = value.is_string() || value.is_number() || name == "_aws";
                assert!(is_flat, "{name} is {value}");
            }
            lines.send_modify(|lines| lines.push(line));
        })
    }

    pub(crate) fn all(&self) -> Vec<Value> {
        self.0.borrow().clone()
    }

    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&[Value]) -> bool) {
        let mut lines = self.0.subscribe();
        within(what, lines.wait_for(|lines| wanted(lines))).await.expect("the sender is here");
    }
}
