//! Which servers a chat has, and which of their tools.

use std::sync::Arc;

use super::{Availability, Server, ServerTool, ServerTools, tool_name};
use crate::{
    catalogue::{Catalogue, SERVERS},
    id::ServerId,
    limit::OFFERED_SERVER_TOOLS,
    model::ToolSpec,
    record::{Chat, Spec},
};

impl Catalogue {
    /// Returns a tool server by its id.
    #[must_use]
    pub fn server(&self, id: ServerId) -> Option<&Arc<Server>> {
        self.servers.iter().find(|server| server.id == id)
    }

    /// Returns the place of the first of these that is no server, or one too many.
    #[must_use]
    pub fn first_wrong_server(&self, ids: &[ServerId]) -> Option<usize> {
        let mut places = ids.iter().enumerate();
        let wrong = places.find(|(place, id)| *place >= SERVERS || self.server(**id).is_none());
        wrong.map(|(place, _)| place)
    }

    /// Returns what is known of a server's tools, as it is reached now.
    #[must_use]
    pub fn tools_of(&self, server: &Server) -> Option<&Arc<ServerTools>> {
        self.tools.iter().find(|tools| tools.server_id == server.id && tools.edition == server.edition)
    }

    /// Returns the servers that a chat has, by their slugs.
    pub fn servers_of<'a>(&'a self, chat: &'a Chat, spec: &'a Spec) -> impl Iterator<Item = &'a Arc<Server>> {
        self.servers.iter().filter(|server| server.enabled && is_for(server, chat) && is_wanted(server, spec))
    }

    /// Returns what a model is offered of a chat's servers, by name.
    #[must_use]
    pub fn server_tools(&self, chat: &Chat, spec: &Spec) -> Vec<ToolSpec> {
        let mut offered: Vec<ToolSpec> =
            self.servers_of(chat, spec).flat_map(|server| self.specs(server)).collect();
        ToolSpec::sort(&mut offered);
        offered.dedup_by(|a, b| a.name == b.name);
        offered.truncate(OFFERED_SERVER_TOOLS);
        offered
    }

    /// Returns the tool that models call so, and whose it is, if it may be called now.
    #[must_use]
    pub fn server_tool(&self, name: &str) -> Option<(&Arc<Server>, &ServerTool)> {
        let servers = self.servers.iter().filter(|server| server.enabled && name.starts_with(&server.slug));
        let mut tools = servers.flat_map(|server| self.allowed(server).map(move |tool| (server, tool)));
        tools.find(|(server, tool)| tool_name(&server.slug, &tool.name) == name)
    }

    fn specs(&self, server: &Server) -> impl Iterator<Item = ToolSpec> {
        self.allowed(server).map(|tool| ToolSpec {
            name: tool_name(&server.slug, &tool.name),
            description: tool.description.clone(),
            input_schema: tool.input_schema.clone(),
        })
    }

    fn allowed(&self, server: &Server) -> impl Iterator<Item = &ServerTool> {
        let tools = self.tools_of(server).into_iter().flat_map(|tools| &tools.tools);
        tools.filter(|tool| server.allows(&tool.name))
    }
}

/// Who plans has those that say so, and agents that plan have none.
fn is_for(server: &Server, chat: &Chat) -> bool {
    !chat.plan_mode || (chat.parent_chat_id.is_none() && server.allow_in_plan_mode)
}

