//! Sign-outs, for those who hold connections open.

use althing_events::LoginSessionId;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// How many sign-outs a slow listener may have before it hears that it missed some.
const WAITING: usize = 256;

/// Tells live channels and streams which browser sessions have ended. It lies in
/// the [`crate::AppState`]; the identity context says it.
#[derive(Clone, Debug)]
pub struct SignOuts(broadcast::Sender<LoginSessionId>);

impl Default for SignOuts {
    fn default() -> Self {
        Self(broadcast::channel(WAITING).0)
    }
}

impl SignOuts {
    /// Says that a browser session has ended.
    pub fn tell(&self, login: LoginSessionId) {
        // Without an open connection nobody listens.
        self.0.send(login).ok();
    }

    /// Begins to listen for the end of one browser session.
    pub fn of(&self, login: Option<LoginSessionId>) -> SignOut {
        SignOut {
            login,
            ended: self.0.subscribe(),
        }
    }
}

/// The end of one browser session.
#[derive(Debug)]
pub struct SignOut {
    login: Option<LoginSessionId>,
    ended: broadcast::Receiver<LoginSessionId>,
}

impl SignOut {
    /// Waits for it. Whoever missed too many is told that it happened, to be on
    /// the safe side; a caller without a browser session never is.
    pub async fn happened(&mut self) {
        let Some(login) = self.login else {
            return std::future::pending().await;
        };
        loop {
            match self.ended.recv().await {
                Ok(ended) if ended == login => return,
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return,
                Err(RecvError::Closed) => return std::future::pending().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_backbone::Uuid;

    #[tokio::test]
    async fn only_the_session_that_ended_is_told() {
        let sign_outs = SignOuts::default();
        let (mine, other) = (
            LoginSessionId(Uuid::from_u128(1)),
            LoginSessionId(Uuid::from_u128(2)),
        );
        let mut me = sign_outs.of(Some(mine));
        let mut nobody = sign_outs.of(None);
        sign_outs.tell(other);
        sign_outs.tell(mine);
        me.happened().await;
        let soon = std::time::Duration::from_millis(20);
        assert!(tokio::time::timeout(soon, nobody.happened()).await.is_err());
    }
}
