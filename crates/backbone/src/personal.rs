//! Personal fields: sealed under a key of the person, unreadable once it is deleted.

use std::collections::HashMap;

use althing_db::{Batch, Db, Error as DbError, Statement, sql};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use serde_json::Value;
use uuid::Uuid;

/// A sealed field starts like this; then base64 of nonce and ciphertext.
pub(crate) const SEALED: &str = "sealed:1:";
/// What a sealed text reads as once the key is gone.
pub const ERASED: &str = "erased";

/// A type that a personal field of an event may have. Once the person's key is
/// deleted, the field reads as the text [`ERASED`], so the type must be able to
/// hold any text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a personal field",
    note = "once the person's key is deleted the field reads as the text \"erased\": use `String` or `Option<String>`, or implement `PersonalField` for a type that can be read from any text"
)]
pub trait PersonalField {}
impl PersonalField for String {}
impl<T: PersonalField> PersonalField for Option<T> {}

/// The keys that a commit seals with, by subject. They are read anew for each
/// commit: a key that was kept in memory would outlive its deletion by another
/// process.
#[derive(Default)]
pub(crate) struct Keys(HashMap<Uuid, Key>);

impl Keys {
    /// The subject's key; a new one is added to `batch` if there is none yet.
    pub async fn for_sealing(&mut self, db: &Db, batch: &mut Batch, subject: Uuid) -> Result<Key, DbError> {
        if let Some(key) = self.0.get(&subject) {
            return Ok(*key);
        }
        let key = match stored_key(db, subject).await? {
            Some(key) => key,
            None => {
                let mut bytes = [0u8; 32];
                rand::fill(&mut bytes);
                // Two first events at once: the second insert violates the primary key,
                // the command is decided again and finds this one.
                let insert = sql("INSERT INTO subject_key (subject_id, key) VALUES ($1, $2)");
                batch.run(insert.bind(subject).bind(bytes.to_vec()));
                Key::from(bytes)
            }
        };
        self.0.insert(subject, key);
        Ok(key)
    }
}

/// The subject's key, if it exists and was not deleted.
pub(crate) async fn stored_key(db: &Db, subject: Uuid) -> Result<Option<Key>, DbError> {
    let bytes: Option<Vec<u8>> = sql("SELECT key FROM subject_key WHERE subject_id = $1")
        .bind(subject)
        .optional(db)
        .await?;
    Ok(bytes
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
        .map(Key::from))
}

/// Deletes the key: every sealed field of this person becomes unreadable.
pub(crate) async fn erase(db: &Db, subject: Uuid) -> Result<(), DbError> {
    let mut batch = Batch::new();
    for statement in erasing(subject) {
        batch.run(statement);
    }
    db.commit(batch).await.map(|_| ())
}

/// The key is overwritten first, so that a deleted row does not keep it in the file.
pub(crate) fn erasing(subject: Uuid) -> [Statement; 2] {
    [
        sql("UPDATE subject_key SET key = zeroblob(length(key)) WHERE subject_id = $1")
            .on_postgres("UPDATE subject_key SET key = ''::BYTEA WHERE subject_id = $1")
            .bind(subject),
        sql("DELETE FROM subject_key WHERE subject_id = $1").bind(subject),
    ]
}

/// Replaces the personal fields by their sealed form. The field's name and the
/// event's id are authenticated with it, so that it cannot be moved elsewhere.
pub(crate) fn seal(data: &mut Value, fields: &[&str], key: &Key, event_id: Uuid) {
    for field in fields {
        let Some(value) = data.get_mut(*field).filter(|value| !value.is_null()) else {
            continue;
        };
        let cipher = XChaCha20Poly1305::new(key);
        let mut nonce = [0u8; 24];
        rand::fill(&mut nonce);
        let plain = value.to_string();
        let payload = chacha20poly1305::aead::Payload {
            msg: plain.as_bytes(),
            aad: &bound_to(field, event_id),
        };
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("encrypting a short text in memory cannot fail");
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        *value = Value::String(format!("{SEALED}{}", BASE64.encode(bytes)));
    }
}

/// The opposite of [`seal`]; without the key the fields read as [`ERASED`].
pub(crate) fn open(data: &str, fields: &[&str], key: Option<&Key>, event_id: Uuid) -> String {
    let Ok(mut json) = serde_json::from_str::<Value>(data) else {
        return data.to_owned();
    };
    for field in fields {
        if let Some(value) = json.get_mut(*field)
            && let Some(sealed) = value.as_str().and_then(|text| text.strip_prefix(SEALED))
        {
            let plain = key.and_then(|key| open_one(sealed, key, &bound_to(field, event_id)));
            *value = plain.unwrap_or_else(|| Value::String(ERASED.into()));
        }
    }
    json.to_string()
}

pub(crate) fn blank(data: &str, fields: &[&str]) -> String {
    open(data, fields, None, Uuid::nil())
}

fn open_one(sealed: &str, key: &Key, bound: &[u8]) -> Option<Value> {
    let bytes = BASE64.decode(sealed).ok()?;
    let (nonce, cipher_text) = bytes.split_at_checked(24)?;
    let nonce = XNonce::from(<[u8; 24]>::try_from(nonce).ok()?);
    let payload = chacha20poly1305::aead::Payload {
        msg: cipher_text,
        aad: bound,
    };
    let plain = XChaCha20Poly1305::new(key).decrypt(&nonce, payload).ok()?;
    serde_json::from_slice(&plain).ok()
}

fn bound_to(field: &str, event_id: Uuid) -> Vec<u8> {
    let mut bound = event_id.into_bytes().to_vec();
    bound.extend(field.as_bytes());
    bound
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sealed_fields_open_with_the_key_and_read_erased_without() {
        let key = Key::from([7u8; 32]);
        let id = Uuid::from_u128(1);
        let mut data = json!({"user_id": "u", "email": "ada@example.org", "nick": null});
        seal(&mut data, &["email", "nick"], &key, id);
        let stored = data.to_string();
        assert!(!stored.contains("ada@"));
        let opened: Value = serde_json::from_str(&open(&stored, &["email"], Some(&key), id)).unwrap();
        assert_eq!(opened["email"], "ada@example.org");
        assert_eq!(opened["nick"], Value::Null);
        let erased: Value = serde_json::from_str(&open(&stored, &["email"], None, id)).unwrap();
        assert_eq!(erased["email"], ERASED);
        let moved: Value =
            serde_json::from_str(&open(&stored, &["email"], Some(&key), Uuid::from_u128(2))).unwrap();
        assert_eq!(moved["email"], ERASED);
    }
}
