//! What to print next: a function of what was printed and of what the view shows.

use chat::{
    failure::{Failure, Retry},
    id::{MessageId, QueuedId},
    message::{MessageView, QueuedView, Role},
    record::Status,
    time::Timestamp,
};
use view::View;

use crate::segment::{Kind, Segment, of_message, of_preview, short, words};

/// Something to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words of the answer.
    Text(String),
    /// Words of a thought.
    Reasoning(String),
    /// A line of the conversation that is not the model's words.
    Line(String),
    /// A line about the conversation.
    Notice(String),
    /// The words before this are complete.
    EndOfLine,
}

/// Whose words are repeated on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// Everybody's: somebody watches.
    People,
    /// The model's only.
    Nobody,
}

/// What was printed so far.
#[derive(Clone, Debug)]
pub struct Printed {
    echo: Echo,
    through: MessageId,
    anchor: Option<MessageId>,
    open: Vec<Segment>,
    /// The lines of running calls.
    progress: Vec<Segment>,
    typed: Option<String>,
    status: Option<Status>,
    queued: QueuedId,
    retry: Option<Retry>,
    error: Option<Failure>,
    dirty_since: Option<Timestamp>,
}

impl Printed {
    /// Returns what a fresh screen shows.
    #[must_use]
    pub const fn nothing(echo: Echo) -> Self {
        Self {
            echo,
            through: MessageId(0),
            anchor: None,
            open: Vec::new(),
            progress: Vec::new(),
            typed: None,
            status: None,
            queued: QueuedId(0),
            retry: None,
            error: None,
            dirty_since: None,
        }
    }

    /// Takes all but the newest `keep` messages of a history for printed.
    pub fn skip_all_but(&mut self, view: &View, keep: usize) {
        if let Some(message) = view.content().history.values().rev().nth(keep) {
            self.through = message.id;
            self.anchor = Some(message.id);
        }
    }

    /// Notes that the next message of a person that reads so is on the screen already: it was typed there.
    pub fn typed(&mut self, text: &str) {
        self.typed = Some(text.to_owned());
    }

    /// Notes that whoever watches knows that the chat is being stopped.
    pub const fn stopping(&mut self) {
        self.status = Some(Status::Interrupting);
    }

    /// Returns what is to be printed now, and takes it for printed.
    pub fn advance(&mut self, view: &View) -> Vec<Piece> {
        let mut pieces = Vec::new();
        self.notice_edit(view, &mut pieces);
        let news = view.content().history.range(self.through.next()..).map(|(_, message)| message);
        for message in news {
            // Its content is on its way over HTTP.
            if message.content_omitted {
                return pieces;
            }
            self.message(message, &mut pieces);
            self.through = message.id;
            self.anchor = Some(message.id);
        }
        let (progress, now) =
            of_preview(view.preview()).into_iter().partition(|segment| segment.kind == Kind::Progress);
        self.grow(now, &mut pieces);
        self.go_on(progress, &mut pieces);
        if view.content().is_at_rest() {
            self.close(&mut pieces);
        }
        self.conditions(view, &mut pieces);
        pieces
    }

    fn notice_edit(&mut self, view: &View, pieces: &mut Vec<Piece>) {
        let history = &view.content().history;
        if self.anchor.is_none_or(|anchor| history.contains_key(&anchor)) {
            return;
        }
        self.close(pieces);
        pieces.push(Piece::Notice("the conversation was edited; it goes on from here".into()));
        self.anchor = history.range(..=self.through).next_back().map(|(id, _)| *id);
    }

    fn message(&mut self, message: &MessageView, pieces: &mut Vec<Piece>) {
        match message.role {
            Role::User => {
                self.close(pieces);
                let said = words(&message.content);
                let typed = self.typed.take_if(|typed| *typed == said).is_some();
                if self.echo == Echo::People && !typed {
                    pieces.push(Piece::Line(format!("> {said}")));
                }
            }
            Role::Assistant | Role::Tool => {
                self.grow(of_message(message), pieces);
                self.close(pieces);
            }
            Role::System => {}
        }
    }

