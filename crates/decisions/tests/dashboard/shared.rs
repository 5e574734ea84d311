//! Sessions that a workspace shares: who sees them, who may do what, and how that changes.

use althing_backbone::kit::Rehearsal;
use althing_backbone::sql;
use althing_decisions::access::members;
use althing_events::UserId;
use althing_events::identity::MemberRole;
use serde_json::{Value, json};

use super::home::{ADMIN, GUEST, Home, MEMBER, OLGA};
use super::kit::{ADA, App, EVE};

/// What somebody's attempts at reading, contributing, managing and sharing answer.
async fn attempts(app: &App, who: UserId, (session, cycle): &(String, String)) -> [(u16, String); 4] {
    let answer = async |method: &str, path: String, body: Option<Value>| {
        let (status, answer) = app.call(Some(who), method, &path, body.as_ref()).await;
        (
            status.as_u16(),
            answer["code"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let session = format!("/api/sessions/{session}");
    [
        answer("GET", session.clone(), None).await,
        answer(
            "POST",
            format!("/api/cycles/{cycle}/navigate"),
            Some(json!({ "to": "issue_raising" })),
        )
        .await,
        answer(
            "PATCH",
            session.clone(),
            Some(json!({ "title": "Where to meet" })),
        )
        .await,
        answer("POST", format!("{session}/share-links"), Some(json!({}))).await,
    ]
}

fn ok(status: u16) -> (u16, String) {
    (status, String::new())
}

fn no(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn nothing() -> [(u16, String); 4] {
    [
        no(404, "session_not_found"),
        no(404, "cycle_not_found"),
        no(404, "session_not_found"),
        no(404, "session_not_found"),
    ]
}

/// The first so many of the four are allowed, the others forbidden.
fn up_to(allowed: usize) -> [(u16, String); 4] {
    let mut all = [ok(200), ok(200), ok(200), ok(201)];
    for refused in &mut all[allowed..] {
        *refused = no(403, "forbidden");
    }
    all
}

#[tokio::test]
async fn a_shared_session_gives_each_role_its_rights_and_tells_which() {
    let app = App::start().await;
    let home = Home::of(&app).await;
    let both = home.session().await;
    for (who, access, allowed) in [
        (ADA, "owner", 4),
        (OLGA, "manage", 3),
        (ADMIN, "manage", 3),
        (MEMBER, "contribute", 2),
        (GUEST, "read", 1),
    ] {
        assert_eq!(attempts(&app, who, &both).await, up_to(allowed), "{access}");
        let (_, read) = app
            .call(Some(who), "GET", &format!("/api/sessions/{}", both.0), None)
            .await;
        assert_eq!(read["data"]["access"], access);
        let (_, list) = app.call(Some(who), "GET", "/api/sessions", None).await;
        let listed: Vec<_> = list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["access"])
            .collect();
        assert_eq!(
            (listed, &list["meta"]["total"]),
            (vec![&json!(access)], &json!(1))
        );
    }
    assert_eq!(attempts(&app, EVE, &both).await, nothing());
}

#[tokio::test]
async fn the_list_has_ones_own_and_the_shared_ones_and_can_be_narrowed_to_a_workspace() {
    let app = App::start().await;
    let home = Home::of(&app).await;
    let (shared, _) = home.session().await;
    let own = app.act("POST", "/api/sessions", json!({ "title": "Mine" })).await["id"].clone();
    let kept = json!({ "title": "Mine there", "workspace_id": home.id, "visibility": "private" });
    let kept = app.act("POST", "/api/sessions", kept).await["id"].clone();
    let ids = async |who, query: &str| {
        let (_, list) = app
            .call(Some(who), "GET", &format!("/api/sessions{query}"), None)
            .await;
        let mut ids: Vec<Value> = list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].clone())
            .collect();
        assert_eq!(list["meta"]["total"], ids.len());
        ids.sort_by_key(Value::to_string);
        ids
    };
    let sorted = |mut ids: Vec<Value>| {
        ids.sort_by_key(Value::to_string);
        ids
    };
    let workspace = format!("?workspace={}", home.id);
    assert_eq!(ids(ADA, "").await, sorted(vec![json!(shared), own, kept.clone()]));
    assert_eq!(ids(ADA, &workspace).await, sorted(vec![json!(shared), kept]));
    assert_eq!(ids(MEMBER, "").await, [json!(shared)]);
    assert_eq!(ids(MEMBER, &workspace).await, [json!(shared)]);
    assert_eq!(ids(EVE, "").await, Vec::<Value>::new());
    assert_eq!(ids(EVE, &workspace).await, Vec::<Value>::new());
}

#[tokio::test]
async fn one_begins_a_session_where_one_takes_part_and_nowhere_else() {
    let app = App::start().await;
    let home = Home::of(&app).await;
    let create = async |who, body: Value| {
        let (status, answer) = app.call(Some(who), "POST", "/api/sessions", Some(&body)).await;
        let field = answer["errors"][0]["field"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        (
            status.as_u16(),
            answer["code"].as_str().unwrap_or_default().to_owned(),
            field,
        )
    };
    let refused = |status: u16, code: &str, field: &str| (status, code.to_owned(), field.to_owned());
    let unknown = refused(422, "validation_failed", "/workspace_id");
    assert_eq!(create(MEMBER, home.shared()).await, refused(201, "", ""));
    assert_eq!(create(EVE, home.shared()).await, unknown);
    let nowhere = json!({ "title": "x", "workspace_id": EVE, "visibility": "workspace" });
    assert_eq!(create(MEMBER, nowhere).await, unknown);
    assert_eq!(create(GUEST, home.shared()).await, refused(403, "forbidden", ""));
    let without = json!({ "title": "x", "visibility": "workspace" });
    assert_eq!(
        create(MEMBER, without).await,
        refused(422, "validation_failed", "/visibility")
    );
    let project = json!({ "title": "x", "project_id": EVE });
    assert_eq!(
        create(MEMBER, project).await,
        refused(422, "validation_failed", "/project_id")
    );
    home.archive().await;
    assert_eq!(
        create(OLGA, home.shared()).await,
        refused(409, "workspace_archived", "")
    );
    assert_eq!(create(MEMBER, home.shared()).await, unknown);
    // A workspace that was made a moment ago can be used at once.
    let fresh = Home::of(&app).await;
    assert_eq!(create(OLGA, fresh.shared()).await, refused(201, "", ""));
}

#[tokio::test]
async fn an_import_lives_where_the_importer_chooses() {
    let app = App::start().await;
    let home = Home::of(&app).await;
    let (session, _) = home.session().await;
    let file = app.get_whole(&format!("/api/sessions/{session}/export")).await;
    let import = async |who, body: Value| {
        let (status, answer) = app
            .call(Some(who), "POST", "/api/sessions/import", Some(&body))
            .await;
        (status.as_u16(), answer)
    };
    let there = json!({ "document": file, "workspace_id": home.id, "visibility": "workspace" });
    let (status, imported) = import(MEMBER, there.clone()).await;
    assert_eq!(
        (
            status,
            &imported["data"]["workspace_id"],
            &imported["data"]["visibility"]
        ),
        (201, &json!(home.id), &json!("workspace"))
    );
    let (status, alone) = import(MEMBER, file).await;
    assert_eq!(
        (
            status,
            &alone["data"]["workspace_id"],
            &alone["data"]["visibility"]
        ),
        (201, &Value::Null, &json!("private"))
    );
    assert_eq!(import(GUEST, there.clone()).await.0, 403);
    assert_eq!(import(EVE, there).await.0, 422);
}

#[tokio::test]
async fn whoever_leaves_loses_what_they_shared_and_the_admins_manage_it() {
    let app = App::start().await;
    let home = Home::of(&app).await;
    let both = home.session().await;
    home.remove(ADA).await;
    app.settle().await;
    assert_eq!(attempts(&app, ADA, &both).await, nothing());
    let (_, list) = app.call(Some(ADA), "GET", "/api/sessions", None).await;
    assert_eq!(list["data"], json!([]));
    assert_eq!(attempts(&app, ADMIN, &both).await, up_to(3));
    home.join(ADA, MemberRole::Guest).await;
    app.settle().await;
    assert_eq!(attempts(&app, ADA, &both).await, up_to(1), "a guest reads");
    home.change(ADA, MemberRole::Member).await;
    home.change(MEMBER, MemberRole::Admin).await;
    home.hand_over(OLGA, ADMIN).await;
    app.settle().await;
    assert_eq!(attempts(&app, ADA, &both).await, up_to(4));
    for manager in [MEMBER, OLGA, ADMIN] {
        assert_eq!(attempts(&app, manager, &both).await, up_to(3));
    }
}

#[tokio::test]
async fn an_archived_workspace_is_read_by_those_who_manage_it_and_changed_by_nobody() {
    let app = App::start().await;
    let home = Home::of(&app).await;
    let both = home.session().await;
    let own = app
        .act(
            "POST",
            "/api/sessions",
            json!({ "title": "Mine", "workspace_id": home.id }),
        )
        .await;
    home.archive().await;
    app.settle().await;
    for stranger in [ADA, MEMBER, GUEST, EVE] {
        assert_eq!(attempts(&app, stranger, &both).await, nothing());
    }
    let frozen = no(409, "session_archived");
    for manager in [OLGA, ADMIN] {
        let expected = [ok(200), frozen.clone(), frozen.clone(), no(403, "forbidden")];
        assert_eq!(attempts(&app, manager, &both).await, expected);
    }
    let own = format!("/api/sessions/{}", own["id"].as_str().unwrap());
    app.act("PATCH", &own, json!({ "title": "Still mine" })).await;
    home.restore().await;
    app.settle().await;
    assert_eq!(attempts(&app, ADA, &both).await, up_to(4));
}

#[tokio::test]
async fn what_a_deleted_workspace_shared_nobody_reads_and_private_sessions_stay() {
    let app = App::start().await;
    let home = Home::of(&app).await;
    let both = home.session().await;
    let own = app
        .act(
            "POST",
            "/api/sessions",
            json!({ "title": "Mine", "workspace_id": home.id }),
        )
        .await;
    home.delete().await;
    app.settle().await;
    for everybody in [ADA, OLGA, ADMIN, MEMBER, GUEST] {
        assert_eq!(attempts(&app, everybody, &both).await, nothing());
    }
    let (_, list) = app.call(Some(ADA), "GET", "/api/sessions", None).await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    assert_eq!(list["data"][0]["id"], own["id"]);
}

/// Whatever comes again, nobody comes back with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_of_roles_is_the_same_whether_events_come_twice_or_late() {
    let app = App::start().await;
    let (home, other) = (Home::of(&app).await, Home::of(&app).await);
    home.remove(MEMBER).await;
    home.join(MEMBER, MemberRole::Guest).await;
    home.change(MEMBER, MemberRole::Admin).await;
    home.remove(GUEST).await;
    home.hand_over(OLGA, ADMIN).await;
    home.archive().await;
    home.restore().await;
    other.archive().await;
    other.delete().await;
    app.settle().await;
    let rehearsal = Rehearsal::of(&app.backbone, althing_decisions::subscriptions).await;
    for (how, comparison) in [
        ("twice", rehearsal.deliver_twice(members::NAME).await),
        ("late", rehearsal.deliver_late(members::NAME).await),
        (
            "after a crash",
            rehearsal.crash_at_every_point(members::NAME).await,
        ),
    ] {
        assert!(comparison.rounds() > 0, "{how}");
        assert_eq!(comparison.differences(), Vec::<String>::new().as_slice(), "{how}");
    }
    let rows: Vec<(String, Option<String>)> =
        sql("SELECT user_id, role FROM decision_member WHERE workspace_id = $1 ORDER BY user_id")
            .bind(home.id)
            .all(app.db())
            .await
            .unwrap();
    let role = |who: UserId| {
        let row = rows.iter().find(|(user, _)| *user == who.to_string());
        row.unwrap().1.clone()
    };
    assert_eq!(
        [OLGA, ADMIN, ADA, MEMBER, GUEST].map(role),
        [Some("admin"), Some("owner"), Some("member"), Some("admin"), None]
            .map(|role| role.map(str::to_owned))
    );
    let left: i64 = sql("SELECT count(*) FROM decision_member WHERE workspace_id = $1")
        .bind(other.id)
        .one(app.db())
        .await
        .unwrap();
    assert_eq!(left, 0);
}
