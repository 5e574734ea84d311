//! Rating tables typed in through the API, and their analysis in words: names instead of ids.

use std::collections::HashMap;

use althing_testkit::{Client, Reply};
use serde_json::{Map, Value, json};

use crate::office::{STEPS, made, text};
use crate::walk::{Walk, new_id};

/// Name, weight if there is one, ratings; `None` is a cell that nobody rated.
pub type Row<'a> = (&'a str, &'a str, &'a [Option<i64>]);

/// A table as it is written in the specification.
pub struct Sheet<'a> {
    pub columns: &'a [&'a str],
    pub status_quo: Option<&'a str>,
    pub rows: &'a [Row<'a>],
}

/// A table that was typed in.
pub struct Rated {
    pub walk: Walk,
    names: HashMap<String, String>,
    ids: HashMap<String, String>,
}

/// A cycle in which the first eight steps are started.
pub async fn started(client: &Client, title: &str) -> Walk {
    let walk = Walk::begin(client, title).await;
    for step in &STEPS[..8] {
        walk.start(step).await;
    }
    walk
}

/// Types a table in; nothing is completed.
pub async fn rated(client: &Client, title: &str, sheet: &Sheet<'_>) -> Rated {
    let rated = Rated::new(started(client, title).await, sheet);
    made(rated.walk.save("objectives", rated.objectives(sheet)).await, 200);
    made(
        rated.walk.save("alternatives", rated.alternatives(sheet)).await,
        200,
    );
    made(
        rated.walk.save("consequences", rated.consequences(sheet)).await,
        200,
    );
    rated
}

impl Rated {
    /// Ids for everything in the table.
    pub fn new(walk: Walk, sheet: &Sheet<'_>) -> Self {
        let all = sheet
            .columns
            .iter()
            .copied()
            .chain(sheet.rows.iter().map(|(name, _, _)| *name));
        let ids: HashMap<String, String> = all.map(|name| (name.to_owned(), new_id())).collect();
        let names = ids.iter().map(|(name, id)| (id.clone(), name.clone())).collect();
        Self { walk, names, ids }
    }

    pub fn id(&self, name: &str) -> &str {
        &self.ids[name]
    }

    fn objectives(&self, sheet: &Sheet<'_>) -> Value {
        let one = |(name, weight, _): &Row<'_>| {
            let mut objective = json!({"id": self.id(name), "name": name});
            if !weight.is_empty() {
                objective["weight"] = serde_json::from_str(weight).expect("a number");
            }
            objective
        };
        json!({"fundamental_objectives": sheet.rows.iter().map(one).collect::<Vec<_>>(), "means_objectives": []})
    }

    pub fn alternatives(&self, sheet: &Sheet<'_>) -> Value {
        let one = |name: &&str| json!({"id": self.id(name), "name": name, "is_status_quo": sheet.status_quo == Some(*name), "assumptions": []});
        let mut output = json!({"alternatives": sheet.columns.iter().map(one).collect::<Vec<_>>()});
        if let Some(status_quo) = sheet.status_quo {
            output["status_quo_id"] = json!(self.id(status_quo));
        }
        output
    }

    pub fn consequences(&self, sheet: &Sheet<'_>) -> Value {
        let mut cells = Map::new();
        for (objective, _, ratings) in sheet.rows {
            for (alternative, rating) in sheet.columns.iter().zip(*ratings) {
                if let Some(rating) = rating {
                    let (alternative, objective) = (self.id(alternative), self.id(objective));
                    let cell =
                        json!({"alternative_id": alternative, "objective_id": objective, "rating": rating});
                    cells.insert(format!("{alternative}:{objective}"), cell);
                }
            }
        }
        let alternatives: Vec<&str> = sheet.columns.iter().map(|name| self.id(name)).collect();
        let objectives: Vec<&str> = sheet.rows.iter().map(|(name, _, _)| self.id(name)).collect();
        json!({"table": {"alternative_ids": alternatives, "objective_ids": objectives, "cells": cells}, "uncertainties": []})
    }

    /// Completes what the strict validator has to accept.
    pub async fn completes(&self) {
        for step in ["objectives", "alternatives", "consequences"] {
            made(self.walk.complete(step).await, 200);
        }
    }

    pub async fn analysis(&self) -> Analysed<'_> {
        Analysed {
            rated: self,
            analysis: self.walk.read("/analysis").await,
        }
    }

    pub async fn sensitivity(&self, alternative: &str, objective: &str) -> Vec<String> {
        let (alternative, objective) = (self.id(alternative), self.id(objective));
        let found = self
            .walk
            .read(&format!(
                "/analysis/sensitivity?alt={alternative}&obj={objective}"
            ))
            .await;
        let entry = |one: &Value| {
            let still = if one["still_leads"] == true {
                "still"
            } else {
                "not"
            };
            let changes = if one["leaders_change"] == true {
                "other"
            } else {
                "same"
            };
            format!(
                "{}: {} {} {changes} {still}",
                one["value"],
                one["change"],
                self.named(&one["leaders"])
            )
        };
        found["entries"]
            .as_array()
            .expect("entries")
            .iter()
            .map(entry)
            .collect()
    }

    pub async fn quantities(&self, tolerances: Value) -> Value {
        made(
            self.walk
                .post("analysis/quantities", json!({"tolerances": tolerances}))
                .await,
            200,
        )
    }

    pub fn name(&self, id: &Value) -> String {
        id.as_str()
            .map_or_else(|| "nobody".to_owned(), |id| self.names[id].clone())
    }

    pub fn named(&self, ids: &Value) -> String {
        let names: Vec<String> = ids
            .as_array()
            .expect("ids")
            .iter()
            .map(|id| self.name(id))
            .collect();
        names.join(" ")
    }
}

