//! One client: what it is sent, what it says, and when it has gone.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use althing_events::SessionId;
use althing_web::{Shutdown, SignOut};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::{Instant, interval_at, sleep_until, timeout};

use super::frame::{self, Said, Texts};
use super::rooms::{Membership, Waiting};
use super::{Hub, add};
use crate::access::changes::{AccessChange, Told};
use crate::access::{Right, Who};
use crate::error::Error;
use crate::session::port::allowed;

/// A client's frame has at most this many bytes.
pub const FRAME_BYTES: usize = 4 * 1024;
/// A client that missed more frames than this gets the state instead of a replay.
const REPLAY: usize = 1_000;

/// The connection ends, with what is said at parting, if anything can still be said.
enum Over {
    Gone,
    Because(u16, &'static str),
}

type Step = Result<(), Over>;

const NOT_ANY_MORE: Over = Over::Because(close_code::POLICY, "you may not see this decision");

/// What ends a connection from outside.
pub struct Ends {
    pub shutdown: Shutdown,
    pub sign_out: SignOut,
    pub access: AccessChange,
}

struct Connection {
    hub: Arc<Hub>,
    who: Who,
    /// What they may, when that was last asked.
    right: Right,
    /// Whether the owner's membership includes decision quality, when that was last asked.
    has_quality: bool,
    /// They know it; until the welcome they know nothing.
    is_welcome: bool,
    room: Membership,
    socket: WebSocket,
    /// The number of the last frame that was sent.
    cursor: i64,
    /// The room's epoch that the number belongs to.
    epoch: u64,
}

/// Serves a client until one of both goes.
pub async fn serve(hub: Arc<Hub>, mut ends: Ends, socket: WebSocket, session: SessionId, who: Who) {
    let _open = ends.shutdown.hold();
    let _counted = Counted::new(hub.clone());
    let room = hub.rooms.join(session);
    let mut news = room.news();
    let mut connection = Connection {
        hub,
        who,
        right: Right::View,
        has_quality: true,
        is_welcome: false,
        room,
        socket,
        cursor: 0,
        epoch: 0,
    };
    let over = match connection.welcome().await {
        Err(over) => over,
        Ok(()) => loop_until_over(&mut connection, &mut news, &mut ends).await,
    };
    if let Over::Because(code, reason) = over {
        let farewell = Message::Close(Some(CloseFrame {
            code,
            reason: reason.into(),
        }));
        // A client that is gone already needs no farewell.
        drop(timeout(connection.hub.settings.silence, connection.socket.send(farewell)).await);
    }
}

async fn loop_until_over(
    connection: &mut Connection,
    news: &mut tokio::sync::watch::Receiver<i64>,
    ends: &mut Ends,
) -> Over {
    let hub = connection.hub.clone();
    let settings = &hub.settings;
    let mut heard = Instant::now();
    let mut ping = interval_at(heard + settings.ping_every, settings.ping_every);
    loop {
        let step = tokio::select! {
            // What the client said counts before its silence does.
            biased;
            () = ends.shutdown.begun() => Err(Over::Because(close_code::AWAY, "the server is going down")),
            () = ends.sign_out.happened() => Err(Over::Because(close_code::POLICY, "signed out")),
            // Before any news: what happened after somebody's time is not for them.
            told = ends.access.happened(&hub.clock) => match told {
                Told::AskAgain => connection.check_access().await,
                Told::End => Err(NOT_ANY_MORE),
            },
            said = connection.socket.next() => {
                heard = Instant::now();
                match said {
                    Some(Ok(message)) => connection.hear(message).await,
                    Some(Err(_)) | None => Err(Over::Gone),
                }
            }
            changed = news.changed() => match changed {
                Ok(()) => connection.deliver().await,
                Err(_) => Err(Over::Gone),
            },
            _ = ping.tick() => connection.ping().await,
            () = sleep_until(heard + settings.silence) => Err(Over::Because(close_code::POLICY, "no sign of life")),
        };
        if let Err(over) = step {
            return over;
        }
    }
}

impl Connection {
    /// From here on nothing is missed: the room was joined before anything is read.
    async fn welcome(&mut self) -> Step {
        self.check_access().await?;
        self.room
            .fill(&self.hub.db)
            .await
            .map_err(|error| broken(&error))?;
        self.epoch = self.room.epoch();
        self.cursor = self.room.last();
        let now = self.hub.clock.now();
        let data = json!({
            "sessionId": self.room.session,
            "clientId": self.hub.ids.next(),
            "timestamp": now,
            "snapshotVersion": self.cursor,
        });
        self.is_welcome = true;
        self.say("connected", data).await
    }

