//! Gemini: <https://ai.google.dev/api/generate-content>.

mod decode;
mod encode;

pub(crate) use decode::Decoder;
pub(crate) use encode::encode;

#[cfg(test)]
pub(crate) mod tests;
