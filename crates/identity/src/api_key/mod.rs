//! Keys by which programs act for somebody: made by their owner in a signed-in browser, shown
//! once, stored as their hash. A key has the rights of its owner, of its scopes and of its
//! workspaces: all three, on every route.

#[expect(
    clippy::module_inception,
    reason = "the room is named after its aggregate, and so is the aggregate's file"
)]
mod api_key;
mod commands;
pub(crate) mod http;
mod verify;
mod views;

pub(crate) use commands::remove_all_of;
pub use verify::{KeyRefusal, verify_key};
