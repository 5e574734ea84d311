//! Effects outside: at least once, under a key that never changes.

use std::future::Future;
use std::sync::Arc;

use althing_db::{Batch, sql};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{Delivery, Extract, kind};
use crate::core::Core;
use crate::handler::HandlerResult;
use crate::subscription::{FENCED, fence};

/// Records the intent and the result of each outside call under the
/// subscription and the event. A call whose result is known is not made again;
/// one that was interrupted is made again under the same key, by which the other
/// side can recognise it.
pub struct Effects {
    core: Core,
    subscription: Arc<str>,
    event_id: Uuid,
    attempt: u32,
    epoch: i64,
}

impl Effects {
    /// Which attempt at this event it is, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The key of the call `name`: the same at every attempt.
    pub fn key(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.subscription, self.event_id)
    }

    /// Makes the call unless its result is already known. `call` gets the key.
    pub async fn once<T, Fut>(
        &self,
        name: &'static str,
        call: impl FnOnce(String) -> Fut + Send,
    ) -> HandlerResult<T>
    where
        T: Serialize + DeserializeOwned + Send,
        Fut: Future<Output = HandlerResult<T>> + Send,
    {
        if let Some(result) = self.known_result(name).await? {
            return Ok(serde_json::from_str(&result)?);
        }
        let mut intent = self.fenced();
        intent.run(
            sql(
                "INSERT INTO effect (subscription, event_id, name, intended_at) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (subscription, event_id, name) DO NOTHING",
            )
            .bind(self.subscription.clone())
            .bind(self.event_id)
            .bind(name)
            .bind(self.core.clock.now()),
        );
        self.core.db.commit(intent).await?;
        let value = call(self.key(name)).await?;
        let mut done = self.fenced();
        done.run(
            sql("UPDATE effect SET done_at = $1, result = $2 WHERE subscription = $3 AND event_id = $4 AND name = $5")
                .bind(self.core.clock.now())
                .bind(serde_json::to_string(&value)?)
                .bind(self.subscription.clone())
                .bind(self.event_id)
                .bind(name),
        );
        self.core.db.commit(done).await?;
        Ok(value)
    }

    /// An owner that was replaced gets no further than its intent.
    fn fenced(&self) -> Batch {
        let mut batch = Batch::new();
        batch.expect(1, FENCED, fence(&self.subscription, self.epoch));
        batch
    }

    async fn known_result(&self, name: &str) -> HandlerResult<Option<String>> {
        let row: Option<Option<String>> =
            sql("SELECT result FROM effect WHERE subscription = $1 AND event_id = $2 AND name = $3")
                .bind(self.subscription.clone())
                .bind(self.event_id)
                .bind(name)
                .optional(&self.core.db)
                .await?;
        Ok(row.flatten())
    }
}

impl Extract<kind::Reaction> for Effects {
    async fn extract(delivery: &Delivery) -> HandlerResult<Self> {
        Ok(Self {
            core: delivery.core.clone(),
            subscription: delivery.subscription.clone(),
            event_id: delivery.envelope.event_id,
            attempt: delivery.attempt,
            epoch: delivery.epoch,
        })
    }
}
