//! Measured values: an office to rent, even swaps, what is left out, and two properties.

use althing_decisions::analysis::{
    Measured, Quantities, QuantityObjective, QuantityTable, Tolerances, compare_quantities,
};
use althing_decisions::outputs::Direction;
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::tables::{alternative_id, objective_id};

const OFFICES: [&str; 5] = ["Parkway", "Lombard", "Baranov", "Montana", "Pierpoint"];
const CRITERIA: [(&str, &str, Direction); 5] = [
    ("commute", "min", Direction::Minimize),
    ("access", "%", Direction::Maximize),
    ("services", "grade", Direction::Maximize),
    ("size", "sq ft", Direction::Maximize),
    ("cost", "$", Direction::Minimize),
];
const COST: usize = 4;
const B1: [[i64; 5]; 5] = [
    [45, 25, 20, 25, 30],
    [50, 80, 70, 85, 75],
    [3, 2, 1, 3, 1],
    [800, 700, 500, 950, 700],
    [1850, 1700, 1500, 1900, 1750],
];

/// The offices at the given places, with the values of those columns.
fn offices(values: &[[i64; 5]; 5], places: &[usize]) -> QuantityTable {
    let measured = |row: usize, place: usize| {
        Some(Measured {
            value: Decimal::from(values[row][place]),
            unit: CRITERIA[row].1.to_owned(),
        })
    };
    QuantityTable {
        alternatives: places.iter().map(|&place| alternative_id(place)).collect(),
        objectives: CRITERIA
            .iter()
            .enumerate()
            .map(|(row, (_, unit, direction))| QuantityObjective {
                id: objective_id(row),
                direction: Some(*direction),
                units: Some((*unit).to_owned()),
                ..QuantityObjective::default()
            })
            .collect(),
        values: (0..5)
            .map(|row| places.iter().map(|&place| measured(row, place)).collect())
            .collect(),
    }
}

fn place(id: Uuid) -> usize {
    (0..5)
        .find(|&place| alternative_id(place) == id || objective_id(place) == id)
        .unwrap()
}

fn strict(result: &Quantities) -> Vec<String> {
    result
        .strict
        .iter()
        .map(|pair| format!("{}>{}", OFFICES[place(pair.a)], OFFICES[place(pair.b)]))
        .collect()
}

/// Each pair with the objectives on which the second is better, and by how much within which tolerance.
fn practical(result: &Quantities) -> Vec<String> {
    let pair = |pair: &althing_decisions::analysis::PracticalPair| {
        let better: Vec<String> = pair
            .objectives
            .iter()
            .map(|one| {
                format!(
                    "{} {}/{}",
                    CRITERIA[place(one.objective_id)].0,
                    one.difference,
                    one.tolerance
                )
            })
            .collect();
        format!(
            "{}>{} {}",
            OFFICES[place(pair.a)],
            OFFICES[place(pair.b)],
            better.join(",")
        )
    };
    result.practical.iter().map(pair).collect()
}

fn uniform(result: &Quantities) -> Vec<&'static str> {
    result.uniform.iter().map(|id| CRITERIA[place(*id)].0).collect()
}

fn with_cost_tolerance(tolerance: i64) -> Quantities {
    let tolerances = Tolerances::from([(objective_id(COST), Decimal::from(tolerance))]);
    compare_quantities(&offices(&B1, &[0, 1, 2, 3, 4]), &tolerances)
}

#[test]
fn b1_ranks_and_strict_dominance() {
    let result = compare_quantities(&offices(&B1, &[0, 1, 2, 3, 4]), &Tolerances::default());
    let ranks: Vec<Vec<u32>> = result
        .ranks
        .iter()
        .map(|row| row.ranks.iter().map(|rank| rank.rank).collect())
        .collect();
    let expected = [
        [5, 2, 1, 2, 4],
        [5, 2, 4, 1, 3],
        [1, 3, 4, 1, 4],
        [2, 3, 5, 1, 3],
        [4, 2, 1, 5, 3],
    ];
    assert_eq!(ranks, expected);
    assert_eq!(strict(&result), ["Lombard>Pierpoint"]);
    assert_eq!(practical(&result), [""; 0]);
    assert_eq!(uniform(&result), [""; 0]);
    assert!(result.complete && result.excluded.is_empty());
}

#[test]
fn b1_tolerances_give_practical_pairs() {
    assert_eq!(
        practical(&with_cost_tolerance(50)),
        ["Montana>Parkway cost 50/50"]
    );
    assert_eq!(
        practical(&with_cost_tolerance(150)),
        ["Montana>Parkway cost 50/150", "Montana>Pierpoint cost 150/150"]
    );
    assert_eq!(
        practical(&with_cost_tolerance(200)),
        [
            "Montana>Parkway cost 50/200",
            "Montana>Lombard cost 200/200",
            "Montana>Pierpoint cost 150/200"
        ]
    );
    assert_eq!(
        strict(&with_cost_tolerance(200)),
        ["Lombard>Pierpoint"],
        "practical dominance is not dominance"
    );
}

