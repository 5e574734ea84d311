//! Tools of the objectives: ends, means, measures.

use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Removed;
use super::parameters::{COUNT, Kind, NAME, Parameter, TEXT, field, optional, required};
use super::{Call, Failure, Tool};
use crate::outputs::ComponentType::Objectives as HERE;
use crate::outputs::{Direction, FieldErrorCode, Objectives, Outputs, parse_quantity};

const KIND: Kind = Kind::OneOf(&["fundamental", "means"]);
const TOTALS: Kind = Kind::Object(&[field("fundamental", COUNT), field("means", COUNT)]);
const ID_KIND_TOTALS: &[Parameter] = &[
    field("id", Kind::Id),
    field("kind", KIND),
    field("totals", TOTALS),
];

pub const TOOLS: &[Tool] = &[
    Tool::of(
        HERE,
        "add_objective",
        "Adds what matters for its own sake, or what only helps another objective.",
    )
    .with(
        &[
            required("name", NAME, ""),
            optional(
                "measure",
                TEXT,
                "how one would know; only fundamental objectives are measured",
            ),
            optional(
                "direction",
                Kind::OneOf(Direction::NAMES),
                "which way the measure is better",
            ),
            optional(
                "target",
                Kind::Text { max: 30 },
                "a decimal number, for the direction target",
            ),
            required("is_fundamental", Kind::Bool, "false for a means objective"),
        ],
        ID_KIND_TOTALS,
        add_objective,
    ),
    Tool::of(
        HERE,
        "link_means_to_fundamental",
        "Says which fundamental objective a means objective helps.",
    )
    .with(
        &[
            required("means_id", Kind::Id, ""),
            required("fundamental_id", Kind::Reference, "id, name or number"),
        ],
        &[
            field("means_id", Kind::Id),
            field("fundamental_id", Kind::Id),
            field("supports", COUNT),
        ],
        link_means_to_fundamental,
    ),
    Tool::of(
        HERE,
        "update_objective_measure",
        "Says how one would know that a fundamental objective is met.",
    )
    .with(
        &[
            required(
                "id",
                Kind::Reference,
                "id, name or number of a fundamental objective",
            ),
            required("measure", TEXT, ""),
            optional(
                "direction",
                Kind::OneOf(Direction::NAMES),
                "which way the measure is better",
            ),
            optional(
                "target",
                Kind::Text { max: 30 },
                "a decimal number, for the direction target",
            ),
        ],
        &[
            field("id", Kind::Id),
            field("measure", TEXT),
            field("direction", Kind::OrNull(&Kind::OneOf(Direction::NAMES))),
        ],
        update_objective_measure,
    ),
    Tool::of(
        HERE,
        "remove_objective",
        "Takes an objective away, with everything in this cycle that refers to it.",
    )
    .with(
        &[
            required("id", Kind::Id, "a fundamental or means objective"),
            required("reason", TEXT, ""),
        ],
        ID_KIND_TOTALS,
        remove_objective,
    ),
    Tool::of(
        HERE,
        "promote_to_fundamental",
        "Turns a means objective into a fundamental one.",
    )
    .with(
        &[
            required("id", Kind::Id, "a means objective"),
            required("reason", TEXT, ""),
        ],
        ID_KIND_TOTALS,
        promote_to_fundamental,
    ),
];

fn objectives(outputs: &Outputs) -> Objectives {
    outputs.objectives().cloned().unwrap_or_default()
}

fn id_kind_totals(call: &Call<'_>, id: Uuid, kind: &str) -> Result<Value, Failure> {
    let after = objectives(&call.after()?);
    let totals =
        json!({ "fundamental": after.fundamental_objectives.len(), "means": after.means_objectives.len() });
    Ok(json!({ "id": id, "kind": kind, "totals": totals }))
}

fn add_objective(call: &mut Call<'_>) -> Result<Value, Failure> {
    let name = call.text("name");
    if !call.flag("is_fundamental") {
        let id = call.add(
            HERE,
            "/means_objectives",
            json!({ "description": name, "supports": [] }),
            &format!("Means: {name}"),
        );
        return id_kind_totals(call, id, "means");
    }
    let known = objectives(call.outputs()).fundamental_objectives;
    if known
        .iter()
        .any(|one| one.name.trim().to_lowercase() == name.to_lowercase())
    {
        return Err(Failure::conflict(
            "duplicate",
            "there is a fundamental objective of this name already",
        ));
    }
    let mut value = json!({ "name": name });
    if let Some(measure) = measure(call, None)? {
        value["performance_measure"] = measure;
    }
    let id = call.add(
        HERE,
        "/fundamental_objectives",
        value,
        &format!("Objective: {name}"),
    );
    id_kind_totals(call, id, "fundamental")
}

