use chat::{id::ModelId, time::Timestamp};

use super::*;

fn asked(kind: ProviderKind, api: Api, base_url: Option<&str>, model: &str) -> String {
    let endpoint = Endpoint::of(kind, base_url, Auth::Key(Secret::new("k"))).unwrap();
    endpoint.url(&ModelConfig::plain(ModelId(uuid::Uuid::nil()), kind, api, model, 1))
}

#[test]
fn every_kind_is_asked_where_it_is() {
    use Api::{AnthropicMessages, GoogleGenerate, OpenaiChat, OpenaiResponses};
    use ProviderKind::{Anthropic, Azure, Bedrock, Google, Openai, OpenaiCompat, Openrouter, Vercel};
    let runtime = bedrock_base_url("eu-west-1");
    for (kind, api, base, expect) in [
        (Anthropic, AnthropicMessages, None, "https://api.anthropic.com/v1/messages"),
        (Anthropic, AnthropicMessages, Some("http://x/v1/"), "http://x/v1/messages"),
        (Openai, OpenaiResponses, None, "https://api.openai.com/v1/responses"),
        (Openai, OpenaiChat, Some("http://x/v1"), "http://x/v1/chat/completions"),
        (
            OpenaiCompat,
            OpenaiChat,
            Some("https://api.deepseek.com"),
            "https://api.deepseek.com/chat/completions",
        ),
        (
            Azure,
            OpenaiResponses,
            Some("https://r.openai.azure.com/"),
            "https://r.openai.azure.com/openai/v1/responses",
        ),
        (
            Azure,
            OpenaiChat,
            Some("https://r.openai.azure.com/openai"),
            "https://r.openai.azure.com/openai/v1/chat/completions",
        ),
        (
            Azure,
            OpenaiChat,
            Some("https://r.openai.azure.com/openai/v1"),
            "https://r.openai.azure.com/openai/v1/chat/completions",
        ),
        (
            Bedrock,
            AnthropicMessages,
            Some(runtime.as_str()),
            "https://bedrock-runtime.eu-west-1.amazonaws.com/anthropic/v1/messages",
        ),
        (
            Bedrock,
            AnthropicMessages,
            Some("https://bedrock-mantle.eu-west-1.api.aws/anthropic"),
            "https://bedrock-mantle.eu-west-1.api.aws/anthropic/v1/messages",
        ),
        (
            Bedrock,
            OpenaiResponses,
            Some(runtime.as_str()),
            "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1/responses",
        ),
        (
            Bedrock,
            OpenaiResponses,
            Some("https://bedrock-mantle.eu-west-1.api.aws/v1"),
            "https://bedrock-mantle.eu-west-1.api.aws/v1/responses",
        ),
        (
            Google,
            GoogleGenerate,
            None,
            "https://generativelanguage.googleapis.com/v1beta/models/m:streamGenerateContent?alt=sse",
        ),
        (
            Google,
            GoogleGenerate,
            Some("http://x/v1beta"),
            "http://x/v1beta/models/m:streamGenerateContent?alt=sse",
        ),
        (Openrouter, OpenaiChat, None, "https://openrouter.ai/api/v1/chat/completions"),
        (Vercel, OpenaiChat, None, "https://ai-gateway.vercel.sh/v1/chat/completions"),
    ] {
        assert_eq!(asked(kind, api, base, "m"), expect);
    }
}

#[test]
fn who_is_nowhere_needs_a_base_url() {
    for kind in [ProviderKind::Azure, ProviderKind::OpenaiCompat, ProviderKind::Bedrock] {
        for base_url in [None, Some(" ")] {
            let refused = Endpoint::of(kind, base_url, Auth::Key(Secret::new("k"))).unwrap_err();
            assert_eq!(refused, NoBaseUrl(kind));
        }
    }
}

