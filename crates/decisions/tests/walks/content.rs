//! Outputs that are good enough to complete a component, and empty ones.

use althing_backbone::Uuid;
use althing_decisions::outputs::ComponentType;
use serde_json::{Value, json};

pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number)
}

/// Empty outputs lack what completing requires.
pub fn is_whole(output: &Value) -> bool {
    output.as_object().is_some_and(|fields| !fields.is_empty())
}

/// An output that completing accepts, or (where nothing refers to it) an empty one, which may be saved all the same.
pub fn output(component: ComponentType, text: u8, whole: bool) -> Value {
    let is_always_whole = matches!(
        component,
        ComponentType::Objectives
            | ComponentType::Alternatives
            | ComponentType::Tradeoffs
            | ComponentType::NotesNextSteps
    );
    if !whole && !is_always_whole {
        return json!({});
    }
    let words =
        format!("Way {text} of looking at it, in žluťoučký words that are long enough for a synthesis");
    match component {
        ComponentType::IssueRaising => {
            json!({"potential_decisions": [{"id": id(1), "description": words, "priority": "medium"}],
            "objectives": [], "uncertainties": [], "considerations": []})
        }
        ComponentType::ProblemFrame => {
            json!({"decision_maker": {"name": "Ada"}, "focal_decision": {"statement": words, "constraints": []}})
        }
        ComponentType::Objectives => {
            json!({"fundamental_objectives": [{"id": id(2), "name": words}], "means_objectives": []})
        }
        ComponentType::Alternatives => json!({"status_quo_id": id(3), "alternatives": [
            {"id": id(3), "name": "Stay", "is_status_quo": true, "assumptions": []},
            {"id": id(4), "name": "Go", "description": words, "is_status_quo": false, "assumptions": []}]}),
        ComponentType::Consequences => {
            let cell = |alternative: u128, rating: u8| json!({"alternative_id": id(alternative), "objective_id": id(2), "rating": rating, "rationale": words});
            let cells = json!({(format!("{}:{}", id(3), id(2))): cell(3, 0), (format!("{}:{}", id(4), id(2))): cell(4, text % 3)});
            json!({"table": {"alternative_ids": [id(3), id(4)], "objective_ids": [id(2)], "cells": cells}, "uncertainties": []})
        }
        ComponentType::Tradeoffs => {
            json!({"dominated_alternatives": [], "irrelevant_objectives": [], "tensions": []})
        }
        ComponentType::Recommendation => json!({"synthesis": words}),
        ComponentType::DecisionQuality => {
            let names = [
                "helpful_problem_frame",
                "clear_objectives",
                "creative_alternatives",
                "reliable_consequence_information",
                "logically_correct_reasoning",
                "clear_tradeoffs",
                "commitment_to_follow_through",
            ];
            let elements: Vec<Value> = names
                .iter()
                .map(|name| json!({"name": name, "score": 80 + text}))
                .collect();
            json!({"elements": elements})
        }
        ComponentType::NotesNextSteps => json!({"notes": [{"id": id(5), "text": words}]}),
    }
}
