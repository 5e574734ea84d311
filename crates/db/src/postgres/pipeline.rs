//! Many statements on their way at once: all are sent before the first answer is awaited.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

use deadpool_postgres::Object;
use futures::{FutureExt, StreamExt};
use tokio_postgres::{RowStream, Statement as Prepared};

use super::merging::{self, Flight, Merging};
use crate::batch::{Step, Wish};
use crate::{Error, FromRow, Outcome, Result, Row, Statement, Value};

/// Texts that are prepared on a connection; more, and they are forgotten.
const MOST_PREPARED: usize = 500;

pub(super) async fn prepare(client: &Object, text: &str) -> Result<Prepared> {
    if client.statement_cache.size() > MOST_PREPARED {
        client.statement_cache.clear();
    }
    Ok(client.prepare_cached(text).await?)
}

/// Runs the statement and reads its rows.
pub(super) async fn fetch<T: FromRow>(client: &Object, statement: &Statement) -> Result<Vec<T>> {
    let prepared = prepare(client, statement.text_on_postgres()).await?;
    let rows = client.query_raw(&prepared, &statement.parameters).await?;
    let mut rows = std::pin::pin!(rows);
    let mut found = Vec::new();
    while let Some(row) = rows.next().await {
        let row = row?;
        let read = std::panic::AssertUnwindSafe(|| T::from_row(&Row::postgres(&row)));
        found.push(std::panic::catch_unwind(read).unwrap_or(Err(Error::Panicked))?);
    }
    Ok(found)
}

/// Runs one statement and waits for what it did.
pub(super) async fn run_step(client: &Object, step: &Step) -> Result<Outcome> {
    let prepared = prepare(client, step.statement.text_on_postgres()).await?;
    let rows = client.query_raw(&prepared, &step.statement.parameters).await?;
    outcome(step, rows).await
}

/// Why the flights did not arrive.
pub(super) enum Trouble {
    /// A text could not be prepared beforehand; nothing was sent. It may speak of a
    /// table that an earlier statement of the same batch makes.
    Unprepared,
    /// What was done for many at once did not change one row for each.
    NotOneEach,
    /// A statement failed or did not do what was expected of it.
    Failed(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Failed(error.into())
    }
}

type Answered = Result<RowStream, tokio_postgres::Error>;
type Answer<'a> = Pin<Box<dyn Future<Output = Answered> + Send + 'a>>;

/// `BEGIN` and every step, all sent before the first answer is awaited. On trouble the
/// transaction is left as it is, to be rolled back.
pub(super) async fn send<'a>(
    client: &Object,
    batches: impl Iterator<Item = &'a [Step]>,
    merging: Merging,
) -> Result<Done, Trouble> {
    let flights = merging::plan(batches, merging);
    let prepared = prepare_all(client, &flights).await?;
    let arrays: Vec<Vec<Vec<&Value>>> = flights
        .iter()
        .map(|flight| match flight.steps.len() {
            1 => Vec::new(),
            _ => merging::arrays(flight.steps.iter().map(|(_, step)| &step.statement)),
        })
        .collect();
    // A future sends its message when it is polled first; that happens here, in order.
    let mut begin = Box::pin(client.batch_execute(super::connection::BEGIN));
    let begun = begin.as_mut().now_or_never();
    let mut sent: Vec<(Answer<'_>, Option<Answered>)> = Vec::with_capacity(flights.len());
    for (flight, arrays) in flights.iter().zip(&arrays) {
        let statement = &prepared[flight.text()];
        let mut answer: Answer<'_> = match &flight.steps[..] {
            [(_, step)] => Box::pin(client.query_raw(statement, &step.statement.parameters)),
            _ => Box::pin(client.query_raw(statement, arrays)),
        };
        let early = answer.as_mut().now_or_never();
        sent.push((answer, early));
    }
    match begun {
        Some(begun) => begun?,
        None => begin.await?,
    }
    let steps = flights.iter().map(|flight| flight.steps.len()).sum();
    let mut outcomes = vec![Outcome::default(); steps];
    for (flight, (answer, early)) in flights.iter().zip(sent) {
        let rows = match early {
            Some(rows) => rows?,
            None => answer.await?,
        };
        if let [(place, step)] = flight.steps[..] {
            outcomes[place] = outcome(step, rows).await?;
        } else {
            one_each(flight, rows).await?;
            for (place, _) in &flight.steps {
                outcomes[*place].affected = 1;
            }
        }
    }
    Ok(Done {
        outcomes,
        statements: flights.len(),
    })
}

