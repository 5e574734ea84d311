//! A workspace, as the identity context tells of it.

use althing_backbone::Uuid;
use althing_events::identity::{
    MemberJoined, MemberRemoved, MemberRole, MemberRoleChanged, OwnershipTransferred, RemovalReason,
    WorkspaceArchived, WorkspaceCreated, WorkspaceDeleted, WorkspaceRestored,
};
use althing_events::{MemberId, UserId, WorkspaceId};
use serde_json::{Value, json};

use super::kit::{ADA, App};

/// Who owns the workspace.
pub const OLGA: UserId = UserId(Uuid::from_u128(0x01));
pub const ADMIN: UserId = UserId(Uuid::from_u128(0x02));
pub const MEMBER: UserId = UserId(Uuid::from_u128(0x03));
pub const GUEST: UserId = UserId(Uuid::from_u128(0x04));

/// Olga's workspace, with an admin, two members (Ada is one) and a guest.
pub struct Home<'a> {
    pub app: &'a App,
    pub id: WorkspaceId,
}

impl<'a> Home<'a> {
    pub async fn of(app: &'a App) -> Self {
        let home = Self {
            app,
            id: WorkspaceId(app.backbone.ids().next()),
        };
        app.happened(WorkspaceCreated {
            workspace_id: home.id,
            name: "House".into(),
            slug: "house".into(),
            owner_id: OLGA,
        })
        .await;
        for (user, role) in [
            (ADMIN, MemberRole::Admin),
            (ADA, MemberRole::Member),
            (MEMBER, MemberRole::Member),
            (GUEST, MemberRole::Guest),
        ] {
            home.join(user, role).await;
        }
        app.settle().await;
        home
    }

    pub async fn join(&self, user_id: UserId, role: MemberRole) -> i64 {
        let event = MemberJoined {
            workspace_id: self.id,
            user_id,
            member_id: MemberId(self.app.backbone.ids().next()),
            role,
            inviter_id: Some(OLGA),
        };
        self.app.happened(event).await
    }

    pub async fn remove(&self, user_id: UserId) -> i64 {
        let event = MemberRemoved {
            workspace_id: self.id,
            user_id,
            removed_by: OLGA,
            role: MemberRole::Member,
            reason: RemovalReason::Removed,
        };
        self.app.happened(event).await
    }

    pub async fn change(&self, user_id: UserId, new_role: MemberRole) {
        let event = MemberRoleChanged {
            workspace_id: self.id,
            user_id,
            old_role: MemberRole::Member,
            new_role,
        };
        self.app.happened(event).await;
    }

    pub async fn hand_over(&self, from_user_id: UserId, to_user_id: UserId) {
        let event = OwnershipTransferred {
            workspace_id: self.id,
            from_user_id,
            to_user_id,
        };
        self.app.happened(event).await;
    }

    pub async fn archive(&self) {
        let workspace_id = self.id;
        self.app.happened(WorkspaceArchived { workspace_id }).await;
    }

    pub async fn restore(&self) {
        let workspace_id = self.id;
        self.app.happened(WorkspaceRestored { workspace_id }).await;
    }

    pub async fn delete(&self) {
        let event = WorkspaceDeleted {
            workspace_id: self.id,
            name: "House".into(),
            member_user_ids: vec![OLGA, ADMIN, ADA, MEMBER, GUEST],
        };
        self.app.happened(event).await;
    }

    /// What is said to make a session that this workspace shares.
    pub fn shared(&self) -> Value {
        json!({ "title": "Where to meet", "workspace_id": self.id, "visibility": "workspace" })
    }

    /// Ada shares a session with a started cycle; its id and that of its cycle.
    pub async fn session(&self) -> (String, String) {
        let session = self.app.act("POST", "/api/sessions", self.shared()).await;
        let session = session["id"].as_str().unwrap().to_owned();
        let cycle = self
            .app
            .act("POST", &format!("/api/sessions/{session}/cycles"), json!({}))
            .await;
        let cycle = cycle["id"].as_str().unwrap().to_owned();
        let start = format!("/api/cycles/{cycle}/components/issue_raising/start");
        self.app.act("POST", &start, json!({})).await;
        self.app.settle().await;
        (session, cycle)
    }
}
