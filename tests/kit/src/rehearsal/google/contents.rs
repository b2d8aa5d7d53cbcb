//! The rules for contents: roles, parts, calls paired with responses, and signatures of calls.

use serde_json::Value;

use super::{
    super::{
        refusal::{Refusal, require},
        seal::is_sealed,
        talk::{list, text_at},
    },
    invalid,
};

/// What is taken for the signature of a call that another model made.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

pub(super) fn check(model: &str, contents: &[Value]) -> Result<(), Refusal> {
    require(!contents.is_empty(), || {
        invalid("* GenerateContentRequest.contents: contents is not specified\n")
    })?;
    for (index, content) in contents.iter().enumerate() {
        rules(index, content)?;
    }
    pairs(contents)?;
    // Only what follows the last words of a person is looked at.
    let turn = contents.iter().rposition(|content| is_user(content) && !has(content, "functionResponse"));
    for (index, content) in contents.iter().enumerate().skip(turn.unwrap_or(0)) {
        signed(model, index, content)?;
    }
    Ok(())
}

fn rules(index: usize, content: &Value) -> Result<(), Refusal> {
    require(matches!(text_at(content, "role"), "user" | "model" | ""), || {
        invalid("Please use a valid role: user, model.")
    })?;
    require(!list(content, "parts").is_empty(), || {
        let place = format!("GenerateContentRequest.contents[{index}].parts");
        invalid(format!("* {place}: contents.parts must not be empty.\n"))
    })
}

fn pairs(contents: &[Value]) -> Result<(), Refusal> {
    let mut open = Vec::new();
    for content in contents {
        let answered = names(content, "functionResponse");
        require(answered == open, || {
            invalid(
                "Please ensure that the number of function response parts is equal to the number of function \
                 call parts of the function call turn.",
            )
        })?;
        open = names(content, "functionCall");
    }
    require(open.is_empty(), || {
        invalid(
            "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
        )
    })
}

fn signed(model: &str, index: usize, content: &Value) -> Result<(), Refusal> {
    let call = list(content, "parts").iter().find(|part| part.get("functionCall").is_some());
    let Some(call) = call.filter(|_| model.starts_with("gemini-3")) else {
        return Ok(());
    };
    let name = text_at(&call["functionCall"], "name");
    let signature = text_at(call, "thoughtSignature");
    require(!signature.is_empty(), || {
        invalid(format!(
            "Function call is missing a thought_signature in functionCall parts. This is required for tools to \
             work correctly. Additional data, function call `default_api:{name}`, position {index}."
        ))
    })?;
    require(signature == NO_SIGNATURE || is_sealed(&standard(signature)), || {
        invalid("Corrupted thought signature.")
    })
}

/// Google's own client sends back the same bytes in the alphabet of addresses.
fn standard(base64: &str) -> String {
    base64.replace('-', "+").replace('_', "/")
}

fn names<'a>(content: &'a Value, kind: &str) -> Vec<&'a str> {
    list(content, "parts").iter().filter_map(|part| part.get(kind)?.get("name")?.as_str()).collect()
}

fn has(content: &Value, kind: &str) -> bool {
    list(content, "parts").iter().any(|part| part.get(kind).is_some())
}

fn is_user(content: &Value) -> bool {
    text_at(content, "role") != "model"
}
