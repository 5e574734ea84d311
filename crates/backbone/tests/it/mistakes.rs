//! Handlers that make mistakes, and a database that gives up: nobody else may suffer.

use std::time::Duration;

use althing_backbone::*;
use tokio_util::sync::CancellationToken;

use crate::failures::{keeper, kept};
use crate::shop::*;
use crate::support::*;

#[tokio::test]
async fn a_statement_that_the_database_refuses_is_the_events_fault_and_stops_nobody_else() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    // The writes of a page are only tried at its end: the one event at fault must still be found.
    async fn unique(Event(order): Event<OrderPlaced>, tx: Tx) -> HandlerResult {
        tx.execute(sql("INSERT INTO {u} VALUES ($1)").bind(order.cents))
            .await;
        if order.cents == 4 {
            tx.execute(sql("INSERT INTO nowhere VALUES (1)")).await;
        }
        Ok(())
    }
    async fn careless(Event(order): Event<OrderPlaced>, mut uow: Uow) -> HandlerResult {
        if order.cents == 4 {
            uow.execute(sql("INSERT INTO nowhere VALUES (1)"));
        }
        uow.record(&ReceiptWritten {
            receipt_id: order.order_id,
            order_id: order.order_id,
        })?;
        Ok(())
    }
    let table = "CREATE TABLE {u} (cents BIGINT PRIMARY KEY);";
    let subscriptions = vec![
        projection("u")
            .table("u", table)
            .retry(Retry::never())
            .on(unique)
            .into(),
        reaction("careless").retry(Retry::never()).on(careless).into(),
    ];
    let backbone = start(&db, &clock, subscriptions).await;
    for cents in [1, 2, 1, 3, 4, 5] {
        record(
            &backbone,
            OrderPlaced {
                order_id: backbone.ids().next(),
                cents,
            },
        )
        .await;
    }
    backbone.settled(SECONDS).await.unwrap();
    assert_eq!(
        sql("SELECT cents FROM u").all::<i64>(&db).await.unwrap(),
        [1, 2, 3, 5]
    );
    let letters = backbone.operator("ada").dead_letters(None).await.unwrap();
    let mut found = Vec::new();
    for letter in &letters {
        let event = backbone.log().at(letter.position).await.unwrap().unwrap();
        found.push((
            letter.subscription.as_str(),
            event.decode::<OrderPlaced>().unwrap().cents,
        ));
    }
    assert_eq!(found, [("u", 1), ("careless", 4), ("u", 4)]);
    let written = backbone
        .event_store()
        .by_type("shop.receipt_written", 0, 10)
        .await
        .unwrap();
    assert_eq!(written.len(), 5);
}

#[tokio::test]
async fn a_failed_page_gives_the_writer_back_at_once() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let kept: Noted<std::sync::Arc<Tx>> = Noted::default();
    let leaky = {
        let kept = kept.clone();
        move |Event(order): Event<OrderPlaced>, tx: Tx| {
            let kept = kept.clone();
            async move {
                tx.execute(sql("INSERT INTO {l} VALUES ($1)").bind(order.cents))
                    .await;
                let seen: i64 = sql("SELECT count(*) FROM {l}").one(&tx).await?;
                // Even a handler that keeps its transaction cannot keep the writer.
                kept.push(std::sync::Arc::new(tx));
                Err(HandlerError::transient(anyhow::anyhow!("saw {seen}")))
            }
        }
    };
    let backbone = start(
        &db,
        &clock,
        vec![
            projection("l")
                .table("l", "CREATE TABLE {l} (c BIGINT);")
                .on(leaky)
                .into(),
        ],
    )
    .await;
    let begun = std::time::Instant::now();
    place_many(&backbone, 2).await;
    backbone.settled(SECONDS).await.unwrap();
    clock.advance(Duration::from_secs(1));
    retried(&backbone).await;
    backbone.operator("ada").rebuild("l").await.unwrap();
    backbone.wake();
    eventually("the rebuild is over", || async {
        status(&backbone, "l").await.status == "running"
    })
    .await;
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "took {:?}",
        begun.elapsed()
    );
    assert_eq!(sql("SELECT count(*) FROM l").one::<i64>(&db).await.unwrap(), 0);
    let late = sql("SELECT count(*) FROM {l}").one::<i64>(&*kept.all()[0]).await;
    assert!(late.unwrap_err().to_string().contains("earlier statement"));
}

#[tokio::test]
async fn a_page_whose_write_failed_cannot_be_committed_by_a_handler_that_looks_away() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    async fn careless(Event(order): Event<OrderPlaced>, tx: Tx) -> HandlerResult {
        tx.execute(sql("INSERT INTO {c} VALUES ($1)").bind(order.cents))
            .await;
        tx.execute(sql("INSERT INTO {c} VALUES ($1)").bind(order.cents))
            .await;
        // The second write violates the key; the error shows here and is ignored.
        let _ = sql("SELECT count(*) FROM {c}").one::<i64>(&tx).await;
        Ok(())
    }
    let table = "CREATE TABLE {c} (cents BIGINT PRIMARY KEY);";
    let subscription = projection("c")
        .table("c", table)
        .retry(Retry::never())
        .on(careless);
    let backbone = start(&db, &clock, vec![subscription.into()]).await;
    place_many(&backbone, 1).await;
    backbone.settled(SECONDS).await.unwrap();
    assert_eq!(sql("SELECT count(*) FROM c").one::<i64>(&db).await.unwrap(), 0);
    assert_eq!(status(&backbone, "c").await.dead_letters, 1);
}

