//! One answer, resolved: what is said, by which ids, at which price.

use super::{
    cache::Cached,
    script::{Piece, Script, Stop},
    seal::Seed,
    talk::Talk,
};

/// Tokens, counted as bytes divided by four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Everything in the prompt, cached or not.
    pub(crate) input: u64,
    pub(crate) cache_read: u64,
    pub(crate) cache_written: u64,
    pub(crate) output: u64,
    pub(crate) reasoning: u64,
}

/// What a wire format renders.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) stop: Stop,
    pub(crate) seed: Seed,
    pub(crate) model: String,
    pub(crate) usage: Usage,
}

impl Scene {
    pub(crate) fn new(talk: &Talk, script: &Script, cached: Cached, seed: Seed) -> Self {
        let (pieces, stop) = within_limit(script, talk.max_tokens);
        let cache_read = tokens(cached.read_bytes);
        let cache_written = tokens(cached.written_bytes);
        let usage = Usage {
            input: tokens(talk.prefix.bytes()).max(cache_read + cache_written),
            cache_read,
            cache_written,
            output: pieces.iter().map(|piece| tokens(piece.len())).sum(),
            reasoning: pieces
                .iter()
                .filter(|piece| piece.is_reasoning())
                .map(|piece| tokens(piece.len()))
                .sum(),
        };
        Self { pieces, stop, seed, model: talk.model.clone(), usage }
    }

    pub(crate) fn calls(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Call { .. }))
    }

    /// How many calls come before this piece.
    pub(crate) fn calls_before(&self, index: usize) -> usize {
        self.pieces.iter().take(index).filter(|piece| matches!(piece, Piece::Call { .. })).count()
    }
}

pub(crate) fn tokens(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(4)).unwrap_or(u64::MAX)
}

/// The model stops in mid-word at its output limit, as real ones do; a call that does not fit is not made.
fn within_limit(script: &Script, max_tokens: Option<u64>) -> (Vec<Piece>, Stop) {
    let mut left =
        max_tokens.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX).saturating_mul(4);
    let mut pieces = Vec::with_capacity(script.pieces.len());
    for piece in &script.pieces {
        let whole = piece.len() <= left;
        pieces.extend(if whole { Some(piece.clone()) } else { piece.cut(left) });
        if !whole {
            return (pieces, Stop::MaxTokens);
        }
        left -= piece.len();
    }
    (pieces, script.stop)
}

impl Piece {
    pub(crate) fn is_reasoning(&self) -> bool {
        matches!(self, Self::Reason(_) | Self::Redacted(_))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Reason(text) | Self::Redacted(text) | Self::Text(text) => text.len(),
            Self::Call { name, input } => name.len() + input.len(),
        }
    }

    /// The chunk that starts at this byte: a word, or a dozen characters of arguments; empty at the end.
    pub(crate) fn fragment(&self, at: usize) -> &str {
        match self {
            Self::Reason(text) | Self::Text(text) => {
                text.get(at..).and_then(|rest| rest.split_inclusive(' ').next()).unwrap_or_default()
            }
            Self::Call { input, .. } => {
                input.get(at..).map_or("", |rest| rest.split_at(rest.ceil_char_boundary(12)).0)
            }
            Self::Redacted(_) => "",
        }
    }

    fn cut(&self, bytes: usize) -> Option<Self> {
        let head = |text: &String| text[..text.floor_char_boundary(bytes)].to_owned();
        match self {
            Self::Reason(text) => Some(Self::Reason(head(text))),
            Self::Text(text) => Some(Self::Text(head(text))),
            Self::Redacted(_) | Self::Call { .. } => None,
        }
        .filter(|piece| piece.len() > 0)
    }
}
