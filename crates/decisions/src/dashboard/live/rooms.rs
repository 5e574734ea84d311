//! Rooms: who looks at which session, and the frames they are waiting for.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use althing_backbone::{Db, DbError};
use althing_events::SessionId;
use axum::extract::ws::Utf8Bytes;
use tokio::sync::watch;

use super::super::overview::{Content, Overview};
use super::frame::{self, EventFrame, Texts};

/// How many frames a room keeps.
pub const ROOM: usize = 256;
/// For so long several clients that fell behind share one encoded state.
const SHARED_STATE: Duration = Duration::from_secs(1);

/// All rooms with somebody in them. Joining, leaving and removing an empty room
/// happen under one lock, so a room that is joined is never the one being removed.
#[derive(Clone, Default)]
pub struct Rooms(Arc<Mutex<HashMap<SessionId, Occupied>>>);

struct Occupied {
    room: Arc<Room>,
    members: usize,
}

impl Rooms {
    /// Goes into the room of a session, which is opened if nobody is there.
    pub fn join(&self, session: SessionId) -> Membership {
        let mut rooms = self.lock();
        let occupied = rooms.entry(session).or_insert_with(|| Occupied {
            room: Room::new(session),
            members: 0,
        });
        occupied.members += 1;
        Membership {
            rooms: self.clone(),
            room: occupied.room.clone(),
        }
    }

    /// The room of a session, if anybody is in it.
    pub fn find(&self, session: SessionId) -> Option<Arc<Room>> {
        self.lock().get(&session).map(|occupied| occupied.room.clone())
    }

    /// Every room with somebody in it.
    pub fn all(&self) -> Vec<Arc<Room>> {
        self.lock()
            .values()
            .map(|occupied| occupied.room.clone())
            .collect()
    }

    pub fn count(&self) -> usize {
        self.lock().len()
    }

