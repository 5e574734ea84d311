//! From the command in one process to the first line of a handler in another,
//! against a row and a NOTIFY in one statement that another process listens for.
//! Both ways end when the other process has said so through the same kind of pipe.

use std::time::{Duration, Instant};

use althing_backbone::{Backbone, Context, Db};
use althing_testkit::Postgres;

use super::raw;
use crate::child::{Child, Role};
use crate::figure::{self, Effort, median};
use crate::tick::{NOTE, Tick};

/// Long enough for what follows a delivery to be over before the next one.
const PAUSE: Duration = Duration::from_millis(5);

pub async fn run(postgres: &Postgres, effort: Effort) -> anyhow::Result<()> {
    let (here_url, there_url) = (postgres.database().await, postgres.database().await);
    // Whoever starts first gives the positions.
    let here = Backbone::builder(Db::postgres(&here_url).await?).start().await?;
    let mut handler_of_here = Child::start(Role::Handler, &here_url).await?;
    let mut handler_of_there = Child::start(Role::Handler, &there_url).await?;
    let there = Backbone::builder(Db::postgres(&there_url).await?).start().await?;
    let floor_url = postgres.database().await;
    let floor = raw::connect(&floor_url).await?;
    floor
        .batch_execute("CREATE TABLE row (id BIGSERIAL PRIMARY KEY, data TEXT NOT NULL)")
        .await?;
    let insert = floor
        .prepare("WITH new AS (INSERT INTO row (data) VALUES ($1) RETURNING id) SELECT pg_notify('floor', id::TEXT) FROM new")
        .await?;
    let mut listener = Child::start(Role::Listener, &floor_url).await?;
    let (mut bare, mut led_here, mut led_there) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..effort.scaled(600) {
        tokio::time::sleep(PAUSE).await;
        let start = Instant::now();
        floor.query(&insert, &[&NOTE]).await?;
        listener.said().await?;
        bare.push(start.elapsed().as_secs_f64());
        for (backbone, handler, times) in [
            (&here, &mut handler_of_here, &mut led_here),
            (&there, &mut handler_of_there, &mut led_there),
        ] {
            tokio::time::sleep(PAUSE).await;
            let id = backbone.ids().next();
            let start = Instant::now();
            backbone.execute(Context::anonymous(id), &Tick(id)).await?;
            handler.said().await?;
            times.push(start.elapsed().as_secs_f64());
        }
    }
    let (bare, led_here, led_there) = (median(bare), median(led_here), median(led_there));
    figure::at_most(
        "emit to handler across processes / bare INSERT + NOTIFY, p50, the emitter's process leads",
        led_here / bare,
        1.5,
        &format!("{:.0} µs / {:.0} µs", led_here * 1e6, bare * 1e6),
    );
    figure::at_most(
        "the same, the handler's process leads",
        led_there / bare,
        1.5,
        &format!("{:.0} µs / {:.0} µs", led_there * 1e6, bare * 1e6),
    );
    for child in [handler_of_here, handler_of_there, listener] {
        child.end().await?;
    }
    here.stop().await;
    there.stop().await;
    Ok(())
}
