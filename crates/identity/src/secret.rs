//! Randomness, its hashes, and the instance's own secret.

use std::net::IpAddr;
use std::sync::Arc;

use althing_backbone::{Batch, Db, sql};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

/// 32 random bytes as URL-safe text.
pub(crate) fn random_token() -> String {
    random_text::<32>()
}

/// So many random bytes as URL-safe text.
pub(crate) fn random_text<const N: usize>() -> String {
    let mut bytes = [0u8; N];
    rand::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// SHA-256 in hexadecimal: how tokens are stored.
pub(crate) fn sha256(text: &[u8]) -> String {
    Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Compares in a time that does not tell where two texts differ: their hashes
/// are compared, which an attacker cannot steer.
pub(crate) fn same(a: &str, b: &str) -> bool {
    let (a, b) = (Sha256::digest(a.as_bytes()), Sha256::digest(b.as_bytes()));
    a.iter()
        .zip(b.iter())
        .fold(0u8, |difference, (a, b)| difference | (a ^ b))
        == 0
}

/// Hashes network addresses under a key of this instance: the same address gives the same
/// text here and nowhere else. The key is read once.
#[derive(Clone, Default)]
pub struct Addresses(Arc<OnceCell<Vec<u8>>>);

impl Addresses {
    /// The address, hashed, if there is one.
    pub async fn hashed(&self, db: &Db, address: Option<IpAddr>) -> althing_backbone::Result<Option<String>> {
        let Some(address) = address else { return Ok(None) };
        let secret = self.0.get_or_try_init(|| instance_secret(db)).await?;
        let mut hash = Sha256::new();
        hash.update(secret);
        hash.update(address.to_string().as_bytes());
        Ok(Some(
            hash.finalize()
                .iter()
                .take(16)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        ))
    }
}

/// 32 bytes as URL-safe text that only this instance can make, the same each time for the
/// same `what`.
pub(crate) async fn derived(db: &Db, what: &str) -> althing_backbone::Result<String> {
    let secret = instance_secret(db).await?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret).expect("a key of any length is taken");
    mac.update(what.as_bytes());
    Ok(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

async fn instance_secret(db: &Db) -> althing_backbone::Result<Vec<u8>> {
    const READ: &str = "SELECT secret FROM instance_secret WHERE one = 1";
    if let Some(secret) = sql(READ).optional(db).await? {
        return Ok(secret);
    }
    let mut bytes = [0u8; 32];
    rand::fill(&mut bytes);
    let mut batch = Batch::new();
    batch.run(
        sql("INSERT INTO instance_secret (one, secret) VALUES (1, $1) ON CONFLICT (one) DO NOTHING")
            .bind(bytes.to_vec()),
    );
    db.commit(batch).await?;
    Ok(sql(READ).one(db).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_random_and_stored_as_their_hash() {
        let token = random_token();
        assert_eq!(URL_SAFE_NO_PAD.decode(&token).unwrap().len(), 32);
        assert_ne!(token, random_token());
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(same("abc", "abc") && !same("abc", "abd") && !same("abc", "ab"));
    }
}
