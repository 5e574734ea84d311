//! Consequences: every alternative rated against the status quo on every fundamental objective.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::alternatives::ALTERNATIVES_MAX;
use super::cells::{CELL, Cell};
use super::field_error::{FieldErrorCode as Code, pointer_to};
use super::objectives::OBJECTIVES_MAX;
use super::rules::{self, Rules};
use super::schema::{
    ADDED_BY, AI_FIELDS, ID, SOME_TEXT, Shape, TEXT, list_of, optional, parse_cell_key, required,
};
use super::{AddedBy, Cells};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Consequences {
    pub table: RatingTable,
    pub uncertainties: Vec<ResolvableUncertainty>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ai_fields: Vec<String>,
}

/// Columns, rows and cells; the order of the ids is the order of every result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RatingTable {
    pub alternative_ids: Vec<Uuid>,
    pub objective_ids: Vec<Uuid>,
    pub cells: Cells,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResolvableUncertainty {
    pub id: Uuid,
    pub description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Whether it could be resolved in time; absent while nobody has said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolvable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_change_decision: Option<bool>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

const UNCERTAINTY: Shape = Shape::Object(&[
    ID,
    required("description", SOME_TEXT),
    optional("driver", TEXT),
    required("resolvable", Shape::Bool),
    optional("would_change_decision", Shape::Bool),
    ADDED_BY,
]);
const TABLE: Shape = Shape::Object(&[
    required(
        "alternative_ids",
        Shape::List {
            of: &Shape::Id,
            min: 2,
            max: ALTERNATIVES_MAX,
        },
    ),
    required(
        "objective_ids",
        Shape::List {
            of: &Shape::Id,
            min: 1,
            max: OBJECTIVES_MAX,
        },
    ),
    required("cells", Shape::Cells(&CELL)),
]);

pub(super) const SHAPE: Shape = Shape::Object(&[
    required("table", TABLE),
    optional("uncertainties", list_of(&UNCERTAINTY)),
    AI_FIELDS,
]);

/// A cell as the rules see it: where it stands, whose it is, and its content.
struct Place<'a> {
    pointer: String,
    ids: (Uuid, Uuid),
    cell: &'a Value,
}

pub(super) fn check(output: &Value, rules: &mut Rules<'_>) {
    let Some(table) = output.get("table") else { return };
    rules.unique_ids(table, "/table", "alternative_ids");
    rules.unique_ids(table, "/table", "objective_ids");
    let places = places(table);
    check_cell_count(&places, rules);
    check_status_quo(&places, rules);
    if rules.is_strict() {
        check_ids(table, &places, rules);
        check_complete(table, &places, rules);
    }
}

fn places(table: &Value) -> Vec<Place<'_>> {
    let cells = table.get("cells").and_then(Value::as_object);
    cells
        .into_iter()
        .flatten()
        .filter_map(|(key, cell)| {
            Some(Place {
                pointer: pointer_to("/table/cells", key),
                ids: parse_cell_key(key)?,
                cell,
            })
        })
        .collect()
}

fn check_cell_count(places: &[Place<'_>], rules: &mut Rules<'_>) {
    if places.len() > ALTERNATIVES_MAX * OBJECTIVES_MAX {
        rules.refuse("/table/cells", Code::TooLong, "must have at most 2500 cells");
    }
    let mut seen = BTreeSet::new();
    for place in places.iter().filter(|place| !seen.insert(place.ids)) {
        rules.refuse(
            place.pointer.clone(),
            Code::Duplicate,
            "there is another cell for this alternative and objective",
        );
    }
}

/// The status quo is the baseline: every rating is relative to it, so its own can only be 0.
fn check_status_quo(places: &[Place<'_>], rules: &mut Rules<'_>) {
    let Some(status_quo) = rules.references.status_quo_id else {
        return;
    };
    for place in places.iter().filter(|place| place.ids.0 == status_quo) {
        let rating = place.cell.get("rating").and_then(Value::as_i64);
        if rating.is_some_and(|rating| rating != 0 && (-2..=2).contains(&rating)) {
            let message = "the status quo is compared with itself, so its rating is 0";
            rules.refuse(
                format!("{}/rating", place.pointer),
                Code::StatusQuoNotZero,
                message,
            );
        }
    }
}

fn check_ids(table: &Value, places: &[Place<'_>], rules: &mut Rules<'_>) {
    let alternatives = rules.references.alternative_ids();
    let objectives = rules.references.fundamental_objective_ids();
    rules.all_known(
        table,
        "/table",
        "alternative_ids",
        &alternatives,
        "must be an alternative of this cycle",
    );
    rules.all_known(
        table,
        "/table",
        "objective_ids",
        &objectives,
        "must be a fundamental objective of this cycle",
    );
    for place in places {
        if !alternatives.contains(&place.ids.0) || !objectives.contains(&place.ids.1) {
            let message = "must belong to an alternative and a fundamental objective of this cycle";
            rules.refuse(place.pointer.clone(), Code::UnknownReference, message);
        }
    }
}

fn check_complete(table: &Value, places: &[Place<'_>], rules: &mut Rules<'_>) {
    let alternatives = rules.references.alternative_ids();
    let objectives = rules.references.fundamental_objective_ids();
    let columns = rules::id_set(table, "alternative_ids");
    if alternatives.iter().any(|id| !columns.contains(id)) {
        rules.refuse(
            "/table/alternative_ids",
            Code::MissingRequired,
            "must name every alternative of this cycle",
        );
    }
    let rows = rules::id_set(table, "objective_ids");
    if objectives.iter().any(|id| !rows.contains(id)) {
        let message = "must name every fundamental objective of this cycle";
        rules.refuse("/table/objective_ids", Code::MissingRequired, message);
    }
    let present: BTreeSet<_> = places.iter().map(|place| place.ids).collect();
    for &objective in &objectives {
        for &alternative in alternatives
            .iter()
            .filter(|&&alternative| !present.contains(&(alternative, objective)))
        {
            let pointer = pointer_to("/table/cells", &Cell::key(alternative, objective));
            rules.refuse(
                pointer,
                Code::MissingRequired,
                "this alternative is not rated on this objective",
            );
        }
    }
}
