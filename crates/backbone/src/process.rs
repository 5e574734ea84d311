//! Processes (sagas): a state per key, moved by events and timers.
//!
//! State, timers, recorded events and the checkpoint are one commit, so a
//! process sees each event exactly once and a timer fires exactly once: firing
//! compares and deletes the setting of the timer in the same transaction.

use std::collections::HashMap;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::Arc;

use althing_db::{FromRow, Row, Statement, Timestamp, sql};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::context::{Context, derived_id};
use crate::core::Core;
use crate::event::DomainEvent;
use crate::extract::{Delivery, Event, States, Uow};
use crate::handler::{HandlerResult, HandlerService, service_from};
use crate::subscription::{Retry, Subscription, process_subscription};
use crate::unit_of_work::UnitOfWork;

/// The state of one key. Derive it with [`macro@crate::Process`].
pub trait Process: Default + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The subscription's name.
    const NAME: &'static str;
    /// What instances are told apart by.
    type Key: Copy + Into<Uuid> + Send;
}

/// What a process does on an event.
pub trait On<E: DomainEvent>: Process {
    /// Which instance the event belongs to.
    fn key(event: &E) -> Self::Key;
    /// Moves the state; what is recorded in `cx` is committed with it.
    fn on(&mut self, event: E, cx: &mut ProcessContext) -> impl Future<Output = HandlerResult> + Send;
}

/// What a process does when a timer is due.
pub trait OnTimer: Process {
    /// Moves the state; what is recorded in `cx` is committed with it.
    fn on_timer(
        &mut self,
        timer: &Timer,
        cx: &mut ProcessContext,
    ) -> impl Future<Output = HandlerResult> + Send;
}

/// A timer that is due.
#[derive(Clone, Debug)]
pub struct Timer {
    /// Its name within the instance.
    pub name: String,
    /// When it was due.
    pub due_at: Timestamp,
    /// What was given when it was set.
    pub payload: serde_json::Value,
    key: Uuid,
    /// Which setting of the timer this is; moved or set again, it has another.
    set_id: Uuid,
    correlation: Uuid,
    causation: Uuid,
}

impl Timer {
    /// Which instance it belongs to.
    pub fn key(&self) -> Uuid {
        self.key
    }
}

impl FromRow for Timer {
    fn from_row(row: &Row<'_>) -> althing_db::Result<Self> {
        Ok(Self {
            key: row.get(0)?,
            name: row.get(1)?,
            set_id: row.get(2)?,
            due_at: row.get(3)?,
            payload: row.get(4)?,
            correlation: row.get(5)?,
            causation: row.get(6)?,
        })
    }
}

/// A process's hands: record events, run commands, set and cancel timers.
pub struct ProcessContext {
    work: Work,
    process: &'static str,
    key: Uuid,
    finished: bool,
    states: Arc<States>,
}

enum Work {
    Delivered(Box<Uow>),
    Fired(Box<UnitOfWork>),
}

impl Deref for ProcessContext {
    type Target = UnitOfWork;
    fn deref(&self) -> &UnitOfWork {
        match &self.work {
            Work::Delivered(uow) => uow,
            Work::Fired(uow) => uow,
        }
    }
}

impl DerefMut for ProcessContext {
    fn deref_mut(&mut self) -> &mut UnitOfWork {
        match &mut self.work {
            Work::Delivered(uow) => uow,
            Work::Fired(uow) => uow,
        }
    }
}

impl ProcessContext {
    /// Which instance this is.
    pub fn key(&self) -> Uuid {
        self.key
    }

    /// A value that was given to the process with [`ProcessBuilder::state`]. What it
    /// reaches outside is reached at least once: a handler whose commit fails runs again.
    pub fn state<T: Clone + Send + Sync + 'static>(&self) -> HandlerResult<T> {
        self.states.wanted(self.process)
    }

    /// Sets (or moves) the timer `name` of this instance.
    pub fn set_timer(&mut self, name: &str, due_at: Timestamp, payload: serde_json::Value) {
        let cause = self.context().causation.unwrap_or(self.context().correlation);
        let set_id = match &self.context().derive_from {
            Some((scope, cause)) => derived_id(scope, *cause, 0, name, self.key),
            None => self.new_id(),
        };
        let statement = sql(
            "INSERT INTO timer (process, key, name, set_id, due_at, payload, correlation_id, causation_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (process, key, name) DO UPDATE SET \
             set_id = excluded.set_id, due_at = excluded.due_at, payload = excluded.payload, \
             correlation_id = excluded.correlation_id, causation_id = excluded.causation_id",
        )
        .bind(self.process)
        .bind(self.key)
        .bind(name)
        .bind(set_id)
        .bind(due_at)
        .bind(payload.to_string())
        .bind(self.context().correlation)
        .bind(cause);
        self.execute(statement);
    }

    /// Cancels the timer `name` of this instance, if it is set.
    pub fn cancel_timer(&mut self, name: &str) {
        let statement = sql("DELETE FROM timer WHERE process = $1 AND key = $2 AND name = $3")
            .bind(self.process)
            .bind(self.key)
            .bind(name);
        self.execute(statement);
    }

    /// This instance is done: its state and its timers are removed.
    pub fn finish(&mut self) {
        self.finished = true;
    }
}

