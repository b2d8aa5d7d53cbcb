//! A client on a bad network.

use std::collections::VecDeque;

use chat::{
    cursor::Cursor,
    event::{Body, Event},
    id::ChatId,
};
use view::{Verdict, View};

use crate::server::{Server, Shown};

/// What a network does next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mishap {
    /// Delivers the oldest frame.
    Deliver,
    /// Delivers it twice.
    Double,
    /// Delivers the last frame once more.
    Replay,
    /// Exchanges the two oldest pushes; what brings a subscriber up to date has one sender and keeps its order.
    Swap,
    /// Loses the oldest push.
    Lose,
    /// Loses the connection; the client subscribes on another.
    Cut,
    /// Delivers so many events of the oldest frame, then loses the connection.
    CutInside(usize),
    /// Lets the server answer a subscription; before, it is on its way.
    Answer,
    /// Loses patience: the client subscribes again on the same connection, while answers that it has heard nothing of
    /// may be on their way.
    Again,
}

pub(crate) struct Network {
    view: View,
    pushes: VecDeque<Vec<Event>>,
    /// What each answered subscription has yet to bring.
    answers: VecDeque<VecDeque<Vec<Event>>>,
    last: Vec<Event>,
    /// Whether an answer came in part.
    hears_an_answer: bool,
    subscriptions: VecDeque<Option<Cursor>>,
    attached: bool,
    toss: bool,
}

impl Network {
    pub(crate) fn new(chat_id: ChatId) -> Self {
        let mut view = View::new(chat_id);
        view.subscribing();
        Self {
            view,
            pushes: VecDeque::new(),
            answers: VecDeque::new(),
            last: Vec::new(),
            hears_an_answer: false,
            subscriptions: VecDeque::from([None]),
            attached: false,
            toss: false,
        }
    }

    pub(crate) fn push(&mut self, frame: Vec<Event>) {
        if self.attached {
            self.pushes.push_back(frame);
        }
    }

    pub(crate) fn suffer(&mut self, mishap: Mishap, server: &Server) {
        match mishap {
            Mishap::Deliver => self.deliver(1),
            Mishap::Double => self.deliver(2),
            Mishap::Replay => self.hear(self.last.clone()),
            Mishap::Swap if self.pushes.len() > 1 => self.pushes.swap(0, 1),
            Mishap::Swap => {}
            Mishap::Lose => drop(self.pushes.pop_front()),
            Mishap::Cut => self.cut(),
            Mishap::CutInside(events) => {
                let frame = self.next_frame();
                self.hear(frame.into_iter().take(events).collect());
                self.cut();
            }
            Mishap::Answer => self.answer(server),
            Mishap::Again if self.hears_an_answer => {}
            Mishap::Again => self.subscribe(),
        }
    }

    /// Delivers everything, as often as the client asks.
    pub(crate) fn drain(&mut self, server: &Server) {
        for _ in 0..1_000 {
            self.answer(server);
            if self.pushes.is_empty() && self.answers.is_empty() && self.subscriptions.is_empty() {
                return;
            }
            self.deliver(1);
        }
        panic!("the client never stops subscribing");
    }

    pub(crate) fn shown(&self) -> Shown {
        let content = self.view.content().clone();
        Shown {
            history: content.history.into_values().collect(),
            queue: content.queue,
            status: content.status,
            error: content.error,
            retry: content.retry,
            pending: content.pending,
            preview: self.view.preview().to_vec(),
        }
    }

    fn answer(&mut self, server: &Server) {
        if let Some(cursor) = self.subscriptions.pop_front() {
            self.attached = true;
            self.answers.push_back(server.catch_up(cursor).into());
        }
    }

    /// Only pushes come twice: what brings a subscriber up to date has one sender, which does not repeat.
    fn deliver(&mut self, times: usize) {
        let pushes = self.pushes.len();
        let frame = self.next_frame();
        let pushed = self.pushes.len() < pushes;
        let times = if pushed { times } else { 1 };
        (0..times).for_each(|_| self.hear(frame.clone()));
        self.last = if pushed { frame } else { Vec::new() };
    }

    /// Pushes and what brings a subscriber up to date have two senders: they mix.
    fn next_frame(&mut self) -> Vec<Event> {
        self.toss = !self.toss;
        let pushed = if self.toss { self.pushes.pop_front() } else { None };
        pushed.or_else(|| self.next_answered()).or_else(|| self.pushes.pop_front()).unwrap_or_default()
    }

    fn next_answered(&mut self) -> Option<Vec<Event>> {
        let frame = self.answers.front_mut()?.pop_front();
        self.answers.retain(|answer| !answer.is_empty());
        self.hears_an_answer = !Self::ends_an_answer(frame.as_deref());
        frame
    }

    fn ends_an_answer(frame: Option<&[Event]>) -> bool {
        let last = frame.and_then(<[Event]>::last);
        last.is_none_or(|event| matches!(event.body, Body::CaughtUp { .. }))
    }

    fn hear(&mut self, events: Vec<Event>) {
        for event in events {
            if self.view.apply(event) == Verdict::Resubscribe {
                self.subscribe();
            }
        }
    }

    fn subscribe(&mut self) {
        self.subscriptions.push_back(self.view.cursor());
        self.view.subscribing();
    }

    fn cut(&mut self) {
        self.pushes.clear();
        self.answers.clear();
        self.hears_an_answer = false;
        self.subscriptions.clear();
        self.last.clear();
        self.attached = false;
        self.subscribe();
    }
}
