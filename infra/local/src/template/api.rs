//! The two APIs: their stages, routes, integrations and authorizers.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    ApiSpec, RouteSpec,
    read::{ROUTE, Resources, function_name},
};

impl Resources {
    pub(super) fn api(&self, protocol: &str) -> Result<ApiSpec> {
        let apis: Vec<(String, Value)> =
            self.each("AWS::ApiGatewayV2::Api", |name, api| Ok((name.to_owned(), api.clone())))?;
        let id = apis.into_iter().find(|(_, api)| api["ProtocolType"] == protocol).map(|(id, _)| id);
        let id = id.with_context(|| format!("no {protocol} API"))?;
        let stages: Vec<String> =
            self.of_api("AWS::ApiGatewayV2::Stage", &id, |stage: Stage| Ok(stage.stage_name))?;
        let stage = stages.into_iter().next().with_context(|| format!("{id} has no stage"))?;
        let routes = self.of_api(ROUTE, &id, |route| self.route(route))?;
        Ok(ApiSpec { id, stage, routes })
    }

    fn of_api<P: DeserializeOwned, T>(
        &self,
        kind: &str,
        api: &str,
        read: impl Fn(P) -> Result<T>,
    ) -> Result<Vec<T>> {
        let found: Vec<Option<T>> = self.each(kind, |_, properties| {
            if properties["ApiId"] != api {
                return Ok(None);
            }
            read(decode(properties)?).map(Some)
        })?;
        Ok(found.into_iter().flatten().collect())
    }

    fn route(&self, route: Route) -> Result<RouteSpec> {
        let integration =
            route.target.strip_prefix("integrations/").context("a target without integration")?;
        let integration: Integration = self.one("AWS::ApiGatewayV2::Integration", integration)?;
        let authorizer = match route.authorization_type.as_deref() {
            None | Some("NONE") => None,
            Some("CUSTOM") => Some(self.authorizer(route.authorizer_id.as_deref())?),
            Some(other) => bail!("authorization {other}"),
        };
        Ok(RouteSpec {
            key: route.route_key,
            function: function_name(&integration.integration_uri)?,
            authorizer,
            timeout: Duration::from_millis(integration.timeout_in_millis),
        })
    }

    fn authorizer(&self, id: Option<&str>) -> Result<String> {
        let authorizer: Authorizer =
            self.one("AWS::ApiGatewayV2::Authorizer", id.context("no AuthorizerId")?)?;
        function_name(&authorizer.authorizer_uri)
    }

    fn one<P: DeserializeOwned>(&self, kind: &str, name: &str) -> Result<P> {
        let found = self.0.get(kind).and_then(|resources| resources.get(name));
        decode(found.with_context(|| format!("no {kind} {name}"))?)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stage {
    stage_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Route {
    route_key: String,
    target: String,
    authorization_type: Option<String>,
    authorizer_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Integration {
    integration_uri: String,
    timeout_in_millis: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Authorizer {
    authorizer_uri: String,
}

fn decode<P: DeserializeOwned>(properties: &Value) -> Result<P> {
    Ok(P::deserialize(properties)?)
}
