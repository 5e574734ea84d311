//! What a relay knows of its stream. Each write carries the owner's epoch, through
//! the subscription's row.

use althing_db::{Batch, Db, FromRow, Migration, Migrations, Row, Statement, sql};

use crate::relay::Mark;

pub(crate) const MIGRATIONS: Migrations = Migrations {
    context: "relay",
    steps: &[Migration {
        number: 1,
        name: "relay",
        text: include_str!("migrations/0001_relay.sql"),
        postgres: None,
    }],
};

/// A lap is the log's epoch and, below it, how often it was begun anew.
const LAPS_PER_EPOCH: i64 = 1 << 20;

/// How a relay and its stream stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// The lap that is being sent.
    pub lap: i64,
    /// The last position sent in this lap; `None` if this lap has not begun.
    pub sent: Option<i64>,
    /// Every group has acknowledged everything up to here.
    pub acknowledged: i64,
}

impl FromRow for State {
    fn from_row(row: &Row<'_>) -> althing_db::Result<Self> {
        Ok(Self {
            lap: row.get(0)?,
            sent: row.get(1)?,
            acknowledged: row.get(2)?,
        })
    }
}

impl State {
    /// Reads it; a relay that is new, or whose log is in a new epoch, begins a lap.
    pub async fn load(db: &Db, name: &str, epoch: i64, position: i64) -> althing_db::Result<Self> {
        let stored: Option<State> = sql("SELECT lap, sent, acknowledged FROM relay_state WHERE name = $1")
            .bind(name)
            .optional(db)
            .await?;
        let first = epoch * LAPS_PER_EPOCH;
        Ok(match stored {
            Some(state) if state.lap >= first => state,
            Some(state) => State {
                lap: first,
                sent: None,
                ..state
            },
            None => State {
                lap: first,
                sent: None,
                acknowledged: position,
            },
        })
    }

    /// Whether the log has entered a new epoch since this lap began.
    pub fn is_before(&self, epoch: i64) -> bool {
        self.lap < epoch * LAPS_PER_EPOCH
    }

    /// Where the stream ends if nothing was lost.
    pub fn mark(&self) -> Option<Mark> {
        self.sent.map(|position| Mark {
            lap: self.lap,
            position,
        })
    }

    /// The next lap: ids begin anew, behind everything sent so far.
    pub fn next_lap(&mut self, behind: i64) {
        self.lap = self.lap.max(behind) + 1;
        self.sent = None;
    }

    pub fn write(&self, name: &str) -> Statement {
        sql(
            "INSERT INTO relay_state (name, lap, sent, acknowledged) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (name) DO UPDATE SET lap = excluded.lap, sent = excluded.sent, \
             acknowledged = excluded.acknowledged",
        )
        .bind(name)
        .bind(self.lap)
        .bind(self.sent)
        .bind(self.acknowledged)
    }
}

/// An operator wants everything after `position` sent once more.
pub(crate) fn republish(batch: &mut Batch, name: &str, position: i64) {
    batch.run(
        sql("UPDATE relay_state SET lap = lap + 1, sent = NULL, \
             acknowledged = CASE WHEN acknowledged > $1 THEN $1 ELSE acknowledged END WHERE name = $2")
        .bind(position)
        .bind(name),
    );
    batch.expect(
        1,
        "relay",
        sql("UPDATE subscription SET position = $1, acts = acts + 1 WHERE name = $2 AND kind = 'relay'")
            .bind(position)
            .bind(name),
    );
}
