//! The writer thread. Whatever waits while one fsync is under way shares the next.

use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{Counters, bind};
use crate::batch::{AfterCommit, Step, Wish};
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
    let mut prepared = connection.prepare_cached(&step.statement.text)?;
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

#[cfg(test)]
mod tests {
    use crate::{Batch, Db, Error, sql};

    async fn table() -> Db {
        let db = Db::temporary().await.unwrap();
        let mut batch = Batch::new();
        batch.run(sql("CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT NOT NULL)"));
        db.commit(batch).await.unwrap();
        db
    }

    async fn names(db: &Db) -> Vec<String> {
        sql("SELECT name FROM t ORDER BY id").all(db).await.unwrap()
    }

    #[tokio::test]
    async fn a_batch_is_wholly_written_or_not_at_all() {
        let db = table().await;
        let mut batch = Batch::new();
        batch.run(sql("INSERT INTO t (id, name) VALUES (1, 'a')"));
        batch.expect(1, "t", sql("UPDATE t SET name = 'b' WHERE id = 99"));
        assert!(matches!(
            db.commit(batch).await,
            Err(Error::Conflict { tag: "t" })
        ));
        assert!(names(&db).await.is_empty());
    }

    #[tokio::test]
    async fn a_refused_batch_does_not_harm_its_group() {
        let db = table().await;
        let commits = (0..64i64).map(|id| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut batch = Batch::new();
                batch.run(sql("INSERT INTO t (id, name) VALUES ($1, 'x')").bind(id));
                if id % 2 == 0 {
                    batch.run(sql("INSERT INTO t (id, name) VALUES ($1, 'again')").bind(id));
                }
                db.commit(batch).await.is_ok()
            })
        });
        let results = futures::future::join_all(commits).await;
        let accepted = results
            .into_iter()
            .filter(|result| *result.as_ref().unwrap())
            .count();
        assert_eq!(accepted, 32);
        assert_eq!(names(&db).await.len(), 32);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn whoever_is_refused_sees_what_refused_it() {
        let db = table().await;
        let mut batch = Batch::new();
        batch.run(sql("INSERT INTO t (id, name) VALUES (1, '0')"));
        db.commit(batch).await.unwrap();
        let adders = (0..8).map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut refused = 0;
                for _ in 0..50 {
                    while !add_one(&db).await {
                        refused += 1;
                    }
                }
                refused
            })
        });
        let refused: usize = futures::future::join_all(adders)
            .await
            .into_iter()
            .map(|adder| adder.unwrap())
            .sum();
        assert!(refused > 0, "they did meet");
        assert_eq!(names(&db).await, ["400"]);
    }

    async fn add_one(db: &Db) -> bool {
        let count = || sql("SELECT name FROM t WHERE id = 1");
        let seen: String = count().one(db).await.unwrap();
        let next = (seen.parse::<i64>().unwrap() + 1).to_string();
        let update = sql("UPDATE t SET name = $1 WHERE id = 1 AND name = $2");
        let mut batch = Batch::new();
        batch.expect(1, "t", update.bind(next).bind(seen.as_str()));
        if db.commit(batch).await.is_ok() {
            return true;
        }
        let now: String = count().one(db).await.unwrap();
        assert_ne!(now, seen, "refused by something that cannot be seen yet");
        false
    }

    #[tokio::test]
    async fn placeholders_bind_by_their_number() {
        let db = table().await;
        let mut batch = Batch::new();
        batch.run(
            sql("INSERT INTO t (name, id) VALUES ($2, $1)")
                .bind(7)
                .bind("seven"),
        );
        db.commit(batch).await.unwrap();
        assert_eq!(
            sql("SELECT id FROM t WHERE name = $1")
                .bind("seven")
                .one::<i64>(&db)
                .await
                .unwrap(),
            7
        );
    }

    #[tokio::test]
    async fn a_panic_while_reading_a_row_or_after_a_commit_does_not_stop_the_writer() {
        #[derive(Debug)]
        struct Explosive;
        impl crate::FromRow for Explosive {
            fn from_row(_: &crate::Row<'_>) -> crate::Result<Self> {
                panic!("this row cannot be read")
            }
        }
        let db = table().await;
        let mut batch = Batch::new();
        batch.run(sql("INSERT INTO t (id, name) VALUES (1, 'a')"));
        batch.after_commit(|_| panic!("this hook is broken"));
        db.commit(batch).await.unwrap();
        let session = db.write_session().await.unwrap();
        let read = sql("SELECT id FROM t").all::<Explosive>(&session).await;
        assert!(matches!(read, Err(Error::Panicked)));
        drop(session);
        let mut batch = Batch::new();
        batch.run(sql("INSERT INTO t (id, name) VALUES (2, 'b')"));
        db.commit(batch).await.unwrap();
        assert_eq!(names(&db).await, ["a", "b"]);
    }

    #[tokio::test]
    async fn waiting_batches_share_commits_and_each_is_answered_in_order() {
        let db = table().await;
        let before = db.stats();
        let order = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let commits = (0..500i64).map(|id| {
            let (db, order) = (db.clone(), order.clone());
            async move {
                let mut batch = Batch::new();
                batch.returning(sql("INSERT INTO t (id, name) VALUES ($1, 'x') RETURNING id").bind(id));
                batch.after_commit(move |outcomes| {
                    order.lock().unwrap().push(outcomes[0].integer(0, 0).unwrap())
                });
                db.commit(batch).await.unwrap()[0].integer(0, 0).unwrap()
            }
        });
        let answers = futures::future::join_all(commits).await;
        assert_eq!(answers, (0..500).collect::<Vec<_>>());
        assert_eq!(*order.lock().unwrap(), answers);
        let after = db.stats();
        assert_eq!(after.batches - before.batches, 500);
        assert!(
            after.commits - before.commits < 500,
            "{} commits",
            after.commits - before.commits
        );
    }

    #[tokio::test]
    async fn errors_tell_whether_the_statement_is_to_blame() {
        let db = table().await;
        let mut wrong = Batch::new();
        wrong.run(sql("INSERT INTO nowhere (id) VALUES (1)"));
        assert!(db.commit(wrong).await.unwrap_err().is_fault_of_statement());
        let mut empty = Batch::new();
        empty.run(sql("INSERT INTO t (id, name) VALUES (1, $1)").bind(None::<i64>));
        assert!(db.commit(empty).await.unwrap_err().is_fault_of_statement());
        assert!(!Error::CommitFailed("disk I/O error".into()).is_fault_of_statement());
        assert!(!Error::SessionExpired.is_fault_of_statement());
    }

    #[tokio::test]
    async fn a_session_reads_its_own_writes_and_is_undone_when_dropped() {
        let db = table().await;
        let session = db.write_session().await.unwrap();
        session
            .execute(sql("INSERT INTO t (id, name) VALUES (1, 'a')"))
            .await
            .unwrap();
        assert_eq!(
            sql("SELECT name FROM t").all::<String>(&session).await.unwrap(),
            ["a"]
        );
        drop(session);
        let session = db.write_session().await.unwrap();
        assert!(
            sql("SELECT name FROM t")
                .all::<String>(&session)
                .await
                .unwrap()
                .is_empty()
        );
        session
            .execute(sql("INSERT INTO t (id, name) VALUES (2, 'b')"))
            .await
            .unwrap();
        session.commit(|| {}).await.unwrap();
        assert_eq!(names(&db).await, ["b"]);
    }
}
