//! Who gives positions when several want to.

use super::*;
use crate::sequencer::tick::{self, Leader};

#[tokio::test]
async fn of_two_would_be_leaders_one_leads_and_the_other_takes_over() {
    let db = database().await;
    let (first, second) = (
        start(&db, "first").await,
        start(&Db::postgres(&db.address()).await.unwrap(), "second").await,
    );
    let leads = async |backbone: &Backbone| {
        backbone
            .log()
            .sequencer_status()
            .await
            .unwrap()
            .is_some_and(|status| status.leads)
    };
    eventually("one leads", || async {
        leads(&first).await != leads(&second).await
    })
    .await;
    for number in 1..=20 {
        count(if number % 2 == 0 { &first } else { &second }, new_id(), number).await;
    }
    eventually("all are numbered", || async {
        first.log().head() == 20 && second.log().head() == 20
    })
    .await;
    let (leader, follower) = if leads(&first).await {
        (first, second)
    } else {
        (second, first)
    };
    leader.stop().await;
    count(&follower, new_id(), 21).await;
    eventually("the other leads", || async {
        leads(&follower).await && follower.log().head() == 21
    })
    .await;
    assert_eq!(log_of(&follower).await.len(), 21);
    follower.stop().await;
}

#[tokio::test]
async fn a_deposed_leader_cannot_give_positions() {
    let db = database().await;
    let backbone = open(&db).await;
    let lead = |owner| Leader {
        owner,
        epoch: if owner == "old" { 1 } else { 2 },
        lease: Duration::from_secs(4),
    };
    for (owner, epoch) in [("old", 1), ("new", 2)] {
        let mut batch = althing_db::Batch::new();
        batch.run(
            sql("UPDATE sequencer SET owner = $1, epoch = $2")
                .bind(owner)
                .bind(epoch),
        );
        db.commit(batch).await.unwrap();
    }
    let writer = db.write_session().await.unwrap();
    write(&backbone, &writer, new_id(), 1).await;
    writer.commit(|| {}).await.unwrap();
    let refused = tick::tick(&db, Some(lead("old"))).await;
    assert!(refused.is_err_and(|error| error.is_conflict()));
    assert_eq!(tick::last(&db).await.unwrap(), 0);
    assert_eq!(tick::tick(&db, Some(lead("new"))).await.unwrap().last, 1);
}

#[tokio::test]
async fn ticks_that_meet_give_each_event_one_position() {
    let db = database().await;
    let backbone = open(&db).await;
    let writers = (0..8).map(|_| {
        let backbone = backbone.clone();
        tokio::spawn(async move {
            let counter = new_id();
            for number in 0..25 {
                // An opened backbone numbers after each commit, so that ticks meet.
                count(&backbone, counter, number).await;
            }
        })
    });
    for writer in futures::future::join_all(writers).await {
        writer.unwrap();
    }
    assert_eq!(log_of(&backbone).await.len(), 200);
}
