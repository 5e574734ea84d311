//! Retention: what was archived reads as if it were still there, and nothing is
//! archived that somebody needs.

use std::path::Path;
use std::time::Duration;

use althing_backbone::*;

use crate::personal::{MemberJoined, joined, members};
use crate::shop::*;
use crate::support::*;

/// How many events a segment has in these tests.
const SEGMENT: i64 = 10;

/// An empty database whose segments, or partitions, are this short.
async fn narrow(length: i64) -> Db {
    let db = Db::temporary().await.unwrap();
    Backbone::builder(db.clone()).open().await.unwrap();
    let mut batch = Batch::new();
    batch.run(sql("UPDATE log_state SET segment_length = $1").bind(length));
    if db.store() == Store::Postgres {
        let partitions =
            "SELECT inhrelid::REGCLASS::TEXT FROM pg_inherits WHERE inhparent = 'event_entry'::REGCLASS";
        for name in sql(partitions).all::<String>(&db).await.unwrap() {
            batch.run(sql(format!("DROP TABLE {name}")));
        }
        // The next start makes the others.
        batch.run(sql(format!(
            "CREATE TABLE event_entry_0 PARTITION OF event_entry FOR VALUES FROM (0) TO ({length})"
        )));
    }
    db.commit(batch).await.unwrap();
    db
}

async fn with_archive(db: &Db, folder: &Path, subscriptions: Vec<Subscription>) -> Backbone {
    Backbone::builder(db.clone())
        .clock(clock())
        .leases(Leases::Exclusive)
        .archive(folder)
        .subscribe_all(subscriptions)
        .start()
        .await
        .unwrap()
}

async fn whole(backbone: &Backbone) -> Vec<Envelope> {
    backbone.event_store().by_position(0, 10_000).await.unwrap()
}

/// The same by pages, as subscriptions read.
async fn paged(backbone: &Backbone, limit: usize) -> Vec<Envelope> {
    let mut events = Vec::<Envelope>::new();
    loop {
        let after = events.last().map_or(0, |event| event.position);
        let page = backbone.log().page(after, limit).await.unwrap();
        if page.is_empty() {
            return events;
        }
        events.extend(page.iter().map(|event| (**event).clone()));
    }
}

async fn in_database(db: &Db) -> i64 {
    sql("SELECT count(*) FROM event_log").one(db).await.unwrap()
}

async fn archive(backbone: &Backbone, before: i64) -> Archived {
    let operator = backbone.operator("ada");
    operator.archive(Before::Position(before), None).await.unwrap()
}

async fn order_rows(db: &Db) -> Vec<(String, i64, bool, i64)> {
    sql("SELECT id, cents, paid, seq FROM orders ORDER BY id")
        .all(db)
        .await
        .unwrap()
}

async fn pay(backbone: &Backbone, order: Uuid) {
    let paid = backbone
        .execute(Context::anonymous(order), &Pay(order))
        .await
        .unwrap();
    numbered(backbone, paid.receipt).await;
}

async fn rebuilt(backbone: &Backbone, name: &str) -> SubscriptionStatus {
    backbone.operator("ada").rebuild(name).await.unwrap();
    backbone.wake();
    eventually("the rebuild is over", || async {
        status(backbone, name).await.status != "rebuilding"
    })
    .await;
    status(backbone, name).await
}

