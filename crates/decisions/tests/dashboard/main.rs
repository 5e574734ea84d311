//! Views, live channel, document and analysis, over HTTP and sockets on a backbone that really runs.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture that does not hold together fails the test that uses it"
)]

mod analysis;
mod client;
mod document;
mod kit;
mod live;
mod places;
mod projection;
mod reducer;
mod rooms;
mod views;
mod world;
