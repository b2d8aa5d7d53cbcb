//! A chat on the screen: what is typed, what is sent, when it is time to leave.

mod hear;

use std::process::ExitCode;

use chat::{id::ChatId, record::Status};
use tokio::sync::mpsc::{self, Receiver, Sender};
use view::View;

use super::{
    INTERRUPTED,
    journal::Journal,
    requests::{Done, Requests},
};
use crate::{
    args::ChatArgs,
    contact::Contact,
    interrupts::Interrupts,
    output::{Output, Style},
    patience::Patience,
    render::{Echo, Printed},
    socket::{Action, Signal, keep},
    stack::Finder,
};

/// How many messages of an old chat a prompt shows.
const RECALLED: usize = 6;

enum Input {
    Signal(Option<Signal>),
    Done(Option<Done>),
    Line(Option<String>),
    CtrlC,
    Silence,
}

/// What a message that was not sent comes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unsent {
    Fails,
    IsTold,
}

pub(super) struct Conversation<'a> {
    options: ChatArgs,
    view: View,
    printed: Printed,
    journal: Journal,
    output: &'a mut Output,
    contact: Contact,
    actions: Sender<Action>,
    patience: Patience,
    signals: Receiver<Signal>,
    interrupts: Interrupts,
    requests: Requests,
    recall: usize,
    unsent: Unsent,
    /// Messages on their way, and those of which it is not known whether the view shows what they did.
    unsaid: usize,
    interrupted: bool,
    caught_up: bool,
    prompted: bool,
}

impl<'a> Conversation<'a> {
    pub(super) fn open(
        finder: Finder,
        options: ChatArgs,
        chat_id: ChatId,
        contact: Contact,
        interrupts: Interrupts,
        output: &'a mut Output,
    ) -> Self {
        let (actions, to_socket) = mpsc::channel(8);
        let (from_socket, signals) = mpsc::channel(64);
        tokio::spawn(keep(finder.clone(), to_socket, from_socket));
        let echo = if output.style() == Style::Terminal { Echo::People } else { Echo::Nobody };
        Self {
            requests: Requests::new(finder, &options, chat_id),
            options,
            view: View::new(chat_id),
            printed: Printed::nothing(echo),
            journal: Journal::default(),
            output,
            contact,
            actions,
            patience: Patience::default(),
            signals,
            interrupts,
            recall: 0,
            unsent: Unsent::Fails,
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
            if let Some(code) = self.turn(&mut nobody).await? {
                return Ok(code);
            }
            if self.caught_up
                && let Some(text) = unsent.take()
            {
                self.say(text).await?;
            }
            if unsent.is_none() && self.is_settled() {
                return Ok(self.outcome());
            }
        }
    }

    /// Follows the chat and says what is typed, until whoever types leaves.
    pub(super) async fn talk(&mut self, mut lines: Receiver<String>) -> anyhow::Result<ExitCode> {
        (self.recall, self.unsent) = (RECALLED, Unsent::IsTold);
        loop {
            if let Some(code) = self.turn(&mut lines).await? {
                return Ok(code);
            }
            if self.is_settled() && !self.prompted {
                self.prompted = true;
                self.interrupted = false;
                if !self.options.json {
                    self.output.prompt()?;
                }
            }
        }
    }

    /// Says how to come back, where there is something to come back to.
    pub(super) fn leave(self, code: anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
        if code.is_ok() || (self.contact.was_made() && self.view.cursor().is_some()) {
            self.output.notice(&format!("quickstep chat --id {} goes on", self.view.chat_id()));
        }
        code
    }

    fn outcome(&self) -> ExitCode {
        match self.view.content().status {
            _ if self.interrupted => ExitCode::from(INTERRUPTED),
            Some(Status::Error) => ExitCode::FAILURE,
            Some(Status::Waiting | Status::Running | Status::Interrupting | Status::RequiresAction)
            | None => ExitCode::SUCCESS,
        }
    }

    /// At rest, and nothing on its way could change that.
    fn is_settled(&self) -> bool {
        let complete = self.view.missing_content().is_empty();
        self.caught_up && self.unsaid == 0 && complete && self.view.content().is_at_rest()
    }

    /// Returns the exit code when it is time to leave.
    async fn turn(&mut self, lines: &mut Receiver<String>) -> anyhow::Result<Option<ExitCode>> {
        let input = tokio::select! {
            signal = self.signals.recv() => Input::Signal(signal),
            done = self.requests.done() => Input::Done(done),
            line = lines.recv() => Input::Line(line),
            Some(()) = self.interrupts.next() => Input::CtrlC,
            () = self.patience.ends() => Input::Silence,
        };
        match input {
            Input::Signal(None) | Input::Done(None) => anyhow::bail!("the connection is gone"),
            Input::Signal(Some(signal)) => self.hear(signal).await.map(|()| None),
            Input::Done(Some(done)) => self.settle(done).await.map(|()| None),
            Input::Line(None) => Ok(Some(ExitCode::SUCCESS)),
            Input::Line(Some(line)) => self.typed(line.trim()).await,
            Input::CtrlC => Ok(self.interrupt()),
            Input::Silence => {
                self.patience.ended();
                Ok(self.actions.send(Action::Renew).await.map(|()| None)?)
            }
        }
    }

    async fn typed(&mut self, line: &str) -> anyhow::Result<Option<ExitCode>> {
        self.output.was_typed();
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
        self.requests.say(text).await
    }

    fn interrupt(&mut self) -> Option<ExitCode> {
        if self.interrupted || self.is_settled() {
            return Some(ExitCode::from(INTERRUPTED));
        }
        self.interrupted = true;
        self.output.notice("interrupting… (Ctrl-C again leaves)");
        self.printed.stopping();
        self.requests.interrupt();
        None
    }

    async fn settle(&mut self, done: Done) -> anyhow::Result<()> {
        match done {
            Done::Said(outcome) => self.was_said(outcome).await,
            Done::Interrupted(Ok(())) => Ok(()),
            Done::Interrupted(Err(error)) => {
                self.output.notice(&format!("not interrupted: {error:#}"));
                Ok(())
            }
            Done::Fetched(id, outcome) => {
                self.requests.fetched(&mut self.view, id, outcome)?;
                self.show()
            }
            Done::FetchedQueue(outcome) => {
                self.requests.fetched_queue(&mut self.view, outcome)?;
                self.show()
            }
        }
    }

    async fn was_said(&mut self, outcome: anyhow::Result<()>) -> anyhow::Result<()> {
        self.unsaid = self.unsaid.saturating_sub(1);
        self.prompted = false;
        match outcome {
            // What the message did is committed: whoever subscribes now sees it.
            Ok(()) => self.subscribe().await,
            Err(error) if self.unsent == Unsent::Fails => Err(error),
            Err(error) => {
                self.output.notice(&format!("not sent: {error:#}"));
                Ok(())
            }
        }
    }
}
