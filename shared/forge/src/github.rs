//! Asking GitHub.

use std::{fmt, time::Duration};

use chat::diff::{Asked, PullRequest, Repository};
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{ACCEPT, AUTHORIZATION, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, RETRY_AFTER},
    redirect::Policy,
};
use rustls::ClientConfig;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::{
    review::{Verdict, verdict},
    wire::{Listed, Pull, Review},
};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long one question may take, its redirects and its answer included.
const ANSWER: Duration = Duration::from_secs(8);
/// Longest answer that is read.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// Longest name of an answer that is kept.
const ETAG_BYTES: usize = 200;
/// Pull requests of one branch that are looked at, the newest first.
const PULLS: &str = "5";
/// Reviews of a page, and pages that are read.
const REVIEWS: usize = 100;
const PAGES: usize = 5;
/// Redirects of one question.
const REDIRECTS: usize = 3;
/// The version of the API that is asked.
const VERSION: HeaderValue = HeaderValue::from_static("2022-11-28");

/// Which GitHub is asked.
#[derive(Clone)]
pub struct Settings {
    /// Where its REST API is.
    pub api_url: String,
    /// The host that its repositories are at.
    pub host: String,
    /// What it is asked with.
    pub token: Option<String>,
}

/// Asks GitHub. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct GitHub {
    client: Client,
    api: Url,
    host: String,
    headers: HeaderMap,
}

impl fmt::Debug for GitHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHub").field("api", &self.api.as_str()).finish_non_exhaustive()
    }
}

/// Why GitHub cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The address is none.
    #[error("the address of GitHub's API is none")]
    Address,
    /// The token cannot be sent.
    #[error("the token for GitHub holds what no header may")]
    Token,
    /// The system's certificates cannot be read.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

/// What GitHub said.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// What came of asking.
    pub asked: Asked,
    /// What it calls that answer; none where it is to be asked in full the next time.
    pub etag: Option<String>,
}

/// An answer that says something.
enum Answer {
    Same,
    New(Response),
}

