//! `workspaces`: the machines that chats' tools run on.

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use crate::{
    admin::{Form, is, list, say, table, text},
    api::{Absence, Api},
    args::workspaces::WorkspaceVerb,
    output::Output,
    stack::Finder,
};

const PATH: &str = "/v1/workspaces";

/// Lists workspaces, or does something about one.
///
/// # Errors
/// The stack refused, or stayed away.
pub async fn run(
    finder: Finder,
    verb: Option<WorkspaceVerb>,
    form: Form,
    output: &mut Output,
) -> anyhow::Result<ExitCode> {
    let url = finder.find()?.http_url;
    let api = Api { finder, absence: Absence::Fails };
    match verb.unwrap_or(WorkspaceVerb::List) {
        WorkspaceVerb::List => form.print(output, &api.at(PATH).await?, screen)?,
        WorkspaceVerb::Templates { query } => {
            let query: String =
                form_urlencoded::byte_serialize(query.unwrap_or_default().as_bytes()).collect();
            form.print(output, &api.at(&format!("/v1/templates?query={query}")).await?, templates)?;
        }
        WorkspaceVerb::Create { template, name, parameters } => {
            let parameters: Map<String, Value> =
                parameters.into_iter().map(|(name, value)| (name, value.into())).collect();
            let mut body = json!({ "template_id": template, "parameters": parameters });
            say(&mut body, "name", name);
            form.print(output, &api.make(PATH, Some(body)).await?, row)?;
        }
        WorkspaceVerb::Start { workspace } => {
            form.print(output, &api.make(&format!("{PATH}/{workspace}/start"), None).await?, row)?;
        }
        WorkspaceVerb::Stop { workspace } => {
            form.print(output, &api.make(&format!("{PATH}/{workspace}/stop"), None).await?, row)?;
        }
        WorkspaceVerb::Delete { workspace } => {
            api.remove(&format!("{PATH}/{workspace}")).await?;
        }
        WorkspaceVerb::Enroll { name } => {
            let mut body = json!({});
            say(&mut body, "name", name);
            let enrolled = api.make(&format!("{PATH}/enroll"), Some(body)).await?;
            form.print(output, &enrolled, |enrolled| how(enrolled, &url))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the list, as people read it.
#[must_use]
pub fn screen(answer: &Value) -> String {
    rows(list(answer, "workspaces"))
}

fn row(workspace: &Value) -> String {
    rows(std::slice::from_ref(workspace))
}

fn rows(workspaces: &[Value]) -> String {
    let row = |workspace: &Value| {
        let agent = if is(workspace, "connected") { "connected" } else { "" };
        let from = text(workspace, "template_id");
        let from = if from.is_empty() { "own machine" } else { from };
        let columns =
            [text(workspace, "id"), text(workspace, "status"), agent, from, text(workspace, "name")];
        let [id, status, agent, from, name] = columns.map(str::to_owned);
        [id, status, agent, from, name, text(workspace, "failure").to_owned()]
    };
    let head = ["ID", "STATUS", "AGENT", "FROM", "NAME", "FAILURE"];
    table(head, workspaces.iter().map(row).collect())
}

fn templates(answer: &Value) -> String {
    let row = |template: &Value| {
        [text(template, "id"), text(template, "display_name"), text(template, "description")]
            .map(str::to_owned)
    };
    table(["ID", "NAME", "DESCRIPTION"], list(answer, "templates").iter().map(row).collect())
}

/// The token is shown here and nowhere else.
fn how(enrolled: &Value, url: &str) -> String {
    format!(
        "workspace {}\n\nOn that machine, within an hour, in the folder that chats shall work in:\n\n    \
         quickstep-workspace --url {url} --token {}",
        text(enrolled, "workspace_id"),
        text(enrolled, "token"),
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Args, Verb};

    #[test]
    fn workspaces_stand_in_a_table() {
        let answer = json!({"workspaces": [
            {"id": "1", "status": "running", "connected": true, "template_id": "local", "name": "one"},
            {"id": "2", "status": "failed", "connected": false, "name": "two", "failure": "no room"},
        ]});
        assert_eq!(
            screen(&answer),
            "ID  STATUS   AGENT      FROM         NAME  FAILURE\n\
             1   running  connected  local        one\n\
             2   failed              own machine  two   no room"
        );
    }

    #[test]
    fn parameters_are_pairs() {
        let typed = |parameter: &str| {
            let typed = ["quickstep", "workspaces", "create", "local", "--parameter", parameter];
            Args::try_parse_from(typed).map(|args| args.verb)
        };
        let Ok(Verb::Workspaces { verb: Some(WorkspaceVerb::Create { parameters, .. }), .. }) =
            typed("a=b=c")
        else {
            panic!("not what was typed")
        };
        assert_eq!(parameters, [("a".to_owned(), "b=c".to_owned())]);
        assert!(typed("a").is_err());
    }
}
