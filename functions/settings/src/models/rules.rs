//! What a model may be set to.

use chat::model::{ModelConfig, ModelOptions};

use crate::fields::Fields;

/// The largest context window that is believed.
const CONTEXT: u64 = 100_000_000;
/// Most bytes of what only one kind of provider knows.
const PROVIDER_OPTIONS_BYTES: usize = 16 * 1024;

/// Notes what is wrong with a model, its options aside.
pub(super) fn check(fields: &mut Fields, model: &ModelConfig) {
    fields.name("model", &model.model);
    fields.name("display_name", &model.display_name);
    let context = (1..=CONTEXT).contains(&model.context_limit);
    fields.must(context, "context_limit", &format!("must be 1 to {CONTEXT}"));
    fields.must(model.compaction_threshold <= 100, "compaction_threshold", "must be 0 to 100");
}

/// Notes what is wrong with a model's options.
pub(super) fn check_options(fields: &mut Fields, model: &ModelConfig) {
    check_ranges(fields, &model.options);
    for (option, why) in llm::options::check(model) {
        fields.wrong(format!("options.{option}"), why);
    }
}

fn check_ranges(fields: &mut Fields, options: &ModelOptions) {
    let output = options.max_output_tokens.is_none_or(|most| (1..=CONTEXT).contains(&most));
    fields.must(output, "options.max_output_tokens", &format!("must be 1 to {CONTEXT}"));
    let effort = options.reasoning_effort.unwrap_or_default();
    let ordered = effort.max.is_none_or(|max| effort.default.is_none_or(|default| default <= max));
    fields.must(ordered, "options.reasoning_effort", "the default must not be above max");
    let bytes = serde_json::to_string(&options.provider_options).map_or(usize::MAX, |text| text.len());
    let message = format!("must be at most {PROVIDER_OPTIONS_BYTES} bytes");
    fields.must(bytes <= PROVIDER_OPTIONS_BYTES, "options.provider_options", &message);
}
