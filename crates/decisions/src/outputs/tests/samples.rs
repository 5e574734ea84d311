//! One complete cycle: nine outputs in which every field of the specification is filled, with multi-byte text.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::outputs::{Cell, ComponentType, Output, Outputs, QualityElement, References};

pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub const STATUS_QUO: u128 = 41;
pub const FLAT: u128 = 42;
pub const HOUSE: u128 = 43;
pub const COST: u128 = 31;
pub const QUIET: u128 = 32;
pub const PARTY: u128 = 25;

pub fn cell_key(alternative: u128, objective: u128) -> String {
    Cell::key(id(alternative), id(objective))
}

/// A complete output in its stored form.
pub fn sample(component: ComponentType) -> Value {
    match component {
        ComponentType::IssueRaising => issue_raising(),
        ComponentType::ProblemFrame => problem_frame(),
        ComponentType::Objectives => objectives(),
        ComponentType::Alternatives => alternatives(),
        ComponentType::Consequences => consequences(),
        ComponentType::Tradeoffs => tradeoffs(),
        ComponentType::Recommendation => recommendation(),
        ComponentType::DecisionQuality => decision_quality(),
        ComponentType::NotesNextSteps => notes_next_steps(),
    }
}

pub fn outputs() -> Outputs {
    ComponentType::ALL
        .iter()
        .map(|&component| Output::load(component, &sample(component)).unwrap())
        .collect()
}

pub fn references() -> References {
    References::of(&outputs())
}

fn issue_raising() -> Value {
    json!({
        "potential_decisions": [
            {"id": id(11), "description": "Wo wohnen? 🏠", "priority": "high", "notes": "bald"},
            {"id": id(12), "description": "Welche Schule", "priority": "medium", "added_by": "ai"}
        ],
        "focal_decision_id": id(11),
        "objectives": [{"id": id(13), "description": "静かさ"}],
        "uncertainties": [{"id": id(14), "description": "Miete", "driver": "Markt"}],
        "considerations": [{"id": id(15), "text": "Umzug im Jänner"}]
    })
}

fn problem_frame() -> Value {
    json!({
        "decision_maker": {"name": "Žofie", "role": "Mieterin"},
        "focal_decision": {
            "statement": "Wo wohnen wir ab dem nächsten Jahr?",
            "scope": {"in": ["Stadt"], "out": ["Ausland"]},
            "constraints": [{"id": id(21), "type": "financial", "description": "höchstens 1.500 €"}],
            "trigger": "Kündigung",
            "deadline": {"date": "2030-02-28", "hard": true}
        },
        "decision_hierarchy": {
            "already_made": [{"id": id(22), "statement": "Wir ziehen um", "outcome": "ja"}],
            "deferred": [{"id": id(23), "statement": "Möbel"}]
        },
        "parties": [{
            "id": id(PARTY), "name": "Kinder", "role": "affected_party", "influence": "groß", "concerns": ["Schulweg"]
        }],
        "ultimate_aim": "zufrieden wohnen",
        "linked_decisions": [{"id": id(24), "description": "Schule", "relationship": "depends_on"}],
        "ai_fields": ["/ultimate_aim"]
    })
}

fn objectives() -> Value {
    json!({
        "fundamental_objectives": [
            {
                "id": id(COST), "name": "Kosten", "description": "im Monat",
                "performance_measure": {
                    "metric": "Miete", "direction": "minimize", "units": "€", "tolerance": 50.5
                },
                "weight": 0.6, "affected_party_id": id(PARTY)
            },
            {
                "id": id(QUIET), "name": "静かさ",
                "performance_measure": {"metric": "Lärm", "direction": "target", "target": 30, "units": "dB"},
                "weight": 0.4
            }
        ],
        "means_objectives": [{"id": id(33), "description": "Dicke Wände", "supports": [id(QUIET)]}]
    })
}

