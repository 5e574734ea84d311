//! Tools of the tradeoffs: what is dominated, what is irrelevant, what stands against what.

use serde_json::{Value, json};
use uuid::Uuid;

use super::parameters::{COUNT, Kind, Parameter, REFERENCES, TEXT, field, required};
use super::{Call, Failure, Tool};
use crate::analysis::{Analysis, analyse};
use crate::document::wording;
use crate::outputs::ComponentType::Tradeoffs as HERE;
use crate::outputs::{FieldErrorCode, Outputs, Tradeoffs};

const ALTERNATIVE: Parameter = required(
    "alt",
    Kind::Reference,
    "id, name, letter or number of an alternative",
);

pub const TOOLS: &[Tool] = &[
    Tool::of(
        HERE,
        "mark_dominated",
        "Notes that another alternative is at least as good everywhere and better somewhere.",
    )
    .with(
        &[
            ALTERNATIVE,
            required("by", Kind::Reference, "the better alternative"),
            required("reason", TEXT, ""),
        ],
        &[
            field("alternative_id", Kind::Id),
            field("remaining", COUNT),
            field("agrees_with_ratings", Kind::Bool),
        ],
        mark_dominated,
    ),
    Tool::of(
        HERE,
        "mark_irrelevant_objective",
        "Notes that an objective does not tell the alternatives apart.",
    )
    .with(
        &[
            required(
                "obj",
                Kind::Reference,
                "id, name or number of a fundamental objective",
            ),
            required("reason", TEXT, ""),
        ],
        &[
            field("objective_id", Kind::Id),
            field("remaining", COUNT),
            field("agrees_with_ratings", Kind::Bool),
        ],
        mark_irrelevant_objective,
    ),
    Tool::of(
        HERE,
        "add_tension",
        "Notes what an alternative gains and what it gives up.",
    )
    .with(
        &[
            ALTERNATIVE,
            required(
                "excels_at",
                REFERENCES,
                "objectives on which it is better than another",
            ),
            required("sacrifices", REFERENCES, "objectives on which another is better"),
        ],
        &[
            field("alternative_id", Kind::Id),
            field("total", COUNT),
            field("net_score", Kind::Integer { min: -100, max: 100 }),
        ],
        add_tension,
    ),
    Tool::of(
        HERE,
        "clear_dominated",
        "Keeps a dominated alternative for a reason.",
    )
    .for_users()
    .with(
        &[ALTERNATIVE, required("reason", TEXT, "why it stays")],
        &[field("alternative_id", Kind::Id), field("remaining", COUNT)],
        clear_dominated,
    ),
];

fn tradeoffs(outputs: &Outputs) -> Tradeoffs {
    outputs.tradeoffs().cloned().unwrap_or_default()
}

/// The alternatives that are not marked as dominated, or are kept all the same.
fn remaining(call: &Call<'_>) -> Result<usize, Failure> {
    let after = tradeoffs(&call.after()?);
    let is_out = |id: Uuid| {
        after
            .dominated_alternatives
            .iter()
            .any(|one| one.alternative_id == id && one.cleared.is_none())
    };
    Ok(call
        .grid()
        .alternatives
        .iter()
        .filter(|one| !is_out(one.id))
        .count())
}

fn analysis(call: &Call<'_>) -> Analysis {
    analyse(call.outputs())
}

