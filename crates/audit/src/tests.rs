//! What the audit log keeps, what it says of it, and what it refuses.

use std::time::Duration;

use althing_backbone::kit::TestKit;
use althing_backbone::{Batch, Context, Db, Timestamp, Uuid, sql};
use althing_events::decisions::{
    ComponentCompleted, ComponentMarkedForRevision, ComponentOutputUpdated, ComponentStarted, Progress,
    SessionArchived, SessionCreated,
};
use althing_events::identity::{
    LoginMethod, MemberJoined, MemberRole, MemberRoleChanged, UserLoggedIn, WorkspaceCreated,
    WorkspaceDeleted,
};
use althing_events::{ComponentId, CycleId, LoginSessionId, MemberId, SessionId, UserId, WorkspaceId};
use althing_web::{DueIncident, Incident, IncidentKind};

use crate::views::{self, EntryView, Of, Search};
use crate::{MIGRATIONS, members, note_now, subscriptions};

struct House {
    kit: TestKit,
    ada: UserId,
    bob: UserId,
    workspace: WorkspaceId,
}

impl House {
    /// Ada has a workspace.
    async fn new() -> Self {
        let db = Db::temporary().await.unwrap();
        MIGRATIONS.apply(&db, Timestamp::from_micros(0)).await.unwrap();
        let kit = TestKit::on(db, subscriptions).await;
        let ids = kit.ids().clone();
        let house = Self {
            ada: UserId(ids.next()),
            bob: UserId(ids.next()),
            workspace: WorkspaceId(ids.next()),
            kit,
        };
        house.acts(Some(house.workspace));
        house
            .kit
            .given([WorkspaceCreated {
                workspace_id: house.workspace,
                name: "Secret plans".into(),
                slug: "engines".into(),
                owner_id: house.ada,
            }])
            .await;
        house
    }

    fn acts(&self, workspace: Option<WorkspaceId>) {
        let context = Context::of_actor(self.ada.0, Uuid::from_u128(99))
            .in_workspace(workspace.map(|id| id.0))
            .with("address_hash", "abc")
            .with("api_key_id", Uuid::from_u128(5).to_string());
        self.kit.acting_as(context);
    }

    async fn session(&self, workspace: Option<WorkspaceId>) -> SessionId {
        let session_id = SessionId(self.kit.ids().next());
        self.acts(workspace);
        self.kit
            .given([SessionCreated {
                session_id,
                user_id: self.ada,
                title: "Secret plans".into(),
                description: Some("Secret plans".into()),
                created_at: self.kit.clock().now(),
            }])
            .await;
        self.acts(None);
        session_id
    }

    async fn of(&self, of: Of, search: Search) -> Vec<EntryView> {
        self.kit.settle().await;
        views::page(self.kit.db(), of, &search, None, 100).await.unwrap()
    }

    async fn kinds(&self, of: Of) -> Vec<String> {
        let mut all = self.of(of, Search::default()).await;
        all.sort_by_key(|entry| (entry.occurred_at, entry.id));
        all.into_iter().map(|entry| entry.kind).collect()
    }

    async fn runs(&self, text: &'static str) -> Result<(), althing_backbone::DbError> {
        let mut batch = Batch::new();
        batch.run(sql(text));
        self.kit.db().commit(batch).await.map(drop)
    }
}

#[tokio::test]
async fn an_entry_says_who_did_what_from_where_and_nothing_of_what_it_is_called() {
    let house = House::new().await;
    let session = house.session(Some(house.workspace)).await;
    let all = house.of(Of::Workspace(house.workspace), Search::default()).await;
    let entry = all.iter().find(|entry| entry.kind == "session.created").unwrap();
    assert_eq!(entry.actor_id, Some(house.ada.0));
    assert_eq!(entry.session_id, Some(session.0));
    assert_eq!(entry.new.as_deref(), Some("active"));
    let log = house.kit.log().await;
    let event = log.iter().find(|event| event.event_id == entry.id).unwrap();
    assert_eq!(entry.correlation_id, Some(event.correlation_id));
    assert_eq!(entry.api_key_id, Some(Uuid::from_u128(5)));
    assert_eq!(entry.address_hash.as_deref(), Some("abc"));
    assert!(
        !serde_json::to_string(&all).unwrap().contains("Secret"),
        "{all:?}"
    );
}

#[tokio::test]
async fn what_happens_in_a_shared_decision_is_of_its_workspace_and_the_rest_is_not() {
    let house = House::new().await;
    let shared = house.session(Some(house.workspace)).await;
    let own = house.session(None).await;
    for session_id in [shared, own] {
        house
            .kit
            .given([SessionArchived {
                session_id,
                user_id: house.ada,
                archived_at: house.kit.clock().now(),
            }])
            .await;
    }
    let there = house.kinds(Of::Workspace(house.workspace)).await;
    assert_eq!(
        there,
        [
            "identity.workspace_created",
            "session.created",
            "session.archived"
        ]
    );
    assert_eq!(
        house.kinds(Of::Instance).await,
        ["session.created", "session.archived"]
    );
}

