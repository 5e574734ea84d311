//! What goes in comes out, whichever database it is.

use althing_db::{Batch, Db, Migration, Migrations, Query, Statement, Timestamp, Value, sql};
use uuid::Uuid;

const TABLE: Migrations = Migrations {
    context: "values",
    steps: &[Migration {
        number: 1,
        name: "start",
        text: "CREATE TABLE thing (id TEXT PRIMARY KEY, number BIGINT, ratio DOUBLE PRECISION, flag BOOLEAN, bytes BLOB, at TEXT)",
        postgres: None,
    }],
};

type Thing = (
    Uuid,
    Option<i64>,
    Option<f64>,
    Option<bool>,
    Option<Vec<u8>>,
    Option<Timestamp>,
);

fn insert(thing: &Thing) -> Statement {
    sql("INSERT INTO thing (id, number, ratio, flag, bytes, at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(thing.0)
        .bind(thing.1)
        .bind(thing.2)
        .bind(thing.3)
        .bind(thing.4.clone())
        .bind(thing.5)
}

async fn things(on: &impl Query) -> Vec<Thing> {
    sql("SELECT id, number, ratio, flag, bytes, at FROM thing ORDER BY id")
        .all(on)
        .await
        .unwrap()
}

#[tokio::test]
async fn every_kind_of_value_comes_back_as_it_was() {
    let db = Db::temporary().await.unwrap();
    let moment = Timestamp::from_micros(1_700_000_000_123_456);
    TABLE.apply(&db, moment).await.unwrap();
    let full: Thing = (
        Uuid::from_u128(1),
        Some(i64::MIN),
        Some(0.1),
        Some(true),
        Some(vec![0, 255, 7]),
        Some(moment),
    );
    let empty: Thing = (Uuid::from_u128(2), None, None, None, None, None);
    let third: Thing = (
        Uuid::from_u128(3),
        Some(i64::MAX),
        Some(-1e300),
        Some(false),
        Some(vec![]),
        None,
    );
    let mut batch = Batch::new();
    batch.run(insert(&full));
    batch.run(insert(&empty));
    db.commit(batch).await.unwrap();
    let session = db.write_session().await.unwrap();
    session.execute(insert(&third)).await.unwrap();
    assert_eq!(
        things(&session).await,
        [full.clone(), empty.clone(), third.clone()]
    );
    session.commit(|| {}).await.unwrap();
    assert_eq!(things(&db).await, [full, empty, third]);
}

#[tokio::test]
async fn a_flag_is_a_condition_and_returned_values_are_kept() {
    let db = Db::temporary().await.unwrap();
    TABLE.apply(&db, Timestamp::from_micros(0)).await.unwrap();
    let mut batch = Batch::new();
    for (number, flag) in [(1, true), (2, false), (3, true)] {
        batch.returning(
            sql("INSERT INTO thing (id, number, flag) VALUES ($1, $2, $3) RETURNING number, flag, bytes")
                .bind(Uuid::from_u128(number))
                .bind(i64::try_from(number).unwrap())
                .bind(flag),
        );
    }
    let outcomes = db.commit(batch).await.unwrap();
    assert_eq!(
        outcomes[1].rows,
        [[Value::Integer(2), Value::Integer(0), Value::Null]]
    );
    let set: Vec<i64> = sql("SELECT number FROM thing WHERE flag AND number < $1 ORDER BY number LIMIT $2")
        .bind(10)
        .bind(5)
        .all(&db)
        .await
        .unwrap();
    assert_eq!(set, [1, 3]);
}

#[tokio::test]
async fn the_clock_of_the_database_goes_on_in_microseconds() {
    let db = Db::temporary().await.unwrap();
    let read = || async {
        sql(format!("SELECT {}", db.clock_micros()))
            .one::<i64>(&db)
            .await
            .unwrap()
    };
    let (first, second) = (read().await, read().await);
    assert!(first > 1_700_000_000_000_000, "{first}");
    assert!(second >= first);
}

#[tokio::test]
async fn texts_of_two_databases_share_their_parameters() {
    let db = Db::temporary().await.unwrap();
    let word = sql("SELECT 'sqlite ' || $1").on_postgres("SELECT 'postgres ' || $1");
    let said: String = word.bind("here").one(&db).await.unwrap();
    assert_eq!(said, format!("{} here", db.store().as_str()));
}
