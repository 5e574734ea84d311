//! The writer thread. Whatever waits while one fsync is under way shares the next.

use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::store::bind;
use crate::batch::{AfterCommit, Step, Wish};
use crate::stats::Counters;
use crate::{Batch, Error, Outcome, Result, Value};

/// At most this many batches share a commit, so that nobody waits without end.
const LARGEST_GROUP: usize = 1_000;
/// A session that is silent for this long is rolled back.
const SESSION_PATIENCE: Duration = Duration::from_secs(10);

pub(super) enum Job {
    Batch {
        batch: Batch,
        reply: oneshot::Sender<Result<Vec<Outcome>>>,
    },
    Session {
        inbox: mpsc::Receiver<Operation>,
    },
}

pub(super) enum Operation {
    Run(Box<dyn FnOnce(&Connection) + Send>),
    End(Ending),
}

pub(super) struct Ending {
    pub after: Box<dyn FnOnce() + Send>,
    pub reply: oneshot::Sender<Result<()>>,
}

/// Work that is in the open transaction and waits for its commit.
enum Pending {
    Batch {
        outcomes: Vec<Outcome>,
        after: Option<AfterCommit>,
        reply: oneshot::Sender<Result<Vec<Outcome>>>,
    },
    Session(Ending),
    /// Undone already. Who is refused may be so because of what another batch of
    /// the group wrote, and must see it committed before trying again.
    Refused {
        error: Error,
        reply: oneshot::Sender<Result<Vec<Outcome>>>,
    },
}

impl Pending {
    fn is_refused(&self) -> bool {
        matches!(self, Pending::Refused { .. })
    }
}

pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    pub fn start(connection: Connection, counters: Arc<Counters>) -> Result<Self> {
        let (jobs, inbox) = mpsc::channel();
        std::thread::Builder::new()
            .name("althing-writer".into())
            .spawn(move || run(&connection, &inbox, &counters))
            .map_err(Error::File)?;
        Ok(Self { jobs })
    }

    pub fn send(&self, job: Job) -> Result<()> {
        self.jobs.send(job).map_err(|_| Error::Closed)
    }
}

fn run(connection: &Connection, inbox: &mpsc::Receiver<Job>, counters: &Counters) {
    while let Ok(first) = inbox.recv() {
        if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            refuse(first, Error::from(error));
            continue;
        }
        let mut pending = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            process(connection, job, &mut pending, counters);
            if connection.is_autocommit() {
                // SQLite itself gave up the whole transaction (disk full, I/O error).
                break;
            }
            next = if pending.len() < LARGEST_GROUP {
                waiting(inbox)
            } else {
                None
            };
        }
        finish(connection, pending, counters);
    }
}

/// The next job that is already there. Callers that were just answered by the
/// previous commit need a moment to come back: one yield lets them.
fn waiting(inbox: &mpsc::Receiver<Job>) -> Option<Job> {
    inbox.try_recv().ok().or_else(|| {
        std::thread::yield_now();
        inbox.try_recv().ok()
    })
}

fn refuse(job: Job, error: Error) {
    match job {
        // Nobody waits for the answer of a dropped receiver.
        Job::Batch { reply, .. } => drop(reply.send(Err(error))),
        // Dropping the inbox tells the session.
        Job::Session { .. } => tracing::error!(%error, "could not begin a write transaction"),
    }
}

fn process(connection: &Connection, job: Job, pending: &mut Vec<Pending>, counters: &Counters) {
    if let Err(error) = savepoint(connection, "SAVEPOINT command") {
        return refuse(job, error);
    }
    match job {
        Job::Batch { batch, reply } => {
            counters
                .statements
                .fetch_add(batch.steps.len() as u64, Ordering::Relaxed);
            let outcomes: Result<Vec<_>> = batch
                .steps
                .iter()
                .map(|step| run_step(connection, step))
                .collect();
            match outcomes.and_then(|outcomes| savepoint(connection, "RELEASE command").map(|()| outcomes)) {
                Ok(outcomes) => pending.push(Pending::Batch {
                    outcomes,
                    after: batch.after,
                    reply,
                }),
                Err(error) => {
                    undo(connection);
                    pending.push(Pending::Refused { error, reply });
                }
            }
        }
        Job::Session { inbox } => match serve(connection, &inbox, counters) {
            Some(ending) => match savepoint(connection, "RELEASE command") {
                Ok(()) => pending.push(Pending::Session(ending)),
                Err(error) => {
                    undo(connection);
                    drop(ending.reply.send(Err(error)));
                }
            },
            None => undo(connection),
        },
    }
}

