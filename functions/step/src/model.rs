//! The models' providers, as the configuration names them.

use std::sync::OnceLock;

use chat::{
    failure::Kind,
    model::{ModelError, ModelRequest},
    port::AskModel,
};
use edge::models::Provider;
use llm::{Endpoint, Llm};

/// Asks the configured providers. The HTTP client is made with the first question: a step that only parks
/// or finishes a chat does without.
#[derive(Debug)]
pub struct Model {
    providers: Vec<Provider>,
    llm: OnceLock<Llm>,
}

impl Model {
    /// Asks these providers.
    #[must_use]
    pub const fn new(providers: Vec<Provider>) -> Self {
        Self { providers, llm: OnceLock::new() }
    }

    fn llm(&self, request: &ModelRequest) -> Result<&Llm, ModelError> {
        if let Some(llm) = self.llm.get() {
            return Ok(llm);
        }
        let llm = Llm::new(self.providers.iter().filter_map(endpoint))
            .map_err(|error| no_client(&request.model.provider, &error))?;
        Ok(self.llm.get_or_init(|| llm))
    }
}

/// Where there are no certificates on Lambda, the function does not start (`edge::Config::from_env`); elsewhere it is
/// said with the first question. Asking again would not mend it.
fn no_client(provider: &str, error: &dyn std::fmt::Display) -> ModelError {
    let message = format!("no HTTP client: {error}");
    ModelError { retryable: false, ..ModelError::ours(provider, Kind::Config, message) }
}

fn endpoint(provider: &Provider) -> Option<(String, Endpoint)> {
    let api_key = llm::Secret::new(provider.api_key.as_ref()?.reveal());
    Some((provider.kind.as_str().to_owned(), Endpoint { base_url: provider.base_url.clone(), api_key }))
}

impl AskModel for Model {
    type Answer = llm::Answer;

    async fn ask(&self, request: ModelRequest) -> Result<Self::Answer, ModelError> {
        self.llm(&request)?.ask(request).await
    }
}
