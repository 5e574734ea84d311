//! Tools of the analysis: they read and compute, and change nothing.

use serde_json::{Value, json};

use super::call::Caller;
use super::parameters::{Kind, Parameter, TEXT, field, optional, required};
use super::{Call, Failure, Tool};
use crate::analysis::{QuantityTable, Table, Tolerances, analyse, compare_quantities, sensitivity};
use crate::document::wording;
use crate::outputs::parse_quantity;

pub const TOOLS: &[Tool] = &[
    Tool::analysis(
        "compute_pugh_totals",
        "Adds up the ratings and says what they amount to.",
    )
    .with(&[], TOTALS, compute_pugh_totals),
    Tool::analysis(
        "find_dominated_alternatives",
        "Finds the alternatives that another one beats without giving anything up.",
    )
    .with(
        &[],
        &[
            field("complete", Kind::Bool),
            field("dominated", Kind::Computed),
            field("viable", Kind::Computed),
        ],
        find_dominated_alternatives,
    ),
    Tool::analysis(
        "find_irrelevant_objectives",
        "Finds the objectives that do not tell the alternatives apart.",
    )
    .with(
        &[],
        &[
            field("complete", Kind::Bool),
            field("irrelevant", Kind::Computed),
            field("no_longer_distinguishing", Kind::Computed),
        ],
        find_irrelevant_objectives,
    ),
    Tool::analysis(
        "sensitivity_check",
        "Says what every other rating of one cell would lead to.",
    )
    .with(
        &[
            required(
                "alt",
                Kind::Reference,
                "id, name, letter or number; not the status quo",
            ),
            required("obj", Kind::Reference, "id, name or number"),
        ],
        &[
            field("complete", Kind::Bool),
            field("sensitivity", Kind::Computed),
        ],
        sensitivity_check,
    ),
    Tool::analysis(
        "compare_quantities",
        "Compares the measured values beside the ratings.",
    )
    .with(
        &[optional(
            "tolerances",
            Kind::Tolerances,
            "per objective, as decimal text; only the user states one",
        )],
        &[
            field("quantities", Kind::Computed),
            field("has_values", Kind::Bool),
        ],
        compare,
    ),
];

const TOTALS: &[Parameter] = &[
    field("complete", Kind::Bool),
    field("missing", Kind::Computed),
    field("baseline", Kind::OrNull(&Kind::Id)),
    field("scores", Kind::Computed),
    field("leaders", Kind::Computed),
    field("tied", Kind::Bool),
    field("margin_percent", Kind::Computed),
    field("verdict", TEXT),
    field("flip", Kind::Computed),
    field("in_words", TEXT),
    field("flip_in_words", Kind::OrNull(&TEXT)),
];

fn compute_pugh_totals(call: &mut Call<'_>) -> Result<Value, Failure> {
    let analysis = analyse(call.outputs());
    let totals = &analysis.pugh;
    Ok(json!({
        "complete": totals.complete,
        "missing": totals.missing,
        "baseline": totals.baseline,
        "scores": totals.scores,
        "leaders": totals.leaders,
        "tied": totals.tied,
        "margin_percent": totals.margin_percent,
        "verdict": totals.verdict,
        "flip": totals.flip,
        "in_words": wording::verdict(&analysis),
        "flip_in_words": wording::flip(&analysis),
    }))
}

fn find_dominated_alternatives(call: &mut Call<'_>) -> Result<Value, Failure> {
    let analysis = analyse(call.outputs());
    let dominance = &analysis.dominance;
    Ok(
        json!({ "complete": analysis.pugh.complete, "dominated": dominance.dominated, "viable": dominance.viable }),
    )
}

fn find_irrelevant_objectives(call: &mut Call<'_>) -> Result<Value, Failure> {
    let analysis = analyse(call.outputs());
    let found = &analysis.irrelevant;
    Ok(json!({
        "complete": analysis.pugh.complete, "irrelevant": found.irrelevant, "no_longer_distinguishing": found.no_longer_distinguishing
    }))
}

fn sensitivity_check(call: &mut Call<'_>) -> Result<Value, Failure> {
    let (alternative, objective) = (call.alternative("alt")?, call.objective("obj")?);
    let table = Table::of(call.outputs());
    let Some(result) = sensitivity(&table, alternative, objective) else {
        return Err(Failure::conflict(
            "status_quo",
            "the ratings of the status quo are always 0",
        ));
    };
    Ok(json!({ "complete": table.is_complete(), "sensitivity": result }))
}

fn compare(call: &mut Call<'_>) -> Result<Value, Failure> {
    let given = call.value("tolerances").and_then(Value::as_object);
    if given.is_some() && call.context.caller == Caller::Model {
        return Err(Failure::conflict(
            "user_only",
            "only the user states a tolerance; ask instead",
        ));
    }
    let mut tolerances = Tolerances::new();
    for (written, tolerance) in given.into_iter().flatten() {
        let value = tolerance.as_str().and_then(parse_quantity).unwrap_or_default();
        tolerances.insert(call.objective_of(written)?, value);
    }
    let measured = QuantityTable::of(call.outputs(), &Table::of(call.outputs()));
    Ok(
        json!({ "has_values": measured.has_values(), "quantities": compare_quantities(&measured, &tolerances) }),
    )
}
