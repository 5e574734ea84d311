//! Ids in a path. One that cannot be an id answers like one that does not exist.

use std::str::FromStr;

use althing_events::{
    ApiKeyId, ComponentId, ConversationId, CycleId, ExternalIdentityId, LoginSessionId, MessageId,
    NotificationId, OidcProviderId, OutcomeId, SessionId, ShareLinkId, UserId,
};
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::{Code, Problem};

/// Says which 404 a malformed or absent id gets.
pub trait NotFound {
    /// One of the words of [`Code`] with status 404; another text does not compile.
    const CODE: &'static str;
}

macro_rules! not_found {
    ($($id:ty => $code:literal),+ $(,)?) => {$(
        impl NotFound for $id { const CODE: &'static str = $code; }
    )+};
}
not_found! {
    SessionId => "session_not_found",
    CycleId => "cycle_not_found",
    ComponentId => "component_not_found",
    ConversationId => "conversation_not_found",
    MessageId => "message_not_found",
    OutcomeId => "outcome_not_found",
    ShareLinkId => "share_link_not_found",
    NotificationId => "notification_not_found",
    UserId => "user_not_found",
    LoginSessionId => "not_found",
    ApiKeyId => "api_key_not_found",
    OidcProviderId => "oidc_provider_not_found",
    ExternalIdentityId => "identity_not_found",
}

impl Problem {
    /// The 404 of this kind of thing: the same words for a malformed id, an absent
    /// thing and somebody else's.
    pub fn not_found<T: NotFound>() -> Self {
        let code = const { Code::named(T::CODE) };
        Problem::new(code, "there is nothing here that you can see")
    }
}

/// The only parameter of a path.
#[derive(Clone, Copy, Debug)]
pub struct PathId<T>(pub T);

/// The two parameters of a path, in their order.
#[derive(Clone, Copy, Debug)]
pub struct PathId2<A, B>(pub A, pub B);

impl<T: FromStr + NotFound, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let values = values::<1, S>(parts, state).await?;
        Ok(Self(parse(&values[0])?))
    }
}

impl<A: FromStr + NotFound, B: FromStr + NotFound, S: Send + Sync> FromRequestParts<S> for PathId2<A, B> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let values = values::<2, S>(parts, state).await?;
        Ok(Self(parse(&values[0])?, parse(&values[1])?))
    }
}

async fn values<const N: usize, S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
) -> Result<[String; N], Problem> {
    let given = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| Problem::new(Code::NotFound, "there is nothing at this address"))?;
    let values: Vec<String> = given.iter().map(|(_, value)| value.to_owned()).collect();
    values.try_into().map_err(|values: Vec<String>| {
        Problem::fault(anyhow::anyhow!(
            "the path has {} parameters, its handler takes {N}",
            values.len()
        ))
    })
}

fn parse<T: FromStr + NotFound>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found::<T>())
}
