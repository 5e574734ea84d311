//! Measured values: an office to rent.

use serde_json::{Map, Value, json};

use crate::app;
use crate::office::{made, text};
use crate::rated::{Rated, Sheet, started};
use crate::walk::new_id;

/// Name, direction, unit, values of Parkway, Lombard, Baranov, Montana, Pierpoint.
type Measure = (&'static str, &'static str, &'static str, [i64; 5]);
const OFFICES: [&str; 5] = ["Parkway", "Lombard", "Baranov", "Montana", "Pierpoint"];
const MEASURES: [Measure; 5] = [
    ("commute", "minimize", "min", [45, 25, 20, 25, 30]),
    ("access", "maximize", "%", [50, 80, 70, 85, 75]),
    ("services", "maximize", "grade", [3, 2, 1, 3, 1]),
    ("size", "maximize", "sq ft", [800, 700, 500, 950, 700]),
    ("cost", "minimize", "$", [1_850, 1_700, 1_500, 1_900, 1_750]),
];

/// Types in what was measured; nothing is rated.
async fn measured(
    client: &althing_testkit::Client,
    title: &str,
    columns: &[&str],
    rows: &[(Measure, Vec<i64>)],
) -> Rated {
    let names: Vec<(&str, &str, &[Option<i64>])> =
        rows.iter().map(|(measure, _)| (measure.0, "", &[][..])).collect();
    let sheet = Sheet {
        columns,
        status_quo: None,
        rows: &names,
    };
    let rated = Rated::new(started(client, title).await, &sheet);
    let objective = |(name, direction, unit, _): &Measure| json!({"id": rated.id(name), "name": name, "performance_measure": {"metric": name, "direction": direction, "units": unit}});
    let objectives: Vec<Value> = rows.iter().map(|(measure, _)| objective(measure)).collect();
    made(
        rated
            .walk
            .save(
                "objectives",
                json!({"fundamental_objectives": objectives, "means_objectives": []}),
            )
            .await,
        200,
    );
    made(
        rated.walk.save("alternatives", rated.alternatives(&sheet)).await,
        200,
    );
    let mut output = rated.consequences(&sheet);
    let mut cells = Map::new();
    for ((name, _, unit, _), values) in rows {
        for (column, value) in columns.iter().zip(values) {
            let (alternative, objective) = (rated.id(column), rated.id(name));
            let cell = json!({"alternative_id": alternative, "objective_id": objective, "quantity": {"value": value.to_string(), "unit": unit}});
            cells.insert(format!("{alternative}:{objective}"), cell);
        }
    }
    output["table"]["cells"] = Value::Object(cells);
    made(rated.walk.save("consequences", output).await, 200);
    rated
}

fn strict(table: &Rated, quantities: &Value) -> Vec<String> {
    let all = quantities["strict"].as_array().expect("a list").iter();
    all.map(|pair| format!("{}>{}", table.name(&pair["a"]), table.name(&pair["b"])))
        .collect()
}

/// `a>b objective difference/tolerance`.
fn practical(table: &Rated, quantities: &Value) -> Vec<String> {
    let one = |pair: &Value| {
        let within = pair["objectives"].as_array().expect("a list").iter();
        let within: Vec<String> = within
            .map(|one| {
                format!(
                    "{} {}/{}",
                    table.name(&one["objective_id"]),
                    text(&one["difference"]),
                    text(&one["tolerance"])
                )
            })
            .collect();
        format!(
            "{}>{} {}",
            table.name(&pair["a"]),
            table.name(&pair["b"]),
            within.join(", ")
        )
    };
    quantities["practical"]
        .as_array()
        .expect("a list")
        .iter()
        .map(one)
        .collect()
}

#[tokio::test]
async fn b1_an_office_to_rent() {
    let app = app().await;
    let rows: Vec<(Measure, Vec<i64>)> = MEASURES
        .iter()
        .map(|measure| (*measure, measure.3.to_vec()))
        .collect();
    let table = measured(app.owner(), "B1", &OFFICES, &rows).await;
    let plain = table.quantities(json!({})).await;
    let ranks: Vec<Vec<i64>> = plain["ranks"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| {
            row["ranks"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|one| one["rank"].as_i64().expect("a number"))
                .collect()
        })
        .collect();
    assert_eq!(
        ranks,
        [
            [5, 2, 1, 2, 4],
            [5, 2, 4, 1, 3],
            [1, 3, 4, 1, 4],
            [2, 3, 5, 1, 3],
            [4, 2, 1, 5, 3]
        ]
    );
    assert_eq!(
        (strict(&table, &plain), practical(&table, &plain)),
        (vec!["Lombard>Pierpoint".to_owned()], vec![])
    );
    assert_eq!(
        (&plain["complete"], &plain["excluded"]),
        (&json!(true), &json!([]))
    );
    for (tolerance, expected) in [
        ("50", vec!["Montana>Parkway cost 50/50"]),
        (
            "150",
            vec!["Montana>Parkway cost 50/150", "Montana>Pierpoint cost 150/150"],
        ),
        (
            "200",
            vec![
                "Montana>Parkway cost 50/200",
                "Montana>Lombard cost 200/200",
                "Montana>Pierpoint cost 150/200",
            ],
        ),
    ] {
        let given = table.quantities(json!({table.id("cost"): tolerance})).await;
        let mut found = practical(&table, &given);
        found.sort_by_key(|line| {
            OFFICES
                .iter()
                .position(|office| line.contains(&format!(">{office}")))
        });
        assert_eq!(found, expected, "tolerance {tolerance}");
        assert_eq!(strict(&table, &given), ["Lombard>Pierpoint"]);
    }
    let wrong = table
        .walk
        .post(
            "analysis/quantities",
            json!({"tolerances": {table.id("cost"): "-1", new_id(): "5"}}),
        )
        .await;
    assert_eq!(
        (wrong.refusal(), wrong.body["errors"].as_array().map(Vec::len)),
        ((422, "validation_failed"), Some(2))
    );
    // The user's own tolerance, kept with the objective, counts as well.
    let mut objectives = table.walk.step("objectives").await["output"].clone();
    objectives["fundamental_objectives"][4]["performance_measure"]["tolerance"] = json!(50);
    made(table.walk.save("objectives", objectives).await, 200);
    assert_eq!(
        practical(&table, &table.walk.read("/analysis").await["quantities"]),
        ["Montana>Parkway cost 50/50"]
    );
}

#[tokio::test]
async fn b1_even_swaps_lead_to_one_office() {
    let app = app().await;
    let stage = async |title: &str, columns: &[&str], values: [&[i64]; 5]| {
        let rows: Vec<(Measure, Vec<i64>)> = MEASURES
            .iter()
            .zip(values)
            .map(|(measure, row)| (*measure, row.to_vec()))
            .collect();
        let table = measured(app.owner(), title, columns, &rows).await;
        let quantities = table.quantities(json!({})).await;
        (strict(&table, &quantities), table.named(&quantities["uniform"]))
    };
    let three = ["Lombard", "Baranov", "Montana"];
    let first = stage(
        "1",
        &three,
        [
            &[25, 25, 25],
            &[80, 78, 85],
            &[2, 1, 3],
            &[700, 500, 950],
            &[1_700, 1_500, 1_900],
        ],
    )
    .await;
    assert_eq!(first, (vec![], "commute".to_owned()));
    let second = stage(
        "2",
        &three,
        [
            &[25, 25, 25],
            &[80, 78, 85],
            &[2, 2, 2],
            &[700, 500, 950],
            &[1_700, 1_700, 1_800],
        ],
    )
    .await;
    assert_eq!(
        second,
        (vec!["Lombard>Baranov".to_owned()], "commute services".to_owned())
    );
    let third = stage(
        "3",
        &["Lombard", "Montana"],
        [&[25, 25], &[80, 85], &[2, 2], &[950, 950], &[1_950, 1_800]],
    )
    .await;
    assert_eq!(third.0, ["Montana>Lombard"]);
}
