//! Tools of the recommendation: the synthesis and what surrounds it. What stands out only the user says.

use serde_json::{Value, json};

use super::parameters::{COUNT, Kind, TEXT, field, optional, required};
use super::{Call, Failure, Tool};
use crate::analysis::analyse;
use crate::document::wording;
use crate::outputs::ComponentType::Recommendation as HERE;
use crate::outputs::text::trimmed_length;
use crate::outputs::{FieldErrorCode, Outputs, Recommendation};

/// The fewest characters of a synthesis.
const SYNTHESIS_MIN: usize = 50;

pub const TOOLS: &[Tool] = &[
    Tool::of(
        HERE,
        "set_synthesis",
        "Writes down what follows from the work so far.",
    )
    .with(
        &[required(
            "text",
            TEXT,
            "at least 50 characters before the component can be completed",
        )],
        &[field("characters", COUNT), field("sufficient", Kind::Bool)],
        set_synthesis,
    ),
    Tool::of(
        HERE,
        "set_standout",
        "Says which alternative stands out, or that none does.",
    )
    .for_users()
    .with(
        &[
            required(
                "alt",
                Kind::OrNull(&Kind::Reference),
                "id, name, letter or number; null for none",
            ),
            optional("rationale", TEXT, "why; needed for an alternative"),
        ],
        &[
            field("alternative_id", Kind::OrNull(&Kind::Id)),
            field("is_dominated", Kind::Bool),
            field("contradiction", Kind::OrNull(&TEXT)),
        ],
        set_standout,
    ),
    Tool::of(
        HERE,
        "add_key_consideration",
        "Adds what weighs in the conclusion.",
    )
    .with(
        &[required("text", TEXT, "")],
        &[field("id", Kind::Id), field("count", COUNT)],
        add_key_consideration,
    ),
    Tool::of(
        HERE,
        "add_remaining_uncertainty",
        "Adds what could still change the conclusion.",
    )
    .with(
        &[
            required("text", TEXT, ""),
            optional("resolution_path", TEXT, "how it could be resolved"),
        ],
        &[field("id", Kind::Id), field("count", COUNT)],
        add_remaining_uncertainty,
    ),
];

fn recommendation(outputs: &Outputs) -> Recommendation {
    outputs.recommendation().cloned().unwrap_or_default()
}

fn set_synthesis(call: &mut Call<'_>) -> Result<Value, Failure> {
    let text = call.text("text");
    let characters = trimmed_length(text);
    call.set(HERE, "/synthesis", json!(text), &format!("Synthesis: {text}"));
    Ok(json!({ "characters": characters, "sufficient": characters >= SYNTHESIS_MIN }))
}

fn set_standout(call: &mut Call<'_>) -> Result<Value, Failure> {
    if call.value("alt").is_none() {
        call.set(HERE, "/standout_option", Value::Null, "No alternative stands out");
        return Ok(json!({ "alternative_id": null, "is_dominated": false, "contradiction": null }));
    }
    let alternative = call.alternative("alt")?;
    let Some(rationale) = call.maybe_text("rationale") else {
        return Err(Failure::invalid(
            "/rationale",
            FieldErrorCode::MissingRequired,
            "is required for an alternative",
        ));
    };
    let analysis = analyse(call.outputs());
    let contradiction = wording::standout_contradiction(&analysis, alternative);
    let value = json!({ "alternative_id": alternative, "rationale": rationale });
    call.set(
        HERE,
        "/standout_option",
        value,
        &format!("Stands out: {}", wording::alternative(&analysis, alternative)),
    );
    Ok(
        json!({ "alternative_id": alternative, "is_dominated": contradiction.is_some(), "contradiction": contradiction }),
    )
}

fn add_key_consideration(call: &mut Call<'_>) -> Result<Value, Failure> {
    let text = call.text("text");
    let id = call.add(
        HERE,
        "/key_considerations",
        json!({ "text": text }),
        &format!("Consideration: {text}"),
    );
    Ok(json!({ "id": id, "count": recommendation(&call.after()?).key_considerations.len() }))
}

fn add_remaining_uncertainty(call: &mut Call<'_>) -> Result<Value, Failure> {
    let text = call.text("text");
    let mut value = json!({ "description": text });
    if let Some(path) = call.maybe_text("resolution_path") {
        value["resolution_path"] = json!(path);
    }
    let id = call.add(
        HERE,
        "/remaining_uncertainties",
        value,
        &format!("Uncertainty: {text}"),
    );
    Ok(json!({ "id": id, "count": recommendation(&call.after()?).remaining_uncertainties.len() }))
}
