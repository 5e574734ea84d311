//! The live channel: whoever holds a page open is told that their notifications changed.
//!
//! A connection gets the number of unread ones when it opens and after each change;
//! what changed is read over HTTP. It says nothing of anybody else, and ends with the
//! browser's session.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use althing_backbone::{Backbone, Db, Envelope, Receipt};
use althing_events::UserId;
use althing_events::identity::{
    InvitationDeclined, InvitationExpired, InvitationRevoked, MemberInvited, MemberJoined,
};
use althing_events::notifications::{NotificationActionTaken, NotificationCreated, NotificationRead};
use althing_web::{Actor, Answer, AppState, Channel, Code, Problem, RateLimits, Shutdown, SignOut, SignOuts};
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use futures::StreamExt;
use serde_json::json;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, interval_at, sleep_until, timeout};

use crate::{directory, views};

/// How many changes a slow connection may have before it in the queue.
const WAITING: usize = 256;
/// How often a connection is pinged.
const PING_EVERY: Duration = Duration::from_secs(30);
/// A client that is silent for this long is gone.
const SILENCE: Duration = Duration::from_secs(75);
/// How long news of an invitation waits until reading shows it.
const SOON: Duration = Duration::from_secs(1);
/// Clients have nothing to say.
const MESSAGE_BYTES: usize = 4 * 1024;

/// The live channel of one process.
#[derive(Clone)]
pub struct Live {
    changes: broadcast::Sender<UserId>,
    counters: Arc<Counters>,
}

/// Connections and frames since the start, for the metrics.
#[derive(Debug, Default)]
pub struct Counters {
    pub active: AtomicU64,
    pub total: AtomicU64,
    pub sent: AtomicU64,
}

