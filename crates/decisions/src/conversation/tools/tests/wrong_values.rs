//! Parameters outside their declaration are refused, each at its place, and nothing is clamped.

use serde_json::json;

use super::super::ToolResult::ValidationError;
use super::desk::assert_refusals;

#[test]
fn wrong_values_are_refused_at_their_place() {
    assert_refusals(&[
        (
            "add_potential_decision",
            json!({ "description": " " }),
            ValidationError,
            "too_short",
        ),
        (
            "add_objective_idea",
            json!({}),
            ValidationError,
            "missing_required",
        ),
        (
            "add_uncertainty",
            json!({ "description": "x", "resolvable": "yes" }),
            ValidationError,
            "wrong_type",
        ),
        (
            "add_consideration",
            json!({ "description": "x".repeat(10_001) }),
            ValidationError,
            "too_long",
        ),
        (
            "set_focal_statement",
            json!({ "statement": "zu kurz" }),
            ValidationError,
            "too_short",
        ),
        (
            "set_decision_maker",
            json!({ "role": "x" }),
            ValidationError,
            "missing_required",
        ),
        (
            "set_scope",
            json!({ "in": "alles", "out": [] }),
            ValidationError,
            "wrong_type",
        ),
        (
            "add_constraint",
            json!({ "type": "cosmic", "description": "x" }),
            ValidationError,
            "bad_format",
        ),
        (
            "add_party",
            json!({ "name": "x", "role": "boss" }),
            ValidationError,
            "bad_format",
        ),
        (
            "set_deadline",
            json!({ "deadline": "2030-02-30" }),
            ValidationError,
            "bad_format",
        ),
        (
            "add_hierarchy_decision",
            json!({ "description": "x", "level": "focal" }),
            ValidationError,
            "bad_format",
        ),
        (
            "add_objective",
            json!({ "name": "x", "measure": "m", "direction": "target", "is_fundamental": true }),
            ValidationError,
            "missing_required",
        ),
        (
            "add_objective",
            json!({ "name": "x", "weight": 0.5, "is_fundamental": true }),
            ValidationError,
            "unknown_field",
        ),
        (
            "update_objective_measure",
            json!({ "id": "1", "measure": "m", "direction": "maximize", "target": "3" }),
            ValidationError,
            "inconsistent",
        ),
        (
            "add_alternative",
            json!({ "name": "ä".repeat(101) }),
            ValidationError,
            "too_long",
        ),
        (
            "add_strategy_dimension",
            json!({ "name": "x", "options": [] }),
            ValidationError,
            "too_short",
        ),
        (
            "add_strategy_dimension",
            json!({ "name": "x", "options": ["a", "a"] }),
            ValidationError,
            "duplicate",
        ),
        (
            "set_alternative_strategy",
            json!({ "alt": "B", "dim": "Fahrt", "option": "Auto" }),
            ValidationError,
            "unknown_reference",
        ),
        (
            "rate_consequence",
            json!({ "alt": "A", "obj": "1", "rating": 1 }),
            ValidationError,
            "status_quo_not_zero",
        ),
        (
            "rate_consequence",
            json!({ "alt": "B", "obj": "1", "rating": 254 }),
            ValidationError,
            "out_of_range",
        ),
        (
            "rate_consequence",
            json!({ "alt": "B", "obj": "1", "rating": -3 }),
            ValidationError,
            "out_of_range",
        ),
        (
            "rate_consequence",
            json!({ "alt": "B", "obj": "1", "rating": 1.5 }),
            ValidationError,
            "wrong_type",
        ),
        (
            "batch_rate_consequences",
            json!({ "ratings": [] }),
            ValidationError,
            "too_short",
        ),
        (
            "batch_rate_consequences",
            json!({ "ratings": [{ "alt": "B", "obj": "1", "rating": 300 }] }),
            ValidationError,
            "out_of_range",
        ),
        (
            "add_consequence_uncertainty",
            json!({ "alt": "B", "obj": "1", "text": "x", "level": "huge" }),
            ValidationError,
            "bad_format",
        ),
        (
            "mark_dominated",
            json!({ "alt": "A", "by": "Bleiben", "reason": "x" }),
            ValidationError,
            "inconsistent",
        ),
        (
            "set_standout",
            json!({ "alt": "B" }),
            ValidationError,
            "missing_required",
        ),
        (
            "set_standout",
            json!({ "rationale": "x" }),
            ValidationError,
            "missing_required",
        ),
        (
            "rate_dq_element",
            json!({ "element": "clear_objectives", "score": 101 }),
            ValidationError,
            "out_of_range",
        ),
        (
            "rate_dq_element",
            json!({ "element": "luck", "score": 1 }),
            ValidationError,
            "bad_format",
        ),
        (
            "add_quality_improvement",
            json!({ "element": "clear_objectives" }),
            ValidationError,
            "missing_required",
        ),
        (
            "add_planned_action",
            json!({ "action": "x", "due_date": "bald" }),
            ValidationError,
            "bad_format",
        ),
        (
            "suggest_revisit",
            json!({ "component": "objectives", "reason": "x", "priority": "urgent", "trigger": "y" }),
            ValidationError,
            "bad_format",
        ),
        (
            "flag_uncertainty",
            json!({ "description": "x", "component": "tea", "resolvable": true }),
            ValidationError,
            "bad_format",
        ),
        (
            "request_confirmation",
            json!({ "summary": "x", "options": ["a"] }),
            ValidationError,
            "too_short",
        ),
        (
            "request_confirmation",
            json!({ "summary": "x", "options": ["a", "a"] }),
            ValidationError,
            "duplicate",
        ),
        (
            "request_confirmation",
            json!({ "summary": "x", "options": ["a", "b"], "default": "c" }),
            ValidationError,
            "unknown_reference",
        ),
        (
            "compare_quantities",
            json!({ "tolerances": { "Kosten": "-1" } }),
            ValidationError,
            "bad_format",
        ),
        (
            "get_document_section",
            json!({ "component": "summary" }),
            ValidationError,
            "bad_format",
        ),
        (
            "calculate_overall_dq",
            json!({ "x": 1 }),
            ValidationError,
            "unknown_field",
        ),
    ]);
}
