//! `kill -9` at random moments under load: what was acknowledged is there, once.
//!
//! Several people work at once while the server is killed again and again. Every answer they got is held against the log
//! and the state at the end; what was under way when the server died may have happened or not, but never half or twice.
//! `ALTHING_KILLS` says how often it is killed, `ALTHING_SEED` makes other choices.

mod follower;
mod ledger;
mod people;
mod several;

use std::time::{Duration, Instant};

use althing_testkit::TestApp;

use self::ledger::Ledger;
use self::people::Person;
use crate::BINARY;
use crate::chance::{Chance, number, seed};
use crate::office::settled;

/// How often the server is killed unless somebody says otherwise.
const KILLS: u64 = 200;
const KILLS_ON_POSTGRES: u64 = 60;
const PEOPLE: u64 = 4;
/// A little more than a subscription stays with an owner that gives no sign of life.
const LEASE: Duration = Duration::from_millis(6_500);
/// How long a round may take to get anything done.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_every_kill_and_nothing_happens_twice() {
    let mut chance = Chance::new(seed());
    let mut app = TestApp::start(BINARY).await;
    let on_postgres = app.database_url().is_some();
    let usual = if on_postgres { KILLS_ON_POSTGRES } else { KILLS };
    let kills = number("ALTHING_KILLS").unwrap_or(usual);
    let ledger = Ledger::default();
    let mut people: Vec<Person> = Vec::new();
    for place in 0..PEOPLE {
        let client = if place == 0 {
            app.owner().clone()
        } else {
            app.user(&format!("Person{place}")).await
        };
        people.push(Person::new(client, chance.next(), ledger.clone()));
    }
    let begun = Instant::now();
    for round in 0..kills {
        let work = people.into_iter().map(|mut person| {
            tokio::spawn(async move {
                person.work_until_the_server_is_gone().await;
                person
            })
        });
        let work: Vec<_> = work.collect();
        let mut life = Duration::from_millis(20 + chance.next() % 380);
        if on_postgres && round % 6 == 5 {
            // What the killed one ran is taken over when its lease has run out.
            life += LEASE;
        }
        tokio::time::sleep(life).await;
        at_least(&ledger, round + 1).await;
        app.kill();
        people = Vec::new();
        for one in work {
            people.push(one.await.expect("a person works without a fault"));
        }
        app.start_again().await;
    }
    println!(
        "{kills} kills in {:?}, {} commands acknowledged",
        begun.elapsed(),
        ledger.len()
    );
    settled(app.owner()).await;
    for person in &people {
        person.check().await;
    }
    let log = app.log();
    assert!(!log.contains("panicked"), "{log}");
    ledger::check(&app, app.owner(), &ledger).await;
}

/// A machine with much else to do kills too early to prove anything; it gives them time
/// for one act a round.
async fn at_least(ledger: &Ledger, acts: u64) {
    let acts = usize::try_from(acts).unwrap();
    let begun = Instant::now();
    while ledger.len() < acts {
        assert!(
            begun.elapsed() < PATIENCE,
            "{} commands were acknowledged, not {acts}",
            ledger.len()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
