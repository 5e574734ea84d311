//! What the handlers of one page tell each other.

use althing_backbone::*;

use crate::shop::OrderPlaced;
use crate::support::*;

#[derive(Default)]
struct Last(i64);

/// Numbers the orders without reading what the page itself has written.
fn numbering(broken: Broken) -> Subscription {
    projection("numbering")
        .page(10)
        .table(
            "number",
            "CREATE TABLE {number} (number BIGINT PRIMARY KEY, order_id TEXT NOT NULL);",
        )
        .on(move |Event(order): Event<OrderPlaced>, tx: Tx| {
            let broken = broken.clone();
            async move {
                let before: i64 = sql("SELECT coalesce(max(number), 0) FROM {number}")
                    .one(&tx.before_page())
                    .await?;
                let number = tx.with_memory(|last: &mut Last| {
                    last.0 = last.0.max(before) + 1;
                    last.0
                });
                tx.execute(
                    sql("INSERT INTO {number} (number, order_id) VALUES ($1, $2)")
                        .bind(number)
                        .bind(order.order_id),
                )
                .await;
                broken.check(order.order_id)
            }
        })
        .into()
}

async fn numbered_orders(db: &Db) -> Vec<(i64, Uuid)> {
    sql("SELECT number, order_id FROM number ORDER BY number")
        .all(db)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_pages_memory_is_gone_with_the_page() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let broken = Broken::default();
    let silent = start(&db, &clock, Vec::new()).await;
    let mut ids = place_many(&silent, 25).await;
    silent.stop().await;
    // The second page is undone when its fourth event fails, and is run one by one.
    let poison = ids.remove(13);
    broken.break_it(poison);
    let backbone = start(&db, &clock, vec![numbering(broken.clone())]).await;
    backbone.settled(SECONDS).await.unwrap();
    let expected: Vec<(i64, Uuid)> = (1..).zip(ids.iter().copied()).collect();
    assert_eq!(numbered_orders(&db).await, expected);

    broken.mend(poison);
    let waiting = status(&backbone, "numbering").await.parked_keys;
    assert_eq!(waiting, 1, "it waits for its next attempt");
    clock.advance(std::time::Duration::from_secs(10));
    retried(&backbone).await;
    assert_eq!(numbered_orders(&db).await.last(), Some(&(25, poison)));
}

/// Counts by a read of what was kept for the end, and writes down what it saw of its page.
fn counting() -> Subscription {
    projection("counting")
        .page(10)
        .table("seen", "CREATE TABLE {seen} (position BIGINT PRIMARY KEY, page TEXT NOT NULL);")
        .table(
            "total",
            "CREATE TABLE {total} (one BIGINT PRIMARY KEY, orders BIGINT NOT NULL, writes BIGINT NOT NULL);",
        )
        .on(|Event(_): Event<OrderPlaced>, meta: Meta, tx: Tx| async move {
            let page: Vec<i64> = tx.page().iter().map(|event| event.position).collect();
            let seen = sql("INSERT INTO {seen} (position, page) VALUES ($1, $2)");
            tx.execute(seen.bind(meta.position).bind(format!("{page:?}"))).await;
            let orders = tx.with_memory(|orders: &mut i64| {
                *orders += 1;
                *orders
            });
            let total = sql("INSERT INTO {total} (one, orders, writes) VALUES (1, $1, 1) \
                 ON CONFLICT (one) DO UPDATE SET orders = {total}.orders + excluded.orders, writes = {total}.writes + 1");
            tx.execute_at_end("total", total.bind(orders)).await;
            Ok(())
        })
        .into()
}

#[tokio::test]
async fn a_page_knows_its_events_and_writes_at_its_end_once() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let silent = start(&db, &clock, Vec::new()).await;
    place_many(&silent, 25).await;
    silent.stop().await;
    let backbone = start(&db, &clock, vec![counting()]).await;
    backbone.settled(SECONDS).await.unwrap();
    let seen: Vec<(i64, String)> = sql("SELECT position, page FROM seen ORDER BY position")
        .all(&db)
        .await
        .unwrap();
    let pages = [1..=10, 11..=20, 21..=25];
    let expected: Vec<(i64, String)> = pages
        .iter()
        .flat_map(|page| {
            let page: Vec<i64> = page.clone().collect();
            let text = format!("{page:?}");
            page.into_iter().map(move |position| (position, text.clone()))
        })
        .collect();
    assert_eq!(seen, expected);
    let total: (i64, i64) = sql("SELECT orders, writes FROM total").one(&db).await.unwrap();
    assert_eq!(total, (25, 3), "the last one of each page counts");
}

#[tokio::test]
async fn a_read_sees_what_was_kept_for_the_end() {
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let silent = start(&db, &clock, Vec::new()).await;
    place_many(&silent, 5).await;
    silent.stop().await;
    let reading = projection("reading")
        .table(
            "total",
            "CREATE TABLE {total} (one BIGINT PRIMARY KEY, orders BIGINT NOT NULL);",
        )
        .on(|Event(_): Event<OrderPlaced>, tx: Tx| async move {
            let orders: i64 = sql("SELECT coalesce(max(orders), 0) FROM {total}")
                .one(&tx)
                .await?;
            let total = sql("INSERT INTO {total} (one, orders) VALUES (1, $1) \
                 ON CONFLICT (one) DO UPDATE SET orders = excluded.orders");
            tx.execute_at_end("total", total.bind(orders + 1)).await;
            Ok(())
        });
    let backbone = start(&db, &clock, vec![reading.into()]).await;
    backbone.settled(SECONDS).await.unwrap();
    let orders: i64 = sql("SELECT orders FROM total").one(&db).await.unwrap();
    assert_eq!(orders, 5);
}
