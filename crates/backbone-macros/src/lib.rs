//! The derives of the event backbone.
//!
//! `#[derive(DomainEvent)]` turns a struct into a typed, versioned, catalogued
//! event. It writes down what the attributes say and registers the event in
//! the catalogue at link time; there is no string to keep in step by hand.
//!
//! ```text
//! /// A cycle was finished.               (the first sentence is its description)
//! #[derive(DomainEvent, Serialize, Deserialize, JsonSchema)]
//! #[event(type = "cycle.completed", version = 2, context = "decisions", aggregate = "Cycle")]
//! #[event(upcast_from = CycleCompletedV1)]           // CycleCompletedV1: Into<CycleCompleted>
//! struct CycleCompleted {
//!     #[event(aggregate_id)] cycle_id: CycleId,
//!     #[event(topic = "session")] session_id: SessionId,   // also on events:session:{id}
//!     #[event(subject)] user_id: UserId,                    // whose personal data follows
//!     #[event(personal)] email: String,                     // stored under the subject's key
//! }
//! ```
//!
//! `#[derive(Process)]` names a process (saga) and its key.

#![warn(missing_docs)]

mod event;
mod process;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Derives `althing_backbone::DomainEvent` and registers the event.
#[proc_macro_derive(DomainEvent, attributes(event))]
pub fn derive_domain_event(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    event::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Derives `althing_backbone::Process`.
#[proc_macro_derive(Process, attributes(process))]
pub fn derive_process(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    process::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
