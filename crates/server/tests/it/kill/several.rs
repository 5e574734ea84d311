//! Three processes on one PostgreSQL server, and a program that follows them through Redis: any of them, or either server, is
//! killed or held up at any moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use althing_backbone::{Db, sql};
use althing_testkit::{Client, Postgres, Redis, TestApp};
use tokio::task::JoinHandle;

use super::PEOPLE;
use super::follower::Follower;
use super::ledger::{self, Ledger};
use super::people::Person;
use crate::BINARY;
use crate::chance::{Chance, number, seed};
use crate::office::{eventually, settled};

/// How often something is killed unless `ALTHING_KILLS` says otherwise.
const KILLS: u64 = 40;
/// From so many on, one process is held up for a whole minute.
const MANY_KILLS: u64 = 300;
const PROCESSES: usize = 3;
/// Short, so that every other hold-up outlasts it.
const LEASE: Duration = Duration::from_secs(2);
const LONG_HOLD_UP: Duration = Duration::from_secs(5);
const LONGEST_HOLD_UP: Duration = Duration::from_secs(60);
/// So many acknowledged commands hold at least one whole decision.
const ENOUGH: usize = 600;

/// Everything that can be killed.
struct World {
    postgres: Postgres,
    redis: Redis,
    processes: Vec<TestApp>,
    follower: Follower,
    chance: Chance,
    struck: BTreeMap<&'static str, u32>,
}

impl World {
    async fn new() -> Self {
        // A killed server loses nothing that the machine was given to write.
        let postgres = Postgres::options().without_fsync().start().await;
        let redis = Redis::options().appendonly().start().await;
        let (url, of_the_follower) = (postgres.database().await, postgres.database().await);
        let settings = [
            ("ALTHING_DATABASE_URL", url.as_str()),
            ("ALTHING_EVENTS_LEASE_SECONDS", &LEASE.as_secs().to_string()),
            ("ALTHING_EVENTS_TRANSPORT", "redis"),
            ("ALTHING_EVENTS_REDIS_URL", &redis.url()),
        ];
        let mut processes = vec![TestApp::start_with(BINARY, &settings).await];
        while processes.len() < PROCESSES {
            let another = processes[0].another_process().await;
            processes.push(another);
        }
        Self {
            follower: Follower::start(of_the_follower, redis.url()).await,
            postgres,
            redis,
            processes,
            chance: Chance::new(seed()),
            struck: BTreeMap::new(),
        }
    }

    async fn strike(&mut self) {
        let which = self.chance.below(PROCESSES);
        let what = match self.chance.below(20) {
            0 | 1 => {
                self.postgres.kill().await;
                self.postgres.start_again().await;
                "databases killed"
            }
            2..5 => {
                self.redis.kill().await;
                self.rest(500).await;
                self.redis.start_again().await;
                "Redis servers killed"
            }
            5 | 6 => {
                self.follower.crash().await;
                "followers killed"
            }
            7 | 8 => {
                // Held up, with whatever it holds; it must find out what it lost.
                self.processes[which].pause();
                self.rest(2 * LEASE.as_millis()).await;
                self.processes[which].resume();
                "processes held up"
            }
            _ => {
                self.processes[which].crash().await;
                "processes killed"
            }
        };
        *self.struck.entry(what).or_default() += 1;
    }

    async fn rest(&mut self, below: u128) {
        let millis = self.chance.next() % u64::try_from(below).unwrap();
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    /// Longer than its lease: what it ran, others have run, and it notices.
    async fn hold_up(&mut self, time: Duration) {
        let process = &self.processes[self.chance.below(PROCESSES)];
        let db = Db::at(&process.database()).await.unwrap();
        let name = format!("process {}", process.process());
        eventually(async || {
            let runs = sql("SELECT count(*) FROM subscription WHERE owner = $1").bind(name.as_str());
            (runs.one::<i64>(&db).await.unwrap() > 0).then_some(())
        })
        .await;
        let before = times_replaced(process);
        process.pause();
        tokio::time::sleep(time).await;
        process.resume();
        eventually(async || (times_replaced(process) > before).then_some(())).await;
        *self.struck.entry("processes held up").or_default() += 1;
    }

    fn times_replaced(&self) -> usize {
        self.processes.iter().map(times_replaced).sum()
    }
}

fn times_replaced(process: &TestApp) -> usize {
    process.log().matches("another owner has taken over").count()
}

/// Somebody at each process, and one more.
async fn at_work(
    world: &mut World,
    ledger: &Ledger,
    ended: &Arc<AtomicBool>,
) -> (Client, Vec<JoinHandle<Person>>) {
    let owner = world.processes[0].set_up().await;
    let mut work = Vec::new();
    for place in 0..PEOPLE {
        let at = usize::try_from(place).unwrap() % PROCESSES;
        let client = match place {
            0 => owner.clone(),
            _ => world.processes[0].user(&format!("Person{place}")).await,
        };
        let client = client.at(&world.processes[at].url());
        let person = Person::new(client, world.chance.next(), ledger.clone());
        let (mut person, ended) = (person.who_expects_faults(), ended.clone());
        work.push(tokio::spawn(async move {
            person.work_until(&ended).await;
            person
        }));
    }
    (owner, work)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_three_processes_their_database_redis_and_a_follower_any_may_be_killed() {
    let kills = number("ALTHING_KILLS").unwrap_or(KILLS);
    let longest = if kills < MANY_KILLS {
        LONG_HOLD_UP
    } else {
        LONGEST_HOLD_UP
    };
    let mut world = World::new().await;
    let (ledger, ended) = (Ledger::default(), Arc::new(AtomicBool::new(false)));
    let (owner, work) = at_work(&mut world, &ledger, &ended).await;
    let begun = Instant::now();
    for strike in 1..=kills {
        world.rest(400).await;
        if strike == kills.div_ceil(2) {
            world.hold_up(longest).await;
        } else {
            world.strike().await;
        }
    }
    // Long enough for a decision to reach its end, whatever the machine is like.
    let patience = Instant::now() + Duration::from_secs(120);
    while ledger.len() < ENOUGH && Instant::now() < patience {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    ended.store(true, Ordering::Relaxed);
    let mut people = Vec::new();
    for one in work {
        people.push(one.await.expect("a person works without a fault"));
    }
    println!(
        "{:?} in {:?}, {longest:?} the longest hold-up; {} times an owner found itself replaced; {} commands acknowledged",
        world.struck,
        begun.elapsed(),
        world.times_replaced(),
        ledger.len()
    );
    assert!(
        ledger.len() > usize::try_from(kills).unwrap(),
        "{} commands were acknowledged",
        ledger.len()
    );
    // Sessions hold on every process.
    let app = &world.processes[0];
    let owner = owner.at(&app.url());
    settled(&owner).await;
    for person in &people {
        person.check().await;
    }
    for process in &world.processes {
        let log = process.log();
        assert!(!log.contains("panicked"), "{log}");
    }
    world.follower.check(&ledger::the_log(app).await).await;
    ledger::check(app, &owner, &ledger).await;
}
