//! What goes with a workspace, and with an account.

use althing_backbone::sql;
use althing_events::identity::UserDeleted;
use serde_json::json;

use super::home::Home;
use super::kit::{ADA, App, until};

/// Whatever is kept by session, with the column that says whose it is.
const BY_SESSION: &[(&str, &str)] = &[
    ("decision_session", "id"),
    ("session_change", "session_id"),
    ("decision_session_cycle", "session_id"),
    ("decision_cycle", "session_id"),
    ("decision_component", "session_id"),
    ("conversation", "session_id"),
    ("share_link", "session_id"),
    ("dashboard_session", "session_id"),
    ("dashboard_cycle", "session_id"),
    ("dashboard_conversation", "session_id"),
];
/// What is kept of cycles and conversations.
const IN_ALL: &[&str] = &["cycle_change", "conversation_message"];

async fn count(app: &App, text: &str) -> i64 {
    sql(text.to_owned()).one(app.backbone.db()).await.unwrap()
}

/// How much is kept of a session, and that it was something everywhere or is nothing.
async fn is_kept(app: &App, session: &str) -> bool {
    let mut counts = Vec::new();
    for (table, column) in BY_SESSION {
        let text = format!("SELECT count(*) FROM {table} WHERE {column} = '{session}'");
        counts.push((*table, count(app, &text).await > 0));
    }
    let kept = counts[0].1;
    assert!(counts.iter().all(|(_, one)| *one == kept), "{counts:?}");
    let telling = "session_frame WHERE data <> '{}' AND session_id";
    let frames = format!("SELECT count(*) FROM {telling} = '{session}'");
    assert_eq!(count(app, &frames).await > 0, kept);
    let body = format!("SELECT count(*) FROM aggregate WHERE body LIKE '%{session}%'");
    assert_eq!(count(app, &body).await > 0, kept);
    kept
}

/// Ada's own session with a started cycle and a link.
async fn private(app: &App) -> String {
    let session = app
        .act("POST", "/api/sessions", json!({"title": "Whether to stay"}))
        .await;
    let session = session["id"].as_str().unwrap().to_owned();
    let cycle = format!("/api/sessions/{session}/cycles");
    let cycle = app.act("POST", &cycle, json!({})).await;
    let cycle = cycle["id"].as_str().unwrap();
    let start = format!("/api/cycles/{cycle}/components/issue_raising/start");
    app.act("POST", &start, json!({})).await;
    linked(app, &session).await;
    session
}

async fn linked(app: &App, session: &str) {
    let link = format!("/api/sessions/{session}/share-links");
    app.act("POST", &link, json!({})).await;
    app.settle().await;
}

async fn rebuilt(app: &App) {
    let generation = "SELECT generation FROM subscription WHERE name = 'dashboard'";
    let old = count(app, generation).await;
    app.backbone.operator("test").rebuild("dashboard").await.unwrap();
    app.backbone.wake();
    let is_live = async || count(app, generation).await > old;
    until("the rebuilt tables are live", is_live).await;
    app.settle().await;
}

#[tokio::test]
async fn shared_sessions_go_with_their_workspace_and_private_ones_stay() {
    let app = App::start().await;
    let home = Home::of(&app).await;
    let (shared, _) = home.session().await;
    linked(&app, &shared).await;
    let own = private(&app).await;
    assert!(is_kept(&app, &shared).await && is_kept(&app, &own).await);
    home.delete().await;
    app.settle().await;
    assert!(!is_kept(&app, &shared).await && is_kept(&app, &own).await);
    for table in IN_ALL {
        let all = count(&app, &format!("SELECT count(*) FROM {table}")).await;
        assert!(all > 0, "{table} of the one that stays");
    }
    rebuilt(&app).await;
    assert!(!is_kept(&app, &shared).await && is_kept(&app, &own).await);
}

#[tokio::test]
async fn private_sessions_go_with_their_owners_account_and_shared_ones_stay() {
    let app = App::start().await;
    let home = Home::of(&app).await;
    let (shared, _) = home.session().await;
    linked(&app, &shared).await;
    let own = private(&app).await;
    app.happened(UserDeleted { user_id: ADA }).await;
    app.settle().await;
    assert!(is_kept(&app, &shared).await && !is_kept(&app, &own).await);
    rebuilt(&app).await;
    assert!(is_kept(&app, &shared).await && !is_kept(&app, &own).await);
}