fn serve(connection: &Connection, inbox: &mpsc::Receiver<Operation>, counters: &Counters) -> Option<Ending> {
    loop {
        match inbox.recv_timeout(SESSION_PATIENCE) {
            Ok(Operation::Run(work)) => {
                counters.statements.fetch_add(1, Ordering::Relaxed);
                work(connection);
            }
            Ok(Operation::End(ending)) => return Some(ending),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                tracing::warn!("a write session was idle for too long and is rolled back");
                return None;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
        }
    }
}

fn finish(connection: &Connection, pending: Vec<Pending>, counters: &Counters) {
    let failure = if connection.is_autocommit() {
        Some("the database gave up the transaction".to_owned())
    } else if pending.iter().all(Pending::is_refused) {
        // Every job of the group was refused: there is nothing to make durable.
        connection
            .execute_batch("ROLLBACK")
            .err()
            .map(|error| error.to_string())
    } else {
        connection.execute_batch("COMMIT").err().map(|error| {
            if !connection.is_autocommit() {
                undo_all(connection);
            }
            error.to_string()
        })
    };
    let written = pending.iter().filter(|item| !item.is_refused()).count();
    if failure.is_none() && written > 0 {
        counters.commits.fetch_add(1, Ordering::Relaxed);
        counters.batches.fetch_add(written as u64, Ordering::Relaxed);
    }
    for item in pending {
        answer(item, failure.as_deref());
    }
}

/// Callers that stopped waiting are no fault, so a failed send is ignored.
fn answer(item: Pending, failure: Option<&str>) {
    match (item, failure) {
        (
            Pending::Batch {
                outcomes,
                after,
                reply,
            },
            None,
        ) => {
            if let Some(after) = after {
                guarded(|| after(&outcomes));
            }
            drop(reply.send(Ok(outcomes)));
        }
        (Pending::Session(ending), None) => {
            guarded(ending.after);
            drop(ending.reply.send(Ok(())));
        }
        (Pending::Refused { error, reply }, _) => drop(reply.send(Err(error))),
        (Pending::Batch { reply, .. }, Some(text)) => drop(reply.send(Err(commit_failed(text)))),
        (Pending::Session(ending), Some(text)) => drop(ending.reply.send(Err(commit_failed(text)))),
    }
}

fn commit_failed(text: &str) -> Error {
    Error::CommitFailed(text.to_owned())
}

/// A hook that panics must not take the writer with it: the commit has happened.
fn guarded(hook: impl FnOnce()) {
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(hook)).is_err() {
        tracing::error!("a hook panicked after its commit");
    }
}

fn savepoint(connection: &Connection, text: &str) -> Result<()> {
    connection.prepare_cached(text)?.raw_execute()?;
    Ok(())
}

fn undo(connection: &Connection) {
    if connection.is_autocommit() {
        return;
    }
    if let Err(error) = connection.execute_batch("ROLLBACK TO command; RELEASE command") {
        tracing::error!(%error, "could not undo a command; the whole group is rolled back");
        undo_all(connection);
    }
}

fn undo_all(connection: &Connection) {
    if let Err(error) = connection.execute_batch("ROLLBACK") {
        tracing::error!(%error, "could not roll back");
    }
}

pub(super) fn run_step(connection: &Connection, step: &Step) -> Result<Outcome> {
    let mut prepared = connection.prepare_cached(step.statement.text())?;
    bind(&mut prepared, &step.statement)?;
    if let Wish::Returning = step.wish {
        let columns = prepared.column_count();
        let mut rows = prepared.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let values = (0..columns)
                .map(|index| Ok(owned(row.get_ref(index)?)))
                .collect::<Result<Vec<_>>>()?;
            found.push(values);
        }
        return Ok(Outcome {
            affected: found.len(),
            rows: found,
        });
    }
    let affected = prepared.raw_execute()?;
    match step.wish {
        Wish::Rows(wanted, tag) if affected != wanted => Err(Error::Conflict { tag }),
        _ => Ok(Outcome {
            affected,
            rows: Vec::new(),
        }),
    }
}

fn owned(value: rusqlite::types::ValueRef<'_>) -> Value {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}
