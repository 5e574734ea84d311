//! Tools of decision quality. Only the user rates; a model may propose how to raise a score.

use serde_json::{Value, json};

use super::parameters::{COUNT, Kind, Parameter, SCORE, TEXT, field, optional, required};
use super::{Call, Failure, Tool};
use crate::analysis::assess;
use crate::outputs::ComponentType::DecisionQuality as HERE;
use crate::outputs::{DecisionQuality, Outputs, QualityElement};

const ELEMENT: Kind = Kind::OneOf(QualityElement::NAMES);
const ASSESSED: &[Parameter] = &[
    field("overall", Kind::OrNull(&SCORE)),
    field("lowest_so_far", Kind::OrNull(&SCORE)),
    field("weakest", Kind::OrNull(&ELEMENT)),
    field("rated", COUNT),
    field("left", COUNT),
    field("acceptable", Kind::Bool),
];

pub const TOOLS: &[Tool] = &[
    Tool::of(HERE, "rate_dq_element", "Rates one of the seven elements.")
        .for_users()
        .with(
            &[
                required("element", ELEMENT, ""),
                required("score", SCORE, ""),
                optional("rationale", TEXT, "why"),
            ],
            ASSESSED,
            rate_dq_element,
        ),
    Tool::of(
        HERE,
        "add_quality_improvement",
        "Notes what would raise the score of an element.",
    )
    .with(
        &[
            required("element", ELEMENT, ""),
            required("action", TEXT, "what to do"),
            optional("impact", TEXT, "what that would bring"),
        ],
        &[field("element", ELEMENT), field("improvement_path", TEXT)],
        add_quality_improvement,
    ),
    Tool::of(
        HERE,
        "calculate_overall_dq",
        "Computes the lowest of the seven scores.",
    )
    .with(&[], ASSESSED, calculate_overall_dq),
];

fn quality(outputs: &Outputs) -> DecisionQuality {
    outputs.decision_quality().cloned().unwrap_or_default()
}

fn assessed(outputs: &Outputs) -> Value {
    let result = assess(&quality(outputs));
    json!({
        "overall": result.overall,
        "lowest_so_far": result.lowest_so_far,
        "weakest": result.weakest,
        "rated": result.rated,
        "left": QualityElement::ALL.len() - result.rated,
        "acceptable": result.acceptable,
    })
}

/// Sets fields of an element; the element is added if it is not there yet.
fn set_fields(call: &mut Call<'_>, element: &str, fields: &[(&str, Value)], summary: &str) {
    let known = quality(call.outputs()).elements;
    if known
        .iter()
        .any(|one| one.name.map(QualityElement::as_str) == Some(element))
    {
        for (name, value) in fields {
            call.set(
                HERE,
                format!("/elements/{element}/{name}"),
                value.clone(),
                summary,
            );
        }
        return;
    }
    let mut entry = json!({ "name": element });
    for (name, value) in fields {
        entry[*name] = value.clone();
    }
    call.add_plain(HERE, "/elements", entry, summary);
}

fn title(element: &str) -> &'static str {
    QualityElement::parse(element).map_or("", QualityElement::title)
}

fn rate_dq_element(call: &mut Call<'_>) -> Result<Value, Failure> {
    let (element, score) = (call.text("element"), call.integer("score"));
    let mut fields = vec![("score", json!(score))];
    fields.extend(
        call.maybe_text("rationale")
            .map(|rationale| ("rationale", json!(rationale))),
    );
    set_fields(call, element, &fields, &format!("{}: {score}", title(element)));
    Ok(assessed(&call.after()?))
}

fn add_quality_improvement(call: &mut Call<'_>) -> Result<Value, Failure> {
    let element = call.text("element");
    let impact = call
        .maybe_text("impact")
        .map(|impact| format!(" – {impact}"))
        .unwrap_or_default();
    let line = format!("{}{impact}", call.text("action"));
    let known = quality(call.outputs()).elements;
    let before = known
        .iter()
        .find(|one| one.name.map(QualityElement::as_str) == Some(element))
        .and_then(|one| one.improvement_path.clone());
    let path = before.map_or_else(|| line.clone(), |before| format!("{before}\n{line}"));
    set_fields(
        call,
        element,
        &[("improvement_path", json!(path))],
        &format!("{}: {line}", title(element)),
    );
    Ok(json!({ "element": element, "improvement_path": path }))
}

fn calculate_overall_dq(call: &mut Call<'_>) -> Result<Value, Failure> {
    Ok(assessed(call.outputs()))
}
