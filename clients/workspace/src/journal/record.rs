//! One line of the journal.

use chat::{
    agent::{AgentAnswer, AgentCall, CallToken},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(super) enum Record {
    /// Its tool is about to begin.
    Started { call: AgentCall, at: Timestamp },
    /// Its tool has ended, and the answer is about to be sent.
    Answered { answer: AgentAnswer, at: Timestamp },
    /// Nobody wants an answer any more.
    Gone { token: CallToken, at: Timestamp },
}

impl Record {
    pub(super) const fn token(&self) -> &CallToken {
        match self {
            Self::Started { call, .. } => &call.token,
            Self::Answered { answer, .. } => &answer.token,
            Self::Gone { token, .. } => token,
        }
    }

    pub(super) const fn at(&self) -> Timestamp {
        match self {
            Self::Started { at, .. } | Self::Answered { at, .. } | Self::Gone { at, .. } => *at,
        }
    }

    /// Returns its line: a checksum, a space, JSON.
    pub(super) fn line(&self) -> serde_json::Result<Vec<u8>> {
        let json = serde_json::to_string(self)?;
        Ok(format!("{} {json}\n", checksum(json.as_bytes())).into_bytes())
    }

    /// Returns what a line says; none where it is not whole.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let (sum, json) = line.split_at_checked(8)?;
        let json = json.strip_prefix(b" ")?;
        (sum == checksum(json).as_bytes()).then(|| serde_json::from_slice(json).ok())?
    }
}

fn checksum(json: &[u8]) -> String {
    hex::encode(Sha256::digest(json).get(..4).unwrap_or_default())
}
