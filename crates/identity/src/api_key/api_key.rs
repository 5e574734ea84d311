//! The key: what the rules say.

use std::collections::BTreeMap;

use althing_backbone::{Aggregate, Timestamp, Uuid};
use althing_events::identity::{ApiKeyCreated, ApiKeyRevoked, ApiKeyUpdated, KeyChange};
use althing_events::{ApiKeyId, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::fields::Name;
use crate::secret::{random_text, sha256};

/// A key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ApiKey {
    pub id: ApiKeyId,
    pub user_id: UserId,
    pub name: Name,
    pub description: Option<String>,
    pub prefix: String,
    pub hashed_token: String,
    pub workspaces: Vec<WorkspaceId>,
    pub scopes: Vec<String>,
    pub is_active: bool,
    pub expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl Aggregate for ApiKey {
    const KIND: &'static str = "api_key";

    fn id(&self) -> Uuid {
        self.id.0
    }
}

/// The plain key, of which there is no other copy.
#[derive(Clone)]
pub(super) struct PlainKey {
    pub prefix: String,
    pub text: String,
}

impl PlainKey {
    /// `alt_`, eight characters that may be shown, and 48 random bytes.
    pub fn random() -> Self {
        let prefix = format!("alt_{}", &sha256(random_text::<32>().as_bytes())[..8]);
        let text = format!("{prefix}_{}", random_text::<48>());
        Self { prefix, text }
    }

    pub fn hash(&self) -> String {
        sha256(self.text.as_bytes())
    }
}

/// What can be changed of a key; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub name: Option<Name>,
    pub description: Option<Option<String>>,
    pub workspaces: Option<Vec<WorkspaceId>>,
    pub scopes: Option<Vec<String>>,
}

impl ApiKey {
    pub fn created(&self) -> ApiKeyCreated {
        ApiKeyCreated {
            api_key_id: self.id,
            user_id: self.user_id,
            name: self.name.as_str().to_owned(),
            prefix: self.prefix.clone(),
            scopes: self.scopes.clone(),
            workspaces: self.workspaces.clone(),
        }
    }

    /// Takes what differs; `None` if nothing does.
    pub fn change(&mut self, changes: Changes) -> Option<ApiKeyUpdated> {
        let mut told = BTreeMap::new();
        let mut tell = |field: &str, old: Vec<String>, new: Vec<String>| {
            told.insert(field.to_owned(), KeyChange { old, new });
        };
        if let Some(name) = changes.name.filter(|name| *name != self.name) {
            let old = std::mem::replace(&mut self.name, name);
            tell(
                "name",
                vec![old.as_str().to_owned()],
                vec![self.name.as_str().to_owned()],
            );
        }
        if let Some(description) = changes.description.filter(|new| *new != self.description) {
            let old = std::mem::replace(&mut self.description, description);
            tell(
                "description",
                old.into_iter().collect(),
                self.description.iter().cloned().collect(),
            );
        }
        if let Some(workspaces) = changes.workspaces.filter(|new| *new != self.workspaces) {
            let old = std::mem::replace(&mut self.workspaces, workspaces);
            let words = |ids: &[WorkspaceId]| ids.iter().map(WorkspaceId::to_string).collect();
            tell("workspaces", words(&old), words(&self.workspaces));
        }
        if let Some(scopes) = changes.scopes.filter(|new| *new != self.scopes) {
            let old = std::mem::replace(&mut self.scopes, scopes);
            tell("scopes", old, self.scopes.clone());
        }
        (!told.is_empty()).then_some(ApiKeyUpdated {
            api_key_id: self.id,
            user_id: self.user_id,
            changes: told,
        })
    }

    /// Ends it for good; a second time says nothing.
    pub fn revoke(&mut self) -> Option<ApiKeyRevoked> {
        let was = std::mem::replace(&mut self.is_active, false);
        was.then_some(ApiKeyRevoked {
            api_key_id: self.id,
            user_id: self.user_id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_long_random_and_shows_its_beginning() {
        let (one, two) = (PlainKey::random(), PlainKey::random());
        assert_ne!(one.text, two.text);
        assert!(one.text.starts_with(&format!("{}_", one.prefix)));
        assert_eq!((one.prefix.len(), one.text.len()), (12, 12 + 1 + 64));
        assert!(!one.hash().contains(&one.text));
    }
}
