//! Anthropic Messages: <https://platform.claude.com/docs/en/api/messages>.

mod decode;
mod encode;

pub(crate) use decode::Decoder;
pub(crate) use encode::encode;

#[cfg(test)]
pub(crate) mod tests;
