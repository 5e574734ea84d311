//! What completing a component requires.

use serde_json::{Value, json};

use super::samples::*;
use super::{lines, strict_errors};
use crate::outputs::{
    ComponentType, FieldErrorCode, Output, References, Removals, readiness, remove_references, summary,
    validate_strict,
};

fn changed(component: ComponentType, change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut output = sample(component);
    change(&mut output);
    strict_errors(component, &output)
}

#[test]
fn a_complete_output_passes_loads_and_prints_back_unchanged() {
    for &component in ComponentType::ALL {
        let sample = sample(component);
        let output = validate_strict(component, &sample, &references());
        let output = output.unwrap_or_else(|errors| panic!("{component}: {:?}", lines(&errors)));
        assert_eq!(output.to_value(), sample, "{component}");
        assert_eq!(Output::load(component, &output.to_value()).unwrap(), output);
        assert_eq!(readiness(component, &sample, &references()), Ok(()));
    }
}

#[test]
fn nothing_is_complete_without_what_it_needs() {
    let missing = |component| strict_errors(component, &json!({}));
    assert_eq!(
        missing(ComponentType::IssueRaising),
        [
            "/potential_decisions missing_required",
            "/objectives missing_required",
            "/uncertainties missing_required"
        ]
    );
    assert_eq!(
        missing(ComponentType::ProblemFrame),
        [
            "/decision_maker missing_required",
            "/focal_decision missing_required"
        ]
    );
    assert_eq!(
        missing(ComponentType::Objectives),
        ["/fundamental_objectives missing_required"]
    );
    assert_eq!(
        missing(ComponentType::Alternatives),
        [
            "/alternatives missing_required",
            "/status_quo_id missing_required",
            "/alternatives missing_required"
        ]
    );
    assert_eq!(missing(ComponentType::Consequences), ["/table missing_required"]);
    assert_eq!(missing(ComponentType::Tradeoffs), [""; 0]);
    assert_eq!(
        missing(ComponentType::Recommendation),
        ["/synthesis missing_required"]
    );
    assert_eq!(missing(ComponentType::DecisionQuality).len(), 8);
    assert_eq!(missing(ComponentType::NotesNextSteps), [""; 0]);
}

#[test]
fn an_empty_output_as_it_is_stored_is_not_complete_either() {
    for &component in ComponentType::ALL {
        let is_free = matches!(
            component,
            ComponentType::Tradeoffs | ComponentType::NotesNextSteps
        );
        let errors = strict_errors(component, &Output::empty(component).to_value());
        assert_eq!(errors.is_empty(), is_free, "{component}: {errors:?}");
    }
}

#[test]
fn the_focal_decision_is_one_of_the_list() {
    let errors = changed(ComponentType::IssueRaising, |output| {
        output["focal_decision_id"] = json!(id(99))
    });
    assert_eq!(errors, ["/focal_decision_id unknown_reference"]);
    let errors = changed(ComponentType::IssueRaising, |output| {
        output["potential_decisions"] = json!([])
    });
    assert_eq!(
        errors,
        [
            "/potential_decisions too_short",
            "/focal_decision_id unknown_reference"
        ]
    );
}

#[test]
fn statements_have_their_length_after_trimming() {
    let errors = changed(ComponentType::ProblemFrame, |output| {
        output["focal_decision"]["statement"] = json!("  123456789   ");
        output["decision_maker"]["name"] = json!(" ");
    });
    assert_eq!(
        errors,
        [
            "/decision_maker/name too_short",
            "/focal_decision/statement too_short"
        ]
    );
    let errors = changed(ComponentType::Recommendation, |output| {
        output["synthesis"] = json!("ž".repeat(49))
    });
    assert_eq!(errors, ["/synthesis too_short"]);
    let errors = changed(ComponentType::Recommendation, |output| {
        output["synthesis"] = json!("ž".repeat(50))
    });
    assert_eq!(errors, [""; 0]);
}

#[test]
fn a_target_belongs_to_the_direction_target() {
    let errors = changed(ComponentType::Objectives, |output| {
        output["fundamental_objectives"][0]["performance_measure"]["target"] = json!(5);
        output["fundamental_objectives"][1]["performance_measure"]
            .as_object_mut()
            .unwrap()
            .remove("target");
        output["fundamental_objectives"][0]["affected_party_id"] = json!(id(99));
        output["means_objectives"][0]["supports"] = json!([id(98)]);
    });
    let expected = [
        "/means_objectives/0/supports/0 unknown_reference",
        "/fundamental_objectives/0/affected_party_id unknown_reference",
        "/fundamental_objectives/0/performance_measure/target inconsistent",
        "/fundamental_objectives/1/performance_measure/target missing_required",
    ];
    assert_eq!(errors, expected);
}