impl GitHub {
    /// Builds the client.
    ///
    /// # Errors
    /// See [`Unusable`].
    pub fn new(settings: Settings, tls: ClientConfig) -> Result<Self, Unusable> {
        let api = Url::parse(&settings.api_url).map_err(|_| Unusable::Address)?;
        if api.cannot_be_a_base() || !matches!(api.scheme(), "http" | "https") {
            return Err(Unusable::Address);
        }
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .redirect(staying_at(&api))
            .user_agent(concat!("quickstep/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls)
            .build()?;
        let headers = headers(settings.token.as_deref())?;
        Ok(Self { client, api, host: settings.host, headers })
    }

    /// Returns whether a repository is one of those that it keeps.
    #[must_use]
    pub fn keeps(&self, repository: &Repository) -> bool {
        repository.host == self.host
    }

    /// Looks for the pull request of a branch. `etag` is what the last answer about it was called.
    pub async fn pull(&self, repository: &Repository, branch: &str, etag: Option<&str>) -> Said {
        match self.look(repository, branch, etag).await {
            Ok(said) => said,
            Err(asked) => Said { asked, etag: None },
        }
    }

    async fn look(&self, repository: &Repository, branch: &str, etag: Option<&str>) -> Result<Said, Asked> {
        let head = format!("{}:{branch}", repository.owner);
        let listing =
            self.url(repository, &["pulls"], &[("head", &head), ("state", "all"), ("per_page", PULLS)]);
        let response = match self.get(listing, etag).await? {
            Answer::Same => return Ok(Said { asked: Asked::Same, etag: etag.map(str::to_owned) }),
            Answer::New(response) => response,
        };
        let etag = named(&response);
        let listed: Vec<Listed> = read(response).await?;
        let Some(found) = listed.iter().find(|pull| pull.is_open()).or(listed.first()) else {
            return Ok(Said { asked: Asked::None, etag });
        };
        let pull = self.whole(repository, found.number).await?;
        Ok(Said { asked: Asked::Found(Box::new(pull)), etag })
    }

    async fn whole(&self, repository: &Repository, number: u64) -> Result<PullRequest, Asked> {
        let number = number.to_string();
        let pull: Pull = self.read(self.url(repository, &["pulls", &number], &[])).await?;
        if !pull.is_at_a_page() {
            return Err(failed("its address is none"));
        }
        Ok(pull.with(self.verdict(repository, &number).await?))
    }

    async fn verdict(&self, repository: &Repository, number: &str) -> Result<Verdict, Asked> {
        let mut reviews: Vec<Review> = Vec::new();
        for page in 1..=PAGES {
            let query = [("per_page", REVIEWS.to_string()), ("page", page.to_string())];
            let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
            let some: Vec<Review> =
                self.read(self.url(repository, &["pulls", number, "reviews"], &query)).await?;
            let is_last = some.len() < REVIEWS;
            reviews.extend(some);
            if is_last {
                break;
            }
        }
        Ok(verdict(&reviews))
    }

    fn url(&self, repository: &Repository, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.api.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["repos", &repository.owner, &repository.name]).extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    async fn read<T: DeserializeOwned>(&self, url: Url) -> Result<T, Asked> {
        match self.get(url, None).await? {
            Answer::New(response) => read(response).await,
            Answer::Same => Err(failed("nothing was asked to be the same")),
        }
    }

    async fn get(&self, url: Url, etag: Option<&str>) -> Result<Answer, Asked> {
        let mut request = self.client.get(url).headers(self.headers.clone()).timeout(ANSWER);
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let response = request.send().await.map_err(|error| failed(error.without_url()))?;
        match response.status() {
            StatusCode::NOT_MODIFIED => Ok(Answer::Same),
            status if status.is_success() => Ok(Answer::New(response)),
            status => Err(refused(status, response.headers())),
        }
    }
}

/// A redirect elsewhere would carry the question, and perhaps the token, to whoever is named in it.
fn staying_at(api: &Url) -> Policy {
    let home = api.origin();
    Policy::custom(move |attempt| {
        if attempt.url().origin() == home && attempt.previous().len() <= REDIRECTS {
            attempt.follow()
        } else {
            attempt.stop()
        }
    })
}

fn headers(token: Option<&str>) -> Result<HeaderMap, Unusable> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
    headers.insert("x-github-api-version", VERSION);
    if let Some(token) = token {
        let mut value =
            HeaderValue::from_str(&format!("Bearer {}", token.trim())).map_err(|_| Unusable::Token)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

fn named(response: &Response) -> Option<String> {
    let etag = response.headers().get(ETAG)?.to_str().ok()?;
    (etag.len() <= ETAG_BYTES).then(|| etag.to_owned())
}

async fn read<T: DeserializeOwned>(mut response: Response) -> Result<T, Asked> {
    let whole = async {
        let mut said = Vec::new();
        while let Some(bytes) = response.chunk().await.map_err(|error| failed(error.without_url()))? {
            said.extend_from_slice(&bytes);
            if said.len() > ANSWER_BYTES {
                return Err(failed("the answer is too long"));
            }
        }
        serde_json::from_slice(&said).map_err(failed)
    };
    timeout(ANSWER, whole).await.unwrap_or_else(|_| Err(failed("the answer took too long")))
}

/// What GitHub limits it refuses with 403 or 429, and says for how long; what may not be seen is 404, or 403 without that.
fn refused(status: StatusCode, headers: &HeaderMap) -> Asked {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let wait_s = number(RETRY_AFTER.as_str());
    let is_spent = number("x-ratelimit-remaining") == Some(0);
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::FORBIDDEN if wait_s.is_some() || is_spent => {
            let until_reset = || Some(number("x-ratelimit-reset")?.saturating_sub(clock(headers)?));
            let wait_s = wait_s.or_else(until_reset);
            tracing::warn!(wait_s, "GitHub wants to be asked less");
            Asked::Failed { retry_after_ms: wait_s.map(|wait_s| wait_s.min(3_600) * 1_000) }
        }
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS => {
            tracing::info!(%status, "GitHub does not show a repository");
            Asked::Hidden
        }
        _ => failed(status),
    }
}

/// Returns the time by GitHub's own clock, in seconds.
fn clock(headers: &HeaderMap) -> Option<u64> {
    let date = headers.get("date")?.to_str().ok()?;
    let at = jiff::fmt::rfc2822::parse(date).ok()?;
    u64::try_from(at.timestamp().as_second()).ok()
}

fn failed(why: impl fmt::Display) -> Asked {
    tracing::warn!(%why, "GitHub was asked in vain");
    Asked::Failed { retry_after_ms: None }
}
