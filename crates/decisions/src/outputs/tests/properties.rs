//! Whatever passes loads, and what is stored prints back unchanged, for outputs changed at random.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::samples::{references, sample};
use crate::outputs::text::{cut_chars, trimmed_length};
use crate::outputs::{ComponentType, Mode, Output, fill_ids, relabel, validate_partial, validate_strict};

/// One change at the place that the number picks: its value removed or replaced.
#[derive(Clone, Debug)]
struct Change {
    place: prop::sample::Index,
    value: Option<Value>,
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..130).prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,80}".prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        (1u128..60).prop_map(|number| json!(uuid::Uuid::from_u128(number))),
        Just(json!([])),
        Just(json!({})),
    ]
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = (any::<prop::sample::Index>(), prop::option::of(value()));
    prop::collection::vec(change.prop_map(|(place, value)| Change { place, value }), 0..6)
}

fn component() -> impl Strategy<Value = ComponentType> {
    prop::sample::select(ComponentType::ALL)
}

fn places(value: &Value, pointer: String, all: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, inner)| (key.clone(), inner)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, inner)| (index.to_string(), inner))
            .collect(),
        _ => Vec::new(),
    };
    for (step, inner) in children {
        let place = crate::outputs::pointer_to(&pointer, &step);
        all.push(place.clone());
        places(inner, place, all);
    }
}

fn change(output: &mut Value, change: &Change) {
    let mut all = Vec::new();
    places(output, String::new(), &mut all);
    if all.is_empty() {
        return;
    }
    let place = change.place.get(&all).clone();
    match &change.value {
        Some(value) => *output.pointer_mut(&place).unwrap() = value.clone(),
        None => {
            let (parent, step) = place.rsplit_once('/').unwrap();
            match output.pointer_mut(parent).unwrap() {
                Value::Object(fields) => {
                    drop(fields.shift_remove(&step.replace("~1", "/").replace("~0", "~")))
                }
                Value::Array(items) => drop(items.remove(step.parse().unwrap())),
                _ => unreachable!("only objects and lists have places inside"),
            }
        }
    }
}

/// Whether everything that is written in `part` also stands in `whole`; `null` counts as absent.
fn is_within(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part.iter().all(|(key, inner)| {
            is_default(key, inner) || whole.get(key).is_some_and(|other| is_within(inner, other))
        }),
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(part, whole)| is_within(part, whole))
        }
        _ => part == whole,
    }
}

fn is_default(key: &str, value: &Value) -> bool {
    value.is_null() || (key == "added_by" && value == "user") || (key == "ai_fields" && value == &json!([]))
}

fn validated(component: ComponentType, mode: Mode, output: &Value) -> Option<Output> {
    let references = references();
    match mode {
        Mode::Partial => validate_partial(component, output, &references),
        Mode::Strict => validate_strict(component, output, &references),
    }
    .ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn what_passes_loads_and_its_stored_form_prints_back_unchanged(
        component in component(), changes in changes(), mode in prop::sample::select(vec![Mode::Partial, Mode::Strict])
    ) {
        let mut output = sample(component);
        output.as_object_mut().unwrap().shift_remove("overall_score");
        for one in &changes {
            change(&mut output, one);
        }
        if let Some(loaded) = validated(component, mode, &output) {
            let stored = loaded.to_value();
            prop_assert!(is_within(&output, &stored), "{output}\n{stored}");
            prop_assert_eq!(&validated(component, mode, &stored), &Some(loaded.clone()));
            let again = Output::load(component, &stored).unwrap();
            prop_assert_eq!(again.to_value().to_string(), stored.to_string());
            prop_assert_eq!(again, loaded);
        }
    }

    #[test]
    fn whatever_is_complete_is_also_a_valid_update(component in component(), changes in changes()) {
        let mut output = sample(component);
        for one in &changes {
            change(&mut output, one);
        }
        if validated(component, Mode::Strict, &output).is_some() {
            prop_assert!(validated(component, Mode::Partial, &output).is_some());
        }
    }

    #[test]
    fn no_input_makes_the_pure_functions_fail(component in component(), changes in changes(), other in value()) {
        let mut output = sample(component);
        for one in &changes {
            change(&mut output, one);
        }
        let mut next = 1 << 64;
        fill_ids(component, &mut output, &mut || { next += 1; uuid::Uuid::from_u128(next) });
        relabel(Some(&sample(component)), &mut output);
        relabel(None, &mut output);
        prop_assert!(!output.to_string().contains("\"added_by\":\"ai\"") || !output.is_object());
        let wild = Value::Object(Map::from_iter([("table".to_owned(), other)]));
        validated(component, Mode::Strict, &wild);
    }

    #[test]
    fn cutting_never_splits_a_character(text in "\\PC{0,40}", limit in 0usize..50) {
        let cut = cut_chars(&text, limit);
        prop_assert!(text.starts_with(cut));
        prop_assert_eq!(cut.chars().count(), text.chars().count().min(limit));
        prop_assert!(trimmed_length(cut) <= limit);
    }
}
