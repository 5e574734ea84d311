//! A decision with something in every field.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ComponentFacts, CycleFacts, DocumentInput, Scope};
use crate::outputs::{ComponentStatus, ComponentType as Type, Output, Outputs, References, validate_strict};

pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_900_000_000, 0).unwrap()
}

pub fn facts(status: ComponentStatus) -> Vec<ComponentFacts> {
    let one = |component_type| ComponentFacts {
        component_type,
        status,
        version: 2,
        inherited: false,
        based_on_older_input: false,
    };
    Type::ALL.iter().copied().map(one).collect()
}

pub fn input<'a>(outputs: &'a Outputs, components: &'a [ComponentFacts]) -> DocumentInput<'a> {
    DocumentInput {
        title: "Wohin ziehen wir? 🏠",
        cycle: CycleFacts {
            status: "active",
            label: Some("erster Anlauf"),
            branch: None,
        },
        components,
        outputs,
        version: 42,
        last_changed_at: at(),
        last_changed_by: Some("Hoa Nguyễn"),
        scope: Scope::FULL,
    }
}

/// Ratings of the alternatives Bleiben, Köln, Dorf on Zeit, Ruhe, Kosten; the third is dominated.
pub fn cells(ratings: &[[Option<i8>; 3]; 3]) -> Value {
    let mut cells = serde_json::Map::new();
    for (o, row) in ratings.iter().enumerate() {
        for (a, rating) in row.iter().enumerate() {
            let (alternative, objective) = (id(40 + a as u128), id(30 + o as u128));
            if let Some(rating) = rating {
                let cell =
                    json!({ "alternative_id": alternative, "objective_id": objective, "rating": rating });
                cells.insert(format!("{alternative}:{objective}"), cell);
            }
        }
    }
    Value::Object(cells)
}

pub fn ratings() -> [[Option<i8>; 3]; 3] {
    [
        [Some(0), Some(2), Some(1)],
        [Some(0), Some(-1), Some(-1)],
        [Some(0), Some(1), Some(0)],
    ]
}

fn consequences() -> Value {
    let mut cells = cells(&ratings());
    let key = format!("{}:{}", id(41), id(30));
    cells[&key]["rationale"] = json!("näher | am Büro");
    cells[&key]["added_by"] = json!("ai");
    cells[&key]["uncertainty"] = json!({ "level": "high", "driver": "die Bahn" });
    for (alternative, value) in [(40, "900"), (41, "1100.50"), (42, "700")] {
        let key = format!("{}:{}", id(alternative), id(32));
        cells[&key]["quantity"] = json!({ "value": value, "unit": "€" });
    }
    json!({
        "table": { "alternative_ids": [id(40), id(41), id(42)], "objective_ids": [id(30), id(31), id(32)], "cells": cells },
        "uncertainties": [{ "id": id(50), "description": "Steigt die Miete?", "driver": "Markt", "resolvable": true, "would_change_decision": false }]
    })
}

fn frame() -> Value {
    json!({
        "decision_maker": { "name": "Hoa", "role": "Mutter" },
        "focal_decision": {
            "statement": "Wo wohnen wir ab 2030?",
            "scope": { "in": ["Stadt", "Umland"], "out": ["Ausland"] },
            "constraints": [{ "id": id(20), "type": "financial", "description": "höchstens 1.500 €" }],
            "trigger": "Der Vertrag endet", "deadline": { "date": "2030-08-01", "hard": true }
        },
        "decision_hierarchy": {
            "already_made": [{ "id": id(21), "statement": "In der Region bleiben", "outcome": "ja" }],
            "deferred": [{ "id": id(22), "statement": "Haus kaufen" }]
        },
        "parties": [{ "id": id(23), "name": "Großeltern", "role": "affected_party", "influence": "hoch", "concerns": ["Nähe", "Ruhe"], "added_by": "ai" }],
        "ultimate_aim": "Ein gutes Leben", "linked_decisions": [{ "id": id(24), "description": "Schule", "relationship": "depends_on" }],
        "ai_fields": ["/ultimate_aim"]
    })
}

fn objectives() -> Value {
    json!({
        "fundamental_objectives": [
            { "id": id(30), "name": "Zeit", "description": "mit den Kindern", "weight": 0.5, "performance_measure": { "metric": "Stunden", "direction": "maximize", "units": "h" } },
            { "id": id(31), "name": "Ruhe", "weight": 0.3, "affected_party_id": id(23), "performance_measure": { "metric": "Lärm", "direction": "target", "target": 35 } },
            { "id": id(32), "name": "Kosten", "weight": 0.2, "performance_measure": { "metric": "Miete", "direction": "minimize", "units": "€", "tolerance": 50 } }
        ],
        "means_objectives": [{ "id": id(33), "description": "Kurzer Weg", "supports": [id(30), id(32)] }]
    })
}

