//! Which faults strike in a run.

use std::collections::BTreeMap;

use crate::{dice::Dice, fault::Kind};

/// Faults of a storm at most: fewer than the attempts that a model call has.
const STORM_FAULTS: u32 = 14;

/// What one run is to go through.
#[derive(Debug)]
pub(crate) struct Plan {
    mode: Mode,
    struck: Vec<Kind>,
    /// How often each kind could have struck, had it been to.
    places: BTreeMap<Kind, u64>,
}

#[derive(Debug)]
enum Mode {
    Calm,
    Over,
    /// Counts the places where the kind may strike, and strikes at one.
    Once {
        kind: Kind,
        at: u64,
        seen: u64,
    },
    Storm {
        dice: Dice,
        left: u32,
    },
}

/// How rare faults of a storm are at one kind of place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OnceIn(pub(crate) u64);

impl Plan {
    pub(crate) const fn new(kind: Kind, at: u64) -> Self {
        let mode = if matches!(kind, Kind::Nothing) {
            Mode::Calm
        } else if matches!(kind, Kind::Storm) {
            Mode::Storm { dice: Dice::new(at), left: STORM_FAULTS }
        } else {
            Mode::Once { kind, at, seen: 0 }
        };
        Self { mode, struck: Vec::new(), places: BTreeMap::new() }
    }

    /// Returns what strikes at a place where any of `offered` may.
    pub(crate) fn next(&mut self, offered: &[Kind], rarity: OnceIn) -> Option<Kind> {
        let struck = match &mut self.mode {
            Mode::Calm => {
                offered.iter().for_each(|kind| *self.places.entry(*kind).or_default() += 1);
                None
            }
            Mode::Over => None,
            Mode::Once { kind, at, seen } if offered.contains(kind) => {
                *seen += 1;
                (*seen == *at + 1).then_some(*kind)
            }
            Mode::Once { .. } => None,
            Mode::Storm { left: 0, .. } => None,
            Mode::Storm { dice, left } => {
                let struck = dice.once_in(rarity.0).then(|| dice.pick(offered)).flatten();
                *left -= u32::from(struck.is_some());
                struck
            }
        };
        self.struck.extend(struck);
        struck
    }

    /// Nothing goes wrong any more.
    pub(crate) fn calm(&mut self) {
        self.mode = Mode::Over;
    }

    pub(crate) const fn places(&self) -> &BTreeMap<Kind, u64> {
        &self.places
    }

    pub(crate) fn struck(&self) -> &[Kind] {
        &self.struck
    }
}
