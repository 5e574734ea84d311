//! Which statements of several batches are run as one.
//!
//! Statements that say how they are done [for many](crate::Statement::for_many) are
//! gathered; what one batch does stays in its order.

use std::collections::HashMap;

use crate::batch::Step;
use crate::{Statement, Value};

/// What is sent as one statement: a single step, or several that it does at once.
pub(super) struct Flight<'a> {
    /// Each with its place among all steps.
    pub steps: Vec<(usize, &'a Step)>,
}

impl<'a> Flight<'a> {
    /// The text that does all of it.
    pub fn text(&self) -> &'a str {
        let (_, first) = self.steps[0];
        match (self.steps.len(), first.statement.text_for_many()) {
            (2.., Some(text)) => text,
            _ => first.statement.text_on_postgres(),
        }
    }
}

/// One array for each parameter of these statements, which all have the same text.
pub(super) fn arrays<'a>(statements: impl Iterator<Item = &'a Statement> + Clone) -> Vec<Vec<&'a Value>> {
    let parameters = statements
        .clone()
        .next()
        .map_or(0, |first| first.parameters.len());
    (0..parameters)
        .map(|parameter| statements.clone().map(|one| &one.parameters[parameter]).collect())
        .collect()
}

/// Every step on its own, or those that can be done at once together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Merging {
    Yes,
    No,
}

/// Puts each step into the first flight that does the same and does not go before
/// what its own batch does earlier.
pub(super) fn plan<'a>(batches: impl Iterator<Item = &'a [Step]>, merging: Merging) -> Vec<Flight<'a>> {
    let mut flights: Vec<Flight<'a>> = Vec::new();
    let mut by_text: HashMap<&'a str, Vec<usize>> = HashMap::new();
    let mut place = 0;
    for batch in batches {
        let mut earliest = 0;
        for step in batch {
            let text = step.statement.text_for_many().filter(|_| merging == Merging::Yes);
            let known = text.map(|text| by_text.entry(text).or_default());
            let joined = known.as_ref().and_then(|known| {
                let at = known.partition_point(|at| *at < earliest);
                known.get(at).copied()
            });
            earliest = joined.unwrap_or(flights.len());
            match joined {
                Some(at) => flights[at].steps.push((place, step)),
                None => {
                    known.into_iter().for_each(|known| known.push(flights.len()));
                    flights.push(Flight {
                        steps: vec![(place, step)],
                    });
                }
            }
            place += 1;
        }
    }
    flights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, sql};

    fn batch(statements: &[&'static str]) -> Batch {
        let mut batch = Batch::new();
        for text in statements {
            let statement = sql(*text);
            batch.run(if text.starts_with("each") {
                statement.for_many(text.replace("each", "all"))
            } else {
                statement
            });
        }
        batch
    }

    fn planned(batches: &[Batch], merging: Merging) -> Vec<String> {
        plan(batches.iter().map(|batch| &*batch.steps), merging)
            .iter()
            .map(|flight| {
                let places: Vec<_> = flight.steps.iter().map(|(place, _)| place.to_string()).collect();
                format!("{} {}", flight.text(), places.join(","))
            })
            .collect()
    }

    #[test]
    fn the_same_is_done_at_once_and_each_batch_keeps_its_order() {
        let batches = [
            batch(&["each a", "each b", "x"]),
            batch(&["each a", "each b", "each b", "x"]),
            batch(&["y", "each a"]),
            batch(&["each b", "each a", "each b"]),
        ];
        assert_eq!(
            planned(&batches, Merging::Yes),
            [
                "all a 0,3", // a of the first two: nothing goes before it
                "all b 1,4,5,9",
                "x 2",
                "x 6",
                "y 7",
                "all a 8,10", // after y, and after the b of its own batch
                "each b 11",
            ]
        );
    }

    #[test]
    fn without_merging_everything_stays_in_order() {
        let batches = [batch(&["each a", "x"]), batch(&["each a"])];
        assert_eq!(planned(&batches, Merging::No), ["each a 0", "x 1", "each a 2"]);
    }
}