    /// Sends what waits, all of it in one go.
    async fn deliver(&mut self) -> Step {
        if self.epoch != self.room.epoch() {
            return self.send_state().await;
        }
        match self.room.after(self.cursor) {
            Waiting::Nothing => Ok(()),
            Waiting::Frames(frames, last) => {
                self.show(&frames).await?;
                self.cursor = last;
                Ok(())
            }
            Waiting::Behind => self.send_state().await,
        }
    }

    async fn hear(&mut self, message: Message) -> Step {
        add(&self.hub.counters.received, 1);
        let text = match message {
            Message::Text(text) if text.len() > FRAME_BYTES => {
                self.complain("payload_too_large", "a frame has at most 4 KB")
                    .await?;
                return Err(Over::Because(close_code::SIZE, "a frame has at most 4 KB"));
            }
            Message::Text(text) => text,
            Message::Binary(_) => return self.complain("malformed_request", "frames are text").await,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(Over::Gone),
        };
        match frame::read(&text) {
            Ok(Said::Pong) => Ok(()),
            Ok(Said::Ping(timestamp)) => self.pong(timestamp).await,
            Ok(Said::RequestState) => self.send_state().await,
            Ok(Said::Resume { last_seq }) => self.resume(last_seq).await,
            Err((code, message)) => self.complain(code, message).await,
        }
    }

    /// Goes on where an earlier connection ended.
    async fn resume(&mut self, last_seq: i64) -> Step {
        self.check_access().await?;
        add(&self.hub.counters.resumed, 1);
        self.room
            .fill(&self.hub.db)
            .await
            .map_err(|error| broken(&error))?;
        if last_seq > self.room.last() {
            // Of another server, or from before a restore.
            return self.send_state().await;
        }
        match self.room.after(last_seq) {
            Waiting::Nothing => {
                self.cursor = last_seq;
                Ok(())
            }
            Waiting::Frames(frames, last) => {
                self.show(&frames).await?;
                self.cursor = last;
                Ok(())
            }
            Waiting::Behind => self.replay(last_seq).await,
        }
    }

    /// From the stored frames, if there are not too many.
    async fn replay(&mut self, last_seq: i64) -> Step {
        let stored = frame::newest_after(&self.hub.db, self.room.session, last_seq, REPLAY + 1)
            .await
            .map_err(|error| broken(&error))?;
        let is_whole =
            stored.len() <= REPLAY && stored.first().is_some_and(|first| first.seq == last_seq + 1);
        let Some(newest) = stored.last().map(|last| last.seq).filter(|_| is_whole) else {
            return self.send_state().await;
        };
        let frames: Vec<Texts> = stored.into_iter().map(|frame| frame.texts).collect();
        self.show(&frames).await?;
        self.cursor = newest;
        self.deliver().await
    }

