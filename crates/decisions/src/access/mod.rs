//! Who may do what with a session.
//!
//! What somebody may do is one [`Right`], the more including the less. It follows from
//! the session's owner and visibility, from one's role in its workspace ([`members`], a
//! local view of the identity context's events) and from links one has been given; the
//! best of these counts. Every door asks for what it needs
//! (`session::port::require`): who may not read gets 404, who may read but not do this
//! gets 403. [`changes`] tells open connections when to ask again.
//!
//! How much of it there is follows from memberships ([`tiers`]): of the session's owner for
//! sessions, cycles, components and analysis, of whoever calls for messages and exports.
//! Nothing can be changed where one of both has ended. [`checker`] answers what somebody
//! could do now; the commands count (`quota`) in the commit that makes one more.

pub mod caller;
pub mod changes;
pub mod checker;
pub(crate) mod http;
pub mod members;
pub(crate) mod quota;
mod right;
pub mod tiers;

pub use caller::{Caller, Grant, Who};
pub use changes::AccessChanges;
pub use checker::AccessChecker;
pub use right::{Right, Scope, Shared, Standing};