/// Builds the subscription of a process.
#[must_use]
pub struct ProcessBuilder<P> {
    handlers: HashMap<&'static str, HandlerService>,
    timers: Timers,
    retry: Retry,
    lanes: usize,
    states: States,
    marker: PhantomData<P>,
}

/// A process (saga), wired event by event.
pub fn process<P: Process>() -> ProcessBuilder<P> {
    let nothing: Fire = Arc::new(|_, _, _| Box::pin(async { Ok(None) }));
    ProcessBuilder {
        handlers: HashMap::new(),
        timers: Timers { fire: nothing },
        retry: Retry::exponential(),
        lanes: 1,
        states: States::default(),
        marker: PhantomData,
    }
}

impl<P: Process> ProcessBuilder<P> {
    /// Listens to `E`.
    pub fn on<E: DomainEvent>(mut self) -> Self
    where
        P: On<E>,
    {
        let handler = service_from(|delivery| Box::pin(deliver::<P, E>(delivery)));
        let replaced = self.handlers.insert(E::TYPE, handler);
        assert!(replaced.is_none(), "{} listens to {} twice", P::NAME, E::TYPE);
        self
    }

    /// Lets its timers fire.
    pub fn with_timers(mut self) -> Self
    where
        P: OnTimer,
    {
        self.timers = Timers {
            fire: Arc::new(|core, states, timer| Box::pin(fire::<P>(core, states, timer))),
        };
        self
    }

    /// When to try again.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Gives its handlers a value to take with [`ProcessContext::state`].
    pub fn state<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.states.insert(value);
        self
    }

    /// How many events may be under way at once, each of another aggregate; 1 unless
    /// set. With more, events of different aggregates that belong to one instance
    /// may reach it in another order than they have in the log.
    pub fn lanes(mut self, lanes: usize) -> Self {
        self.lanes = lanes.max(1);
        self
    }
}

impl<P: Process> From<ProcessBuilder<P>> for Subscription {
    fn from(builder: ProcessBuilder<P>) -> Self {
        Subscription {
            states: Arc::new(builder.states),
            ..process_subscription::<P>(builder.handlers, builder.timers, builder.retry, builder.lanes)
        }
    }
}

type Fired = Pin<Box<dyn Future<Output = HandlerResult<Option<UnitOfWork>>> + Send>>;
type Fire = Arc<dyn Fn(Core, Arc<States>, Timer) -> Fired + Send + Sync>;

/// How the timers of a process are fired.
#[derive(Clone)]
pub(crate) struct Timers {
    fire: Fire,
}

impl Timers {
    /// The next timer of a process, due or not.
    pub async fn next(core: &Core, process: &str) -> crate::Result<Option<Timer>> {
        Ok(sql(
            "SELECT key, name, set_id, due_at, payload, correlation_id, causation_id FROM timer \
                WHERE process = $1 ORDER BY due_at LIMIT 1",
        )
        .bind(process)
        .optional(&core.db)
        .await?)
    }

    /// The unit of work of firing it, which deletes exactly this setting of it.
    pub async fn fire(
        &self,
        core: &Core,
        states: &Arc<States>,
        timer: Timer,
    ) -> HandlerResult<Option<UnitOfWork>> {
        (self.fire)(core.clone(), states.clone(), timer).await
    }

    /// Whether this setting of the timer is still there.
    pub async fn is_set(core: &Core, process: &str, timer: &Timer) -> crate::Result<bool> {
        let found: Option<i64> =
            sql("SELECT 1 FROM timer WHERE process = $1 AND key = $2 AND name = $3 AND set_id = $4")
                .bind(process)
                .bind(timer.key)
                .bind(timer.name.as_str())
                .bind(timer.set_id)
                .optional(&core.db)
                .await?;
        Ok(found.is_some())
    }

