//! The analysis held against worked examples, tables from practice, and its own properties.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture that does not hold together fails the test that uses it"
)]

mod cycles;
mod practice;
mod properties;
mod quality;
mod quantities;
mod tables;
mod vectors;
