//! Who people are: a small local view of the identity context's events, so that
//! documents, activity and history can name them without asking another context.

use althing_backbone::{Event, HandlerResult, Query, Subscription, Tx, Uuid, projection, sql};
use althing_events::identity::UserRegistered;
use serde::Serialize;

use crate::error::Result;

/// A person by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Absent for somebody who is known by name only, from an imported file.
    pub id: Option<Uuid>,
    pub name: String,
}

impl Person {
    /// Somebody whose registration this view may not have seen.
    pub fn known_as(id: Uuid, name: Option<String>) -> Self {
        Self {
            id: Some(id),
            name: name.unwrap_or_else(|| "Somebody".to_owned()),
        }
    }
}

/// Keeps the name of each user.
pub fn subscription() -> Subscription {
    projection("people")
        .table(
            "decision_person",
            "CREATE TABLE {decision_person} (user_id TEXT PRIMARY KEY, name TEXT NOT NULL)",
        )
        .on(registered)
        .into()
}

async fn registered(Event(user): Event<UserRegistered>, tx: Tx) -> HandlerResult {
    let name = format!("{} {}", user.first_name.trim(), user.last_name.trim());
    tx.execute(
        sql("INSERT INTO {decision_person} (user_id, name) VALUES ($1, $2) \
             ON CONFLICT (user_id) DO UPDATE SET name = excluded.name")
        .bind(user.user_id)
        .bind(name.trim()),
    )
    .await;
    Ok(())
}

/// The person with this id.
pub async fn person(on: &impl Query, id: Uuid) -> Result<Person> {
    let name: Option<String> = sql("SELECT name FROM decision_person WHERE user_id = $1")
        .bind(id)
        .optional(on)
        .await?;
    Ok(Person::known_as(id, name))
}

/// Everybody's name.
pub async fn names(on: &impl Query) -> Result<std::collections::HashMap<Uuid, String>> {
    let rows: Vec<(Uuid, String)> = sql("SELECT user_id, name FROM decision_person").all(on).await?;
    Ok(rows.into_iter().collect())
}
