//! What is too much, what cannot be, and what only the dominated differ in.

use serde_json::json;

use crate::app;
use crate::office::{made, text};
use crate::rated::{Sheet, all, rated, refused, started};
use crate::walk::new_id;

#[tokio::test]
async fn h6_what_only_the_dominated_differ_in_is_named() {
    let app = app().await;
    let sheet = Sheet {
        columns: &["SQ", "A", "B"],
        status_quo: Some("SQ"),
        rows: &[
            ("O1", "", &all([0, 1, 1])),
            ("O2", "", &all([0, 2, 0])),
            ("O3", "", &all([0, 0, 2])),
        ],
    };
    let table = rated(app.owner(), "H6", &sheet).await;
    table.completes().await;
    let seen = table.analysis().await;
    assert_eq!(
        (seen.scores(), seen.dominated()),
        (vec![0, 3, 3], vec!["SQ<A B/A".to_owned()])
    );
    assert_eq!(
        (seen.irrelevant(), seen.no_longer_distinguishing()),
        (vec![], "O1".to_owned())
    );
    assert!(
        seen.verdict().starts_with("no_clear_winner 0% leaders A B"),
        "{}",
        seen.verdict()
    );
}

#[tokio::test]
async fn h5_what_cannot_be_is_refused_at_its_place() {
    let app = app().await;
    let sheet = Sheet {
        columns: &["SQ", "A"],
        status_quo: Some("SQ"),
        rows: &[("O1", "", &all([0, 1]))],
    };
    let table = rated(app.owner(), "H5", &sheet).await;
    let good = table.consequences(&sheet);
    let cell = |alternative: &str| format!("{}:{}", table.id(alternative), table.id("O1"));
    for (alternative, rating, code) in [
        ("SQ", json!(1), "status_quo_not_zero"),
        ("A", json!(254), "out_of_range"),
        ("A", json!(256), "out_of_range"),
        ("A", json!(300), "out_of_range"),
        ("A", json!(-3), "out_of_range"),
        ("A", json!(1.5), "wrong_type"),
    ] {
        let mut output = good.clone();
        output["table"]["cells"][cell(alternative)]["rating"] = rating.clone();
        let refusal = refused(&table.walk.save("consequences", output).await);
        let expected = format!("/output/table/cells/{}/rating", cell(alternative));
        let [error] = refusal.as_slice() else {
            panic!("{rating}: {refusal:?}")
        };
        assert_eq!(
            error.rsplit_once(' '),
            Some((expected.as_str(), code)),
            "{rating}"
        );
    }
    assert_eq!(
        table.walk.step("consequences").await["output"],
        good,
        "nothing was changed"
    );
    let alone = Sheet {
        columns: &["SQ"],
        ..sheet
    };
    made(
        table.walk.save("alternatives", table.alternatives(&alone)).await,
        200,
    );
    let refusal = refused(&table.walk.complete("alternatives").await);
    assert_eq!(refusal, ["/output/alternatives too_short"]);
}

#[tokio::test]
async fn h4_a_table_of_fifty_by_fifty() {
    let app = app().await;
    let names: Vec<String> = (0..50).map(|number| format!("Möglichkeit {number}")).collect();
    let goals: Vec<String> = (0..50).map(|number| format!("目標 {number}")).collect();
    let columns: Vec<&str> = names.iter().map(String::as_str).collect();
    let rating = |objective: usize, alternative: usize| match alternative {
        0 => 0,
        _ => i64::try_from((objective * 7 + alternative * 3) % 5).expect("small") - 2,
    };
    let ratings: Vec<Vec<Option<i64>>> = (0..50)
        .map(|o| (0..50).map(|a| Some(rating(o, a))).collect())
        .collect();
    let rows: Vec<(&str, &str, &[Option<i64>])> = goals
        .iter()
        .zip(&ratings)
        .map(|(name, row)| (name.as_str(), "", row.as_slice()))
        .collect();
    let sheet = Sheet {
        columns: &columns,
        status_quo: Some(columns[0]),
        rows: &rows,
    };
    let table = rated(app.owner(), "H4", &sheet).await;
    table.completes().await;
    let expected: Vec<i64> = (0..50).map(|a| (0..50).map(|o| rating(o, a)).sum()).collect();
    assert_eq!(table.analysis().await.scores(), expected);
    let overview = table.walk.dashboard().await;
    assert_eq!(
        overview["consequencesTable"]["cells"].as_array().map(Vec::len),
        Some(50)
    );
    assert_eq!(
        overview["consequencesTable"]["cells"][49][49]["rating"],
        rating(49, 49)
    );
    let document = table.walk.read("/document").await;
    for format in ["markdown", "html"] {
        assert!(text(&document[format]).contains("目標 49"), "{format}");
        let file = app
            .owner()
            .get(&format!(
                "/api/cycles/{}/document/export?format={format}",
                table.walk.cycle
            ))
            .await;
        assert!(
            file.status == 200 && file.text.contains("Möglichkeit 49"),
            "{format}"
        );
    }
    let exported = app
        .owner()
        .get(&format!("/api/sessions/{}/export", table.walk.session))
        .await;
    let imported = made(app.owner().post("/api/sessions/import", exported.body).await, 201);
    assert_eq!(imported["cycle_ids"].as_array().map(Vec::len), Some(1));
    let mut wide = columns.clone();
    wide.push("one too many");
    let alternative =
        |name: &&str| json!({"id": new_id(), "name": name, "is_status_quo": false, "assumptions": []});
    let ids: Vec<String> = wide.iter().map(|_| new_id()).collect();
    let output = json!({"table": {"alternative_ids": ids, "objective_ids": [new_id()], "cells": {}}, "uncertainties": []});
    let other = started(app.owner(), "Too wide").await;
    made(
        other
            .save(
                "alternatives",
                json!({"alternatives": wide[..50].iter().map(alternative).collect::<Vec<_>>()}),
            )
            .await,
        200,
    );
    let refusal = refused(&other.save("consequences", output).await);
    assert!(
        refusal[0].starts_with("/output/table/alternative_ids"),
        "{refusal:?}"
    );
}