fn alternatives() -> Value {
    let one = |place: u128, name: &str, assumptions: &[&str]| json!({ "id": id(40 + place), "name": name, "description": format!("{name} eben"), "is_status_quo": place == 0, "assumptions": assumptions });
    json!({
        "alternatives": [one(0, "Bleiben", &["Miete bleibt"]), one(1, "Köln", &[]), one(2, "Dorf", &[])],
        "status_quo_id": id(40),
        "strategy_table": {
            "decision_columns": [{ "id": id(45), "name": "Fahrt", "options": ["Bahn", "Rad"] }],
            "strategies": [{ "alternative_id": id(41), "selections": { id(45).to_string(): "Rad" } }]
        }
    })
}

/// Every output, each of which passes strict validation.
pub fn outputs() -> Outputs {
    let values = [
        (
            Type::IssueRaising,
            json!({
                "potential_decisions": [{ "id": id(10), "description": "Wo wohnen?", "priority": "high", "notes": "bald" }], "focal_decision_id": id(10),
                "objectives": [{ "id": id(11), "description": "Zeit", "added_by": "ai" }],
                "uncertainties": [{ "id": id(12), "description": "Bahn?", "driver": "Streik" }], "considerations": [{ "id": id(13), "text": "Kinder" }]
            }),
        ),
        (Type::ProblemFrame, frame()),
        (Type::Objectives, objectives()),
        (Type::Alternatives, alternatives()),
        (Type::Consequences, consequences()),
        (
            Type::Tradeoffs,
            json!({
                "dominated_alternatives": [{ "alternative_id": id(42), "dominated_by": [id(41)], "explanation": "schlechter", "cleared": { "reason": "wegen Oma" } }],
                "irrelevant_objectives": [], "tensions": [{ "alternative_id": id(41), "gains": [id(30)], "losses": [id(31)], "net_score": 2, "uncertainty_impact": "die Bahn" }]
            }),
        ),
        (
            Type::Recommendation,
            json!({
                "synthesis": "Das Dorf gewinnt nicht nach Punkten, aber Oma wohnt dort, und das zählt.", "sensitivity_notes": "Eine Stufe genügt.",
                "standout_option": { "alternative_id": id(42), "rationale": "Oma" }, "key_considerations": [{ "id": id(60), "text": "Nähe" }],
                "caveats": [{ "id": id(61), "text": "Bus fährt selten" }],
                "remaining_uncertainties": [{ "id": id(62), "description": "Hort?", "impact": "groß", "resolution_path": "anrufen" }]
            }),
        ),
        (Type::DecisionQuality, quality(&[85, 90, 75, 70, 85, 80, 65])),
        (
            Type::NotesNextSteps,
            json!({
                "notes": [{ "id": id(70), "text": "am Küchentisch besprochen" }], "open_questions": [{ "id": id(71), "text": "Wer zahlt?" }],
                "revisit_triggers": [{ "id": id(72), "text": "Miete steigt" }], "decision_affirmation": "So machen wir es.",
                "planned_actions": [{ "id": id(73), "action": "anrufen", "owner": "Ben", "due_date": "2030-02-01", "status": "planned" }],
                "further_analysis_paths": [{ "id": id(74), "text": "Entscheidungsbaum" }]
            }),
        ),
    ];
    let mut outputs = Outputs::default();
    for (component, value) in values {
        let references = References::of(&outputs);
        outputs.insert(
            validate_strict(component, &value, &references)
                .unwrap_or_else(|errors| panic!("{component}: {errors:?}")),
        );
    }
    outputs
}

pub fn quality(scores: &[u8]) -> Value {
    let names = crate::outputs::QualityElement::NAMES;
    let elements: Vec<Value> = names.iter().zip(scores).map(|(name, score)| json!({ "name": name, "score": score, "rationale": "geschätzt", "improvement_path": "fragen" })).collect();
    json!({ "elements": elements })
}

/// The outputs with other ratings.
pub fn rated(ratings: &[[Option<i8>; 3]; 3]) -> Outputs {
    let mut all = outputs();
    let value = json!({ "table": { "alternative_ids": [id(40), id(41), id(42)], "objective_ids": [id(30), id(31), id(32)], "cells": cells(ratings) } });
    all.insert(Output::load(Type::Consequences, &value).unwrap());
    all
}
