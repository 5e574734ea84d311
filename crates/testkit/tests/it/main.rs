//! The test kit itself: throw-away servers, and who has which database.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod app;
mod keeper;
mod nats;
mod postgres;
mod redis;
mod smtp;

use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Whether somebody listens at an address such as `redis://127.0.0.1:20001/`.
fn is_open(url: &str) -> bool {
    let start = url.find("127.0.0.1:").unwrap();
    let place = url[start..].split('/').next().unwrap();
    TcpStream::connect(place).is_ok()
}

/// Waits for it.
fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
