//! The model that steps ask, with its own ways to fail.

use std::{future::pending, sync::Arc};

use chat::{
    failure::Kind as Failure,
    model::{ModelError, ModelEvent, ModelRequest},
    port::{Answer, AskModel},
};
use kit::{
    aside,
    model::{Script, Scripted, ScriptedAnswer, model_error},
    replies::text_of,
};

use super::{WeakWorld, World, caller::Caller};
use crate::{fault::Kind, plan::OnceIn};

/// Asks the scene's scripts.
pub(super) struct Model(WeakWorld);

impl Model {
    pub(super) fn new(world: &Arc<World>) -> Self {
        Self(Arc::downgrade(world))
    }
}

impl AskModel for Model {
    type Answer = Hearing;

    async fn ask(&self, request: ModelRequest) -> Result<Self::Answer, ModelError> {
        let Some(world) = self.0.upgrade() else { return Err(model_error(Failure::Generic, false)) };
        world.pause(20, 120).await;
        world.note(|| format!("   model is asked, {} messages", request.messages.len()));
        world.heard();
        if world.strikes(&[Kind::ModelRefuses], OnceIn(12)).is_some() {
            return Err(model_error(Failure::Overloaded, true));
        }
        let script = match request.messages.last().and_then(|last| aside::answer(&text_of(last))) {
            Some(text) => Scripted::new([Script::says(&text)]).ask(request).await?,
            None => world.replies.ask(request).await?,
        };
        Ok(Hearing { script, world, silenced: None })
    }
}

/// An answer, as far as it gets.
pub(super) struct Hearing {
    script: ScriptedAnswer,
    world: Arc<World>,
    silenced: Option<Kind>,
}

impl Answer for Hearing {
    async fn next(&mut self) -> Option<Result<ModelEvent, ModelError>> {
        if self.silenced.is_some() {
            return self.broken_off().await;
        }
        // Nothing is taken before the last await, so that dropping this future loses nothing.
        let event = self.script.next().await;
        self.world.heard();
        let offered = [Kind::ModelFails, Kind::ModelCut, Kind::ModelStalls];
        self.silenced = self.world.strikes(&offered, OnceIn(120));
        match self.silenced {
            None => event,
            Some(kind) => {
                self.world.disturb(kind.name());
                self.broken_off().await
            }
        }
    }
}

impl Hearing {
    async fn broken_off(&self) -> Option<Result<ModelEvent, ModelError>> {
        match self.silenced {
            Some(Kind::ModelFails) => Some(Err(model_error(Failure::Overloaded, true))),
            Some(Kind::ModelStalls) => pending().await,
            Some(_) | None => None,
        }
    }
}

impl World {
    /// The step that runs here hears from its model: work goes on.
    fn heard(&self) {
        if let Some(chat) = Caller::current().and_then(|caller| caller.chat) {
            self.goes_on(&chat);
        }
    }
}
