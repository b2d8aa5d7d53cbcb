//! A client on a bad network.

use std::collections::VecDeque;

use chat::{cursor::Cursor, event::Event, id::ChatId};
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
}

pub(crate) struct Network {
    view: View,
    pushes: VecDeque<Vec<Event>>,
    catch_up: VecDeque<Vec<Event>>,
    last: Vec<Event>,
    subscription: Option<Option<Cursor>>,
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
            catch_up: VecDeque::new(),
            last: Vec::new(),
            subscription: Some(None),
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
        }
    }

    /// Delivers everything, as often as the client asks.
    pub(crate) fn drain(&mut self, server: &Server) {
        for _ in 0..1_000 {
            self.answer(server);
            if self.pushes.is_empty() && self.catch_up.is_empty() {
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
        if let Some(cursor) = self.subscription.take() {
            self.attached = true;
            self.catch_up = server.catch_up(cursor).into();
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
        let (first, second) = if self.toss {
            (&mut self.pushes, &mut self.catch_up)
        } else {
            (&mut self.catch_up, &mut self.pushes)
        };
        first.pop_front().or_else(|| second.pop_front()).unwrap_or_default()
    }

    fn hear(&mut self, events: Vec<Event>) {
        for event in events {
            if self.view.apply(event) == Verdict::Resubscribe {
                self.subscribe();
            }
        }
    }

    fn subscribe(&mut self) {
        self.subscription = Some(self.view.cursor());
        self.view.subscribing();
    }

    fn cut(&mut self) {
        self.pushes.clear();
        self.catch_up.clear();
        self.last.clear();
        self.attached = false;
        self.subscribe();
    }
}
