//! A whole instance moves to another database and back, and nobody notices.

use std::path::Path;
use std::process::Command;

use althing_backbone::Db;
use althing_testkit::TestApp;

use crate::BINARY;
use crate::journey_restart::{assert_same, in_the_middle, views};
use crate::office::settled;

/// Runs the command line on a folder, and on a database besides if there is one.
fn althing(data: &Path, url: Option<&str>, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(BINARY);
    command.env_clear().env("ALTHING_DATA", data).args(arguments);
    command.envs(url.map(|url| ("ALTHING_DATABASE_URL", url)));
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn an_instance_moves_to_another_database_and_back() {
    // In a file, whatever the other tests use.
    let mut app = TestApp::start_with(BINARY, &[("ALTHING_DATABASE_URL", "")]).await;
    let owner = app.set_up().await;
    let (walk, branch) = in_the_middle(&owner).await;
    settled(&owner).await;
    let before = views(&walk, &branch).await;
    let home = app.data().join("althing.db").display().to_string();
    let away = tempfile::tempdir().unwrap();
    let temporary = Db::temporary().await.unwrap();
    let url = temporary.path().is_none().then(|| temporary.address());
    let there = url
        .clone()
        .unwrap_or_else(|| away.path().join("althing.db").display().to_string());

    let busy = app.command(&["admin", "copy-to", "--database", &there]).await;
    assert!(
        !busy.ok && busy.stderr.contains("another althing is already serving"),
        "{}",
        busy.stderr
    );
    assert!(app.stop().await.success());
    let history = app
        .command(&["events", "history", "--json", "--payload", "--limit", "9999"])
        .await;
    let moved = app
        .command_with(&["admin", "copy-to", "--database", "-"], &there)
        .await;
    assert!(
        moved.ok && moved.stdout.starts_with("Copied to the "),
        "{}{}",
        moved.stdout,
        moved.stderr
    );
    let again = app.command(&["admin", "copy-to", "--database", &there]).await;
    assert!(
        !again.ok && again.stderr.contains("the target is not empty"),
        "{}",
        again.stderr
    );

    let there_url = url.as_deref();
    let arguments = ["events", "history", "--json", "--payload", "--limit", "9999"];
    let (ok, there_history) = althing(away.path(), there_url, &arguments);
    assert!(ok && there_history == history.stdout, "{there_history}");
    for file in ["", "-wal", "-shm"] {
        let file = format!("{home}{file}");
        assert!(std::fs::remove_file(&file).is_ok() || !Path::new(&file).exists());
    }
    let (ok, said) = althing(away.path(), there_url, &["admin", "copy-to", "--database", &home]);
    assert!(ok, "{said}");
    app.start_again().await;
    settled(&owner).await;
    assert_same(&before, &views(&walk, &branch).await);
    let (ok, back) = althing(&app.data(), None, &arguments);
    assert!(ok && back == history.stdout, "{back}");

    // As after a restore: the page that goes on where it was is told to load afresh.
    let restored = app.command(&["admin", "restored"]).await;
    assert_eq!(
        restored.stdout, "The log is in epoch 2 now; pages that were open load afresh.\n",
        "{}",
        restored.stderr
    );
}
