//! What a membership counts or hides over time, with a clock that is moved by hand.

use std::sync::Arc;
use std::time::Duration;

use althing_backbone::{Batch, Command, Context, Error, Timestamp, UnitOfWork, Uuid, sql};
use althing_decisions::access::{AccessChecker, tiers};
use althing_decisions::conversation::ai::{AiSettings, Scripted, Step as Line};
use althing_events::UserId;
use althing_events::identity::{Tier, UserTierChanged};
use serde_json::{Value, json};

use crate::app::{ADA, App, BOB, Step};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const ADAS: UserId = UserId(Uuid::from_u128(ADA));

/// What the identity context tells of somebody's tier.
struct Told(u128, Option<Tier>, Option<Timestamp>);

impl Command for Told {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Error> {
        uow.record(&UserTierChanged {
            user_id: UserId(Uuid::from_u128(self.0)),
            old_tier: None,
            old_valid_until: None,
            new_tier: self.1,
            new_valid_until: self.2,
            by: None,
        })
        .map(drop)
    }
}

async fn give(app: &App, who: u128, tier: Option<Tier>, valid_until: Option<Timestamp>) {
    let context = Context::of_system("test", app.backbone.ids().next());
    app.backbone
        .execute(context, &Told(who, tier, valid_until))
        .await
        .unwrap();
    app.settle().await;
}

async fn run(app: &App, statement: &'static str) {
    let mut batch = Batch::new();
    batch.run(sql(statement));
    app.backbone.db().commit(batch).await.unwrap();
}

fn talkative(replies: usize) -> AiSettings {
    let line = || vec![Line::Say("Tell me more.".into())];
    let model = Arc::new((0..replies).fold(Scripted::default(), |model, _| model.replies(line())));
    AiSettings {
        chat: model.clone(),
        extraction: model,
        ..AiSettings::default()
    }
}

async fn used_today(app: &App) -> i64 {
    let checker = AccessChecker::new(app.backbone.db(), app.clock.now());
    checker.usage(ADAS).await.unwrap().ai_messages_today
}

/// Says something on a new connection's behalf; status, code and what the refusal counts.
async fn say(app: &App, step: &Step) -> (u16, Value) {
    let body = json!({"content": "We could move"});
    app.call(ADA, "POST", &step.path("messages"), body).await
}

#[tokio::test]
async fn messages_to_a_model_are_counted_by_the_day() {
    let app = App::with(talkative(60)).await;
    give(&app, ADA, Some(Tier::Free), None).await;
    let step = app.first_step().await;
    app.settle().await;
    run(
        &app,
        "INSERT INTO decision_ai_day (user_id, day, used) \
         VALUES ('00000000-0000-0000-0000-000000000001', '2030-03-17', 48)",
    )
    .await;
    assert_eq!(app.clock.now().date(), "2030-03-17");
    assert_eq!(say(&app, &step).await.0, 201);
    assert_eq!(
        app.call(ADA, "POST", &step.path("regenerate"), json!({})).await.0,
        200
    );
    assert_eq!(used_today(&app).await, 50);
    let (status, refused) = say(&app, &step).await;
    assert_eq!((status, &refused["code"]), (429, &json!("ai_daily_limit")));
    assert_eq!((&refused["used"], &refused["max"]), (&json!(50), &json!(50)));
    for again in ["regenerate", "extract"] {
        let (status, refused) = app.call(ADA, "POST", &step.path(again), json!({})).await;
        assert_eq!(
            (status, &refused["code"]),
            (429, &json!("ai_daily_limit")),
            "{again}"
        );
    }
    assert_eq!(
        app.count("message.sent").await,
        3,
        "what was refused was not stored"
    );
    app.clock.advance(DAY);
    assert_eq!(say(&app, &step).await.0, 201, "a new day");
    assert_eq!(used_today(&app).await, 1);
}

#[tokio::test]
async fn of_two_last_messages_one_is_sent() {
    let app = App::with(talkative(60)).await;
    give(&app, ADA, Some(Tier::Free), None).await;
    let one = app.first_step().await;
    let other = app.first_step().await;
    app.settle().await;
    run(
        &app,
        "INSERT INTO decision_ai_day (user_id, day, used) \
         VALUES ('00000000-0000-0000-0000-000000000001', '2030-03-17', 49)",
    )
    .await;
    let (first, second) = tokio::join!(say(&app, &one), say(&app, &other));
    let mut statuses = [first.0, second.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 429]);
    assert_eq!(used_today(&app).await, 50);
}

#[tokio::test]
async fn the_guide_is_not_counted() {
    let app = App::new().await;
    give(&app, ADA, Some(Tier::Free), None).await;
    let step = app.first_step().await;
    app.settle().await;
    assert_eq!(say(&app, &step).await.0, 201);
    assert_eq!(used_today(&app).await, 0);
}

