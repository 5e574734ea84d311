//! The list of tools and what a model is offered.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::{ToolScope, all, offered_to_model};
use crate::outputs::ComponentType;

#[test]
fn the_tools_are_those_of_the_specification() {
    let names: Vec<&str> = all().map(|tool| tool.name).collect();
    let expected = "add_potential_decision add_objective_idea add_uncertainty add_consideration set_focal_decision \
        set_decision_maker set_focal_statement set_scope add_constraint add_party set_deadline add_hierarchy_decision \
        add_objective link_means_to_fundamental update_objective_measure remove_objective promote_to_fundamental \
        add_alternative update_alternative remove_alternative add_strategy_dimension set_alternative_strategy \
        rate_consequence batch_rate_consequences add_consequence_uncertainty update_rating_reasoning \
        mark_dominated mark_irrelevant_objective add_tension clear_dominated \
        set_synthesis set_standout add_key_consideration add_remaining_uncertainty \
        rate_dq_element add_quality_improvement calculate_overall_dq \
        add_planned_action add_open_question set_affirmation add_revisit_trigger \
        flag_uncertainty resolve_uncertainty list_uncertainties suggest_revisit get_pending_revisits dismiss_revisit \
        request_confirmation record_user_choice get_document_section get_document_summary add_note \
        compute_pugh_totals find_dominated_alternatives find_irrelevant_objectives sensitivity_check compare_quantities";
    assert_eq!(names, expected.split_whitespace().collect::<Vec<_>>());
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

#[test]
fn what_only_users_may_do_is_never_offered_to_a_model() {
    let user_only: Vec<&str> = all()
        .filter(|tool| tool.user_only)
        .map(|tool| tool.name)
        .collect();
    assert_eq!(
        user_only,
        [
            "clear_dominated",
            "set_standout",
            "rate_dq_element",
            "set_affirmation",
            "dismiss_revisit",
            "record_user_choice"
        ]
    );
    for component in ComponentType::ALL {
        let offered: Vec<_> = offered_to_model(*component).collect();
        assert!(offered.iter().all(|tool| !tool.user_only));
        let own = |scope: ToolScope| scope == ToolScope::Component(*component);
        assert!(
            offered
                .iter()
                .all(|tool| own(tool.scope) || matches!(tool.scope, ToolScope::Any | ToolScope::Analysis))
        );
        assert!(offered.iter().any(|tool| own(tool.scope)));
    }
}

#[test]
fn every_schema_is_closed_and_knows_neither_weight_nor_rank() {
    for tool in all() {
        for schema in [tool.parameters_schema(), tool.result_schema()] {
            assert_eq!(
                (&schema["type"], &schema["additionalProperties"]),
                (&json!("object"), &json!(false)),
                "{}",
                tool.name
            );
        }
        let text = tool.parameters_schema().to_string();
        assert!(
            !text.contains("weight") && !text.contains("rank"),
            "{}",
            tool.name
        );
        assert!(tool.description.ends_with('.'), "{}", tool.name);
    }
}
