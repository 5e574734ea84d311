//! What people type and what the guide makes of it.

mod lines;
mod whole_decision;
