//! What administrators ask for: paths and JSON, as the API has them.

use http::Method;
use serde_json::Value;

use super::{Api, read};
use crate::http::{Call, send};

impl Api {
    /// Reads what is at a path.
    ///
    /// # Errors
    /// The stack refused, or stayed away.
    pub async fn at(&self, path: &str) -> anyhow::Result<Value> {
        self.get(path.to_owned()).await
    }

    /// Makes something, once whatever is repeated.
    ///
    /// # Errors
    /// The stack refused, or stayed away.
    pub async fn make(&self, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        self.post(path.to_owned(), body).await
    }

    /// Changes a part of what is at a path.
    ///
    /// # Errors
    /// The stack refused, or stayed away.
    pub async fn change(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        let (path, body) = (path.to_owned(), Some(body));
        self.call(Call { method: Method::PATCH, path, idempotency_key: None, body }).await
    }

    /// Puts something in the place of what is at a path.
    ///
    /// # Errors
    /// The stack refused, or stayed away.
    pub async fn put(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        let (path, body) = (path.to_owned(), Some(body));
        self.call(Call { method: Method::PUT, path, idempotency_key: None, body }).await
    }

    /// Removes what is at a path; asked once, for a second answer would be that it is not there.
    ///
    /// # Errors
    /// The stack refused, or is away.
    pub async fn remove(&self, path: &str) -> anyhow::Result<Value> {
        let call = Call { method: Method::DELETE, path: path.to_owned(), idempotency_key: None, body: None };
        let stack = self.finder.find()?;
        read(send(&stack.http_url, &stack.token, &call).await?)
    }
}
