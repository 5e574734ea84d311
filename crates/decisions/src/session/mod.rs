//! Sessions: one decision context each, with its title, its owner and its cycles.

pub mod commands;
mod home;
pub mod http;
pub mod port;
pub mod reactions;
#[expect(
    clippy::module_inception,
    reason = "the room is named after its aggregate, and so is the aggregate's file"
)]
mod session;
pub mod views;

pub use home::Home;
pub use session::{Outcome, Satisfaction, Session, SessionStatus, Visibility};
pub(crate) use session::{field, not_storable, valid_description, valid_title};
