//! Workspaces over their routes: who may do what, what is told, what ends.

use std::time::Duration;

use althing_backbone::DomainEvent;
use althing_events::identity::{
    InvitationDeclined, InvitationRevoked, MemberInvited, MemberJoined, MemberRemoved, MemberRoleChanged,
    OwnershipTransferred, RemovalReason, WorkspaceArchived, WorkspaceCreated, WorkspaceRestored,
    WorkspaceUpdated,
};
use serde_json::{Value, json};

use super::harness::{Answered, Door, PASSWORD};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An owner and a few others, all signed in.
struct Office {
    door: Door,
    owner: String,
    workspace: String,
}

impl Office {
    async fn open() -> Self {
        let door = Door::open().await;
        let owner = door.set_up("ada@example.org").await.token().unwrap();
        for email in ["bob@example.org", "eve@example.org"] {
            door.create_user(email).await.unwrap();
        }
        let made = door
            .post(
                "/api/workspaces",
                Some(&owner),
                &json!({"name": "Analytical Engines"}),
            )
            .await;
        assert_eq!(made.status, 201);
        assert_eq!(made.body["data"]["slug"], "analytical-engines");
        assert_eq!(made.body["data"]["role"], "owner");
        Self {
            door,
            owner,
            workspace: "/api/workspaces/analytical-engines".into(),
        }
    }

    async fn signed_in(&self, email: &str) -> String {
        self.door.log_in(email, PASSWORD).await.token().unwrap()
    }

    async fn invite(&self, by: &str, email: &str, role: &str) -> Answered {
        let path = format!("{}/members", self.workspace);
        let body = json!({"email": email, "role": role});
        self.door.post(&path, Some(by), &body).await
    }

    /// Invites somebody with an account and lets them accept; their token and their place.
    async fn member(&self, email: &str, role: &str) -> (String, String) {
        let invited = self.invite(&self.owner, email, role).await;
        let id = invited.body["data"]["member"]["id"].as_str().unwrap().to_owned();
        let token = self.signed_in(email).await;
        let path = format!("{}/invitations/{id}/accept", self.workspace);
        let accepted = self.door.post(&path, Some(&token), &json!({})).await;
        assert_eq!(
            (accepted.status, &accepted.body["data"]["role"]),
            (200, &json!(role))
        );
        (token, id)
    }

    async fn at(&self, method: &str, below: &str, by: &str, body: Value) -> Answered {
        let path = format!("{}{below}", self.workspace);
        self.door.send(method, &path, Some(by), &body).await
    }

    async fn last<E: DomainEvent>(&self) -> E {
        let events = self.door.events().await;
        let found = events.iter().rev().find(|event| event.is::<E>()).unwrap();
        self.door.state.backbone.open_event(found).await.unwrap()
    }

    async fn count<E: DomainEvent>(&self) -> usize {
        let events = self.door.events().await;
        events.iter().filter(|event| event.is::<E>()).count()
    }
}

