//! Rows that are looked up by key while others are: those that wait at the same time
//! are found by one statement.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use deadpool_postgres::Pool;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_postgres::Row;

use super::merging::arrays;
use super::pipeline::prepare;
use crate::stats::Counters;
use crate::{Error, Result, Statement};

/// So many may be under way; what comes meanwhile goes together.
const UNDER_WAY: usize = 2;
const LARGEST: usize = 256;

/// Found, not there, or to be asked again alone: the statement for many failed, for
/// whomever's fault.
pub(super) enum Found {
    Row(Option<Row>),
    AskAlone,
}

struct Wanted {
    statement: Statement,
    reply: oneshot::Sender<Found>,
}

pub(super) struct Lookups {
    wanted: mpsc::UnboundedSender<Wanted>,
}

impl Lookups {
    pub fn start(pool: Pool, counters: Arc<Counters>) -> Self {
        let (wanted, inbox) = mpsc::unbounded_channel();
        tokio::spawn(run(pool, inbox, counters));
        Self { wanted }
    }

    pub async fn find(&self, statement: &Statement) -> Result<Found> {
        let (reply, answer) = oneshot::channel();
        let statement = statement.clone();
        self.wanted
            .send(Wanted { statement, reply })
            .map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)
    }
}

async fn run(pool: Pool, mut inbox: mpsc::UnboundedReceiver<Wanted>, counters: Arc<Counters>) {
    let under_way = Arc::new(Semaphore::new(UNDER_WAY));
    while let Some(first) = inbox.recv().await {
        // Nobody closes it.
        let Ok(mut permit) = under_way.clone().acquire_owned().await.map(Some) else {
            return;
        };
        // Whoever was woken together with the first asks together with it.
        tokio::task::yield_now().await;
        let mut alike: HashMap<String, Vec<Wanted>> = HashMap::new();
        let mut next = Some(first);
        let mut count = 0;
        while let Some(wanted) = next {
            let text = wanted.statement.text_for_many().unwrap_or_default();
            match alike.get_mut(text) {
                Some(group) => group.push(wanted),
                None => drop(alike.insert(text.to_owned(), vec![wanted])),
            }
            count += 1;
            next = inbox.try_recv().ok().filter(|_| count < LARGEST);
        }
        for group in alike.into_values() {
            let (pool, counters, permit) = (pool.clone(), counters.clone(), permit.take());
            tokio::spawn(find(pool, group, counters, permit));
        }
    }
}

async fn find(pool: Pool, group: Vec<Wanted>, counters: Arc<Counters>, permit: Option<OwnedSemaphorePermit>) {
    counters.reads.fetch_add(1, Ordering::Relaxed);
    let found = match &group[..] {
        [only] => find_one(&pool, only).await.map(|row| vec![row]),
        _ => find_many(&pool, &group).await,
    };
    drop(permit);
    match found {
        Ok(found) => {
            for (wanted, row) in group.into_iter().zip(found) {
                // Whoever stopped waiting needs no answer.
                drop(wanted.reply.send(Found::Row(row)));
            }
        }
        Err(error) => {
            tracing::debug!(%error, "looking up one by one");
            for wanted in group {
                drop(wanted.reply.send(Found::AskAlone));
            }
        }
    }
}

async fn find_one(pool: &Pool, wanted: &Wanted) -> Result<Option<Row>> {
    let client = pool.get().await?;
    let prepared = prepare(&client, wanted.statement.text_on_postgres()).await?;
    let rows = client.query_raw(&prepared, &wanted.statement.parameters).await?;
    let rows: Vec<Row> = futures::TryStreamExt::try_collect(rows).await?;
    Ok(rows.into_iter().next())
}

/// The last column is the place of what was wanted, from 1.
async fn find_many(pool: &Pool, group: &[Wanted]) -> Result<Vec<Option<Row>>> {
    let client = pool.get().await?;
    let text = group[0].statement.text_for_many().unwrap_or_default();
    let prepared = prepare(&client, text).await?;
    let arrays = arrays(group.iter().map(|wanted| &wanted.statement));
    let rows = client.query_raw(&prepared, &arrays).await?;
    let rows: Vec<Row> = futures::TryStreamExt::try_collect(rows).await?;
    let mut found = vec![const { None }; group.len()];
    for row in rows {
        let place: i64 = row.try_get(row.len().saturating_sub(1))?;
        let place = usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
        match place.and_then(|place| found.get_mut(place)) {
            Some(slot) => *slot = Some(row),
            None => {
                return Err(Error::Column {
                    column: row.len() - 1,
                    wanted: "a place",
                });
            }
        }
    }
    Ok(found)
}
