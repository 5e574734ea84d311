//! Sign-in with a provider that can be made to say anything.

mod accounts;
mod fake;
mod groups;
mod links;
mod providers;
mod tokens;
mod visitor;
