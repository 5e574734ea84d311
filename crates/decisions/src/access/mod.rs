//! Who may do what with a session.
//!
//! What somebody may do is one [`Right`], the more including the less. It follows from
//! the session's owner and visibility, from one's role in its workspace ([`members`], a
//! local view of the identity context's events) and from links one has been given; the
//! best of these counts. Every door asks for what it needs
//! (`session::port::require`): who may not read gets 404, who may read but not do this
//! gets 403. [`changes`] tells open connections when to ask again.

pub mod caller;
pub mod changes;
pub mod members;
mod right;

pub use caller::{Caller, Grant, Who};
pub use changes::AccessChanges;
pub use right::{Right, Scope, Shared, Standing};
