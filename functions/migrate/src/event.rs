//! What the caller wants.

use serde::Deserialize;
use serde_json::Value;

/// Segments read beside each other, unless the caller says otherwise.
const SEGMENTS: u16 = 4;
/// Most segments: each holds a page in memory.
const MAX_SEGMENTS: u16 = 64;
/// Items of a page, unless the caller says otherwise: what is read before anything is written, and done again after
/// a death.
const PAGE_ITEMS: u16 = 100;
/// Most items of a page.
const MAX_PAGE_ITEMS: u16 = 1_000;
/// Capacity units a second, unless the caller says otherwise: an eighth of what a new table on demand takes.
const UNITS_PER_SECOND: u32 = 500;

/// What the caller wants. A field that is not here is an error.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Event {
    /// Whether to count only.
    pub dry_run: bool,
    /// Into how many segments the table is cut. A migration that was begun keeps its number.
    pub segments: u16,
    /// Items that a segment reads at once.
    pub page_items: u16,
    /// Capacity units of the chats table, read and written, that all segments together use in a second.
    pub units_per_second: u32,
    /// The one migration to apply; otherwise all.
    pub only: Option<String>,
}

/// An event that makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum BadEvent {
    /// It is not of the form.
    #[error("event: {0}")]
    Form(#[from] serde_json::Error),
    /// A number is out of its range.
    #[error("{0} is not between 1 and {1}")]
    Range(&'static str, u32),
    /// There is no such migration.
    #[error("there is no migration of that name")]
    Unknown,
}

impl Default for Event {
    fn default() -> Self {
        Self {
            dry_run: false,
            segments: SEGMENTS,
            page_items: PAGE_ITEMS,
            units_per_second: UNITS_PER_SECOND,
            only: None,
        }
    }
}

impl Event {
    /// Reads an event.
    ///
    /// # Errors
    /// It makes no sense.
    pub fn read(event: Value) -> Result<Self, BadEvent> {
        let event: Self = serde_json::from_value(event)?;
        if !(1..=MAX_SEGMENTS).contains(&event.segments) {
            return Err(BadEvent::Range("segments", MAX_SEGMENTS.into()));
        }
        if !(1..=MAX_PAGE_ITEMS).contains(&event.page_items) {
            return Err(BadEvent::Range("page_items", MAX_PAGE_ITEMS.into()));
        }
        if event.units_per_second == 0 {
            return Err(BadEvent::Range("units_per_second", u32::MAX));
        }
        let known = |name: &String| migrations::ALL.iter().any(|migration| migration.name == name);
        if event.only.as_ref().is_some_and(|name| !known(name)) {
            return Err(BadEvent::Unknown);
        }
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_said_means_everything_at_a_modest_pace() {
        assert_eq!(Event::read(json!({})).unwrap(), Event::default());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |event| Event::read(event).unwrap_err().to_string();
        assert_eq!(refused(json!({"segments": 0})), "segments is not between 1 and 64");
        assert_eq!(refused(json!({"page_items": 1_001})), "page_items is not between 1 and 1000");
        assert_eq!(
            refused(json!({"units_per_second": 0})),
            "units_per_second is not between 1 and 4294967295"
        );
        assert_eq!(refused(json!({"only": "0000_nothing"})), "there is no migration of that name");
        assert!(refused(json!({"dryrun": true})).starts_with("event: unknown field `dryrun`"));
    }
}