fn refusal(answer: &Answered) -> (u16, &str) {
    (answer.status, answer.body["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn whoever_makes_a_workspace_owns_it_and_others_do_not_see_it() {
    let office = Office::open().await;
    let created: WorkspaceCreated = office.last().await;
    let events = office.door.events().await;
    let envelope = events.last().unwrap();
    assert_eq!(envelope.workspace_id, Some(created.workspace_id.0));
    assert_eq!(envelope.actor_id, Some(created.owner_id.0));
    assert_eq!(created.name, "Analytical Engines");
    let id = created.workspace_id.to_string();
    let by_id = office
        .door
        .get(&format!("/api/workspaces/{id}"), Some(&office.owner))
        .await;
    assert_eq!((by_id.status, &by_id.body["data"]["id"]), (200, &json!(id)));
    let stranger = office.signed_in("eve@example.org").await;
    for path in [
        office.workspace.clone(),
        format!("/api/workspaces/{id}"),
        "/api/workspaces/nowhere".into(),
    ] {
        let answer = office.door.get(&path, Some(&stranger)).await;
        assert_eq!(refusal(&answer), (404, "not_found"), "{path}");
    }
    let list = office.door.get("/api/workspaces", Some(&stranger)).await;
    assert_eq!(list.body["data"], json!([]));
}

#[tokio::test]
async fn a_name_that_is_taken_gets_another_slug_and_fields_are_checked_together() {
    let office = Office::open().await;
    let again = office
        .door
        .post(
            "/api/workspaces",
            Some(&office.owner),
            &json!({"name": "Analytical engines!"}),
        )
        .await;
    let slug = again.body["data"]["slug"].as_str().unwrap();
    assert!(
        slug.starts_with("analytical-engines-") && slug.len() == "analytical-engines-".len() + 6,
        "{slug}"
    );
    let random = office
        .door
        .post("/api/workspaces", Some(&office.owner), &json!({"name": "語"}))
        .await;
    assert_eq!(random.body["data"]["slug"].as_str().unwrap().len(), 8);
    let before = office.door.recorded().await.len();
    let body = json!({"name": " ", "color": "red", "description": "x".repeat(5_001)});
    let wrong = office
        .door
        .post("/api/workspaces", Some(&office.owner), &body)
        .await;
    let fields: Vec<_> = wrong.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["field"])
        .collect();
    assert_eq!(
        (wrong.status, fields),
        (
            422,
            vec![&json!("/name"), &json!("/description"), &json!("/color")]
        )
    );
    assert_eq!(office.door.recorded().await.len(), before);
}

#[tokio::test]
async fn only_what_differs_is_told_and_the_slug_stays() {
    let office = Office::open().await;
    let body = json!({"name": "Analytical Engines", "color": "#1f6feb", "description": "We build them."});
    let changed = office.at("PATCH", "", &office.owner, body.clone()).await;
    assert_eq!(changed.body["data"]["color"], "#1F6FEB");
    let updated: WorkspaceUpdated = office.last().await;
    assert_eq!(
        updated.changes.keys().collect::<Vec<_>>(),
        ["color", "description"]
    );
    assert_eq!(office.at("PATCH", "", &office.owner, body).await.status, 200);
    assert_eq!(office.count::<WorkspaceUpdated>().await, 1);
    let renamed = office
        .at(
            "PATCH",
            "",
            &office.owner,
            json!({"name": "Engines", "color": ""}),
        )
        .await;
    assert_eq!(renamed.body["data"]["slug"], "analytical-engines");
    assert_eq!(renamed.body["data"]["color"], json!(null));
}

#[tokio::test]
async fn an_invitation_is_seen_by_whom_it_is_for_and_accepted_once() {
    let office = Office::open().await;
    let invited = office.invite(&office.owner, "Bob@Example.org", "member").await;
    assert_eq!(invited.status, 201);
    let id = invited.body["data"]["member"]["id"].as_str().unwrap().to_owned();
    let told: MemberInvited = office.last().await;
    assert_eq!(
        (told.invitee_email.as_str(), told.inviter_name.as_str()),
        ("bob@example.org", "Ada Lovelace")
    );
    assert!(told.invitee_user_id.is_some());
    let (bob, eve) = (
        office.signed_in("bob@example.org").await,
        office.signed_in("eve@example.org").await,
    );
    let waiting = office.door.get("/api/invitations", Some(&bob)).await;
    assert_eq!(waiting.body["data"][0]["workspace_name"], "Analytical Engines");
    assert_eq!(waiting.body["data"][0].get("email"), None);
    assert_eq!(
        office.door.get("/api/invitations", Some(&eve)).await.body["data"],
        json!([])
    );
    assert_eq!(
        office.at("GET", "", &bob, json!({})).await.status,
        404,
        "an invitee sees nothing yet"
    );
    let accept = format!("/invitations/{id}/accept");
    let stranger = office.at("POST", &accept, &eve, json!({})).await;
    assert_eq!(refusal(&stranger), (404, "invitation_not_found"));
    assert!(
        !stranger.body.to_string().contains("another address"),
        "whoever guesses ids learns nothing"
    );
    let accepted = office.at("POST", &accept, &bob, json!({})).await;
    assert_eq!(
        (accepted.status, &accepted.body["data"]["role"]),
        (200, &json!("member"))
    );
    let joined: MemberJoined = office.last().await;
    assert_eq!(
        (joined.member_id, joined.inviter_id),
        (told.member_id, Some(told.inviter_id))
    );
    assert_eq!(
        refusal(&office.at("POST", &accept, &bob, json!({})).await),
        (404, "invitation_not_found")
    );
    assert_eq!(office.count::<MemberJoined>().await, 1);
    let members = office.at("GET", "/members", &bob, json!({})).await;
    let roles: Vec<_> = members.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| &member["role"])
        .collect();
    assert_eq!(roles, ["owner", "member"]);
}

