//! Every domain event and every typed id of Althing: data only, one file per context.
//!
//! An event's struct is its payload; the envelope around it (who, why, when, in
//! which order) is the backbone's. The catalogue is collected at link time from
//! the derives. `samples/{context}/{type}.v{version}.json` holds a golden sample
//! of each version ever stored, with its schema beside it: a payload whose shape
//! changes without a new version fails the tests of this crate.
//!
//! To add an event: write the struct in its context's file and its sample, then run
//! `cargo run -p althing-events --example write_schemas`, which writes schemas of new versions only.

pub mod decisions;
pub mod identity;
mod ids;
pub mod notifications;

pub use ids::*;
