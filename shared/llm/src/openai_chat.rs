//! OpenAI Chat Completions, as OpenAI and many others speak it:
//! <https://platform.openai.com/docs/api-reference/chat>.

mod decode;
mod encode;

pub(crate) use decode::Decoder;
pub(crate) use encode::encode;

#[cfg(test)]
pub(crate) mod tests;
