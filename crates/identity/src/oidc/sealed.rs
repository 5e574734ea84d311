//! Client secrets as they are stored: whoever reads the table alone reads none.

use althing_backbone::Db;
use althing_events::OidcProviderId;
use anyhow::Context as _;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

use crate::secret::derived;

const NONCE: usize = 24;

/// Seals a secret for this provider alone.
pub(super) async fn seal(db: &Db, id: OidcProviderId, secret: &str) -> anyhow::Result<String> {
    let mut nonce = [0u8; NONCE];
    rand::fill(&mut nonce);
    let payload = Payload {
        msg: secret.as_bytes(),
        aad: id.0.as_bytes(),
    };
    let sealed = cipher(db)
        .await?
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| anyhow::anyhow!("a client secret cannot be sealed"))?;
    Ok(BASE64.encode([nonce.as_slice(), &sealed].concat()))
}

/// What was sealed.
pub(super) async fn open(db: &Db, id: OidcProviderId, sealed: &str) -> anyhow::Result<String> {
    let bytes = BASE64
        .decode(sealed)
        .context("a sealed client secret is no base64")?;
    let (nonce, sealed) = bytes
        .split_first_chunk::<NONCE>()
        .context("a sealed client secret is too short")?;
    let payload = Payload {
        msg: sealed,
        aad: id.0.as_bytes(),
    };
    let plain = cipher(db)
        .await?
        .decrypt(&XNonce::from(*nonce), payload)
        .map_err(|_| anyhow::anyhow!("a client secret was sealed by another instance; enter it again"))?;
    String::from_utf8(plain).context("a client secret is no text")
}

async fn cipher(db: &Db) -> anyhow::Result<XChaCha20Poly1305> {
    let key = derived(db, "client secrets of sign-in providers").await?;
    let bytes = BASE64.decode(key).context("a derived key is base64")?;
    let bytes: [u8; 32] = bytes
        .as_slice()
        .try_into()
        .context("a derived key has 32 bytes")?;
    Ok(XChaCha20Poly1305::new(&Key::from(bytes)))
}