    /// Deletes this setting of the timer.
    pub fn remove(process: &str, timer: &Timer) -> Statement {
        sql("DELETE FROM timer WHERE process = $1 AND key = $2 AND name = $3 AND set_id = $4")
            .bind(process)
            .bind(timer.key)
            .bind(timer.name.as_str())
            .bind(timer.set_id)
    }

    /// Lets this setting of the timer fire later.
    pub fn move_to(process: &str, timer: &Timer, due_at: Timestamp) -> Statement {
        sql("UPDATE timer SET due_at = $1 WHERE process = $2 AND key = $3 AND name = $4 AND set_id = $5")
            .bind(due_at)
            .bind(process)
            .bind(timer.key)
            .bind(timer.name.as_str())
            .bind(timer.set_id)
    }
}

async fn deliver<P: Process + On<E>, E: DomainEvent>(delivery: Delivery) -> HandlerResult {
    let Event(event) = Event::<E>::of(&delivery).await?;
    let key = P::key(&event).into();
    let mut cx = ProcessContext {
        work: Work::Delivered(Box::new(Uow::for_delivery(&delivery)?)),
        process: P::NAME,
        key,
        finished: false,
        states: delivery.states.clone(),
    };
    let (mut state, stored) = load::<P>(&cx, key).await?;
    state.on(event, &mut cx).await?;
    save(&mut cx, &stored, &state)
}

async fn fire<P: Process + OnTimer>(
    core: Core,
    states: Arc<States>,
    timer: Timer,
) -> HandlerResult<Option<UnitOfWork>> {
    let mut context = Context::of_system(P::NAME, timer.correlation);
    context.causation = Some(timer.causation);
    context.derive_from = Some((
        format!("{}/{}/{}/{}", P::NAME, timer.key, timer.name, timer.set_id),
        timer.causation,
    ));
    let mut uow = UnitOfWork::begin_delivery(&core, context);
    uow.expect(1, "timer", Timers::remove(P::NAME, &timer));
    let mut cx = ProcessContext {
        work: Work::Fired(Box::new(uow)),
        process: P::NAME,
        key: timer.key,
        finished: false,
        states,
    };
    let (mut state, stored) = load::<P>(&cx, timer.key).await?;
    state.on_timer(&timer, &mut cx).await?;
    save(&mut cx, &stored, &state)?;
    Ok(match cx.work {
        Work::Fired(uow) => Some(*uow),
        Work::Delivered(_) => None,
    })
}

/// The stored state of an instance; a new one has version 0.
struct Stored {
    version: i64,
    body: String,
}

async fn load<P: Process>(cx: &ProcessContext, key: Uuid) -> HandlerResult<(P, Stored)> {
    let row: Option<(i64, String)> =
        sql("SELECT version, state FROM process_state WHERE name = $1 AND key = $2")
            .bind(P::NAME)
            .bind(key)
            .optional(cx.db())
            .await?;
    Ok(match row {
        Some((version, body)) => (serde_json::from_str(&body)?, Stored { version, body }),
        None => (
            P::default(),
            Stored {
                version: 0,
                body: String::new(),
            },
        ),
    })
}

fn save<P: Process>(cx: &mut ProcessContext, stored: &Stored, state: &P) -> HandlerResult {
    let (key, version) = (cx.key, stored.version);
    if cx.finished {
        cx.execute(
            sql("DELETE FROM timer WHERE process = $1 AND key = $2")
                .bind(P::NAME)
                .bind(key),
        );
        let delete = sql("DELETE FROM process_state WHERE name = $1 AND key = $2 AND version = $3")
            .bind(P::NAME)
            .bind(key)
            .bind(version);
        cx.expect(usize::from(version > 0), "process state", delete);
        return Ok(());
    }
    let body = serde_json::to_string(state)?;
    if version > 0 && body == stored.body {
        return Ok(());
    }
    let statement = if version == 0 {
        sql("INSERT INTO process_state (name, key, version, state) VALUES ($1, $2, 1, $3) ON CONFLICT (name, key) DO NOTHING")
            .bind(P::NAME)
            .bind(key)
            .bind(body)
    } else {
        sql("UPDATE process_state SET version = version + 1, state = $3 WHERE name = $1 AND key = $2 AND version = $4")
            .bind(P::NAME)
            .bind(key)
            .bind(body)
            .bind(version)
    };
    cx.expect(1, "process state", statement);
    Ok(())
}