/// What was done, and by how many statements.
pub(super) struct Done {
    /// One for each step, in order.
    pub outcomes: Vec<Outcome>,
    pub statements: usize,
}

/// The steps, each on its own, in a transaction that is open already. A text may speak
/// of a table that an earlier step makes: that one is on its way when it is prepared.
pub(super) async fn go_on(client: &Object, steps: &[Step]) -> Result<Vec<Outcome>> {
    let mut sent: Vec<(&Step, Answer<'_>, Option<Answered>)> = Vec::with_capacity(steps.len());
    let mut refused = None;
    for step in steps {
        let statement = match prepare(client, step.statement.text_on_postgres()).await {
            Ok(statement) => statement,
            Err(error) => {
                refused = Some(error);
                break;
            }
        };
        let query = async move { client.query_raw(&statement, &step.statement.parameters).await };
        let mut answer: Answer<'_> = Box::pin(query);
        let early = answer.as_mut().now_or_never();
        sent.push((step, answer, early));
    }
    let mut outcomes = Vec::with_capacity(steps.len());
    for (step, answer, early) in sent {
        let rows = match early {
            Some(rows) => rows?,
            None => answer.await?,
        };
        outcomes.push(outcome(step, rows).await?);
    }
    // What an earlier step suffered is the cause, and was answered above.
    refused.map_or(Ok(outcomes), Err)
}

async fn prepare_all<'a>(
    client: &Object,
    flights: &[Flight<'a>],
) -> Result<HashMap<&'a str, Prepared>, Trouble> {
    let mut prepared = HashMap::new();
    for flight in flights {
        let text = flight.text();
        if !prepared.contains_key(text) {
            let statement = prepare(client, text).await.map_err(|error| match error {
                Error::Connection(_) | Error::Closed => Trouble::Failed(error),
                _ => Trouble::Unprepared,
            })?;
            prepared.insert(text, statement);
        }
    }
    Ok(prepared)
}

async fn one_each(flight: &Flight<'_>, rows: RowStream) -> Result<(), Trouble> {
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = rows.next().await {
        row?;
    }
    let wanted = flight.steps.len() as u64;
    let expected = |step: &Step| !matches!(step.wish, Wish::Rows(wanted, _) if wanted != 1);
    let all_want_one = flight.steps.iter().all(|(_, step)| expected(step));
    if all_want_one && rows.rows_affected() == Some(wanted) {
        Ok(())
    } else {
        Err(Trouble::NotOneEach)
    }
}

async fn outcome(step: &Step, rows: RowStream) -> Result<Outcome> {
    let mut rows = std::pin::pin!(rows);
    let mut found = Vec::new();
    while let Some(row) = rows.next().await {
        let row = row?;
        if let Wish::Returning = step.wish {
            let row = Row::postgres(&row);
            let values = (0..row.len())
                .map(|index| {
                    row.value(index)
                        .map(|value| value.to_owned())
                        .ok_or(Error::Column {
                            column: index,
                            wanted: "a value",
                        })
                })
                .collect::<Result<Vec<_>>>()?;
            found.push(values);
        }
    }
    let affected = usize::try_from(rows.rows_affected().unwrap_or(0)).unwrap_or(usize::MAX);
    match step.wish {
        Wish::Rows(wanted, tag) if affected != wanted => Err(Error::Conflict { tag }),
        _ => Ok(Outcome {
            affected,
            rows: found,
        }),
    }
}
