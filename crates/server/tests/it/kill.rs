//! `kill -9` at random moments under load: what was acknowledged is there, once.
//!
//! Several people work at once while the server is killed again and again. Every answer they got is held against the log
//! and the state at the end; what was under way when the server died may have happened or not, but never half or twice.
//! `ALTHING_KILLS` says how often it is killed, `ALTHING_SEED` makes other choices.

mod ledger;
mod people;

use std::time::{Duration, Instant};

use althing_testkit::TestApp;

use self::ledger::Ledger;
use self::people::Person;
use crate::BINARY;
use crate::chance::{Chance, number, seed};
use crate::office::settled;

/// How often the server is killed unless somebody says otherwise.
const KILLS: u64 = 200;
const PEOPLE: u64 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_every_kill_and_nothing_happens_twice() {
    let mut chance = Chance::new(seed());
    let kills = number("ALTHING_KILLS").unwrap_or(KILLS);
    let mut app = TestApp::start(BINARY).await;
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
    for _ in 0..kills {
        let work = people.into_iter().map(|mut person| {
            tokio::spawn(async move {
                person.work_until_the_server_is_gone().await;
                person
            })
        });
        let work: Vec<_> = work.collect();
        tokio::time::sleep(Duration::from_millis(20 + chance.next() % 380)).await;
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
    assert!(
        ledger.len() > usize::try_from(kills).unwrap(),
        "{} commands were acknowledged",
        ledger.len()
    );
    settled(app.owner()).await;
    for person in &people {
        person.check().await;
    }
    let log = app.log();
    assert!(!log.contains("panicked"), "{log}");
    ledger::check(&app, &ledger).await;
}
