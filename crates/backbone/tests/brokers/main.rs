//! Relays, consumers and the bus contract, with real brokers.

#![expect(
    clippy::unwrap_used,
    reason = "tests may; the lint only knows test functions, not what they call"
)]

#[macro_use]
mod places;
mod access;
mod consumers;
mod contract;
mod example;
mod losses;
mod order;
mod outages;
#[path = "../it/shop.rs"]
mod shop;
#[path = "../it/support.rs"]
#[expect(dead_code, reason = "the other suite uses more of it")]
mod support;