impl Live {
    /// Begins to follow the log.
    pub fn start(backbone: &Backbone) -> Self {
        let live = Self {
            changes: broadcast::channel(WAITING).0,
            counters: Arc::default(),
        };
        let topics = ["events:notifications", "events:identity:workspace"];
        match backbone.feed(None, topics.map(str::to_owned).to_vec()) {
            Ok(feed) => drop(tokio::spawn(follow(live.clone(), backbone.clone(), feed))),
            Err(error) => tracing::error!(%error, "cannot follow notifications"),
        }
        live
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    fn tell(&self, user: UserId) {
        // Without an open connection nobody listens.
        self.changes.send(user).ok();
    }
}

async fn follow(live: Live, backbone: Backbone, mut feed: althing_backbone::Feed) {
    loop {
        match feed.next().await {
            Ok(event) => match concerns(&event) {
                Ok(Some(Concern::Now(user))) => live.tell(user),
                Ok(Some(Concern::OnceSeen(users))) => drop(tokio::spawn(tell_once_seen(
                    live.clone(),
                    backbone.clone(),
                    event.position,
                    users,
                ))),
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "a change cannot be read"),
            },
            Err(error) => {
                tracing::error!(%error, "cannot follow notifications; trying again");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Whom a change concerns.
enum Concern {
    /// It was committed with the event.
    Now(UserId),
    /// It is what the directory makes of the event.
    OnceSeen(UserId),
}

fn concerns(event: &Envelope) -> althing_backbone::Result<Option<Concern>> {
    let now = |user| Ok(Some(Concern::Now(user)));
    let once_seen = |user: Option<UserId>| Ok(user.map(Concern::OnceSeen));
    if event.is::<NotificationCreated>() {
        return now(event.decode::<NotificationCreated>()?.user_id);
    }
    if event.is::<NotificationRead>() {
        return now(event.decode::<NotificationRead>()?.user_id);
    }
    if event.is::<NotificationActionTaken>() {
        return now(event.decode::<NotificationActionTaken>()?.user_id);
    }
    if event.is::<MemberInvited>() {
        return once_seen(event.decode::<MemberInvited>()?.invitee_user_id);
    }
    if event.is::<MemberJoined>() {
        return once_seen(Some(event.decode::<MemberJoined>()?.user_id));
    }
    if event.is::<InvitationDeclined>() {
        return once_seen(Some(event.decode::<InvitationDeclined>()?.user_id));
    }
    if event.is::<InvitationRevoked>() {
        return once_seen(event.decode::<InvitationRevoked>()?.invitee_user_id);
    }
    if event.is::<InvitationExpired>() {
        return once_seen(event.decode::<InvitationExpired>()?.invitee_user_id);
    }
    Ok(None)
}

async fn tell_once_seen(live: Live, backbone: Backbone, position: i64, user: UserId) {
    let seen = backbone.seen_by(directory::NAME, Receipt::at(position));
    if let Err(error) = seen.within(SOON).await {
        tracing::debug!(%error, "the directory is a little behind");
    }
    live.tell(user);
}

/// `GET /api/notifications/live`
pub async fn upgrade(
    axum::extract::State(state): State<AppState>,
    actor: Actor,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    let socket = socket.map_err(|_| {
        Problem::new(
            Code::MalformedRequest,
            "this address takes WebSocket connections only",
        )
    })?;
    let shutdown: Shutdown = state.get();
    if shutdown.has_begun() {
        return Err(Problem::new(Code::ServiceUnavailable, "the server is going down").retry_after(1));
    }
    let limits: RateLimits = state.get();
    let tier = limits.membership(actor.membership).tier;
    let place = limits.open(actor.user_id, tier, Channel::Notifications)?;
    let sign_out = state.find::<SignOuts>().unwrap_or_default().of(&actor);
    let live: Live = state.get();
    let db = state.backbone.db().clone();
    Ok(socket
        .max_message_size(MESSAGE_BYTES)
        .max_frame_size(MESSAGE_BYTES)
        .on_upgrade(move |socket| async move {
            let _place = place;
            let counted = Counted::new(live.counters.clone());
            let changes = live.changes.subscribe();
            let connection = Connection {
                db,
                user: actor.user_id,
                socket,
                counted,
            };
            connection.serve(changes, shutdown, sign_out).await;
        }))
}

/// The connection ends, with what is said at parting, if anything can still be said.
enum Over {
    Gone,
    Because(u16, &'static str),
}

struct Connection {
    db: Db,
    user: UserId,
    socket: WebSocket,
    counted: Counted,
}

impl Connection {
    async fn serve(
        mut self,
        mut changes: broadcast::Receiver<UserId>,
        shutdown: Shutdown,
        mut sign_out: SignOut,
    ) {
        let _open = shutdown.hold();
        if let Over::Because(code, reason) = self.until_over(&mut changes, &shutdown, &mut sign_out).await {
            let farewell = Message::Close(Some(CloseFrame {
                code,
                reason: reason.into(),
            }));
            // A client that is gone already needs no farewell.
            drop(timeout(SILENCE, self.socket.send(farewell)).await);
        }
    }

    async fn until_over(
        &mut self,
        changes: &mut broadcast::Receiver<UserId>,
        shutdown: &Shutdown,
        sign_out: &mut SignOut,
    ) -> Over {
        let mut heard = Instant::now();
        let mut ping = interval_at(heard + PING_EVERY, PING_EVERY);
        let mut step = self.tell().await;
        loop {
            if let Err(over) = step {
                return over;
            }
            step = tokio::select! {
                biased;
                () = shutdown.begun() => Err(Over::Because(close_code::AWAY, "the server is going down")),
                () = sign_out.happened() => Err(Over::Because(close_code::POLICY, "signed out")),
                said = self.socket.next() => {
                    heard = Instant::now();
                    match said {
                        Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Over::Gone),
                        Some(Ok(_)) => Ok(()),
                    }
                }
                changed = changes.recv() => match changed {
                    Ok(user) if user != self.user => Ok(()),
                    // Whoever missed some is told, to be on the safe side.
                    Ok(_) | Err(RecvError::Lagged(_)) => self.tell().await,
                    Err(RecvError::Closed) => Err(Over::Gone),
                },
                _ = ping.tick() => self.send(Message::Ping(Vec::new().into())).await,
                () = sleep_until(heard + SILENCE) => Err(Over::Because(close_code::POLICY, "no sign of life")),
            };
        }
    }

    async fn tell(&mut self) -> Result<(), Over> {
        let unread = views::unread(&self.db, self.user).await.map_err(|error| {
            tracing::error!(%error, "could not count notifications");
            Over::Because(close_code::ERROR, "something went wrong on this server")
        })?;
        let frame = json!({ "type": "notifications", "data": { "unread": unread } });
        self.counted.0.sent.fetch_add(1, Ordering::Relaxed);
        self.send(Message::text(frame.to_string())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Over> {
        match timeout(SILENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Over::Gone),
        }
    }
}

/// Counts the connection for as long as it lasts.
struct Counted(Arc<Counters>);

impl Counted {
    fn new(counters: Arc<Counters>) -> Self {
        counters.active.fetch_add(1, Ordering::Relaxed);
        counters.total.fetch_add(1, Ordering::Relaxed);
        Self(counters)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}
