//! Properties, held against small models.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use althing_backbone::*;
use proptest::prelude::*;

use crate::shop::*;
use crate::support::*;

/// An order's key and whether its event fails at first.
type Given = (u8, bool);

/// What an operator does with the oldest dead letter of a key.
#[derive(Clone, Debug)]
enum Act {
    Mend(u8),
    RedeliverInVain(u8),
    Skip(u8),
}

/// What parking should do, in twenty lines.
#[derive(Default)]
struct Model {
    handled: BTreeMap<u8, Vec<i64>>,
    waiting: BTreeMap<u8, VecDeque<i64>>,
    broken: BTreeSet<i64>,
}

impl Model {
    fn arrive(&mut self, key: u8, event: i64) {
        self.waiting.entry(key).or_default().push_back(event);
        self.drain(key);
    }

    fn drain(&mut self, key: u8) {
        let queue = self.waiting.entry(key).or_default();
        while let Some(front) = queue
            .front()
            .copied()
            .filter(|front| !self.broken.contains(front))
        {
            queue.pop_front();
            self.handled.entry(key).or_default().push(front);
        }
    }

    fn dead(&self) -> Vec<i64> {
        let mut fronts: Vec<i64> = self
            .waiting
            .values()
            .filter_map(|queue| queue.front().copied())
            .collect();
        fronts.sort_unstable();
        fronts
    }
}

fn key_id(key: u8) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(key))
}

struct Trial {
    handled: Arc<Mutex<BTreeMap<Uuid, Vec<i64>>>>,
    broken: Arc<Mutex<BTreeSet<i64>>>,
}

fn subscription(kind: Kind, trial: &Trial, page: usize) -> Subscription {
    let (handled, broken) = (trial.handled.clone(), trial.broken.clone());
    let work = move |order: OrderPlaced| {
        if broken.lock().unwrap().contains(&order.cents) {
            return Err(HandlerError::permanent(anyhow::anyhow!("broken")));
        }
        handled
            .lock()
            .unwrap()
            .entry(order.order_id)
            .or_default()
            .push(order.cents);
        Ok(())
    };
    if kind == Kind::Reaction {
        return reaction("r")
            .from_beginning()
            .page(page)
            .on(move |Event(order): Event<OrderPlaced>| std::future::ready(work(order)))
            .into();
    }
    projection("p")
        .page(page)
        .table(
            "kept",
            "CREATE TABLE {kept} (n INTEGER PRIMARY KEY, key TEXT NOT NULL, event BIGINT NOT NULL);",
        )
        .on(move |Event(order): Event<OrderPlaced>, tx: Tx| {
            let work = work.clone();
            async move {
                tx.execute(
                    sql("INSERT INTO {kept} (key, event) VALUES ($1, $2)")
                        .bind(order.order_id)
                        .bind(order.cents),
                )
                .await;
                work(order)
            }
        })
        .into()
}

async fn run(kind: Kind, page: usize, given: Vec<Given>, acts: Vec<Act>) {
    let trial = Trial {
        handled: Arc::default(),
        broken: Arc::default(),
    };
    let mut model = Model::default();
    let (db, clock) = (Db::temporary().await.unwrap(), clock());
    let backbone = start(&db, &clock, vec![subscription(kind, &trial, page)]).await;
    for (event, (key, fails)) in given.iter().enumerate() {
        let event = event as i64;
        if *fails {
            model.broken.insert(event);
            trial.broken.lock().unwrap().insert(event);
        }
        record(
            &backbone,
            OrderPlaced {
                order_id: key_id(*key),
                cents: event,
            },
        )
        .await;
        model.arrive(*key, event);
    }
    backbone.settled(SECONDS).await.unwrap();
    compare(kind, &backbone, &trial, &model).await;
    for act in acts {
        let (Act::Mend(key) | Act::RedeliverInVain(key) | Act::Skip(key)) = act;
        let Some(front) = model.waiting.get(&key).and_then(|queue| queue.front().copied()) else {
            continue;
        };
        let id = format!("{}:{}", if kind == Kind::Reaction { "r" } else { "p" }, front + 1);
        let operator = backbone.operator("model");
        match act {
            Act::Skip(_) => {
                operator.skip(&id, "model").await.unwrap();
                model.waiting.get_mut(&key).unwrap().pop_front();
            }
            Act::Mend(_) => {
                model.broken.remove(&front);
                trial.broken.lock().unwrap().remove(&front);
                operator.redeliver(&id).await.unwrap();
            }
            Act::RedeliverInVain(_) => operator.redeliver(&id).await.unwrap(),
        }
        model.drain(key);
        retried(&backbone).await;
        compare(kind, &backbone, &trial, &model).await;
    }
    backbone.stop().await;
}

async fn compare(kind: Kind, backbone: &Backbone, trial: &Trial, model: &Model) {
    let expected: BTreeMap<Uuid, Vec<i64>> = model
        .handled
        .iter()
        .map(|(key, events)| (key_id(*key), events.clone()))
        .collect();
    if kind == Kind::Reaction {
        assert_eq!(*trial.handled.lock().unwrap(), expected);
    } else {
        let rows: Vec<(Uuid, i64)> = sql("SELECT key, event FROM kept ORDER BY n")
            .all(backbone.db())
            .await
            .unwrap();
        let mut kept: BTreeMap<Uuid, Vec<i64>> = BTreeMap::new();
        rows.into_iter()
            .for_each(|(key, event)| kept.entry(key).or_default().push(event));
        assert_eq!(kept, expected);
    }
    let letters = backbone.operator("model").dead_letters(None).await.unwrap();
    let dead: Vec<i64> = letters.iter().map(|letter| letter.position - 1).collect();
    assert_eq!(dead, model.dead());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn parking_keeps_the_order_of_every_key_and_holds_back_no_other(
        given in prop::collection::vec((0u8..4, prop::bool::weighted(0.25)), 1..24),
        acts in prop::collection::vec(
            (0u8..4, 0u8..3).prop_map(|(key, act)| match act {
                0 => Act::Mend(key),
                1 => Act::RedeliverInVain(key),
                _ => Act::Skip(key),
            }),
            0..12,
        ),
        page in 1usize..8,
        reacting in any::<bool>(),
    ) {
        let kind = if reacting { Kind::Reaction } else { Kind::Projection };
        tokio::runtime::Runtime::new().unwrap().block_on(run(kind, page, given, acts));
    }

    #[test]
    fn a_pattern_matches_as_its_parts_do(
        pattern in prop::collection::vec(prop::sample::select(vec!["events", "a", "b", "*"]), 1..5),
        topic in prop::collection::vec(prop::sample::select(vec!["events", "a", "b"]), 1..5),
    ) {
        fn model(pattern: &[&str], topic: &[&str]) -> bool {
            match (pattern, topic) {
                ([], []) => true,
                (["*"], [_, ..]) => true,
                ([first, rest @ ..], [part, parts @ ..]) => (*first == "*" || first == part) && model(rest, parts),
                _ => false,
            }
        }
        prop_assert_eq!(topics::matches(&pattern.join(":"), &topic.join(":")), model(&pattern, &topic));
    }

    #[test]
    fn cursors_survive_being_written(epoch in 1i64.., position in 0i64..) {
        let cursor = Cursor { epoch, position };
        prop_assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
    }
}