fn is_wanted(server: &Server, spec: &Spec) -> bool {
    let named = spec.mcp_server_ids.as_ref();
    match server.availability {
        Availability::ForceOn => true,
        Availability::DefaultOn => named.is_none_or(|named| named.contains(&server.id)),
        Availability::DefaultOff => named.is_some_and(|named| named.contains(&server.id)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::{
        id::{ChatId, ModelId, OrgId, UserId},
        mcp::{Auth, Transport},
        port::Person,
        time::Timestamp,
    };

    fn server(id: u128, slug: &str, availability: Availability) -> Server {
        Server {
            id: ServerId(Uuid::from_u128(id)),
            slug: slug.into(),
            display_name: slug.into(),
            url: "https://example.com/mcp".into(),
            transport: Transport::StreamableHttp,
            auth: Auth::None,
            sealed: None,
            enabled: true,
            availability,
            allow_in_plan_mode: false,
            tool_allow: Vec::new(),
            tool_deny: Vec::new(),
            edition: 1,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
        }
    }

    fn catalogue(servers: Vec<Server>) -> Catalogue {
        let tool = |name: &str| ServerTool { name: name.into(), description: None, input_schema: json!({}) };
        let listed = |server: &Server| {
            ServerTools::of(server.id, 1, vec![tool("read"), tool("write")], Timestamp(0)).into()
        };
        Catalogue {
            tools: servers.iter().map(listed).collect(),
            servers: servers.into_iter().map(Arc::new).collect(),
            ..Catalogue::default()
        }
    }

    fn chat() -> Chat {
        let nobody = Person { user_id: UserId(Uuid::nil()), org_id: OrgId(Uuid::nil()) };
        Chat::begun(ChatId(Uuid::nil()), nobody, ModelId(Uuid::nil()), Timestamp(0))
    }

    fn names(catalogue: &Catalogue, chat: &Chat, named: Option<&[u128]>) -> Vec<String> {
        let ids = named.map(|ids| ids.iter().map(|id| ServerId(Uuid::from_u128(*id))).collect());
        let spec = Spec { mcp_server_ids: ids, ..Spec::default() };
        catalogue.server_tools(chat, &spec).into_iter().map(|tool| tool.name).collect()
    }

    #[test]
    fn a_chat_has_what_is_forced_and_what_it_names_or_what_is_on_where_it_names_nothing() {
        let offered = catalogue(vec![
            server(1, "forced", Availability::ForceOn),
            server(2, "usual", Availability::DefaultOn),
            server(3, "rare", Availability::DefaultOff),
        ]);
        let slugs = |named| {
            let mut slugs: Vec<String> = names(&offered, &chat(), named)
                .into_iter()
                .filter_map(|name| name.split_once("__").map(|(slug, _)| slug.to_owned()))
                .collect();
            slugs.dedup();
            slugs
        };
        assert_eq!(slugs(None), ["forced", "usual"]);
        assert_eq!(slugs(Some(&[])), ["forced"]);
        assert_eq!(slugs(Some(&[3])), ["forced", "rare"]);
    }

    #[test]
    fn lists_editions_and_switches_decide_what_may_be_called() {
        let mut one = server(1, "one", Availability::ForceOn);
        one.tool_deny = vec!["write".into()];
        assert_eq!(names(&catalogue(vec![one.clone()]), &chat(), None), ["one__read"]);
        one.tool_allow = vec!["write".into()];
        assert!(names(&catalogue(vec![one.clone()]), &chat(), None).is_empty());
        one.tool_deny.clear();
        let known = catalogue(vec![one.clone()]);
        assert_eq!(names(&known, &chat(), None), ["one__write"]);
        assert!(known.server_tool("one__write").is_some() && known.server_tool("one__read").is_none());
        one.edition = 2;
        let mut moved = known.clone();
        moved.servers = vec![Arc::new(one.clone())];
        assert!(names(&moved, &chat(), None).is_empty(), "what was learned elsewhere holds no longer");
        one.edition = 1;
        one.enabled = false;
        assert!(names(&catalogue(vec![one]), &chat(), None).is_empty());
    }

    #[test]
    fn who_plans_has_what_is_allowed_then_and_agents_that_plan_have_nothing() {
        let mut allowed = server(1, "allowed", Availability::ForceOn);
        allowed.allow_in_plan_mode = true;
        let offered = catalogue(vec![allowed, server(2, "other", Availability::ForceOn)]);
        let plans = Chat { plan_mode: true, ..chat() };
        assert_eq!(names(&offered, &plans, None), ["allowed__read", "allowed__write"]);
        let child = Chat { parent_chat_id: Some(ChatId(Uuid::nil())), ..plans };
        assert!(names(&offered, &child, None).is_empty());
        let general = Chat { plan_mode: false, ..child };
        assert_eq!(names(&offered, &general, None).len(), 4);
    }
}
