//! How far the lanes of one subscription are: which events are under way, which are
//! finished out of turn, and where the checkpoint may therefore stand.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// While several events are under way, the checkpoint is moved only once so many have
/// finished above it, or after so long: each move waits for the other lanes' commits.
const ABOVE: usize = 64;
const SELDOM: Duration = Duration::from_millis(50);

/// Shared by the lanes, which ask how to end an event, and the one who deals, who
/// learns what was committed.
#[derive(Debug)]
pub(super) struct Progress(Mutex<State>);

#[derive(Debug)]
struct State {
    lanes: usize,
    /// The checkpoint in the database: everything up to here is finished.
    stored: i64,
    /// How far the log was read.
    read: i64,
    /// Read, of interest, and not finished.
    unfinished: BTreeSet<i64>,
    /// Kept in the database as finished above the checkpoint.
    finished: BTreeSet<i64>,
    /// Somebody's commit that moves the checkpoint is under way.
    moving: bool,
    moved_at: Instant,
}

/// What the commit that finishes some events says of the checkpoint.
#[derive(Debug, Default)]
pub(super) struct Ending {
    /// It moves from, to.
    pub moves: Option<(i64, i64)>,
    /// There are finished events that it passes.
    pub forgets: bool,
    /// These lie above it and must be remembered.
    pub keeps: Vec<i64>,
    finishes: Vec<i64>,
}

impl State {
    /// Everything up to here would be finished if these were.
    fn mark_with(&self, done: &[i64]) -> i64 {
        let first = self.unfinished.iter().find(|position| !done.contains(position));
        first.map_or(self.read, |position| position - 1)
    }
}

impl Progress {
    pub fn new(lanes: usize, stored: i64, finished: impl IntoIterator<Item = i64>) -> Self {
        Self(Mutex::new(State {
            lanes,
            stored,
            read: stored,
            unfinished: BTreeSet::new(),
            finished: finished
                .into_iter()
                .filter(|position| *position > stored)
                .collect(),
            moving: false,
            moved_at: Instant::now(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far the log was read.
    pub fn read(&self) -> i64 {
        self.state().read
    }

    pub fn set_read(&self, position: i64) {
        self.state().read = position;
    }

    /// An event of interest was read; `false` if it is finished already.
    pub fn begin(&self, position: i64) -> bool {
        let mut state = self.state();
        !state.finished.contains(&position) && state.unfinished.insert(position)
    }

    /// How many events of interest lie above the lowest unfinished one, finished or not.
    pub fn width(&self) -> usize {
        let state = self.state();
        state.unfinished.len() + state.finished.len()
    }

    /// Everything up to here is finished or of no interest.
    pub fn mark(&self) -> i64 {
        self.state().mark_with(&[])
    }

    /// How the commit that finishes these events must end.
    pub fn ending(&self, done: &[i64]) -> Ending {
        let mut state = self.state();
        let alone = state.lanes == 1 || state.unfinished.len() == done.len();
        let due = state.finished.len() >= ABOVE || state.moved_at.elapsed() >= SELDOM;
        let to = state.mark_with(done);
        let moves = !state.moving && (alone || due) && to > state.stored;
        state.ending(moves.then_some(to), done)
    }

    /// A commit that only moves the checkpoint, if there is something to move.
    pub fn passing(&self) -> Option<Ending> {
        let mut state = self.state();
        let to = state.mark_with(&[]);
        (!state.moving && to > state.stored).then(|| state.ending(Some(to), &[]))
    }

    /// How far the checkpoint lags behind, and whether rows are kept because of that.
    pub fn lag(&self) -> (i64, bool) {
        let state = self.state();
        (state.mark_with(&[]) - state.stored, !state.finished.is_empty())
    }

    /// The commit was refused; nothing of it happened.
    pub fn refused(&self, ending: &Ending) {
        if ending.moves.is_some() {
            self.state().moving = false;
        }
    }

    /// The commit has happened.
    pub fn committed(&self, ending: &Ending) {
        let mut state = self.state();
        for position in &ending.finishes {
            state.unfinished.remove(position);
        }
        state.finished.extend(&ending.keeps);
        if let Some((_, to)) = ending.moves {
            state.stored = to;
            state.finished = state.finished.split_off(&(to + 1));
            state.moving = false;
            state.moved_at = Instant::now();
        }
    }
}

impl State {
    fn ending(&mut self, to: Option<i64>, done: &[i64]) -> Ending {
        self.moving |= to.is_some();
        Ending {
            moves: to.map(|to| (self.stored, to)),
            forgets: to.is_some_and(|to| self.finished.range(..=to).next().is_some()),
            keeps: done
                .iter()
                .copied()
                .filter(|position| to.is_none_or(|to| *position > to))
                .collect(),
            finishes: done.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(progress: &Progress, positions: impl IntoIterator<Item = i64>) {
        for position in positions {
            assert!(progress.begin(position));
            progress.set_read(position);
        }
    }

    #[test]
    fn the_checkpoint_is_the_lowest_unfinished_position_and_later_ones_are_kept() {
        let progress = Progress::new(4, 10, []);
        read(&progress, [11, 13, 14]);
        progress.set_read(20);
        let late = progress.ending(&[13]);
        assert_eq!((late.moves, &late.keeps[..]), (None, &[13][..]));
        progress.committed(&late);
        assert_eq!((progress.mark(), progress.width()), (10, 3));
        std::thread::sleep(SELDOM);
        let first = progress.ending(&[11]);
        assert_eq!((first.moves, first.forgets), (Some((10, 13)), true));
        let meanwhile = progress.ending(&[14]);
        assert_eq!(
            (meanwhile.moves, &meanwhile.keeps[..]),
            (None, &[14][..]),
            "one moves at a time"
        );
        progress.committed(&meanwhile);
        progress.committed(&first);
        assert_eq!(progress.mark(), 20);
        let passing = progress.passing().unwrap();
        assert_eq!((passing.moves, passing.forgets), (Some((13, 20)), true));
        progress.committed(&passing);
        assert!(progress.passing().is_none());
        assert_eq!((progress.lag(), progress.width()), ((0, false), 0));
    }

    #[test]
    fn the_only_event_under_way_takes_the_checkpoint_with_it() {
        let progress = Progress::new(4, 0, []);
        read(&progress, [3]);
        let only = progress.ending(&[3]);
        assert_eq!((only.moves, only.keeps.len()), (Some((0, 3)), 0));
        progress.refused(&only);
        assert_eq!(progress.ending(&[3]).moves, Some((0, 3)), "decided again");
    }

    #[test]
    fn what_was_finished_before_a_crash_is_not_begun_again() {
        let progress = Progress::new(4, 5, [4, 7]);
        assert!(progress.begin(6));
        assert!(!progress.begin(7));
        progress.set_read(8);
        let last = progress.ending(&[6]);
        assert_eq!((last.moves, last.forgets), (Some((5, 8)), true));
    }
}
