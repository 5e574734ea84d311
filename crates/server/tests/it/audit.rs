//! The audit log through the real binary: what happened, who may read it, and as a file.

use althing_testkit::{Client, TestApp};
use serde_json::{Value, json};

use crate::office::{Decision, eventually, made, text};
use crate::{BINARY, app};

async fn entries(client: &Client, path: &str) -> Vec<Value> {
    let reply = client.get(path).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.data().as_array().unwrap().clone()
}

/// Entries of this kind, once there is one.
async fn of_kind(client: &Client, log: &str, kind: &str) -> Vec<Value> {
    let path = format!("{log}?kind={kind}&limit=100");
    eventually(async || Some(entries(client, &path).await).filter(|found| !found.is_empty())).await
}

const INSTANCE: &str = "/api/admin/audit";

#[tokio::test]
async fn what_people_do_in_a_workspace_is_for_its_owner_and_admins() {
    let app = app().await;
    let owner = app.owner();
    let bob = app.user("Bob").await;
    let workspace = made(bob.post("/api/workspaces", json!({"name": "Office"})).await, 201);
    let log = format!("/api/workspaces/{}/audit", text(&workspace["slug"]));
    let decision = Decision::begin_in(&bob, "Which office?", 1, Some(&text(&workspace["id"]))).await;
    decision.start(&bob, "issue_raising").await;
    let started = of_kind(&bob, &log, "component.started").await;
    assert_eq!(started[0]["actor_id"], bob.user_id());
    assert_eq!(started[0]["session_id"], decision.session.as_str());
    assert_eq!(
        (&started[0]["old"], &started[0]["new"]),
        (&json!("not_started"), &json!("in_progress"))
    );
    assert!(started[0]["address_hash"].is_string(), "{started:?}");
    let everything = entries(&bob, &log).await;
    assert!(
        !json!(everything).to_string().contains("Which office?"),
        "{everything:?}"
    );
    assert_eq!(
        owner.get(&log).await.refusal(),
        (404, "not_found"),
        "who runs the instance is no member"
    );
    let of_instance = entries(owner, INSTANCE).await;
    assert!(
        of_instance.iter().all(|entry| entry["workspace_id"].is_null()),
        "{of_instance:?}"
    );
    assert_eq!(bob.get(INSTANCE).await.refusal(), (403, "forbidden"));
}

#[tokio::test]
async fn members_and_keys_without_the_scope_do_not_read_it() {
    let app = app().await;
    let owner = app.owner();
    let workspace = made(
        owner.post("/api/workspaces", json!({"name": "Office"})).await,
        201,
    );
    let slug = text(&workspace["slug"]);
    let log = format!("/api/workspaces/{slug}/audit");
    let guest = app.user("Guest").await;
    let invited = json!({"email": "guest@example.org", "role": "guest"});
    let member = made(
        owner
            .post(&format!("/api/workspaces/{slug}/members"), invited)
            .await,
        201,
    );
    let accept = format!(
        "/api/workspaces/{slug}/invitations/{}/accept",
        text(&member["member"]["id"])
    );
    made(guest.post(&accept, json!({})).await, 200);
    let refused = eventually(async || {
        let reply = guest.get(&log).await;
        (reply.status == 403).then_some(reply)
    })
    .await;
    assert_eq!(refused.refusal(), (403, "forbidden"));
    let by_key = async |scopes: Value, workspaces: Value| {
        let wanted = json!({"name": "Script", "scopes": scopes, "workspaces": workspaces});
        let key = made(owner.post("/api/api-keys", wanted).await, 201);
        let bearer = format!("Bearer {}", text(&key["token"]));
        app.anonymous()
            .send("GET", &log, &[("authorization", &bearer)], None)
            .await
    };
    assert_eq!(
        by_key(json!(["events:read"]), json!([workspace["id"]]))
            .await
            .status,
        200
    );
    assert_eq!(
        by_key(json!(["decisions:read"]), json!([workspace["id"]]))
            .await
            .status,
        403
    );
    assert_eq!(by_key(json!(["events:read"]), json!([])).await.status, 404);
}