#[tokio::test]
async fn a_panic_is_a_failure_of_that_event_alone() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    async fn nervous(Event(order): Event<OrderPlaced>, mut uow: Uow) -> HandlerResult {
        if order.cents == 2 {
            std::panic::resume_unwind(Box::new("a secret"));
        }
        uow.record(&ReceiptWritten {
            receipt_id: order.order_id,
            order_id: order.order_id,
        })?;
        Ok(())
    }
    let backbone = start(
        &db,
        &clock,
        vec![reaction("nervous").retry(Retry::never()).on(nervous).into()],
    )
    .await;
    for cents in [1, 2, 3] {
        record(
            &backbone,
            OrderPlaced {
                order_id: backbone.ids().next(),
                cents,
            },
        )
        .await;
    }
    backbone.settled(SECONDS).await.unwrap();
    assert_eq!(
        backbone
            .event_store()
            .by_type("shop.receipt_written", 0, 9)
            .await
            .unwrap()
            .len(),
        2
    );
    let letters = backbone.operator("ada").dead_letters(None).await.unwrap();
    assert_eq!(
        letters[0].error,
        "the handler panicked (8 characters of message withheld)"
    );
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_a_failure() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    async fn endless(_: Event<OrderPlaced>, mut uow: Uow) -> HandlerResult {
        let id = uow.context().correlation;
        uow.record(&ReceiptWritten {
            receipt_id: id,
            order_id: id,
        })?;
        std::future::pending().await
    }
    let limit = Timeout::of(Duration::from_millis(10));
    let subscription = reaction("endless").on(endless).layer(limit).retry(Retry::never());
    let backbone = start(&db, &clock, vec![subscription.into()]).await;
    place_many(&backbone, 1).await;
    backbone.settled(SECONDS).await.unwrap();
    let letters = backbone.operator("ada").dead_letters(None).await.unwrap();
    assert_eq!(letters[0].error, "took longer than 10ms");
    assert_eq!(backbone.log().head(), 1, "nothing that it recorded was committed");
}

#[tokio::test]
async fn a_unit_of_work_that_the_handler_keeps_or_asks_for_twice_is_a_mistake() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let kept: Noted<std::sync::Arc<Uow>> = Noted::default();
    let keeps = {
        let kept = kept.clone();
        move |_: Event<OrderPlaced>, uow: Uow| {
            kept.push(std::sync::Arc::new(uow));
            async { Ok(()) }
        }
    };
    async fn twice(_: Event<OrderPlaced>, _: Uow, _: Uow) -> HandlerResult {
        Ok(())
    }
    let backbone = start(
        &db,
        &clock,
        vec![
            reaction("keeps").on(keeps).into(),
            reaction("twice").on(twice).into(),
        ],
    )
    .await;
    place_many(&backbone, 1).await;
    backbone.settled(SECONDS).await.unwrap();
    let letters = backbone.operator("ada").dead_letters(None).await.unwrap();
    let errors: Vec<&str> = letters.iter().map(|letter| letter.error.as_str()).collect();
    assert_eq!(
        errors,
        [
            "the handler returned but kept its unit of work, so nothing of it can be committed",
            "a handler has one unit of work and cannot ask for two"
        ]
    );
}

/// Undoes the transaction under way, and with it whatever shares it; on PostgreSQL
/// by cutting every connection.
async fn sabotage(db: &Db) {
    match db.store() {
        Store::Sqlite => {
            let taken = "INSERT OR ROLLBACK INTO log_state (one, instance_id, epoch) VALUES (1, 'x', 1)";
            let mut batch = Batch::new();
            batch.run(sql(taken));
            assert!(db.commit(batch).await.is_err());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Store::Postgres => {
            let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
            assert!(sql(cut).one::<i64>(db).await.unwrap() >= 0);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_the_database_gives_up_is_nobodys_event_and_is_tried_again() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let subscriptions = vec![
        turnover().into(),
        receipts().into(),
        keeper(&Broken::default()).into(),
    ];
    let backbone = start(&db, &clock, subscriptions).await;
    let stop = CancellationToken::new();
    let saboteur = tokio::spawn({
        let (db, stop) = (db.clone(), stop.clone());
        async move {
            while !stop.is_cancelled() {
                sabotage(&db).await;
            }
        }
    });
    let (mut done, mut given_up) = (0, 0);
    // What was not sent to be committed yet is tried again after a cut, so that few
    // callers notice on PostgreSQL.
    let wanted = if db.store() == Store::Sqlite { 5 } else { 0 };
    while given_up < wanted || done < 200 {
        let id = backbone.ids().next();
        let place = Place {
            order_id: id,
            cents: 1,
        };
        match backbone.execute(Context::anonymous(id), &place).await {
            Ok(_) => done += 1,
            Err(error) => {
                assert!(matches!(error, Error::Database(_)), "{error}");
                given_up += 1;
            }
        }
    }
    stop.cancel();
    saboteur.await.unwrap();
    backbone.settled(SECONDS).await.unwrap();
    assert_eq!(backbone.log().head(), done);
    assert_eq!(turnover_of(&db).await, (done, done));
    assert_eq!(kept(&db).await.len() as i64, done);
    assert_eq!(
        sql("SELECT count(*) FROM parked_event")
            .one::<i64>(&db)
            .await
            .unwrap(),
        0
    );
}