#[tokio::test]
async fn where_it_cannot_be_counted_nothing_is_made() {
    let app = App::new().await;
    give(&app, ADA, Some(Tier::Free), None).await;
    let step = app.first_step().await;
    run(&app, "DROP TABLE decision_quota").await;
    let new = json!({"title": "Where to live"});
    assert_eq!(app.call(ADA, "POST", "/api/sessions", new.clone()).await.0, 500);
    let cycles = format!("/api/sessions/{}/cycles", step.session);
    assert_eq!(app.call(ADA, "POST", &cycles, json!({})).await.0, 500);
    assert_eq!(
        (
            app.count("session.created").await,
            app.count("cycle.created").await
        ),
        (1, 1)
    );
    give(&app, ADA, None, None).await;
    assert_eq!(
        app.call(ADA, "POST", "/api/sessions", new).await.0,
        201,
        "where there is no limit nothing is counted"
    );
}

#[tokio::test]
async fn an_end_that_comes_while_somebody_works_is_noticed() {
    let app = App::new().await;
    let end = app.clock.now().plus(DAY);
    give(&app, ADA, Some(Tier::Annual), Some(end)).await;
    let step = app.first_step().await;
    app.settle().await;
    assert_eq!(say(&app, &step).await.0, 201);
    app.clock.advance(DAY);
    let (status, refused) = say(&app, &step).await;
    assert_eq!((status, &refused["code"]), (403, &json!("membership_expired")));
    assert_eq!(
        app.call(ADA, "GET", &step.path("conversation"), Value::Null)
            .await
            .0,
        200
    );
}

#[tokio::test]
async fn history_is_shown_as_far_back_as_the_tier_says() {
    let app = App::new().await;
    let step = app.first_step().await;
    app.settle().await;
    let note =
        json!({"parameters": {"description": "The tram", "component": "issue_raising", "resolvable": true}});
    let tool = format!("/api/cycles/{}/tools/flag_uncertainty", step.cycle);
    app.post(&tool, note.clone()).await;
    app.clock.advance(DAY * 100);
    app.post(&tool, note).await;
    let output = json!({"potential_decisions": [{"id": Uuid::from_u128(7), "description": "Where?"}]});
    let save = format!("/api/cycles/{}/components/issue_raising", step.cycle);
    let body = json!({"output": output, "expected_version": 1});
    assert_eq!(app.call(ADA, "PUT", &save, body).await.0, 200);
    let (calls, versions) = (
        format!("/api/cycles/{}/tools/invocations", step.cycle),
        format!("/api/cycles/{}/document/history", step.cycle),
    );
    let first = format!("/api/cycles/{}/document?version=1", step.cycle);
    let shown = async |path: &str| app.get(path).await.as_array().unwrap().len();
    assert_eq!((shown(&calls).await, shown(&versions).await), (2, 3));
    assert_eq!(app.call(ADA, "GET", &first, Value::Null).await.0, 200);
    give(&app, ADA, Some(Tier::Free), None).await;
    assert_eq!((shown(&calls).await, shown(&versions).await), (1, 1));
    let (status, refused) = app.call(ADA, "GET", &first, Value::Null).await;
    assert_eq!((status, &refused["code"]), (403, &json!("feature_not_included")));
    assert_eq!(refused["feature"], "history");
    app.clock.advance(DAY * 100);
    assert_eq!(
        (shown(&calls).await, shown(&versions).await),
        (0, 1),
        "what holds now is always shown"
    );
    give(&app, ADA, Some(Tier::Monthly), None).await;
    assert_eq!((shown(&calls).await, shown(&versions).await), (2, 3));
}

#[tokio::test]
async fn an_unknown_tier_includes_nothing_and_the_default_is_the_instances() {
    let app = App::new().await;
    let db = app.backbone.db();
    let tier = async || tiers::membership(db, ADAS).await.unwrap().tier;
    assert_eq!(tier().await, Tier::Annual);
    tiers::note_default(db, Tier::Free).await.unwrap();
    assert_eq!(tier().await, Tier::Free);
    give(&app, ADA, Some(Tier::Monthly), None).await;
    assert_eq!(tier().await, Tier::Monthly);
    run(&app, "UPDATE decision_tier SET tier = 'platinum'").await;
    assert_eq!(tier().await, Tier::None);
    let (status, refused) = app.call(ADA, "GET", "/api/sessions", Value::Null).await;
    assert_eq!((status, &refused["code"]), (403, &json!("membership_required")));
    assert_eq!(app.call(BOB, "GET", "/api/sessions", Value::Null).await.0, 200);
}

#[tokio::test]
async fn the_checker_answers_what_the_commands_would() {
    let app = App::new().await;
    give(&app, ADA, Some(Tier::Free), None).await;
    let step = app.first_step().await;
    let session = althing_events::SessionId(step.session.parse().unwrap());
    let checker = AccessChecker::new(app.backbone.db(), app.clock.now());
    let quality = althing_decisions::outputs::ComponentType::DecisionQuality;
    assert!(checker.can_create_session(ADAS).await.is_ok());
    assert!(checker.can_create_cycle(ADAS, session).await.is_ok());
    assert!(checker.can_send_ai_message(ADAS).await.is_ok());
    assert!(checker.can_export(ADAS).await.is_err());
    assert!(checker.can_access_component(ADAS, quality).await.is_err());
    app.post(&format!("/api/sessions/{}/cycles", step.session), json!({}))
        .await;
    assert!(checker.can_create_cycle(ADAS, session).await.is_err());
    assert_eq!(checker.limits(ADAS).await.unwrap().active_sessions, Some(3));
    assert_eq!(checker.usage(ADAS).await.unwrap().active_sessions, 1);
}
