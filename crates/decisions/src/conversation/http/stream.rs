//! The streaming talk: a WebSocket over which one says something and sees the reply come.
//!
//! A connection shows one reply at a time. The reply does not depend on the connection: after a loss the same message
//! is sent again, and what was said meanwhile comes as the first chunk. Access is checked when the connection is made
//! and again for each message.

mod frames;

use std::time::Duration;

use althing_backbone::Context;
use althing_events::{ComponentId, MessageId, UserId};
use althing_web::{Answer, AppState, Channel, Code, PathId, Problem, RateLimits, Scope, Shutdown, SignOuts};
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message as SocketMessage, WebSocket, WebSocketUpgrade, close_code};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use self::frames::ClientFrame;
use super::access;
use crate::access::changes::{AccessChange, Told};
use crate::access::{Caller, Right, tiers};
use crate::conversation::ai::AiSettings;
use crate::conversation::replies::{Answered, Failure, Progress, Replies, Running};
use crate::conversation::text::MessageText;
use crate::dashboard::Dashboard;
use crate::figures::{OpenTalk, Talks};
use crate::outputs::ComponentType;
use crate::session::port::require;

/// The largest client frame: 10,000 characters, each perhaps escaped, and room to spare.
const FRAME_MAX: usize = 256 * 1024;

pub async fn open(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<ComponentId>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    require_same_site(&uri, &headers)?;
    let place = access::component(&state, &caller, id, Right::Contribute).await?;
    let facts = require::<ComponentId>(&state, &caller, place.session_id, Right::Contribute).await?;
    let upgrade = upgrade.map_err(|_| {
        Problem::new(
            Code::MalformedRequest,
            "this address speaks WebSocket; ask for an upgrade",
        )
    })?;
    let component_type = place.component_type;
    let open = caller.place(&state, Channel::Conversation)?;
    let upgrade = upgrade.max_message_size(FRAME_MAX).max_frame_size(FRAME_MAX);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let _open = open;
        let idle = state.get::<AiSettings>().longest_idle;
        let counted = state.get::<Talks>().open();
        let changes = state.get::<Dashboard>();
        let changes = changes
            .access()
            .of(&caller.who, facts.id, facts.shared_with)
            .owned_by(facts.owner_id);
        let talk = Talk {
            counted,
            state,
            caller,
            changes,
            component_id: id,
            component_type,
            socket,
            current: None,
            idle,
        };
        talk.run().await;
    }))
}

/// Browsers say from which site a connection comes; it must be this one.
fn require_same_site(uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| uri.authority().map(|authority| authority.as_str()));
    let site = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"))
        .map(|(_, site)| site);
    match (site, host) {
        (Some(site), Some(host)) if site.eq_ignore_ascii_case(host) => Ok(()),
        _ => Err(Problem::new(
            Code::CrossSiteRequest,
            "connections come from pages of this site only",
        )),
    }
}

/// One connection.
struct Talk {
    state: AppState,
    caller: Caller,
    changes: AccessChange,
    component_id: ComponentId,
    component_type: ComponentType,
    socket: WebSocket,
    current: Option<Current>,
    idle: Duration,
    counted: OpenTalk,
}

/// The reply that is being shown.
struct Current {
    message_id: MessageId,
    running: std::sync::Arc<Running>,
    progress: watch::Receiver<Progress>,
    /// How many pieces were shown, in how many chunks.
    pieces: usize,
    chunks: usize,
}

/// The connection is over.
struct Gone;

impl From<axum::Error> for Gone {
    fn from(_: axum::Error) -> Self {
        Gone
    }
}

