//! A model call from its request to what comes of it, under a lease that is kept.

use std::sync::Arc;

use chat::{
    Change,
    message::Message,
    model::ModelRequest,
    port::{AskModel, HoldWake, Unavailable},
    record::{Lease, Spec},
    transition::Fence,
};

use super::{
    Step, StepPorts,
    bill::Bill,
    compacting::Work,
    conclude::{Answers, End, Ended},
    lease::Stop,
    seen,
    source::Source,
    stream::Stream,
    vitals::Vitals,
};
use futures::future::join;

use crate::{compaction::since_boundary, prompt::Asked};

const UNRENEWED: &str = "the lease could not be renewed";

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Asks the model, streams its answer, and commits what comes of it.
    pub(super) async fn stream(
        &self,
        begun: Change,
        history: Vec<Arc<Message>>,
        spec: Spec,
        asked: Asked,
    ) -> Result<(), Unavailable> {
        let lease = begun.chat.lease.unwrap_or(Lease::from(self.id, self.now()));
        let fence = Fence {
            worker: self.id,
            history_version: begun.chat.versions.history,
            generation_attempt: begun.chat.versions.generation_attempt,
        };
        let work = Work { chat: &begun.chat, history: since_boundary(&history), spec: &spec, asked: &asked };
        let answers = Answers::to(work.history.last());
        let vitals = Vitals::of(&begun.chat, self.now());
        let mut stream = Stream::new(&self.worker.ports, &begun, fence, &asked.model.provider, &vitals);
        let end = tokio::select! {
            biased;
            stop = self.keep_lease(lease, begun.chat.due_at, &vitals) => match stop {
                Stop::Taken => End::Overtaken,
                Stop::Unrenewed => return Err(Unavailable { dependency: "chats", reason: UNRENEWED.into() }),
                Stop::OutOfTime => End::OutOfTime,
            },
            (end, ()) = join(self.work(&mut stream, &work), self.have_named(&work)) => end?,
        };
        let Stream { output, untold, compacting, .. } = stream;
        let cost_micros = vitals.progress(self.now()).cost_micros;
        let bill = Bill { cost_micros, ceiling: asked.offer.catalogue.settings.limits.org_period() };
        let model = &*asked.model;
        let catalogue = &*asked.offer.catalogue;
        let ended = Ended {
            end,
            output,
            untold,
            fence,
            bill,
            model,
            chat: &begun.chat,
            spec: &spec,
            answers,
            compacting,
            catalogue,
        };
        Box::pin(self.conclude(ended)).await
    }

    /// Sends a request and streams what comes of it.
    pub(super) async fn ask(
        &self,
        stream: &mut Stream<'_, P>,
        request: ModelRequest,
    ) -> Result<End, Unavailable> {
        seen::asking(&request.model, stream.fence.generation_attempt);
        let source = Source::Asking(Box::pin(self.worker.model.ask(request)));
        stream.run(source).await
    }
}
