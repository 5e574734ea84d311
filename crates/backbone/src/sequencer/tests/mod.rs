//! Every way in which committed rows become visible late or never, held against a
//! real server.

mod closing;
mod clusters;
mod leaders;
mod stress;
mod writers;

use std::sync::OnceLock;
use std::time::Duration;

use althing_db::{Db, Query, Statement, Store, WriteSession, sql};
use althing_testkit::Postgres;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::backbone::Backbone;
use crate::context::Context;
use crate::envelope::Envelope;
use crate::log::Selection;
use crate::unit_of_work::UnitOfWork;
use crate::{Command, DomainEvent};

/// Something was counted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "sequencer.counted",
    version = 1,
    context = "sequencer",
    aggregate = "Counter"
)]
pub struct Counted {
    #[event(aggregate_id)]
    counter_id: Uuid,
    number: i64,
}

/// One server for the tests that do not harm it, and one database each.
async fn database() -> Db {
    static SERVER: OnceLock<Mutex<Option<Postgres>>> = OnceLock::new();
    let mut server = SERVER.get_or_init(Mutex::default).lock().await;
    if server.is_none() {
        *server = Some(Postgres::options().without_fsync().start().await);
    }
    let url = server.as_ref().expect("just started").database().await;
    let db = Db::postgres(&url).await.expect("connect");
    assert_eq!(db.store(), Store::Postgres);
    db
}

/// A backbone that numbers only when it is told to.
async fn open(db: &Db) -> Backbone {
    Backbone::builder(db.clone()).open().await.expect("open")
}

/// A backbone that numbers by itself.
async fn start(db: &Db, owner: &str) -> Backbone {
    let builder = Backbone::builder(db.clone()).owner(owner);
    builder.start().await.expect("start")
}

struct Count(Vec<(Uuid, i64)>);

impl Command for Count {
    type Output = ();
    type Error = crate::Error;
    async fn run(&self, uow: &mut UnitOfWork) -> crate::Result<()> {
        for (counter_id, number) in &self.0 {
            uow.record(&Counted {
                counter_id: *counter_id,
                number: *number,
            })?;
        }
        Ok(())
    }
}

async fn count(backbone: &Backbone, counter: Uuid, number: i64) {
    let context = Context::anonymous(backbone.ids().next());
    backbone
        .execute(context, &Count(vec![(counter, number)]))
        .await
        .expect("commit");
}

/// Writes an event into a transaction that is still open.
async fn write(backbone: &Backbone, session: &WriteSession, counter: Uuid, number: i64) {
    let mut uow = UnitOfWork::begin(backbone.core(), Context::anonymous(backbone.ids().next()));
    uow.record(&Counted {
        counter_id: counter,
        number,
    })
    .expect("record");
    let prepared = uow.prepare().await.expect("prepare");
    session.apply(prepared.batch).await.expect("write");
}

/// The whole log, after everything visible was numbered; checks what always holds.
async fn log_of(backbone: &Backbone) -> Vec<i64> {
    backbone.log().poll().await.expect("number");
    let whole = Selection {
        limit: i32::MAX as usize,
        ..Selection::default()
    };
    let events = backbone.log().select(&whole).await.expect("read");
    check(&events);
    events.iter().map(number_of).collect()
}

fn number_of(event: &Envelope) -> i64 {
    event.decode::<Counted>().expect("decode").number
}

/// Contiguous positions, nothing twice, and within an aggregate in order.
fn check(events: &[Envelope]) {
    let mut last = std::collections::HashMap::new();
    let mut ids = std::collections::HashSet::new();
    for (place, event) in events.iter().enumerate() {
        assert_eq!(event.position, place as i64 + 1, "positions are contiguous");
        assert!(ids.insert(event.event_id), "nothing has two positions");
        let last = last.entry(event.aggregate_id).or_insert(0);
        assert_eq!(event.aggregate_seq, *last + 1, "no inversion within an aggregate");
        *last = event.aggregate_seq;
    }
}

fn new_id() -> Uuid {
    althing_db::Ids::random().next()
}

async fn run(session: &WriteSession, text: &'static str) {
    session.execute(sql(text)).await.expect(text);
}

async fn one<T: althing_db::FromRow + Send + 'static>(on: &impl Query, statement: Statement) -> T {
    statement.one(on).await.expect("a row")
}

/// Waits until the question is answered with yes.
async fn eventually<F: Future<Output = bool>>(what: &str, question: impl Fn() -> F) {
    let begun = std::time::Instant::now();
    while !question().await {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "waited in vain until {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