/// What wakes a connection.
enum Turn {
    Client(Option<Result<SocketMessage, axum::Error>>),
    Reply,
    /// What they may has changed, perhaps.
    Access(Told),
    Idle,
    /// The connection ends from outside: the close code, and why.
    Over(u16, &'static str),
}

impl Talk {
    async fn run(mut self) {
        let mut idle_at = Instant::now() + self.idle;
        let shutdown = self.state.find::<Shutdown>().unwrap_or_default();
        let _open = shutdown.hold();
        let mut sign_out = self
            .state
            .find::<SignOuts>()
            .unwrap_or_default()
            .of(self.caller.actor());
        // Access may have changed while the connection was made.
        if self.check_access(Told::AskAgain).await.is_err() {
            return;
        }
        let clock = self.state.backbone.clock().clone();
        loop {
            let turn = tokio::select! {
                () = shutdown.begun() => Turn::Over(close_code::AWAY, "the server is going down"),
                () = sign_out.happened() => Turn::Over(close_code::POLICY, "signed out"),
                told = self.changes.happened(&clock) => Turn::Access(told),
                frame = self.socket.recv() => Turn::Client(frame),
                () = more(&mut self.current) => Turn::Reply,
                () = tokio::time::sleep_until(idle_at), if self.current.is_none() => Turn::Idle,
            };
            let result = match turn {
                Turn::Client(frame) => self.take(frame).await,
                Turn::Reply => self.show().await,
                Turn::Access(told) => self.check_access(told).await,
                Turn::Over(code, reason) => self.close(code, reason).await,
                Turn::Idle => {
                    self.close(close_code::NORMAL, "nothing happened for a while")
                        .await
                }
            };
            if result.is_err() {
                return;
            }
            idle_at = Instant::now() + self.idle;
        }
    }

    /// Ends the connection unless they may still contribute.
    async fn check_access(&mut self, told: Told) -> Result<(), Gone> {
        let asked = access::component(&self.state, &self.caller, self.component_id, Right::Contribute).await;
        let may_stay = match &asked {
            Ok(_) => true,
            // Every message is refused with the reason; what stands there can be read.
            Err(problem) => problem.code == Code::MembershipExpired.as_str(),
        };
        if told == Told::AskAgain && may_stay {
            return Ok(());
        }
        self.close(close_code::POLICY, "you may not talk here any more")
            .await
    }

    async fn take(&mut self, frame: Option<Result<SocketMessage, axum::Error>>) -> Result<(), Gone> {
        if let Some(Ok(_)) = &frame {
            self.counted.received();
        }
        match frame {
            Some(Ok(SocketMessage::Text(text))) => self.obey(text.as_str()).await,
            Some(Ok(SocketMessage::Ping(_) | SocketMessage::Pong(_))) => Ok(()),
            Some(Ok(SocketMessage::Binary(_))) => {
                self.close(close_code::UNSUPPORTED, "frames are JSON texts").await
            }
            Some(Ok(SocketMessage::Close(_)) | Err(_)) | None => Err(Gone),
        }
    }

    async fn obey(&mut self, text: &str) -> Result<(), Gone> {
        match frames::read(text) {
            Ok(ClientFrame::Ping) => self.send(frames::pong(self.state.backbone.clock().now())).await,
            Ok(ClientFrame::CancelStream { message_id }) => {
                let current = self
                    .current
                    .as_ref()
                    .filter(|current| current.message_id == message_id);
                if let Some(current) = current {
                    current.running.cancel();
                }
                Ok(())
            }
            Ok(ClientFrame::SendMessage { message_id, content }) => self.begin(message_id, &content).await,
            Err(message_id) => {
                let mut failure = Failure::internal();
                failure.text = "this frame could not be read".to_owned();
                failure.is_recoverable = false;
                self.send(frames::failed(message_id, &failure)).await
            }
        }
    }

    /// Begins to show the reply to a message, new or known.
    async fn begin(&mut self, message_id: MessageId, content: &str) -> Result<(), Gone> {
        if let Some(current) = &self.current {
            if current.message_id == message_id {
                return Ok(());
            }
            let mut failure = Failure::of(crate::conversation::replies::FailureKind::RateLimited);
            failure.text = "the reply before is not finished; wait for it or stop it".to_owned();
            return self.send(frames::failed(Some(message_id), &failure)).await;
        }
        match self.say(message_id, content).await {
            Ok(running) => {
                let progress = running.watch();
                self.current = Some(Current {
                    message_id,
                    running,
                    progress,
                    pieces: 0,
                    chunks: 0,
                });
                self.show().await
            }
            Err(problem) => {
                // What a membership says no to can be mended without coming in again.
                let is_absent =
                    problem.status == StatusCode::NOT_FOUND || problem.code == Code::Forbidden.as_str();
                self.send(frames::failed(Some(message_id), &Failure::refused(problem)))
                    .await?;
                if is_absent {
                    return self
                        .close(close_code::POLICY, "there is nothing here that you can see")
                        .await;
                }
                Ok(())
            }
        }
    }

