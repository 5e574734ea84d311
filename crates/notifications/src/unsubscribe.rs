//! Links that end a kind of mail with one click, without a sign-in: each says whose it is
//! and what it ends, under a key of this instance.

use althing_backbone::{Batch, Db, Uuid, sql};
use althing_events::UserId;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::commands::Unsubscribed;
use crate::kind::Kind;

/// What the key signs begins with this, so that nothing else that it might ever sign
/// passes for a link.
const PURPOSE: &[u8] = b"unsubscribe\0";

impl Unsubscribed {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kind(kind) => kind.as_str(),
            Self::Digest => "digest",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "digest" => Some(Self::Digest),
            word => Kind::parse(word).map(Self::Kind),
        }
    }
}

/// Signs and checks the tokens of such links.
pub struct Signer(Vec<u8>);

impl Signer {
    /// With the instance's key, which is made when it is first needed.
    pub async fn of(db: &Db) -> althing_backbone::Result<Self> {
        const READ: &str = "SELECT secret FROM notification_secret WHERE one = 1";
        if let Some(secret) = sql(READ).optional(db).await? {
            return Ok(Self(secret));
        }
        let mut bytes = [0u8; 32];
        rand::fill(&mut bytes);
        let mut batch = Batch::new();
        batch.run(
            sql("INSERT INTO notification_secret (one, secret) VALUES (1, $1) ON CONFLICT (one) DO NOTHING")
                .bind(bytes.to_vec()),
        );
        db.commit(batch).await?;
        Ok(Self(sql(READ).one(db).await?))
    }

    /// `whose.what.signature`.
    pub fn token(&self, user: UserId, what: Unsubscribed) -> String {
        let signature = self.mac(user, what).finalize().into_bytes();
        format!(
            "{}.{}.{}",
            URL_SAFE_NO_PAD.encode(user.0.as_bytes()),
            what.as_str(),
            URL_SAFE_NO_PAD.encode(signature)
        )
    }

    /// Whose link it is and what it ends, if this instance made it.
    pub fn read(&self, token: &str) -> Option<(UserId, Unsubscribed)> {
        let mut parts = token.split('.');
        let (user, what, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let user = UserId(Uuid::from_slice(&URL_SAFE_NO_PAD.decode(user).ok()?).ok()?);
        let what = Unsubscribed::parse(what)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        // Compared in constant time.
        self.mac(user, what).verify_slice(&signature).ok()?;
        Some((user, what))
    }

    fn mac(&self, user: UserId, what: Unsubscribed) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(PURPOSE);
        mac.update(user.0.as_bytes());
        mac.update(what.as_str().as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_whose_it_is_and_what_it_ends() {
        let signer = Signer(vec![7; 32]);
        let (ada, bob) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        for what in [Unsubscribed::Digest, Unsubscribed::Kind(Kind::RoleChanged)] {
            assert_eq!(signer.read(&signer.token(ada, what)), Some((ada, what)));
        }
        let token = signer.token(ada, Unsubscribed::Digest);
        let others = signer.token(bob, Unsubscribed::Digest);
        let (_, signature) = token.rsplit_once('.').unwrap();
        let (whose, _) = others.rsplit_once('.').unwrap();
        for forged in [
            format!("{whose}.{signature}"),
            token.replace("digest", "role_changed"),
            format!("{token}.x"),
            token[..token.len() - 1].to_owned(),
            Signer(vec![8; 32]).token(ada, Unsubscribed::Digest),
            String::new(),
        ] {
            assert_eq!(signer.read(&forged), None, "{forged}");
        }
    }
}