#[tokio::test]
async fn a_rebuild_through_the_archive_equals_one_without() {
    let (db, folder) = (narrow(SEGMENT).await, tempfile::tempdir().unwrap());
    let backbone = with_archive(&db, folder.path(), vec![orders().page(7).into()]).await;
    let ids = place_many(&backbone, 30).await;
    for id in &ids {
        pay(&backbone, *id).await;
    }
    backbone.settled(SECONDS).await.unwrap();
    rebuilt(&backbone, "orders").await;
    let (before, rows) = (whole(&backbone).await, order_rows(&db).await);
    assert_eq!((before.len(), rows.len()), (60, 30));

    let done = archive(&backbone, 46).await;
    assert_eq!(
        (done.first, done.events, done.held_by.clone()),
        (1, done.last, None)
    );
    assert!((36..=45).contains(&done.archived_until), "{done:?}");
    assert_eq!(in_database(&db).await, 60 - done.last);
    assert_eq!(backbone.log().archived_until(), done.last);
    backbone.stop().await;

    // Started anew, so that nothing is in memory.
    let backbone = with_archive(&db, folder.path(), vec![orders().page(7).into()]).await;
    assert_eq!(whole(&backbone).await, before);
    for limit in [1, 7, 1_000] {
        assert_eq!(paged(&backbone, limit).await, before, "in pages of {limit}");
    }
    let after = rebuilt(&backbone, "orders").await;
    assert_eq!(after.last_error, None);
    assert_eq!(order_rows(&db).await, rows);
    let generation = sql("SELECT generation FROM subscription WHERE name = 'orders'");
    assert_eq!(generation.one::<i64>(&db).await.unwrap(), 3, "it was built anew");

    // One aggregate and one type, across the border.
    let of_one = backbone
        .event_store()
        .by_aggregate("Order", ids[5])
        .await
        .unwrap();
    assert_eq!(
        of_one.iter().map(|event| event.position).collect::<Vec<_>>(),
        [6, 36]
    );
    let paid = backbone
        .event_store()
        .by_type("shop.order_paid", 40, 10)
        .await
        .unwrap();
    assert_eq!(
        paid.iter().map(|event| event.position).collect::<Vec<_>>(),
        (41..=50).collect::<Vec<_>>()
    );
    assert_eq!(backbone.log().at(1).await.unwrap().unwrap().position, 1);

    // The rest joins on, and what is new does too.
    let more = archive(&backbone, i64::MAX).await;
    assert_eq!(more.first, done.last + 1);
    assert!(more.held_by.unwrap().contains("newest event"));
    place_many(&backbone, 3).await;
    let positions: Vec<i64> = paged(&backbone, 9)
        .await
        .iter()
        .map(|event| event.position)
        .collect();
    assert_eq!(positions, (1..=63).collect::<Vec<_>>());
    let manifest = Manifest::read(folder.path()).unwrap().unwrap();
    assert_eq!(
        (manifest.first, manifest.last, manifest.count),
        (1, more.last, more.last)
    );
    assert_eq!(manifest.instance, backbone.log().instance());
    assert_eq!(manifest.types.len(), 2);
}

#[tokio::test]
async fn a_new_projection_and_a_feed_with_an_old_cursor_read_across_the_border() {
    let (db, folder) = (narrow(SEGMENT).await, tempfile::tempdir().unwrap());
    let backbone = with_archive(&db, folder.path(), vec![]).await;
    place_many(&backbone, 35).await;
    let done = archive(&backbone, 30).await;
    assert!(done.events > 10, "{done:?}");
    backbone.stop().await;

    let backbone = with_archive(&db, folder.path(), vec![turnover().into()]).await;
    backbone.settled(SECONDS).await.unwrap();
    assert_eq!(turnover_of(&db).await, (35, 35));
    let mut feed = backbone.feed(Some(backbone.log().cursor(4)), vec![]).unwrap();
    for position in 5..=35 {
        assert_eq!(feed.next().await.unwrap().position, position);
    }
    place_many(&backbone, 1).await;
    assert_eq!(feed.next().await.unwrap().position, 36);
}

/// It was opened before somebody else archived, and reads on.
#[tokio::test]
async fn a_process_that_does_not_know_yet_misses_nothing() {
    let (db, folder) = (narrow(SEGMENT).await, tempfile::tempdir().unwrap());
    let writer = with_archive(&db, folder.path(), vec![]).await;
    place_many(&writer, 35).await;
    let reader = Backbone::builder(db.clone())
        .archive(folder.path())
        .open()
        .await
        .unwrap();
    assert_eq!(reader.log().archived_until(), 0);
    let done = archive(&writer, 30).await;
    let positions: Vec<i64> = paged(&reader, 4)
        .await
        .iter()
        .map(|event| event.position)
        .collect();
    assert_eq!(positions, (1..=35).collect::<Vec<_>>());
    assert_eq!(reader.log().archived_until(), done.archived_until);
    let again = Backbone::builder(db.clone())
        .archive(folder.path())
        .open()
        .await
        .unwrap();
    let more = archive(&writer, 35).await;
    assert_eq!(whole(&again).await.len(), 35, "{more:?}");
}