#[tokio::test]
async fn a_link_lets_in_whom_it_is_for_and_nobody_else() {
    let office = Office::open().await;
    let invited = office.invite(&office.owner, "bob@example.org", "guest").await;
    let link = invited.body["data"]["link"].as_str().unwrap().to_owned();
    let token = link.split_once("/invitation#").unwrap().1.to_owned();
    let preview = office
        .door
        .post("/api/invitations/preview", None, &json!({"token": token}))
        .await;
    let seen = &preview.body["data"];
    assert_eq!(
        (
            &seen["workspace_name"],
            &seen["email"],
            &seen["has_account"],
            &seen["inviter_name"]
        ),
        (
            &json!("Analytical Engines"),
            &json!("bob@example.org"),
            &json!(true),
            &json!("Ada Lovelace")
        )
    );
    let events = office.door.events().await;
    assert!(
        !events.iter().any(|event| event.data.contains(&token)),
        "a link's secret is in no event"
    );
    let eve = office.signed_in("eve@example.org").await;
    let other = office
        .door
        .post("/api/invitations/accept", Some(&eve), &json!({"token": token}))
        .await;
    assert_eq!(refusal(&other), (404, "invitation_not_found"));
    let resent = office.invite(&office.owner, "bob@example.org", "guest").await;
    assert_eq!(refusal(&resent), (409, "already_member"));
    office.door.advance(Duration::from_secs(1));
    let id = invited.body["data"]["member"]["id"].as_str().unwrap();
    let again = office
        .at(
            "POST",
            &format!("/invitations/{id}/resend"),
            &office.owner,
            json!({}),
        )
        .await;
    let new = again.body["data"]["link"]
        .as_str()
        .unwrap()
        .split_once('#')
        .unwrap()
        .1
        .to_owned();
    let bob = office.signed_in("bob@example.org").await;
    let old = office
        .door
        .post("/api/invitations/accept", Some(&bob), &json!({"token": token}))
        .await;
    assert_eq!(refusal(&old), (404, "invitation_not_found"), "the old link ends");
    let joined = office
        .door
        .post("/api/invitations/accept", Some(&bob), &json!({"token": new}))
        .await;
    assert_eq!(
        (joined.status, &joined.body["data"]["role"]),
        (200, &json!("guest"))
    );
    let used = office
        .door
        .post("/api/invitations/preview", None, &json!({"token": new}))
        .await;
    assert_eq!(refusal(&used), (404, "invitation_not_found"));
}

#[tokio::test]
async fn an_invitation_ends_after_two_weeks() {
    let office = Office::open().await;
    let invited = office.invite(&office.owner, "bob@example.org", "member").await;
    let token = invited.body["data"]["link"]
        .as_str()
        .unwrap()
        .split_once('#')
        .unwrap()
        .1
        .to_owned();
    office.door.advance(14 * DAY);
    let bob = office.signed_in("bob@example.org").await;
    for path in ["/api/invitations/preview", "/api/invitations/accept"] {
        let late = office.door.post(path, Some(&bob), &json!({"token": token})).await;
        assert_eq!(refusal(&late), (409, "invitation_expired"), "{path}");
    }
    assert_eq!(
        office.door.get("/api/invitations", Some(&bob)).await.body["data"],
        json!([])
    );
    assert_eq!(office.count::<MemberJoined>().await, 0);
}

#[tokio::test]
async fn declining_and_revoking_are_told_once_each() {
    let office = Office::open().await;
    let place = async |email: &str| {
        let invited = office.invite(&office.owner, email, "member").await;
        invited.body["data"]["member"]["id"].as_str().unwrap().to_owned()
    };
    let (bob, eve) = (
        office.signed_in("bob@example.org").await,
        office.signed_in("eve@example.org").await,
    );
    let (one, two) = (place("bob@example.org").await, place("eve@example.org").await);
    for _ in 0..2 {
        let declined = office
            .at("POST", &format!("/invitations/{one}/decline"), &bob, json!({}))
            .await;
        assert_eq!(declined.status, 204);
        let revoked = office
            .at(
                "POST",
                &format!("/invitations/{two}/revoke"),
                &office.owner,
                json!({}),
            )
            .await;
        assert_eq!(revoked.status, 204);
    }
    assert_eq!(
        (
            office.count::<InvitationDeclined>().await,
            office.count::<InvitationRevoked>().await
        ),
        (1, 1)
    );
    let gone = office
        .at("POST", &format!("/invitations/{two}/decline"), &eve, json!({}))
        .await;
    assert_eq!(refusal(&gone), (404, "invitation_not_found"));
    let again = office.invite(&office.owner, "bob@example.org", "member").await;
    assert_eq!(again.status, 201, "who declined may be asked again");
    let members = office.at("GET", "/members", &office.owner, json!({})).await;
    assert_eq!(members.body["meta"]["total"], 2);
}

