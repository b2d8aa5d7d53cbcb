//! The recorded sizes.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::bootstrap::Bootstrap;

/// The most that a function may be.
pub(crate) const BAR_MB: f64 = 6.5;

/// Bytes by architecture and function.
pub(crate) struct Sizes(BTreeMap<String, BTreeMap<String, u64>>);

impl Sizes {
    pub(crate) fn read() -> Result<Self> {
        let text = fs::read_to_string(path()).context("sizes.json")?;
        Ok(Self(serde_json::from_str(&text).context("sizes.json")?))
    }

    /// Writes the sizes of what is built now over those that were recorded before.
    pub(crate) fn record(bootstraps: &[Bootstrap]) -> Result<()> {
        let mut sizes = Self::read()?;
        for one in bootstraps {
            let of = sizes.0.entry(one.architecture.to_owned()).or_default();
            of.insert(one.name.clone(), one.bytes);
        }
        Ok(fs::write(path(), serde_json::to_string_pretty(&sizes.0)? + "\n")?)
    }

    /// Returns what is wrong with a function's size.
    pub(crate) fn faults(&self, one: &Bootstrap) -> Vec<String> {
        let Bootstrap { name, bytes, architecture, .. } = one;
        let above = (*bytes as f64 > BAR_MB * 1e6)
            .then(|| format!("{name} is too large: {bytes} bytes, above the bar of {BAR_MB} MB"));
        let recorded = self.0.get(*architecture).and_then(|of| of.get(name));
        let grown = recorded.filter(|recorded| *bytes > *recorded + *recorded / 10).map(|recorded| {
            format!("{name} has grown: {bytes} bytes, more than a tenth above the {recorded} of sizes.json")
        });
        let unrecorded = recorded.is_none().then(|| {
            format!(
                "{name} is not in sizes.json for {architecture}: `cargo bench -p cold -- --record` adds it"
            )
        });
        above.into_iter().chain(grown).chain(unrecorded).collect()
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sizes.json")
}
