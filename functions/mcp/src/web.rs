//! How servers are reached: nowhere inside the network, unless the deployment allows it.

use std::{net::IpAddr, time::Duration};

use chat::limit::SERVER_CONNECT_MS;
use edge::config::BaseUrls;
use llm::reach::{Outsiders, is_inner};
use reqwest::{Client, Response, redirect::Policy};
use rustls::ClientConfig;
use url::{Host, Url};

use crate::trouble::Trouble;

/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);

/// The media type of JSON.
pub(crate) const JSON: &str = "application/json";

/// Reaches servers. Clones share connections.
#[derive(Clone, Debug)]
pub struct Web {
    client: Option<Client>,
    allowed: BaseUrls,
}

impl Web {
    /// Builds the client.
    #[must_use]
    pub fn new(allowed: BaseUrls, tls: ClientConfig) -> Self {
        // A redirect would carry secrets and arguments to whoever is named in it.
        let builder = match allowed {
            BaseUrls::Any => Client::builder(),
            BaseUrls::Public => Client::builder().dns_resolver(Outsiders),
        };
        let built = builder
            .connect_timeout(Duration::from_millis(SERVER_CONNECT_MS))
            .redirect(Policy::none())
            .pool_idle_timeout(IDLE)
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("quickstep/", env!("CARGO_PKG_VERSION")))
            .build();
        let client = built.inspect_err(|error| tracing::error!(%error, "there is no HTTP client")).ok();
        Self { client, allowed }
    }

    /// Returns the client, and the address if it may be reached. Names are looked at when they are looked up.
    pub(crate) fn to(&self, address: &str) -> Result<(&Client, Url), Trouble> {
        let unreached = |why: &str| Trouble::Unreached(why.to_owned());
        let client = self.client.as_ref().ok_or_else(|| unreached("there is no HTTP client"))?;
        let url = Url::parse(address).map_err(|_| unreached("its address is none"))?;
        let number: Option<IpAddr> = match url.host() {
            Some(Host::Ipv4(number)) => Some(number.into()),
            Some(Host::Ipv6(number)) => Some(number.into()),
            Some(Host::Domain(_)) => None,
            None => return Err(unreached("its address names no host")),
        };
        match self.allowed {
            BaseUrls::Public if number.is_some_and(is_inner) => {
                Err(unreached("its address is inside the network; the deployment does not allow that"))
            }
            BaseUrls::Public | BaseUrls::Any => Ok((client, url)),
        }
    }
}

/// Reads what was answered; none if it is more than so much.
pub(crate) async fn body(mut answer: Response, most_bytes: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(bytes) = answer.chunk().await? {
        body.extend_from_slice(&bytes);
        if body.len() > most_bytes {
            return Ok(None);
        }
    }
    Ok(Some(body))
}
