//! Live feeds, topics, and the outward form.

use std::time::Duration;

use althing_backbone::*;

use crate::shop::*;
use crate::support::*;

async fn next(feed: &mut Feed) -> i64 {
    tokio::time::timeout(SECONDS, feed.next())
        .await
        .expect("an event comes")
        .unwrap()
        .position
}

#[tokio::test]
async fn a_feed_begins_now_and_a_resumed_one_misses_nothing() {
    let backbone = start(&Db::temporary().await.unwrap(), &clock(), vec![]).await;
    place_many(&backbone, 3).await;
    let mut feed = backbone.feed(None, vec![]).unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(5), feed.next()).await;
    assert!(waiting.is_err(), "the past is not told");
    place_many(&backbone, 3).await;
    assert_eq!(next(&mut feed).await, 4);
    let cursor: Cursor = feed.cursor().to_string().parse().unwrap();
    drop(feed);
    place_many(&backbone, 2).await;
    let mut resumed = backbone.feed(Some(cursor), vec![]).unwrap();
    assert_eq!(resumed.lag(), 4);
    for position in 5..=8 {
        assert_eq!(next(&mut resumed).await, position);
    }
    assert_eq!(resumed.lag(), 0);
    assert!("1,5".parse::<Cursor>().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_gets_everything_even_beyond_what_is_kept_in_memory() {
    let backbone = start(&Db::temporary().await.unwrap(), &clock(), vec![]).await;
    let mut feed = backbone.feed(None, vec![]).unwrap();
    let order_id = backbone.ids().next();
    let page: Vec<OrderPlaced> = (0..500).map(|cents| OrderPlaced { order_id, cents }).collect();
    for _ in 0..6 {
        let store = backbone.event_store();
        let appended = store.append(Context::anonymous(order_id), &page, None).await;
        appended.unwrap();
        // Slower than the writer by far.
        next(&mut feed).await;
    }
    eventually("all have their positions", || async { feed.lag() == 2994 }).await;
    for position in 7..=3000 {
        assert_eq!(next(&mut feed).await, position);
    }
}

#[tokio::test]
async fn an_event_is_given_once_however_many_patterns_match_and_others_not_at_all() {
    let backbone = start(&Db::temporary().await.unwrap(), &clock(), vec![]).await;
    let order_id = backbone.ids().next();
    let patterns = vec![
        "events:shop".into(),
        "events:*:order".into(),
        format!("events:order:{order_id}"),
        "events:*".into(),
    ];
    let mut all = backbone.feed(None, patterns).unwrap();
    let mut one = backbone
        .feed(None, vec![format!("events:order:{order_id}")])
        .unwrap();
    let mut receipts = backbone.feed(None, vec!["events:shop:receipt".into()]).unwrap();
    place(&backbone, order_id, 1).await;
    place(&backbone, backbone.ids().next(), 2).await;
    record(
        &backbone,
        ReceiptWritten {
            receipt_id: order_id,
            order_id,
        },
    )
    .await;
    record(&backbone, OrderPaid { order_id, cents: 1 }).await;
    assert_eq!(
        [
            next(&mut all).await,
            next(&mut all).await,
            next(&mut all).await,
            next(&mut all).await
        ],
        [1, 2, 3, 4]
    );
    assert_eq!([next(&mut one).await, next(&mut one).await], [1, 4]);
    assert_eq!(next(&mut receipts).await, 3);
}

#[tokio::test]
async fn topics_follow_from_the_envelope() {
    let kit = kit::TestKit::new(Vec::new).await;
    let (workspace, order_id) = (kit.ids().next(), kit.ids().next());
    kit.acting_as(Context::anonymous(workspace).in_workspace(Some(workspace)));
    kit.given([OrderPlaced { order_id, cents: 1 }]).await;
    let topics = topics::topics_of(&kit.log().await[0], kit.backbone().registry());
    let expected = [
        "events:shop".to_owned(),
        "events:shop:order".into(),
        format!("events:workspace:{workspace}"),
        format!("events:order:{order_id}"),
    ];
    assert_eq!(topics, expected);
}

#[tokio::test]
async fn what_another_process_writes_is_found_by_looking() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    let (here, there) = (Db::open(&path).await.unwrap(), Db::open(&path).await.unwrap());
    let clock = clock();
    let here = start(&here, &clock, vec![turnover().into()]).await;
    let there = Backbone::builder(there)
        .clock(clock.clone())
        .open()
        .await
        .unwrap();
    let mut feed = here.feed(None, vec![]).unwrap();
    place(&here, here.ids().next(), 1).await;
    place(&there, there.ids().next(), 1).await;
    place(&here, here.ids().next(), 1).await;
    assert_eq!(
        [
            next(&mut feed).await,
            next(&mut feed).await,
            next(&mut feed).await
        ],
        [1, 2, 3]
    );
    place(&there, there.ids().next(), 1).await;
    assert_eq!(next(&mut feed).await, 4);
    here.settled(SECONDS).await.unwrap();
    let parked = sql("SELECT error FROM parked_event")
        .all::<String>(here.db())
        .await
        .unwrap();
    assert_eq!(parked, Vec::<String>::new());
    assert_eq!(turnover_of(here.db()).await, (4, 4));
}

#[tokio::test]
async fn the_outward_form_is_a_cloud_event() {
    let kit = kit::TestKit::new(Vec::new).await;
    let (actor, order_id) = (kit.ids().next(), kit.ids().next());
    kit.acting_as(Context::of_actor(actor, actor).with("internal", "not for others"));
    kit.given([OrderPlaced { order_id, cents: 5 }]).await;
    let event = &kit.log().await[0];
    let expected = serde_json::json!({
        "specversion": "1.0",
        "id": event.event_id,
        "type": "shop.order_placed",
        "source": "/althing",
        "subject": format!("Order/{order_id}"),
        "time": "2026-01-01T00:00:00.000000Z",
        "datacontenttype": "application/json",
        "data": {"order_id": order_id, "cents": 5},
        "eventversion": 1,
        "aggregateseq": 1,
        "correlationid": event.correlation_id,
        "position": "7.1",
        "actorid": actor,
    });
    assert_eq!(event.to_cloud_event("/althing", 7), expected);
}
