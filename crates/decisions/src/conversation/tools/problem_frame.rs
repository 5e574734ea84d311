//! Tools of the problem frame: maker, statement, scope, limits, parties, deadline, hierarchy.

use serde_json::{Value, json};

use super::parameters::{COUNT, Kind, Parameter, TEXT, TEXTS, field, optional, required};
use super::{Call, Failure, Tool};
use crate::outputs::ComponentType::ProblemFrame as HERE;
use crate::outputs::text::trimmed_length;
use crate::outputs::{ConstraintType, FieldErrorCode, Outputs, PartyRole, ProblemFrame};

/// The fewest characters of a statement.
const STATEMENT_MIN: usize = 10;
const ID_AND_TOTAL: &[Parameter] = &[field("id", Kind::Id), field("total", COUNT)];

pub const TOOLS: &[Tool] = &[
    Tool::of(HERE, "set_decision_maker", "Names who makes the decision.").with(
        &[
            required("name", TEXT, "a person or body"),
            optional("role", TEXT, "in which role"),
        ],
        &[field("name", TEXT), field("role", Kind::OrNull(&TEXT))],
        set_decision_maker,
    ),
    Tool::of(HERE, "set_focal_statement", "States the decision in a sentence.").with(
        &[required("statement", TEXT, "at least 10 characters")],
        &[field("statement", TEXT), field("characters", COUNT)],
        set_focal_statement,
    ),
    Tool::of(
        HERE,
        "set_scope",
        "Says what belongs to the decision and what does not.",
    )
    .with(
        &[
            required("in", TEXTS, "what belongs to it"),
            required("out", TEXTS, "what does not"),
        ],
        &[field("in", COUNT), field("out", COUNT)],
        set_scope,
    ),
    Tool::of(HERE, "add_constraint", "Adds a limit.").with(
        &[
            required("type", Kind::OneOf(ConstraintType::NAMES), ""),
            required("description", TEXT, ""),
        ],
        ID_AND_TOTAL,
        add_constraint,
    ),
    Tool::of(HERE, "add_party", "Adds someone who has to do with the decision.").with(
        &[
            required("name", TEXT, ""),
            required("role", Kind::OneOf(PartyRole::NAMES), ""),
            optional("concerns", TEXTS, "what matters to them"),
        ],
        ID_AND_TOTAL,
        add_party,
    ),
    Tool::of(HERE, "set_deadline", "Says by when the decision is due.").with(
        &[
            required("deadline", Kind::Date, ""),
            optional("hard", Kind::Bool, "whether it cannot move"),
        ],
        &[field("deadline", Kind::Date), field("hard", Kind::Bool)],
        set_deadline,
    ),
    Tool::of(
        HERE,
        "add_hierarchy_decision",
        "Adds a decision that is made already or that can wait.",
    )
    .with(
        &[
            required("description", TEXT, ""),
            required("level", Kind::OneOf(&["already_made", "deferred"]), ""),
            optional("status", TEXT, "how it was decided, or what it waits for"),
        ],
        ID_AND_TOTAL,
        add_hierarchy_decision,
    ),
];

fn frame(outputs: &Outputs) -> ProblemFrame {
    outputs.problem_frame().cloned().unwrap_or_default()
}

fn set_decision_maker(call: &mut Call<'_>) -> Result<Value, Failure> {
    let (name, role) = (call.text("name"), call.maybe_text("role"));
    let mut value = json!({ "name": name });
    if let Some(role) = role {
        value["role"] = json!(role);
    }
    call.set(HERE, "/decision_maker", value, &format!("Decision maker: {name}"));
    Ok(json!({ "name": name, "role": role }))
}

fn set_focal_statement(call: &mut Call<'_>) -> Result<Value, Failure> {
    let statement = call.text("statement");
    let characters = trimmed_length(statement);
    if characters < STATEMENT_MIN {
        return Err(Failure::invalid(
            "/statement",
            FieldErrorCode::TooShort,
            "must have at least 10 characters",
        ));
    }
    call.set(
        HERE,
        "/focal_decision/statement",
        json!(statement),
        &format!("Decision: {statement}"),
    );
    Ok(json!({ "statement": statement, "characters": characters }))
}

fn set_scope(call: &mut Call<'_>) -> Result<Value, Failure> {
    let (inside, outside) = (call.texts("in"), call.texts("out"));
    let summary = format!("Scope: in {}; out {}", inside.join(", "), outside.join(", "));
    call.set(
        HERE,
        "/focal_decision/scope",
        json!({ "in": inside, "out": outside }),
        &summary,
    );
    Ok(json!({ "in": inside.len(), "out": outside.len() }))
}

fn add_constraint(call: &mut Call<'_>) -> Result<Value, Failure> {
    let (kind, text) = (call.text("type"), call.text("description"));
    let value = json!({ "type": kind, "description": text });
    let id = call.add(
        HERE,
        "/focal_decision/constraints",
        value,
        &format!("Limit: {kind}, {text}"),
    );
    let total = frame(&call.after()?)
        .focal_decision
        .map_or(0, |focal| focal.constraints.len());
    Ok(json!({ "id": id, "total": total }))
}

fn add_party(call: &mut Call<'_>) -> Result<Value, Failure> {
    let (name, role) = (call.text("name"), call.text("role"));
    let value = json!({ "name": name, "role": role, "concerns": call.texts("concerns") });
    let id = call.add(HERE, "/parties", value, &format!("Party: {name}"));
    Ok(json!({ "id": id, "total": frame(&call.after()?).parties.len() }))
}

fn set_deadline(call: &mut Call<'_>) -> Result<Value, Failure> {
    let (date, hard) = (call.text("deadline"), call.flag("hard"));
    call.set(
        HERE,
        "/focal_decision/deadline",
        json!({ "date": date, "hard": hard }),
        &format!("Deadline: {date}"),
    );
    Ok(json!({ "deadline": date, "hard": hard }))
}

fn add_hierarchy_decision(call: &mut Call<'_>) -> Result<Value, Failure> {
    let (text, level) = (call.text("description"), call.text("level"));
    let mut value = json!({ "statement": text });
    if let Some(status) = call.maybe_text("status") {
        value["outcome"] = json!(status);
    }
    let label = if level == "deferred" {
        "Later"
    } else {
        "Already decided"
    };
    let id = call.add(
        HERE,
        &format!("/decision_hierarchy/{level}"),
        value,
        &format!("{label}: {text}"),
    );
    let hierarchy = frame(&call.after()?).decision_hierarchy;
    Ok(json!({ "id": id, "total": hierarchy.already_made.len() + hierarchy.deferred.len() }))
}
