//! Sign-outs, for those who hold connections open.

use std::sync::Arc;

use althing_events::{ApiKeyId, LoginSessionId, UserId};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::Actor;

/// How many sign-outs a slow listener may have before it hears that it missed some.
const WAITING: usize = 256;

/// Tells live channels and streams which browser sessions have ended. It lies in
/// the [`crate::AppState`]; the identity context says it.
#[derive(Clone, Debug)]
pub struct SignOuts(broadcast::Sender<Ended>);

/// Which browser sessions have ended.
#[derive(Clone, Debug)]
enum Ended {
    One(LoginSessionId),
    /// A key.
    Key(ApiKeyId),
    /// Whatever an account has, keys too.
    Everything(UserId),
    /// Every one of an account but these.
    AllBut(UserId, Arc<[LoginSessionId]>),
}

impl Default for SignOuts {
    fn default() -> Self {
        Self(broadcast::channel(WAITING).0)
    }
}

impl SignOuts {
    /// Says that a browser session has ended.
    pub fn tell(&self, login: LoginSessionId) {
        // Without an open connection nobody listens.
        self.0.send(Ended::One(login)).ok();
    }

    /// Says that every browser session of an account has ended but these.
    pub fn tell_all_but(&self, user: UserId, open: Vec<LoginSessionId>) {
        self.0.send(Ended::AllBut(user, open.into())).ok();
    }

    /// Says that a key can no longer be used.
    pub fn tell_key(&self, key: ApiKeyId) {
        self.0.send(Ended::Key(key)).ok();
    }

    /// Says that an account can no longer be used, neither by browser nor by key.
    pub fn tell_everything(&self, user: UserId) {
        self.0.send(Ended::Everything(user)).ok();
    }

    /// Begins to listen for the end of what the caller came with, if they came with anything.
    pub fn of<'a>(&self, actor: impl Into<Option<&'a Actor>>) -> SignOut {
        let actor = actor.into();
        SignOut {
            user: actor.map(|actor| actor.user_id),
            login: actor.and_then(|actor| actor.login),
            key: actor.and_then(|actor| actor.key.as_ref()).map(|key| key.id),
            ended: self.0.subscribe(),
        }
    }
}

/// The end of one browser session, or of the key that came instead.
#[derive(Debug)]
pub struct SignOut {
    user: Option<UserId>,
    login: Option<LoginSessionId>,
    key: Option<ApiKeyId>,
    ended: broadcast::Receiver<Ended>,
}

impl SignOut {
    /// Waits for it. Whoever missed too many is told that it happened, to be on
    /// the safe side; a caller without a browser session never is.
    pub async fn happened(&mut self) {
        if self.login.is_none() && self.key.is_none() {
            return std::future::pending().await;
        }
        loop {
            match self.ended.recv().await {
                Ok(ended) if self.is_mine(&ended) => return,
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return,
                Err(RecvError::Closed) => return std::future::pending().await,
            }
        }
    }
}

impl SignOut {
    fn is_mine(&self, ended: &Ended) -> bool {
        match ended {
            Ended::One(ended) => self.login == Some(*ended),
            Ended::Key(ended) => self.key == Some(*ended),
            Ended::Everything(user) => Some(*user) == self.user,
            Ended::AllBut(user, open) => {
                Some(*user) == self.user && self.login.is_some_and(|login| !open.contains(&login))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use althing_backbone::Uuid;

    use super::*;
    use crate::InstanceRole;

    fn actor(user: u128, login: Option<u128>) -> Actor {
        Actor {
            user_id: UserId(Uuid::from_u128(user)),
            name: String::new(),
            email: String::new(),
            instance_role: InstanceRole::User,
            login: login.map(|login| LoginSessionId(Uuid::from_u128(login))),
            key: None,
            membership: None,
        }
    }

    async fn is_told(sign_out: &mut SignOut) -> bool {
        let soon = Duration::from_millis(20);
        tokio::time::timeout(soon, sign_out.happened()).await.is_ok()
    }

    #[tokio::test]
    async fn only_the_session_that_ended_is_told() {
        let sign_outs = SignOuts::default();
        let mut me = sign_outs.of(&actor(1, Some(1)));
        let mut nobody = sign_outs.of(&actor(1, None));
        sign_outs.tell(LoginSessionId(Uuid::from_u128(2)));
        assert!(!is_told(&mut me).await);
        sign_outs.tell(LoginSessionId(Uuid::from_u128(1)));
        assert!(is_told(&mut me).await);
        assert!(!is_told(&mut nobody).await);
    }

    #[tokio::test]
    async fn all_sessions_of_an_account_are_told_but_those_that_stay() {
        let sign_outs = SignOuts::default();
        let mut ended = sign_outs.of(&actor(1, Some(1)));
        let mut stays = sign_outs.of(&actor(1, Some(2)));
        let mut other = sign_outs.of(&actor(2, Some(3)));
        sign_outs.tell_all_but(
            UserId(Uuid::from_u128(1)),
            vec![LoginSessionId(Uuid::from_u128(2))],
        );
        assert!(is_told(&mut ended).await);
        assert!(!is_told(&mut stays).await);
        assert!(!is_told(&mut other).await);
    }

    #[tokio::test]
    async fn who_came_with_a_key_is_told_when_it_ends_and_when_its_owner_is_out() {
        let sign_outs = SignOuts::default();
        let with = |id: u128| Actor {
            key: Some(crate::KeyGrant {
                id: ApiKeyId(Uuid::from_u128(id)),
                scopes: Arc::default(),
                workspaces: Arc::default(),
            }),
            ..actor(1, None)
        };
        let (mut one, mut other) = (sign_outs.of(&with(1)), sign_outs.of(&with(2)));
        sign_outs.tell_all_but(UserId(Uuid::from_u128(1)), Vec::new());
        sign_outs.tell_key(ApiKeyId(Uuid::from_u128(1)));
        assert!(is_told(&mut one).await);
        assert!(!is_told(&mut other).await, "another password ends no key");
        sign_outs.tell_everything(UserId(Uuid::from_u128(1)));
        assert!(is_told(&mut other).await);
    }
}
