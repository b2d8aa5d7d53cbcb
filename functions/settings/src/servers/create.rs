//! `POST /v1/mcp-servers`

use chat::{
    catalogue::Edit,
    id::ServerId,
    mcp::{Availability, Server, ServerSecret, Transport},
    port::{Clock, KeyOwner, Person},
};
use edge::{Rejection, Reply, Request};
use serde::Deserialize;

use super::{body::AuthBody, look, reply, rules};
use crate::{App, Keys, SettingPorts, base_url, change, fields::Fields};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    slug: Option<String>,
    display_name: Option<String>,
    url: Option<String>,
    transport: Option<Transport>,
    auth: Option<AuthBody>,
    enabled: Option<bool>,
    availability: Option<Availability>,
    allow_in_plan_mode: Option<bool>,
    #[serde(default)]
    tool_allow: Vec<String>,
    #[serde(default)]
    tool_deny: Vec<String>,
}

pub(crate) async fn run<P: SettingPorts, S: Keys, K: Clock>(
    app: &App<P, S, K>,
    admin: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let body: Body = request.json()?;
    let id = ServerId(app.clock.new_id());
    let (server, secret) = server(body, id, app)?;
    let server = Server { sealed: seal(&app.keys, id, secret).await?, ..server };
    let respond = |next: &_| reply(201, next, id);
    let edit = |_: &_| Ok(Edit::PutServer(Box::new(server.clone())));
    let made = change::create(app, admin, request, respond, edit).await?;
    look(&app.ports, id).await;
    Ok(made)
}

/// Seals a server's secrets, where there are any.
pub(super) async fn seal<S: Keys>(
    keys: &S,
    id: ServerId,
    secret: Option<ServerSecret>,
) -> Result<Option<chat::catalogue::Sealed>, Rejection> {
    let Some(secret) = secret else { return Ok(None) };
    let text = serde_json::to_string(&secret).map_err(|error| Rejection::Internal(error.to_string()))?;
    Ok(Some(keys.seal(KeyOwner::Server(id), &text).await?))
}

/// The server as asked for, and its secrets.
fn server<P, S, K: Clock>(
    body: Body,
    id: ServerId,
    app: &App<P, S, K>,
) -> Result<(Server, Option<ServerSecret>), Rejection> {
    let mut fields = Fields::default();
    let slug = fields.required("slug", body.slug);
    let url = fields.required("url", body.url);
    let auth = body.auth.unwrap_or(AuthBody::None {});
    if let Some(slug) = &slug {
        rules::slug(&mut fields, slug);
    }
    if let Some(url) = &url {
        base_url::check_as(&mut fields, "url", app.base_urls, url);
    }
    if let Some(name) = &body.display_name {
        fields.name("display_name", name);
    }
    rules::auth(&mut fields, app.base_urls, &auth);
    rules::names(&mut fields, "tool_allow", &body.tool_allow);
    rules::names(&mut fields, "tool_deny", &body.tool_deny);
    fields.done()?;
    let (Some(slug), Some(url)) = (slug, url) else { return Err(Rejection::Invalid(Vec::new())) };
    let (now, (auth, secret)) = (app.clock.now(), auth.parted());
    let display_name = body.display_name.map_or_else(|| slug.clone(), |name| name.trim().to_owned());
    let server = Server {
        id,
        slug,
        display_name,
        url,
        transport: body.transport.unwrap_or_default(),
        auth,
        sealed: None,
        enabled: body.enabled.unwrap_or(true),
        availability: body.availability.unwrap_or_default(),
        allow_in_plan_mode: body.allow_in_plan_mode.unwrap_or_default(),
        tool_allow: body.tool_allow,
        tool_deny: body.tool_deny,
        edition: 1,
        created_at: now,
        updated_at: now,
    };
    Ok((server, secret))
}
