#![doc = include_str!("../README.md")]

mod authorizer;
mod event;
mod kept;

use std::sync::Arc;

use edge::{Config, Function};

pub use authorizer::Authorizer;

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let directory = store::Directory::connect(&config.sdk, &config.tables.directory, config.clock.clone());
    let authorizer = Arc::new(Authorizer::new(directory, config.clock, config.admin_token_hash));
    edge::serve::events("authorize", move |event, _| {
        let authorizer = Arc::clone(&authorizer);
        async move { authorizer.answer(event).await }
    })
}
