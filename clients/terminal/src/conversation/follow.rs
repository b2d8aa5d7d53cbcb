//! A chat on the screen: what comes over the socket, what is typed, what is sent.

use std::{collections::BTreeSet, process::ExitCode};

use chat::{
    event::Body,
    id::{ChatId, MessageId},
    message::MessageView,
    record::Status,
};
use serde_json::json;
use tokio::sync::mpsc::{self, Receiver, Sender};
use view::{Incoming, Verdict, View, decode};

use super::INTERRUPTED;
use crate::{
    api::Api,
    args::ChatArgs,
    output::{Output, Style},
    render::{Echo, Printed},
    socket::{Signal, keep},
};

/// How many messages of an old chat a prompt shows.
const RECALLED: usize = 6;

/// What a request came to.
enum Done {
    Said(anyhow::Result<()>),
    Interrupted(anyhow::Result<()>),
    Fetched(anyhow::Result<MessageView>),
}

enum Input {
    Signal(Option<Signal>),
    Done(Option<Done>),
    Line(Option<String>),
    CtrlC,
}

pub(super) struct Conversation<'a> {
    api: Api,
    options: ChatArgs,
    view: View,
    printed: Printed,
    output: &'a mut Output,
    actions: Sender<String>,
    signals: Receiver<Signal>,
    says: Sender<String>,
    done: Receiver<Done>,
    done_by: Sender<Done>,
    fetching: BTreeSet<MessageId>,
    /// Messages on their way, and those of which it is not known whether the view shows what they did.
    unsaid: usize,
    interrupted: bool,
    caught_up: bool,
    prompted: bool,
}

impl<'a> Conversation<'a> {
    pub(super) fn open(api: Api, options: ChatArgs, chat_id: ChatId, output: &'a mut Output) -> Self {
        let (actions, to_socket) = mpsc::channel(8);
        let (from_socket, signals) = mpsc::channel(64);
        tokio::spawn(keep(api.finder.clone(), to_socket, from_socket));
        let (says, to_say) = mpsc::channel(32);
        let (done_by, done) = mpsc::channel(32);
        tokio::spawn(say_all(api.clone(), options.clone(), chat_id, to_say, done_by.clone()));
        let echo = if output.style() == Style::Terminal { Echo::People } else { Echo::Nobody };
        Self {
            api,
            options,
            view: View::new(chat_id),
            printed: Printed::nothing(echo),
            output,
            actions,
            signals,
            says,
            done,
            done_by,
            fetching: BTreeSet::new(),
            unsaid: 0,
            interrupted: false,
            caught_up: false,
            prompted: false,
        }
    }

    /// Notes that the first message is on the screen: its author typed it.
    pub(super) fn was_typed(&mut self, text: &str) {
        self.printed.typed(text);
    }

