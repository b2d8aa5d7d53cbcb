//! What clients do.

use chat::{
    call::Answerer,
    id::MessageId,
    message::{Message, Role, Visibility},
    record::Chat,
    transition::{Transition, WhenBusy},
};

use super::{
    super::{
        build::{result, says, waits},
        invariants::said,
    },
    Deed, Scene, Sends,
};

impl Scene {
    pub(crate) fn do_deed(&mut self, client: usize, index: usize) {
        let deed = self.clients[client].deeds.remove(index);
        let of_person =
            |message: &&Message| message.role == Role::User && message.visibility == Visibility::Both;
        let last_said = self.world.history().filter(of_person).last();
        let last_said = last_said.map_or(MessageId(0), |message| message.id);
        let now = self.now;
        let done = self.write(|draft| match deed {
            Deed::Send(when, words) => {
                let when_busy = match when {
                    Sends::Queue => WhenBusy::Queue,
                    Sends::Interrupt => WhenBusy::Interrupt,
                    Sends::Steer => WhenBusy::Steer,
                };
                draft.apply(Transition::Send { message: waits(words, now), when_busy })
            }
            Deed::Interrupt => draft.apply(Transition::Interrupt),
            Deed::Compact => draft.apply(Transition::RequestCompaction),
            Deed::Edit(words) => {
                draft.apply(Transition::Edit { message_id: last_said, message: says(words) })
            }
            Deed::Answer => {
                let calls = draft.chat().into_iter().flat_map(Chat::client_calls);
                let results = calls.map(|call| result(&call.id)).collect();
                draft.apply(Transition::Answer { by: Answerer::Client, results })
            }
        });
        if let Ok(owes) = done {
            self.clients[client].owes = owes;
            self.account(deed);
        }
    }

    fn account(&mut self, deed: Deed) {
        match deed {
            Deed::Send(_, words) => self.alive.extend([words.to_owned()]),
            // All before the edited message stays; the queue and the message itself are taken back.
            Deed::Edit(_) => self.alive = said(&self.world).into_iter().collect(),
            Deed::Interrupt | Deed::Answer | Deed::Compact => {}
        }
    }

    pub(crate) fn client_sends(&mut self, client: usize) {
        if let Some(at) = self.clients[client].owes.take() {
            self.send(at);
        }
    }
}
