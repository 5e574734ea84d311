//! No server outlives whom it was started for.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use althing_testkit::{Nats, Postgres, Redis};

use crate::{is_open, until};

#[tokio::test]
async fn a_server_is_gone_with_its_value() {
    let redis = Redis::start().await;
    let url = redis.url();
    let folder = redis.command(&["CONFIG", "GET", "dir"]).await;
    let folder = folder.lines().nth(1).unwrap().to_owned();
    assert!(is_open(&url) && std::path::Path::new(&folder).is_dir());
    drop(redis);
    assert!(!is_open(&url), "the port is free");
    assert!(!std::path::Path::new(&folder).exists(), "the folder is removed");
}

#[test]
fn servers_are_gone_after_the_death_of_the_test_process() {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "keeper::victim", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let said: Vec<String> = lines
        .map(Result::unwrap)
        .filter_map(|line| Some(line.split_once("runs at ")?.1.to_owned()))
        .take(4)
        .collect();
    let [postgres, redis, nats, folder] = said.as_slice() else {
        panic!("the victim has ended: {said:?}")
    };
    assert!(is_open(postgres) && is_open(redis) && is_open(nats));
    assert!(std::path::Path::new(folder).is_dir());
    // SIGKILL: it cannot clean up anything itself.
    victim.kill().unwrap();
    victim.wait().unwrap();
    until("PostgreSQL is gone", || !is_open(postgres));
    until("Redis is gone", || !is_open(redis));
    until("NATS is gone", || !is_open(nats));
    until("the folder is removed", || !std::path::Path::new(folder).exists());
}

#[tokio::test]
#[ignore = "run, and killed, by the test above"]
async fn victim() {
    let postgres = Postgres::options().without_fsync().start().await;
    let (redis, nats) = (Redis::start().await, Nats::start().await);
    // A stopped process in an orphaned group brings a hang-up upon the whole group.
    nats.pause();
    println!(
        "\nruns at {}\nruns at {}\nruns at {}",
        postgres.url(),
        redis.url(),
        nats.url()
    );
    println!("runs at {}", postgres.psql("SHOW data_directory").await);
    let mut rest = String::new();
    std::io::stdin().read_to_string(&mut rest).unwrap();
}