#[tokio::test]
async fn roles_are_changed_by_admins_and_never_the_owners() {
    let office = Office::open().await;
    let (bob, bobs) = office.member("bob@example.org", "member").await;
    let (eve, eves) = office.member("eve@example.org", "guest").await;
    let path = |id: &str| format!("/members/{id}");
    let refused = office
        .at("PATCH", &path(&eves), &bob, json!({"role": "member"}))
        .await;
    assert_eq!(refusal(&refused), (403, "forbidden"));
    let changed = office
        .at("PATCH", &path(&bobs), &office.owner, json!({"role": "admin"}))
        .await;
    assert_eq!(
        (changed.status, &changed.body["data"]["role"]),
        (200, &json!("admin"))
    );
    assert_eq!(
        office
            .at("PATCH", &path(&bobs), &office.owner, json!({"role": "admin"}))
            .await
            .status,
        200
    );
    assert_eq!(
        office.count::<MemberRoleChanged>().await,
        1,
        "the same role says nothing"
    );
    assert_eq!(
        office
            .at("PATCH", &path(&eves), &bob, json!({"role": "member"}))
            .await
            .status,
        200
    );
    let members = office.at("GET", "/members", &bob, json!({})).await;
    let owners = members.body["data"][0]["id"].as_str().unwrap().to_owned();
    for (id, role, answer) in [
        (&owners, "member", (409, "cannot_change_owner_role")),
        (&eves, "owner", (422, "invalid_role")),
        (&eves, "king", (422, "invalid_role")),
        (&"nobody".to_owned(), "member", (404, "member_not_found")),
    ] {
        let refused = office.at("PATCH", &path(id), &bob, json!({"role": role})).await;
        assert_eq!(refusal(&refused), answer, "{role}");
    }
    let owner = office.at("DELETE", &path(&owners), &bob, json!({})).await;
    assert_eq!(refusal(&owner), (409, "cannot_remove_owner"));
    assert_eq!(
        office.at("DELETE", &path(&eves), &bob, json!({})).await.status,
        204
    );
    let removed: MemberRemoved = office.last().await;
    assert_eq!(removed.reason, RemovalReason::Removed);
    assert_eq!(office.at("GET", "", &eve, json!({})).await.status, 404);
}

#[tokio::test]
async fn everybody_but_the_owner_may_leave_and_the_owner_may_hand_over() {
    let office = Office::open().await;
    let (bob, bobs) = office.member("bob@example.org", "member").await;
    let (eve, eves) = office.member("eve@example.org", "guest").await;
    let stays = office.at("POST", "/leave", &office.owner, json!({})).await;
    assert_eq!(refusal(&stays), (409, "owner_must_transfer"));
    let not_hers = office
        .at("POST", "/transfer", &eve, json!({"member_id": bobs}))
        .await;
    assert_eq!(refusal(&not_hers), (403, "forbidden"));
    let guest = office
        .at("POST", "/transfer", &office.owner, json!({"member_id": eves}))
        .await;
    assert_eq!(refusal(&guest), (404, "member_not_found"), "a guest cannot own");
    office.door.advance(Duration::from_secs(21 * 60));
    let stale = office
        .at("POST", "/transfer", &office.owner, json!({"member_id": bobs}))
        .await;
    assert_eq!(refusal(&stale), (403, "reauthenticate"));
    let fresh = office.signed_in("ada@example.org").await;
    let handed = office
        .at("POST", "/transfer", &fresh, json!({"member_id": bobs}))
        .await;
    assert_eq!(
        (handed.status, &handed.body["data"]["role"]),
        (200, &json!("admin"))
    );
    assert_eq!(office.count::<OwnershipTransferred>().await, 1);
    assert_eq!(
        office.at("GET", "", &bob, json!({})).await.body["data"]["role"],
        "owner"
    );
    assert_eq!(office.at("POST", "/leave", &eve, json!({})).await.status, 204);
    assert_eq!(office.last::<MemberRemoved>().await.reason, RemovalReason::Left);
    assert_eq!(office.at("GET", "", &eve, json!({})).await.status, 404);
}

