//! Who runs a relay or a consumer: one process at a time, as with subscriptions.

use std::time::Duration;

use althing_db::{Batch, sql};
use tokio_util::task::AbortOnDropHandle;

use crate::core::Core;
use crate::subscription::{Leases, Owner, Row, Subscription, acquire, create, release};

/// Signs of life in the length of a lease.
const BEATS: u32 = 4;
/// How often a process that would run it looks whether it is free.
const ASK: Duration = Duration::from_millis(250);

/// The claim of this process to one row.
pub(super) struct Tenure {
    core: Core,
    def: Subscription,
    owner: Owner,
}

impl Tenure {
    /// Makes the row if it is new.
    pub async fn prepare(core: &Core, def: Subscription, owner: &Owner, head: i64) -> crate::Result<Self> {
        create(&core.db, &def, head, core.clock.now()).await?;
        Ok(Self {
            core: core.clone(),
            def,
            owner: owner.clone(),
        })
    }

    pub fn owner(&self) -> &str {
        &self.owner.name
    }

    /// Takes it, unless somebody else has a lease on it.
    pub async fn take(&self) -> crate::Result<Option<Row>> {
        acquire(&self.core.db, &self.def, &self.owner, self.core.clock.now()).await
    }

    /// Whether one that was replaced may come back: where leases decide it may, where
    /// the newest start decides it ends.
    pub fn may_return(&self) -> bool {
        self.owner.leases != Leases::Exclusive
    }

    /// How long to wait before asking for it again.
    pub fn pause(&self) -> Duration {
        ASK
    }

    /// Gives signs of life until it is dropped, however long the work takes. Where
    /// somebody else has it, the next write of the work finds out.
    pub fn keep(&self, epoch: i64) -> AbortOnDropHandle<()> {
        let (core, name, leases) = (self.core.clone(), self.def.name.clone(), self.owner.leases);
        AbortOnDropHandle::new(tokio::spawn(async move {
            let Leases::Shared(length) = leases else {
                return;
            };
            loop {
                tokio::time::sleep(length / BEATS).await;
                let clock = core.db.clock_micros();
                let mut beat = Batch::new();
                beat.run(
                    sql(format!(
                        "UPDATE subscription SET lease_until = {clock} + lease_length WHERE name = $1 AND epoch = $2"
                    ))
                    .bind(name.clone())
                    .bind(epoch),
                );
                if let Err(error) = core.db.commit(beat).await {
                    tracing::warn!(%name, %error, "could not give a sign of life");
                }
            }
        }))
    }

    /// Says that nobody runs it any more.
    pub async fn release(&self, epoch: i64) {
        let mut batch = Batch::new();
        batch.run(release(&self.def.name, epoch));
        if let Err(error) = self.core.db.commit(batch).await {
            tracing::warn!(name = %self.def.name, %error, "could not say that it stopped");
        }
    }
}