/// An analysis that speaks in names.
pub struct Analysed<'a> {
    rated: &'a Rated,
    pub analysis: Value,
}

impl Analysed<'_> {
    fn list(&self, pointer: &str) -> &Vec<Value> {
        self.analysis
            .pointer(pointer)
            .and_then(Value::as_array)
            .unwrap_or_else(|| panic!("{pointer}: {}", self.analysis))
    }

    fn number(&self, field: &str) -> Vec<i64> {
        self.list("/pugh/scores")
            .iter()
            .map(|one| one[field].as_i64().expect("a number"))
            .collect()
    }

    pub fn scores(&self) -> Vec<i64> {
        self.number("score")
    }

    pub fn ranks(&self) -> Vec<i64> {
        self.number("rank")
    }

    /// `+/0/−` of each.
    pub fn counts(&self) -> Vec<String> {
        let one = |score: &Value| format!("{}/{}/{}", score["plus"], score["zero"], score["minus"]);
        self.list("/pugh/scores").iter().map(one).collect()
    }

    /// Weighted totals in thousandths.
    pub fn weighted(&self) -> Vec<i64> {
        let exact = |score: &Value| text(&score["weighted_total"]).parse::<f64>().expect("a number");
        self.list("/pugh/scores")
            .iter()
            .map(|score| (exact(score) * 1_000.0).round() as i64)
            .collect()
    }

    /// `loser<dominators/dominated_by`.
    pub fn dominated(&self) -> Vec<String> {
        let one = |one: &Value| {
            let rated = self.rated;
            let (loser, by) = (
                rated.name(&one["alternative_id"]),
                rated.name(&one["dominated_by"]),
            );
            format!("{loser}<{}/{by}", rated.named(&one["dominators"]))
        };
        self.list("/dominance/dominated").iter().map(one).collect()
    }

    pub fn viable(&self) -> String {
        self.rated.named(&self.analysis["dominance"]["viable"])
    }

    pub fn irrelevant(&self) -> Vec<String> {
        let one = |one: &Value| format!("{} {}", self.rated.name(&one["objective_id"]), one["rating"]);
        self.list("/irrelevant/irrelevant").iter().map(one).collect()
    }

    pub fn no_longer_distinguishing(&self) -> String {
        self.rated
            .named(&self.analysis["irrelevant"]["no_longer_distinguishing"])
    }

    /// `alternative +[gains] -[losses] =net`.
    pub fn tensions(&self) -> Vec<String> {
        let one = |one: &Value| {
            let rated = self.rated;
            let (gains, losses) = (rated.named(&one["gains"]), rated.named(&one["losses"]));
            format!(
                "{} +[{gains}] -[{losses}] ={}",
                rated.name(&one["alternative_id"]),
                one["net_score"]
            )
        };
        self.list("/tensions/entries").iter().map(one).collect()
    }

    /// Balanced, polarizing.
    pub fn extremes(&self) -> (String, String) {
        let tensions = &self.analysis["tensions"];
        (
            self.rated.named(&tensions["most_balanced"]),
            self.rated.named(&tensions["most_polarizing"]),
        )
    }

    /// `verdict margin leaders best clear_winner`.
    pub fn verdict(&self) -> String {
        let pugh = &self.analysis["pugh"];
        let margin = pugh["margin_percent"].as_f64().expect("a number");
        let (leaders, best) = (
            self.rated.named(&pugh["leaders"]),
            self.rated.name(&pugh["best_alternative"]),
        );
        let verdict = text(&pugh["verdict"]);
        format!(
            "{verdict} {margin}% leaders {leaders}, best {best}, clear {}",
            self.rated.name(&pugh["clear_winner"])
        )
    }

    pub fn flip(&self) -> String {
        let flip = &self.analysis["pugh"]["flip"];
        let count = flip["cells"].as_array().map_or(0, Vec::len);
        let single = if flip["single_cell"] == true {
            "single"
        } else {
            "several"
        };
        format!(
            "{} steps, rivals {}, {count} cells, {single}",
            flip["steps"],
            self.rated.named(&flip["rivals"])
        )
    }

    /// `alternative:objective from→to =leaders`.
    pub fn flip_cells(&self) -> Vec<String> {
        let one = |cell: &Value| {
            let (alternative, objective) = (
                self.rated.name(&cell["alternative_id"]),
                self.rated.name(&cell["objective_id"]),
            );
            format!(
                "{alternative}:{objective} {}→{} ={}",
                cell["from"],
                cell["to"],
                self.rated.named(&cell["leaders_after"])
            )
        };
        self.list("/pugh/flip/cells").iter().map(one).collect()
    }
}

/// Whole ratings, for tables without gaps.
pub fn all<const N: usize>(ratings: [i64; N]) -> [Option<i64>; N] {
    ratings.map(Some)
}

/// `pointer code` of each error of a refusal.
#[track_caller]
pub fn refused(reply: &Reply) -> Vec<String> {
    assert_eq!(
        reply.refusal(),
        (422, "invalid_component_output"),
        "{}",
        reply.text
    );
    let errors = reply.body["errors"].as_array().expect("errors");
    errors
        .iter()
        .map(|error| format!("{} {}", text(&error["field"]), text(&error["code"])))
        .collect()
}
