//! Why what an agent said was not done.

use chat::port::Unavailable;
use edge::Rejection;

/// Why what an agent said was not done.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refused {
    /// The workspace is to be gone, or is.
    pub(crate) fn gone() -> Self {
        Self { code: "gone", message: "this workspace was deleted".into() }
    }
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        if let Some(cause) = rejection.cause() {
            tracing::warn!(cause, "an agent's message was not done");
        }
        let said = rejection.said();
        Self { code: said.code, message: said.message }
    }
}

impl From<Unavailable> for Refused {
    fn from(error: Unavailable) -> Self {
        Self::from(Rejection::Unavailable(error))
    }
}
