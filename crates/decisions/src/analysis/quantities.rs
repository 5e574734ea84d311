//! Measured values beside the ratings: ranks, strict and practical dominance over the measured objectives.
//!
//! Nothing here becomes a rating, a total or a verdict. Practical dominance is asymmetric but not transitive, so only
//! pairs are reported.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::table::{CellRef, Table};
use super::totals::competition_ranks;
use crate::outputs::{Direction, Outputs, parse_quantity, wire_enum};

/// Tolerances given for one call; they go before those of the objectives.
pub type Tolerances = BTreeMap<Uuid, Decimal>;

/// A measured value with its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    pub value: Decimal,
    pub unit: String,
}

/// What is known about how an objective is measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuantityObjective {
    pub id: Uuid,
    pub direction: Option<Direction>,
    pub target: Option<Decimal>,
    pub units: Option<String>,
    /// Absolute, in the objective's unit; without one it is 0.
    pub tolerance: Option<Decimal>,
}

/// The measured values of a table, objective by objective, alternative by alternative.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuantityTable {
    pub alternatives: Vec<Uuid>,
    pub objectives: Vec<QuantityObjective>,
    pub values: Vec<Vec<Option<Measured>>>,
}

/// What the measured values say, over the objectives that have one in every column.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Quantities {
    pub ranks: Vec<ObjectiveRanks>,
    pub strict: Vec<StrictPair>,
    pub practical: Vec<PracticalPair>,
    /// Equal among all of at least two alternatives that are not strictly dominated.
    pub uniform: Vec<Uuid>,
    pub excluded: Vec<Excluded>,
    /// Whether every objective could be compared.
    pub complete: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObjectiveRanks {
    pub objective_id: Uuid,
    pub ranks: Vec<ObjectiveRank>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObjectiveRank {
    pub alternative_id: Uuid,
    pub rank: u32,
}

/// `a` is at least as good as `b` on every measured objective and better on at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StrictPair {
    pub a: Uuid,
    pub b: Uuid,
}

/// `b` is better only within the tolerances, `a` somewhere by more than its tolerance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PracticalPair {
    pub a: Uuid,
    pub b: Uuid,
    /// Where `b` is better, and by how much.
    pub objectives: Vec<PracticalDifference>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PracticalDifference {
    pub objective_id: Uuid,
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String")]
    pub difference: Decimal,
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String")]
    pub tolerance: Decimal,
}

/// An objective that is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Excluded {
    pub objective_id: Uuid,
    pub reason: ExclusionReason,
    /// The cells without a value, for that reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<CellRef>,
}

wire_enum! {
    /// Why an objective cannot be compared by its values.
    ExclusionReason {
        MissingValue = "missing_value",
        MixedUnits = "mixed_units",
        /// Nobody has said which way is better, or the target is not known.
        NoDirection = "no_direction",
    }
}

impl QuantityTable {
    /// The measured values of a cycle, in the order of its rating table.
    pub fn of(outputs: &Outputs, table: &Table) -> Self {
        let alternatives: Vec<Uuid> = table.alternatives().iter().map(|column| column.id).collect();
        let objectives: Vec<_> = table
            .objectives()
            .iter()
            .map(|row| objective_of(outputs, row.id))
            .collect();
        let cells = outputs
            .consequences()
            .map(|consequences| &consequences.table.cells);
        let measured = |alternative, objective| {
            let quantity = cells?.get(alternative, objective)?.quantity.as_ref()?;
            let value = parse_quantity(&quantity.value)?;
            Some(Measured {
                value,
                unit: quantity.unit.trim().to_owned(),
            })
        };
        let values = objectives
            .iter()
            .map(|objective| {
                alternatives
                    .iter()
                    .map(|&alternative| measured(alternative, objective.id))
                    .collect()
            })
            .collect();
        Self {
            alternatives,
            objectives,
            values,
        }
    }

    /// Whether anything has been measured.
    pub fn has_values(&self) -> bool {
        self.values.iter().flatten().any(Option::is_some)
    }
}

fn objective_of(outputs: &Outputs, id: Uuid) -> QuantityObjective {
    let known = outputs
        .objectives()
        .map(|all| all.fundamental_objectives.as_slice())
        .unwrap_or_default();
    let measure = known
        .iter()
        .find(|one| one.id == id)
        .and_then(|one| one.performance_measure.as_ref());
    QuantityObjective {
        id,
        direction: measure.and_then(|measure| measure.direction),
        target: measure
            .and_then(|measure| measure.target.as_ref())
            .map(|target| target.decimal()),
        units: measure.and_then(|measure| measure.units.clone()),
        tolerance: measure
            .and_then(|measure| measure.tolerance.as_ref())
            .map(|tolerance| tolerance.decimal()),
    }
}

/// An objective that takes part: how good each alternative is on it, more being better.
struct Comparable {
    id: Uuid,
    tolerance: Decimal,
    merits: Vec<Decimal>,
}

impl Comparable {
    /// By how much the first alternative is better than the second; not above 0 if it is not better.
    fn advantage(&self, a: usize, b: usize) -> Decimal {
        let (ours, theirs) = (self.merits[a], self.merits[b]);
        let beyond = if ours > theirs { Decimal::MAX } else { Decimal::MIN };
        ours.checked_sub(theirs).unwrap_or(beyond)
    }
}

