//! The rating table as the analysis sees it: columns, rows and ratings, complete or not.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::outputs::Outputs;

/// An alternative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub id: Uuid,
    pub name: String,
}

/// An objective; its weight feeds the weighted total only and may be any decimal that is not negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: Uuid,
    pub name: String,
    pub weight: Option<Decimal>,
}

/// A cell by the ids of its column and row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CellRef {
    pub alternative_id: Uuid,
    pub objective_id: Uuid,
}

/// Why raw ratings are not a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    #[error("a rating is outside -2 to +2")]
    RatingOutOfRange(CellRef),
    #[error("the ratings do not fit the alternatives and objectives")]
    NotRectangular,
    #[error("an alternative or objective is listed twice")]
    DuplicateId,
    #[error("a weight is negative")]
    NegativeWeight,
}

/// Ratings of alternatives on objectives, with or without a status quo.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    alternatives: Vec<Column>,
    objectives: Vec<Row>,
    status_quo: Option<Uuid>,
    /// Objective by objective, alternative by alternative.
    ratings: Vec<Vec<Option<i8>>>,
}

impl Table {
    /// Builds a table from ratings given objective by objective.
    ///
    /// # Errors
    /// Ratings outside −2..+2 are refused, never clamped; so are rows of the wrong length and repeated ids.
    pub fn new(
        alternatives: Vec<Column>,
        objectives: Vec<Row>,
        status_quo: Option<Uuid>,
        ratings: Vec<Vec<Option<i8>>>,
    ) -> Result<Self, TableError> {
        let columns: BTreeSet<_> = alternatives.iter().map(|alternative| alternative.id).collect();
        let rows: BTreeSet<_> = objectives.iter().map(|objective| objective.id).collect();
        if columns.len() != alternatives.len() || rows.len() != objectives.len() {
            return Err(TableError::DuplicateId);
        }
        if objectives
            .iter()
            .filter_map(|objective| objective.weight)
            .any(|weight| weight < Decimal::ZERO)
        {
            return Err(TableError::NegativeWeight);
        }
        if ratings.len() != objectives.len() || ratings.iter().any(|row| row.len() != alternatives.len()) {
            return Err(TableError::NotRectangular);
        }
        let table = Self {
            alternatives,
            objectives,
            status_quo,
            ratings,
        };
        match table
            .cells()
            .find(|&(a, o)| table.ratings[o][a].is_some_and(|rating| !(-2..=2).contains(&rating)))
        {
            Some((a, o)) => Err(TableError::RatingOutOfRange(table.cell_ref(a, o))),
            None => Ok(table),
        }
    }

    /// The table of a cycle: its alternatives and fundamental objectives, first those of the rating table in the
    /// table's order, then those that are not in it yet.
    pub fn of(outputs: &Outputs) -> Self {
        let consequences = outputs.consequences().map(|consequences| &consequences.table);
        let listed = consequences
            .map(|table| table.alternative_ids.as_slice())
            .unwrap_or_default();
        let known = outputs
            .alternatives()
            .map(|all| all.alternatives.as_slice())
            .unwrap_or_default();
        let columns = known
            .iter()
            .map(|one| Column {
                id: one.id,
                name: one.name.clone(),
            })
            .collect();
        let alternatives = in_order_of(listed, columns, |column: &Column| column.id);

        let listed = consequences
            .map(|table| table.objective_ids.as_slice())
            .unwrap_or_default();
        let known = outputs
            .objectives()
            .map(|all| all.fundamental_objectives.as_slice())
            .unwrap_or_default();
        let weight =
            |one: &crate::outputs::FundamentalObjective| one.weight.as_ref().map(|weight| weight.decimal());
        let rows = known
            .iter()
            .map(|one| Row {
                id: one.id,
                name: one.name.clone(),
                weight: weight(one),
            })
            .collect();
        let objectives = in_order_of(listed, rows, |row: &Row| row.id);

        let rating = |alternative, objective| {
            let rating = consequences?.cells.get(alternative, objective)?.rating;
            rating.filter(|rating| (-2..=2).contains(rating))
        };
        let ratings = objectives
            .iter()
            .map(|objective| {
                alternatives
                    .iter()
                    .map(|alternative| rating(alternative.id, objective.id))
                    .collect()
            })
            .collect();
        let status_quo = outputs
            .alternatives()
            .and_then(crate::outputs::Alternatives::baseline);
        let status_quo = status_quo.filter(|id| alternatives.iter().any(|alternative| alternative.id == *id));
        Self {
            alternatives,
            objectives,
            status_quo,
            ratings,
        }
    }

