//! Waiting until running subscriptions have nothing left to do.

use std::time::Duration;

use althing_db::{FromRow, Row};

use super::must;
use crate::Result;
use crate::backbone::Backbone;
use crate::faults::Faults;
use crate::log::with_newest;

/// A test that takes longer than this to come to rest never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until every subscription is at the head and nothing is due, or until the
/// planned crash has happened.
pub(super) async fn rest(backbone: &Backbone, crash: Option<&Faults>) {
    backbone.wake();
    let begun = tokio::time::Instant::now();
    loop {
        if crash.is_some_and(Faults::crashed) || must("look at the subscriptions", is_at_rest(backbone).await)
        {
            return;
        }
        if begun.elapsed() > PATIENCE {
            let status = must(
                "look at the subscriptions",
                backbone.operator("test").subscriptions().await,
            );
            panic!("the subscriptions did not come to rest: {status:#?}");
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[derive(PartialEq)]
struct Backlog {
    head: i64,
    busy: bool,
    stopped: bool,
}

impl FromRow for Backlog {
    fn from_row(row: &Row<'_>) -> althing_db::Result<Self> {
        Ok(Self {
            head: row.get(0)?,
            stopped: row.get(1)?,
            busy: row.get(2)?,
        })
    }
}

/// Looked at twice: whatever was being handled during the first look has either
/// not moved its checkpoint yet, or changed what the second look sees.
async fn is_at_rest(backbone: &Backbone) -> Result<bool> {
    let before = backlog(backbone).await?;
    let waits = |(name, backlog): &(String, Backlog)| {
        let position = backbone.position_of(name).map(|position| *position.borrow());
        !backlog.stopped && (backlog.busy || position.is_ok_and(|position| position < backlog.head))
    };
    Ok(!before.iter().any(waits) && backlog(backbone).await? == before)
}

async fn backlog(backbone: &Backbone) -> Result<Vec<(String, Backlog)>> {
    let mut all = Vec::new();
    for subscription in backbone.subscriptions() {
        let backlog = with_newest(
            "SELECT {newest}, s.status <> 'running', \
             s.rebuild_wanted OR EXISTS (SELECT 1 FROM timer t WHERE t.process = s.name AND t.due_at <= $2) \
             OR EXISTS (SELECT 1 FROM parked_event p WHERE p.subscription = s.name \
             AND (p.status = 'queued' OR (p.status = 'retry' AND coalesce(p.due_at, '') <= $2)) \
             AND NOT EXISTS (SELECT 1 FROM parked_event e WHERE e.subscription = p.subscription \
             AND e.event_key = p.event_key AND e.position < p.position)) \
             FROM subscription s WHERE s.name = $1",
        )
        .bind(subscription.name())
        .bind(backbone.clock().now())
        .one(backbone.db())
        .await?;
        all.push((subscription.name().to_owned(), backlog));
    }
    Ok(all)
}
