//! The library under SIGKILL: what was acknowledged is there, once.

use std::collections::HashSet;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use althing_backbone::kit::Rehearsal;
use althing_backbone::*;

use crate::shop::*;
use crate::support::*;

/// How often the shop is killed, unless `ALTHING_KILLS` says otherwise.
const KILLS: usize = 20;

/// Since when a shop's life is counted.
#[derive(Clone, Copy, PartialEq)]
enum From {
    Start,
    /// On a slow disk it may take long before there is one.
    FirstAct,
}

/// Lets the shop run for a moment and kills it; answers what it had acknowledged.
fn run_and_kill(shop: &PathBuf, database: &PathBuf, (from, after): (From, Duration)) -> Vec<(String, Uuid)> {
    let mut child = Command::new(shop)
        .arg(database)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (begun, first_act) = std::sync::mpsc::channel();
    let listener = std::thread::spawn(move || {
        let mut said = vec![0];
        if stdout.read_exact(&mut said).is_err() {
            return String::new();
        }
        begun.send(()).unwrap();
        stdout.read_to_end(&mut said).unwrap();
        String::from_utf8(said).unwrap()
    });
    if from == From::FirstAct {
        first_act.recv_timeout(SECONDS).unwrap();
    }
    std::thread::sleep(after);
    let ended = child.try_wait().unwrap();
    child.kill().unwrap();
    let mut complaints = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut complaints)
        .unwrap();
    child.wait().unwrap();
    let said = listener.join().unwrap();
    assert!(ended.is_none(), "the shop ended by itself: {complaints}");
    said.split_inclusive('\n')
        .filter_map(|line| line.strip_suffix(".\n"))
        .map(|line| line.split_once(' ').unwrap())
        .map(|(act, id)| (act.to_owned(), id.parse().unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_it_loses_and_doubles_nothing() {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test's own knob, not configuration of the product"
    )]
    let kills = std::env::var("ALTHING_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(KILLS);
    let shop = example("under_fire");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let (mut placed, mut paid) = (HashSet::new(), HashSet::new());
    for kill in 0..kills as u64 {
        // From "hardly started" to "in full swing", in no particular order.
        let after = Duration::from_millis(10 + (kill * 7919) % 190);
        let from = if kill % 3 == 0 {
            From::Start
        } else {
            From::FirstAct
        };
        for (act, id) in run_and_kill(&shop, &path, (from, after)) {
            if act == "placed" {
                placed.insert(id)
            } else {
                paid.insert(id)
            };
        }
    }
    assert!(paid.len() > kills, "only {} orders were paid", paid.len());

    let all = || vec![turnover().into(), orders().into(), receipts().into()];
    let backbone = start(&Db::open(&path).await.unwrap(), &clock(), all()).await;
    backbone.settled(SECONDS).await.unwrap();
    let db = backbone.db();

    let positions: Vec<i64> = sql("SELECT position FROM event_log ORDER BY position")
        .all(db)
        .await
        .unwrap();
    assert_eq!(positions, (1..=positions.len() as i64).collect::<Vec<_>>());
    let broken_sequences = sql(
        "SELECT count(*) FROM (SELECT max(aggregate_seq) AS last, count(*) AS number FROM event_log \
         GROUP BY aggregate_type, aggregate_id) WHERE last <> number",
    );
    assert_eq!(broken_sequences.one::<i64>(db).await.unwrap(), 0);

    let of_type = |event_type: &'static str| async move {
        let text = "SELECT aggregate_id FROM event_log WHERE event_type = $1";
        sql(text).bind(event_type).all::<Uuid>(db).await.unwrap()
    };
    let (in_log, paid_in_log) = (
        of_type("shop.order_placed").await,
        of_type("shop.order_paid").await,
    );
    let unique: HashSet<Uuid> = in_log.iter().copied().collect();
    assert_eq!(unique.len(), in_log.len(), "no command is there twice");
    assert!(placed.is_subset(&unique), "acknowledged but not in the log");
    assert!(
        paid.is_subset(&paid_in_log.iter().copied().collect()),
        "acknowledged but not in the log"
    );

    // State and events tell the same.
    let states: Vec<(Uuid, bool)> = sql("SELECT id, body ->> 'paid' FROM aggregate WHERE kind = 'order'")
        .all(db)
        .await
        .unwrap();
    assert_eq!(states.iter().map(|(id, _)| *id).collect::<HashSet<_>>(), unique);
    let paid_states: HashSet<Uuid> = states
        .iter()
        .filter(|(_, paid)| *paid)
        .map(|(id, _)| *id)
        .collect();
    assert_eq!(paid_states, paid_in_log.iter().copied().collect());

    // Projections and reactions did each event exactly once.
    let placed_count = in_log.len() as i64;
    assert_eq!(turnover_of(db).await, (placed_count, placed_count * 3));
    let receipts_for =
        sql("SELECT data ->> 'order_id' FROM event_log WHERE event_type = 'shop.receipt_written'");
    let receipts_for: Vec<Uuid> = receipts_for.all(db).await.unwrap();
    assert_eq!(receipts_for.len(), paid_in_log.len());
    assert_eq!(receipts_for.into_iter().collect::<HashSet<_>>(), paid_states);
    assert_eq!(
        sql("SELECT count(*) FROM parked_event")
            .one::<i64>(db)
            .await
            .unwrap(),
        0
    );

    // And the tables are what a rebuild makes of the log.
    backbone.operator("test").rebuild("turnover").await.unwrap();
    backbone.operator("test").rebuild("orders").await.unwrap();
    let shown = "SELECT id, cents, paid, seq FROM orders ORDER BY id";
    let before: Vec<(Uuid, i64, bool, i64)> = sql(shown).all(db).await.unwrap();
    backbone.wake();
    eventually("both are rebuilt", || async {
        sql("SELECT min(generation) FROM subscription WHERE kind = 'projection'")
            .one::<i64>(db)
            .await
            .unwrap()
            == 2
    })
    .await;
    assert_eq!(
        sql(shown).all::<(Uuid, i64, bool, i64)>(db).await.unwrap(),
        before
    );
    assert_eq!(before.len(), in_log.len());
    assert_eq!(turnover_of(db).await, (placed_count, placed_count * 3));
    let rehearsal = Rehearsal::of(&backbone, || {
        vec![turnover().into(), orders().into(), receipts().into()]
    })
    .await;
    rehearsal.deliver_twice("receipts").await.assert_same_state();
}