    pub fn alternatives(&self) -> &[Column] {
        &self.alternatives
    }

    pub fn objectives(&self) -> &[Row] {
        &self.objectives
    }

    pub fn status_quo_id(&self) -> Option<Uuid> {
        self.status_quo
    }

    /// The rating of an alternative on an objective; nothing if there is none or an id is unknown.
    pub fn rating(&self, alternative: Uuid, objective: Uuid) -> Option<i8> {
        let (a, o) = self.place(alternative, objective)?;
        self.ratings[o][a]
    }

    /// The pairs without a rating, objective by objective.
    pub fn missing(&self) -> Vec<CellRef> {
        let missing = self.cells().filter(|&(a, o)| self.ratings[o][a].is_none());
        missing.map(|(a, o)| self.cell_ref(a, o)).collect()
    }

    pub fn is_complete(&self) -> bool {
        self.ratings.iter().flatten().all(Option::is_some)
    }

    pub(super) fn width(&self) -> usize {
        self.alternatives.len()
    }

    pub(super) fn height(&self) -> usize {
        self.objectives.len()
    }

    /// The rating that counts: 0 where one is missing.
    pub(super) fn value(&self, alternative: usize, objective: usize) -> i32 {
        i32::from(self.ratings[objective][alternative].unwrap_or(0))
    }

    pub(super) fn scores(&self) -> Vec<i32> {
        (0..self.width())
            .map(|a| (0..self.height()).map(|o| self.value(a, o)).sum())
            .collect()
    }

    /// Every cell, objective by objective, as (alternative, objective).
    pub(super) fn cells(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (width, height) = (self.width(), self.height());
        (0..height).flat_map(move |o| (0..width).map(move |a| (a, o)))
    }

    pub(super) fn is_status_quo(&self, alternative: usize) -> bool {
        self.status_quo == Some(self.alternatives[alternative].id)
    }

    pub(super) fn place(&self, alternative: Uuid, objective: Uuid) -> Option<(usize, usize)> {
        let a = self
            .alternatives
            .iter()
            .position(|column| column.id == alternative)?;
        let o = self.objectives.iter().position(|row| row.id == objective)?;
        Some((a, o))
    }

    pub(super) fn cell_ref(&self, alternative: usize, objective: usize) -> CellRef {
        CellRef {
            alternative_id: self.alternatives[alternative].id,
            objective_id: self.objectives[objective].id,
        }
    }

    pub(super) fn alternative_ids(&self, places: &[usize]) -> Vec<Uuid> {
        places.iter().map(|&a| self.alternatives[a].id).collect()
    }

    pub(super) fn objective_ids(&self, places: &[usize]) -> Vec<Uuid> {
        places.iter().map(|&o| self.objectives[o].id).collect()
    }
}

/// The items that are listed, in the order of the list, then the others in their own.
fn in_order_of<T>(listed: &[Uuid], items: Vec<T>, id: impl Fn(&T) -> Uuid) -> Vec<T> {
    let mut ranked: Vec<(usize, T)> = items
        .into_iter()
        .map(|item| {
            (
                listed
                    .iter()
                    .position(|listed| *listed == id(&item))
                    .unwrap_or(usize::MAX),
                item,
            )
        })
        .collect();
    ranked.sort_by_key(|(place, _)| *place);
    ranked.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(id: u128) -> Column {
        Column {
            id: Uuid::from_u128(id),
            name: String::new(),
        }
    }

    fn row(id: u128, weight: Option<Decimal>) -> Row {
        Row {
            id: Uuid::from_u128(id),
            name: String::new(),
            weight,
        }
    }

    #[test]
    fn what_is_not_a_table_is_refused_and_never_clamped() {
        let refused = |columns, rows, ratings| Table::new(columns, rows, None, ratings).unwrap_err();
        let cell = CellRef {
            alternative_id: Uuid::from_u128(1),
            objective_id: Uuid::from_u128(2),
        };
        for rating in [-3, 3, i8::MIN, i8::MAX] {
            let error = refused(vec![column(1)], vec![row(2, None)], vec![vec![Some(rating)]]);
            assert_eq!(error, TableError::RatingOutOfRange(cell));
        }
        assert_eq!(
            refused(vec![column(1)], vec![row(2, None)], vec![vec![]]),
            TableError::NotRectangular
        );
        assert_eq!(
            refused(vec![column(1), column(1)], vec![], vec![]),
            TableError::DuplicateId
        );
        let negative = row(2, Some(Decimal::NEGATIVE_ONE));
        assert_eq!(
            refused(vec![column(1)], vec![negative], vec![vec![None]]),
            TableError::NegativeWeight
        );
    }
}
