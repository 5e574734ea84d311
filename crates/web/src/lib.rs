//! What every context's HTTP door shares.
//!
//! A context builds one [`Module`]: its name, its tables, its subscriptions and
//! its routes. A route is added together with who may call it ([`Access`]) and a
//! sentence about it, and there is no other way to add one, so the access table
//! is complete by construction.
//!
//! ```
//! use althing_web::{Access, Actor, Answer, Data, Module};
//!
//! async fn whoami(actor: Actor) -> Answer<Data<String>> {
//!     Ok(Data(actor.name))
//! }
//!
//! let module = Module::new("greeting").get("/api/whoami", Access::SignedIn, "Says who you are.", whoami);
//! assert_eq!(module.routes()[0].path, "/api/whoami");
//! ```
//!
//! **In.** Handlers take [`Actor`] (who calls), [`Ctx`] (what a command of the
//! backbone wants to know about the call), [`Body`], [`PathId`], [`QueryOf`] and
//! [`Paging`]. Each answers malformed input by itself, with JSON pointers.
//!
//! All of these are [`Taken`]: they say what they look like, for `/api/openapi.json`.
//!
//! **Out.** One thing is [`Data`] or [`Created`], several are a [`List`], nothing
//! is [`NoContent`]. Everything else is a [`Problem`] (RFC 9457), the only error
//! that leaves: its [`Code`] is stable and documented, its text never carries
//! internals, its `request_id` finds the log lines.
//!
//! **Outwards.** [`Mailer`] is how a context mails somebody; it is off where the
//! instance has no mail server.
//!
//! **Limits.** [`RateLimits`] says how much somebody may ask; the edge counts requests, a
//! context what is no request, such as a message over a socket.
//!
//! **Around.** [`stamp`] gives each request its id; [`remember`] keeps the answers
//! of POSTs that carry an `Idempotency-Key`. The server mounts both.

mod access;
mod actor;
mod address;
mod answer;
mod body;
mod code;
mod context;
mod idempotency;
mod incidents;
mod key;
mod mail;
mod membership;
mod membership_views;
mod module;
mod operation;
mod paging;
mod path;
mod pointer;
mod problem;
mod query;
mod rate_limits;
mod request_id;
mod share_token;
mod shutdown;
mod sign_outs;
mod state;
#[cfg(test)]
mod tests;

pub use access::Access;
pub use actor::{Actor, InstanceRole};
pub use address::{ClientAddress, HashedAddress};
pub use althing_events::identity::Tier;
pub use answer::{Accepted, Created, Data, List, NoContent};
pub use body::Body;
pub use code::Code;
pub use context::Ctx;
pub use idempotency::{ShownOnce, remember};
pub use incidents::{DueIncident, Incident, IncidentKind, Incidents, NotSignedIn};
pub use key::{KeyGrant, SCOPES, is_scope};
pub use mail::{Encryption, Mail, MailError, MailSettings, Mailer, SmtpAddress};
pub use membership::{Denial, Depth, Feature, Membership, TierLimits};
pub use membership_views::MembershipViews;
pub use module::{Module, ModuleParts, RouteInfo, Shape};
pub use operation::{
    Content, Described, Given, Operation, QueryParameter, Redirect, Schemas, Success, Taken, Upgrade,
};
pub use paging::Paging;
pub use path::{NotFound, PathId, PathId2};
pub use problem::{Answer, FieldProblem, Problem};
pub use query::QueryOf;
pub use rate_limits::{
    Channel, Counted, OpenChannel, PerTier, Rate, RateLimits, RateNumbers, Reading, Scope,
};
pub use request_id::{REQUEST_ID, RequestId, stamp};
pub use share_token::{SHARE_COOKIE, SHARE_TOKEN, share_cookies, share_token};
pub use shutdown::Shutdown;
pub use sign_outs::{SignOut, SignOuts};
pub use state::AppState;

use althing_backbone::{Migration, Migrations};

/// The tables of this crate.
pub const MIGRATIONS: Migrations = Migrations {
    context: "web",
    steps: &[
        Migration {
            number: 1,
            name: "start",
            text: include_str!("migrations/0001_start.sql"),
            postgres: None,
        },
        Migration {
            number: 2,
            name: "turn",
            text: include_str!("migrations/0002_turn.sql"),
            postgres: None,
        },
    ],
};
