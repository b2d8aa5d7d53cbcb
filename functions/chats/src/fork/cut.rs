//! Where a fork ends: what it shares follows from what is shown.

use chat::{
    id::MessageId,
    limit::RESULT_MESSAGES,
    message::{Message, Role, Visibility},
    part::ToolResult,
    port::{Order, Unavailable},
    record::Chat,
};
use edge::Rejection;

use crate::ChatPorts;

/// The end of the history that a fork shares.
pub(super) struct Cut {
    /// The last message.
    pub(super) through: MessageId,
    /// The last messages that are shown, newest first: as many as one turn's calls can concern.
    tail: Vec<Message>,
}

impl Cut {
    /// Returns the end of a fork at `message_id`: the newest message up to there that is shown.
    ///
    /// A boundary of the context is shared whole, with what only the model was told: from its call on, people see that
    /// the model knows the summary and what was still to be answered. Before the call it knows what was said.
    pub(super) async fn at<P: ChatPorts>(
        ports: &P,
        parent: &Chat,
        message_id: MessageId,
    ) -> Result<Self, Rejection> {
        let up_to = (MessageId(1), message_id);
        let (mut tail, _) =
            turn::history::visible(ports, parent, up_to, Order::Descending, RESULT_MESSAGES + 1).await?;
        let is_there = tail.first().is_some_and(|last| last.id == message_id);
        let shown = tail.iter().position(|message| message.visibility != Visibility::Model);
        let (true, Some(shown)) = (is_there, shown) else { return Err(Rejection::NotFound("message")) };
        tail.drain(..shown);
        let through = match tail.first() {
            Some(last) if last.visibility == Visibility::User => {
                rest_of_boundary(ports, parent, last.id).await?
            }
            Some(last) => last.id,
            None => message_id,
        };
        Ok(Self { through, tail })
    }

    /// Returns the newest answer that is shared.
    pub(super) fn answer(&self) -> Option<MessageId> {
        let says =
            |message: &&Message| message.role == Role::Assistant && message.visibility == Visibility::Both;
        self.tail.iter().find(says).map(|message| message.id)
    }

    /// Returns results for the calls that the fork cuts off from theirs.
    pub(super) fn left_open(&self) -> Vec<ToolResult> {
        let results = self.tail.iter().take_while(|message| message.role == Role::Tool);
        let answered: Vec<_> =
            results.flat_map(Message::results).map(|result| &result.tool_call_id).collect();
        let asked = self.tail.iter().find(|message| message.role != Role::Tool);
        // The result of a boundary's call is shared with it.
        let asked = asked.filter(|asked| asked.visibility != Visibility::User);
        let open = asked.into_iter().flat_map(Message::calls);
        open.filter(|call| !answered.contains(&&call.tool_call_id))
            .map(|call| {
                let (id, tool) = (call.tool_call_id.clone(), call.tool_name.clone());
                ToolResult::synthetic(id, tool, "the chat was forked before the call was answered")
            })
            .collect()
    }
}

/// Returns the last message of the boundary that `shown` is part of, which is only people's to see.
async fn rest_of_boundary<P: ChatPorts>(
    ports: &P,
    parent: &Chat,
    shown: MessageId,
) -> Result<MessageId, Unavailable> {
    let boundaries = parent.earlier_boundaries.iter().chain([&parent.boundary]).copied();
    let next = boundaries.filter(|boundary| *boundary > shown).min();
    let before_next = next.map_or(u64::MAX, |next| next.0 - 1);
    let rest = (shown.next(), MessageId(before_next));
    let (rest, _) = turn::history::visible(ports, parent, rest, Order::Ascending, RESULT_MESSAGES).await?;
    let of_boundary = rest.iter().take_while(|message| message.visibility != Visibility::Both);
    Ok(of_boundary.last().map_or(shown, |last| last.id))
}
