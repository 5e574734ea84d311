//! The contract of the database layer. It runs on SQLite, and on PostgreSQL where
//! `ALTHING_TEST_DATABASE` names a server.

#![expect(clippy::unwrap_used, reason = "a failed assertion is what a test is for")]

mod commits;
mod copies;
mod merging;
mod values;