    async fn say(
        &mut self,
        message_id: MessageId,
        content: &str,
    ) -> Result<std::sync::Arc<Running>, Problem> {
        let place =
            access::component(&self.state, &self.caller, self.component_id, Right::Contribute).await?;
        let user = self.caller.user()?;
        let text = MessageText::parse(content)?;
        count_message(&self.state, user).await?;
        let correlation = self.state.backbone.ids().next();
        let context = Context::of_actor(user.0, correlation);
        let replies = self.state.get::<Replies>();
        replies
            .say(&self.state, context, &place, user, (message_id, text))
            .await
    }

    /// Shows what has come since the last time: at first all of it as one chunk, then piece by piece.
    async fn show(&mut self) -> Result<(), Gone> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let progress = current.progress.borrow_and_update().clone();
        let new = &progress.pieces[current.pieces..];
        let mut deltas: Vec<String> = if current.chunks == 0 && !new.is_empty() {
            vec![new.concat()]
        } else {
            new.iter().map(|piece| piece.to_string()).collect()
        };
        current.pieces = progress.pieces.len();
        let is_over = progress.end.is_some();
        if is_over && deltas.is_empty() && current.chunks > 0 {
            deltas.push(String::new());
        }
        let (message_id, first) = (current.message_id, current.chunks);
        current.chunks += deltas.len();
        let last = deltas.len().saturating_sub(1);
        for (place, delta) in deltas.iter().enumerate() {
            let is_final = is_over && place == last;
            self.send(frames::chunk(message_id, first + place, delta, is_final))
                .await?;
        }
        match progress.end.as_deref() {
            None => Ok(()),
            Some(Ok(answered)) => self.finish(message_id, answered).await,
            Some(Err(failure)) => {
                self.current = None;
                self.send(frames::failed(Some(message_id), failure)).await
            }
        }
    }

    async fn finish(&mut self, message_id: MessageId, answered: &Answered) -> Result<(), Gone> {
        self.current = None;
        self.send(frames::complete(message_id, answered)).await?;
        match &answered.extracted {
            Some(extracted) => self.send(frames::extracted(self.component_type, extracted)).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self, frame: Value) -> Result<(), Gone> {
        self.socket.send(SocketMessage::text(frame.to_string())).await?;
        self.counted.sent();
        Ok(())
    }

    async fn close(&mut self, code: u16, reason: &'static str) -> Result<(), Gone> {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        self.socket.send(SocketMessage::Close(Some(frame))).await?;
        Err(Gone)
    }
}

/// The edge counts what is said by requests; what is said here passes no edge.
async fn count_message(state: &AppState, user: UserId) -> Result<(), Problem> {
    let tier = tiers::membership(state.backbone.db(), user).await?.tier;
    let limits = state.get::<RateLimits>();
    let line = limits.user(user, tier, Scope::Messages);
    limits.take(&[line], state.backbone.clock().now()).map(drop)
}

/// Resolves when the shown reply has more to show; never without one.
async fn more(current: &mut Option<Current>) {
    let has_more = match current {
        Some(current) => current.progress.changed().await.is_ok(),
        None => false,
    };
    if !has_more {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(origin: Option<&str>, host: &str) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        require_same_site(&Uri::from_static("/x"), &headers)
            .err()
            .map(|problem| problem.code)
    }

    #[test]
    fn only_pages_of_this_site_may_connect() {
        assert_eq!(check(None, "althing.example"), None);
        assert_eq!(check(Some("https://althing.example"), "althing.example"), None);
        assert_eq!(check(Some("http://LOCALHOST:8080"), "localhost:8080"), None);
        for foreign in [
            "https://evil.example",
            "null",
            "http://localhost:8081",
            "https://althing.example.evil.example",
        ] {
            assert_eq!(
                check(Some(foreign), "althing.example"),
                Some("cross_site_request"),
                "{foreign}"
            );
        }
    }
}
