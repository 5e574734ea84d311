//! One command's changes: new state, new events, own views; committed together.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use althing_db::{Batch, Db, FromRow, Query, Statement, Timestamp, sql};
use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::context::{Context, derived_id};
use crate::core::Core;
use crate::envelope::Envelope;
use crate::event::DomainEvent;
use crate::personal::Keys;
use crate::{Error, Result, personal};

/// Collects what a command changes. Nothing is written, sent or seen by anyone
/// before the commit; everything is, after it.
///
/// Reads go to the database as it was committed; aggregates that this unit of
/// work saved are read back from it.
pub struct UnitOfWork {
    core: Core,
    context: Context,
    now: Timestamp,
    aggregates: HashMap<(&'static str, Uuid), Tracked>,
    saved: Vec<(&'static str, Uuid)>,
    events: Vec<Recorded>,
    statements: Batch,
    /// How many ids a handler's unit of work has given out; `None` for a command's.
    derived_ids: Option<AtomicUsize>,
}

struct Tracked {
    /// The version that was loaded; 0 if it is new.
    version: i64,
    body: String,
    workspace_id: Option<Uuid>,
}

struct Recorded {
    envelope: Envelope,
    data: Value,
    personal: &'static [&'static str],
    subject: Option<Uuid>,
}

/// Ready to be committed.
pub(crate) struct Prepared {
    pub batch: Batch,
    pub events: Vec<Envelope>,
    /// Index of the first event's statement in the batch.
    pub first_event: usize,
}

impl UnitOfWork {
    pub(crate) fn begin(core: &Core, context: Context) -> Self {
        Self {
            core: core.clone(),
            now: core.clock.now(),
            context,
            aggregates: HashMap::new(),
            saved: Vec::new(),
            events: Vec::new(),
            statements: Batch::new(),
            derived_ids: None,
        }
    }

    /// The one unit of work of a delivery: its ids are derived from the event, so
    /// that a handler that runs again makes the same ones.
    pub(crate) fn begin_delivery(core: &Core, context: Context) -> Self {
        Self {
            derived_ids: Some(AtomicUsize::new(0)),
            ..Self::begin(core, context)
        }
    }

    /// The command's time, the same for everything in it.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A new id. A handler that runs again for the same event gets the same ones.
    pub fn new_id(&self) -> Uuid {
        match (&self.derived_ids, &self.context.derive_from) {
            (Some(given), Some((scope, cause))) => derived_id(
                scope,
                *cause,
                given.fetch_add(1, Ordering::Relaxed),
                "new id",
                Uuid::nil(),
            ),
            _ => self.core.ids.next(),
        }
    }

    /// Who acts and why.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Changes who acts and why for what is recorded from now on.
    pub fn context_mut(&mut self) -> &mut Context {
        &mut self.context
    }

    /// The database, for reading.
    pub fn db(&self) -> &Db {
        &self.core.db
    }

    /// Loads an aggregate and remembers the version it saw.
    pub async fn load<A: Aggregate>(&mut self, id: Uuid) -> Result<Option<A>> {
        if !self.aggregates.contains_key(&(A::KIND, id)) {
            let row: Option<(i64, String)> = self.core.db.lookup(find_aggregate(A::KIND, id)).await?;
            let Some((version, body)) = row else {
                return Ok(None);
            };
            self.aggregates.insert(
                (A::KIND, id),
                Tracked {
                    version,
                    body,
                    workspace_id: None,
                },
            );
        }
        let tracked = &self.aggregates[&(A::KIND, id)];
        read_body(A::KIND, &tracked.body).map(Some)
    }

    /// Saves an aggregate at the commit, where its version is still the one that
    /// was loaded; one that was never loaded must be new.
    pub fn save<A: Aggregate>(&mut self, aggregate: &A) -> Result<()> {
        let body = serde_json::to_string(aggregate).map_err(|_| Error::Encode(A::KIND))?;
        let key = (A::KIND, aggregate.id());
        let version = self.aggregates.get(&key).map_or(0, |tracked| tracked.version);
        self.aggregates.insert(
            key,
            Tracked {
                version,
                body,
                workspace_id: aggregate.workspace_id(),
            },
        );
        if !self.saved.contains(&key) {
            self.saved.push(key);
        }
        Ok(())
    }

    /// Records an event: it will exist if and only if the commit succeeds.
    pub fn record<E: DomainEvent>(&mut self, event: &E) -> Result<Uuid> {
        let data = serde_json::to_value(event).map_err(|_| Error::Encode(E::TYPE))?;
        let event_id = match &self.context.derive_from {
            Some((subscription, cause)) => derived_id(
                subscription,
                *cause,
                self.events.len(),
                E::TYPE,
                event.aggregate_id(),
            ),
            None => self.core.ids.next(),
        };
        let metadata =
            serde_json::to_string(&self.context.metadata).map_err(|_| Error::Encode("metadata"))?;
        let envelope = Envelope {
            position: 0,
            event_id,
            event_type: E::TYPE.into(),
            event_version: E::VERSION,
            aggregate_type: E::AGGREGATE.into(),
            aggregate_id: event.aggregate_id(),
            aggregate_seq: 0,
            workspace_id: self.context.workspace,
            actor_id: self.context.actor,
            correlation_id: self.context.correlation,
            causation_id: self.context.causation,
            trace: self.context.trace.clone(),
            metadata: metadata.into(),
            data: "".into(),
            occurred_at: self.now,
        };
        self.events.push(Recorded {
            envelope,
            data,
            personal: E::PERSONAL,
            subject: event.subject(),
        });
        Ok(event_id)
    }

    /// Types of the events recorded so far.
    pub fn recorded_types(&self) -> Vec<&str> {
        self.events
            .iter()
            .map(|recorded| &*recorded.envelope.event_type)
            .collect()
    }