    fn leave(&self, session: SessionId) {
        let mut rooms = self.lock();
        let Some(occupied) = rooms.get_mut(&session) else {
            return;
        };
        occupied.members -= 1;
        if occupied.members == 0 {
            rooms.remove(&session);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Occupied>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody is in a room as long as this lives.
pub struct Membership {
    rooms: Rooms,
    room: Arc<Room>,
}

impl std::ops::Deref for Membership {
    type Target = Arc<Room>;
    fn deref(&self) -> &Arc<Room> {
        &self.room
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.rooms.leave(self.room.session);
    }
}

/// The last frames of one session, each encoded once for everybody.
pub struct Room {
    pub session: SessionId,
    ring: Mutex<Ring>,
    news: watch::Sender<i64>,
    /// Held while frames are fetched, so that they come in order.
    filling: tokio::sync::Mutex<()>,
    state: Mutex<Option<EncodedState>>,
}

/// Frames `last - frames.len() + 1 ..= last`.
#[derive(Default)]
struct Ring {
    frames: VecDeque<Texts>,
    /// Unknown until the room is filled for the first time.
    last: Option<i64>,
    /// Rises when the numbers begin anew, as after a rebuild that shows less.
    epoch: u64,
}

struct EncodedState {
    content: Arc<Content>,
    seq: i64,
    at: Instant,
    text: Utf8Bytes,
}

/// What waits for a client.
#[derive(Debug, PartialEq, Eq)]
pub enum Waiting {
    Nothing,
    /// These frames; the number is that of the last one.
    Frames(Vec<Texts>, i64),
    /// The room no longer has the next frame.
    Behind,
}

impl Room {
    fn new(session: SessionId) -> Arc<Self> {
        Arc::new(Self {
            session,
            ring: Mutex::default(),
            news: watch::Sender::new(0),
            filling: tokio::sync::Mutex::default(),
            state: Mutex::default(),
        })
    }

    /// Changes whenever frames were put in.
    pub fn news(&self) -> watch::Receiver<i64> {
        self.news.subscribe()
    }

    /// The number of the last frame that is in the room.
    pub fn last(&self) -> i64 {
        self.ring().last.unwrap_or(0)
    }

    /// Which count of frames its numbers belong to; whoever knows another one needs
    /// the state.
    pub fn epoch(&self) -> u64 {
        self.ring().epoch
    }

    /// Fetches what is new. The first time it only finds out where the session
    /// stands. Answers how many frames were put in.
    pub async fn fill(&self, db: &Db) -> Result<usize, DbError> {
        let _turn = self.filling.lock().await;
        let known = self.ring().last;
        let Some(last) = known else {
            let seq = frame::last_seq(db, self.session).await?;
            self.ring().last = Some(seq);
            return Ok(0);
        };
        let frames = frame::newest_after(db, self.session, last, ROOM).await?;
        if frames.is_empty() {
            let seq = frame::last_seq(db, self.session).await?;
            if seq < last {
                self.ring().begin_anew(seq);
                self.news.send_replace(seq);
            }
            return Ok(0);
        }
        let count = frames.len();
        if let Some(newest) = self.ring().push(frames) {
            self.news.send_replace(newest);
        }
        Ok(count)
    }

    /// What waits for a client that has everything up to `cursor`.
    pub fn after(&self, cursor: i64) -> Waiting {
        self.ring().after(cursor)
    }

    /// The state frame, encoded once for all who ask for the same within a second.
    pub fn state(&self, overview: &Overview, encode: impl FnOnce() -> Utf8Bytes) -> Utf8Bytes {
        let mut shared = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*shared
            && known.seq == overview.snapshot_version
            && Arc::ptr_eq(&known.content, &overview.content)
            && known.at.elapsed() < SHARED_STATE
        {
            return known.text.clone();
        }
        let text = encode();
        *shared = Some(EncodedState {
            content: overview.content.clone(),
            seq: overview.snapshot_version,
            at: Instant::now(),
            text: text.clone(),
        });
        text
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    /// Puts frames in, in order; where some are missing before them, older ones go.
    fn push(&mut self, frames: Vec<EventFrame>) -> Option<i64> {
        for frame in frames {
            if self.last.is_some_and(|last| frame.seq != last + 1) {
                self.frames.clear();
            }
            self.last = Some(frame.seq);
            self.frames.push_back(frame.texts);
            if self.frames.len() > ROOM {
                self.frames.pop_front();
            }
        }
        self.last.filter(|_| !self.frames.is_empty())
    }

    /// The read model was built anew and has fewer frames than were sent.
    fn begin_anew(&mut self, seq: i64) {
        *self = Self {
            last: Some(seq),
            epoch: self.epoch + 1,
            ..Self::default()
        };
    }

    fn after(&self, cursor: i64) -> Waiting {
        let last = self.last.unwrap_or(0);
        let Some(missing) = usize::try_from(last - cursor).ok().filter(|missing| *missing > 0) else {
            return Waiting::Nothing;
        };
        match self.frames.len().checked_sub(missing) {
            Some(from) => Waiting::Frames(self.frames.range(from..).cloned().collect(), last),
            None => Waiting::Behind,
        }
    }
}

#[cfg(test)]
mod tests {
    use althing_backbone::Uuid;

    use super::*;

    fn frames(seqs: impl IntoIterator<Item = i64>) -> Vec<EventFrame> {
        seqs.into_iter()
            .map(|seq| EventFrame {
                seq,
                texts: seq.to_string().as_str().into(),
            })
            .collect()
    }

    #[test]
    fn a_client_gets_what_it_lacks_or_is_told_that_it_is_behind() {
        let mut ring = Ring {
            last: Some(10),
            ..Ring::default()
        };
        assert_eq!(ring.after(10), Waiting::Nothing);
        assert_eq!(ring.after(9), Waiting::Behind);
        assert_eq!(ring.push(frames(11..=13)), Some(13));
        assert_eq!(
            ring.after(11),
            Waiting::Frames(vec!["12".into(), "13".into()], 13)
        );
        assert_eq!(ring.after(13), Waiting::Nothing);
        assert_eq!(ring.after(14), Waiting::Nothing);
        assert_eq!(ring.push(frames(14..=269)), Some(269));
        assert_eq!(ring.frames.len(), ROOM);
        assert_eq!(ring.after(12), Waiting::Behind);
        assert!(matches!(ring.after(13), Waiting::Frames(all, 269) if all.len() == ROOM));
    }

    #[test]
    fn a_gap_leaves_no_older_frames_in_the_room() {
        let mut ring = Ring {
            last: Some(1),
            ..Ring::default()
        };
        ring.push(frames(2..=3));
        ring.push(frames(300..=301));
        assert_eq!(ring.after(3), Waiting::Behind);
        assert_eq!(
            ring.after(299),
            Waiting::Frames(vec!["300".into(), "301".into()], 301)
        );
    }

    #[test]
    fn joins_and_leaves_from_many_threads_strand_nobody() {
        let rooms = Rooms::default();
        let session = SessionId(Uuid::from_u128(1));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        let member = rooms.join(session);
                        // Whoever is in a room is in the one that the bridge finds.
                        assert!(Arc::ptr_eq(&rooms.find(session).unwrap(), &member));
                    }
                });
            }
        });
        assert_eq!(rooms.count(), 0);
    }
}
