//! The projection behind the live channel: numbering, repetition, forgery, rebuilding.

use std::collections::BTreeMap;

use althing_backbone::{Command, Context, Error, FromRow, Row, Timestamp, UnitOfWork, Uuid, sql};
use althing_events::decisions::{CycleBranched, CycleNavigated, MessageSent, SessionCreated, SessionRenamed};
use althing_events::{ConversationId, CycleId, MessageId, SessionId, UserId};
use serde_json::json;

use super::kit::{ADA, App, EVE, until};
use super::world::{World, output};

#[derive(Debug, PartialEq)]
struct Frame {
    number: i64,
    session: Uuid,
    seq: i64,
    event: Uuid,
    kind: String,
    data: String,
    place: (Option<Uuid>, Option<String>, Option<Uuid>),
}

impl FromRow for Frame {
    fn from_row(row: &Row<'_>) -> Result<Self, althing_backbone::DbError> {
        Ok(Self {
            number: row.get(0)?,
            session: row.get(1)?,
            seq: row.get(2)?,
            event: row.get(3)?,
            kind: row.get(4)?,
            data: row.get(5)?,
            place: (row.get(6)?, row.get(7)?, row.get(8)?),
        })
    }
}

async fn frames(app: &App) -> Vec<Frame> {
    sql("SELECT number, session_id, seq, event_id, event_type, data, cycle_id, component_type, conversation_id \
         FROM session_frame ORDER BY number")
    .all(app.db())
    .await
    .unwrap()
}

/// Records one event as it stands, whatever it claims.
struct Claim<E>(E);

impl<E: althing_backbone::DomainEvent> Command for Claim<E> {
    type Output = ();
    type Error = Error;
    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Error> {
        uow.record(&self.0)?;
        Ok(())
    }
}

async fn claim<E: althing_backbone::DomainEvent>(app: &App, who: UserId, event: E) {
    let context = Context::of_actor(who.0, app.backbone.ids().next());
    app.backbone.execute(context, &Claim(event)).await.unwrap();
}

#[tokio::test]
async fn every_event_of_the_catalogue_is_shown_or_ignored_by_name() {
    let app = App::start().await;
    for event in app
        .backbone
        .registry()
        .events()
        .filter(|event| event.context == "decisions")
    {
        let consumers = app.backbone.consumers_of(event.event_type);
        assert!(
            consumers.contains(&"dashboard".to_owned()),
            "{} has no dashboard effect",
            event.event_type
        );
    }
}

#[tokio::test]
async fn frames_are_numbered_from_one_in_each_session_without_a_gap() {
    let app = App::start().await;
    let (one, two) = tokio::join!(
        World::up_to(&app, "objectives"),
        World::up_to(&app, "alternatives")
    );
    two.branch("alternatives", "b").await;
    app.settle().await;
    let mut by_session: BTreeMap<Uuid, Vec<i64>> = BTreeMap::new();
    for frame in frames(&app).await {
        by_session.entry(frame.session).or_default().push(frame.seq);
    }
    assert_eq!(by_session.len(), 2);
    for (session, seqs) in by_session {
        assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>(), "{session}");
    }
    drop(one);
}

#[tokio::test]
async fn a_rebuild_from_nothing_gives_the_same_rows() {
    let app = App::start().await;
    let world = World::up_to(&app, "tradeoffs").await;
    world.branch("alternatives", "b").await;
    world.revise("objectives").await;
    app.settle().await;
    let before = frames(&app).await;
    let generation = async || -> i64 {
        sql("SELECT generation FROM subscription WHERE name = 'dashboard'")
            .one(app.db())
            .await
            .unwrap()
    };
    let old = generation().await;
    app.backbone.operator("test").rebuild("dashboard").await.unwrap();
    app.backbone.wake();
    until("the rebuilt tables are live", async || generation().await > old).await;
    assert_eq!(frames(&app).await, before);
    assert!(before.len() > 20);
}

