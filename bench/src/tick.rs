//! The smallest command there is: it records one event of its own aggregate.

use std::time::{Duration, Instant};

use althing_backbone::{Backbone, Command, Context, DomainEvent, Error, JsonSchema, UnitOfWork, Uuid};
use serde::{Deserialize, Serialize};

use crate::figure::total_of;

/// Something was measured.
#[derive(Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(type = "bench.ticked", version = 1, context = "bench", aggregate = "Tick")]
pub struct Ticked {
    #[event(aggregate_id)]
    tick_id: Uuid,
    note: String,
}

/// About as much as an ordinary event says.
pub const NOTE: &str = "The flat by the park is quieter and a little dearer; the one at the station saves forty minutes a day, and has no room for guests.";

pub struct Tick(pub Uuid);

impl Command for Tick {
    type Output = ();
    type Error = Error;
    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Error> {
        uow.record(&Ticked {
            tick_id: self.0,
            note: NOTE.to_owned(),
        })?;
        Ok(())
    }
}

/// So many callers, each with one command after the other; how many were done.
pub async fn emit(backbone: &Backbone, callers: usize, length: Duration) -> anyhow::Result<u64> {
    let until = Instant::now() + length;
    total_of((0..callers).map(|_| {
        let backbone = backbone.clone();
        async move {
            let mut done = 0;
            while Instant::now() < until {
                let id = backbone.ids().next();
                backbone.execute(Context::anonymous(id), &Tick(id)).await?;
                done += 1;
            }
            Ok(done)
        }
    }))
    .await
}