fn alternatives() -> Value {
    json!({
        "alternatives": [
            {"id": id(STATUS_QUO), "name": "Bleiben", "is_status_quo": true, "assumptions": []},
            {
                "id": id(FLAT), "name": "Wohnung", "description": "am Fluss", "is_status_quo": false,
                "assumptions": ["Miete bleibt"]
            },
            {"id": id(HOUSE), "name": "Häuschen", "is_status_quo": false, "assumptions": [], "added_by": "ai"}
        ],
        "status_quo_id": id(STATUS_QUO),
        "strategy_table": {
            "decision_columns": [{"id": id(44), "name": "Ort", "options": ["Stadt", "Land"]}],
            "strategies": [{"alternative_id": id(HOUSE), "selections": {id(44).to_string(): "Land"}}]
        }
    })
}

fn consequences() -> Value {
    let mut cells = Map::new();
    for (alternative, objective, rating) in [
        (STATUS_QUO, COST, 0),
        (STATUS_QUO, QUIET, 0),
        (FLAT, COST, -1),
        (FLAT, QUIET, 1),
        (HOUSE, COST, -2),
        (HOUSE, QUIET, 1),
    ] {
        let cell =
            json!({"alternative_id": id(alternative), "objective_id": id(objective), "rating": rating});
        cells.insert(cell_key(alternative, objective), cell);
    }
    cells[&cell_key(FLAT, COST)] = json!({
        "alternative_id": id(FLAT), "objective_id": id(COST), "rating": -1, "rationale": "teurer",
        "quantity": {"value": "1400.50", "unit": "€", "source": "Inserat"},
        "uncertainty": {"level": "medium", "driver": "Nebenkosten"}, "added_by": "ai"
    });
    json!({
        "table": {
            "alternative_ids": [id(STATUS_QUO), id(FLAT), id(HOUSE)],
            "objective_ids": [id(COST), id(QUIET)],
            "cells": cells
        },
        "uncertainties": [{
            "id": id(51), "description": "Heizkosten", "driver": "Winter", "resolvable": true,
            "would_change_decision": false
        }]
    })
}

fn tradeoffs() -> Value {
    json!({
        "dominated_alternatives": [{
            "alternative_id": id(HOUSE), "dominated_by": [id(FLAT)], "explanation": "teurer",
            "cleared": {"reason": "Garten"}
        }],
        "irrelevant_objectives": [{"objective_id": id(QUIET), "reason": "überall gleich"}],
        "tensions": [{
            "alternative_id": id(FLAT), "gains": [id(QUIET)], "losses": [id(COST)], "net_score": 0,
            "uncertainty_impact": "klein"
        }]
    })
}

fn recommendation() -> Value {
    json!({
        "synthesis": "Die Wohnung am Fluss ist leiser, kostet aber mehr; beides wiegt für uns gleich viel.",
        "sensitivity_notes": "Ein Schritt genügt.",
        "standout_option": {"alternative_id": id(FLAT), "rationale": "leise"},
        "key_considerations": [{"id": id(71), "text": "Ruhe"}],
        "caveats": [{"id": id(72), "text": "Preis"}],
        "remaining_uncertainties": [{
            "id": id(73), "description": "Nebenkosten", "impact": "mittel", "resolution_path": "fragen"
        }]
    })
}

fn decision_quality() -> Value {
    let element = |name: &QualityElement| json!({"name": name, "score": 80 + name.as_str().len() % 7, "rationale": "gut", "improvement_path": "üben"});
    json!({
        "elements": QualityElement::ALL.iter().map(element).collect::<Vec<_>>(),
        "overall_score": QualityElement::ALL.iter().map(|name| 80 + name.as_str().len() % 7).min()
    })
}

fn notes_next_steps() -> Value {
    json!({
        "notes": [{"id": id(91), "text": "merken"}],
        "open_questions": [{"id": id(92), "text": "Garage?"}],
        "revisit_triggers": [{"id": id(93), "text": "Mieterhöhung"}],
        "planned_actions": [{
            "id": id(94), "action": "unterschreiben", "owner": "Žofie", "due_date": "2030-01-31",
            "status": "in_progress"
        }],
        "decision_affirmation": "Wir stehen dazu.",
        "further_analysis_paths": [{"id": id(95), "text": "Sensitivität"}]
    })
}
