//! The two validators: what an update must satisfy, and what completing a component must.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::field_error::{FieldError, FieldErrorCode as Code, pointer_to};
use super::rules::Rules;
use super::schema::{self, Mode, Shape, id_in};
use super::{
    ComponentType, Output, References, alternatives, consequences, decision_quality, issue_raising,
    notes_next_steps, objectives, problem_frame, recommendation, tradeoffs,
};

/// The largest output, as compact JSON. The ids inside a cell repeat its key and are not counted: with them the
/// largest table, 50 × 50, would not fit.
pub const OUTPUT_MAX_BYTES: usize = 500_000;

/// Checks what drafts and updates must satisfy: types, ranges, upper lengths and uniqueness, but not presence.
///
/// Ids must be there; [`super::fill_ids`] puts them in. Of the references only the status quo is looked at: its
/// ratings can only be 0.
///
/// # Errors
/// All errors found, each at its place.
pub fn validate_partial(
    component: ComponentType,
    output: &Value,
    references: &References,
) -> Result<Output, Vec<FieldError>> {
    validate(component, output, Mode::Partial, references)
}

/// Checks everything that completing a component requires of its output.
///
/// # Errors
/// All errors found, each at its place.
pub fn validate_strict(
    component: ComponentType,
    output: &Value,
    references: &References,
) -> Result<Output, Vec<FieldError>> {
    validate(component, output, Mode::Strict, references)
}

/// What an output, or an output with its draft applied, still lacks before the component can be completed.
///
/// # Errors
/// What is missing or wrong.
pub fn readiness(
    component: ComponentType,
    output: &Value,
    references: &References,
) -> Result<(), Vec<FieldError>> {
    validate_strict(component, output, references).map(drop)
}

fn validate(
    component: ComponentType,
    output: &Value,
    mode: Mode,
    references: &References,
) -> Result<Output, Vec<FieldError>> {
    if counted_bytes(output) > OUTPUT_MAX_BYTES {
        let message = format!("must be at most {OUTPUT_MAX_BYTES} bytes of JSON");
        return Err(vec![FieldError::new("", Code::TooLong, message)]);
    }
    let mut errors = Vec::new();
    schema::check(shape(component), output, "", mode, &mut errors);
    check_item_ids(output, &mut errors);
    let mut rules = Rules::new(mode, references);
    check_rules(component, output, &mut rules);
    errors.extend(rules.into_errors());
    if !errors.is_empty() {
        return Err(errors);
    }
    match Output::load(component, output) {
        Ok(Output::DecisionQuality(mut quality)) => {
            quality.overall_score = quality.overall();
            Ok(Output::DecisionQuality(quality))
        }
        Ok(output) => Ok(output),
        Err(_) => Err(vec![FieldError::new(
            "",
            Code::WrongType,
            "does not have the form of this component's output",
        )]),
    }
}

fn counted_bytes(output: &Value) -> usize {
    let cells = output.pointer("/table/cells").and_then(Value::as_object);
    let fields = cells
        .into_iter()
        .flat_map(Map::values)
        .filter_map(Value::as_object)
        .flatten();
    // Four quotes, a colon and a comma belong to each field.
    let repeated = fields
        .filter(|(name, _)| matches!(name.as_str(), "alternative_id" | "objective_id"))
        .filter_map(|(name, id)| Some(name.len() + id.as_str()?.len() + 6));
    output.to_string().len().saturating_sub(repeated.sum())
}

fn shape(component: ComponentType) -> &'static Shape {
    match component {
        ComponentType::IssueRaising => &issue_raising::SHAPE,
        ComponentType::ProblemFrame => &problem_frame::SHAPE,
        ComponentType::Objectives => &objectives::SHAPE,
        ComponentType::Alternatives => &alternatives::SHAPE,
        ComponentType::Consequences => &consequences::SHAPE,
        ComponentType::Tradeoffs => &tradeoffs::SHAPE,
        ComponentType::Recommendation => &recommendation::SHAPE,
        ComponentType::DecisionQuality => &decision_quality::SHAPE,
        ComponentType::NotesNextSteps => &notes_next_steps::SHAPE,
    }
}

fn check_rules(component: ComponentType, output: &Value, rules: &mut Rules<'_>) {
    match component {
        ComponentType::IssueRaising => issue_raising::check(output, rules),
        ComponentType::Objectives => objectives::check(output, rules),
        ComponentType::Alternatives => alternatives::check(output, rules),
        ComponentType::Consequences => consequences::check(output, rules),
        ComponentType::Tradeoffs => tradeoffs::check(output, rules),
        ComponentType::Recommendation => recommendation::check(output, rules),
        ComponentType::DecisionQuality => decision_quality::check(output, rules),
        ComponentType::ProblemFrame | ComponentType::NotesNextSteps => {}
    }
}

/// Every item of an output has an id of its own.
fn check_item_ids(output: &Value, errors: &mut Vec<FieldError>) {
    let mut seen = BTreeSet::new();
    visit_objects(output, "", &mut |pointer, object| {
        if id_in(object, "id").is_some_and(|id| !seen.insert(id)) {
            errors.push(FieldError::new(
                format!("{pointer}/id"),
                Code::Duplicate,
                "another item has the same id",
            ));
        }
    });
}

fn visit_objects(value: &Value, pointer: &str, visit: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) => {
            visit(pointer, value);
            for (key, inner) in fields {
                visit_objects(inner, &pointer_to(pointer, key), visit);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                visit_objects(inner, &format!("{pointer}/{index}"), visit);
            }
        }
        _ => {}
    }
}

/// A copy in which fields that hold `null` are absent. A standout of `null` stays: it is an answer.
pub(super) fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields
                .iter()
                .filter(|(key, inner)| !inner.is_null() || key.as_str() == "standout_option");
            Value::Object(
                kept.map(|(key, inner)| (key.clone(), without_nulls(inner)))
                    .collect::<Map<_, _>>(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}