    /// Adds a statement, for example for the context's own view of its events.
    pub fn execute(&mut self, statement: Statement) {
        self.statements.run(statement);
    }

    /// Removes an aggregate that was loaded, where its version is still the one that was
    /// loaded. It must not be saved in the same unit of work.
    pub fn remove<A: Aggregate>(&mut self, aggregate: &A) {
        let id = aggregate.id();
        let tracked = self.aggregates.remove(&(A::KIND, id));
        self.saved.retain(|saved| *saved != (A::KIND, id));
        self.statements.expect(
            1,
            A::KIND,
            sql("DELETE FROM aggregate WHERE kind = $1 AND id = $2 AND version = $3")
                .bind(A::KIND)
                .bind(id)
                .bind(tracked.map_or(0, |tracked| tracked.version)),
        );
    }

    /// Deletes the person's key with this commit: whatever was sealed under it can never be
    /// read again, in the log and everywhere it was copied to.
    pub fn erase_subject(&mut self, subject: Uuid) {
        for statement in personal::erasing(subject) {
            self.statements.run(statement);
        }
    }

    /// Adds a statement that must change exactly `rows` rows, else the command is
    /// a conflict and is decided again.
    pub fn expect(&mut self, rows: usize, tag: &'static str, statement: Statement) {
        self.statements.expect(rows, tag, statement);
    }

    /// Everything as one batch: aggregates with their version checks, events, views.
    pub(crate) async fn prepare(self) -> Result<Prepared> {
        let mut batch = Batch::new();
        if let Some((tag, statement)) = self.context.guard {
            batch.expect(1, tag, statement);
        }
        for key in &self.saved {
            let (kind, id) = *key;
            let tracked = &self.aggregates[key];
            batch.expect(1, kind, write_aggregate(kind, id, tracked));
        }
        let mut events = Vec::with_capacity(self.events.len());
        let mut keys = Keys::default();
        for mut recorded in self.events {
            if let (Some(subject), false) = (recorded.subject, recorded.personal.is_empty()) {
                let key = keys.for_sealing(&self.core.db, &mut batch, subject).await?;
                personal::seal(
                    &mut recorded.data,
                    recorded.personal,
                    &key,
                    recorded.envelope.event_id,
                );
            }
            recorded.envelope.data = recorded.data.to_string().into();
            events.push(recorded.envelope);
        }
        let first_event = batch.len();
        for event in &events {
            batch.returning(crate::log::insert(event, self.now));
        }
        batch.append(self.statements);
        Ok(Prepared {
            batch,
            events,
            first_event,
        })
    }

    /// Whether committing would write nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.saved.is_empty() && self.events.is_empty() && self.statements.is_empty()
    }
}

/// Reads see what is committed, not this unit of work's own statements.
impl Query for UnitOfWork {
    async fn fetch<T: FromRow + Send + 'static>(&self, statement: Statement) -> althing_db::Result<Vec<T>> {
        self.core.db.fetch(statement).await
    }
}

fn find_aggregate(kind: &'static str, id: Uuid) -> Statement {
    sql("SELECT version, body FROM aggregate WHERE kind = $1 AND id = $2")
        .for_many(
            "SELECT a.version, a.body, v.place FROM unnest($1::TEXT[], $2::TEXT[]) WITH ORDINALITY AS v(kind, id, place) \
             JOIN aggregate AS a ON a.kind = v.kind AND a.id = v.id",
        )
        .bind(kind)
        .bind(id)
}

fn write_aggregate(kind: &'static str, id: Uuid, tracked: &Tracked) -> Statement {
    if tracked.version == 0 {
        return sql(
            "INSERT INTO aggregate (kind, id, workspace_id, version, body) VALUES ($1, $2, $3, 1, $4) \
             ON CONFLICT (kind, id) DO NOTHING",
        )
        .for_many(
            "INSERT INTO aggregate (kind, id, workspace_id, version, body) \
             SELECT v.kind, v.id, v.workspace_id, 1, v.body \
             FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::TEXT[]) AS v(kind, id, workspace_id, body) \
             ON CONFLICT (kind, id) DO NOTHING",
        )
        .bind(kind)
        .bind(id)
        .bind(tracked.workspace_id)
        .bind(tracked.body.as_str());
    }
    sql("UPDATE aggregate SET version = version + 1, body = $1, workspace_id = $2 WHERE kind = $3 AND id = $4 AND version = $5")
        .for_many(
            "UPDATE aggregate AS a SET version = a.version + 1, body = v.body, workspace_id = v.workspace_id \
             FROM (SELECT * FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::BIGINT[]) \
             AS u(body, workspace_id, kind, id, version) ORDER BY kind, id) AS v \
             WHERE a.kind = v.kind AND a.id = v.id AND a.version = v.version",
        )
        .bind(tracked.body.as_str())
        .bind(tracked.workspace_id)
        .bind(kind)
        .bind(id)
        .bind(tracked.version)
}

/// Loads an aggregate for reading only.
pub async fn read_aggregate<A: Aggregate>(on: &impl Query, id: Uuid) -> Result<Option<A>> {
    let body: Option<String> = sql("SELECT body FROM aggregate WHERE kind = $1 AND id = $2")
        .bind(A::KIND)
        .bind(id)
        .optional(on)
        .await?;
    body.map(|body| read_body(A::KIND, &body)).transpose()
}

/// Reads the JSON document of an aggregate, naming line and column if it does not fit.
pub fn read_body<A: Aggregate>(kind: &'static str, body: &str) -> Result<A> {
    serde_json::from_str(body).map_err(|error| Error::Aggregate {
        kind,
        line: error.line(),
        column: error.column(),
    })
}
