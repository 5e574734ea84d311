//! What was acknowledged, held against the log and the tables at the end.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use althing_backbone::kit::{Ignored, StateDump};
use althing_backbone::{Db, sql};
use althing_testkit::{Client, Reply, TestApp};
use serde_json::Value;

use crate::office::{settled, within};

/// How long a rebuild of everything may take, on a busy machine.
const REBUILT: Duration = Duration::from_secs(180);

/// Requests that were answered, with the events they must have recorded.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<HashMap<String, Vec<&'static str>>>>);

impl Ledger {
    /// The request with this answer recorded these events, each once.
    pub fn acknowledged(&self, reply: &Reply, events: &[&'static str]) {
        let request = reply.header("x-request-id").to_owned();
        assert!(!request.is_empty());
        self.0.lock().unwrap().insert(request, events.to_vec());
    }

    pub fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// Everything that must hold after any number of kills.
pub async fn check(app: &TestApp, owner: &Client, ledger: &Ledger) {
    let events = the_log(app).await;
    check_the_log(&events);
    check_acknowledged(&events, ledger);
    let db = Db::at(&app.database()).await.unwrap();
    check_the_tables(&db, &events).await;
    check_rebuilds(app, owner, &db).await;
}

/// Every event, as the command line shows it.
pub async fn the_log(app: &TestApp) -> Vec<Value> {
    let events = app
        .command(&["events", "history", "--json", "--payload", "--limit", "1000000"])
        .await;
    assert!(events.ok, "{}", events.stderr);
    events.lines()
}

fn check_the_log(events: &[Value]) {
    let mut sequences: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut ids = HashSet::new();
    for (place, event) in events.iter().enumerate() {
        assert_eq!(event["position"], place + 1, "positions have no gaps");
        assert!(
            ids.insert(event["event_id"].to_string()),
            "{event} is there twice"
        );
        let aggregate = (
            event["aggregate_type"].to_string(),
            event["aggregate_id"].to_string(),
        );
        let last = sequences.entry(aggregate).or_insert(0);
        *last += 1;
        assert_eq!(event["aggregate_seq"], *last, "{event}");
    }
    let once_per = |event_type: &str, key: &dyn Fn(&Value) -> String| {
        let mut seen = HashSet::new();
        let all: Vec<&Value> = events
            .iter()
            .filter(|event| event["event_type"] == event_type)
            .collect();
        assert!(!all.is_empty(), "nothing of {event_type} happened");
        for event in all {
            assert!(seen.insert(key(event)), "{event_type} twice: {event}");
        }
    };
    once_per("conversation.started", &|event| {
        event["data"]["component_id"].to_string()
    });
    once_per("message.sent", &|event| event["data"]["message_id"].to_string());
    for event_type in ["pugh_scores.computed", "tradeoffs.analyzed", "dq_scores.computed"] {
        once_per(event_type, &|event| event["causation_id"].to_string());
    }
    // Each completion that is analysed has its analysis.
    for (step, event_type) in [
        ("consequences", "pugh_scores.computed"),
        ("tradeoffs", "tradeoffs.analyzed"),
        ("decision_quality", "dq_scores.computed"),
    ] {
        let completed = |event: &&Value| {
            event["event_type"] == "component.completed" && event["data"]["component_type"] == step
        };
        let causes: HashSet<&str> = events
            .iter()
            .filter(completed)
            .filter_map(|event| event["event_id"].as_str())
            .collect();
        let analysed: HashSet<&str> = events
            .iter()
            .filter(|event| event["event_type"] == event_type)
            .filter_map(|event| event["causation_id"].as_str())
            .collect();
        assert_eq!(causes, analysed, "{event_type}");
    }
}

fn check_acknowledged(events: &[Value], ledger: &Ledger) {
    let mut by_request: HashMap<&str, Vec<&str>> = HashMap::new();
    // What subscriptions and replies recorded in consequence has a cause.
    for event in events.iter().filter(|event| event["causation_id"].is_null()) {
        let (request, event_type) = (
            event["correlation_id"].as_str().unwrap(),
            event["event_type"].as_str().unwrap(),
        );
        by_request.entry(request).or_default().push(event_type);
    }
    for (request, expected) in ledger.0.lock().unwrap().iter() {
        assert_eq!(
            by_request.get(request.as_str()),
            Some(expected),
            "of the acknowledged request {request}"
        );
    }
}

async fn check_the_tables(db: &Db, events: &[Value]) {
    let head = i64::try_from(events.len()).unwrap();
    // One frame for each event of a decision, numbered without gaps within its session.
    let frames: i64 = sql("SELECT count(DISTINCT event_id) FROM session_frame")
        .one(db)
        .await
        .unwrap();
    let is_of_identity = |event: &&Value| {
        event["event_type"]
            .as_str()
            .is_some_and(|name| name.starts_with("identity."))
    };
    let decisions = events.len() - events.iter().filter(is_of_identity).count();
    assert_eq!(
        frames,
        i64::try_from(decisions).unwrap(),
        "frames of {head} events"
    );
    let gaps: i64 = sql("SELECT count(*) FROM (SELECT session_id FROM session_frame GROUP BY session_id \
                         HAVING max(seq) <> count(*) OR min(seq) <> 1 OR count(DISTINCT event_id) <> count(*)) AS uneven")
        .one(db)
        .await
        .unwrap();
    assert_eq!(
        gaps, 0,
        "frames are numbered from 1 without gaps, one for each event"
    );
    let parked: i64 = sql("SELECT count(*) FROM parked_event").one(db).await.unwrap();
    assert_eq!(parked, 0);
    // State and events agree: every output version has its event, every cycle its birth.
    let outputs: i64 = sql("SELECT count(*) FROM cycle_change WHERE kind = 'output'")
        .one(db)
        .await
        .unwrap();
    let updated = events
        .iter()
        .filter(|event| event["event_type"] == "component.output_updated")
        .count();
    assert_eq!(outputs, i64::try_from(updated).unwrap());
    for (table, types) in [
        ("decision_session", &["session.created"][..]),
        ("decision_cycle", &["cycle.created", "cycle.branched"]),
        ("decision_session_cycle", &["cycle.created", "cycle.branched"]),
        (
            "conversation WHERE started_at IS NOT NULL",
            &["conversation.started"],
        ),
        (
            "conversation_message WHERE role <> 'system' AND number > 2",
            &["message.sent"],
        ),
        ("cycle_change WHERE kind = 'completed'", &["component.completed"]),
        ("cycle_change WHERE kind = 'started'", &["component.started"]),
    ] {
        let rows: i64 = sql(format!("SELECT count(*) FROM {table}"))
            .one(db)
            .await
            .unwrap();
        let recorded = events
            .iter()
            .filter(|event| types.iter().any(|one| event["event_type"] == *one))
            .count();
        assert_eq!(rows, i64::try_from(recorded).unwrap(), "{table}");
    }
}

/// Each projection equals what a rebuild makes of the log.
async fn check_rebuilds(app: &TestApp, owner: &Client, db: &Db) {
    let list = owner.get("/api/admin/subscriptions").await;
    let projections: Vec<String> = list
        .data()
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["kind"] == "projection")
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect();
    assert!(projections.contains(&"dashboard".to_owned()), "{projections:?}");
    let before = StateDump::of(db, &Ignored::default()).await.unwrap();
    for name in &projections {
        let generation = async || -> i64 {
            sql("SELECT generation FROM subscription WHERE name = $1")
                .bind(name.as_str())
                .one(db)
                .await
                .unwrap()
        };
        let was = generation().await;
        let asked = app.command(&["events", "rebuild", name]).await;
        assert!(asked.ok, "{}", asked.stderr);
        within(REBUILT, async || (generation().await > was).then_some(())).await;
        settled(owner).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let after = StateDump::of(db, &Ignored::default()).await.unwrap();
    let differences = before.differences(&after);
    assert!(
        differences.is_empty(),
        "{} differences: {:#?}",
        differences.len(),
        &differences[..differences.len().min(10)]
    );
}
