//! Asks the person.

use chat::tool::{Local, Route};

use super::{Ask, Definition};
use crate::field::{Field, Kind};

const OPTION: &[Field] = &[
    Field::needed("label", Kind::Text, "The answer, in a few words."),
    Field::needed("description", Kind::Text, "What choosing it means."),
];

const QUESTION: &[Field] = &[
    Field::needed("header", Kind::Text, "What it is about, in one to three words."),
    Field::needed("question", Kind::Text, "The question."),
    Field::needed("options", Kind::Rows { fields: OPTION, least: 2, most: 4 }, "The answers to choose from."),
];

pub(crate) const TOOL: Definition = Definition {
    name: "ask_user_question",
    about: "Asks the person questions that only she can decide, each with answers to choose from, and ends the turn; \
            the answer is her next message. Not for what you can find out yourself, and not to ask whether the plan is \
            good: propose_plan does that.",
    fields: &[Field::needed(
        "questions",
        Kind::Rows { fields: QUESTION, least: 1, most: 10 },
        "The questions.",
    )],
    route,
};

fn route(ask: &Ask<'_>) -> Result<Route, String> {
    let questions = ask.args.value("questions").cloned().ok_or("`questions` is required")?;
    Ok(Route::Here(Local::AskUserQuestion { questions }))
}
