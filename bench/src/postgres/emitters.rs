//! Whether somebody who listens slows down those who write: the same callers on
//! two databases; on one of them another process follows the log live.

use althing_backbone::{Backbone, Db};
use althing_testkit::Postgres;

use crate::child::{Child, Role};
use crate::figure::{self, Effort};
use crate::tick::emit;

const CALLERS: usize = 16;

pub async fn run(postgres: &Postgres, effort: Effort) -> anyhow::Result<()> {
    let (url, quiet_url) = (postgres.database().await, postgres.database().await);
    let heard = Backbone::builder(Db::postgres(&url).await?).start().await?;
    let quiet = Backbone::builder(Db::postgres(&quiet_url).await?).start().await?;
    let subscriber = Child::start(Role::Follower, &url).await?;
    let (mut with, mut without) = (0, 0);
    for _ in 0..effort.slices() {
        without += emit(&quiet, CALLERS, effort.slice()).await?;
        with += emit(&heard, CALLERS, effort.slice()).await?;
    }
    let seconds = effort.slice().as_secs_f64() * effort.slices() as f64;
    figure::at_least(
        "emitters on PostgreSQL: with a live subscriber in another process / without",
        with as f64 / without as f64,
        0.9,
        &format!(
            "{:.0} against {:.0} events/s of {CALLERS} callers",
            with as f64 / seconds,
            without as f64 / seconds
        ),
    );
    subscriber.end().await?;
    heard.stop().await;
    quiet.stop().await;
    Ok(())
}
