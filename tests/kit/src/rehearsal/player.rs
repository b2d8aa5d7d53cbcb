//! Plays a scene chunk by chunk, with its pace, its holds and its mishaps.

use std::{io, time::Duration};

use bytes::Bytes;
use serde_json::Value;
use tokio::{task::yield_now, time::sleep};

use super::{
    dialect::Dialect,
    hold::Gate,
    refusal::Refusal,
    scene::Scene,
    script::{Mishap, Script, Trouble},
    wire::{Frames, Wire},
};

/// Where in its scene a stream is. `Delta` holds the piece and the byte at which the next chunk starts.
#[derive(Clone, Copy, Debug)]
enum Beat {
    Open,
    Begin(usize),
    Delta(usize, usize),
    End(usize),
    Close,
    Over,
}

/// A stream of chunks in the making.
pub(crate) struct Player {
    dialect: Dialect,
    wire: Box<dyn Wire>,
    scene: Scene,
    beat: Beat,
    pace: Duration,
    gate: Option<Gate>,
    troubles: Vec<Trouble>,
    chunks: usize,
    frames: Frames,
}

/// How a stream that is not complete ends.
#[derive(Debug)]
pub(crate) enum Broken {
    Cut,
    GaveUp(Refusal),
}

impl Player {
    /// `troubles` are those of the script that befall this attempt.
    pub(crate) fn new(
        dialect: Dialect,
        wire: Box<dyn Wire>,
        scene: Scene,
        script: &Script,
        troubles: Vec<Trouble>,
    ) -> Self {
        let (pace, gate) = (script.pace, script.gate.clone());
        Self {
            dialect,
            wire,
            scene,
            beat: Beat::Open,
            pace,
            gate,
            troubles,
            chunks: 0,
            frames: Frames::default(),
        }
    }

    /// The next bytes; none at the end; an error where the connection is to be dropped.
    pub(crate) async fn next(&mut self) -> Option<io::Result<Bytes>> {
        while !matches!(self.beat, Beat::Over) {
            match self.play().await {
                Ok(()) => {}
                Err(Broken::Cut) => return Some(Err(self.cut())),
                Err(Broken::GaveUp(refusal)) => self.give_up(&refusal),
            }
            if let Some(bytes) = self.frames.take() {
                return Some(Ok(bytes));
            }
        }
        None
    }

    /// Plays everything in silence, for an answer that is not streamed.
    pub(crate) async fn whole(&mut self) -> Result<Value, Broken> {
        while !matches!(self.beat, Beat::Over) {
            self.play().await?;
            self.frames.take();
        }
        Ok(self.wire.whole(&self.scene))
    }

    /// Drops the rest: the connection breaks here.
    pub(crate) fn cut(&mut self) -> io::Error {
        self.beat = Beat::Over;
        io::Error::new(io::ErrorKind::ConnectionAborted, "cut by the script")
    }

    async fn play(&mut self) -> Result<(), Broken> {
        let beat = self.beat;
        match beat {
            Beat::Open => self.wire.open(&self.scene, &mut self.frames),
            Beat::Begin(index) => self.wire.begin(&self.scene, index, &mut self.frames),
            Beat::Delta(index, at) => self.delta(index, at).await?,
            Beat::End(index) => self.wire.end(&self.scene, index, &mut self.frames),
            Beat::Close => self.close().await?,
            Beat::Over => {}
        }
        self.beat = self.scene.after(beat);
        Ok(())
    }

    async fn delta(&mut self, index: usize, at: usize) -> Result<(), Broken> {
        self.befall(self.chunks).await?;
        if self.chunks > 0 && !self.pace.is_zero() {
            sleep(self.pace).await;
        }
        self.pass().await;
        let Some(piece) = self.scene.pieces.get(index) else { return Ok(()) };
        self.wire.delta(&self.scene, index, piece.fragment(at), &mut self.frames);
        self.chunks += 1;
        Ok(())
    }

    async fn close(&mut self) -> Result<(), Broken> {
        self.befall(usize::MAX).await?;
        self.pass().await;
        self.wire.close(&self.scene, &mut self.frames);
        Ok(())
    }

    async fn pass(&self) {
        if let Some(gate) = &self.gate {
            gate.pass().await;
            gate.passed();
        }
    }

    /// Lets every trouble happen that is due after this many chunks.
    async fn befall(&mut self, chunks: usize) -> Result<(), Broken> {
        while let Some(at) = self.troubles.iter().position(|trouble| trouble.after <= chunks) {
            match self.troubles.remove(at).mishap {
                Mishap::Fail(_) => {}
                Mishap::Stall(time) => sleep(time).await,
                Mishap::Cut => {
                    // A broken body discards what the connection has not written yet: let it write first.
                    yield_now().await;
                    return Err(Broken::Cut);
                }
                Mishap::ErrorEvent(fault) => return Err(Broken::GaveUp(self.dialect.fault(fault))),
            }
        }
        Ok(())
    }

    fn give_up(&mut self, refusal: &Refusal) {
        self.beat = Beat::Over;
        self.wire.give_up(&self.scene, refusal, &mut self.frames);
    }
}

impl Scene {
    /// Beats are derived one by one: a list of them would outweigh the text of a long stream.
    fn after(&self, beat: Beat) -> Beat {
        match beat {
            Beat::Open => self.piece_or_close(0),
            Beat::Begin(index) => self.delta_or_end(index, 0),
            Beat::Delta(index, at) => {
                let passed = self.pieces.get(index).map_or(0, |piece| piece.fragment(at).len());
                self.delta_or_end(index, at + passed)
            }
            Beat::End(index) => self.piece_or_close(index + 1),
            Beat::Close | Beat::Over => Beat::Over,
        }
    }

    fn piece_or_close(&self, index: usize) -> Beat {
        if index < self.pieces.len() { Beat::Begin(index) } else { Beat::Close }
    }

    fn delta_or_end(&self, index: usize, at: usize) -> Beat {
        let more = self.pieces.get(index).is_some_and(|piece| !piece.fragment(at).is_empty());
        if more { Beat::Delta(index, at) } else { Beat::End(index) }
    }
}