#[tokio::test]
async fn nothing_is_archived_that_a_subscription_has_not_passed_or_has_parked() {
    let (db, folder) = (narrow(SEGMENT).await, tempfile::tempdir().unwrap());
    let bad = Ids::random().next();
    let broken = Broken::these([bad]);
    let picky = {
        let broken = broken.clone();
        reaction("picky")
            .retry(Retry::never())
            .on(move |Event(order): Event<OrderPlaced>| {
                let broken = broken.clone();
                async move { broken.check(order.order_id) }
            })
    };
    let backbone = with_archive(&db, folder.path(), vec![turnover().into(), picky.into()]).await;
    place_many(&backbone, 15).await;
    backbone.settled(SECONDS).await.unwrap();
    backbone.operator("ada").pause("turnover").await.unwrap();
    backbone.wake();
    eventually("it is paused", || async {
        status(&backbone, "turnover").await.status == "paused"
    })
    .await;
    place_many(&backbone, 10).await;
    place(&backbone, bad, 1).await;
    place_many(&backbone, 20).await;
    eventually("the other one is through", || async {
        status(&backbone, "picky").await.position == 46
    })
    .await;

    let held = archive(&backbone, i64::MAX).await;
    assert_eq!(held.held_by.as_deref(), Some("the checkpoint of turnover"));
    assert_eq!(held.allowed_until, status(&backbone, "turnover").await.position);
    assert!(
        held.archived_until <= held.allowed_until && held.archived_until >= 9,
        "{held:?}"
    );

    backbone.operator("ada").resume("turnover").await.unwrap();
    backbone.wake();
    backbone.settled(SECONDS).await.unwrap();
    eventually("the checkpoint is stored", || async {
        status(&backbone, "turnover").await.position == 46
    })
    .await;
    let held = archive(&backbone, i64::MAX).await;
    assert_eq!(held.held_by.as_deref(), Some("an event parked by picky"));
    assert_eq!(held.allowed_until, 25);
    assert!(held.archived_until <= 25 && held.archived_until >= 19, "{held:?}");

    broken.mend(bad);
    backbone.operator("ada").redeliver("picky:26").await.unwrap();
    retried(&backbone).await;
    let rest = archive(&backbone, 1_000).await;
    assert!(rest.archived_until >= 36, "{rest:?}");
    assert_eq!(rest.held_by.as_deref(), Some("the newest event, which stays"));
    assert_eq!(turnover_of(&db).await, (46, 46));
}

#[tokio::test]
async fn only_what_is_old_enough_goes_and_nobody_else_may_delete() {
    let (db, folder) = (narrow(SEGMENT).await, tempfile::tempdir().unwrap());
    let clock = clock();
    let backbone = Backbone::builder(db.clone())
        .clock(clock.clone())
        .archive(folder.path())
        .start()
        .await
        .unwrap();
    place_many(&backbone, 25).await;
    let day = Duration::from_secs(86_400);
    assert_eq!(
        backbone
            .operator("ada")
            .archive(Before::Age(day), None)
            .await
            .unwrap()
            .events,
        0
    );
    clock.advance(2 * day);
    place_many(&backbone, 25).await;
    let done = backbone
        .operator("ada")
        .archive(Before::Age(day), None)
        .await
        .unwrap();
    assert_eq!((done.allowed_until, done.held_by), (25, None));
    assert!(
        (16..=25).contains(&done.archived_until),
        "{}",
        done.archived_until
    );
    let act = sql("SELECT actor, position FROM operator_act WHERE act = 'archive' ORDER BY position DESC");
    assert_eq!(
        act.all::<(String, i64)>(&db).await.unwrap()[0],
        ("ada".to_owned(), done.archived_until)
    );

    let mut batch = Batch::new();
    batch.run(
        sql("DELETE FROM event_log WHERE position = 40").on_postgres("DELETE FROM event_entry WHERE id = 40"),
    );
    assert!(db.commit(batch).await.is_err());
    assert_eq!(whole(&backbone).await.len(), 50);
}

