//! What a model may be set to.

use chat::model::{ModelConfig, ModelOptions};

use crate::fields::Fields;

/// The largest context window that is believed.
const CONTEXT: u64 = 100_000_000;
/// Most bytes of what only one kind of provider knows.
const PROVIDER_OPTIONS_BYTES: usize = 16 * 1024;

/// Notes what is wrong with a model.
pub(super) fn check(fields: &mut Fields, model: &ModelConfig) {
    fields.name("model", &model.model);
    fields.name("display_name", &model.display_name);
    let context = (1..=CONTEXT).contains(&model.context_limit);
    fields.must(context, "context_limit", &format!("must be 1 to {CONTEXT}"));
    fields.must(model.compaction_threshold <= 100, "compaction_threshold", "must be 0 to 100");
    check_options(fields, &model.options);
}

fn check_options(fields: &mut Fields, options: &ModelOptions) {
    let within = |value: Option<f64>, from, to| value.is_none_or(|value| (from..=to).contains(&value));
    fields.must(within(options.temperature, 0.0, 2.0), "options.temperature", "must be 0 to 2");
    fields.must(within(options.top_p, 0.0, 1.0), "options.top_p", "must be 0 to 1");
    fields.must(options.top_k != Some(0), "options.top_k", "must be 1 or more");
    for (name, value) in
        [("presence_penalty", options.presence_penalty), ("frequency_penalty", options.frequency_penalty)]
    {
        fields.must(within(value, -2.0, 2.0), &format!("options.{name}"), "must be -2 to 2");
    }
    let output = options.max_output_tokens.is_none_or(|most| (1..=CONTEXT).contains(&most));
    fields.must(output, "options.max_output_tokens", &format!("must be 1 to {CONTEXT}"));
    let effort = options.reasoning_effort.unwrap_or_default();
    let ordered = effort.max.is_none_or(|max| effort.default.is_none_or(|default| default <= max));
    fields.must(ordered, "options.reasoning_effort", "the default must not be above max");
    let bytes = serde_json::to_string(&options.provider_options).map_or(usize::MAX, |text| text.len());
    let message = format!("must be at most {PROVIDER_OPTIONS_BYTES} bytes");
    fields.must(bytes <= PROVIDER_OPTIONS_BYTES, "options.provider_options", &message);
}
