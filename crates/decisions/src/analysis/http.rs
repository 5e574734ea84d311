//! The door of the analysis: computed on read, stores nothing.

use std::collections::BTreeMap;

use althing_backbone::Uuid;
use althing_events::CycleId;
use althing_web::{
    Access, Answer, AppState, Body, Data, Feature, FieldProblem, Membership, Module, PathId, Problem, QueryOf,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Analysis, Quantities, QuantityTable, Sensitivity, Table, Tolerances, analyse, compare_quantities,
    sensitivity,
};
use crate::access::{Caller, Right};
use crate::cycle::http::allowed;
use crate::cycle::port as cycles;
use crate::outputs::{Outputs, parse_quantity};

/// Adds the routes of the analysis.
pub fn routes(module: Module) -> Module {
    let view = Access::SessionViewer;
    module
        .get(
            "/api/cycles/{id}/analysis",
            view,
            "see what follows from the ratings",
            read,
        )
        .get(
            "/api/cycles/{id}/analysis/sensitivity",
            view,
            "see what another rating of one cell would change",
            cell,
        )
        .post(
            "/api/cycles/{id}/analysis/quantities",
            view,
            "compare measured values with tolerances",
            quantities,
        )
}

async fn outputs(state: &AppState, caller: &Caller, id: CycleId) -> Result<(Outputs, Membership), Problem> {
    let plan = allowed(state, caller, id, Right::View).await?.plan;
    Ok((cycles::outputs(state.backbone.db(), id).await?, plan))
}

async fn read(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<CycleId>,
) -> Answer<Data<Analysis>> {
    let (outputs, plan) = outputs(&state, &caller, id).await?;
    Ok(Data(analyse(&outputs).within(&plan)))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CellOf {
    alt: Uuid,
    obj: Uuid,
}

async fn cell(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<CycleId>,
    QueryOf(wanted): QueryOf<CellOf>,
) -> Answer<Data<Sensitivity>> {
    let (outputs, plan) = outputs(&state, &caller, id).await?;
    plan.includes(Feature::FullAnalysis)?;
    let table = Table::of(&outputs);
    match sensitivity(&table, wanted.alt, wanted.obj) {
        Some(found) => Ok(Data(found)),
        None => Err(Problem::validation(why_not(&table, &wanted))),
    }
}

fn why_not(table: &Table, wanted: &CellOf) -> Vec<FieldProblem> {
    let mut errors = Vec::new();
    if table.alternatives().iter().all(|one| one.id != wanted.alt) {
        errors.push(FieldProblem::new(
            "/alt",
            "unknown_reference",
            "is no alternative of this table",
        ));
    } else if table.status_quo_id() == Some(wanted.alt) {
        errors.push(FieldProblem::new(
            "/alt",
            "out_of_range",
            "the status quo is always rated 0",
        ));
    }
    if table.objectives().iter().all(|one| one.id != wanted.obj) {
        errors.push(FieldProblem::new(
            "/obj",
            "unknown_reference",
            "is no objective of this table",
        ));
    }
    errors
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Given {
    #[serde(default)]
    tolerances: BTreeMap<String, String>,
}

async fn quantities(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<CycleId>,
    Body(given): Body<Given>,
) -> Answer<Data<Quantities>> {
    let (outputs, _) = outputs(&state, &caller, id).await?;
    let table = Table::of(&outputs);
    let tolerances = tolerances(&table, &given.tolerances)?;
    Ok(Data(compare_quantities(
        &QuantityTable::of(&outputs, &table),
        &tolerances,
    )))
}

fn tolerances(table: &Table, given: &BTreeMap<String, String>) -> Result<Tolerances, Problem> {
    let mut tolerances = Tolerances::new();
    let mut errors = Vec::new();
    for (objective, text) in given {
        let field = format!("/tolerances/{}", objective.replace('~', "~0").replace('/', "~1"));
        let known = Uuid::try_parse(objective)
            .ok()
            .filter(|id| table.objectives().iter().any(|row| row.id == *id));
        let value = parse_quantity(text).filter(|value| !value.is_sign_negative() || value.is_zero());
        match (known, value) {
            (Some(objective), Some(value)) => {
                tolerances.insert(objective, value);
            }
            (None, _) => errors.push(FieldProblem::new(
                field,
                "unknown_reference",
                "is no objective of this table",
            )),
            (_, None) => errors.push(FieldProblem::new(
                field,
                "bad_format",
                "must be a number such as 12.5, not below 0",
            )),
        }
    }
    if errors.is_empty() {
        Ok(tolerances)
    } else {
        Err(Problem::validation(errors))
    }
}
