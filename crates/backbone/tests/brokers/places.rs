//! The three places where the contract holds: memory, Redis, NATS.

use std::sync::Arc;
use std::time::Duration;

use althing_backbone::bus::{InMemoryMessageBus, MessageBus};
use althing_backbone::relay::Transport;
use althing_backbone::*;
use althing_testkit::{Nats, Redis};

/// How long messages of a consumer that says nothing rest with it, in these tests.
pub const IDLE: Duration = Duration::from_secs(2);
/// The same where nothing may come by waiting.
pub const LONG: Duration = Duration::from_secs(60);

/// A broker that can be stopped and started, and streams on it.
pub trait Broker: Sized {
    type Stream: MessageBus + Transport + Clone;
    async fn start() -> Self;
    fn stream(&self) -> Self::Stream {
        self.resting(IDLE)
    }
    /// A stream whose messages rest this long with a consumer that says nothing.
    fn resting(&self, idle: Duration) -> Self::Stream;
    async fn stop(&self);
    async fn start_again(&self);
    /// Takes away the oldest messages, whoever needs them.
    async fn lose_oldest(&self, messages: usize);
    /// Takes away everything, groups too.
    async fn lose_all(&self);
    /// How many messages the stream holds.
    async fn len(&self) -> usize {
        self.len_or_none().await.unwrap()
    }
    /// The same, while there may be no stream.
    async fn len_or_none(&self) -> Option<usize>;
    /// Puts something into the stream that is no event.
    async fn put_garbage(&self);
}

/// Each test on Redis and on NATS, each with a server of its own.
macro_rules! on_both {
    ($($name:ident)+) => {
        mod on_redis { $( #[tokio::test] async fn $name() {
            super::$name(&<super::Redis as $crate::places::Broker>::start().await).await;
        } )+ }
        mod on_nats { $( #[tokio::test] async fn $name() {
            super::$name(&<super::Nats as $crate::places::Broker>::start().await).await;
        } )+ }
    };
}

impl Broker for Redis {
    type Stream = RedisStreams;
    async fn start() -> Self {
        Redis::options().appendonly().start().await
    }
    fn resting(&self, idle: Duration) -> RedisStreams {
        RedisStreams::connect(&self.url()).unwrap().idle(idle)
    }
    async fn stop(&self) {
        Redis::stop(self).await;
    }
    async fn start_again(&self) {
        Redis::start_again(self).await;
    }
    async fn lose_oldest(&self, messages: usize) {
        let keep = self.len().await - messages;
        self.command(&["XTRIM", "althing:events", "MAXLEN", "=", &keep.to_string()])
            .await;
    }
    async fn lose_all(&self) {
        self.command(&["FLUSHALL"]).await;
    }
    async fn len_or_none(&self) -> Option<usize> {
        self.command(&["XLEN", "althing:events"])
            .await
            .trim()
            .parse()
            .ok()
    }
    async fn put_garbage(&self) {
        self.command(&["XADD", "althing:events", "*", "event", "garbage"])
            .await;
    }
}

impl Broker for Nats {
    type Stream = NatsJetStream;
    async fn start() -> Self {
        Nats::start().await
    }
    fn resting(&self, idle: Duration) -> NatsJetStream {
        NatsJetStream::connect(&self.url()).unwrap().idle(idle)
    }
    async fn stop(&self) {
        Nats::stop(self).await;
    }
    async fn start_again(&self) {
        Nats::start_again(self).await;
    }
    async fn lose_oldest(&self, messages: usize) {
        let stream = self.raw().await;
        let first = stream.get_info().await.unwrap().state.first_sequence;
        let upto = first + messages as u64;
        stream.purge().sequence(upto).await.unwrap();
    }
    async fn lose_all(&self) {
        jetstream(self).await.delete_stream("ALTHING").await.unwrap();
    }
    async fn len_or_none(&self) -> Option<usize> {
        let stream = jetstream(self).await.get_stream("ALTHING").await.ok()?;
        Some(stream.get_info().await.ok()?.state.messages as usize)
    }
    async fn put_garbage(&self) {
        let context = jetstream(self).await;
        let publish = context.publish("althing.events.x", "garbage".into()).await;
        publish.unwrap().await.unwrap();
    }
}

/// The stream of events on a NATS server, without the library.
pub trait Raw {
    async fn raw(&self) -> async_nats::jetstream::stream::Stream;
}

impl Raw for Nats {
    async fn raw(&self) -> async_nats::jetstream::stream::Stream {
        jetstream(self).await.get_stream("ALTHING").await.unwrap()
    }
}

async fn jetstream(nats: &Nats) -> async_nats::jetstream::Context {
    async_nats::jetstream::new(async_nats::connect(nats.url()).await.unwrap())
}

/// A bus, and what has to stay alive for it.
pub struct Place {
    pub bus: Arc<dyn MessageBus>,
    /// The same stream, for groups whose messages rest for longer than a test lasts.
    pub patient: Arc<dyn MessageBus>,
    server: Option<Box<dyn std::any::Any>>,
}

impl Place {
    /// From here on, memory keeps its own time: nothing that a busy machine does makes
    /// anybody late. A broker's clock cannot be stopped.
    pub fn stop_the_clock(&self) {
        if self.server.is_none() {
            tokio::time::pause();
        }
    }
}

pub async fn memory() -> Place {
    let bus = Arc::new(InMemoryMessageBus::default());
    Place {
        bus: bus.clone(),
        patient: bus,
        server: None,
    }
}

pub async fn on<B: Broker + 'static>() -> Place {
    let broker = B::start().await;
    Place {
        bus: Arc::new(broker.stream()),
        patient: Arc::new(broker.resting(LONG)),
        server: Some(Box::new(broker)),
    }
}
