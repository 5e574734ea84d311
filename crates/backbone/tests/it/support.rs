//! What the tests share: starting, waiting, switches that handlers look at.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use althing_backbone::*;

use crate::shop::Place;

pub const SECONDS: Duration = Duration::from_secs(60);

/// A clock that stands at 1 January 2026.
pub fn clock() -> Clock {
    Clock::manual("2026-01-01T00:00:00.000000Z".parse().unwrap())
}

pub async fn start(db: &Db, clock: &Clock, subscriptions: Vec<Subscription>) -> Backbone {
    Backbone::builder(db.clone())
        .clock(clock.clone())
        // What starts takes over at once, on every store; `leases` is about the rest.
        .leases(Leases::Exclusive)
        .subscribe_all(subscriptions)
        .start()
        .await
        .unwrap()
}

pub async fn place(backbone: &Backbone, order_id: Uuid, cents: i64) -> Receipt {
    let context = Context::anonymous(backbone.ids().next());
    let placed = backbone.execute(context, &Place { order_id, cents }).await;
    numbered(backbone, placed.unwrap().receipt).await
}

/// Waits until the commit has its positions, which on PostgreSQL is just after it, and
/// this process has heard of them, which may be later still.
pub async fn numbered(backbone: &Backbone, receipt: Receipt) -> Receipt {
    let position = backbone.position_of_receipt(receipt).await.unwrap();
    let mut head = backbone.log().watch_head();
    let heard = head.wait_for(|head| *head >= position);
    tokio::time::timeout(SECONDS, heard).await.unwrap().unwrap();
    Receipt::at(position)
}

/// Places this many orders of one cent, one after the other.
pub async fn place_many(backbone: &Backbone, count: usize) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for _ in 0..count {
        let id = backbone.ids().next();
        place(backbone, id, 1).await;
        ids.push(id);
    }
    ids
}

pub async fn record<E: DomainEvent>(backbone: &Backbone, event: E) -> Receipt {
    let context = Context::anonymous(backbone.ids().next());
    let appended = backbone.event_store().append(context, &[event], None).await;
    appended.unwrap()
}

/// Waits until the question is answered with yes.
pub async fn eventually<F: Future<Output = bool>>(what: &str, question: impl Fn() -> F) {
    let begun = std::time::Instant::now();
    while !question().await {
        assert!(begun.elapsed() < SECONDS, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

pub async fn status(backbone: &Backbone, name: &str) -> SubscriptionStatus {
    let all = backbone.operator("test").subscriptions().await.unwrap();
    all.into_iter().find(|status| status.name == name).unwrap()
}

/// Runs until no retry is due any more at this moment.
pub async fn retried(backbone: &Backbone) {
    backbone.wake();
    eventually("nothing is due", || async {
        let due = sql("SELECT count(*) FROM parked_event p WHERE (status = 'queued' OR (status = 'retry' AND due_at <= $1)) \
             AND NOT EXISTS (SELECT 1 FROM parked_event e WHERE e.subscription = p.subscription \
             AND e.event_key = p.event_key AND e.position < p.position)")
        .bind(backbone.clock().now());
        due.one::<i64>(backbone.db()).await.unwrap() == 0
    })
    .await;
    backbone.settled(SECONDS).await.unwrap();
}

/// Things that are broken at the moment; handlers ask.
#[derive(Clone, Default)]
pub struct Broken(Arc<Mutex<HashSet<Uuid>>>);

impl Broken {
    pub fn these(ids: impl IntoIterator<Item = Uuid>) -> Self {
        Self(Arc::new(Mutex::new(ids.into_iter().collect())))
    }

    pub fn break_it(&self, id: Uuid) {
        self.0.lock().unwrap().insert(id);
    }

    pub fn mend(&self, id: Uuid) {
        self.0.lock().unwrap().remove(&id);
    }

    pub fn check(&self, id: Uuid) -> HandlerResult {
        if self.0.lock().unwrap().contains(&id) {
            return Err(HandlerError::transient(anyhow::anyhow!("broken for the test")));
        }
        Ok(())
    }
}

/// What handlers saw, in order.
#[derive(Clone)]
pub struct Noted<T>(Arc<Mutex<Vec<T>>>);

impl<T> Default for Noted<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Noted<T> {
    pub fn push(&self, item: T) {
        self.0.lock().unwrap().push(item);
    }

    pub fn all(&self) -> Vec<T> {
        self.0.lock().unwrap().clone()
    }

    pub fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// A door that handlers wait at.
#[derive(Clone)]
pub struct Door(Arc<tokio::sync::watch::Sender<bool>>);

impl Door {
    pub fn shut() -> Self {
        Self(Arc::new(tokio::sync::watch::Sender::new(false)))
    }

    pub fn open(&self) {
        self.0.send_replace(true);
    }

    pub async fn pass(&self) {
        self.0.subscribe().wait_for(|open| *open).await.unwrap();
    }
}

/// Cargo as a person would call it.
/// The program of an example, built with the choice of features of the whole workspace:
/// that is what everything was built with before, and building it all anew beside the
/// tests would leave them no time.
pub fn example(name: &str) -> std::path::PathBuf {
    let built = cargo()
        .args(["build", "--quiet", "--workspace", "--example", name])
        .status()
        .unwrap();
    assert!(built.success(), "{name} does not build");
    let tests = std::env::current_exe().unwrap();
    let target = tests.parent().and_then(|deps| deps.parent()).unwrap();
    target.join("examples").join(name)
}

pub fn cargo() -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO"));
    althing_testkit::forget_package(&mut command);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}
