//! The decisions context: sessions, cycles and the nine components of a decision.

pub mod analysis;
pub mod conversation;
pub mod document;
pub mod outputs;