#[tokio::test]
async fn what_changes_nothing_is_noted_too() {
    let app = TestApp::start_set_up_with(BINARY, &[("ALTHING_LIMITS_MESSAGES_PER_MINUTE", "0,0,0")]).await;
    let (owner, bob) = (app.owner(), app.user("Bob").await);
    let wrong = json!({"email": "ada@example.org", "password": "not this one either"});
    assert_eq!(app.anonymous().post("/api/auth/login", wrong).await.status, 401);
    let failed = of_kind(owner, INSTANCE, "sign_in.failed").await;
    assert!(
        failed[0]["actor_id"].is_null() && failed[0]["address_hash"].is_string(),
        "{failed:?}"
    );
    let link = json!({"token": "nothing"});
    let by_link = app.anonymous().post("/api/auth/magic-link/redeem", link).await;
    assert_eq!(by_link.refusal(), (422, "invalid_or_expired"));
    let from_nowhere = app
        .anonymous()
        .get("/api/auth/oidc/house/callback?state=a&code=b")
        .await;
    let location = "/sign-in?error=sso_failed&reason=expired";
    assert_eq!(from_nowhere.header("location"), location);
    for way in ["link", "oidc"] {
        eventually(async || {
            let failed = of_kind(owner, INSTANCE, "sign_in.failed").await;
            failed.iter().any(|entry| entry["detail"] == way).then_some(())
        })
        .await;
    }
    assert_eq!(bob.get("/api/admin/users").await.status, 403);
    let denied = of_kind(owner, INSTANCE, "access.denied").await;
    assert_eq!(denied[0]["detail"], "GET /api/admin/users");
    assert_eq!(denied[0]["actor_id"], bob.user_id());
    let decision = Decision::begin(owner, "Which office?", 1).await;
    decision.start(owner, "issue_raising").await;
    let links = format!("/api/sessions/{}/share-links", decision.session);
    let link = made(owner.post(&links, json!({})).await, 201);
    let token = json!({"token": link["token"]});
    made(
        app.anonymous().post("/api/share-links/exchange", token).await,
        200,
    );
    let used = of_kind(owner, INSTANCE, "share_link.used").await;
    assert_eq!(
        (&used[0]["thing_id"], &used[0]["session_id"]),
        (&link["id"], &json!(decision.session))
    );
    decision.export(owner).await;
    let document = format!("/api/cycles/{}/document/export?format=html", decision.cycle);
    assert_eq!(owner.get(&document).await.status, 200);
    let exported = eventually(async || {
        let found = of_kind(owner, INSTANCE, "session.exported").await;
        (found.len() == 2).then_some(found)
    })
    .await;
    assert!(
        exported
            .iter()
            .all(|entry| entry["session_id"] == decision.session.as_str()),
        "{exported:?}"
    );
    let messages = format!("/api/components/{}/messages", decision.component("issue_raising"));
    for _ in 0..25 {
        assert_eq!(owner.post(&messages, json!({"content": "- A"})).await.status, 429);
    }
    let surge = of_kind(owner, INSTANCE, "rate_limit.surged").await;
    assert_eq!(surge[0]["detail"], "messages");
    assert!(surge[0]["times"].as_i64().unwrap() >= 20, "{surge:?}");
}

#[tokio::test]
async fn it_is_searched_paged_and_taken_as_a_file() {
    let app = app().await;
    let owner = app.owner();
    let decision = Decision::begin(owner, "Which office?", 1).await;
    decision.start(owner, "issue_raising").await;
    of_kind(owner, INSTANCE, "component.started").await;
    let by_id = entries(owner, &format!("{INSTANCE}?id={}", decision.cycle)).await;
    assert!(
        by_id.len() >= 2
            && by_id
                .iter()
                .all(|entry| entry["cycle_id"] == decision.cycle.as_str())
    );
    let first = owner.get(&format!("{INSTANCE}?limit=2")).await;
    assert_eq!(first.data().as_array().unwrap().len(), 2);
    let cursor = text(&first.body["meta"]["next_cursor"]);
    let second = entries(owner, &format!("{INSTANCE}?limit=2&cursor={cursor}")).await;
    assert!(!first.data().as_array().unwrap().contains(&second[0]));
    let whole = entries(owner, &format!("{INSTANCE}?limit=100")).await;
    let csv = owner.get("/api/admin/audit/export").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        csv.header("content-disposition"),
        "attachment; filename=\"audit-log.csv\""
    );
    assert!(
        csv.text.starts_with("id,occurred_at,kind,actor_id"),
        "{}",
        csv.text
    );
    assert!(csv.text.lines().count() > whole.len());
    let kind = format!("/api/admin/audit/export?format=jsonl&id={}", decision.cycle);
    let lines = owner.get(&kind).await;
    let lines: Vec<Value> = lines
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines, by_id);
    for wrong in [
        "?from=yesterday",
        "?id=7",
        "?format=pdf",
        "?color=red",
        "?cursor=x",
    ] {
        let reply = owner.get(&format!("{INSTANCE}{wrong}")).await;
        assert_eq!(reply.refusal(), (422, "validation_failed"), "{wrong}");
    }
}

#[tokio::test]
async fn incidents_outlive_an_orderly_end_and_a_rebuild() {
    let mut app = app().await;
    assert_eq!(app.user("Bob").await.get("/api/admin/users").await.status, 403);
    app.stop().await;
    app.start_again().await;
    let owner = app.owner();
    let denied = of_kind(owner, INSTANCE, "access.denied").await;
    let rebuild = owner
        .post_empty("/api/admin/subscriptions/audit-log/rebuild")
        .await;
    assert_eq!(rebuild.status, 204, "{}", rebuild.body);
    crate::office::settled(owner).await;
    assert_eq!(of_kind(owner, INSTANCE, "access.denied").await, denied);
}

/// As every browser asks; compression reads the file once more after its end.
#[tokio::test]
async fn the_file_arrives_whole_when_it_is_compressed() {
    let app = app().await;
    let gzip = [("accept-encoding", "gzip")];
    let file = app
        .owner()
        .try_send("GET", "/api/admin/audit/export", &gzip, None)
        .await
        .expect("it does not break off");
    assert_eq!((file.status, file.header("content-encoding")), (200, "gzip"));
    assert!(!file.text.is_empty(), "there is something in it");
}
