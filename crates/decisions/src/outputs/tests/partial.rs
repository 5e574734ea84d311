//! What an update may not contain, and what it may still lack.

use serde_json::{Value, json};

use super::samples::*;
use super::{partial_errors, strict_errors};
use crate::outputs::text::FREE_TEXT_MAX;
use crate::outputs::{ComponentType, Output, References, validate_partial};

fn rated(alternative: u128, rating: Value) -> Value {
    let cell = json!({"alternative_id": id(alternative), "objective_id": id(COST), "rating": rating});
    json!({"table": {"cells": {cell_key(alternative, COST): cell}}})
}

#[test]
fn nothing_needs_to_be_there_yet() {
    for &component in ComponentType::ALL {
        assert_eq!(partial_errors(component, &json!({})), [""; 0], "{component}");
        let loaded = validate_partial(component, &json!({}), &References::default()).unwrap();
        assert_eq!(loaded, Output::empty(component));
        assert_eq!(loaded.component_type(), component);
    }
    let unfinished = json!({
        "decision_maker": {"name": ""}, "focal_decision": {"statement": "Wo"},
        "parties": [{"id": id(1)}], "ultimate_aim": null
    });
    assert_eq!(partial_errors(ComponentType::ProblemFrame, &unfinished), [""; 0]);
}

#[test]
fn ratings_outside_the_scale_are_refused_at_their_place_and_never_clamped() {
    let place = format!("/table/cells/{}/rating", cell_key(FLAT, COST));
    for rating in [
        json!(254),
        json!(256),
        json!(300),
        json!(-3),
        json!(3),
        json!(u64::MAX),
        json!(i64::MIN),
    ] {
        let expected = [format!("{place} out_of_range")];
        assert_eq!(
            partial_errors(ComponentType::Consequences, &rated(FLAT, rating)),
            expected
        );
    }
    for rating in [json!(1.5), json!(1.0), json!("1"), json!(true)] {
        let expected = [format!("{place} wrong_type")];
        assert_eq!(
            partial_errors(ComponentType::Consequences, &rated(FLAT, rating)),
            expected
        );
    }
    for rating in -2..=2 {
        assert_eq!(
            partial_errors(ComponentType::Consequences, &rated(FLAT, json!(rating))),
            [""; 0]
        );
    }
}

#[test]
fn the_status_quo_can_only_be_rated_zero() {
    let expected = [format!(
        "/table/cells/{}/rating status_quo_not_zero",
        cell_key(STATUS_QUO, COST)
    )];
    assert_eq!(
        partial_errors(ComponentType::Consequences, &rated(STATUS_QUO, json!(1))),
        expected
    );
    assert_eq!(
        partial_errors(ComponentType::Consequences, &rated(STATUS_QUO, json!(0))),
        [""; 0]
    );
    let unknown = validate_partial(
        ComponentType::Consequences,
        &rated(STATUS_QUO, json!(1)),
        &References::default(),
    );
    assert!(unknown.is_ok(), "without a status quo there is no baseline yet");
}

#[test]
fn a_cell_must_agree_with_its_key() {
    let cell = json!({"alternative_id": id(FLAT), "objective_id": id(COST)});
    let output = json!({"table": {"cells": {cell_key(HOUSE, COST): cell, "somewhere": cell}}});
    let expected = [
        format!("/table/cells/{} inconsistent", cell_key(HOUSE, COST)),
        "/table/cells/somewhere bad_format".to_owned(),
    ];
    assert_eq!(partial_errors(ComponentType::Consequences, &output), expected);
    let lower = cell_key(0xabc, COST);
    let cell = json!({"alternative_id": id(0xabc), "objective_id": id(COST)});
    let output = json!({"table": {"cells": {lower.clone(): cell, lower.to_uppercase(): cell}}});
    let expected = [format!("/table/cells/{} duplicate", lower.to_uppercase())];
    assert_eq!(partial_errors(ComponentType::Consequences, &output), expected);
}

#[test]
fn all_errors_are_told_together_and_unknown_fields_are_errors() {
    let output = json!({
        "potential_decisions": [
            {"id": "x", "description": 1, "priority": "urgent"},
            {"description": "d", "colour": "red"}
        ],
        "objectives": {},
        "a/b~c": 1
    });
    let expected = [
        "/potential_decisions/0/id bad_format",
        "/potential_decisions/0/description wrong_type",
        "/potential_decisions/0/priority bad_format",
        "/potential_decisions/1/id missing_required",
        "/potential_decisions/1/colour unknown_field",
        "/objectives wrong_type",
        "/a~1b~0c unknown_field",
    ];
    assert_eq!(partial_errors(ComponentType::IssueRaising, &output), expected);
    assert_eq!(
        partial_errors(ComponentType::IssueRaising, &json!([])),
        [" wrong_type"]
    );
}

#[test]
fn messages_do_not_repeat_what_was_written() {
    let output = json!({"planned_actions": [{
        "id": "secret-1", "action": ["secret-2"], "due_date": "secret-3", "status": "secret-4"
    }]});
    let errors =
        validate_partial(ComponentType::NotesNextSteps, &output, &References::default()).unwrap_err();
    assert_eq!(errors.len(), 4);
    assert!(
        errors
            .iter()
            .all(|error| !error.message.contains("secret") && !error.message.is_empty())
    );
}

