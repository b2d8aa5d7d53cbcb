//! What is asked of the API while a chat is followed.

use std::{collections::BTreeSet, future::Future};

use chat::{
    id::{ChatId, MessageId},
    message::{MessageView, QueuedView},
};
use tokio::sync::mpsc::{self, Receiver, Sender};
use view::View;

use crate::{
    api::{Absence, Api},
    args::ChatArgs,
    stack::{Finder, NotFound},
};

/// What a request came to.
pub(super) enum Done {
    Said(anyhow::Result<()>),
    Interrupted(anyhow::Result<()>),
    Fetched(MessageId, anyhow::Result<Option<MessageView>>),
    FetchedQueue(anyhow::Result<Vec<QueuedView>>),
}

/// Requests that are under way beside everything else.
pub(super) struct Requests {
    api: Api,
    chat_id: ChatId,
    says: Sender<String>,
    done: Receiver<Done>,
    done_by: Sender<Done>,
    fetching: BTreeSet<MessageId>,
    is_fetching_queue: bool,
}

impl Requests {
    pub(super) fn new(finder: Finder, options: &ChatArgs, chat_id: ChatId) -> Self {
        let api = Api { finder, absence: Absence::Passes };
        let (says, to_say) = mpsc::channel(32);
        let (done_by, done) = mpsc::channel(32);
        tokio::spawn(say_all(api.clone(), options.clone(), chat_id, to_say, done_by.clone()));
        Self { api, chat_id, says, done, done_by, fetching: BTreeSet::new(), is_fetching_queue: false }
    }

    /// Returns what one of them came to.
    pub(super) async fn done(&mut self) -> Option<Done> {
        self.done.recv().await
    }

    pub(super) async fn say(&self, text: String) -> anyhow::Result<()> {
        Ok(self.says.send(text).await?)
    }

    pub(super) fn interrupt(&self) {
        let (api, chat_id) = (self.api.clone(), self.chat_id);
        self.begin(async move { Done::Interrupted(api.interrupt(chat_id).await.map(drop)) });
    }

    /// Asks for what was too large for a frame.
    pub(super) fn fetch_missing(&mut self, view: &View) {
        for id in view.missing_content() {
            if self.fetching.insert(id) {
                let (api, chat_id) = (self.api.clone(), self.chat_id);
                self.begin(async move { Done::Fetched(id, api.message(chat_id, id).await) });
            }
        }
        if view.misses_queue() && !std::mem::replace(&mut self.is_fetching_queue, true) {
            let (api, chat_id) = (self.api.clone(), self.chat_id);
            self.begin(async move { Done::FetchedQueue(api.queue(chat_id).await) });
        }
    }

    /// Takes what was fetched into the view.
    ///
    /// # Errors
    /// The stack refused, or stayed away.
    pub(super) fn fetched(
        &mut self,
        view: &mut View,
        id: MessageId,
        outcome: anyhow::Result<Option<MessageView>>,
    ) -> anyhow::Result<()> {
        self.fetching.remove(&id);
        if let Some(message) = found(outcome)?.flatten() {
            view.fill(message);
        }
        Ok(())
    }

    /// Takes a fetched queue into the view.
    ///
    /// # Errors
    /// The stack refused, or stayed away.
    pub(super) fn fetched_queue(
        &mut self,
        view: &mut View,
        outcome: anyhow::Result<Vec<QueuedView>>,
    ) -> anyhow::Result<()> {
        self.is_fetching_queue = false;
        if let Some(queued) = found(outcome)? {
            view.fill_queue(queued);
        }
        Ok(())
    }

    fn begin(&self, request: impl Future<Output = Done> + Send + 'static) {
        let done_by = self.done_by.clone();
        // An error means that nobody waits for it any more.
        tokio::spawn(async move { drop(done_by.send(request.await).await) });
    }
}

/// Returns none where the stack is being started again: it is asked once more when it is back.
fn found<T>(outcome: anyhow::Result<T>) -> anyhow::Result<Option<T>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is::<NotFound>() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Says one thing after the other, so that they arrive in the order in which they were typed.
async fn say_all(
    api: Api,
    options: ChatArgs,
    chat_id: ChatId,
    mut texts: Receiver<String>,
    done: Sender<Done>,
) {
    while let Some(text) = texts.recv().await {
        let outcome = api.say(chat_id, &text, &options).await.map(drop);
        if done.send(Done::Said(outcome)).await.is_err() {
            return;
        }
    }
}
