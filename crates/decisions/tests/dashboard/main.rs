//! Views, live channel, document and analysis, over HTTP and sockets on a backbone that really runs.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture that does not hold together fails the test that uses it"
)]

mod analysis;
mod client;
mod cut_off;
mod document;
mod home;
mod kit;
mod links;
mod live;
mod places;
mod projection;
mod reducer;
mod rooms;
mod shared;
mod teardown;
mod views;
mod world;