/// Compares the measured values. A negative tolerance counts as 0.
pub fn compare_quantities(table: &QuantityTable, tolerances: &Tolerances) -> Quantities {
    let mut rows = Vec::new();
    let mut excluded = Vec::new();
    for (place, objective) in table.objectives.iter().enumerate() {
        match comparable(table, place, objective, tolerances) {
            Ok(row) => rows.push(row),
            Err(left_out) => excluded.push(left_out),
        }
    }
    let strict = pairs(table.alternatives.len())
        .filter(|&(a, b)| is_strict(&rows, a, b))
        .collect::<Vec<_>>();
    let practical = pairs(table.alternatives.len())
        .filter(|pair| !strict.contains(pair))
        .filter_map(|(a, b)| practical_pair(table, &rows, a, b));
    Quantities {
        ranks: rows.iter().map(|row| ranks(table, row)).collect(),
        practical: practical.collect(),
        uniform: uniform(table, &rows, &strict),
        strict: strict
            .iter()
            .map(|&(a, b)| StrictPair {
                a: table.alternatives[a],
                b: table.alternatives[b],
            })
            .collect(),
        complete: excluded.is_empty(),
        excluded,
    }
}

fn comparable(
    table: &QuantityTable,
    place: usize,
    objective: &QuantityObjective,
    tolerances: &Tolerances,
) -> Result<Comparable, Excluded> {
    let leave_out = |reason, pairs| Excluded {
        objective_id: objective.id,
        reason,
        pairs,
    };
    let row = &table.values[place];
    let Some(values) = row.iter().map(Option::as_ref).collect::<Option<Vec<&Measured>>>() else {
        let missing = table
            .alternatives
            .iter()
            .zip(row)
            .filter(|(_, value)| value.is_none());
        let pairs = missing.map(|(&alternative_id, _)| CellRef {
            alternative_id,
            objective_id: objective.id,
        });
        return Err(leave_out(ExclusionReason::MissingValue, pairs.collect()));
    };
    let stated = objective
        .units
        .as_deref()
        .map(str::trim)
        .filter(|unit| !unit.is_empty());
    let unit = stated.or_else(|| values.first().map(|value| value.unit.trim()));
    if values.iter().any(|value| Some(value.unit.trim()) != unit) {
        return Err(leave_out(ExclusionReason::MixedUnits, Vec::new()));
    }
    let merits: Option<Vec<Decimal>> = values.iter().map(|value| merit(objective, value.value)).collect();
    let merits = merits.ok_or_else(|| leave_out(ExclusionReason::NoDirection, Vec::new()))?;
    let tolerance = tolerances
        .get(&objective.id)
        .copied()
        .or(objective.tolerance)
        .unwrap_or_default();
    Ok(Comparable {
        id: objective.id,
        tolerance: tolerance.max(Decimal::ZERO),
        merits,
    })
}

/// How good a value is in the objective's direction, more being better; nothing without a direction.
fn merit(objective: &QuantityObjective, value: Decimal) -> Option<Decimal> {
    match objective.direction? {
        Direction::Maximize => Some(value),
        Direction::Minimize => Some(-value),
        Direction::Target => {
            let distance = value.checked_sub(objective.target?).unwrap_or(Decimal::MAX);
            Some(-distance.abs())
        }
    }
}

fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |a| (0..count).filter(move |&b| a != b).map(move |b| (a, b)))
}

fn is_strict(rows: &[Comparable], a: usize, b: usize) -> bool {
    rows.iter().all(|row| row.merits[a] >= row.merits[b])
        && rows.iter().any(|row| row.merits[a] > row.merits[b])
}

fn practical_pair(table: &QuantityTable, rows: &[Comparable], a: usize, b: usize) -> Option<PracticalPair> {
    let tolerable = rows.iter().all(|row| row.advantage(b, a) <= row.tolerance);
    let is_better = rows.iter().any(|row| row.advantage(a, b) > row.tolerance);
    let objectives = rows
        .iter()
        .filter(|row| row.merits[b] > row.merits[a])
        .map(|row| PracticalDifference {
            objective_id: row.id,
            difference: row.advantage(b, a).normalize(),
            tolerance: row.tolerance.normalize(),
        });
    (tolerable && is_better).then(|| PracticalPair {
        a: table.alternatives[a],
        b: table.alternatives[b],
        objectives: objectives.collect(),
    })
}

fn ranks(table: &QuantityTable, row: &Comparable) -> ObjectiveRanks {
    let ranked = table.alternatives.iter().zip(competition_ranks(&row.merits));
    ObjectiveRanks {
        objective_id: row.id,
        ranks: ranked
            .map(|(&alternative_id, rank)| ObjectiveRank { alternative_id, rank })
            .collect(),
    }
}

fn uniform(table: &QuantityTable, rows: &[Comparable], strict: &[(usize, usize)]) -> Vec<Uuid> {
    let kept: Vec<usize> = (0..table.alternatives.len())
        .filter(|&a| strict.iter().all(|&(_, dominated)| dominated != a))
        .collect();
    if kept.len() < 2 {
        return Vec::new();
    }
    let is_uniform = |row: &&Comparable| {
        kept.windows(2)
            .all(|pair| row.merits[pair[0]] == row.merits[pair[1]])
    };
    rows.iter().filter(is_uniform).map(|row| row.id).collect()
}

fn as_text<S: Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    number.to_string().serialize(serializer)
}
