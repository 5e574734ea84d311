//! What the tools of the later components do when they work: ratings, tradeoffs, recommendation, quality, next steps.

use serde_json::{Value, json};

use super::desk::Desk;
use crate::document::fixture::id;
use crate::outputs::ComponentType as Type;

#[test]
fn ratings_show_how_much_is_left() {
    let mut desk = Desk::unrated();
    let rated = desk.success(
        "rate_consequence",
        json!({ "alt": "B", "obj": "zeit", "rating": 2, "reasoning": "näher" }),
    );
    assert_eq!(
        rated,
        json!({ "updated": true, "completion": 0.44, "cells_left": 5 })
    );
    let batch = json!([
        { "alt": "C", "obj": "1", "rating": 1 }, { "alt": "A", "obj": "1", "rating": 1 },
        { "alt": "X", "obj": "1", "rating": 1 }, { "alt": "C", "obj": "2", "rating": 3 },
        { "alt": id(41), "obj": id(31), "rating": -1, "reasoning": "laut" }
    ]);
    let batch = desk.success("batch_rate_consequences", json!({ "ratings": batch }));
    let failed: Vec<&Value> = batch["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["index"])
        .collect();
    assert_eq!(
        (&batch["updated"], failed),
        (&json!(2), vec![&json!(1), &json!(2), &json!(3)])
    );
    assert_eq!(
        (&batch["completion"], &batch["cells_left"]),
        (&json!(0.66), &json!(3))
    );
    let uncertain = desk.success(
        "add_consequence_uncertainty",
        json!({ "alt": "B", "obj": "Zeit", "text": "die Bahn" }),
    );
    assert_eq!(uncertain["level"], "medium");
    assert_eq!(
        desk.success(
            "update_rating_reasoning",
            json!({ "alt": "B", "obj": "Zeit", "text": "viel näher" })
        )["rating"],
        2
    );
    let cell = &desk.output(Type::Consequences)["table"]["cells"][format!("{}:{}", id(41), id(30))];
    assert_eq!(
        cell,
        &json!({ "alternative_id": id(41), "objective_id": id(30), "rating": 2, "rationale": "viel näher",
                 "uncertainty": { "level": "medium", "driver": "die Bahn" } })
    );
}

#[test]
fn tradeoffs_say_whether_they_agree_with_the_ratings() {
    let mut desk = Desk::full();
    desk.outputs.remove(Type::Tradeoffs);
    let marked = desk.success(
        "mark_dominated",
        json!({ "alt": "Dorf", "by": "Köln", "reason": "überall schlechter" }),
    );
    assert_eq!(
        (&marked["remaining"], &marked["agrees_with_ratings"]),
        (&json!(2), &json!(true))
    );
    let wrong = desk.success("mark_dominated", json!({ "alt": "C", "by": "A", "reason": "?" }));
    assert_eq!(
        (&wrong["remaining"], &wrong["agrees_with_ratings"]),
        (&json!(2), &json!(false))
    );
    assert_eq!(
        desk.success("clear_dominated", json!({ "alt": "C", "reason": "wegen Oma" }))["remaining"],
        3
    );
    let objective = desk.success(
        "mark_irrelevant_objective",
        json!({ "obj": "Kosten", "reason": "kaum Unterschied" }),
    );
    assert_eq!(
        (&objective["remaining"], &objective["agrees_with_ratings"]),
        (&json!(2), &json!(false))
    );
    let tension = desk.success(
        "add_tension",
        json!({ "alt": "B", "excels_at": ["Zeit", "1"], "sacrifices": ["Ruhe"] }),
    );
    assert_eq!((&tension["total"], &tension["net_score"]), (&json!(1), &json!(2)));
    desk.success(
        "add_tension",
        json!({ "alt": "B", "excels_at": [], "sacrifices": ["Ruhe"] }),
    );
    let stored = desk.output(Type::Tradeoffs);
    assert_eq!(
        stored["tensions"],
        json!([{ "alternative_id": id(41), "gains": [], "losses": [id(31)], "net_score": 2 }])
    );
    assert_eq!(
        stored["dominated_alternatives"][0]["dominated_by"],
        json!([id(41), id(40)])
    );
}

#[test]
fn a_dominated_standout_is_contradicted() {
    let mut desk = Desk::full();
    desk.outputs.remove(Type::Recommendation);
    let synthesis = desk.success("set_synthesis", json!({ "text": "kurz" }));
    assert_eq!(synthesis, json!({ "characters": 4, "sufficient": false }));
    let standout = desk.success("set_standout", json!({ "alt": "C", "rationale": "Oma" }));
    assert_eq!(standout["is_dominated"], true);
    assert!(
        standout["contradiction"]
            .as_str()
            .unwrap()
            .starts_with("Contradiction: C. Dorf stands out, yet B. Köln dominates it.")
    );
    assert_eq!(
        desk.success("set_standout", json!({ "alt": null }))["alternative_id"],
        Value::Null
    );
    assert_eq!(desk.outputs.recommendation().unwrap().standout_option, Some(None));
    assert_eq!(
        desk.success("add_key_consideration", json!({ "text": "Nähe" }))["count"],
        1
    );
    let uncertainty = desk.success(
        "add_remaining_uncertainty",
        json!({ "text": "Hort?", "resolution_path": "anrufen" }),
    );
    assert_eq!(uncertainty["count"], 1);
    assert_eq!(
        desk.output(Type::Recommendation)["remaining_uncertainties"][0]["resolution_path"],
        "anrufen"
    );
}

#[test]
fn quality_is_the_lowest_score_once_all_are_rated() {
    let mut desk = Desk::full();
    desk.outputs.remove(Type::DecisionQuality);
    let first = desk.success(
        "rate_dq_element",
        json!({ "element": "clear_objectives", "score": 72, "rationale": "gut" }),
    );
    assert_eq!(
        (
            &first["overall"],
            &first["lowest_so_far"],
            &first["rated"],
            &first["left"]
        ),
        (&Value::Null, &json!(72), &json!(1), &json!(6))
    );
    desk.success(
        "add_quality_improvement",
        json!({ "element": "clear_objectives", "action": "fragen", "impact": "mehr Klarheit" }),
    );
    let path = desk.success(
        "add_quality_improvement",
        json!({ "element": "clear_objectives", "action": "schlafen" }),
    );
    assert_eq!(path["improvement_path"], "fragen – mehr Klarheit\nschlafen");
    for name in crate::outputs::QualityElement::NAMES {
        desk.success(
            "rate_dq_element",
            json!({ "element": name, "score": if *name == "clear_tradeoffs" { 40 } else { 90 } }),
        );
    }
    let all = desk.success("calculate_overall_dq", Value::Null);
    assert_eq!(
        all,
        json!({ "overall": 40, "lowest_so_far": null, "weakest": "clear_tradeoffs", "rated": 7, "left": 0, "acceptable": false })
    );
    let stored = desk.output(Type::DecisionQuality);
    assert_eq!(
        (&stored["overall_score"], &stored["elements"][0]["rationale"]),
        (&json!(40), &json!("gut"))
    );
}

#[test]
fn next_steps_are_noted() {
    let mut desk = Desk::empty();
    assert_eq!(
        desk.success(
            "add_planned_action",
            json!({ "action": "anrufen", "owner": "Ben", "due_date": "2030-02-01" })
        )["count"],
        1
    );
    assert_eq!(
        desk.success("add_open_question", json!({ "text": "Wer zahlt?" }))["count"],
        1
    );
    assert_eq!(
        desk.success("add_revisit_trigger", json!({ "text": "Miete steigt" }))["count"],
        1
    );
    assert_eq!(
        desk.success("set_affirmation", json!({ "text": "Ja." })),
        json!({ "affirmed": true, "offered": false, "overall": null })
    );
    assert_eq!(
        desk.success(
            "add_note",
            json!({ "text": "am Tisch", "component": "tradeoffs" })
        )["count"],
        1
    );
    let stored = desk.output(Type::NotesNextSteps);
    assert_eq!(stored["notes"][0]["text"], "Tradeoffs: am Tisch");
    assert_eq!(
        (
            &stored["planned_actions"][0]["owner"],
            &stored["planned_actions"][0]["status"]
        ),
        (&json!("Ben"), &json!("planned"))
    );
}
