//! Passwords: argon2id, on a few threads, with an answer for unknown accounts that
//! takes as long.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use argon2::Argon2;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier, phc};
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
            match Argon2::default().verify_password(password.as_bytes(), &parsed) {
                Ok(()) => Ok(hash.is_some()),
                Err(password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(anyhow!("verifying a password: {error}")),
            }
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

    #[test]
    fn an_unknown_account_costs_as_much_as_a_known_one() {
        // What argon2 costs follows from these alone, so they are compared instead of times.
        let cost = |text: &str| {
            let hash = phc::PasswordHash::new(text).unwrap();
            (
                hash.algorithm.to_string(),
                hash.version,
                hash.params.to_string(),
                hash.salt.map(|salt| salt.as_ref().len()),
                hash.hash.map(|output| output.as_bytes().len()),
            )
        };
        let known = Argon2::default().hash_password(b"correct horse battery").unwrap();
        assert_eq!(cost(DUMMY), cost(&known.to_string()));
        // It is really computed: nothing but the comparison at the end refuses it.
        let dummy = phc::PasswordHash::new(DUMMY).unwrap();
        assert_eq!(
            Argon2::default().verify_password(b"wrong password", &dummy),
            Err(password_hash::Error::PasswordInvalid)
        );
    }

    #[tokio::test]
    async fn without_an_account_no_password_is_right_and_a_broken_hash_is_an_error() {
        let passwords = Passwords::default();
        assert!(!passwords.verify("password".into(), None).await.unwrap());
        let broken = PasswordHash("$argon2id$v=19$m=1,t=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA".into());
        passwords
            .verify("password".into(), Some(broken))
            .await
            .unwrap_err();
    }
}
