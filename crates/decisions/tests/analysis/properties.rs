//! What holds for every table.

use std::collections::{BTreeMap, BTreeSet};

use althing_decisions::analysis::{Table, dominance, smallest_flip, totals};
use proptest::prelude::*;
use uuid::Uuid;

use crate::tables::*;

/// Ratings, objective by objective; with a status quo the first column is 0.
#[derive(Clone, Debug)]
struct Ratings {
    rows: Vec<Vec<i8>>,
    has_status_quo: bool,
}

impl Ratings {
    fn table(&self) -> Table {
        let columns = self.rows[0].len();
        self.permuted(
            &(0..columns).collect::<Vec<_>>(),
            &(0..self.rows.len()).collect::<Vec<_>>(),
        )
    }

    /// The same table with its columns and rows in another order; ids stay with their ratings.
    fn permuted(&self, columns: &[usize], rows: &[usize]) -> Table {
        let rating = |row: usize, column: usize| Some(self.rows[row][column]);
        Table::new(
            columns.iter().map(|&place| column(place, "a")).collect(),
            rows.iter().map(|&place| row(place, "o", "")).collect(),
            self.has_status_quo.then(|| alternative_id(0)),
            rows.iter()
                .map(|&row| columns.iter().map(|&column| rating(row, column)).collect())
                .collect(),
        )
        .unwrap()
    }

    fn scores(&self) -> Vec<i32> {
        (0..self.rows[0].len())
            .map(|a| self.rows.iter().map(|row| i32::from(row[a])).sum())
            .collect()
    }

    fn leaders(&self) -> Vec<usize> {
        let scores = self.scores();
        let highest = scores.iter().max();
        (0..scores.len())
            .filter(|&a| Some(&scores[a]) == highest)
            .collect()
    }
}

prop_compose! {
    fn ratings(alternatives: std::ops::Range<usize>, objectives: std::ops::Range<usize>)(
        width in alternatives, height in objectives, has_status_quo in any::<bool>()
    )(
        rows in prop::collection::vec(prop::collection::vec(-2i8..=2, width), height),
        has_status_quo in Just(has_status_quo),
    ) -> Ratings {
        let mut rows = rows;
        for row in rows.iter_mut().filter(|_| has_status_quo) {
            row[0] = 0;
        }
        Ratings { rows, has_status_quo }
    }
}

fn shuffled(ratings: Ratings) -> impl Strategy<Value = (Ratings, Vec<usize>, Vec<usize>)> {
    let columns: Vec<usize> = (0..ratings.rows[0].len()).collect();
    let rows: Vec<usize> = (0..ratings.rows.len()).collect();
    (
        Just(ratings),
        Just(columns).prop_shuffle(),
        Just(rows).prop_shuffle(),
    )
}

fn relation(table: &Table) -> BTreeSet<(Uuid, Uuid)> {
    let dominated = dominance(table).dominated;
    let pairs = |one: &althing_decisions::analysis::DominatedResult| {
        let dominated = one.alternative_id;
        one.dominators
            .clone()
            .into_iter()
            .map(move |dominator| (dominator, dominated))
    };
    dominated.iter().flat_map(pairs).collect()
}

fn score_map(table: &Table) -> BTreeMap<Uuid, (i32, u32)> {
    totals(table)
        .scores
        .iter()
        .map(|score| (score.alternative_id, (score.score, score.rank)))
        .collect()
}

