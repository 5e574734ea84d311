//! Does not compile, and must not: projections that ask for what they may not have.

use althing_backbone::*;
use serde::{Deserialize, Serialize};

/// A lamp was lit.
#[derive(Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "example.lamp_lit",
    version = 1,
    context = "example",
    aggregate = "Lamp"
)]
struct LampLit {
    #[event(aggregate_id)]
    lamp_id: Uuid,
}

/// Somebody told their age, in a type that cannot be erased.
#[derive(Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "example.age_told",
    version = 1,
    context = "example",
    aggregate = "Person"
)]
struct AgeTold {
    #[event(aggregate_id, subject)]
    person_id: Uuid,
    #[event(personal)]
    age: u32,
}

#[derive(Clone)]
struct Mailer;

async fn mails(_: Event<LampLit>, _: State<Mailer>) -> HandlerResult {
    Ok(())
}

async fn calls(_: Event<LampLit>, _: Effects) -> HandlerResult {
    Ok(())
}

async fn commands(_: Event<LampLit>, _: Uow) -> HandlerResult {
    Ok(())
}

async fn looks(_: Event<LampLit>, _: Reads) -> HandlerResult {
    Ok(())
}

fn main() {
    let _ = projection("mails").on(mails);
    let _ = projection("calls").on(calls);
    let _ = projection("commands").on(commands);
    let _ = projection("looks").on(looks);
}