#[test]
fn a_tolerance_of_the_objective_serves_unless_the_call_states_one() {
    let mut table = offices(&B1, &[0, 1, 2, 3, 4]);
    table.objectives[COST].tolerance = Some(Decimal::from(50));
    let own = compare_quantities(&table, &Tolerances::default());
    assert_eq!(practical(&own), ["Montana>Parkway cost 50/50"]);
    let stated = Tolerances::from([(objective_id(COST), Decimal::ZERO)]);
    assert_eq!(practical(&compare_quantities(&table, &stated)), [""; 0]);
}

#[test]
fn b1_even_swaps() {
    let mut values = B1;
    (values[0][2], values[1][2]) = (25, 78);
    let stage = compare_quantities(&offices(&values, &[1, 2, 3]), &Tolerances::default());
    assert_eq!((strict(&stage), uniform(&stage)), (vec![], vec!["commute"]));

    values[2] = [2; 5];
    (values[4][2], values[4][3]) = (1700, 1800);
    let stage = compare_quantities(&offices(&values, &[1, 2, 3]), &Tolerances::default());
    assert_eq!(strict(&stage), ["Lombard>Baranov"]);
    assert_eq!(uniform(&stage), ["commute", "services"]);

    (values[3][1], values[4][1]) = (950, 1950);
    let stage = compare_quantities(&offices(&values, &[1, 3]), &Tolerances::default());
    assert_eq!(strict(&stage), ["Montana>Lombard"]);
}

#[test]
fn what_cannot_be_compared_is_left_out_with_its_reason() {
    let mut table = offices(&B1, &[0, 1]);
    table.values[0][1] = None;
    table.values[1][0].as_mut().unwrap().unit = "points".to_owned();
    table.objectives[2].direction = None;
    table.objectives[3].units = Some("m²".to_owned());
    table.objectives[4].direction = Some(Direction::Target);
    let result = compare_quantities(&table, &Tolerances::default());
    let reasons: Vec<_> = result
        .excluded
        .iter()
        .map(|one| (place(one.objective_id), one.reason.as_str()))
        .collect();
    let expected = [
        (0, "missing_value"),
        (1, "mixed_units"),
        (2, "no_direction"),
        (3, "mixed_units"),
        (4, "no_direction"),
    ];
    assert_eq!(reasons, expected);
    assert_eq!(result.excluded[0].pairs.len(), 1);
    assert_eq!(result.excluded[0].pairs[0].alternative_id, alternative_id(1));
    assert!(!result.complete);
    assert!(result.ranks.is_empty() && result.strict.is_empty() && result.practical.is_empty());
}

#[test]
fn nearer_to_the_target_is_better() {
    let mut table = offices(&B1, &[0, 1, 2, 3, 4]);
    table.objectives[0].direction = Some(Direction::Target);
    table.objectives[0].target = Some(Decimal::from(26));
    let result = compare_quantities(&table, &Tolerances::default());
    let ranks: Vec<_> = result.ranks[0].ranks.iter().map(|rank| rank.rank).collect();
    assert_eq!(ranks, [5, 1, 4, 1, 3]);
}

prop_compose! {
    fn measured_table()(
        alternatives in 2usize..6, objectives in 1usize..4
    )(
        values in prop::collection::vec(prop::collection::vec(-3i64..4, alternatives), objectives),
        directions in prop::collection::vec(0usize..3, objectives),
        tolerances in prop::collection::vec(0i64..4, objectives),
    ) -> QuantityTable {
        let row = |(place, (direction, tolerance)): (usize, (&usize, &i64))| QuantityObjective {
            id: objective_id(place),
            direction: Some(Direction::ALL[*direction]),
            target: Some(Decimal::ONE),
            units: None,
            tolerance: Some(Decimal::from(*tolerance)),
        };
        let cell = |value: &i64| Some(Measured { value: Decimal::from(*value), unit: "u".to_owned() });
        QuantityTable {
            alternatives: (0..values[0].len()).map(alternative_id).collect(),
            objectives: directions.iter().zip(&tolerances).enumerate().map(row).collect(),
            values: values.iter().map(|row| row.iter().map(cell).collect()).collect(),
        }
    }
}

proptest! {
    #[test]
    fn strict_dominance_is_transitive_and_practical_dominance_asymmetric(table in measured_table()) {
        let result = compare_quantities(&table, &Tolerances::default());
        let strict: Vec<_> = result.strict.iter().map(|pair| (pair.a, pair.b)).collect();
        for &(a, b) in &strict {
            prop_assert!(a != b && !strict.contains(&(b, a)));
            for &(c, d) in &strict {
                prop_assert!(b != c || strict.contains(&(a, d)));
            }
        }
        let practical: Vec<_> = result.practical.iter().map(|pair| (pair.a, pair.b)).collect();
        for &(a, b) in &practical {
            prop_assert!(!practical.contains(&(b, a)));
            prop_assert!(!strict.contains(&(a, b)) && !strict.contains(&(b, a)));
        }
    }
}
