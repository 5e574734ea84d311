//! The examples that the documentation names run, end by themselves and show what it says.

use althing_backbone::{Db, Uuid, sql};

use crate::support::example;

/// Runs an example beside this test, on a database of its own; what it printed.
async fn run(program: &str, db: &Db) -> String {
    let mut command = tokio::process::Command::new(example(program));
    command.arg(db.address()).kill_on_drop(true);
    let output = command.output().await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} failed:\n{errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn the_shop_sells_thanks_and_goes_on_where_it_was() {
    let db = Db::temporary().await.unwrap();
    let said = run("shop", &db).await;
    let store = db.store().as_str();
    let counter: Vec<&str> = said
        .lines()
        .filter(|line| line.contains(" has one") || line.contains(" goes away"))
        .collect();
    assert_eq!(
        counter,
        [
            "Ada has one, 1 left",
            "Bob has one, 0 left",
            "Eve goes away: sold out"
        ]
    );
    let letters: Vec<&str> = said.lines().filter(|line| line.starts_with("letter ")).collect();
    assert_eq!(letters.len(), 2, "{said}");
    assert!(
        said.ends_with(&format!("spent, in {store}: [(\"Ada\", 250), (\"Bob\", 250)]\n")),
        "{said}"
    );
    let again = run("shop", &db).await;
    assert!(
        again.ends_with(&format!("spent, in {store}: [(\"Ada\", 500), (\"Bob\", 500)]\n")),
        "{again}"
    );
}

#[tokio::test]
async fn the_saga_cancels_what_nobody_paid_and_nothing_else() {
    let db = Db::temporary().await.unwrap();
    let said = run("saga_with_timeout", &db).await;
    let expected = "bread and wine are ordered, bread is paid\n#1 order.placed\n#2 order.placed\n#3 order.paid\n\
                    #4 order.cancelled\nwine is cancelled, nobody paid\n0 timers left\n";
    assert_eq!(said, expected);
    let cancelled: Vec<Uuid> = sql("SELECT aggregate_id FROM event_log WHERE event_type = 'order.cancelled'")
        .all(&db)
        .await
        .unwrap();
    assert_eq!(cancelled.len(), 1);
}
