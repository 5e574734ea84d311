//! From the command to the first line of a handler, against from the command to
//! its durable commit; the same commands give both.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use althing_backbone::{Backbone, Context, Db, Event, HandlerResult, State, reaction};
use tokio::sync::mpsc;

use crate::figure::{self, Effort, median};
use crate::scratch::Scratch;
use crate::tick::{Tick, Ticked};

type Arrivals = Arc<Mutex<mpsc::UnboundedSender<Instant>>>;

async fn arrived(_: Event<Ticked>, State(arrivals): State<Arrivals>) -> HandlerResult {
    let arrivals = arrivals
        .lock()
        .map_err(|_| anyhow::anyhow!("a measurement panicked"))?;
    arrivals.send(Instant::now())?;
    Ok(())
}

pub async fn run(effort: Effort) -> anyhow::Result<()> {
    let scratch = Scratch::on_disk("latency")?;
    let (sender, mut arrivals) = mpsc::unbounded_channel();
    let state: Arrivals = Arc::new(Mutex::new(sender));
    let backbone = Backbone::builder(Db::open(scratch.file("latency.db")).await?)
        .subscribe(reaction("arrivals").state(state).on(arrived))
        .start()
        .await?;
    let (mut to_commit, mut to_handler) = (Vec::new(), Vec::new());
    for _ in 0..effort.scaled(3_000) {
        let id = backbone.ids().next();
        let start = Instant::now();
        backbone.execute(Context::anonymous(id), &Tick(id)).await?;
        to_commit.push(start.elapsed().as_secs_f64());
        let arrival = arrivals
            .recv()
            .await
            .ok_or_else(|| anyhow::anyhow!("the handler is gone"))?;
        to_handler.push(arrival.duration_since(start).as_secs_f64());
    }
    let (commit, handler) = (median(to_commit), median(to_handler));
    figure::at_most(
        "emit to handler / emit to commit, p50, on disk",
        handler / commit,
        1.3,
        &format!("{:.0} µs / {:.0} µs", handler * 1e6, commit * 1e6),
    );
    backbone.stop().await;
    Ok(())
}
