//! Who runs a subscription: taking over, being fenced off, starting and stopping.

use std::sync::Arc;

use althing_backbone::*;

use crate::shop::*;
use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_owner_under_load_lose_and_double_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let clock = clock();
    let all = || vec![turnover().into(), orders().into(), receipts().into()];
    let mut owners = vec![start(&Db::open(&path).await.unwrap(), &clock, all()).await];
    let writer = Backbone::builder(Db::open(&path).await.unwrap())
        .clock(clock.clone())
        .open()
        .await
        .unwrap();
    let writing = tokio::spawn({
        let writer = writer.clone();
        async move {
            for _ in 0..150 {
                let id = writer.ids().next();
                place(&writer, id, 2).await;
                writer.execute(Context::anonymous(id), &Pay(id)).await.unwrap();
            }
        }
    });
    for _ in 0..5 {
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        // The one before is not stopped: it finds out by itself.
        owners.push(start(&Db::open(&path).await.unwrap(), &clock, all()).await);
    }
    writing.await.unwrap();
    let newest = owners.pop().unwrap();
    eventually("all is handled", || async {
        status(&newest, "receipts").await.position == 450
    })
    .await;
    eventually("all is handled", || async {
        turnover_of(newest.db()).await == (150, 300)
    })
    .await;
    let receipts = newest
        .event_store()
        .by_type("shop.receipt_written", 0, 1000)
        .await
        .unwrap();
    assert_eq!(receipts.len(), 150);
    let paid = sql("SELECT count(*) FROM orders WHERE paid AND seq = 2");
    eventually("every order is paid", || async {
        paid.clone().one::<i64>(newest.db()).await.unwrap() == 150
    })
    .await;
    assert_eq!(status(&newest, "orders").await.parked_keys, 0);
}

#[tokio::test]
async fn a_replaced_owner_makes_no_call_outside_any_more() {
    let (entered, door, calls) = (
        Noted::<()>::default(),
        Door::shut(),
        Noted::<&'static str>::default(),
    );
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let old = {
        let (entered, door, calls) = (entered.clone(), door.clone(), calls.clone());
        reaction("caller").on(move |_: Event<OrderPlaced>, fx: Effects| {
            let (entered, door, calls) = (entered.clone(), door.clone(), calls.clone());
            async move {
                entered.push(());
                door.pass().await;
                fx.once("call", |_| async move {
                    calls.push("old");
                    Ok(())
                })
                .await
            }
        })
    };
    let old = start(&db, &clock, vec![old.into()]).await;
    place_many(&old, 1).await;
    eventually("the old owner is inside", || async { entered.len() == 1 }).await;
    let new = start(
        &db,
        &clock,
        vec![
            reaction("caller")
                .on(|_: Event<OrderPlaced>| async { Ok(()) })
                .into(),
        ],
    )
    .await;
    new.settled(SECONDS).await.unwrap();
    door.open();
    old.stop().await;
    assert!(calls.all().is_empty(), "its intent was refused");
    assert_eq!(
        sql("SELECT count(*) FROM effect").one::<i64>(&db).await.unwrap(),
        0
    );
    assert_eq!(
        sql("SELECT count(*) FROM parked_event")
            .one::<i64>(&db)
            .await
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn a_replaced_owner_that_rests_finds_out_and_stops() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let seen: Noted<&'static str> = Noted::default();
    let listener = |me: &'static str| {
        let seen = seen.clone();
        reaction("listener").on(move |_: Event<OrderPlaced>| {
            seen.push(me);
            async { Ok(()) }
        })
    };
    let old = start(&db, &clock, vec![listener("old").into()]).await;
    let new = start(&db, &clock, vec![listener("new").into()]).await;
    old.wake();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    // Written through the old process: its own runner is gone and must not run the handler.
    place_many(&old, 1).await;
    new.log().watch_head().wait_for(|head| *head == 1).await.unwrap();
    new.settled(SECONDS).await.unwrap();
    assert_eq!(seen.all(), ["new"]);
}

#[tokio::test]
async fn two_processes_may_start_at_the_same_moment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let clock = clock();
    let (a, b) = (Db::open(&path).await.unwrap(), Db::open(&path).await.unwrap());
    // The tables exist; the race is for the subscriptions.
    start(&a, &clock, vec![]).await.stop().await;
    let build = |db: Db| {
        Backbone::builder(db)
            .clock(clock.clone())
            .subscribe(turnover())
            .subscribe(orders())
            .start()
    };
    let (one, two) = tokio::join!(build(a), build(b));
    let (one, two) = (one.unwrap(), two.unwrap());
    place_many(&one, 5).await;
    eventually("somebody handled them", || async {
        turnover_of(two.db()).await == (5, 5)
    })
    .await;
}

#[tokio::test]
async fn a_start_that_fails_leaves_no_runner_behind() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let seen: Noted<()> = Noted::default();
    let listener = {
        let seen = seen.clone();
        reaction("listener")
            .from_beginning()
            .on(move |_: Event<OrderPlaced>| {
                seen.push(());
                async { Ok(()) }
            })
    };
    let wrong = projection("wrong")
        .table("wrong", "CREATE TABEL {wrong} (x BIGINT);")
        .ignore::<OrderPlaced>();
    let failed = Backbone::builder(db.clone())
        .clock(clock.clone())
        .subscribe(listener)
        .subscribe(wrong)
        .start()
        .await;
    assert!(failed.is_err());
    let other = start(&db, &clock, vec![]).await;
    place_many(&other, 3).await;
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    assert_eq!(seen.len(), 0);
}

#[tokio::test]
async fn stopping_waits_for_the_handler_and_dropping_the_last_handle_stops_too() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let (entered, door, left) = (Noted::<()>::default(), Door::shut(), Noted::<()>::default());
    let slow = {
        let (entered, door, left) = (entered.clone(), door.clone(), left.clone());
        reaction("slow").on(move |_: Event<OrderPlaced>| {
            let (entered, door, left) = (entered.clone(), door.clone(), left.clone());
            async move {
                entered.push(());
                door.pass().await;
                left.push(());
                Ok(())
            }
        })
    };
    let backbone = start(&db, &clock, vec![slow.into()]).await;
    place_many(&backbone, 1).await;
    eventually("the handler runs", || async { entered.len() == 1 }).await;
    let stopping = tokio::spawn({
        let backbone = backbone.clone();
        async move { backbone.stop().await }
    });
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    assert!(!stopping.is_finished());
    door.open();
    stopping.await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(status(&backbone, "slow").await.position, 1);

    // Nor does it wait for the rest of the page.
    let rest = reaction("one").on(|_: Event<OrderPlaced>| async {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        Ok(())
    });
    let backbone = start(&db, &clock, vec![rest.into()]).await;
    let order_id = backbone.ids().next();
    let page: Vec<OrderPlaced> = (0..400).map(|cents| OrderPlaced { order_id, cents }).collect();
    backbone
        .event_store()
        .append(Context::anonymous(order_id), &page, None)
        .await
        .unwrap();
    let begun = std::time::Instant::now();
    backbone.stop().await;
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(4),
        "took {:?}",
        begun.elapsed()
    );

    let alive = Arc::new(());
    let holds = alive.clone();
    let dropped = reaction("holds").on(move |_: Event<OrderPlaced>| {
        let _holds = holds.clone();
        async { Ok(()) }
    });
    drop(start(&db, &clock, vec![dropped.into()]).await);
    eventually("its runner is gone", || async { Arc::strong_count(&alive) == 1 }).await;
}