    /// Follows the chat until it is at rest; says `unsent` as soon as it is known what was there before.
    pub(super) async fn answer(&mut self, mut unsent: Option<String>) -> anyhow::Result<ExitCode> {
        let (_open, mut nobody) = mpsc::channel(1);
        loop {
            if let Some(code) = self.turn(&mut nobody, 0).await? {
                return Ok(code);
            }
            if self.caught_up
                && let Some(text) = unsent.take()
            {
                self.say(text).await?;
            }
            if unsent.is_none() && self.is_settled() {
                let failed = self.view.content().status == Some(Status::Error);
                return Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS });
            }
        }
    }

    /// Follows the chat and says what is typed, until whoever types leaves.
    pub(super) async fn talk(&mut self, mut lines: Receiver<String>) -> anyhow::Result<ExitCode> {
        loop {
            if let Some(code) = self.turn(&mut lines, RECALLED).await? {
                return Ok(code);
            }
            if self.is_settled() && !self.prompted {
                self.prompted = true;
                self.interrupted = false;
                self.output.prompt()?;
            }
        }
    }

    /// At rest, and nothing on its way could change that.
    fn is_settled(&self) -> bool {
        let complete = self.view.missing_content().is_empty();
        self.caught_up && self.unsaid == 0 && complete && self.view.content().is_at_rest()
    }

    /// Returns the exit code when it is time to leave.
    async fn turn(
        &mut self,
        lines: &mut Receiver<String>,
        recall: usize,
    ) -> anyhow::Result<Option<ExitCode>> {
        let input = tokio::select! {
            signal = self.signals.recv() => Input::Signal(signal),
            done = self.done.recv() => Input::Done(done),
            line = lines.recv() => Input::Line(line),
            _ = tokio::signal::ctrl_c() => Input::CtrlC,
        };
        match input {
            Input::Signal(None) | Input::Done(None) => anyhow::bail!("the connection is gone"),
            Input::Signal(Some(signal)) => self.hear(signal, recall).await.map(|()| None),
            Input::Done(Some(done)) => self.settle(done).await.map(|()| None),
            Input::Line(None) => Ok(Some(ExitCode::SUCCESS)),
            Input::Line(Some(line)) => self.typed(line.trim()).await,
            Input::CtrlC => Ok(self.interrupt()),
        }
    }

    async fn typed(&mut self, line: &str) -> anyhow::Result<Option<ExitCode>> {
        match line {
            "/quit" => return Ok(Some(ExitCode::SUCCESS)),
            "" => self.prompted = false,
            said => {
                if self.is_settled() {
                    self.printed.typed(said);
                }
                self.say(said.to_owned()).await?;
            }
        }
        Ok(None)
    }

    async fn say(&mut self, text: String) -> anyhow::Result<()> {
        self.unsaid += 1;
        self.prompted = true;
        Ok(self.says.send(text).await?)
    }

    fn interrupt(&mut self) -> Option<ExitCode> {
        if self.interrupted || self.is_settled() {
            return Some(ExitCode::from(INTERRUPTED));
        }
        self.interrupted = true;
        self.output.notice("interrupting… (Ctrl-C again leaves)");
        let (api, done_by, chat_id) = (self.api.clone(), self.done_by.clone(), self.view.chat_id());
        tokio::spawn(async move {
            let outcome = api.interrupt(chat_id).await.map(drop);
            drop(done_by.send(Done::Interrupted(outcome)).await);
        });
        None
    }

    async fn settle(&mut self, done: Done) -> anyhow::Result<()> {
        match done {
            // What the message did is committed: whoever subscribes now sees it.
            Done::Said(Ok(())) => {
                self.unsaid = self.unsaid.saturating_sub(1);
                self.prompted = false;
                self.subscribe().await
            }
            Done::Said(Err(error)) if self.options.message.is_some() => Err(error),
            Done::Said(Err(error)) => {
                self.unsaid = self.unsaid.saturating_sub(1);
                self.prompted = false;
                self.output.notice(&format!("not sent: {error:#}"));
                Ok(())
            }
            Done::Interrupted(Ok(())) => Ok(()),
            Done::Interrupted(Err(error)) => {
                self.output.notice(&format!("not interrupted: {error:#}"));
                Ok(())
            }
            Done::Fetched(Ok(message)) => {
                self.view.fill(message);
                self.show()
            }
            Done::Fetched(Err(error)) => Err(error),
        }
    }

    async fn hear(&mut self, signal: Signal, recall: usize) -> anyhow::Result<()> {
        match signal {
            Signal::Connected => self.subscribe().await,
            Signal::Lost(reason) => {
                self.output.notice(&format!("reconnecting… ({reason})"));
                Ok(())
            }
            Signal::Frame(text) => {
                for entry in decode(&text).unwrap_or_default() {
                    self.take(entry, recall).await?;
                }
                self.show()
            }
        }
    }

    async fn take(&mut self, entry: Incoming, recall: usize) -> anyhow::Result<()> {
        let verdict = match entry {
            Incoming::Event(event) => {
                let ends = matches!(event.body, Body::CaughtUp { .. });
                let text = if self.options.json { serde_json::to_string(&event)? } else { String::new() };
                let catch_up = event.catch_up;
                let first = self.view.cursor().is_none();
                let verdict = self.view.apply(*event);
                if ends && first && self.options.id.is_some() {
                    self.printed.skip_all_but(&self.view, recall);
                }
                self.caught_up |= ends && verdict == Verdict::Applied;
                if self.options.json && (verdict == Verdict::Applied || catch_up) {
                    self.output.line(&text)?;
                }
                verdict
            }
            Incoming::Unknown(envelope) => self.view.pass(&envelope),
            Incoming::Refused(refused) => anyhow::bail!("{} ({})", refused.message, refused.code),
            Incoming::Other(_) => Verdict::Ignored,
        };
        if verdict == Verdict::Resubscribe { self.subscribe().await } else { Ok(()) }
    }

    async fn subscribe(&mut self) -> anyhow::Result<()> {
        let mut action = json!({ "action": "subscribe", "chat_id": self.view.chat_id() });
        if let Some(cursor) = self.view.cursor() {
            action["cursor"] = json!(cursor);
        }
        self.view.subscribing();
        self.caught_up = false;
        Ok(self.actions.send(action.to_string()).await?)
    }

    fn show(&mut self) -> anyhow::Result<()> {
        self.fetch_missing();
        // Before the first state is whole, it is not known what of it is old.
        if self.options.json || self.view.cursor().is_none() {
            return Ok(());
        }
        let pieces = self.printed.advance(&self.view);
        if !pieces.is_empty() && self.prompted && self.unsaid == 0 {
            self.prompted = false;
        }
        Ok(self.output.print(pieces)?)
    }

    fn fetch_missing(&mut self) {
        for id in self.view.missing_content() {
            if !self.fetching.insert(id) {
                continue;
            }
            let (api, done_by, chat_id) = (self.api.clone(), self.done_by.clone(), self.view.chat_id());
            tokio::spawn(async move {
                let outcome = api.message(chat_id, id).await;
                drop(done_by.send(Done::Fetched(outcome)).await);
            });
        }
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
