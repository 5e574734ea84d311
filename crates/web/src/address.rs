//! Where a request came from.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::Problem;

/// The caller's network address, as the server's edge found out: the peer's, or
/// what a configured proxy says. Handlers take it as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub Option<IpAddr>);

/// The same under a key of this instance: who calls twice from one address can be told, but
/// not from which. It goes into the metadata of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashedAddress(pub String);

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(parts
            .extensions
            .get::<ClientAddress>()
            .copied()
            .unwrap_or(ClientAddress(None)))
    }
}
