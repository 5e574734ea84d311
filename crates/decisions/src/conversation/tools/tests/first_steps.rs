//! What the tools of the first four components do when they work.

use serde_json::json;

use super::desk::Desk;
use crate::outputs::ComponentType as Type;

#[test]
fn issue_raising_counts_what_is_added() {
    let mut desk = Desk::empty();
    let decision = desk.success(
        "add_potential_decision",
        json!({ "description": " Wohin ziehen? " }),
    );
    assert_eq!(decision["count"], 1);
    assert_eq!(
        desk.success(
            "add_potential_decision",
            json!({ "description": "Auto verkaufen?" })
        )["count"],
        2
    );
    assert_eq!(
        desk.success("add_objective_idea", json!({ "description": "静けさ" }))["count"],
        1
    );
    assert_eq!(
        desk.success("add_consideration", json!({ "description": "Kinder" }))["count"],
        1
    );
    let uncertainty = desk.success(
        "add_uncertainty",
        json!({ "description": "Miete?", "resolvable": true }),
    );
    assert_eq!(
        (
            desk.working.uncertainties[0].id.to_string(),
            desk.working.uncertainties[0].resolvable
        ),
        (uncertainty["id"].as_str().unwrap().to_owned(), true)
    );
    let focal = desk.success("set_focal_decision", json!({ "decision_id": decision["id"] }));
    let stored = desk.output(Type::IssueRaising);
    assert_eq!(
        (&stored["focal_decision_id"], &focal["focal_decision_id"]),
        (&decision["id"], &decision["id"])
    );
    assert_eq!(stored["potential_decisions"][0]["description"], "Wohin ziehen?");
}

#[test]
fn the_problem_is_framed() {
    let mut desk = Desk::empty();
    desk.success("set_decision_maker", json!({ "name": "Hoa", "role": "Mutter" }));
    assert_eq!(
        desk.success(
            "set_focal_statement",
            json!({ "statement": "Wo wohnen wir ab 2030?" })
        )["characters"],
        22
    );
    assert_eq!(
        desk.success("set_scope", json!({ "in": ["Stadt", "Land"], "out": [] })),
        json!({ "in": 2, "out": 0 })
    );
    assert_eq!(
        desk.success(
            "add_constraint",
            json!({ "type": "financial", "description": "1.500 €" })
        )["total"],
        1
    );
    assert_eq!(
        desk.success(
            "add_party",
            json!({ "name": "山田", "role": "advisor", "concerns": ["家賃"] })
        )["total"],
        1
    );
    desk.success("set_deadline", json!({ "deadline": "2030-08-01", "hard": true }));
    desk.success(
        "add_hierarchy_decision",
        json!({ "description": "Region", "level": "already_made", "status": "bleiben" }),
    );
    assert_eq!(
        desk.success(
            "add_hierarchy_decision",
            json!({ "description": "Haus", "level": "deferred" })
        )["total"],
        2
    );
    let stored = desk.output(Type::ProblemFrame);
    assert_eq!(
        stored["focal_decision"]["scope"],
        json!({ "in": ["Stadt", "Land"], "out": [] })
    );
    assert_eq!(
        stored["focal_decision"]["deadline"],
        json!({ "date": "2030-08-01", "hard": true })
    );
    assert_eq!(
        stored["decision_hierarchy"]["already_made"][0]["outcome"],
        "bleiben"
    );
    assert_eq!(stored["decision_maker"]["role"], "Mutter");
}

#[test]
fn objectives_are_added_linked_measured_promoted_and_removed() {
    let mut desk = Desk::empty();
    let quiet = desk.success("add_objective", json!({ "name": "Ruhe", "measure": "dB", "direction": "target", "target": "35.5", "is_fundamental": true }));
    assert_eq!(
        (&quiet["kind"], &quiet["totals"]),
        (&json!("fundamental"), &json!({ "fundamental": 1, "means": 0 }))
    );
    let means = desk.success(
        "add_objective",
        json!({ "name": "Dreifachglas", "is_fundamental": false }),
    );
    assert_eq!(means["totals"], json!({ "fundamental": 1, "means": 1 }));
    let linked = desk.success(
        "link_means_to_fundamental",
        json!({ "means_id": means["id"], "fundamental_id": "RUHE" }),
    );
    assert_eq!(
        (&linked["fundamental_id"], &linked["supports"]),
        (&quiet["id"], &json!(1))
    );
    assert_eq!(
        desk.success(
            "update_objective_measure",
            json!({ "id": quiet["id"], "measure": "Lärm" })
        )["direction"],
        "target"
    );
    let measure = |desk: &Desk| {
        desk.output(Type::Objectives)["fundamental_objectives"][0]["performance_measure"].clone()
    };
    assert_eq!(
        measure(&desk),
        json!({ "metric": "Lärm", "direction": "target", "target": "35.5" })
    );
    desk.success(
        "update_objective_measure",
        json!({ "id": "1", "measure": "Lärm", "direction": "minimize" }),
    );
    assert_eq!(
        measure(&desk),
        json!({ "metric": "Lärm", "direction": "minimize" })
    );
    let promoted = desk.success(
        "promote_to_fundamental",
        json!({ "id": means["id"], "reason": "zählt selbst" }),
    );
    assert_eq!(
        (&promoted["id"], &promoted["totals"]),
        (&means["id"], &json!({ "fundamental": 2, "means": 0 }))
    );
    let removed = desk.success(
        "remove_objective",
        json!({ "id": means["id"], "reason": "doch nicht" }),
    );
    assert_eq!(removed["totals"], json!({ "fundamental": 1, "means": 0 }));
}

#[test]
fn alternatives_have_letters_and_strategies() {
    let mut desk = Desk::empty();
    let first = desk.success(
        "add_alternative",
        json!({ "name": "Bleiben", "is_status_quo": true }),
    );
    assert_eq!(
        (&first["letter"], &first["total"], &first["has_status_quo"]),
        (&json!("A"), &json!(1), &json!(true))
    );
    let second = desk.success("add_alternative", json!({ "name": "Köln", "description": "nah" }));
    assert_eq!((&second["letter"], &second["total"]), (&json!("B"), &json!(2)));
    assert_eq!(
        desk.success(
            "update_alternative",
            json!({ "id": "köln", "description": "am Büro" })
        )["letter"],
        "B"
    );
    let dimension = desk.success(
        "add_strategy_dimension",
        json!({ "name": "Fahrt", "options": ["Bahn", "Rad"] }),
    );
    assert_eq!(
        (&dimension["total"], &dimension["options"]),
        (&json!(1), &json!(2))
    );
    desk.success(
        "set_alternative_strategy",
        json!({ "alt": "B", "dim": "fahrt", "option": "Rad" }),
    );
    let chosen = desk.success(
        "set_alternative_strategy",
        json!({ "alt": "B", "dim": dimension["id"], "option": "Bahn" }),
    );
    assert_eq!(chosen["selections"], 1);
    let stored = desk.output(Type::Alternatives);
    assert_eq!(
        stored["strategy_table"]["strategies"][0]["selections"],
        json!({ dimension["id"].as_str().unwrap(): "Bahn" })
    );
    assert_eq!(stored["alternatives"][1]["description"], "am Büro");
    let left = desk.success("remove_alternative", json!({ "id": "A", "reason": "geht nicht" }));
    assert_eq!(
        (&left["total"], &left["has_status_quo"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(
        desk.success(
            "remove_alternative",
            json!({ "id": second["id"], "reason": "auch nicht" })
        )["total"],
        0
    );
    assert_eq!(
        desk.output(Type::Alternatives)["strategy_table"]["strategies"],
        json!([])
    );
}
