//! Sessions: one decision context each, with its title, its owner and its cycles.

pub mod commands;
pub mod http;
pub mod port;
pub mod reactions;
mod session;
pub mod views;

pub(crate) use session::{field, valid_description, valid_title};
pub use session::{Outcome, Satisfaction, Session, SessionStatus, Visibility};
