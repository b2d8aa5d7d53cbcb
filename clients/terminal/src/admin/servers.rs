//! `mcp-servers`: whose tools chats may call.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::{Form, is, key, list, say, table, text};
use crate::{
    api::{Absence, Api},
    args::{
        admin::KeyArgs,
        servers::{ServerChange, ServerFields, ServerKeyArgs, ServerVerb},
    },
    output::Output,
    stack::Finder,
};

const PATH: &str = "/v1/mcp-servers";

/// Lists tool servers, or does something about one.
///
/// # Errors
/// The stack refused, or stayed away; a key cannot be read.
pub async fn run(
    finder: Finder,
    verb: Option<ServerVerb>,
    form: Form,
    output: &mut Output,
) -> anyhow::Result<ExitCode> {
    finder.find()?;
    let api = Api { finder, absence: Absence::Fails };
    match verb.unwrap_or(ServerVerb::List) {
        ServerVerb::List => form.print(output, &api.at(PATH).await?, screen)?,
        ServerVerb::Add { slug, address, transport, fields, key: from } => {
            let mut body = json!({ "slug": slug, "url": address });
            say(&mut body, "transport", transport.map(|transport| transport.as_str()));
            say_all(&mut body, fields);
            say(&mut body, "auth", auth(from)?);
            form.print(output, &api.make(PATH, Some(body)).await?, row)?;
        }
        ServerVerb::Set { server, change } => {
            let changed = api.change(&format!("{PATH}/{server}"), changes(change)?).await?;
            form.print(output, &changed, row)?;
        }
        ServerVerb::Refresh { server } => {
            form.print(output, &api.make(&format!("{PATH}/{server}/refresh"), None).await?, row)?;
        }
        ServerVerb::Remove { server } => {
            api.remove(&format!("{PATH}/{server}")).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the list, as people read it.
#[must_use]
pub fn screen(answer: &Value) -> String {
    rows(list(answer, "servers"))
}

fn row(server: &Value) -> String {
    rows(std::slice::from_ref(server))
}

fn rows(servers: &[Value]) -> String {
    let row = |server: &Value| {
        let state = if is(server, "enabled") { "on" } else { "off" };
        let tools = list(server, "tools").len().to_string();
        let trouble = text(server, "failure");
        let at = if trouble.is_empty() { text(server, "url") } else { trouble };
        [text(server, "id"), text(server, "slug"), state, text(server, "availability"), &tools, at]
            .map(str::to_owned)
    };
    table(["ID", "SLUG", "STATE", "FOR", "TOOLS", "ADDRESS OR TROUBLE"], servers.iter().map(row).collect())
}

fn changes(change: ServerChange) -> anyhow::Result<Value> {
    let ServerChange { address, enabled, fields, no_allow, no_deny, key: from, no_key } = change;
    let mut body = json!({});
    say(&mut body, "url", address);
    say(&mut body, "enabled", enabled);
    say_all(&mut body, fields);
    for (list, goes) in [("tool_allow", no_allow), ("tool_deny", no_deny)] {
        say(&mut body, list, goes.then(|| json!([])));
    }
    let shown = if no_key { Some(json!({ "type": "none" })) } else { auth(from)? };
    say(&mut body, "auth", shown);
    Ok(body)
}

fn say_all(body: &mut Value, fields: ServerFields) {
    let ServerFields { name, availability, plan, allow, deny } = fields;
    say(body, "display_name", name);
    say(body, "availability", availability.map(|availability| availability.as_str()));
    say(body, "allow_in_plan_mode", plan);
    say(body, "tool_allow", (!allow.is_empty()).then_some(allow));
    say(body, "tool_deny", (!deny.is_empty()).then_some(deny));
}

/// Returns what a server is to be shown, if a key is there.
fn auth(args: ServerKeyArgs) -> anyhow::Result<Option<Value>> {
    let ServerKeyArgs { key_stdin, key: from, header } = args;
    let key = key(&KeyArgs { key_stdin, key: from })?;
    anyhow::ensure!(
        key.is_some() || header.is_none(),
        "--header shows a key, and there is none: give it with --key-stdin"
    );
    Ok(key.map(|key| json!({ "type": "key", "key": key, "header": header })))
}
