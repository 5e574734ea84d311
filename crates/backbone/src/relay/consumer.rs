//! A consumer: a subscription of this process, fed from another one through a broker.

mod handling;
mod held;
mod losing;
mod running;

use std::ops::RangeInclusive;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::inbound::Inbound;
use crate::backbone::Backbone;
use crate::bus::{BoxFuture, MessageBus};
use crate::envelope::Envelope;
use crate::handler::HandlerResult;
use crate::relay::Patterns;
use crate::subscription::{Owner, Subscription};
use running::Running;

/// Reads events of the given positions from the log they come from, for when the
/// broker lost them.
pub type Reload =
    Arc<dyn Fn(RangeInclusive<i64>) -> BoxFuture<'static, HandlerResult<Vec<Envelope>>> + Send + Sync>;

/// A running consumer. Dropping it stops it; [`Consumer::stop`] waits for the end.
pub struct Consumer {
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

/// Builds a consumer.
///
/// ```no_run
/// # use althing_backbone::*;
/// # async fn demo(backbone: Backbone, turnover: Subscription) -> Result<()> {
/// let consumer = Consumer::of(RedisStreams::connect("redis://127.0.0.1/")?, turnover)
///     .group("billing")
///     .pattern("events:shop:*")
///     .start(&backbone)
///     .await?;
/// consumer.stop().await;
/// # Ok(()) }
/// ```
#[must_use]
pub struct ConsumerBuilder {
    bus: Arc<dyn MessageBus>,
    subscription: Subscription,
    group: Option<String>,
    patterns: Patterns,
    reload: Option<Reload>,
}

impl Consumer {
    /// Feeds a projection or a reaction from a stream. Its name is the group's,
    /// unless that is given another one. Within one database one consumer of a name
    /// works at a time: a second one takes over from the first, or, where processes
    /// share by leases, waits until the first is gone.
    ///
    /// A handler that fails is tried again after the subscription's delays; only
    /// its key waits. Then, or at once if the failure is permanent, the message goes
    /// to the group's dead letters and its key goes on.
    pub fn of(bus: impl MessageBus, subscription: impl Into<Subscription>) -> ConsumerBuilder {
        ConsumerBuilder {
            bus: Arc::new(bus),
            subscription: subscription.into(),
            group: None,
            patterns: Patterns::all(),
            reload: None,
        }
    }

    /// Ends it after what it is doing. What it has not handled is free for others.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "a consumer's task ended badly");
        }
    }

    /// Whether it still works: it ends by itself when another one takes over.
    pub fn is_running(&self) -> bool {
        !self.task.is_finished()
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl ConsumerBuilder {
    /// Joins this group. Consumers of one group share its messages.
    pub fn group(mut self, name: &str) -> Self {
        self.group = Some(name.to_owned());
        self
    }

    /// Wants events of this type or topic too; see [`Patterns`].
    pub fn pattern(mut self, pattern: &str) -> Self {
        self.patterns = self.patterns.or(pattern);
        self
    }

    /// Where events are read again that the broker lost before this group had them.
    /// Without it a loss is shown to operators and cannot be made good.
    pub fn reload<F, Fut>(mut self, read: F) -> Self
    where
        F: Fn(RangeInclusive<i64>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = HandlerResult<Vec<Envelope>>> + Send + 'static,
    {
        self.reload = Some(Arc::new(move |range| Box::pin(read(range))));
        self
    }

    /// Starts it on this process's backbone, in whose database the effects happen.
    pub async fn start(self, backbone: &Backbone) -> crate::Result<Consumer> {
        let group = self.group.unwrap_or_else(|| self.subscription.name.to_string());
        let core = backbone.core();
        // Its own name within the group, never used before: what it leaves behind
        // when it dies is seen to be somebody else's.
        let name = core.ids.next().to_string();
        let owner = Owner::new(&backbone.owner().name, backbone.owner().leases);
        let (inbound, is_mine) = Inbound::start(core, self.subscription, &owner).await?;
        let shutdown = CancellationToken::new();
        let running = Running::new(inbound, self.bus, group, name, self.patterns, self.reload);
        let task = tokio::spawn(running.run(shutdown.clone(), is_mine));
        Ok(Consumer { shutdown, task })
    }
}
