//! Free ports.

use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;

/// Below the range from which systems take ports for outgoing connections, so that
/// a server that was stopped finds its port free when it starts again.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A port on which nobody listens at this moment. Somebody may come first; whoever
/// starts a server here has to see that it is the one that answers.
pub(super) fn free() -> u16 {
    loop {
        let chance = RandomState::new().hash_one(()) % u64::from(COUNT);
        let port = FIRST + u16::try_from(chance).expect("less than COUNT");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
