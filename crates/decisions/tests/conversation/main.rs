//! Conversations as the server runs them: real subscriptions, real routes, a database in a temporary folder.

mod app;
mod delivery;
mod drafts;
mod life;
mod refusals;
mod stream;
mod talk;
mod tools;
