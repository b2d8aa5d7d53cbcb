//! A wire format, seen as moments of a stream.

use bytes::{Bytes, BytesMut};
use serde_json::Value;

use super::{refusal::Refusal, scene::Scene};

/// Renders a scene in a provider's format. `index` counts the scene's pieces.
pub(crate) trait Wire: Send + Sync {
    /// Before the first piece.
    fn open(&mut self, scene: &Scene, out: &mut Frames);
    /// A piece starts.
    fn begin(&mut self, scene: &Scene, index: usize, out: &mut Frames);
    /// A fragment of a piece.
    fn delta(&mut self, scene: &Scene, index: usize, fragment: &str, out: &mut Frames);
    /// A piece is complete.
    fn end(&mut self, scene: &Scene, index: usize, out: &mut Frames);
    /// After the last piece.
    fn close(&mut self, scene: &Scene, out: &mut Frames);
    /// The provider gives up in mid-stream.
    fn give_up(&mut self, scene: &Scene, refusal: &Refusal, out: &mut Frames);
    /// The same answer without streaming.
    fn whole(&self, scene: &Scene) -> Value;
}

/// Server-sent events that leave together.
#[derive(Debug, Default)]
pub(crate) struct Frames(BytesMut);

impl Frames {
    /// Appends an event named by the payload's own `type`.
    pub(crate) fn event(&mut self, payload: &Value) {
        self.0.extend_from_slice(b"event: ");
        self.0.extend_from_slice(payload["type"].as_str().unwrap_or_default().as_bytes());
        self.0.extend_from_slice(b"\n");
        self.data(&payload.to_string());
    }

    /// Appends an event without a name.
    pub(crate) fn data(&mut self, payload: &str) {
        self.0.extend_from_slice(b"data: ");
        self.0.extend_from_slice(payload.as_bytes());
        self.0.extend_from_slice(b"\n\n");
    }

    pub(crate) fn take(&mut self) -> Option<Bytes> {
        (!self.0.is_empty()).then(|| self.0.split().freeze())
    }
}
