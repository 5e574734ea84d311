//! Passwords: argon2id, on a few threads, with an answer for unknown accounts that
//! takes as long.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::fields::NewPassword;

/// Each hash takes 19 MiB for a moment, so only this many run at once.
const AT_ONCE: usize = 2;

/// Verifies nothing and costs as much as one that does: the parameters are the
/// ones that [`Passwords::hash`] writes.
const DUMMY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A stored password in PHC form. It never leaves this context.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(hidden)")
    }
}

/// Hashes and verifies on blocking threads, two at a time; others wait their turn.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Passwords {
    /// Hashes a new password with a random salt.
    pub async fn hash(&self, password: NewPassword) -> Result<PasswordHash> {
        self.work(move || {
            let hash = Argon2::default()
                .hash_password(password.reveal().as_bytes())
                .map_err(|error| anyhow!("hashing a password: {error}"))?;
            Ok(PasswordHash(hash.to_string()))
        })
        .await
    }

    /// Whether the password belongs to the hash; without a hash never, after the
    /// same time.
    pub async fn verify(&self, password: String, hash: Option<PasswordHash>) -> Result<bool> {
        self.work(move || {
            let text = hash.as_ref().map_or(DUMMY, |hash| &hash.0);
            let parsed =
                phc::PasswordHash::new(text).map_err(|error| anyhow!("a stored password: {error}"))?;
            let matches = Argon2::default()
                .verify_password(password.as_bytes(), &parsed)
                .is_ok();
            Ok(matches && hash.is_some())
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let turn = self
            .turns
            .clone()
            .acquire_owned()
            .await
            .context("the password threads are gone")?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.context("a password thread ended badly")?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[tokio::test]
    async fn a_hash_verifies_its_password_only_and_hides_itself() {
        let passwords = Passwords::default();
        let new = NewPassword::parse("/password", "correct horse battery").unwrap();
        let hash = passwords.hash(new.clone()).await.unwrap();
        assert!(
            hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            hash.0
        );
        assert_ne!(hash, passwords.hash(new).await.unwrap(), "the salt is random");
        assert!(
            passwords
                .verify("correct horse battery".into(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify("correct horse batterz".into(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert_eq!(format!("{hash:?}"), "PasswordHash(hidden)");
    }

    #[tokio::test]
    async fn an_unknown_account_costs_as_much_as_a_known_one() {
        let passwords = Passwords::default();
        let hash = passwords
            .hash(NewPassword::parse("/password", "correct horse battery").unwrap())
            .await
            .unwrap();
        let time = async |hash: Option<PasswordHash>| {
            let mut best = std::time::Duration::MAX;
            for _ in 0..5 {
                let start = Instant::now();
                assert!(
                    !passwords
                        .verify("wrong password".into(), hash.clone())
                        .await
                        .unwrap()
                );
                best = best.min(start.elapsed());
            }
            best
        };
        let (known, unknown) = (time(Some(hash)).await, time(None).await);
        let ratio = unknown.as_secs_f64() / known.as_secs_f64();
        assert!(
            (0.5..2.0).contains(&ratio),
            "unknown {unknown:?}, known {known:?}"
        );
    }
}
