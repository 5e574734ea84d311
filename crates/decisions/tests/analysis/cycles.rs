//! The analysis of whole cycles: the JSON of the route, the order of results, and the largest table.

use althing_decisions::analysis::{Table, analyse, sensitivity};
use althing_decisions::outputs::{
    ComponentType, FieldErrorCode, Output, Outputs, References, text::letter, validate_strict,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::tables::{alternative_id, objective_id};

/// The three outputs of a table; the first column is the status quo.
fn cycle(ratings: &[Vec<i8>]) -> Vec<(ComponentType, Value)> {
    let (width, height) = (ratings[0].len(), ratings.len());
    let alternatives: Vec<Value> = (0..width)
        .map(|place| json!({"id": alternative_id(place), "name": letter(place), "is_status_quo": place == 0}))
        .collect();
    let objectives: Vec<Value> = (0..height)
        .map(|place| json!({"id": objective_id(place), "name": format!("O{}", place + 1)}))
        .collect();
    let mut cells = Map::new();
    for (o, row) in ratings.iter().enumerate() {
        for (a, rating) in row.iter().enumerate() {
            let (alternative, objective) = (alternative_id(a), objective_id(o));
            let cell = json!({"alternative_id": alternative, "objective_id": objective, "rating": rating});
            cells.insert(format!("{alternative}:{objective}"), cell);
        }
    }
    let table = json!({
        "alternative_ids": (0..width).map(alternative_id).collect::<Vec<_>>(),
        "objective_ids": (0..height).map(objective_id).collect::<Vec<_>>(),
        "cells": cells
    });
    vec![
        (
            ComponentType::Objectives,
            json!({"fundamental_objectives": objectives}),
        ),
        (
            ComponentType::Alternatives,
            json!({"alternatives": alternatives, "status_quo_id": alternative_id(0)}),
        ),
        (ComponentType::Consequences, json!({"table": table})),
    ]
}

fn load(outputs: &[(ComponentType, Value)]) -> Outputs {
    outputs
        .iter()
        .map(|(component, value)| Output::load(*component, value).unwrap())
        .collect()
}

#[test]
fn the_json_is_what_the_route_promises() {
    let mut outputs = cycle(&[vec![0, 1], vec![0, 0]]);
    let (sq, a, o1, o2) = (
        alternative_id(0),
        alternative_id(1),
        objective_id(0),
        objective_id(1),
    );
    outputs[0].1["fundamental_objectives"][0]["weight"] = json!(0.4);
    outputs[0].1["fundamental_objectives"][1]["weight"] = json!(0.6);
    outputs[0].1["fundamental_objectives"][0]["performance_measure"] =
        json!({"metric": "m", "direction": "minimize", "tolerance": 1});
    outputs[2].1["table"]["cells"][format!("{sq}:{o1}")]["quantity"] = json!({"value": "2.50", "unit": "h"});
    outputs[2].1["table"]["cells"][format!("{a}:{o1}")]["quantity"] = json!({"value": "2", "unit": "h"});
    outputs.push((
        ComponentType::DecisionQuality,
        json!({"elements": [
            {"name": "clear_objectives", "score": 50, "improvement_path": "ask"}
        ]}),
    ));
    let element = |name: &str| json!({"name": name, "score": null, "priority": null});
    let analysis = serde_json::to_value(analyse(&load(&outputs))).unwrap();
    let expected = json!({
        "alternatives": [
            {"id": sq, "name": "A", "letter": "A", "is_status_quo": true},
            {"id": a, "name": "B", "letter": "B", "is_status_quo": false}
        ],
        "objectives": [{"id": o1, "name": "O1"}, {"id": o2, "name": "O2"}],
        "pugh": {
            "complete": true, "missing": [], "baseline": sq,
            "scores": [
                {"alternative_id": sq, "score": 0, "plus": 0, "zero": 2, "minus": 0, "rank": 2, "weighted_total": "0.0"},
                {"alternative_id": a, "score": 1, "plus": 1, "zero": 1, "minus": 0, "rank": 1, "weighted_total": "0.4"}
            ],
            "leaders": [a], "tied": false, "best_alternative": a, "gap": 1, "relevant_objectives": 1,
            "margin_percent": 50, "verdict": "clear_winner", "clear_winner": a,
            "flip": {"steps": 1, "rivals": [sq], "single_cell": true, "cells": [
                {"alternative_id": a, "objective_id": o1, "from": 1, "to": 0, "leaders_after": [sq, a]},
                {"alternative_id": a, "objective_id": o2, "from": 0, "to": -1, "leaders_after": [sq, a]}
            ]}
        },
        "dominance": {
            "dominated": [{
                "alternative_id": sq, "dominators": [a], "dominated_by": a, "strictly_worse_on": [o1],
                "explanation": "Worse than B on O1, and better on none."
            }],
            "viable": [a]
        },
        "irrelevant": {"irrelevant": [{"objective_id": o2, "rating": 0}], "no_longer_distinguishing": []},
        "tensions": {
            "entries": [{"alternative_id": a, "gains": [], "losses": [], "net_score": 1}], "count": 1,
            "sole_viable": a, "most_balanced": [a], "most_polarizing": [a]
        },
        "decision_quality": {
            "overall": null, "lowest_so_far": 50, "weakest": "clear_objectives", "acceptable": false, "rated": 1,
            "elements": [
                element("helpful_problem_frame"),
                {"name": "clear_objectives", "score": 50, "priority": "high"},
                element("creative_alternatives"),
                element("reliable_consequence_information"),
                element("logically_correct_reasoning"),
                element("clear_tradeoffs"),
                element("commitment_to_follow_through")
            ],
            "suggestions": [
                {"element": "clear_objectives", "score": 50, "priority": "high", "improvement_path": "ask"}
            ],
            "affirmation_offered": false
        },
        "quantities": {
            "ranks": [{"objective_id": o1, "ranks": [
                {"alternative_id": sq, "rank": 2}, {"alternative_id": a, "rank": 1}
            ]}],
            "strict": [{"a": a, "b": sq}], "practical": [], "uniform": [],
            "excluded": [{"objective_id": o2, "reason": "missing_value", "pairs": [
                {"alternative_id": sq, "objective_id": o2}, {"alternative_id": a, "objective_id": o2}
            ]}],
            "complete": false
        }
    });
    assert_eq!(analysis, expected);
    let one = sensitivity(&Table::of(&load(&outputs)), a, o1).unwrap();
    let first =
        json!({"value": -2, "change": -3, "leaders": [sq], "leaders_change": true, "still_leads": false});
    let one = serde_json::to_value(one).unwrap();
    assert_eq!((&one["rating"], &one["entries"][0]), (&json!(1), &first));
}

#[test]
fn an_empty_cycle_has_an_analysis() {
    let analysis = serde_json::to_value(analyse(&Outputs::default())).unwrap();
    assert_eq!(analysis["pugh"]["verdict"], "incomplete");
    assert_eq!(analysis["pugh"]["leaders"], json!([]));
    assert_eq!(analysis["decision_quality"], Value::Null);
    assert_eq!(analysis["quantities"], Value::Null);
}

#[test]
fn results_follow_the_table_and_new_alternatives_come_last() {
    let mut outputs = cycle(&[vec![0, 1, 2]]);
    outputs[2].1["table"]["alternative_ids"] =
        json!([alternative_id(2), alternative_id(0), Uuid::from_u128(7)]);
    let analysis = analyse(&load(&outputs));
    let headings: Vec<_> = analysis
        .alternatives
        .iter()
        .map(|one| (one.id, one.letter.as_str()))
        .collect();
    assert_eq!(
        headings,
        [
            (alternative_id(2), "C"),
            (alternative_id(0), "A"),
            (alternative_id(1), "B")
        ]
    );
    let scores: Vec<_> = analysis.pugh.scores.iter().map(|score| score.score).collect();
    assert_eq!(scores, [2, 0, 1]);
}

#[test]
fn h4_the_largest_table_is_accepted_and_analysed() {
    let rating = |a: usize, o: usize| {
        if a == 0 {
            0
        } else {
            ((a * 7 + o * 3) % 5) as i8 - 2
        }
    };
    let ratings: Vec<Vec<i8>> = (0..50).map(|o| (0..50).map(|a| rating(a, o)).collect()).collect();
    let outputs = cycle(&ratings);
    let loaded = load(&outputs);
    let references = References::of(&loaded);
    for (component, value) in &outputs {
        let with_lists = Output::load(*component, value).unwrap().to_value();
        assert!(
            validate_strict(*component, &with_lists, &references).is_ok(),
            "{component}"
        );
    }
    let analysis = analyse(&loaded);
    assert_eq!(analysis.pugh.scores.len(), 50);
    assert!(
        analysis.pugh.scores.iter().all(|score| score.score == 0),
        "every fifth row repeats"
    );
    assert_eq!(analysis.pugh.verdict.as_str(), "no_clear_winner");
    assert_eq!(analysis.pugh.relevant_objectives, 50);
    let flip = analysis.pugh.flip.unwrap();
    // One step from any rating but the status quo's: two ways inside the scale, one at its ends.
    let ways = |rating: &i8| if rating.abs() == 2 { 1 } else { 2 };
    let expected: usize = ratings.iter().flat_map(|row| row.iter().skip(1)).map(ways).sum();
    assert_eq!(
        (flip.steps, flip.rivals.len(), flip.cells.len()),
        (1, 50, expected)
    );
}

#[test]
fn a8_is_rejected_until_a_status_quo_is_added() {
    let mut outputs = cycle(&[vec![1, -1, -2], vec![-2, 2, 1]]);
    outputs[1].1["alternatives"][0]["is_status_quo"] = json!(false);
    outputs[1].1.as_object_mut().unwrap().remove("status_quo_id");
    let (component, value) = &outputs[1];
    let errors = validate_strict(*component, value, &References::default()).unwrap_err();
    let places: Vec<_> = errors
        .iter()
        .map(|error| (error.pointer.as_str(), error.code))
        .collect();
    let missing = FieldErrorCode::MissingRequired;
    assert_eq!(places, [("/status_quo_id", missing), ("/alternatives", missing)]);
}
