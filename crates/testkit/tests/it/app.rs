//! The database of a [`TestApp`]. The program is a pretender that tells what it was given.

use std::time::Duration;

use althing_testkit::{Postgres, TestApp};

const PRETENDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/pretender.pl");
const DATABASES: &str = "SELECT count(*) FROM pg_database WHERE datname LIKE 'app_%'";

async fn database_of(app: &TestApp) -> String {
    app.anonymous().get("/").await.text
}

#[tokio::test]
async fn a_database_that_a_test_names_is_used() {
    let app = TestApp::start_with(PRETENDER, &[("ALTHING_DATABASE_URL", "postgres://named")]).await;
    assert_eq!(database_of(&app).await, "postgres://named");
    assert_eq!(
        database_of(&app.another_process().await).await,
        "postgres://named"
    );
    assert_eq!(app.database(), "postgres://named");
}

#[tokio::test]
async fn beside_a_test_server_each_app_has_a_database() {
    let postgres = Postgres::options().without_fsync().start().await;
    // The variable is for a whole process, so this is another one.
    let inner = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "app::beside_a_test_server", "--ignored"])
        .env("ALTHING_TEST_DATABASE", postgres.url())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&inner.stdout).into_owned();
    assert!(inner.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(postgres.psql(DATABASES).await, "0", "all are dropped");
}

#[tokio::test]
#[ignore = "run by the test above, in a process of its own"]
async fn beside_a_test_server() {
    let mut first = TestApp::start_empty(PRETENDER).await;
    let other = TestApp::start_empty(PRETENDER).await;
    let url = database_of(&first).await;
    assert_eq!(first.database_url(), Some(url.as_str()));
    assert_ne!(database_of(&other).await, url);
    assert_eq!(Postgres::psql_at(&url, DATABASES).await, "2");
    drop(other);
    assert_eq!(Postgres::psql_at(&url, DATABASES).await, "1");

    // It stays the same: at the next start, for a command, for a further process.
    first.crash().await;
    assert_eq!(database_of(&first).await, url);
    assert_eq!(first.command(&["anything"]).await.stdout.trim(), url);
    let second = first.another_process().await;
    assert_eq!(database_of(&second).await, url);
    assert!(second.url() != first.url() && second.data() != first.data());

    second.pause();
    let answer = second.anonymous();
    let silence = tokio::time::timeout(Duration::from_millis(300), answer.get("/")).await;
    assert!(silence.is_err(), "a paused process answers nothing");
    second.resume();
    assert_eq!(database_of(&second).await, url);

    drop(first);
    assert_eq!(
        Postgres::psql_at(&url, DATABASES).await,
        "1",
        "the second process has it still"
    );
}
