//! What happens by itself when its day comes: invitations end, deleted workspaces go.

use althing_backbone::{
    Command, HandlerResult, On, OnTimer, Process, ProcessContext, Subscription, Timer, Timestamp, Uuid,
    process,
};
use althing_events::identity::{
    InvitationDeclined, InvitationRevoked, MemberInvited, MemberJoined, WorkspaceDeleted, WorkspaceRestored,
    WorkspaceUpdated,
};
use althing_events::{MemberId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::commands::PurgeWorkspace;
use super::commands::members::Expire;

pub(crate) fn subscriptions() -> Vec<Subscription> {
    vec![
        process::<InvitationExpiry>()
            .on::<MemberInvited>()
            .on::<MemberJoined>()
            .on::<InvitationDeclined>()
            .on::<InvitationRevoked>()
            .with_timers()
            .into(),
        process::<WorkspacePurge>()
            .on::<WorkspaceUpdated>()
            .on::<WorkspaceRestored>()
            .on::<WorkspaceDeleted>()
            .with_timers()
            .into(),
    ]
}

/// Ends an invitation that nobody has answered.
#[derive(Default, Serialize, Deserialize, Process)]
#[process(name = "invitation-expiry", key = Uuid)]
struct InvitationExpiry {
    workspace_id: Option<WorkspaceId>,
}

impl On<MemberInvited> for InvitationExpiry {
    fn key(event: &MemberInvited) -> Uuid {
        event.member_id.0
    }

    /// Asked again, it ends later.
    async fn on(&mut self, event: MemberInvited, cx: &mut ProcessContext) -> HandlerResult {
        self.workspace_id = Some(event.workspace_id);
        cx.set_timer("end", event.expires_at, Value::Null);
        Ok(())
    }
}

macro_rules! answered {
    ($($event:ident),+) => {$(
        impl On<$event> for InvitationExpiry {
            fn key(event: &$event) -> Uuid {
                event.member_id.0
            }

            async fn on(&mut self, _: $event, cx: &mut ProcessContext) -> HandlerResult {
                cx.finish();
                Ok(())
            }
        }
    )+};
}
answered!(MemberJoined, InvitationDeclined, InvitationRevoked);

impl OnTimer for InvitationExpiry {
    async fn on_timer(&mut self, timer: &Timer, cx: &mut ProcessContext) -> HandlerResult {
        if let Some(workspace_id) = self.workspace_id {
            let member_id = MemberId(timer.key());
            Expire {
                workspace_id,
                member_id,
            }
            .run(cx)
            .await?;
        }
        cx.finish();
        Ok(())
    }
}

/// Removes a workspace when its grace has passed.
#[derive(Default, Serialize, Deserialize, Process)]
#[process(name = "workspace-purge", key = Uuid)]
struct WorkspacePurge {
    due_at: Option<Timestamp>,
}

impl On<WorkspaceUpdated> for WorkspacePurge {
    fn key(event: &WorkspaceUpdated) -> Uuid {
        event.workspace_id.0
    }

    async fn on(&mut self, event: WorkspaceUpdated, cx: &mut ProcessContext) -> HandlerResult {
        let day = event
            .changes
            .get("purge_after")
            .and_then(|change| change.new.as_deref());
        if let Some(day) = day {
            let day: Timestamp = day.parse()?;
            self.due_at = Some(day);
            cx.set_timer("purge", day, Value::Null);
        }
        Ok(())
    }
}

impl On<WorkspaceRestored> for WorkspacePurge {
    fn key(event: &WorkspaceRestored) -> Uuid {
        event.workspace_id.0
    }

    async fn on(&mut self, _: WorkspaceRestored, cx: &mut ProcessContext) -> HandlerResult {
        cx.finish();
        Ok(())
    }
}

impl On<WorkspaceDeleted> for WorkspacePurge {
    fn key(event: &WorkspaceDeleted) -> Uuid {
        event.workspace_id.0
    }

    async fn on(&mut self, _: WorkspaceDeleted, cx: &mut ProcessContext) -> HandlerResult {
        cx.finish();
        Ok(())
    }
}

/// What it did comes back as an event, which ends it.
impl OnTimer for WorkspacePurge {
    async fn on_timer(&mut self, timer: &Timer, cx: &mut ProcessContext) -> HandlerResult {
        if let Some(due_at) = self.due_at {
            let workspace_id = WorkspaceId(timer.key());
            PurgeWorkspace { workspace_id, due_at }.run(cx).await?;
        }
        Ok(())
    }
}
