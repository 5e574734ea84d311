//! How tools refuse what is unknown, ambiguous or contradicts what is there.

use serde_json::json;

use super::super::ToolResult::{Conflict, NotFound};
use super::desk::{Desk, assert_refusals};
use crate::document::fixture::id;
use crate::outputs::ComponentType as Type;

#[test]
fn what_is_not_there_is_not_found() {
    let nobody = id(12345);
    assert_refusals(&[
        (
            "set_focal_decision",
            json!({ "decision_id": nobody }),
            NotFound,
            "not_found",
        ),
        (
            "link_means_to_fundamental",
            json!({ "means_id": nobody, "fundamental_id": "Zeit" }),
            NotFound,
            "not_found",
        ),
        (
            "link_means_to_fundamental",
            json!({ "means_id": id(33), "fundamental_id": "Glück" }),
            NotFound,
            "not_found",
        ),
        (
            "update_objective_measure",
            json!({ "id": nobody, "measure": "x" }),
            NotFound,
            "not_found",
        ),
        (
            "remove_objective",
            json!({ "id": nobody, "reason": "x" }),
            NotFound,
            "not_found",
        ),
        (
            "promote_to_fundamental",
            json!({ "id": nobody, "reason": "x" }),
            NotFound,
            "not_found",
        ),
        (
            "update_alternative",
            json!({ "id": "D", "description": "x" }),
            NotFound,
            "not_found",
        ),
        (
            "remove_alternative",
            json!({ "id": nobody, "reason": "x" }),
            NotFound,
            "not_found",
        ),
        (
            "set_alternative_strategy",
            json!({ "alt": "B", "dim": "Farbe", "option": "Rad" }),
            NotFound,
            "not_found",
        ),
        (
            "rate_consequence",
            json!({ "alt": "E", "obj": "Zeit", "rating": 1 }),
            NotFound,
            "not_found",
        ),
        (
            "mark_dominated",
            json!({ "alt": "E", "by": "A", "reason": "x" }),
            NotFound,
            "not_found",
        ),
        (
            "mark_irrelevant_objective",
            json!({ "obj": "9", "reason": "x" }),
            NotFound,
            "not_found",
        ),
        (
            "add_tension",
            json!({ "alt": "B", "excels_at": ["Glück"], "sacrifices": [] }),
            NotFound,
            "not_found",
        ),
        (
            "clear_dominated",
            json!({ "alt": "A", "reason": "x" }),
            NotFound,
            "not_found",
        ),
        (
            "set_standout",
            json!({ "alt": "Mond", "rationale": "x" }),
            NotFound,
            "not_found",
        ),
        (
            "resolve_uncertainty",
            json!({ "id": nobody, "resolution": "x" }),
            NotFound,
            "not_found",
        ),
        (
            "dismiss_revisit",
            json!({ "id": nobody, "reason": "x" }),
            NotFound,
            "not_found",
        ),
        (
            "record_user_choice",
            json!({ "id": nobody, "choice": "ja" }),
            NotFound,
            "not_found",
        ),
        (
            "sensitivity_check",
            json!({ "alt": "B", "obj": "Glück" }),
            NotFound,
            "not_found",
        ),
        (
            "compare_quantities",
            json!({ "tolerances": { "Glück": "1" } }),
            NotFound,
            "not_found",
        ),
    ]);
}

#[test]
fn contradictions_are_conflicts() {
    assert_refusals(&[
        (
            "add_objective",
            json!({ "name": "ZEIT", "is_fundamental": true }),
            Conflict,
            "duplicate",
        ),
        (
            "link_means_to_fundamental",
            json!({ "means_id": id(33), "fundamental_id": "Zeit" }),
            Conflict,
            "duplicate",
        ),
        (
            "promote_to_fundamental",
            json!({ "id": id(30), "reason": "x" }),
            Conflict,
            "duplicate",
        ),
        (
            "add_alternative",
            json!({ "name": "köln" }),
            Conflict,
            "duplicate",
        ),
        (
            "add_alternative",
            json!({ "name": "Neu", "is_status_quo": true }),
            Conflict,
            "duplicate",
        ),
        (
            "add_strategy_dimension",
            json!({ "name": "FAHRT", "options": ["x"] }),
            Conflict,
            "duplicate",
        ),
        (
            "mark_dominated",
            json!({ "alt": "C", "by": "B", "reason": "x" }),
            Conflict,
            "duplicate",
        ),
        (
            "sensitivity_check",
            json!({ "alt": "A", "obj": "Zeit" }),
            Conflict,
            "status_quo",
        ),
    ]);
    let mut desk = Desk::empty();
    assert_eq!(
        desk.failure("rate_consequence", json!({ "alt": "B", "obj": "1", "rating": 1 })),
        (NotFound, "not_found".to_owned())
    );
    assert_eq!(
        desk.failure("batch_rate_consequences", json!({ "ratings": [] })),
        (Conflict, "inputs_missing".to_owned())
    );
}

#[test]
fn a_rating_that_is_not_there_has_no_reason() {
    let mut desk = Desk::full();
    desk.outputs.remove(Type::Consequences);
    let cell = json!({ "alt": "B", "obj": "1", "text": "x" });
    assert_eq!(desk.failure("update_rating_reasoning", cell.clone()).0, NotFound);
    assert_eq!(desk.failure("add_consequence_uncertainty", cell).0, NotFound);
}
