//! What the tools for any component and the analysis do when they work, and what a model's call leaves.

use serde_json::{Value, json};

use super::super::{Caller, ToolResult};
use super::desk::Desk;
use crate::document::fixture::id;
use crate::outputs::ComponentType as Type;

#[test]
fn uncertainties_and_revisits_are_working_state() {
    let mut desk = Desk::full();
    let flagged = desk.success(
        "flag_uncertainty",
        json!({ "description": "Bahn?", "component": "consequences", "resolvable": false, "impact": "Zeit" }),
    );
    assert_eq!(flagged["open"], 1);
    desk.success(
        "flag_uncertainty",
        json!({ "description": "Hort?", "component": "objectives", "resolvable": true }),
    );
    assert_eq!(
        desk.success(
            "resolve_uncertainty",
            json!({ "id": flagged["id"], "resolution": "fährt" })
        )["open"],
        1
    );
    let listed = desk.success("list_uncertainties", json!({ "component": "consequences" }));
    assert_eq!(
        (&listed["open"], &listed["uncertainties"][0]["resolution"]),
        (&json!(0), &json!("fährt"))
    );
    assert_eq!(desk.success("list_uncertainties", Value::Null)["open"], 1);

    let revisit = |priority: &str| json!({ "component": "objectives", "reason": "fehlt etwas", "priority": priority, "trigger": "Gespräch" });
    let low = desk.success("suggest_revisit", revisit("low"));
    let high = desk.success("suggest_revisit", revisit("critical"));
    assert_eq!(
        (&low["will_prompt"], &high["will_prompt"], &high["pending"]),
        (&json!(false), &json!(true), &json!(2))
    );
    assert_eq!(
        desk.success("dismiss_revisit", json!({ "id": low["id"], "reason": "unnötig" }))["pending"],
        1
    );
    assert_eq!(
        desk.success("get_pending_revisits", Value::Null)["revisits"][0]["id"],
        high["id"]
    );
}

#[test]
fn a_confirmation_is_answered_with_one_of_its_options_or_rejected() {
    let mut desk = Desk::full();
    let request = json!({ "summary": "Weiter?", "options": ["ja", "nein"], "default": "ja" });
    let first = desk.success("request_confirmation", request.clone());
    assert_eq!(
        (&first["options"], &first["expires_at"]),
        (&json!(2), &json!("2030-03-18T17:46:40Z"))
    );
    let answer = desk.success(
        "record_user_choice",
        json!({ "id": first["id"], "choice": "nein" }),
    );
    assert_eq!(answer["status"], "confirmed");
    let second = desk.success("request_confirmation", request);
    assert_eq!(
        desk.success(
            "record_user_choice",
            json!({ "id": second["id"], "choice": null })
        )["status"],
        "rejected"
    );
}

#[test]
fn the_document_is_read_whole_or_in_parts() {
    let mut desk = Desk::full();
    desk.success(
        "flag_uncertainty",
        json!({ "description": "Bahn?", "component": "consequences", "resolvable": false }),
    );
    let summary = desk.success("get_document_summary", Value::Null);
    assert_eq!(
        (&summary["focal_decision"], &summary["current_component"]),
        (&json!("Wo wohnen wir ab 2030?"), &json!("consequences"))
    );
    assert_eq!(
        (
            &summary["objectives"],
            &summary["alternatives"],
            &summary["matrix_completion"]
        ),
        (&json!(3), &json!(3), &json!(1.0))
    );
    assert_eq!(summary["components"].as_array().unwrap().len(), 9);
    assert!(
        summary["smallest_flip"]
            .as_str()
            .unwrap()
            .starts_with("2 rating steps in a single rating")
    );
    assert_eq!(
        (&summary["open_uncertainties"], &summary["pending_revisits"]),
        (&json!(1), &json!(0))
    );
    let empty = Desk::empty().success("get_document_summary", Value::Null);
    assert_eq!(
        (
            &empty["verdict"],
            &empty["smallest_flip"],
            &empty["matrix_completion"]
        ),
        (&Value::Null, &Value::Null, &json!(0.0))
    );
    let section = desk.success("get_document_section", json!({ "component": "alternatives" }));
    assert!(
        section["markdown"]
            .as_str()
            .unwrap()
            .starts_with("## 4. Alternatives\n")
    );
}

#[test]
fn the_analysis_is_computed_on_the_spot() {
    let mut desk = Desk::full();
    let totals = desk.success("compute_pugh_totals", Value::Null);
    assert_eq!(
        (&totals["leaders"], &totals["verdict"]),
        (&json!([id(41)]), &json!("leads_with_tradeoffs"))
    );
    assert_eq!(
        (&totals["baseline"], &totals["flip"]["steps"]),
        (&json!(id(40)), &json!(2))
    );
    let dominated = desk.success("find_dominated_alternatives", Value::Null);
    assert_eq!(
        (&dominated["dominated"][0]["alternative_id"], &dominated["viable"]),
        (&json!(id(42)), &json!([id(40), id(41)]))
    );
    assert_eq!(
        desk.success("find_irrelevant_objectives", Value::Null)["irrelevant"],
        json!([])
    );
    let cell = desk.success("sensitivity_check", json!({ "alt": "B", "obj": "Zeit" }));
    assert_eq!(cell["sensitivity"]["entries"].as_array().unwrap().len(), 4);
    let quantities = desk.success("compare_quantities", json!({ "tolerances": { "Kosten": "400" } }));
    assert_eq!(
        (&quantities["has_values"], &quantities["quantities"]["complete"]),
        (&json!(true), &json!(false))
    );
}

#[test]
fn what_a_model_changes_is_a_labelled_proposal() {
    let mut desk = Desk::unrated();
    desk.caller = Caller::Model;
    let outcome = desk.call(
        "rate_consequence",
        json!({ "alt": "B", "obj": "1", "rating": 1, "reasoning": "näher" }),
    );
    assert_eq!(outcome.result, ToolResult::Success);
    let cells = desk.output(Type::Consequences)["table"]["cells"].clone();
    let label = |alternative: u128| cells[format!("{}:{}", id(alternative), id(30))]["added_by"].clone();
    assert_eq!((label(41), label(40)), (json!("ai"), Value::Null));
    let items = &outcome.changes[0].items;
    assert_eq!(items.last().unwrap().summary, "Köln / Zeit: +1 näher");
    desk.success(
        "set_focal_statement",
        json!({ "statement": "Wo wohnen wir wirklich?" }),
    );
    assert!(
        desk.output(Type::ProblemFrame)["ai_fields"]
            .as_array()
            .unwrap()
            .contains(&json!("/focal_decision/statement"))
    );
}
