//! What protocol version 2026-07-28 wants said with each request, for it has no sessions: who asks, and, in headers, what
//! is asked, so that proxies need not read bodies.

use std::collections::HashSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rmcp::model::{ClientCapabilities, Implementation, ProtocolVersion, RequestMetaObject};
use serde_json::Value;

/// The version that is spoken so.
pub(crate) const VERSION: ProtocolVersion = ProtocolVersion::V_2026_07_28;

const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");
/// The keyword by which a schema says that an argument is to be a header.
const MARK: &str = "x-mcp-header";

/// Returns who asks, as it stands in `_meta`.
pub(crate) fn asker(name: Implementation) -> RequestMetaObject {
    RequestMetaObject::with_client_context(VERSION, name, ClientCapabilities::default())
}

/// Returns what is asked. The schema is that of the tool that is called, where one is: it says which arguments are to be
/// headers (`x-mcp-header`).
pub(crate) fn headers(method: &str, params: &Value, schema: Option<&Value>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.extend(value(method).map(|method| (METHOD, method)));
    if let Some(schema) = schema {
        let name = params.get("name").and_then(Value::as_str).and_then(value);
        headers.extend(name.map(|name| (NAME, name)));
        promote(schema, params.get("arguments").unwrap_or(&Value::Null), &mut headers);
    }
    headers
}

/// Whether the marks of a tool's schema are as they may be: names of headers, each there once whatever its case, on texts,
/// integers and booleans that only `properties` lead to. A tool that is marked otherwise is to be left out.
pub(crate) fn is_well_marked(schema: &Value) -> bool {
    is_well_marked_at(Place::Root, schema, &mut HashSet::new())
}

/// Where in a tool's schema something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Root,
    /// At an argument, or within one.
    Property,
    /// Where the schema alone does not say which value of the arguments is meant.
    Elsewhere,
}

fn is_well_marked_at(place: Place, schema: &Value, names: &mut HashSet<HeaderName>) -> bool {
    let Some(schema) = schema.as_object() else { return true };
    let within = if place == Place::Elsewhere { Place::Elsewhere } else { Place::Property };
    schema.iter().all(|(keyword, value)| match (keyword.as_str(), value) {
        (MARK, mark) => place == Place::Property && is_header(mark, schema.get("type"), names),
        // Values, not schemas.
        ("default" | "const" | "enum" | "examples", _) => true,
        ("properties", Value::Object(schemas)) => {
            schemas.values().all(|schema| is_well_marked_at(within, schema, names))
        }
        ("$defs" | "definitions" | "dependentSchemas" | "patternProperties", Value::Object(schemas)) => {
            schemas.values().all(|schema| is_well_marked_at(Place::Elsewhere, schema, names))
        }
        (_, Value::Array(schemas)) => {
            schemas.iter().all(|schema| is_well_marked_at(Place::Elsewhere, schema, names))
        }
        (_, schema) => is_well_marked_at(Place::Elsewhere, schema, names),
    })
}

fn is_header(mark: &Value, kind: Option<&Value>, names: &mut HashSet<HeaderName>) -> bool {
    let is_kind = matches!(kind.and_then(Value::as_str), Some("string" | "integer" | "boolean"));
    let name = mark.as_str().filter(|mark| !mark.is_empty()).and_then(header);
    is_kind && name.is_some_and(|name| names.insert(name))
}

fn header(mark: &str) -> Option<HeaderName> {
    HeaderName::try_from(format!("mcp-param-{mark}")).ok()
}

/// What is marked otherwise than it may be is no header: the server says what it misses.
fn promote(schema: &Value, args: &Value, headers: &mut HeaderMap) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    for (property, schema) in properties {
        let Some(arg) = args.get(property) else { continue };
        let name = schema.get(MARK).and_then(Value::as_str).and_then(header);
        headers.extend(name.and_then(|name| Some((name, value(&primitive(arg)?)?))));
        promote(schema, arg, headers);
    }
}

fn primitive(arg: &Value) -> Option<String> {
    match arg {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(arg.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What a header cannot carry as it is goes in base64, and so does what looks as if it did already.
fn value(text: &str) -> Option<HeaderValue> {
    let is_plain = text.trim_matches([' ', '\t']) == text
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && !(text.starts_with("=?base64?") && text.ends_with("?="));
    let encoded = (!is_plain).then(|| format!("=?base64?{}?=", STANDARD.encode(text)));
    HeaderValue::try_from(encoded.as_deref().unwrap_or(text)).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_marked_becomes_a_header() {
        let text = json!({"type": "string", "x-mcp-header": "Region"});
        let inner = json!({"properties": {"n": {"type": "integer", "x-mcp-header": "N"}, "secret": {}}});
        let schema = json!({"properties": {"region": text, "inner": inner, "none": text}});
        let args = json!({"region": "Zürich", "inner": {"n": 7, "secret": "s"}, "none": null});
        let headers = headers("tools/call", &json!({"name": "go", "arguments": args}), Some(&schema));
        let expect = [
            ("mcp-method", "tools/call"),
            ("mcp-name", "go"),
            ("mcp-param-n", "7"),
            ("mcp-param-region", "=?base64?WsO8cmljaA==?="),
        ];
        let mut said: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        said.sort_unstable();
        assert_eq!(said, expect);
    }

    #[test]
    fn marks_are_names_of_headers_once_each_on_what_properties_lead_to() {
        let check = |schema: Value, expect: bool| assert_eq!(is_well_marked(&schema), expect, "{schema}");
        let marked = |mark: Value| json!({"type": "string", "x-mcp-header": mark});
        let (a, b) = (marked(json!("A")), marked(json!("B")));
        check(json!({"properties": {"a": a, "inner": {"properties": {"b": b}}}}), true);
        check(json!({"properties": {"x-mcp-header": {"type": "string"}}}), true);
        check(json!({"properties": {"a": {"type": "object", "default": {"x-mcp-header": ""}}}}), true);
        check(json!({"properties": {"a": a, "inner": {"properties": {"b": marked(json!("a"))}}}}), false);
        for mark in [json!(""), json!("a b"), json!("a:b"), json!("ä"), json!("a\n"), json!(1)] {
            check(json!({"properties": {"a": marked(mark)}}), false);
        }
        for kind in [json!("number"), json!("object"), json!(["string", "null"]), json!(null)] {
            check(json!({"properties": {"a": {"type": kind, "x-mcp-header": "A"}}}), false);
        }
        check(a.clone(), false);
        check(json!({"properties": {"a": {"type": "array", "items": a}}}), false);
        check(json!({"anyOf": [{"properties": {"a": a}}]}), false);
        check(json!({"$defs": {"a": a}, "properties": {"a": {"$ref": "#/$defs/a"}}}), false);
    }

    #[test]
    fn what_would_not_arrive_as_it_is_goes_in_base64() {
        let check = |text: &str, expect: &str| assert_eq!(value(text).unwrap(), expect, "{text}");
        check("", "");
        check("a b", "a b");
        check(" a", "=?base64?IGE=?=");
        check("a\nb", "=?base64?YQpi?=");
        check("=?base64?YQ==?=", "=?base64?PT9iYXNlNjQ/WVE9PT89?=");
    }
}