/// The measure in the parameters, on top of what is known.
fn measure(call: &Call<'_>, before: Option<Value>) -> Result<Option<Value>, Failure> {
    let Some(metric) = call.maybe_text("measure") else {
        return Ok(None);
    };
    let mut value = before.unwrap_or_else(|| json!({}));
    value["metric"] = json!(metric);
    let Some(direction) = call.maybe_text("direction") else {
        return Ok(Some(value));
    };
    value["direction"] = json!(direction);
    let target = call.maybe_text("target");
    let is_target = direction == Direction::Target.as_str();
    match target.map(parse_quantity) {
        Some(Some(target)) if is_target => value["target"] = json!(target.to_string()),
        None if is_target => {
            return Err(Failure::invalid(
                "/target",
                FieldErrorCode::MissingRequired,
                "is required for the direction target",
            ));
        }
        Some(None) => {
            return Err(Failure::invalid(
                "/target",
                FieldErrorCode::BadFormat,
                "must be a decimal number",
            ));
        }
        Some(_) => {
            return Err(Failure::invalid(
                "/target",
                FieldErrorCode::Inconsistent,
                "belongs to the direction target only",
            ));
        }
        None => {
            value
                .as_object_mut()
                .and_then(|fields| fields.shift_remove("target"));
        }
    }
    Ok(Some(value))
}

fn link_means_to_fundamental(call: &mut Call<'_>) -> Result<Value, Failure> {
    let (means_id, fundamental) = (call.id("means_id")?, call.objective("fundamental_id")?);
    let all = objectives(call.outputs());
    let Some(means) = all.means_objectives.iter().find(|one| one.id == means_id) else {
        return Err(Failure::not_found("there is no such means objective"));
    };
    if means.supports.contains(&fundamental) {
        return Err(Failure::conflict("duplicate", "the two are linked already"));
    }
    let summary = format!("Means: {} helps one more objective", means.description);
    call.add_plain(
        HERE,
        &format!("/means_objectives/{means_id}/supports"),
        json!(fundamental),
        &summary,
    );
    Ok(json!({ "means_id": means_id, "fundamental_id": fundamental, "supports": means.supports.len() + 1 }))
}

fn update_objective_measure(call: &mut Call<'_>) -> Result<Value, Failure> {
    let id = call.objective("id")?;
    let all = objectives(call.outputs());
    let before = all
        .fundamental_objectives
        .iter()
        .find(|one| one.id == id)
        .and_then(|one| one.performance_measure.as_ref());
    let before = before.and_then(|measure| serde_json::to_value(measure).ok());
    let measure = measure(call, before)?.unwrap_or_default();
    let direction = measure.get("direction").cloned().unwrap_or_default();
    call.set(
        HERE,
        format!("/fundamental_objectives/{id}/performance_measure"),
        measure,
        &format!("Measure: {}", call.text("measure")),
    );
    Ok(json!({ "id": id, "measure": call.text("measure"), "direction": direction }))
}

fn remove_objective(call: &mut Call<'_>) -> Result<Value, Failure> {
    let id = call.id("id")?;
    let all = objectives(call.outputs());
    let reason = call.text("reason");
    if all.fundamental_objectives.iter().any(|one| one.id == id) {
        call.refuse_if_locked(Removed::Objective(id))?;
        call.remove(
            HERE,
            format!("/fundamental_objectives/{id}"),
            &format!("Objective removed: {reason}"),
        );
        return id_kind_totals(call, id, "fundamental");
    }
    if all.means_objectives.iter().any(|one| one.id == id) {
        call.remove(
            HERE,
            format!("/means_objectives/{id}"),
            &format!("Means objective removed: {reason}"),
        );
        return id_kind_totals(call, id, "means");
    }
    Err(Failure::not_found("there is no such objective"))
}

fn promote_to_fundamental(call: &mut Call<'_>) -> Result<Value, Failure> {
    let id = call.id("id")?;
    let all = objectives(call.outputs());
    let Some(means) = all.means_objectives.iter().find(|one| one.id == id) else {
        return Err(match all.fundamental_objectives.iter().any(|one| one.id == id) {
            true => Failure::conflict("duplicate", "the objective is fundamental already"),
            false => Failure::not_found("there is no such means objective"),
        });
    };
    let summary = format!("Fundamental after all: {}", means.description);
    call.remove(HERE, format!("/means_objectives/{id}"), &summary);
    call.add_with_id(
        HERE,
        "/fundamental_objectives",
        id,
        json!({ "name": means.description }),
        &summary,
    );
    id_kind_totals(call, id, "fundamental")
}