#[tokio::test]
async fn a_forged_event_changes_nothing_and_becomes_a_dead_letter() {
    let app = App::start().await;
    let (mine, other) = (World::up_to(&app, "objectives").await, World::begin(&app).await);
    app.settle().await;
    let before = frames(&app).await;
    let session = |world: &World<'_>| SessionId(world.session.parse().unwrap());
    let cycle = |world: &World<'_>| CycleId(world.cycle.parse().unwrap());
    let now = Timestamp::from_micros(1);
    // A cycle of one session, said to belong to another.
    claim(
        &app,
        ADA,
        CycleNavigated {
            session_id: session(&other),
            cycle_id: cycle(&mine),
            from: "objectives".into(),
            to: "problem_frame".into(),
            navigated_at: now,
        },
    )
    .await;
    // A branch of a cycle of another session.
    claim(
        &app,
        ADA,
        CycleBranched {
            session_id: session(&other),
            cycle_id: CycleId(Uuid::from_u128(5)),
            parent_cycle_id: cycle(&mine),
            branch_point: "objectives".into(),
            branched_at: now,
            inherited_components: vec![],
        },
    )
    .await;
    // Somebody who has no part in it.
    claim(
        &app,
        EVE,
        SessionRenamed {
            session_id: session(&other),
            user_id: EVE,
            old_title: "Where to live".into(),
            new_title: "Mine now".into(),
            renamed_at: now,
        },
    )
    .await;
    // A session that exists already.
    claim(
        &app,
        EVE,
        SessionCreated {
            session_id: session(&mine),
            user_id: EVE,
            title: "Mine now".into(),
            description: None,
            created_at: now,
        },
    )
    .await;
    app.settle().await;
    assert_eq!(frames(&app).await, before);
    let letters = app
        .backbone
        .operator("test")
        .dead_letters(Some("dashboard"))
        .await
        .unwrap();
    let refused: Vec<(&str, u32)> = letters
        .iter()
        .map(|letter| (letter.event_type.as_str(), letter.attempts))
        .collect();
    assert_eq!(
        refused,
        [
            ("cycle.navigated", 1),
            ("cycle.branched", 1),
            ("session.renamed", 1),
            ("session.created", 1)
        ]
    );
    assert!(
        letters.iter().all(|letter| !letter.error.contains("Mine")),
        "no content in an error"
    );
    // Other keys keep their pace; the key that was lied about waits for an operator.
    let third = World::up_to(&app, "issue_raising").await;
    let overview = app.snapshot(&third.session, None).await;
    assert_eq!(overview["components"][0]["status"], "complete");
    assert!(overview["snapshotVersion"].as_i64().unwrap() >= 5);
}

#[tokio::test]
async fn what_is_not_known_yet_is_tried_again() {
    let app = App::start().await;
    let world = World::begin(&app).await;
    let session = SessionId(world.session.parse().unwrap());
    claim(
        &app,
        ADA,
        MessageSent {
            session_id: session,
            conversation_id: ConversationId(Uuid::from_u128(5)),
            message_id: MessageId(Uuid::from_u128(6)),
            role: "user".into(),
            content_preview: "hello".into(),
            sent_at: Timestamp::from_micros(1),
        },
    )
    .await;
    app.settle().await;
    let status = app.backbone.operator("test").subscriptions().await.unwrap();
    let dashboard = status.iter().find(|one| one.name == "dashboard").unwrap();
    assert_eq!((dashboard.retries_due, dashboard.dead_letters), (1, 0));
}

#[tokio::test]
async fn a_redelivered_event_is_shown_once() {
    let app = App::start().await;
    let world = World::up_to(&app, "issue_raising").await;
    app.settle().await;
    let before = frames(&app).await;
    // As after a restore of the checkpoint alone: everything is delivered once more.
    let mut back = althing_backbone::Batch::new();
    back.run(sql(
        "UPDATE subscription SET position = 0 WHERE name = 'dashboard'",
    ));
    app.backbone.stop().await;
    app.db().commit(back).await.unwrap();
    let app = App::on(app.db().clone()).await;
    app.settle().await;
    assert_eq!(frames(&app).await, before);
    let world = World {
        app: &app,
        session: world.session.clone(),
        cycle: world.cycle.clone(),
    };
    world.start("problem_frame").await;
    world.put("problem_frame", output("problem_frame")).await;
    app.settle().await;
    let data: serde_json::Value = serde_json::from_str(&frames(&app).await.last().unwrap().data).unwrap();
    assert_eq!(data["sessionId"], json!(world.session));
}
