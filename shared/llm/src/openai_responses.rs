//! OpenAI Responses: <https://platform.openai.com/docs/api-reference/responses>.

mod decode;
mod encode;

pub(crate) use decode::Decoder;
pub(crate) use encode::encode;

#[cfg(test)]
pub(crate) mod tests;
