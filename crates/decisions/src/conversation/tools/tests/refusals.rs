//! What a tool may not touch: the status, the plan, the caller and earlier answers stand against it.

use serde_json::{Value, json};

use super::super::ToolResult::{Conflict, ValidationError};
use super::super::{Caller, ToolResult, all};
use super::desk::Desk;
use crate::document::Scope;
use crate::document::fixture::id;
use crate::outputs::{ComponentStatus as Status, ComponentType as Type};

#[test]
fn a_component_that_is_not_started_has_no_tools() {
    for tool in all() {
        let super::super::ToolScope::Component(component) = tool.scope else {
            continue;
        };
        let mut desk = Desk::full().with_status(component, Status::NotStarted);
        assert_eq!(
            desk.failure(tool.name, json!({})),
            (Conflict, "component_not_started".to_owned()),
            "{}",
            tool.name
        );
    }
    let mut desk = Desk::full().with_status(Type::NotesNextSteps, Status::NotStarted);
    assert_eq!(
        desk.failure("add_note", json!({ "text": "x" })),
        (Conflict, "component_not_started".to_owned())
    );
}

#[test]
fn a_complete_component_is_read_but_not_changed() {
    let mut desk = Desk::full()
        .with_status(Type::Objectives, Status::Complete)
        .with_status(Type::DecisionQuality, Status::Complete);
    assert_eq!(
        desk.failure("add_objective", json!({ "name": "Neu", "is_fundamental": true })),
        (Conflict, "component_locked".to_owned())
    );
    assert_eq!(desk.success("calculate_overall_dq", Value::Null)["overall"], 65);
}

#[test]
fn what_a_complete_component_refers_to_is_not_removed() {
    let mut desk = Desk::full().with_status(Type::Recommendation, Status::Complete);
    let remove = |id: &str| json!({ "id": id, "reason": "x" });
    assert_eq!(
        desk.failure("remove_alternative", remove("C")),
        (Conflict, "component_locked".to_owned())
    );
    assert_eq!(desk.success("remove_alternative", remove("B"))["total"], 2);
    let mut desk = Desk::full().with_status(Type::Consequences, Status::Complete);
    let objective = id(30).to_string();
    assert_eq!(
        desk.failure("remove_objective", remove(&objective)),
        (Conflict, "component_locked".to_owned())
    );
}

#[test]
fn a_model_is_refused_what_only_users_may_do() {
    let mut desk = Desk::full();
    desk.caller = Caller::Model;
    for tool in all().filter(|tool| tool.user_only) {
        assert_eq!(
            desk.failure(tool.name, json!({})),
            (Conflict, "user_only".to_owned()),
            "{}",
            tool.name
        );
    }
    let tolerances = json!({ "tolerances": { "Kosten": "50" } });
    assert_eq!(
        desk.failure("compare_quantities", tolerances),
        (Conflict, "user_only".to_owned())
    );
    assert_eq!(
        desk.call("compare_quantities", json!({})).result,
        ToolResult::Success
    );
}

#[test]
fn a_plan_without_decision_quality_has_no_tool_for_it() {
    let mut desk = Desk::full();
    desk.scope = Scope {
        has_decision_quality: false,
        has_full_analysis: false,
    };
    for name in [
        "rate_dq_element",
        "add_quality_improvement",
        "calculate_overall_dq",
    ] {
        assert_eq!(
            desk.failure(name, json!({})),
            (Conflict, "feature_not_included".to_owned()),
            "{name}"
        );
    }
}

#[test]
fn what_is_decided_or_expired_stays_so() {
    let mut desk = Desk::full();
    let flagged = desk.success(
        "flag_uncertainty",
        json!({ "description": "x", "component": "objectives", "resolvable": true }),
    );
    let resolve = json!({ "id": flagged["id"], "resolution": "y" });
    desk.success("resolve_uncertainty", resolve.clone());
    assert_eq!(
        desk.failure("resolve_uncertainty", resolve),
        (Conflict, "already_resolved".to_owned())
    );

    let revisit = json!({ "component": "objectives", "reason": "x", "priority": "low", "trigger": "y" });
    let dismiss = json!({ "id": desk.success("suggest_revisit", revisit)["id"], "reason": "x" });
    desk.success("dismiss_revisit", dismiss.clone());
    assert_eq!(
        desk.failure("dismiss_revisit", dismiss),
        (Conflict, "already_decided".to_owned())
    );

    let request = json!({ "summary": "x", "options": ["ja", "nein"] });
    let first = desk.success("request_confirmation", request.clone())["id"].clone();
    assert_eq!(
        desk.failure(
            "record_user_choice",
            json!({ "id": first, "choice": "vielleicht" })
        )
        .0,
        ValidationError
    );
    desk.success("record_user_choice", json!({ "id": first, "choice": "ja" }));
    assert_eq!(
        desk.failure("record_user_choice", json!({ "id": first, "choice": "nein" })),
        (Conflict, "already_decided".to_owned())
    );
    let second = desk.success("request_confirmation", request)["id"].clone();
    desk.later(24);
    assert_eq!(
        desk.failure("record_user_choice", json!({ "id": second, "choice": "ja" })),
        (Conflict, "expired".to_owned())
    );
}

#[test]
fn an_ambiguous_name_is_a_conflict() {
    let mut desk = Desk::empty();
    let twin = |number: u128| json!({ "id": id(number), "name": "Ruhe" });
    let value = json!({ "fundamental_objectives": [twin(1), twin(2)] });
    desk.outputs
        .insert(crate::outputs::Output::load(Type::Objectives, &value).unwrap());
    assert_eq!(
        desk.failure(
            "update_objective_measure",
            json!({ "id": "ruhe", "measure": "dB" })
        ),
        (Conflict, "ambiguous".to_owned())
    );
    assert_eq!(
        desk.success(
            "update_objective_measure",
            json!({ "id": id(2), "measure": "dB" })
        )["id"],
        json!(id(2))
    );
}
