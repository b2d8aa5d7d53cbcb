//! What is known of calls for others before they are handed out.

use chat::{
    agent::CallToken,
    call::Answerer,
    catalogue::Catalogue,
    id::{MessageId, WorkspaceId},
    part::ToolCall,
    port::{AskModel, HoldWake, Unavailable},
    record::{Chat, Spec},
    workspace::{NotReady, Workspace},
};

use super::{
    Step, StepPorts,
    answered::Said,
    machines::{self, Order},
};
use crate::{
    agents,
    route::{Fate, Handed, Routed},
};

/// Calls that were looked at, once.
pub(super) struct Looked {
    pub(super) routed: Routed,
    /// The workspace that one of them makes for the chat.
    pub(super) workspace_id: Option<WorkspaceId>,
}

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Says who answers the calls of an answer. Where the step itself has some to answer, the others wait for those before
    /// anybody looks at them.
    pub(super) async fn routed(
        &self,
        chat: &Chat,
        said: &Said,
        spec: &Spec,
        catalogue: &Catalogue,
    ) -> Result<Looked, Unavailable> {
        let offered = catalogue.server_tools(chat, spec);
        let is_servers = |call: &ToolCall| offered.iter().any(|tool| tool.name == call.tool_name);
        let routed = Routed::of(said.calls(), chat, spec, &*self.worker.tools, &is_servers);
        if routed.is_here() {
            return Ok(Looked { routed, workspace_id: None });
        }
        Box::pin(self.look(chat, chat.next_message_id, routed)).await
    }

    /// Answers at once what needs nobody's answer: calls for a workspace that cannot take any, for machines that are as they
    /// shall be, for children that are at rest.
    pub(super) async fn look(
        &self,
        chat: &Chat,
        message_id: MessageId,
        mut routed: Routed,
    ) -> Result<Looked, Unavailable> {
        let workspace = match routed.is_for(Answerer::Workspace) || routed.is_for(Answerer::Machine) {
            true => self.workspace_of(chat).await?,
            false => None,
        };
        let mut workspace_id = None;
        for handed in &mut routed.0 {
            let Fate::Away(away) = &handed.fate else { continue };
            match away.answerer {
                Answerer::Workspace => look_at_agent(handed, workspace.as_ref()),
                Answerer::Machine => {
                    let token =
                        CallToken { chat_id: chat.id, message_id, call_id: handed.call.tool_call_id.clone() };
                    let made = look_at_machine(handed, workspace.as_ref(), &token, workspace_id.is_some());
                    if let Some(id) = made {
                        match self.may_make(chat, &handed.call, id).await? {
                            Ok(()) => workspace_id = Some(id),
                            Err(why) => handed.answer(Err(why)),
                        }
                    }
                }
                Answerer::Chat => {
                    if let Some(said) = agents::at_rest(&self.worker.ports, chat, &handed.call).await? {
                        handed.answer(said);
                    }
                }
                Answerer::Step | Answerer::Client | Answerer::Person | Answerer::Server | Answerer::Clock => {
                }
            }
        }
        Ok(Looked { routed, workspace_id })
    }

    /// Returns the workspace of a chat, where there is one and it is its owner's.
    pub(super) async fn workspace_of(&self, chat: &Chat) -> Result<Option<Workspace>, Unavailable> {
        let Some(id) = chat.workspace_id else { return Ok(None) };
        let found = self.worker.ports.workspace(id).await?;
        Ok(found.filter(|found| (found.person.user_id, found.person.org_id) == (chat.owner_id, chat.org_id)))
    }
}

fn look_at_agent(handed: &mut Handed, workspace: Option<&Workspace>) {
    let ready = workspace.map_or(Err(NotReady::None), Workspace::ready);
    if let Err(why) = ready {
        handed.answer(Err(why.to_string()));
    }
}

/// Returns the workspace that the call makes, if it does.
fn look_at_machine(
    handed: &mut Handed,
    workspace: Option<&Workspace>,
    token: &CallToken,
    is_second: bool,
) -> Option<WorkspaceId> {
    match machines::order(&handed.call.tool_name, workspace) {
        Ok(Order::Create) if is_second => {
            handed.answer(Err("a chat has one workspace; another call of this answer makes it".to_owned()));
            None
        }
        Ok(Order::Create) => Some(machines::made_by(token)),
        Ok(Order::Start | Order::Stop) => None,
        Err(said) => {
            handed.answer(said);
            None
        }
    }
}
