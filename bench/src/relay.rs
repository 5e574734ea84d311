//! The relay to Redis Streams against a client that appends the same entries by
//! XADD, a hundred in a round trip.

use std::time::{Duration, Instant};

use althing_backbone::{Backbone, Db, RedisStreams};
use althing_testkit::Redis;
use redis::aio::MultiplexedConnection;
use redis::streams::StreamRangeReply;

use crate::figure::{self, Effort};
use crate::scratch::Scratch;
use crate::tick::emit;

const STREAM: &str = "althing:bench";
const BARE: &str = "bare";
const PIPELINE: usize = 100;

pub async fn run(effort: Effort) -> anyhow::Result<()> {
    let scratch = Scratch::on_disk("relay")?;
    let redis = Redis::start().await;
    let mut client = redis::Client::open(redis.url())?
        .get_multiplexed_async_connection()
        .await?;
    let backbone = Backbone::builder(Db::open(scratch.file("relay.db")).await?)
        .relay(RedisStreams::connect(&redis.url())?.stream(STREAM))
        .start()
        .await?;
    let wanted = effort.scaled(20_000);
    while backbone.log().head() < i64::try_from(wanted)? {
        emit(&backbone, 64, Duration::from_millis(200)).await?;
    }
    let events = usize::try_from(backbone.log().head())?;
    reached(&mut client, events).await?;
    let entries = entries(&mut client, events).await?;
    let (mut relayed, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..effort.slices() {
        let start = Instant::now();
        add(&mut client, &entries).await?;
        bare.push(start.elapsed().as_secs_f64());
        let _: () = redis::cmd("DEL").arg(BARE).query_async(&mut client).await?;
        // Nobody reads the stream, so the relay trims it; what was sent is counted.
        let before = added(&mut client).await?;
        let start = Instant::now();
        backbone.operator("bench").republish("relay", 0).await?;
        backbone.wake();
        reached(&mut client, before + events).await?;
        relayed.push(start.elapsed().as_secs_f64());
    }
    let (relayed, bare) = (figure::median(relayed), figure::median(bare));
    figure::at_least(
        "relay to Redis Streams / XADD pipelined by 100",
        bare / relayed,
        0.5,
        &format!(
            "{:.0} against {:.0} events/s",
            events as f64 / relayed,
            events as f64 / bare
        ),
    );
    backbone.stop().await;
    Ok(())
}

/// How many entries were ever added.
async fn added(client: &mut MultiplexedConnection) -> anyhow::Result<usize> {
    let info: redis::streams::StreamInfoStreamReply = redis::cmd("XINFO")
        .arg("STREAM")
        .arg(STREAM)
        .query_async(client)
        .await?;
    Ok(info.length)
}

async fn reached(client: &mut MultiplexedConnection, wanted: usize) -> anyhow::Result<()> {
    loop {
        let exists: bool = redis::cmd("EXISTS").arg(STREAM).query_async(client).await?;
        if exists && added(client).await? >= wanted {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The fields of the relay's entries.
async fn entries(
    client: &mut MultiplexedConnection,
    events: usize,
) -> anyhow::Result<Vec<Vec<(String, Vec<u8>)>>> {
    let found: StreamRangeReply = redis::cmd("XRANGE")
        .arg(STREAM)
        .arg("-")
        .arg("+")
        .query_async(client)
        .await?;
    anyhow::ensure!(found.ids.len() >= events, "{} entries are there", found.ids.len());
    found
        .ids
        .into_iter()
        .map(|entry| {
            entry
                .map
                .into_iter()
                .map(|(name, value)| Ok((name, redis::from_redis_value(value)?)))
                .collect()
        })
        .collect()
}

async fn add(client: &mut MultiplexedConnection, entries: &[Vec<(String, Vec<u8>)>]) -> anyhow::Result<()> {
    for part in entries.chunks(PIPELINE) {
        let mut pipeline = redis::pipe();
        for entry in part {
            let add = pipeline.cmd("XADD").arg(BARE).arg("*");
            for (name, value) in entry {
                add.arg(name).arg(value);
            }
            add.ignore();
        }
        let _: () = pipeline.query_async(client).await?;
    }
    Ok(())
}
