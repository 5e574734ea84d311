//! Conversations as the server runs them: real subscriptions, real routes, a database in a temporary folder.

#![expect(
    clippy::unwrap_used,
    reason = "tests may; the lint only knows test functions, not what they call"
)]

mod app;
mod delivery;
mod drafts;
mod life;
mod limits;
mod refusals;
mod stream;
mod talk;
mod tools;
mod whole;
