//! `PATCH /v1/mcp-servers/{server}`

use chat::{
    catalogue::{Edit, Sealed},
    mcp::{Auth, Availability, Server, Transport},
    port::{Clock, Person},
    time::Timestamp,
};
use edge::{Rejection, Reply, Request};
use serde::Deserialize;

use super::{body::AuthBody, create::seal, look, reply, rules};
use crate::{App, Keys, SettingPorts, base_url, change, fields::Fields};

/// `auth` is said whole, with its secrets. Secrets go when their server moves: they must not be sent to another address.
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
    tool_allow: Option<Vec<String>>,
    tool_deny: Option<Vec<String>>,
}

pub(crate) async fn run<P: SettingPorts, S: Keys, K: Clock>(
    app: &App<P, S, K>,
    _admin: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let id = request.server_id()?;
    let body: Body = request.json()?;
    check(&body, app)?;
    let shown = match body.auth.clone().map(AuthBody::parted) {
        Some((auth, secret)) => Some((auth, seal(&app.keys, id, secret).await?)),
        None => None,
    };
    let now = app.clock.now();
    let next = change::edit(app, |stored| {
        let held = stored.server(id).ok_or(Rejection::NotFound("tool server"))?;
        Ok(Edit::PutServer(Box::new(changed(held, &body, shown.clone(), now))))
    })
    .await?;
    look(&app.ports, id).await;
    Ok(reply(200, &next, id))
}

fn check<P, S, K>(body: &Body, app: &App<P, S, K>) -> Result<(), Rejection> {
    let mut fields = Fields::default();
    if let Some(slug) = &body.slug {
        rules::slug(&mut fields, slug);
    }
    if let Some(url) = &body.url {
        base_url::check_as(&mut fields, "url", app.base_urls, url);
    }
    if let Some(name) = &body.display_name {
        fields.name("display_name", name);
    }
    if let Some(auth) = &body.auth {
        rules::auth(&mut fields, app.base_urls, auth);
    }
    for (field, names) in [("tool_allow", &body.tool_allow), ("tool_deny", &body.tool_deny)] {
        rules::names(&mut fields, field, names.as_deref().unwrap_or_default());
    }
    fields.done()
}

fn changed(held: &Server, body: &Body, shown: Option<(Auth, Option<Sealed>)>, now: Timestamp) -> Server {
    let url = body.url.clone().unwrap_or_else(|| held.url.clone());
    let transport = body.transport.unwrap_or(held.transport);
    let is_elsewhere = url != held.url;
    let is_reached_otherwise = is_elsewhere || transport != held.transport || shown.is_some();
    let kept = held.sealed.clone().filter(|_| !is_elsewhere);
    let (auth, sealed) = shown.unwrap_or_else(|| (held.auth.clone(), kept));
    let or_held = |said: &Option<Vec<String>>, held: &Vec<String>| said.as_ref().unwrap_or(held).clone();
    let name = body.display_name.as_ref().map(|name| name.trim().to_owned());
    Server {
        id: held.id,
        slug: body.slug.clone().unwrap_or_else(|| held.slug.clone()),
        display_name: name.unwrap_or_else(|| held.display_name.clone()),
        url,
        transport,
        auth,
        sealed,
        enabled: body.enabled.unwrap_or(held.enabled),
        availability: body.availability.unwrap_or(held.availability),
        allow_in_plan_mode: body.allow_in_plan_mode.unwrap_or(held.allow_in_plan_mode),
        tool_allow: or_held(&body.tool_allow, &held.tool_allow),
        tool_deny: or_held(&body.tool_deny, &held.tool_deny),
        edition: held.edition + u64::from(is_reached_otherwise),
        created_at: held.created_at,
        updated_at: now,
    }
}