#[tokio::test]
async fn a_component_tells_what_it_was_and_what_it_became() {
    let house = House::new().await;
    let session_id = house.session(None).await;
    let cycle_id = CycleId(house.kit.ids().next());
    let component_id = ComponentId(house.kit.ids().next());
    let (component_type, at) = ("objectives".to_owned(), house.kit.clock().now());
    let progress = Progress {
        completed: 1,
        total: 9,
        percent: 11,
        current_step: "alternatives".into(),
    };
    house
        .kit
        .given([ComponentStarted {
            session_id,
            cycle_id,
            component_id,
            component_type: component_type.clone(),
            started_at: at,
        }])
        .await;
    house
        .kit
        .given([ComponentCompleted {
            session_id,
            cycle_id,
            component_id,
            component_type: component_type.clone(),
            completed_at: at,
            progress,
        }])
        .await;
    house
        .kit
        .given([ComponentMarkedForRevision {
            session_id,
            cycle_id,
            component_id,
            component_type: component_type.clone(),
            reason: "Secret".into(),
            marked_at: at,
        }])
        .await;
    house
        .kit
        .given([ComponentOutputUpdated {
            session_id,
            cycle_id,
            component_id,
            component_type,
            output_summary: "3 objectives".into(),
            updated_at: at,
            version: 2,
            source: "form".into(),
        }])
        .await;
    let search = Search {
        kind: Some("component".into()),
        ..Search::default()
    };
    let mut steps = house.of(Of::Instance, search).await;
    steps.sort_by_key(|entry| (entry.occurred_at, entry.id));
    let steps: Vec<_> = steps
        .iter()
        .map(|entry| (entry.old.as_deref(), entry.new.as_deref()))
        .collect();
    assert_eq!(
        steps,
        [
            (Some("not_started"), Some("in_progress")),
            (Some("in_progress"), Some("complete")),
            (Some("complete"), Some("needs_revision")),
            (Some("needs_revision"), Some("in_progress")),
        ]
    );
}

#[tokio::test]
async fn entries_are_found_by_actor_kind_time_and_any_id_and_come_in_pages() {
    let house = House::new().await;
    let first = house.session(None).await;
    house.kit.advance(Duration::from_secs(60));
    let later = house.kit.clock().now();
    let second = house.session(None).await;
    let found = async |search: Search| -> Vec<Option<Uuid>> {
        let all = house.of(Of::Instance, search).await;
        all.iter().map(|entry| entry.session_id).collect()
    };
    let (one, two) = (Some(first.0), Some(second.0));
    assert_eq!(found(Search::default()).await, [two, one]);
    assert_eq!(
        found(Search {
            id: one,
            ..Search::default()
        })
        .await,
        [one]
    );
    assert_eq!(
        found(Search {
            from: Some(later),
            ..Search::default()
        })
        .await,
        [two]
    );
    assert_eq!(
        found(Search {
            until: Some(later),
            ..Search::default()
        })
        .await,
        [one]
    );
    assert_eq!(
        found(Search {
            actor: Some(house.bob.0),
            ..Search::default()
        })
        .await,
        []
    );
    let kind = |kind: &str| Search {
        kind: Some(kind.into()),
        ..Search::default()
    };
    assert_eq!(found(kind("session.created")).await.len(), 2);
    assert_eq!(found(kind("session")).await.len(), 2);
    assert_eq!(found(kind("sess")).await.len(), 0);
    let page = views::page(house.kit.db(), Of::Instance, &Search::default(), None, 1)
        .await
        .unwrap();
    let after = Some((page[0].occurred_at, page[0].id));
    let next = views::page(house.kit.db(), Of::Instance, &Search::default(), after, 1)
        .await
        .unwrap();
    assert_eq!((page[0].session_id, next[0].session_id), (two, one));
}

