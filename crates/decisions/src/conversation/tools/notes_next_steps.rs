//! Tools of the notes and next steps.

use serde_json::{Value, json};

use super::parameters::{COUNT, Kind, Parameter, SCORE, TEXT, field, optional, required};
use super::{Call, Failure, Tool};
use crate::analysis::analyse;
use crate::outputs::ComponentType::NotesNextSteps as HERE;
use crate::outputs::{NotesNextSteps, Outputs};

const ID_AND_COUNT: &[Parameter] = &[field("id", Kind::Id), field("count", COUNT)];

pub const TOOLS: &[Tool] = &[
    Tool::of(HERE, "add_planned_action", "Adds what happens next.").with(
        &[
            required("action", TEXT, ""),
            optional("owner", TEXT, "who does it"),
            optional("due_date", Kind::Date, "by when"),
        ],
        ID_AND_COUNT,
        add_planned_action,
    ),
    Tool::of(HERE, "add_open_question", "Adds a question that is still open.").with(
        &[required("text", TEXT, "")],
        ID_AND_COUNT,
        add_open_question,
    ),
    Tool::of(
        HERE,
        "set_affirmation",
        "Affirms the decision, which is offered when all seven scores are 100.",
    )
    .for_users()
    .with(
        &[required("text", TEXT, "")],
        &[
            field("affirmed", Kind::Bool),
            field("offered", Kind::Bool),
            field("overall", Kind::OrNull(&SCORE)),
        ],
        set_affirmation,
    ),
    Tool::of(
        HERE,
        "add_revisit_trigger",
        "Adds what would reopen the decision.",
    )
    .with(&[required("text", TEXT, "")], ID_AND_COUNT, add_revisit_trigger),
];

fn notes(outputs: &Outputs) -> NotesNextSteps {
    outputs.notes_next_steps().cloned().unwrap_or_default()
}

fn add_planned_action(call: &mut Call<'_>) -> Result<Value, Failure> {
    let action = call.text("action");
    let mut value = json!({ "action": action });
    for name in ["owner", "due_date"] {
        if let Some(text) = call.maybe_text(name) {
            value[name] = json!(text);
        }
    }
    value["status"] = json!("planned");
    let id = call.add(HERE, "/planned_actions", value, &format!("Action: {action}"));
    Ok(json!({ "id": id, "count": notes(&call.after()?).planned_actions.len() }))
}

fn add_open_question(call: &mut Call<'_>) -> Result<Value, Failure> {
    let text = call.text("text");
    let id = call.add(
        HERE,
        "/open_questions",
        json!({ "text": text }),
        &format!("Open question: {text}"),
    );
    Ok(json!({ "id": id, "count": notes(&call.after()?).open_questions.len() }))
}

fn set_affirmation(call: &mut Call<'_>) -> Result<Value, Failure> {
    let quality = analyse(call.outputs()).decision_quality;
    let offered = quality
        .as_ref()
        .is_some_and(|quality| quality.affirmation_offered);
    call.set(
        HERE,
        "/decision_affirmation",
        json!(call.text("text")),
        &format!("Affirmation: {}", call.text("text")),
    );
    Ok(
        json!({ "affirmed": true, "offered": offered, "overall": quality.and_then(|quality| quality.overall) }),
    )
}

fn add_revisit_trigger(call: &mut Call<'_>) -> Result<Value, Failure> {
    let text = call.text("text");
    let id = call.add(
        HERE,
        "/revisit_triggers",
        json!({ "text": text }),
        &format!("Look again when: {text}"),
    );
    Ok(json!({ "id": id, "count": notes(&call.after()?).revisit_triggers.len() }))
}
