//! The upgrade to a live connection: who, and how often.
//!
//! From which page a browser may connect is checked at the server's edge, for every
//! socket in one place.

use std::time::Instant;

use althing_events::SessionId;
use althing_web::{Answer, AppState, Channel, ClientAddress, Code, PathId, Problem, Shutdown, SignOuts};
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;

use super::super::Dashboard;
use super::connection::{self, Ends};
use crate::access::{Caller, Right};
use crate::session::port::require;

/// Longer messages end the connection before they are read.
const MESSAGE_BYTES: usize = 64 * 1024;

/// `GET /api/sessions/{id}/live`
pub async fn upgrade(
    State(state): State<AppState>,
    caller: Caller,
    ClientAddress(address): ClientAddress,
    PathId(session): PathId<SessionId>,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    let hub = state.get::<Dashboard>().live.hub;
    hub.attempts.take(address, Instant::now()).map_err(|wait| {
        Problem::new(Code::RateLimited, "too many attempts to connect; wait a moment")
            .retry_after(wait.as_secs().saturating_add(1))
            .with_member("scope", "live_upgrades")
    })?;
    let facts = require::<SessionId>(&state, &caller, session, Right::View).await?;
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
    let place = caller.place(&state, Channel::Decision)?;
    let ends = Ends {
        shutdown,
        sign_out: state.find::<SignOuts>().unwrap_or_default().of(caller.actor()),
        access: hub
            .access
            .of(&caller.who, session, facts.shared_with)
            .owned_by(facts.owner_id),
    };
    let serve = async move |socket| {
        let _place = place;
        connection::serve(hub, ends, socket, session, caller.who).await;
    };
    Ok(socket
        .max_message_size(MESSAGE_BYTES)
        .max_frame_size(MESSAGE_BYTES)
        .on_upgrade(serve))
}
