//! Reading by what is wanted: type, aggregate, cause.

use althing_db::{Statement, sql};
use uuid::Uuid;

use super::Log;
use crate::Result;
use crate::envelope::Envelope;

/// Which events a reader wants. All given conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only the event with this id.
    pub event: Option<Uuid>,
    /// Only these types.
    pub types: Vec<String>,
    /// Only this aggregate.
    pub aggregate: Option<(String, Uuid)>,
    /// Only what one request set off.
    pub correlation: Option<Uuid>,
    /// Only positions above this.
    pub after: i64,
    /// Only positions below this; 0 for no bound.
    pub before: i64,
    /// At most this many; 0 means 1,000.
    pub limit: usize,
}

impl Selection {
    /// Every event at these positions.
    pub fn between(positions: std::ops::RangeInclusive<i64>) -> Self {
        Self {
            after: positions.start() - 1,
            before: positions.end() + 1,
            limit: usize::try_from(positions.end() - positions.start() + 1).unwrap_or(0),
            ..Self::default()
        }
    }

    /// Whether an event is among what is wanted, apart from the limit.
    pub(crate) fn wants(&self, event: &Envelope) -> bool {
        let of_aggregate =
            |(kind, id): &(String, Uuid)| event.aggregate_type == *kind && event.aggregate_id == *id;
        event.position > self.after
            && (self.before == 0 || event.position < self.before)
            && self.event.is_none_or(|wanted| event.event_id == wanted)
            && self.aggregate.as_ref().is_none_or(of_aggregate)
            && self
                .correlation
                .is_none_or(|correlation| event.correlation_id == correlation)
            && (self.types.is_empty() || self.types.iter().any(|wanted| event.event_type == *wanted))
    }
}

impl Log {
    /// Events that match, oldest first; whatever was committed before the call is
    /// among them. An unknown type gives an empty list. Where events have been moved
    /// to the archive, it is searched too.
    pub async fn select(&self, selection: &Selection) -> Result<Vec<Envelope>> {
        if let Some(sequencer) = &self.inner.sequencer {
            sequencer.number_now().await?;
        }
        let limit = if selection.limit == 0 {
            1_000
        } else {
            selection.limit
        };
        loop {
            let archived = self.archived_until();
            let until = match selection.before {
                0 => archived,
                before => archived.min(before - 1),
            };
            let mut found = Vec::new();
            if selection.after < until {
                found = self.inner.archives.select(selection, limit, until).await?;
            }
            if found.len() < limit {
                let rest = Selection {
                    after: selection.after.max(archived),
                    limit: limit - found.len(),
                    ..selection.clone()
                };
                found.extend(self.select_stored(&rest).await?);
            }
            // Otherwise events were archived between the two looks.
            if self.learn_archived().await? == archived {
                return Ok(found);
            }
        }
    }

    async fn select_stored(&self, selection: &Selection) -> Result<Vec<Envelope>> {
        let mut text = format!("SELECT {} FROM event_log WHERE position > $1", Envelope::COLUMNS);
        let mut values: Vec<althing_db::Value> = vec![selection.after.into()];
        let mut condition = |column: &str, sign: &str, value: althing_db::Value| {
            values.push(value);
            text.push_str(&format!(" AND {column} {sign} ${}", values.len()));
        };
        if let Some(event) = selection.event {
            condition("id", "=", event.into());
        }
        if selection.before > 0 {
            condition("position", "<", selection.before.into());
        }
        if let Some((kind, id)) = &selection.aggregate {
            condition("aggregate_type", "=", kind.into());
            condition("aggregate_id", "=", id.into());
        }
        if let Some(correlation) = selection.correlation {
            condition("correlation_id", "=", correlation.into());
        }
        if !selection.types.is_empty() {
            let marks: Vec<String> = (1..=selection.types.len())
                .map(|number| format!("${}", values.len() + number))
                .collect();
            text.push_str(&format!(" AND event_type IN ({})", marks.join(", ")));
            values.extend(selection.types.iter().map(althing_db::Value::from));
        }
        text.push_str(&format!(" ORDER BY position LIMIT {}", selection.limit));
        let statement = values.into_iter().fold(sql(text), Statement::bind);
        Ok(statement.all(&self.inner.db).await?)
    }
}