#[test]
fn every_kind_is_told_the_key_in_its_own_header() {
    for (kind, api, name, expect) in [
        (ProviderKind::Anthropic, Api::AnthropicMessages, "x-api-key", "k"),
        (ProviderKind::Openai, Api::OpenaiResponses, "authorization", "Bearer k"),
        (ProviderKind::OpenaiCompat, Api::OpenaiChat, "authorization", "Bearer k"),
        (ProviderKind::Azure, Api::OpenaiResponses, "api-key", "k"),
        (ProviderKind::Bedrock, Api::AnthropicMessages, "authorization", "Bearer k"),
        (ProviderKind::Google, Api::GoogleGenerate, "x-goog-api-key", "k"),
        (ProviderKind::Openrouter, Api::OpenaiChat, "authorization", "Bearer k"),
        (ProviderKind::Vercel, Api::OpenaiChat, "authorization", "Bearer k"),
        (ProviderKind::Rehearsal, Api::GoogleGenerate, "x-goog-api-key", "k"),
    ] {
        let endpoint = Endpoint::of(kind, Some("http://x"), Auth::Key(Secret::new("k\n"))).unwrap();
        let headers = endpoint.headers(api, "http://x", "").unwrap();
        let secrets: Vec<_> = headers.iter().filter(|(_, value)| value.is_sensitive()).collect();
        assert_eq!(secrets, [(&name.parse().unwrap(), &expect.parse().unwrap())], "{kind:?}");
        assert_eq!(headers.contains_key("anthropic-version"), api == Api::AnthropicMessages);
    }
}

fn aws(base_url: Option<&str>) -> Endpoint {
    let keys = AwsKeys {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: Secret::new("wJalrXUtnFEMI"),
        session_token: Some(Secret::new("token")),
        region: "eu-west-1".to_owned(),
        signed_at: Timestamp(1_700_000_000_000),
    };
    Endpoint::of(ProviderKind::Bedrock, base_url, Auth::Aws(Box::new(keys))).unwrap()
}

#[test]
fn a_role_signs_for_the_door_that_it_knocks_at() {
    for (base_url, service) in
        [(None, "bedrock"), (Some("https://bedrock-mantle.eu-west-1.api.aws"), "bedrock-mantle")]
    {
        let endpoint = aws(base_url);
        let model = ModelConfig::plain(
            ModelId(uuid::Uuid::nil()),
            ProviderKind::Bedrock,
            Api::AnthropicMessages,
            "m",
            1,
        );
        let headers = endpoint.headers(model.api, &endpoint.url(&model), "{}").unwrap();
        let signature = headers["authorization"].to_str().unwrap();
        let scope = format!("Credential=AKIDEXAMPLE/20231114/eu-west-1/{service}/aws4_request");
        assert!(signature.starts_with("AWS4-HMAC-SHA256 ") && signature.contains(&scope), "{signature}");
        assert_eq!(
            (&headers["x-amz-security-token"], &headers["x-amz-date"]),
            (&"token".parse().unwrap(), &"20231114T221320Z".parse().unwrap())
        );
        let other = endpoint.headers(model.api, &endpoint.url(&model), "{ }").unwrap();
        assert_ne!(headers["authorization"], other["authorization"]);
    }
}

#[test]
fn the_region_is_the_addresss_where_it_names_one() {
    for (url, expect) in [
        ("https://bedrock-runtime.eu-west-1.amazonaws.com/anthropic", Some("eu-west-1")),
        ("https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com", Some("us-gov-west-1")),
        ("https://bedrock-mantle.ap-south-2.api.aws", Some("ap-south-2")),
        ("https://vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com:443", Some("eu-west-1")),
        ("https://bedrock.example.com", None),
        ("https://proxy.example.com/bedrock-runtime.eu-west-1", None),
        ("http://127.0.0.1:4000", None),
        ("nonsense", None),
    ] {
        assert_eq!(address::bedrock_region(url), expect, "{url}");
    }
}

#[test]
fn a_secret_is_not_shown() {
    let shown = format!("{:?}", aws(None));
    assert!(!shown.contains("wJalrXUtnFEMI") && !shown.contains("token\""), "{shown}");
}