proptest! {
    #[test]
    fn dominance_is_irreflexive_and_transitive(ratings in ratings(2..7, 1..5)) {
        let table = ratings.table();
        let pairs = relation(&table);
        for &(a, b) in &pairs {
            prop_assert_ne!(a, b);
            for &(c, d) in &pairs {
                prop_assert!(b != c || pairs.contains(&(a, d)));
            }
        }
        let result = dominance(&table);
        for one in &result.dominated {
            prop_assert!(result.viable.contains(&one.dominated_by));
            let first = one.dominators.iter().find(|dominator| result.viable.contains(dominator));
            prop_assert_eq!(first, Some(&one.dominated_by));
        }
        prop_assert_eq!(result.viable.len() + result.dominated.len(), table.alternatives().len());
    }

    #[test]
    fn order_does_not_matter((ratings, columns, rows) in ratings(2..6, 1..5).prop_flat_map(shuffled)) {
        let (table, other) = (ratings.table(), ratings.permuted(&columns, &rows));
        prop_assert_eq!(relation(&table), relation(&other));
        prop_assert_eq!(score_map(&table), score_map(&other));
        let (ours, theirs) = (totals(&table), totals(&other));
        prop_assert_eq!(ours.verdict, theirs.verdict);
        prop_assert_eq!(ours.margin_percent, theirs.margin_percent);
        prop_assert_eq!(ours.leaders.iter().collect::<BTreeSet<_>>(), theirs.leaders.iter().collect());
    }

    #[test]
    fn an_irrelevant_objective_changes_nothing(ratings in ratings(2..6, 1..5), uniform in -2i8..=2) {
        let mut longer = ratings.clone();
        let rating = if ratings.has_status_quo { 0 } else { uniform };
        longer.rows.push(vec![rating; ratings.rows[0].len()]);
        let (table, other) = (ratings.table(), longer.table());
        prop_assert_eq!(relation(&table), relation(&other));
        let (ours, theirs) = (totals(&table), totals(&other));
        prop_assert_eq!(ours.gap, theirs.gap);
        prop_assert_eq!(ours.relevant_objectives, theirs.relevant_objectives);
        prop_assert_eq!(ours.margin_percent, theirs.margin_percent);
        prop_assert_eq!(ours.verdict, theirs.verdict);
        prop_assert_eq!(ours.leaders, theirs.leaders);
    }

    #[test]
    fn scores_stay_within_their_bounds_and_the_margin_within_its(ratings in ratings(2..6, 1..6)) {
        let table = ratings.table();
        let result = totals(&table);
        let bound = 2 * i32::try_from(ratings.rows.len()).unwrap();
        prop_assert_eq!(scores(&table), ratings.scores());
        prop_assert!(result.scores.iter().all(|score| score.score.abs() <= bound));
        let is_narrow = result.relevant_objectives == 0 || 5 * result.gap < result.relevant_objectives;
        prop_assert_eq!(result.verdict.as_str() == "no_clear_winner", result.tied || is_narrow);
        prop_assert_eq!(result.clear_winner.is_some(), result.verdict.as_str() == "clear_winner");
    }

    #[test]
    fn every_flip_cell_changes_the_leaders_and_no_other_does(ratings in ratings(2..5, 1..4)) {
        let table = ratings.table();
        let flip = smallest_flip(&table).unwrap();
        let mut expected = Vec::new();
        for (o, row) in ratings.rows.iter().enumerate() {
            for (a, &from) in row.iter().enumerate().skip(usize::from(ratings.has_status_quo)) {
                for to in (-2i8..=2).filter(|to| u32::from(to.abs_diff(from)) == flip.steps) {
                    let mut changed = ratings.clone();
                    changed.rows[o][a] = to;
                    if changed.leaders() != ratings.leaders() {
                        expected.push((alternative_id(a), objective_id(o), i32::from(from), i32::from(to)));
                    }
                }
            }
        }
        let cells: Vec<_> =
            flip.cells.iter().map(|cell| (cell.alternative_id, cell.objective_id, cell.from, cell.to)).collect();
        prop_assert_eq!(cells, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn fewer_steps_never_change_the_leaders_and_as_many_can(ratings in ratings(2..4, 1..3)) {
        let steps = smallest_flip(&ratings.table()).unwrap().steps;
        let mut smallest = u32::MAX;
        let mut changed = ratings.clone();
        every_table(&ratings, &mut changed, 0, 0, &mut |changed, distance| {
            if changed.leaders() != ratings.leaders() {
                smallest = smallest.min(distance);
            }
        });
        prop_assert_eq!(smallest, steps);
    }
}

/// Visits every table that differs in cells outside the status quo, with the number of steps to it.
fn every_table(
    original: &Ratings,
    changed: &mut Ratings,
    cell: usize,
    distance: u32,
    visit: &mut dyn FnMut(&Ratings, u32),
) {
    let width = original.rows[0].len();
    if cell == width * original.rows.len() {
        return visit(changed, distance);
    }
    let (row, column) = (cell / width, cell % width);
    let from = original.rows[row][column];
    if column == 0 && original.has_status_quo {
        return every_table(original, changed, cell + 1, distance, visit);
    }
    for to in -2i8..=2 {
        changed.rows[row][column] = to;
        every_table(
            original,
            changed,
            cell + 1,
            distance + u32::from(to.abs_diff(from)),
            visit,
        );
    }
    changed.rows[row][column] = from;
}