#[tokio::test]
async fn nothing_is_changed_and_nothing_deleted_before_its_time() {
    let house = House::new().await;
    house.session(None).await;
    let before = house.of(Of::Instance, Search::default()).await;
    assert!(
        house
            .runs("UPDATE audit_entry SET kind = 'nothing'")
            .await
            .is_err()
    );
    assert!(
        house
            .runs("UPDATE audit_entry SET keep_until = '2000-01-01T00:00:00.000000Z'")
            .await
            .is_err()
    );
    let mut later = Batch::new();
    let row = "INSERT INTO audit_entry (id, kind, occurred_at, times, keep_until) VALUES ($1, $2, $3, 1, $3)";
    for (number, end) in [
        (1, "2000-01-01T00:00:00.000000Z"),
        (2, "9000-01-01T00:00:00.000000Z"),
    ] {
        later.run(
            sql(row)
                .bind(Uuid::from_u128(number))
                .bind("identity.user_logged_in")
                .bind(end),
        );
    }
    house.kit.db().commit(later).await.unwrap();
    assert!(
        house
            .runs("DELETE FROM audit_entry WHERE keep_until > '8000'")
            .await
            .is_err()
    );
    assert!(
        house
            .runs("DELETE FROM audit_entry WHERE keep_until < '2001'")
            .await
            .is_ok()
    );
    let after = house.of(Of::Instance, Search::default()).await;
    assert_eq!(
        after.len(),
        before.len() + 1,
        "only the one whose time was over is gone"
    );
}

#[tokio::test]
async fn sign_ins_are_kept_for_a_year_and_everything_else_for_seven() {
    let house = House::new().await;
    let user_id = house.ada;
    house.acts(None);
    house
        .kit
        .given([UserLoggedIn {
            user_id,
            method: LoginMethod::Password,
            session_id: LoginSessionId(house.kit.ids().next()),
            ip_hash: None,
            user_agent: Some("Secret browser".into()),
        }])
        .await;
    house.session(None).await;
    house.kit.settle().await;
    let years = async |kind: &'static str| -> Duration {
        let (from, until): (Timestamp, Timestamp) =
            sql("SELECT occurred_at, keep_until FROM audit_entry WHERE kind = $1")
                .bind(kind)
                .one(house.kit.db())
                .await
                .unwrap();
        until.since(from)
    };
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    assert_eq!(years("identity.user_logged_in").await, year);
    assert_eq!(years("session.created").await, year * 7);
}

#[tokio::test]
async fn what_changed_nothing_is_noted_with_how_often() {
    let house = House::new().await;
    let shared = house.session(Some(house.workspace)).await;
    house.kit.settle().await;
    let incident = Incident {
        session: Some(shared),
        thing: Some(Uuid::from_u128(3)),
        ..Incident::of(IncidentKind::ShareLinkUsed)
    };
    let due = DueIncident {
        incident,
        times: 7,
        correlation: None,
    };
    note_now(house.kit.backbone(), vec![due]).await.unwrap();
    let search = Search {
        kind: Some("share_link.used".into()),
        ..Search::default()
    };
    let noted = house.of(Of::Workspace(house.workspace), search).await;
    assert_eq!((noted[0].times, noted[0].session_id), (7, Some(shared.0)));
}

#[tokio::test]
async fn a_rebuild_finds_the_entries_that_are_there() {
    let house = House::new().await;
    house.session(Some(house.workspace)).await;
    house.session(None).await;
    let both = async || {
        let there = house.of(Of::Workspace(house.workspace), Search::default()).await;
        (there, house.of(Of::Instance, Search::default()).await)
    };
    let before = both().await;
    house.kit.operator().rebuild(crate::entries::NAME).await.unwrap();
    assert_eq!(both().await, before);
    for name in [crate::entries::NAME, members::NAME] {
        for comparison in [
            house.kit.deliver_twice(name).await,
            house.kit.deliver_late(name).await,
        ] {
            assert!(
                comparison.differences().is_empty(),
                "{name}: {:?}",
                comparison.differences()
            );
        }
    }
}

#[tokio::test]
async fn who_is_what_in_a_workspace_follows_what_happens_there() {
    let house = House::new().await;
    let role = async |user: UserId, workspace: &str| {
        house.kit.settle().await;
        let place = members::place(house.kit.db(), user, workspace).await.unwrap();
        place.map(|(_, role)| role)
    };
    assert_eq!(role(house.ada, "engines").await, Some(MemberRole::Owner));
    assert_eq!(role(house.bob, "engines").await, None);
    let (workspace_id, user_id) = (house.workspace, house.bob);
    let member_id = MemberId(house.kit.ids().next());
    let joined = MemberJoined {
        workspace_id,
        user_id,
        member_id,
        role: MemberRole::Member,
        inviter_id: None,
    };
    house.kit.given([joined]).await;
    assert_eq!(
        role(house.bob, &workspace_id.to_string()).await,
        Some(MemberRole::Member)
    );
    let raised = MemberRoleChanged {
        workspace_id,
        user_id,
        old_role: MemberRole::Member,
        new_role: MemberRole::Admin,
    };
    house.kit.given([raised]).await;
    assert_eq!(role(house.bob, "engines").await, Some(MemberRole::Admin));
    let deleted = WorkspaceDeleted {
        workspace_id,
        name: "Secret plans".into(),
        member_user_ids: vec![],
    };
    house.kit.given([deleted]).await;
    assert_eq!(role(house.ada, "engines").await, None);
}