#[tokio::test]
async fn a_crash_at_any_point_loses_nothing_and_can_be_repeated() {
    let mut points = 0;
    loop {
        let (db, folder) = (narrow(SEGMENT).await, tempfile::tempdir().unwrap());
        let backbone = with_archive(&db, folder.path(), vec![]).await;
        place_many(&backbone, 34).await;
        let before = whole(&backbone).await;
        let operator = backbone.operator("ada");
        let ended = archive_and_crash_at(&operator, Before::Position(31), folder.path(), points).await;
        backbone.stop().await;

        let backbone = with_archive(&db, folder.path(), vec![]).await;
        assert_eq!(whole(&backbone).await, before, "after a crash at point {points}");
        assert_eq!(
            paged(&backbone, 6).await,
            before,
            "after a crash at point {points}"
        );
        // Another wish than the one that was broken off.
        archive(&backbone, 21).await;
        archive(&backbone, 31).await;
        assert_eq!(whole(&backbone).await, before, "repeated after point {points}");
        let until = backbone.log().archived_until();
        assert!((21..=30).contains(&until), "{until}");
        assert_eq!(in_database(&db).await, 34 - until, "nothing is in both places");
        assert_eq!(Manifest::read(folder.path()).unwrap().unwrap().count, until);
        backbone.stop().await;
        if ended.is_some() {
            break;
        }
        points += 1;
    }
    assert!(points >= 8, "{points} points");
}

#[tokio::test]
async fn damaged_missing_and_foreign_archives_are_refused_and_readers_keep_their_tables() {
    let (db, folder) = (narrow(SEGMENT).await, tempfile::tempdir().unwrap());
    let backbone = with_archive(&db, folder.path(), vec![turnover().page(5).into()]).await;
    place_many(&backbone, 35).await;
    backbone.settled(SECONDS).await.unwrap();
    let done = archive(&backbone, 31).await;
    backbone.stop().await;

    // One byte of the second file.
    let file = folder.path().join(&done.files[1]);
    let sound = std::fs::read(&file).unwrap();
    let mut bytes = sound.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let backbone = with_archive(&db, folder.path(), vec![turnover().page(5).into()]).await;
    let error = backbone
        .event_store()
        .by_position(0, 100)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&done.files[1]) && error.contains("checksum"),
        "{error}"
    );
    let after = rebuilt(&backbone, "turnover").await;
    assert_eq!(after.status, "running");
    let error = after.last_error.unwrap();
    assert!(error.contains(&done.files[1]), "{error}");
    assert_eq!(turnover_of(&db).await, (35, 35), "the old tables");
    std::fs::write(&file, &sound).unwrap();
    assert_eq!(rebuilt(&backbone, "turnover").await.last_error, None);
    assert_eq!(turnover_of(&db).await, (35, 35));
    backbone.stop().await;

    let without = start(&db, &clock(), vec![turnover().into()]).await;
    let error = rebuilt(&without, "turnover").await.last_error.unwrap();
    assert!(error.contains("no archive folder is configured"), "{error}");
    assert!(matches!(
        without.log().page(0, 10).await,
        Err(Error::Archive(ArchiveError::NotConfigured { position: 1 }))
    ));
    without.stop().await;

    let elsewhere = tempfile::tempdir().unwrap();
    let moved = with_archive(&db, elsewhere.path(), vec![turnover().into()]).await;
    let error = moved.log().at(3).await.unwrap_err().to_string();
    assert!(error.contains(&*elsewhere.path().to_string_lossy()), "{error}");
    // Nor is an archive begun that would not join on.
    place_many(&moved, 20).await;
    moved.settled(SECONDS).await.unwrap();
    assert!(matches!(
        moved.operator("ada").archive(Before::Position(50), None).await,
        Err(Error::Archive(ArchiveError::DoesNotJoin { ends_at: 0, .. }))
    ));

    let other = narrow(SEGMENT).await;
    let other = with_archive(&other, folder.path(), vec![]).await;
    place_many(&other, 25).await;
    assert!(matches!(
        other.operator("ada").archive(Before::Position(25), None).await,
        Err(Error::Archive(ArchiveError::Foreign(_)))
    ));
}

