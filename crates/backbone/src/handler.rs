//! Handlers: plain async functions, compiled down to one object-safe form.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use tower::util::BoxCloneSyncService;
use tower::{Layer, Service};

use crate::event::{DecodeError, DomainEvent};
use crate::extract::{Delivery, Event, Extract};

tokio::task_local! {
    /// Set while a handler runs.
    static DELIVERING: ();
}

/// Whether a handler is what runs here.
pub(crate) fn is_delivering() -> bool {
    DELIVERING.try_with(|()| ()).is_ok()
}

/// What a handler answers. `?` on any error makes it transient.
pub type HandlerResult<T = ()> = Result<T, HandlerError>;

/// Why a handler did not do its work.
pub struct HandlerError {
    pub(crate) permanent: bool,
    pub(crate) source: anyhow::Error,
}

impl HandlerError {
    /// Trying again later may help; the event is retried, then dead-lettered.
    pub fn transient(source: impl Into<anyhow::Error>) -> Self {
        Self {
            permanent: false,
            source: source.into(),
        }
    }

    /// Trying again cannot help; the event is dead-lettered at once.
    pub fn permanent(source: impl Into<anyhow::Error>) -> Self {
        Self {
            permanent: true,
            source: source.into(),
        }
    }

    /// Whether trying again is pointless.
    pub fn is_permanent(&self) -> bool {
        self.permanent
    }
}

impl<E: Into<anyhow::Error>> From<E> for HandlerError {
    fn from(error: E) -> Self {
        let source = error.into();
        // What cannot be decoded now cannot be decoded in a minute either. A newer
        // version is dead-lettered too: redelivered, it goes through once this
        // build is replaced, and its key waits until then.
        let permanent = source
            .downcast_ref::<DecodeError>()
            .is_some_and(|error| !matches!(error, DecodeError::Personal { .. }));
        Self { permanent, source }
    }
}

/// The whole chain of causes. Error texts never contain payloads.
impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.source)
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The object-safe form of every handler: a cloneable service from a delivery to nothing.
pub type HandlerService = BoxCloneSyncService<Delivery, (), HandlerError>;

/// An async function `(Event<E>, extractors …) -> HandlerResult`.
///
/// It says nothing about what the extractors may be; that is [`AllowedIn`]'s
/// matter, so that the compiler's message names the argument that is wrong.
pub trait HandlerFn<Arguments>: Clone + Send + Sync + 'static {
    /// The event of the first argument.
    type Event: DomainEvent;
    /// Calls the function.
    fn call(&self, arguments: Arguments) -> impl Future<Output = HandlerResult> + Send;
}

/// Arguments that a subscription of kind `K` may ask for.
pub trait AllowedIn<K>: Sized + Send {
    /// Makes the arguments for one delivery.
    fn extract(delivery: &Delivery) -> impl Future<Output = HandlerResult<Self>> + Send;
}

macro_rules! handler_functions {
    ($(($($argument:ident),*))+) => {$(
        impl<F, Fut, E, $($argument),*> HandlerFn<(Event<E>, $($argument,)*)> for F
        where
            F: Fn(Event<E>, $($argument),*) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future<Output = HandlerResult> + Send,
            E: DomainEvent,
        {
            type Event = E;
            #[expect(clippy::allow_attributes, reason = "without arguments the lint inside does not fire")]
            #[allow(non_snake_case, reason = "the macro names arguments after their types")]
            fn call(&self, (event, $($argument,)*): (Event<E>, $($argument,)*)) -> impl Future<Output = HandlerResult> + Send {
                self(event, $($argument),*)
            }
        }

        impl<K, E, $($argument),*> AllowedIn<K> for (Event<E>, $($argument,)*)
        where
            E: DomainEvent,
            $($argument: Extract<K> + Send,)*
        {
            async fn extract(delivery: &Delivery) -> HandlerResult<Self> {
                Ok((Event::of(delivery).await?, $($argument::extract(delivery).await?,)*))
            }
        }
    )+};
}
handler_functions! {
    ()
    (A)
    (A, B)
    (A, B, C)
    (A, B, C, D)
    (A, B, C, D, G)
}

/// Turns a handler function into its object-safe form.
pub(crate) fn service_of<K, F, Arguments>(function: F) -> HandlerService
where
    K: 'static,
    F: HandlerFn<Arguments>,
    Arguments: AllowedIn<K> + 'static,
{
    BoxCloneSyncService::new(FunctionService {
        function,
        marker: PhantomData::<fn() -> (K, Arguments)>,
    })
}

struct FunctionService<K, F, Arguments> {
    function: F,
    marker: PhantomData<fn() -> (K, Arguments)>,
}

impl<K, F: Clone, Arguments> Clone for FunctionService<K, F, Arguments> {
    fn clone(&self) -> Self {
        Self {
            function: self.function.clone(),
            marker: PhantomData,
        }
    }
}

type BoxedResult = Pin<Box<dyn Future<Output = HandlerResult> + Send>>;

impl<K, F, Arguments> Service<Delivery> for FunctionService<K, F, Arguments>
where
    F: HandlerFn<Arguments>,
    Arguments: AllowedIn<K>,
{
    type Response = ();
    type Error = HandlerError;
    type Future = BoxedResult;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), HandlerError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, delivery: Delivery) -> BoxedResult {
        let function = self.function.clone();
        Box::pin(DELIVERING.scope((), async move {
            let arguments = Arguments::extract(&delivery).await?;
            drop(delivery);
            function.call(arguments).await
        }))
    }
}

/// A closure over deliveries as a service; processes are built from it.
pub(crate) fn service_from(work: impl Fn(Delivery) -> BoxedResult + Send + Sync + 'static) -> HandlerService {
    let work = Arc::new(work);
    BoxCloneSyncService::new(tower::service_fn(move |delivery| work(delivery)))
}

/// A layer that gives each call at most this long; then it counts as a transient failure.
#[derive(Clone, Copy, Debug)]
pub struct Timeout(Duration);

impl Timeout {
    /// A limit in seconds.
    pub fn secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// Any limit.
    pub fn of(limit: Duration) -> Self {
        Self(limit)
    }
}

impl<S> Layer<S> for Timeout {
    type Service = TimeoutService<S>;
    fn layer(&self, inner: S) -> Self::Service {
        TimeoutService { inner, limit: self.0 }
    }
}

/// See [`Timeout`].
#[derive(Clone, Debug)]
pub struct TimeoutService<S> {
    inner: S,
    limit: Duration,
}

impl<S> Service<Delivery> for TimeoutService<S>
where
    S: Service<Delivery, Response = (), Error = HandlerError>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = HandlerError;
    type Future = BoxedResult;

    fn poll_ready(&mut self, context: &mut TaskContext<'_>) -> Poll<Result<(), HandlerError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, delivery: Delivery) -> BoxedResult {
        let call = self.inner.call(delivery);
        let limit = self.limit;
        Box::pin(async move {
            tokio::time::timeout(limit, call).await.unwrap_or_else(|_| {
                Err(HandlerError::transient(anyhow::anyhow!(
                    "took longer than {limit:?}"
                )))
            })
        })
    }
}
