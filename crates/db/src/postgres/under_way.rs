//! Which commits go together, and when: what waits is gathered until its group may begin.
//!
//! While one group waits for the disk, the next one is executed. Every statement of a
//! group costs the same whether it does one thing or fifty, so more at the same time
//! would only make the groups smaller.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::commit::Job;

/// At most this many batches, and about this many statements, share a transaction.
const LARGEST_GROUP: usize = 128;
const MOST_STATEMENTS: usize = 1_000;
/// A group of so many batches begins though several others still wait for the disk.
const LARGE: usize = 24;
/// No group waits longer than this; and one that is executed for longer waits for
/// somebody's row, so that it no longer counts.
const PATIENCE: Duration = Duration::from_millis(50);

pub(super) struct Group {
    pub jobs: Vec<Job>,
    statements: usize,
}

impl Group {
    /// What waits already.
    pub fn fill(&mut self, inbox: &mut mpsc::UnboundedReceiver<Job>) {
        while self.has_room() {
            let Ok(job) = inbox.try_recv() else { break };
            self.add(job);
        }
    }

    pub fn of(job: Job) -> Self {
        Self {
            statements: job.batch.len(),
            jobs: vec![job],
        }
    }

    pub fn add(&mut self, job: Job) {
        self.statements += job.batch.len();
        self.jobs.push(job);
    }

    fn has_room(&self) -> bool {
        self.jobs.len() < LARGEST_GROUP && self.statements < MOST_STATEMENTS
    }
}

/// The groups that were begun and have not ended.
pub(super) struct UnderWay {
    groups: Vec<Arc<Shared>>,
    /// So many are executed at the same time.
    at_most: usize,
    progress: Arc<Notify>,
}

struct Shared {
    begun: Instant,
    stage: AtomicU8,
    progress: Arc<Notify>,
}

const EXECUTING: u8 = 0;
const ON_DISK: u8 = 1;
const ENDED: u8 = 2;

/// How far one group is; dropped at its end.
pub(super) struct Course(Arc<Shared>);

impl Course {
    /// Only the wait for the disk is left.
    pub fn executed(&self) {
        self.0.reach(ON_DISK);
    }
}

impl Drop for Course {
    fn drop(&mut self) {
        self.0.reach(ENDED);
    }
}

impl Shared {
    fn reach(&self, stage: u8) {
        self.stage.store(stage, Ordering::Release);
        self.progress.notify_one();
    }

    fn is(&self, stage: u8) -> bool {
        self.stage.load(Ordering::Acquire) == stage
    }

    fn is_held_up(&self) -> bool {
        self.is(EXECUTING) && self.begun.elapsed() >= PATIENCE
    }
}

impl UnderWay {
    /// On two processors one group is executed at a time, which leaves the other to those
    /// who prepare the next.
    pub fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self::executing(if processors > 2 { 2 } else { 1 })
    }

    fn executing(at_most: usize) -> Self {
        Self {
            groups: Vec::new(),
            at_most,
            progress: Arc::default(),
        }
    }

    pub fn begin(&mut self) -> Course {
        let shared = Arc::new(Shared {
            begun: Instant::now(),
            stage: AtomicU8::new(EXECUTING),
            progress: self.progress.clone(),
        });
        self.groups.push(shared.clone());
        Course(shared)
    }

    /// Adds what comes to the group until it may begin.
    pub async fn gather(&mut self, group: &mut Group, inbox: &mut mpsc::UnboundedReceiver<Job>) {
        let patience = tokio::time::sleep(PATIENCE);
        let mut patience = std::pin::pin!(patience);
        loop {
            group.fill(inbox);
            if self.has_room_for(group) {
                return;
            }
            tokio::select! {
                () = self.progress.notified() => {}
                () = &mut patience => return,
                Some(job) = inbox.recv(), if group.has_room() => group.add(job),
            }
        }
    }

    fn has_room_for(&mut self, group: &Group) -> bool {
        self.groups.retain(|one| !one.is(ENDED));
        let counted = self.groups.iter().filter(|one| !one.is_held_up());
        let (all, executing) = counted.fold((0, 0), |(all, executing), one| {
            (all + 1, executing + usize::from(one.is(EXECUTING)))
        });
        executing < self.at_most && (all <= self.at_most || group.jobs.len() >= LARGE)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::Batch;

    fn group(batches: usize) -> Group {
        let job = || Job {
            batch: Batch::new(),
            reply: oneshot::channel().0,
        };
        let mut group = Group::of(job());
        (1..batches).for_each(|_| group.add(job()));
        group
    }

    #[tokio::test]
    async fn one_is_executed_while_another_waits_for_the_disk() {
        let mut under_way = UnderWay::executing(1);
        assert!(under_way.has_room_for(&group(1)));
        let first = under_way.begin();
        assert!(!under_way.has_room_for(&group(100)), "the first is executed");
        first.executed();
        let second = under_way.begin();
        second.executed();
        assert!(!under_way.has_room_for(&group(1)), "two wait for the disk");
        assert!(under_way.has_room_for(&group(LARGE)), "which is worth a third");
        drop(first);
        assert!(under_way.has_room_for(&group(1)), "only one waits for the disk");
    }

    #[tokio::test]
    async fn whoever_waits_for_a_row_holds_up_nobody_for_long() {
        let (_jobs, mut inbox) = mpsc::unbounded_channel();
        let mut under_way = UnderWay::executing(1);
        let held_up = under_way.begin();
        under_way.gather(&mut group(1), &mut inbox).await;
        assert!(under_way.has_room_for(&group(1)), "the next does not wait again");
        let executed = under_way.begin();
        assert!(!under_way.has_room_for(&group(1)), "though it may for another");
        executed.executed();
        assert!(under_way.has_room_for(&group(1)));
        drop(held_up);
    }

    #[tokio::test]
    async fn what_comes_meanwhile_goes_together() {
        let (jobs, mut inbox) = mpsc::unbounded_channel();
        let mut under_way = UnderWay::executing(1);
        let first = under_way.begin();
        let mut gathered = group(1);
        let adding = async {
            for job in group(10).jobs {
                jobs.send(job).ok();
                tokio::task::yield_now().await;
            }
            first.executed();
        };
        tokio::join!(under_way.gather(&mut gathered, &mut inbox), adding);
        assert_eq!(gathered.jobs.len(), 11);
    }
}
