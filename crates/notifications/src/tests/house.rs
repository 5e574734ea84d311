//! A kit with the context's subscriptions, and people who do things in it.

use althing_backbone::kit::TestKit;
use althing_backbone::{Context, Db, Timestamp, Uuid, read_aggregate};
use althing_events::decisions::{CycleCompleted, SessionCreated, SessionRenamed};
use althing_events::identity::{
    InvitationRevoked, MemberInvited, MemberJoined, MemberRemoved, MemberRole, MemberRoleChanged,
    RemovalReason, UserRegistered, WorkspaceCreated,
};
use althing_events::{CycleId, MemberId, NotificationId, SessionId, UserId, WorkspaceId};
use althing_web::Mailer;

use crate::commands::SetPreferences;
use crate::kind::{Channel, Kind};
use crate::preferences::Preferences;
use crate::views::{self, NotificationView, Which};
use crate::{MIGRATIONS, subscriptions};

pub struct House {
    pub kit: TestKit,
    pub ada: UserId,
    pub bob: UserId,
    pub workspace: WorkspaceId,
    pub session: SessionId,
}

impl House {
    /// Ada has a workspace and a decision; Bob has an account. Nothing was handled yet.
    pub async fn new() -> Self {
        Self::with(Mailer::off()).await
    }

    pub async fn with(mailer: Mailer) -> Self {
        let db = Db::temporary().await.unwrap();
        MIGRATIONS.apply(&db, Timestamp::from_micros(0)).await.unwrap();
        let kit = TestKit::on(db, move || subscriptions(&mailer)).await;
        let ids = kit.ids().clone();
        let house = Self {
            ada: UserId(ids.next()),
            bob: UserId(ids.next()),
            workspace: WorkspaceId(ids.next()),
            session: SessionId(ids.next()),
            kit,
        };
        house.register(house.ada, "Ada", "Lovelace").await;
        house.register(house.bob, "Bob", "Babbage").await;
        house.acts(house.ada);
        house
            .kit
            .given([WorkspaceCreated {
                workspace_id: house.workspace,
                name: "Engines".into(),
                slug: "engines".into(),
                owner_id: house.ada,
            }])
            .await;
        house
            .kit
            .given([SessionCreated {
                session_id: house.session,
                user_id: house.ada,
                title: "Where to live".into(),
                description: None,
                created_at: house.now(),
            }])
            .await;
        house
    }

    pub fn now(&self) -> Timestamp {
        self.kit.clock().now()
    }

    /// Who acts from now on.
    pub fn acts(&self, user: UserId) {
        self.kit.acting_as(Context::of_actor(user.0, user.0));
    }

    pub async fn register(&self, user_id: UserId, first: &str, last: &str) {
        self.kit
            .given([UserRegistered {
                user_id,
                email: format!("{}@example.org", first.to_lowercase()),
                first_name: first.into(),
                last_name: last.into(),
            }])
            .await;
    }

    fn invitation(&self, member: MemberId, user: Option<UserId>) -> MemberInvited {
        MemberInvited {
            workspace_id: self.workspace,
            workspace_name: "Engines".into(),
            member_id: member,
            inviter_id: self.ada,
            inviter_name: "Ada Lovelace".into(),
            invitee_email: "bob@example.org".into(),
            invitee_user_id: user,
            role: MemberRole::Member,
            expires_at: self.now(),
        }
    }

    /// Ada invites Bob; the invitation.
    pub async fn invite(&self) -> MemberId {
        let member = MemberId(self.kit.ids().next());
        self.kit.given([self.invitation(member, Some(self.bob))]).await;
        member
    }

    pub async fn invite_again(&self, member: MemberId) {
        self.kit.given([self.invitation(member, Some(self.bob))]).await;
    }

    /// Ada invites somebody who has no account.
    pub async fn invite_a_stranger(&self) {
        let member = MemberId(self.kit.ids().next());
        self.kit.given([self.invitation(member, None)]).await;
    }

    pub async fn revoke(&self, member_id: MemberId) {
        self.kit
            .given([InvitationRevoked {
                workspace_id: self.workspace,
                member_id,
                invitee_email: "bob@example.org".into(),
                invitee_user_id: Some(self.bob),
                revoked_by: self.ada,
            }])
            .await;
    }

    /// Bob comes in.
    pub async fn join(&self, member_id: MemberId) {
        self.kit
            .given([MemberJoined {
                workspace_id: self.workspace,
                user_id: self.bob,
                member_id,
                role: MemberRole::Member,
                inviter_id: Some(self.ada),
            }])
            .await;
    }

    pub async fn change_role(&self, old_role: MemberRole, new_role: MemberRole) {
        self.kit
            .given([MemberRoleChanged {
                workspace_id: self.workspace,
                user_id: self.bob,
                old_role,
                new_role,
            }])
            .await;
    }

    pub async fn remove(&self, reason: RemovalReason) {
        self.kit
            .given([MemberRemoved {
                workspace_id: self.workspace,
                user_id: self.bob,
                removed_by: self.ada,
                role: MemberRole::Admin,
                reason,
            }])
            .await;
    }

    pub async fn complete_cycle(&self) {
        self.kit
            .given([CycleCompleted {
                session_id: self.session,
                cycle_id: CycleId(self.kit.ids().next()),
                dq_score: Some(70),
                completed_at: self.now(),
            }])
            .await;
    }

    pub async fn rename_session(&self, title: &str) {
        self.kit
            .given([SessionRenamed {
                session_id: self.session,
                user_id: self.ada,
                old_title: "Where to live".into(),
                new_title: title.into(),
                renamed_at: self.now(),
            }])
            .await;
    }

    /// What somebody sees, the newest first.
    pub async fn seen_by(&self, user: UserId) -> Vec<NotificationView> {
        views::list(self.kit.db(), user, Which::All, None, 100)
            .await
            .unwrap()
    }

    /// Titles and bodies of it.
    pub async fn told(&self, user: UserId) -> Vec<String> {
        let seen = self.seen_by(user).await;
        seen.iter()
            .map(|one| format!("{}: {}", one.title, one.body))
            .collect()
    }

    /// The only one that somebody sees.
    pub async fn only_one(&self, user: UserId) -> (NotificationId, NotificationView) {
        let mut seen = self.seen_by(user).await;
        assert_eq!(seen.len(), 1, "{seen:?}");
        let one = seen.remove(0);
        (NotificationId(one.id), one)
    }

    /// Somebody chooses a channel, and an hour for their daily mail.
    pub async fn choose(&self, user_id: UserId, kind: Kind, channel: Channel, digest_hour: u32, zone: &str) {
        let known: Option<Preferences> = read_aggregate(self.kit.db(), user_id.0).await.unwrap();
        let known = known.unwrap_or_else(|| Preferences::of(user_id));
        let mut wanted = known.without_mail([]);
        wanted.channels.insert(kind, channel);
        wanted.digest_hour = digest_hour;
        wanted.time_zone = zone.parse().unwrap();
        let command = SetPreferences { user_id, wanted };
        self.kit.when(&command).await.into_result().unwrap();
    }

    /// How often this event was recorded.
    pub async fn count(&self, event_type: &str) -> usize {
        let log = self.kit.log().await;
        log.iter().filter(|event| event.event_type == event_type).count()
    }

    pub fn id(&self) -> Uuid {
        self.kit.ids().next()
    }
}