    /// Prints what `now` has beyond what is open; says so when it is something else.
    fn grow(&mut self, mut now: Vec<Segment>, pieces: &mut Vec<Piece>) {
        if self.echo == Echo::Nobody {
            now.retain(|segment| segment.kind != Kind::Reasoning);
        }
        // Less than what is printed: the same answer, streamed again, has yet to come this far.
        if now.is_empty() || extends(&self.open, &now) {
            return;
        }
        if !extends(&now, &self.open) {
            self.close(pieces);
            pieces.push(Piece::Notice("the answer starts again".into()));
        }
        let last = self.open.len().saturating_sub(1);
        for (index, segment) in now.iter().enumerate().skip(last) {
            let printed = self.open.get(index).map_or(0, |open| open.text.len());
            pieces.extend(piece(segment, printed));
        }
        self.open = now;
    }

    /// Prints the lines that running calls have put out since; a line is no part of the answer.
    fn go_on(&mut self, now: Vec<Segment>, pieces: &mut Vec<Piece>) {
        let fresh = now.iter().filter(|segment| !self.progress.contains(segment));
        pieces.extend(fresh.filter_map(|segment| piece(segment, 0)));
        self.progress = now;
    }

    fn close(&mut self, pieces: &mut Vec<Piece>) {
        if !std::mem::take(&mut self.open).is_empty() {
            pieces.push(Piece::EndOfLine);
        }
    }

    fn conditions(&mut self, view: &View, pieces: &mut Vec<Piece>) {
        let content = view.content();
        // Omitted content is on its way over HTTP.
        if !view.misses_queue() {
            pieces.extend(content.queue.iter().filter(|queued| queued.id > self.queued).map(waits));
            self.queued = content.queue.iter().map(|queued| queued.id).fold(self.queued, QueuedId::max);
        }
        if content.retry != self.retry {
            self.retry.clone_from(&content.retry);
            pieces.extend(content.retry.as_ref().map(retrying));
        }
        if content.error != self.error {
            self.error.clone_from(&content.error);
            pieces.extend(content.error.as_ref().map(failed));
        }
        let dirty_since = content.chat.as_ref().and_then(|chat| chat.context.dirty_since);
        if dirty_since != self.dirty_since {
            self.dirty_since = dirty_since;
            pieces.extend(dirty_since.map(|_| Piece::Notice(DIRTY.into())));
        }
        if content.status != self.status {
            self.status = content.status;
            pieces.extend(content.status.and_then(|status| busy(status, view)));
        }
    }
}

/// Returns whether `longer` is `shorter` and perhaps more.
fn extends(longer: &[Segment], shorter: &[Segment]) -> bool {
    let Some((last, before)) = shorter.split_last() else { return true };
    let Some(grown) = longer.get(before.len()) else { return false };
    longer.starts_with(before) && grown.kind == last.kind && grown.text.starts_with(&last.text)
}

fn piece(segment: &Segment, printed: usize) -> Option<Piece> {
    let rest = segment.text.get(printed..).filter(|rest| !rest.is_empty())?.to_owned();
    Some(match segment.kind {
        Kind::Text => Piece::Text(rest),
        Kind::Reasoning => Piece::Reasoning(rest),
        Kind::Line | Kind::Progress => Piece::Line(rest),
    })
}

const DIRTY: &str = "the workspace's instructions or skills have changed since this chat took them; `quickstep context --refresh` \
                     with its id takes them anew";

fn waits(queued: &QueuedView) -> Piece {
    Piece::Notice(format!("queued: {}", short(&words(&queued.content))))
}

fn retrying(retry: &Retry) -> Piece {
    let seconds = retry.delay_ms.div_ceil(1_000);
    Piece::Notice(format!("{}; attempt {} follows in {seconds} s", retry.error, retry.attempt + 1))
}

fn failed(error: &Failure) -> Piece {
    let detail = error.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
    Piece::Notice(format!("error: {}{detail}", error.message))
}

fn busy(status: Status, view: &View) -> Option<Piece> {
    match status {
        Status::Interrupting => Some(Piece::Notice("stopping…".into())),
        Status::RequiresAction => {
            let calls: Vec<_> = view.content().pending.iter().map(|call| call.tool_name.as_str()).collect();
            Some(Piece::Notice(format!("waiting for an answer to {}", calls.join(", "))))
        }
        Status::Waiting | Status::Running | Status::Error => None,
    }
}

#[cfg(test)]
mod tests;
