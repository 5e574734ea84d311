//! `althing doctor`: what is wrong, and what to do about it.

use althing_backbone::{Batch, Db, definition, sql};
use althing_testkit::{Smtp, TestApp};
use serde_json::{Value, json};

use crate::{BINARY, app};

const FROM: (&str, &str) = ("ALTHING_MAIL_FROM", "Althing <althing@example.org>");

/// Each finding by its name, with how the command ended.
async fn findings(app: &TestApp) -> (bool, Vec<Value>) {
    let said = app.command(&["doctor", "--json"]).await;
    (said.ok, said.lines())
}

fn of<'a>(findings: &'a [Value], name: &str) -> &'a Value {
    findings
        .iter()
        .find(|one| one["name"] == name)
        .unwrap_or_else(|| panic!("nothing about {name} in {findings:#?}"))
}

async fn change(app: &TestApp, text: &'static str) {
    let db = Db::at(&app.database()).await.expect("the folder is at rest");
    let mut batch = Batch::new();
    batch.run(definition(text.to_owned()));
    db.commit(batch).await.expect("it is changed");
}

#[tokio::test]
async fn beside_a_healthy_server_everything_is_fine() {
    let app = app().await;
    let (ok, found) = findings(&app).await;
    assert!(ok, "{found:#?}");
    for name in [
        "configuration",
        "folder",
        "database",
        "indexes",
        "clock",
        "tables",
        "lag",
        "dead letters",
        "pins",
        "mail",
    ] {
        assert_eq!(of(&found, name)["standing"], "ok", "{name}");
    }
    let lines = app.command(&["doctor"]).await.stdout;
    assert_eq!(lines.lines().count(), found.len(), "one line each: {lines}");
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_remedy_and_ends_with_a_fault() {
    let smtp = Smtp::start().await;
    let url = smtp.url();
    let mut app = TestApp::start_with(BINARY, &[("ALTHING_MAIL_SMTP_URL", &url), FROM]).await;
    app.set_up().await;
    assert_eq!(of(&findings(&app).await.1, "mail")["standing"], "ok");
    smtp.stop().await;
    assert!(app.stop().await.success());
    let db = Db::at(&app.database()).await.expect("the folder is at rest");
    let mut batch = Batch::new();
    batch.run(sql(
        "UPDATE subscription SET status = 'stopped' WHERE name = 'people'",
    ));
    batch.run(sql(
        "INSERT INTO parked_event (subscription, position, event_id, event_type, event_key, status, attempts, error) \
         SELECT 'notifications', position, id, event_type, 'a/b/1', 'dead', 6, 'the table is full' FROM event_log WHERE position = 1",
    ));
    db.commit(batch).await.expect("it is broken");
    drop(db);
    let (ok, found) = findings(&app).await;
    assert!(!ok);
    for name in ["mail", "lag"] {
        assert_eq!(of(&found, name)["standing"], "fault", "{found:#?}");
        assert!(of(&found, name)["remedy"].is_string());
    }
    assert_eq!(of(&found, "dead letters")["standing"], "warning", "{found:#?}");
    let told = app.command(&["doctor"]).await;
    assert!(told.stdout.contains("FAULT    mail"), "{}", told.stdout);
    assert!(
        told.stdout.contains("althing events dead-letters"),
        "{}",
        told.stdout
    );
    assert!(told.stderr.contains("there are 2 faults"), "{}", told.stderr);
}

/// The file may hold passwords.
#[tokio::test]
async fn a_configuration_that_others_may_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let app = app().await;
    let file = app.data().join("althing.toml");
    std::fs::write(&file, "").unwrap();
    for (mode, warned) in [(0o644, true), (0o600, false)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let (ok, found) = findings(&app).await;
        assert!(ok, "a warning is no fault");
        let told = found
            .iter()
            .any(|one| one["name"] == "secrets" && one["standing"] == "warning");
        assert_eq!(told, warned, "{mode:o}: {found:#?}");
    }
}

#[tokio::test]
async fn a_folder_of_another_version_is_recognised_and_left_alone() {
    let mut app = app().await;
    assert!(app.stop().await.success());
    change(&app, "INSERT INTO migration (context, number, name, fingerprint, applied_at) VALUES ('notifications', 999, 'later', 1, '2026-01-01T00:00:00Z')").await;
    let (ok, found) = findings(&app).await;
    assert!(!ok);
    assert_eq!(of(&found, "tables")["standing"], "fault");
    change(&app, "DELETE FROM migration WHERE context = 'notifications'").await;
    let (ok, found) = findings(&app).await;
    assert!(ok, "an upgrade that is due is no fault: {found:#?}");
    assert_eq!(of(&found, "tables")["standing"], "warning");
    let db = Db::at(&app.database()).await.expect("the folder is at rest");
    let count = sql("SELECT count(*) FROM migration WHERE context = 'notifications'");
    assert_eq!(count.one::<i64>(&db).await.unwrap(), 0, "nothing was migrated");
}

#[tokio::test]
async fn where_nothing_is_there_yet_it_says_how_to_begin() {
    let empty = tempfile::tempdir().unwrap();
    let data = empty.path().join("none");
    let said = tokio::process::Command::new(BINARY)
        .args(["doctor", "--json", "--data"])
        .arg(&data)
        .env_clear()
        .output()
        .await
        .unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("althing serve"), "{said}");
    assert!(!data.exists(), "looking makes nothing");
    let first: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!(first["standing"], json!("ok"));
}
