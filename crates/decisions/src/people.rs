//! Who people are: a small local view of the identity context's events, so that
//! documents, activity and history can name them without asking another context.

use althing_backbone::{Event, HandlerResult, Meta, Query, Subscription, Tx, Uuid, projection, sql};
use althing_events::identity::{UserDeleted, UserRegistered, UserUpdated};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Result;

/// A person by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
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

/// Keeps the name of each user, up to the change of their account that was seen last.
pub fn subscription() -> Subscription {
    projection("people")
        .table(
            "decision_person",
            "CREATE TABLE {decision_person} (user_id TEXT PRIMARY KEY, first_name TEXT NOT NULL, last_name TEXT NOT NULL, \
             name TEXT NOT NULL, seq BIGINT NOT NULL)",
        )
        .version(2)
        .on(registered)
        .on(updated)
        .on(deleted)
        .into()
}

async fn registered(Event(user): Event<UserRegistered>, meta: Meta, tx: Tx) -> HandlerResult {
    let (first, last) = (user.first_name.trim(), user.last_name.trim());
    tx.execute(
        sql(
            "INSERT INTO {decision_person} (user_id, first_name, last_name, name, seq) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (user_id) DO NOTHING",
        )
        .bind(user.user_id)
        .bind(first)
        .bind(last)
        .bind(format!("{first} {last}").trim())
        .bind(meta.aggregate_seq),
    )
    .await;
    Ok(())
}

/// Only what changed is told.
async fn updated(Event(user): Event<UserUpdated>, meta: Meta, tx: Tx) -> HandlerResult {
    let new = |field: &str| user.changes.new_value(field).map(|name| name.trim().to_owned());
    tx.execute(
        sql("UPDATE {decision_person} SET first_name = coalesce($1, first_name), last_name = coalesce($2, last_name), \
             name = trim(coalesce($1, first_name) || ' ' || coalesce($2, last_name)), seq = $3 WHERE user_id = $4 AND seq < $3")
        .bind(new("first_name"))
        .bind(new("last_name"))
        .bind(meta.aggregate_seq)
        .bind(user.user_id),
    )
    .await;
    Ok(())
}

/// Their work stays; who it was is told no more.
async fn deleted(Event(user): Event<UserDeleted>, meta: Meta, tx: Tx) -> HandlerResult {
    tx.execute(
        sql("UPDATE {decision_person} SET first_name = 'deleted', last_name = 'user', name = 'deleted user', seq = $1 \
             WHERE user_id = $2 AND seq < $1")
        .bind(meta.aggregate_seq)
        .bind(user.user_id),
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