#[tokio::test]
async fn a_person_whose_key_is_deleted_is_unreadable_in_the_archive_too() {
    let (db, folder) = (narrow(SEGMENT).await, tempfile::tempdir().unwrap());
    let backbone = with_archive(&db, folder.path(), vec![members(false).into()]).await;
    let (ada, bob) = (backbone.ids().next(), backbone.ids().next());
    record(&backbone, joined(ada, "ada@example.org")).await;
    record(&backbone, joined(bob, "bob@example.org")).await;
    place_many(&backbone, 30).await;
    backbone.settled(SECONDS).await.unwrap();
    eventually("the checkpoint is far enough", || async {
        archive(&backbone, 32).await.archived_until >= 2
    })
    .await;
    backbone.stop().await;

    let backbone = with_archive(&db, folder.path(), vec![members(false).into()]).await;
    let event = backbone.log().at(1).await.unwrap().unwrap();
    assert!(!event.data.contains("ada@"), "{}", event.data);
    let opened: MemberJoined = backbone.open_event(&event).await.unwrap();
    assert_eq!(opened.email, "ada@example.org", "while there is a key");
    backbone.erase_subject(ada).await.unwrap();
    let event = backbone.log().at(1).await.unwrap().unwrap();
    assert_eq!(
        backbone.open_event::<MemberJoined>(&event).await.unwrap().email,
        ERASED
    );
    let event = backbone.log().at(2).await.unwrap().unwrap();
    assert_eq!(
        backbone.open_event::<MemberJoined>(&event).await.unwrap().email,
        "bob@example.org"
    );
    assert_eq!(rebuilt(&backbone, "members").await.last_error, None);
    let mut emails: Vec<String> = sql("SELECT email FROM members").all(&db).await.unwrap();
    emails.sort();
    assert_eq!(emails, ["bob@example.org", ERASED]);
}

#[tokio::test]
async fn the_numbers_of_an_aggregate_go_on_after_all_its_events_were_archived() {
    let (db, folder) = (narrow(SEGMENT).await, tempfile::tempdir().unwrap());
    let backbone = with_archive(&db, folder.path(), vec![]).await;
    let order_id = backbone.ids().next();
    let event = OrderPlaced { order_id, cents: 1 };
    let append = async |expected: Option<i64>| {
        let context = Context::anonymous(order_id);
        backbone
            .event_store()
            .append(context, &[event.clone(), event.clone()], expected)
            .await
    };
    append(Some(0)).await.unwrap();
    append(Some(2)).await.unwrap();
    place_many(&backbone, 30).await;
    assert!(archive(&backbone, 32).await.archived_until >= 4);
    assert!(matches!(
        append(Some(0)).await,
        Err(Error::WrongSequence {
            expected: 0,
            actual: 4
        })
    ));
    append(Some(4)).await.unwrap();
    append(None).await.unwrap();
    let events = backbone
        .event_store()
        .by_aggregate("Order", order_id)
        .await
        .unwrap();
    let numbers: Vec<i64> = events.iter().map(|event| event.aggregate_seq).collect();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
}

/// Partitions of 200 ids and thousands of events: whoever met a missing partition
/// would get an error. On SQLite the same load shows that archiving meanwhile is safe.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_there_is_always_a_partition_and_archiving_meanwhile_loses_nothing() {
    const WRITERS: i64 = 8;
    const EACH: i64 = 250;
    let (db, folder) = (narrow(200).await, tempfile::tempdir().unwrap());
    let backbone = with_archive(&db, folder.path(), vec![turnover().into()]).await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let backbone = backbone.clone();
            tokio::spawn(async move {
                for _ in 0..EACH {
                    let order_id = backbone.ids().next();
                    let place = Place { order_id, cents: 1 };
                    backbone
                        .execute(Context::anonymous(order_id), &place)
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    let mut archived = 0;
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        archived += archive(&backbone, i64::MAX).await.events;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    backbone.settled(SECONDS).await.unwrap();
    eventually("most of it is archived", || async {
        archive(&backbone, i64::MAX).await.archived_until >= WRITERS * EACH - 600
    })
    .await;
    assert!(archived > 0, "some was archived under load");
    let positions: Vec<i64> = paged(&backbone, 333)
        .await
        .iter()
        .map(|event| event.position)
        .collect();
    assert_eq!(positions, (1..=WRITERS * EACH).collect::<Vec<_>>());
    assert_eq!(turnover_of(&db).await, (WRITERS * EACH, WRITERS * EACH));
    assert_eq!(rebuilt(&backbone, "turnover").await.last_error, None);
    assert_eq!(turnover_of(&db).await, (WRITERS * EACH, WRITERS * EACH));
    if db.store() == Store::Postgres {
        let free = sql(
            "SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
             WHERE i.inhparent = 'event_entry'::REGCLASS AND (regexp_match(pg_get_expr(c.relpartbound, c.oid), \
             'FROM \\(''?(\\d+)'))[1]::BIGINT > (SELECT last_value FROM event_entry_id)",
        );
        assert!(free.one::<i64>(&db).await.unwrap() >= 2);
    }
}
