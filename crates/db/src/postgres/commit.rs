//! Commits that share a transaction. Whatever waits while one group is being
//! executed goes into the next; while that one waits for the disk, the next is
//! executed on another connection ([`super::under_way`]).
//!
//! If one batch of a group fails, or what closes it, the group is undone and each
//! batch gets a transaction of its own. That is also how two groups end that wait for
//! each other's rows, which is rare: both would have to change the same two things.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use tokio::sync::{mpsc, oneshot};

use super::connection::{self, roll_back};
use super::failure::SERIALIZATION;
use super::merging::Merging;
use super::pipeline::{self, Done, Trouble};
use super::session;
use super::under_way::{Course, Group, UnderWay};
use crate::stats::Counters;
use crate::{Batch, Error, Outcome, Result};

/// How often a batch is run again after a deadlock or a lost connection.
const ATTEMPTS: usize = 5;
/// And how long to wait for a new connection.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) struct Job {
    pub batch: Batch,
    pub reply: oneshot::Sender<Result<Vec<Outcome>>>,
}

pub(super) struct Committer {
    jobs: mpsc::UnboundedSender<Job>,
}

impl Committer {
    pub fn start(pool: Pool, counters: Arc<Counters>) -> Self {
        let (jobs, inbox) = mpsc::unbounded_channel();
        tokio::spawn(run(pool, inbox, counters));
        Self { jobs }
    }

    pub async fn commit(&self, batch: Batch) -> Result<Vec<Outcome>> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job { batch, reply }).map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }
}

async fn run(pool: Pool, mut inbox: mpsc::UnboundedReceiver<Job>, counters: Arc<Counters>) {
    let mut under_way = UnderWay::new();
    while let Some(first) = inbox.recv().await {
        // Whoever was woken together with the first commits together with it.
        tokio::task::yield_now().await;
        let mut group = Group::of(first);
        under_way.gather(&mut group, &mut inbox).await;
        let client = match pool.get().await {
            Ok(client) => client,
            Err(error) => {
                refuse(group, error.into());
                continue;
            }
        };
        group.fill(&mut inbox);
        let (pool, counters, course) = (pool.clone(), counters.clone(), under_way.begin());
        tokio::spawn(async move { commit_group(&pool, client, group, course, &counters).await });
    }
}

fn refuse(group: Group, error: Error) {
    let text = error.to_string();
    let mut error = Some(error);
    for job in group.jobs {
        let error = error.take().unwrap_or_else(|| Error::Connection(text.clone()));
        answer(job, Err(error));
    }
}

async fn commit_group(pool: &Pool, client: Object, group: Group, course: Course, counters: &Counters) {
    let mut group = group.jobs;
    let closing = group.iter().rev().find_map(|job| job.batch.closing.clone());
    if closing.is_none()
        && group.len() == 1
        && let Some(job) = group.pop()
    {
        let result = commit_alone(pool, client, &job.batch, || course.executed(), counters).await;
        return answer(job, result);
    }
    let ending = closing.iter().map(|closing| &*closing.steps);
    let batches = group.iter().map(|job| &*job.batch.steps).chain(ending);
    match pipeline::send(&client, batches, Merging::Yes).await {
        Ok(Done {
            mut outcomes,
            statements,
        }) => {
            course.executed();
            let done = session::commit(&client).await;
            count(counters, &done, group.len(), statements);
            let own = group.iter().map(|job| job.batch.len()).sum();
            let ending = outcomes.split_off(own);
            if let Some(closing) = closing {
                closing.tell(done.is_ok().then_some(&ending));
            }
            let mut outcomes = outcomes.into_iter();
            for job in group {
                let own = outcomes.by_ref().take(job.batch.len()).collect();
                answer(job, done.as_ref().map(|()| own).map_err(again));
            }
        }
        Err(trouble) => {
            roll_back(&client);
            drop(client);
            course.executed();
            if let (Trouble::Failed(Error::Conflict { tag }), 1) = (&trouble, group.len())
                && *tag != SERIALIZATION
                && let Some(job) = group.pop()
            {
                return answer(job, Err(Error::Conflict { tag }));
            }
            for job in group {
                let result = match pool.get().await {
                    Ok(client) => commit_alone(pool, client, &job.batch, || {}, counters).await,
                    Err(error) => Err(error.into()),
                };
                if let (Ok(_), Some(closing)) = (&result, &job.batch.closing) {
                    closing.tell(None);
                }
                answer(job, result);
            }
        }
    }
}

/// The error of a group's commit, for each of its batches.
fn again(error: &Error) -> Error {
    Error::CommitFailed(error.to_string())
}

/// A transaction of its own. `executed` is called when only the wait for the disk is
/// left. Until then a lost connection or a deadlock is no harm: it is tried again.
pub(super) async fn commit_alone(
    pool: &Pool,
    mut client: Object,
    batch: &Batch,
    executed: impl FnOnce(),
    counters: &Counters,
) -> Result<Vec<Outcome>> {
    let mut attempt = 1;
    let execution = loop {
        let error = match execute(&client, batch).await {
            Ok(done) => break done,
            Err(error) => error,
        };
        roll_back(&client);
        let may_help = matches!(
            error,
            Error::Conflict { tag: SERIALIZATION } | Error::Connection(_)
        );
        if !may_help || attempt >= ATTEMPTS {
            return Err(error);
        }
        attempt += 1;
        if let Error::Connection(_) = error {
            drop(client);
            tokio::time::sleep(PAUSE).await;
            client = pool.get().await?;
        }
    };
    executed();
    let done = session::commit(&client).await;
    count(counters, &done, 1, execution.statements);
    done.map(|()| execution.outcomes)
}

/// Everything up to the commit itself.
async fn execute(client: &Object, batch: &Batch) -> Result<Done> {
    let mut sent = pipeline::send(client, std::iter::once(&*batch.steps), Merging::Yes).await;
    if let Err(Trouble::NotOneEach) = sent {
        roll_back(client);
        sent = pipeline::send(client, std::iter::once(&*batch.steps), Merging::No).await;
    }
    match sent {
        Ok(done) => Ok(done),
        Err(Trouble::Failed(error)) => Err(error),
        Err(Trouble::Unprepared | Trouble::NotOneEach) => {
            client.batch_execute(connection::BEGIN).await?;
            let mut outcomes = Vec::with_capacity(batch.len());
            for step in &batch.steps {
                outcomes.push(pipeline::run_step(client, step).await?);
            }
            Ok(Done {
                outcomes,
                statements: batch.len(),
            })
        }
    }
}

fn count(counters: &Counters, done: &Result<()>, batches: usize, statements: usize) {
    if done.is_ok() {
        counters.commits.fetch_add(1, Ordering::Relaxed);
        counters.batches.fetch_add(batches as u64, Ordering::Relaxed);
        counters
            .statements
            .fetch_add(statements as u64, Ordering::Relaxed);
    }
}

/// Callers that stopped waiting are no fault, so a failed send is ignored.
fn answer(job: Job, result: Result<Vec<Outcome>>) {
    if let (Ok(outcomes), Some(after)) = (&result, job.batch.after) {
        let hook = std::panic::AssertUnwindSafe(|| after(outcomes));
        if std::panic::catch_unwind(hook).is_err() {
            tracing::error!("a hook panicked after its commit");
        }
    }
    drop(job.reply.send(result));
}