fn mark_dominated(call: &mut Call<'_>) -> Result<Value, Failure> {
    let (alternative, by) = (call.alternative("alt")?, call.alternative("by")?);
    if alternative == by {
        return Err(Failure::invalid(
            "/by",
            FieldErrorCode::Inconsistent,
            "an alternative does not dominate itself",
        ));
    }
    let analysis = analysis(call);
    let computed = analysis
        .dominance
        .dominated
        .iter()
        .find(|one| one.alternative_id == alternative);
    let agrees = analysis.pugh.complete && computed.is_some_and(|one| one.dominators.contains(&by));
    let known = tradeoffs(call.outputs()).dominated_alternatives;
    let summary = format!(
        "Dominated: {} by {}",
        wording::alternative(&analysis, alternative),
        wording::alternative(&analysis, by)
    );
    match known.iter().find(|one| one.alternative_id == alternative) {
        None => {
            let value = json!({ "alternative_id": alternative, "dominated_by": [by], "explanation": call.text("reason") });
            call.add_plain(HERE, "/dominated_alternatives", value, &summary);
        }
        Some(one) if one.dominated_by.contains(&by) => {
            return Err(Failure::conflict("duplicate", "this is marked already"));
        }
        Some(_) => call.add_plain(
            HERE,
            &format!("/dominated_alternatives/{alternative}/dominated_by"),
            json!(by),
            &summary,
        ),
    }
    Ok(json!({ "alternative_id": alternative, "remaining": remaining(call)?, "agrees_with_ratings": agrees }))
}

fn mark_irrelevant_objective(call: &mut Call<'_>) -> Result<Value, Failure> {
    let objective = call.objective("obj")?;
    let known = tradeoffs(call.outputs()).irrelevant_objectives;
    if known.iter().any(|one| one.objective_id == objective) {
        return Err(Failure::conflict("duplicate", "this is marked already"));
    }
    let analysis = analysis(call);
    let agrees = analysis.pugh.complete
        && analysis
            .irrelevant
            .irrelevant
            .iter()
            .any(|one| one.objective_id == objective);
    let value = json!({ "objective_id": objective, "reason": call.text("reason") });
    call.add_plain(
        HERE,
        "/irrelevant_objectives",
        value,
        &format!("Irrelevant: {}", wording::objective(&analysis, objective)),
    );
    let left = call.grid().objectives.len().saturating_sub(known.len() + 1);
    Ok(json!({ "objective_id": objective, "remaining": left, "agrees_with_ratings": agrees }))
}

fn add_tension(call: &mut Call<'_>) -> Result<Value, Failure> {
    let alternative = call.alternative("alt")?;
    let objectives = |name: &str| -> Result<Vec<Uuid>, Failure> {
        let mut ids = Vec::new();
        for written in call.texts(name) {
            let id = call.objective_of(written)?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ids)
    };
    let (gains, losses) = (objectives("excels_at")?, objectives("sacrifices")?);
    let analysis = analysis(call);
    let score = analysis
        .pugh
        .scores
        .iter()
        .find(|score| score.alternative_id == alternative)
        .map_or(0, |score| score.score);
    let known = tradeoffs(call.outputs()).tensions;
    let summary = format!("Tension of {}", wording::alternative(&analysis, alternative));
    let is_known = known.iter().any(|one| one.alternative_id == alternative);
    if is_known {
        let path = format!("/tensions/{alternative}");
        for (name, value) in [
            ("gains", json!(gains)),
            ("losses", json!(losses)),
            ("net_score", json!(score)),
        ] {
            call.set(HERE, format!("{path}/{name}"), value, &summary);
        }
    } else {
        let value =
            json!({ "alternative_id": alternative, "gains": gains, "losses": losses, "net_score": score });
        call.add_plain(HERE, "/tensions", value, &summary);
    }
    Ok(
        json!({ "alternative_id": alternative, "total": known.len() + usize::from(!is_known), "net_score": score }),
    )
}

fn clear_dominated(call: &mut Call<'_>) -> Result<Value, Failure> {
    let alternative = call.alternative("alt")?;
    let known = tradeoffs(call.outputs()).dominated_alternatives;
    if known.iter().all(|one| one.alternative_id != alternative) {
        return Err(Failure::not_found("this alternative is not marked as dominated"));
    }
    let reason = call.text("reason");
    call.set(
        HERE,
        format!("/dominated_alternatives/{alternative}/cleared"),
        json!({ "reason": reason }),
        &format!("Kept: {reason}"),
    );
    Ok(json!({ "alternative_id": alternative, "remaining": remaining(call)? }))
}