    async fn send_state(&mut self) -> Step {
        self.check_access().await?;
        let epoch = self.room.epoch();
        let overview = self
            .hub
            .views
            .overview(self.room.session, None, false)
            .await
            .map_err(|error| {
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::from(error)),
                    "could not build the state"
                );
                Over::Because(close_code::ERROR, "something went wrong on this server")
            })?;
        let seq = overview.snapshot_version;
        let now = self.hub.clock.now();
        let text = self
            .room
            .state(&overview, || frame::control("state", &overview, seq, now));
        add(&self.hub.counters.states, 1);
        self.send(vec![text]).await?;
        (self.cursor, self.epoch) = (seq, epoch);
        Ok(())
    }

    async fn ping(&mut self) -> Step {
        self.check_access().await?;
        self.say("ping", json!({ "timestamp": self.hub.clock.now() }))
            .await
    }

    async fn pong(&mut self, timestamp: Value) -> Step {
        let timestamp = if timestamp.is_null() {
            json!(self.hub.clock.now())
        } else {
            timestamp
        };
        self.say("pong", json!({ "timestamp": timestamp })).await
    }

    async fn complain(&mut self, code: &str, message: &str) -> Step {
        self.say("error", json!({ "code": code, "message": message }))
            .await
    }

    async fn say(&mut self, kind: &str, data: Value) -> Step {
        let text = frame::control(kind, data, self.cursor, self.hub.clock.now());
        self.send(vec![text]).await
    }

    /// Sends frames, as much of each as they may see.
    async fn show(&mut self, frames: &[Texts]) -> Step {
        let (right, has_quality) = (self.right, self.has_quality);
        let shown = frames.iter().map(|frame| match frame.for_right(right) {
            whole if has_quality => whole,
            whole => frame::without_quality(whole),
        });
        self.send(shown.collect()).await
    }

    /// Puts all frames into the socket's buffer and flushes once. A client that
    /// takes nothing at all for the time of silence is gone.
    async fn send(&mut self, frames: Vec<Utf8Bytes>) -> Step {
        let count = frames.len();
        let socket = &mut self.socket;
        let sending = async move {
            for frame in frames {
                socket.feed(Message::Text(frame)).await?;
            }
            socket.flush().await
        };
        match timeout(self.hub.settings.silence, sending).await {
            Ok(Ok(())) => {
                add(&self.hub.counters.sent, count);
                Ok(())
            }
            Ok(Err(_)) | Err(_) => Err(Over::Gone),
        }
    }

    async fn ask(&mut self) -> crate::error::Result<(Right, bool)> {
        let hub = self.hub.clone();
        self.who.as_of(&hub.db, hub.clock.now()).await?;
        let facts = allowed(&hub.db, self.room.session, &self.who, Right::View).await?;
        Ok((facts.right, facts.plan.limits().decision_quality))
    }

    // By exclusive reference: the socket inside may not be shared between threads.
    async fn check_access(&mut self) -> Step {
        match self.ask().await {
            Ok((right, has_quality)) => {
                let before = std::mem::replace(&mut self.right, right);
                let had_quality = std::mem::replace(&mut self.has_quality, has_quality);
                if self.is_welcome && had_quality != has_quality {
                    // Boxed: the state is sent after asking once more, with the new answer.
                    Box::pin(self.send_state()).await?;
                }
                if self.is_welcome && before.as_str() != right.as_str() {
                    return self.say("access", json!({ "access": right.as_str() })).await;
                }
                Ok(())
            }
            Err(Error::NotFound(_) | Error::Forbidden | Error::Denied(_)) => Err(NOT_ANY_MORE),
            Err(error) => {
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::from(error)),
                    "could not check access"
                );
                Err(Over::Because(
                    close_code::ERROR,
                    "something went wrong on this server",
                ))
            }
        }
    }
}

fn broken(error: &althing_backbone::DbError) -> Over {
    tracing::error!(%error, "could not read frames");
    Over::Because(close_code::ERROR, "something went wrong on this server")
}

/// Counts the connection for as long as it lasts.
struct Counted(Arc<Hub>);

impl Counted {
    fn new(hub: Arc<Hub>) -> Self {
        hub.counters.active.fetch_add(1, Ordering::Relaxed);
        hub.counters.total.fetch_add(1, Ordering::Relaxed);
        Self(hub)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.counters.active.fetch_sub(1, Ordering::Relaxed);
    }
}
