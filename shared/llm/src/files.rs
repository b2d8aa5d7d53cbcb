//! The files that people attach, in the shapes that wire formats know.

use base64::{Engine, prelude::BASE64_STANDARD};
use chat::{
    catalogue::ProviderKind,
    limit::ATTACHED_TEXT_BYTES,
    model::{Api, Attachment, ModelConfig},
};

use crate::fence::fenced;

/// A file that goes along as it is.
#[derive(Debug)]
pub(crate) struct File<'a> {
    pub(crate) kind: FileKind,
    pub(crate) media_type: &'a str,
    pub(crate) name: &'a str,
    bytes: &'a [u8],
}

/// What a wire format has a place for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Image,
    Pdf,
}

/// How a model is shown a file.
#[derive(Debug)]
pub(crate) enum Shown<'a> {
    AsItIs(File<'a>),
    AsText(String),
    /// It is only said that it was there.
    Not,
}

impl File<'_> {
    pub(crate) fn base64(&self) -> String {
        BASE64_STANDARD.encode(self.bytes)
    }

    /// Returns the file as an address that contains it.
    pub(crate) fn data_url(&self) -> String {
        let mut url = format!("data:{};base64,", self.media_type);
        BASE64_STANDARD.encode_string(self.bytes, &mut url);
        url
    }
}

/// Returns how `model` is shown a file.
pub(crate) fn shown<'a>(model: &ModelConfig, file: &'a Attachment, name: &'a str) -> Shown<'a> {
    let media_type = essence(&file.media_type);
    let bytes = &file.bytes[..];
    match kind(media_type) {
        _ if bytes.is_empty() => Shown::Not,
        Some(kind) if takes(model, kind, media_type) => Shown::AsItIs(File { kind, media_type, name, bytes }),
        Some(_) => Shown::Not,
        None if is_text(media_type) => text(name, bytes).map_or(Shown::Not, Shown::AsText),
        None => Shown::Not,
    }
}

/// Returns a media type without its parameters.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

fn kind(media_type: &str) -> Option<FileKind> {
    match media_type {
        "application/pdf" => Some(FileKind::Pdf),
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/heic" | "image/heif" => {
            Some(FileKind::Image)
        }
        _ => None,
    }
}

/// Of the servers that speak Chat Completions, only those of `OpenAI`'s models and `OpenRouter` know files.
fn takes(model: &ModelConfig, kind: FileKind, media_type: &str) -> bool {
    let is_heif = matches!(media_type, "image/heic" | "image/heif");
    match (model.api, kind) {
        (Api::AnthropicMessages | Api::OpenaiResponses | Api::GoogleGenerate, FileKind::Pdf) => true,
        (Api::OpenaiChat, FileKind::Pdf) => {
            matches!(model.kind, ProviderKind::Openai | ProviderKind::Azure | ProviderKind::Openrouter)
        }
        (Api::AnthropicMessages | Api::OpenaiResponses | Api::OpenaiChat, FileKind::Image) => !is_heif,
        (Api::GoogleGenerate, FileKind::Image) => media_type != "image/gif",
    }
}

fn is_text(media_type: &str) -> bool {
    media_type.starts_with("text/") || matches!(media_type, "application/json" | "application/xml")
}

fn text(name: &str, bytes: &[u8]) -> Option<String> {
    let whole = std::str::from_utf8(bytes).ok()?;
    let shown = &whole[..whole.floor_char_boundary(ATTACHED_TEXT_BYTES)];
    let cut = if shown.len() < whole.len() { ", cut off at the end" } else { "" };
    Some(fenced(&format!("[attached file {name}{cut}]"), shown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::model;

    fn told(api: Api, kind: ProviderKind, media_type: &str, bytes: &[u8]) -> String {
        let file = Attachment { media_type: media_type.to_owned(), bytes: bytes.into() };
        match shown(&ModelConfig { kind, ..model(api) }, &file, "a") {
            Shown::AsItIs(file) => file.data_url(),
            Shown::AsText(text) => text,
            Shown::Not => "not".to_owned(),
        }
    }

    #[test]
    fn every_wire_is_shown_what_it_has_a_place_for() {
        use Api::{AnthropicMessages, GoogleGenerate, OpenaiChat, OpenaiResponses};
        use ProviderKind::{Anthropic, Google, Openai, OpenaiCompat};
        let (png, pdf) = ("data:image/png;base64,eA==", "data:application/pdf;base64,eA==");
        for (api, kind, media_type, expect) in [
            (AnthropicMessages, Anthropic, "image/png", png),
            (AnthropicMessages, Anthropic, "application/pdf", pdf),
            (AnthropicMessages, Anthropic, "image/heic", "not"),
            (OpenaiResponses, Openai, "image/png; a=b", png),
            (OpenaiResponses, Openai, "application/pdf", pdf),
            (OpenaiChat, Openai, "application/pdf", pdf),
            (OpenaiChat, OpenaiCompat, "application/pdf", "not"),
            (OpenaiChat, OpenaiCompat, "image/png", png),
            (GoogleGenerate, Google, "image/gif", "not"),
            (GoogleGenerate, Google, "image/heic", "data:image/heic;base64,eA=="),
            (GoogleGenerate, Google, "video/mp4", "not"),
            (GoogleGenerate, Google, "text/csv", "[attached file a]\n```\nx\n```"),
        ] {
            assert_eq!(told(api, kind, media_type, b"x"), expect, "{api:?} {media_type}");
        }
    }

    #[test]
    fn a_text_is_bounded_and_what_is_none_is_not_shown() {
        let told = |bytes: &[u8]| told(Api::OpenaiChat, ProviderKind::Openai, "text/plain", bytes);
        let long = told("é".repeat(ATTACHED_TEXT_BYTES).as_bytes());
        assert!(long.starts_with("[attached file a, cut off at the end]\n"));
        assert!((ATTACHED_TEXT_BYTES..ATTACHED_TEXT_BYTES + 100).contains(&long.len()));
        assert_eq!((told(b"\xff"), told(b"")), ("not".to_owned(), "not".to_owned()));
    }
}
