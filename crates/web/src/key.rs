//! What a key for programs may do. A request by key has the rights of its owner, of its
//! scopes and of its workspaces: all three.

use std::sync::Arc;

use althing_events::{ApiKeyId, WorkspaceId};

/// Every scope there is.
pub const SCOPES: &[&str] = &[
    "workspaces:read",
    "workspaces:write",
    "projects:read",
    "projects:write",
    "documents:read",
    "documents:write",
    "agents:read",
    "agents:write",
    "agents:query",
    "chat:read",
    "chat:write",
    "notifications:read",
    "notifications:write",
    "graph:read",
    "graph:write",
    "webhooks:read",
    "webhooks:write",
    "decisions:read",
    "decisions:write",
    "events:read",
    "mcp:knowledge.search",
    "mcp:knowledge.get",
    "mcp:knowledge.traverse",
    "mcp:knowledge.create",
    "mcp:knowledge.update",
    "mcp:knowledge.relate",
    "mcp:workspace.list_workspaces",
    "mcp:workspace.get_workspace",
    "mcp:workspace.list_projects",
    "mcp:workspace.create_project",
    "mcp:workspace.get_project",
    "mcp:workspace.list_documents",
    "mcp:workspace.create_document",
    "mcp:workspace.get_document",
];

/// Whether an entry of a key's list is one: a star alone, a scope's name, or the beginning
/// of one with a star behind it.
pub fn is_scope(entry: &str) -> bool {
    match entry.strip_suffix('*') {
        Some("") => true,
        Some(start) => SCOPES.iter().any(|scope| scope.starts_with(start)),
        None => SCOPES.contains(&entry),
    }
}

fn covers(entry: &str, scope: &str) -> bool {
    match entry.strip_suffix('*') {
        Some(start) => scope.starts_with(start),
        None => entry == scope,
    }
}

/// The key that a request came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyGrant {
    /// Its id.
    pub id: ApiKeyId,
    /// What it may do.
    pub scopes: Arc<[String]>,
    /// Where it may do it.
    pub workspaces: Arc<[WorkspaceId]>,
}

impl KeyGrant {
    /// Whether it may do what a scope stands for.
    pub fn allows(&self, scope: &str) -> bool {
        self.scopes.iter().any(|entry| covers(entry, scope))
    }

    /// Whether it may do anything in a workspace.
    pub fn reaches(&self, workspace: WorkspaceId) -> bool {
        self.workspaces.contains(&workspace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(scopes: &[&str]) -> KeyGrant {
        KeyGrant {
            id: ApiKeyId(althing_backbone::Uuid::nil()),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            workspaces: Arc::default(),
        }
    }

    #[test]
    fn an_entry_is_a_star_a_name_or_the_beginning_of_one() {
        for good in [
            "*",
            "decisions:read",
            "decisions:*",
            "mcp:knowledge.*",
            "mcp:*",
            "d*",
        ] {
            assert!(is_scope(good), "{good}");
        }
        for wrong in [
            "",
            "decisions",
            "decisions:readx",
            "nothing:*",
            "**",
            "*:read",
            "decisions:re*d",
        ] {
            assert!(!is_scope(wrong), "{wrong}");
        }
    }

    #[test]
    fn only_what_is_covered_is_allowed() {
        assert!(grant(&["*"]).allows("events:read"));
        assert!(grant(&["decisions:*"]).allows("decisions:write"));
        assert!(!grant(&["decisions:*"]).allows("documents:write"));
        assert!(!grant(&["decisions:read"]).allows("decisions:write"));
        assert!(
            !grant(&[]).allows("decisions:read"),
            "an empty list means nothing"
        );
        assert!(!grant(&["*"]).reaches(WorkspaceId(althing_backbone::Uuid::nil())));
    }
}