#[test]
fn one_alternative_is_too_few_and_the_status_quo_must_be_the_flagged_one() {
    let errors = changed(ComponentType::Alternatives, |output| {
        output["alternatives"].as_array_mut().unwrap().truncate(1);
        output["strategy_table"]["strategies"] = json!([]);
    });
    assert_eq!(errors, ["/alternatives too_short"]);
    let errors = changed(ComponentType::Alternatives, |output| {
        output["status_quo_id"] = json!(id(FLAT))
    });
    assert_eq!(errors, ["/status_quo_id inconsistent"]);
    let errors = changed(ComponentType::Alternatives, |output| {
        output["alternatives"][0]["is_status_quo"] = json!(false);
    });
    assert_eq!(errors, ["/alternatives missing_required"]);
}

#[test]
fn every_selection_is_an_option_of_its_column() {
    let errors = changed(ComponentType::Alternatives, |output| {
        let strategy = &mut output["strategy_table"]["strategies"][0];
        strategy["selections"] = json!({id(44).to_string(): "Meer", id(45).to_string(): "Land"});
    });
    let place = "/strategy_table/strategies/0/selections";
    let expected = [44, 45].map(|column| format!("{place}/{} unknown_reference", id(column)));
    assert_eq!(errors, expected);
}

#[test]
fn every_alternative_is_rated_on_every_objective_of_the_cycle() {
    let errors = changed(ComponentType::Consequences, |output| {
        let cells = output["table"]["cells"].as_object_mut().unwrap();
        cells.remove(&cell_key(HOUSE, QUIET));
        cells[&cell_key(FLAT, QUIET)]
            .as_object_mut()
            .unwrap()
            .remove("rating");
        let strange = json!({"alternative_id": id(99), "objective_id": id(COST), "rating": 0});
        cells.insert(cell_key(99, COST), strange);
    });
    let expected = [
        format!("/table/cells/{}/rating missing_required", cell_key(FLAT, QUIET)),
        format!("/table/cells/{} unknown_reference", cell_key(99, COST)),
        format!("/table/cells/{} missing_required", cell_key(HOUSE, QUIET)),
    ];
    assert_eq!(errors, expected);
    let errors = changed(ComponentType::Consequences, |output| {
        output["table"]["alternative_ids"] = json!([id(STATUS_QUO), id(FLAT), id(99)]);
        output["table"]["objective_ids"] = json!([id(COST)]);
    });
    let expected = [
        "/table/alternative_ids/2 unknown_reference",
        "/table/alternative_ids missing_required",
        "/table/objective_ids missing_required",
    ];
    assert_eq!(errors, expected);
}

#[test]
fn the_status_quo_column_is_zero() {
    let errors = changed(ComponentType::Consequences, |output| {
        output["table"]["cells"][cell_key(STATUS_QUO, QUIET)]["rating"] = json!(-1);
    });
    assert_eq!(
        errors,
        [format!(
            "/table/cells/{}/rating status_quo_not_zero",
            cell_key(STATUS_QUO, QUIET)
        )]
    );
}

#[test]
fn a_table_without_a_status_quo_is_refused_until_there_is_one() {
    let errors = changed(ComponentType::Alternatives, |output| {
        output.as_object_mut().unwrap().remove("status_quo_id");
        output["alternatives"][0]["is_status_quo"] = json!(false);
    });
    assert_eq!(
        errors,
        [
            "/status_quo_id missing_required",
            "/alternatives missing_required"
        ]
    );
}

#[test]
fn tradeoffs_and_standout_name_what_exists() {
    let errors = changed(ComponentType::Tradeoffs, |output| {
        output["dominated_alternatives"][0]["dominated_by"] = json!([id(98), id(HOUSE)]);
        output["irrelevant_objectives"][0]["objective_id"] = json!(id(97));
        output["tensions"][0]["gains"] = json!([id(96)]);
    });
    let expected = [
        "/dominated_alternatives/0/dominated_by inconsistent",
        "/dominated_alternatives/0/dominated_by/0 unknown_reference",
        "/irrelevant_objectives/0/objective_id unknown_reference",
        "/tensions/0/gains/0 unknown_reference",
    ];
    assert_eq!(errors, expected);
    let errors = changed(ComponentType::Recommendation, |output| {
        output["standout_option"]["alternative_id"] = json!(id(99));
    });
    assert_eq!(errors, ["/standout_option/alternative_id unknown_reference"]);
}

