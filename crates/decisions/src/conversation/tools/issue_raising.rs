//! Tools of issue raising: put a thought into one of the four buckets, choose the focal decision.

use serde_json::{Value, json};

use super::parameters::{COUNT, Kind, Parameter, TEXT, field, required};
use super::working::{FlaggedUncertainty, WorkingChange};
use super::{Call, Failure, Tool};
use crate::outputs::ComponentType::IssueRaising as HERE;
use crate::outputs::{IssueRaising, Outputs};

const DESCRIPTION: &[Parameter] = &[required("description", TEXT, "one thought, in the user's words")];
const ID_AND_COUNT: &[Parameter] = &[field("id", Kind::Id), field("count", COUNT)];

pub const TOOLS: &[Tool] = &[
    Tool::of(
        HERE,
        "add_potential_decision",
        "Notes something that has to be decided.",
    )
    .with(DESCRIPTION, ID_AND_COUNT, add_potential_decision),
    Tool::of(
        HERE,
        "add_objective_idea",
        "Notes something the user wants to achieve or avoid.",
    )
    .with(DESCRIPTION, ID_AND_COUNT, add_objective_idea),
    Tool::of(
        HERE,
        "add_uncertainty",
        "Notes something that is not known, and flags it.",
    )
    .with(
        &[
            required("description", TEXT, "what is not known"),
            required("resolvable", Kind::Bool, "whether it can be found out in time"),
        ],
        ID_AND_COUNT,
        add_uncertainty,
    ),
    Tool::of(
        HERE,
        "add_consideration",
        "Notes a thought that is none of the others.",
    )
    .with(DESCRIPTION, ID_AND_COUNT, add_consideration),
    Tool::of(
        HERE,
        "set_focal_decision",
        "Says which of the potential decisions this is about.",
    )
    .with(
        &[required(
            "decision_id",
            Kind::Id,
            "one of the potential decisions",
        )],
        &[field("focal_decision_id", Kind::Id)],
        set_focal_decision,
    ),
];

fn raised(outputs: &Outputs) -> IssueRaising {
    outputs.issue_raising().cloned().unwrap_or_default()
}

fn add_potential_decision(call: &mut Call<'_>) -> Result<Value, Failure> {
    let text = call.text("description");
    let id = call.add(
        HERE,
        "/potential_decisions",
        json!({ "description": text, "priority": "medium" }),
        &format!("Decision: {text}"),
    );
    Ok(json!({ "id": id, "count": raised(&call.after()?).potential_decisions.len() }))
}

fn add_objective_idea(call: &mut Call<'_>) -> Result<Value, Failure> {
    let text = call.text("description");
    let id = call.add(
        HERE,
        "/objectives",
        json!({ "description": text }),
        &format!("Objective: {text}"),
    );
    Ok(json!({ "id": id, "count": raised(&call.after()?).objectives.len() }))
}

fn add_uncertainty(call: &mut Call<'_>) -> Result<Value, Failure> {
    let text = call.text("description");
    let id = call.add(
        HERE,
        "/uncertainties",
        json!({ "description": text }),
        &format!("Uncertainty: {text}"),
    );
    let flagged = FlaggedUncertainty {
        id,
        description: text.to_owned(),
        component: HERE,
        resolvable: call.flag("resolvable"),
        impact: None,
        resolution: None,
        flagged_at: call.context.now,
    };
    call.working.push(WorkingChange::UncertaintyFlagged(flagged));
    Ok(json!({ "id": id, "count": raised(&call.after()?).uncertainties.len() }))
}

fn add_consideration(call: &mut Call<'_>) -> Result<Value, Failure> {
    let text = call.text("description");
    let id = call.add(
        HERE,
        "/considerations",
        json!({ "text": text }),
        &format!("Consideration: {text}"),
    );
    Ok(json!({ "id": id, "count": raised(&call.after()?).considerations.len() }))
}

fn set_focal_decision(call: &mut Call<'_>) -> Result<Value, Failure> {
    let id = call.id("decision_id")?;
    let decisions = raised(call.outputs()).potential_decisions;
    let Some(decision) = decisions.iter().find(|one| one.id == id) else {
        return Err(Failure::not_found("there is no such potential decision"));
    };
    call.set(
        HERE,
        "/focal_decision_id",
        json!(id),
        &format!("Focal decision: {}", decision.description),
    );
    Ok(json!({ "focal_decision_id": id }))
}
