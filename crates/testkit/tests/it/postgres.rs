//! PostgreSQL: what survives what.

use althing_testkit::Postgres;

use crate::is_open;

#[tokio::test]
async fn what_is_committed_survives_a_kill_and_a_stop() {
    let postgres = Postgres::start().await;
    assert_eq!(postgres.psql("SHOW fsync").await, "on");
    let (url, address) = (postgres.database().await, postgres.url());
    Postgres::psql_at(
        &url,
        "CREATE TABLE word (text TEXT); INSERT INTO word VALUES ('kept')",
    )
    .await;
    postgres.kill().await;
    assert!(!is_open(&address));
    postgres.start_again().await;
    assert_eq!(postgres.url(), address);
    assert_eq!(Postgres::psql_at(&url, "SELECT text FROM word").await, "kept");
    postgres.stop().await;
    assert!(!is_open(&address));
    postgres.start_again().await;
    assert_eq!(Postgres::psql_at(&url, "SELECT text FROM word").await, "kept");
}

#[tokio::test]
async fn a_replica_follows_and_takes_over() {
    let primary = Postgres::options().without_fsync().start().await;
    primary.psql("CREATE TABLE word (text TEXT)").await;
    let replica = primary.replica().await;
    primary.psql("INSERT INTO word VALUES ('first')").await;
    replica.catch_up_with(&primary).await;
    assert_eq!(replica.psql("SELECT text FROM word").await, "first");
    assert_eq!(replica.psql("SELECT pg_is_in_recovery()").await, "t");
    primary.kill().await;
    replica.promote().await;
    replica.psql("INSERT INTO word VALUES ('second')").await;
    assert_eq!(
        replica.psql("SELECT text FROM word ORDER BY text").await,
        "first\nsecond"
    );
}

#[tokio::test]
async fn a_dump_is_restored_into_another_database() {
    let postgres = Postgres::options().without_fsync().start().await;
    let (from, into) = (postgres.database().await, postgres.database().await);
    Postgres::psql_at(
        &from,
        "CREATE TABLE word (text TEXT); INSERT INTO word VALUES ('kept')",
    )
    .await;
    let file = postgres.dump(&from).await;
    postgres.restore(&into, &file).await;
    assert_eq!(Postgres::psql_at(&into, "SELECT text FROM word").await, "kept");
}

#[tokio::test]
async fn it_speaks_tls_when_asked() {
    let postgres = Postgres::options().without_fsync().tls().start().await;
    let ca = postgres.ca_file();
    let url = format!(
        "{}?sslmode=verify-full&sslrootcert={}",
        postgres.url(),
        ca.display()
    );
    let question = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(Postgres::psql_at(&url, question).await, "t");
}
