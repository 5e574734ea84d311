//! The context as a whole: events in, notifications, mails and answers out.

mod answers;
mod digests;
mod house;
mod mails;
mod news;
mod over_http;
mod teardown;