#[tokio::test]
async fn an_archived_workspace_is_read_only_and_seen_by_those_who_run_it() {
    let office = Office::open().await;
    let (bob, _) = office.member("bob@example.org", "admin").await;
    let (eve, eves) = office.member("eve@example.org", "member").await;
    assert_eq!(
        refusal(&office.at("POST", "/archive", &bob, json!({})).await),
        (403, "forbidden")
    );
    assert_eq!(
        refusal(&office.at("POST", "/restore", &office.owner, json!({})).await),
        (409, "not_archived")
    );
    for _ in 0..2 {
        assert_eq!(
            office
                .at("POST", "/archive", &office.owner, json!({}))
                .await
                .status,
            200
        );
    }
    assert_eq!(office.count::<WorkspaceArchived>().await, 1);
    assert_eq!(office.at("GET", "", &eve, json!({})).await.status, 404);
    assert_eq!(
        office.at("GET", "", &bob, json!({})).await.body["data"]["is_archived"],
        true
    );
    assert_eq!(
        office.door.get("/api/workspaces", Some(&bob)).await.body["data"],
        json!([])
    );
    let archived = office.door.get("/api/workspaces?archived=true", Some(&bob)).await;
    assert_eq!(archived.body["meta"]["total"], 1);
    for (method, below, body) in [
        ("PATCH", String::new(), json!({"name": "Other"})),
        (
            "POST",
            "/members".into(),
            json!({"email": "zoe@example.org", "role": "guest"}),
        ),
        ("PATCH", format!("/members/{eves}"), json!({"role": "guest"})),
        ("DELETE", format!("/members/{eves}"), json!({})),
        ("POST", "/transfer".into(), json!({"member_id": eves})),
    ] {
        let refused = office.at(method, &below, &office.owner, body).await;
        assert_eq!(refusal(&refused), (409, "workspace_archived"), "{method} {below}");
    }
    assert_eq!(
        office
            .at("POST", "/restore", &office.owner, json!({}))
            .await
            .status,
        200
    );
    assert_eq!(office.count::<WorkspaceRestored>().await, 1);
    assert_eq!(office.at("GET", "", &eve, json!({})).await.status, 200);
}

#[tokio::test]
async fn deleting_wants_an_archived_workspace_its_name_typed_and_a_fresh_sign_in() {
    let office = Office::open().await;
    let confirm = json!({"confirm": "analytical-engines"});
    let used = office.at("DELETE", "", &office.owner, confirm.clone()).await;
    assert_eq!(refusal(&used), (409, "not_archived"));
    office.at("POST", "/archive", &office.owner, json!({})).await;
    let wrong = office
        .at("DELETE", "", &office.owner, json!({"confirm": "engines"}))
        .await;
    assert_eq!(
        (wrong.status, &wrong.body["errors"][0]["code"]),
        (422, &json!("confirmation_wrong"))
    );
    office.door.advance(Duration::from_secs(21 * 60));
    let stale = office.at("DELETE", "", &office.owner, confirm.clone()).await;
    assert_eq!(refusal(&stale), (403, "reauthenticate"));
    let fresh = office.signed_in("ada@example.org").await;
    let deleted = office.at("DELETE", "", &fresh, confirm).await;
    assert!(
        deleted.body["data"]["purge_after"].is_string(),
        "{}",
        deleted.body
    );
    assert_eq!(
        office.at("POST", "/restore", &fresh, json!({})).await.body["data"]["purge_after"],
        json!(null)
    );
}

#[tokio::test]
async fn of_two_who_accept_one_link_at_once_one_comes_in() {
    let office = Office::open().await;
    let invited = office.invite(&office.owner, "bob@example.org", "member").await;
    let token = invited.body["data"]["link"]
        .as_str()
        .unwrap()
        .split_once('#')
        .unwrap()
        .1
        .to_owned();
    let (one, two) = (
        office.signed_in("bob@example.org").await,
        office.signed_in("bob@example.org").await,
    );
    let body = json!({"token": token});
    let (one, two) = tokio::join!(
        office.door.post("/api/invitations/accept", Some(&one), &body),
        office.door.post("/api/invitations/accept", Some(&two), &body)
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
    assert_eq!(office.count::<MemberJoined>().await, 1);
}