#[test]
fn that_nothing_stands_out_is_an_answer() {
    let mut output = sample(ComponentType::Recommendation);
    output["standout_option"] = Value::Null;
    let loaded = validate_strict(ComponentType::Recommendation, &output, &references()).unwrap();
    assert_eq!(loaded.to_value(), output);
    let Output::Recommendation(recommendation) = loaded else {
        panic!("another component")
    };
    assert_eq!(recommendation.standout_option, Some(None));
    assert_eq!(recommendation.standout(), None);
}

#[test]
fn quality_has_exactly_the_seven_elements() {
    let errors = changed(ComponentType::DecisionQuality, |output| {
        output["elements"].as_array_mut().unwrap().remove(3);
        output.as_object_mut().unwrap().remove("overall_score");
    });
    assert_eq!(errors, ["/elements too_short", "/elements missing_required"]);
    let mut output = sample(ComponentType::DecisionQuality);
    output["elements"][0]["name"] = json!("luck");
    let errors =
        validate_strict(ComponentType::DecisionQuality, &output, &References::default()).unwrap_err();
    assert_eq!(errors[0].pointer, "/elements/0/name");
    assert_eq!(errors[0].code, FieldErrorCode::BadFormat);
}

#[test]
fn removing_an_alternative_takes_its_references_along() {
    let before = outputs();
    let mut shorter = sample(ComponentType::Alternatives);
    shorter["alternatives"].as_array_mut().unwrap().remove(1);
    let shorter = Output::load(ComponentType::Alternatives, &shorter).unwrap();
    let removals = Removals::between(before.get(ComponentType::Alternatives), &shorter);
    assert_eq!(removals.alternatives, [id(FLAT)].into());
    let touched = remove_references(&before, &removals);
    let types: Vec<_> = touched.iter().map(Output::component_type).collect();
    let expected = [
        ComponentType::Consequences,
        ComponentType::Tradeoffs,
        ComponentType::Recommendation,
    ];
    assert_eq!(types, expected);
    let [consequences, tradeoffs, recommendation] = [0, 1, 2].map(|index| touched[index].to_value());
    assert_eq!(
        consequences["table"]["alternative_ids"],
        json!([id(STATUS_QUO), id(HOUSE)])
    );
    assert_eq!(consequences["table"]["cells"].as_object().unwrap().len(), 4);
    assert_eq!(
        tradeoffs["dominated_alternatives"],
        json!([]),
        "its only dominator is gone"
    );
    assert_eq!(tradeoffs["tensions"], json!([]));
    assert_eq!(recommendation.get("standout_option"), None);
}

#[test]
fn removing_an_objective_takes_its_references_along() {
    let removals = Removals {
        objectives: [id(QUIET)].into(),
        ..Removals::default()
    };
    let touched = remove_references(&outputs(), &removals);
    let types: Vec<_> = touched.iter().map(Output::component_type).collect();
    let expected = [
        ComponentType::Objectives,
        ComponentType::Consequences,
        ComponentType::Tradeoffs,
    ];
    assert_eq!(types, expected);
    let tradeoffs = touched[2].to_value();
    assert_eq!(tradeoffs["irrelevant_objectives"], json!([]));
    assert_eq!(
        (
            &tradeoffs["tensions"][0]["gains"],
            &tradeoffs["tensions"][0]["losses"]
        ),
        (&json!([]), &json!([id(COST)]))
    );
    assert!(remove_references(&outputs(), &Removals::default()).is_empty());
}

#[test]
fn a_summary_counts_and_quotes_nothing() {
    let summaries: Vec<String> = outputs().iter().map(summary).collect();
    let expected = [
        "2 decisions, 1 objective, 1 uncertainty, 1 consideration",
        "1 decision maker, 1 focal decision, 1 constraint, 1 party, 1 linked decision",
        "2 objectives, 1 means",
        "3 alternatives, 1 strategy",
        "6 of 6 cells rated, 1 uncertainty",
        "1 dominated alternative, 1 irrelevant objective, 1 tension",
        "1 synthesis, 1 standout, 1 consideration, 1 caveat, 1 uncertainty",
        "7 of 7 elements rated",
        "1 note, 1 open question, 1 action, 1 revisit trigger, 1 analysis path",
    ];
    assert_eq!(summaries, expected);
    assert!(summaries.iter().all(|summary| summary.chars().count() <= 200));
}
