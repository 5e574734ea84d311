//! The validators and the stored form, held against samples that fill every field.

mod partial;
mod properties;
mod samples;
mod strict;

use serde_json::Value;

use super::{ComponentType, FieldError, validate_partial, validate_strict};

/// The errors as `pointer code`, in their order.
fn lines(errors: &[FieldError]) -> Vec<String> {
    errors
        .iter()
        .map(|error| format!("{} {}", error.pointer, error.code))
        .collect()
}

fn partial_errors(component: ComponentType, output: &Value) -> Vec<String> {
    match validate_partial(component, output, &samples::references()) {
        Ok(_) => Vec::new(),
        Err(errors) => lines(&errors),
    }
}

fn strict_errors(component: ComponentType, output: &Value) -> Vec<String> {
    match validate_strict(component, output, &samples::references()) {
        Ok(_) => Vec::new(),
        Err(errors) => lines(&errors),
    }
}