#[test]
fn lengths_count_characters_after_trimming() {
    let named = |name: &str| json!({"alternatives": [{"id": id(1), "name": name}]});
    let long = format!("  {}\n", "ž".repeat(100));
    assert_eq!(
        partial_errors(ComponentType::Alternatives, &named(&long)),
        [""; 0]
    );
    let too_long = "ž".repeat(101);
    assert_eq!(
        partial_errors(ComponentType::Alternatives, &named(&too_long)),
        ["/alternatives/0/name too_long"]
    );
    let free = json!({"synthesis": "🐎".repeat(FREE_TEXT_MAX + 1)});
    assert_eq!(
        partial_errors(ComponentType::Recommendation, &free),
        ["/synthesis too_long"]
    );
}

#[test]
fn an_output_has_at_most_half_a_million_bytes_and_a_table_fifty_columns() {
    let texts = |count: u128| {
        let note = |number| json!({"id": id(number), "text": "a".repeat(9_000)});
        json!({"notes": (0..count).map(note).collect::<Vec<_>>()})
    };
    assert_eq!(partial_errors(ComponentType::NotesNextSteps, &texts(54)), [""; 0]);
    assert_eq!(
        partial_errors(ComponentType::NotesNextSteps, &texts(56)),
        [" too_long"]
    );

    let alternative = |number: u128| json!({"id": id(number), "name": format!("a{number}")});
    let many = |count| json!({"alternatives": (0..count).map(alternative).collect::<Vec<_>>()});
    assert_eq!(partial_errors(ComponentType::Alternatives, &many(50)), [""; 0]);
    assert_eq!(
        partial_errors(ComponentType::Alternatives, &many(51)),
        ["/alternatives too_long"]
    );
}

#[test]
fn what_must_be_unique_is() {
    let output = json!({
        "alternatives": [
            {"id": id(1), "name": "Ärger", "is_status_quo": true},
            {"id": id(1), "name": " ärger", "is_status_quo": true},
            {"id": id(2), "name": ""}, {"id": id(3), "name": ""}
        ],
        "strategy_table": {"decision_columns": [{"id": id(4), "options": ["a", "a"]}]}
    });
    let expected = [
        "/alternatives/1/id duplicate",
        "/alternatives/1/name duplicate",
        "/alternatives/1/is_status_quo duplicate",
        "/strategy_table/decision_columns/0/options/1 duplicate",
    ];
    assert_eq!(partial_errors(ComponentType::Alternatives, &output), expected);
    let twice = json!({"elements": [
        {"name": "clear_objectives", "score": 1}, {"name": "clear_objectives", "score": 101}
    ]});
    let expected = ["/elements/1/score out_of_range", "/elements/1 duplicate"];
    assert_eq!(partial_errors(ComponentType::DecisionQuality, &twice), expected);
}

#[test]
fn numbers_are_exact_and_within_their_range() {
    let weighted = |weight: Value, tolerance: Value| {
        json!({"fundamental_objectives": [{
            "id": id(1), "weight": weight, "performance_measure": {"tolerance": tolerance}
        }]})
    };
    assert_eq!(
        partial_errors(ComponentType::Objectives, &weighted(json!(1), json!(0))),
        [""; 0]
    );
    let expected = [
        "/fundamental_objectives/0/performance_measure/tolerance out_of_range",
        "/fundamental_objectives/0/weight out_of_range",
    ];
    assert_eq!(
        partial_errors(ComponentType::Objectives, &weighted(json!(1.01), json!(-1))),
        expected
    );
    let measured = |value: &str, unit: &str| {
        let cell = json!({
            "alternative_id": id(FLAT), "objective_id": id(COST), "quantity": {"value": value, "unit": unit}
        });
        json!({"table": {"cells": {cell_key(FLAT, COST): cell}}})
    };
    assert_eq!(
        partial_errors(ComponentType::Consequences, &measured("1234.5", "€")),
        [""; 0]
    );
    let place = format!("/table/cells/{}/quantity", cell_key(FLAT, COST));
    let expected = [
        format!("{place}/value bad_format"),
        format!("{place}/unit too_long"),
    ];
    assert_eq!(
        partial_errors(ComponentType::Consequences, &measured("1,5", &"u".repeat(41))),
        expected
    );
}

#[test]
fn the_overall_score_is_the_servers() {
    let mut output = sample(ComponentType::DecisionQuality);
    let computed = output["overall_score"].clone();
    output["overall_score"] = json!(100);
    assert_eq!(
        partial_errors(ComponentType::DecisionQuality, &output),
        ["/overall_score not_computed"]
    );
    assert_eq!(
        strict_errors(ComponentType::DecisionQuality, &output),
        ["/overall_score not_computed"]
    );
    output.as_object_mut().unwrap().remove("overall_score");
    let loaded = validate_partial(ComponentType::DecisionQuality, &output, &references()).unwrap();
    assert_eq!(loaded.to_value()["overall_score"], computed);

    let one = json!({"elements": [{"name": "clear_objectives", "score": 50}]});
    let loaded = validate_partial(ComponentType::DecisionQuality, &one, &references()).unwrap();
    assert_eq!(loaded.to_value().get("overall_score"), None);
}
