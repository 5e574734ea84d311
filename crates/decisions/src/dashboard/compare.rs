//! Cycles side by side: where each differs from the first, and how much that matters.

use althing_backbone::Uuid;
use schemars::JsonSchema;
use serde::Serialize;

use super::content::{is_dominated, totals};
use super::overview::{FlipItem, Overview, TotalsItem};
use crate::analysis::{Analysis, Table, Verdict, analyse};
use crate::cycle::Cycle;
use crate::outputs::text::{counted, cut_chars, enumerated};
use crate::outputs::{ComponentType, FundamentalObjective, Outputs};

/// From this distance on, two DQ scores are a major difference.
const MAJOR_DQ: u8 = 20;
/// Names in a sentence are cut here.
const NAME: usize = 60;

/// One cycle of a comparison.
pub struct Side {
    pub cycle: Cycle,
    pub outputs: Outputs,
    pub overview: Overview,
}

/// Cycles side by side.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Comparison {
    pub cycles: Vec<ComparedCycle>,
    pub differences: Vec<Difference>,
    pub summary: Summary,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComparedCycle {
    pub cycle_id: Uuid,
    pub label: Option<String>,
    pub overview: Overview,
}

/// Where a cycle differs from the first one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    pub component: ComponentType,
    pub cycle: Uuid,
    pub description: String,
    pub significance: Significance,
}

/// Major: another leader, DQ 20 or more apart, other alternatives. Moderate: any
/// rating or objective. Minor: text only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Significance {
    Major,
    Moderate,
    Minor,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Summary {
    pub cycles: Vec<SummaryOfCycle>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SummaryOfCycle {
    pub cycle_id: Uuid,
    pub label: Option<String>,
    pub totals: Vec<Total>,
    pub leaders: Vec<Uuid>,
    pub verdict: Verdict,
    pub flip: Option<FlipItem>,
    pub dq_score: Option<u8>,
}

/// An alternative's total; the rank is given once every cell is rated.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Total {
    pub id: Uuid,
    pub name: String,
    pub score: i32,
    pub rank: Option<u32>,
    pub is_dominated: bool,
}

/// Compares every cycle with the first.
pub fn compare(sides: Vec<Side>) -> Comparison {
    let analyses: Vec<Analysis> = sides.iter().map(|side| analyse(&side.outputs)).collect();
    let mut differences = Vec::new();
    if let Some((first, others)) = sides.split_first() {
        for (side, analysis) in others.iter().zip(&analyses[1..]) {
            Differences {
                first,
                other: side,
                found: &mut differences,
            }
            .collect(&analyses[0], analysis);
        }
    }
    differences.sort_by_key(|difference| difference.significance);
    let summary = sides
        .iter()
        .zip(&analyses)
        .map(|(side, analysis)| summary(side, analysis))
        .collect();
    let cycles = sides.into_iter().map(|side| ComparedCycle {
        cycle_id: side.cycle.id.0,
        label: side.cycle.label,
        overview: side.overview,
    });
    Comparison {
        cycles: cycles.collect(),
        differences,
        summary: Summary { cycles: summary },
    }
}

fn summary(side: &Side, analysis: &Analysis) -> SummaryOfCycle {
    let is_rated = side.outputs.consequences().is_some();
    let TotalsItem {
        leaders,
        verdict,
        flip,
        ..
    } = totals(analysis);
    let total = |score: &crate::analysis::ScoreResult| Total {
        id: score.alternative_id,
        name: name_in(analysis, score.alternative_id).to_owned(),
        score: score.score,
        rank: analysis.pugh.complete.then_some(score.rank),
        is_dominated: is_dominated(analysis, score.alternative_id),
    };
    SummaryOfCycle {
        cycle_id: side.cycle.id.0,
        label: side.cycle.label.clone(),
        totals: if is_rated {
            analysis.pugh.scores.iter().map(total).collect()
        } else {
            Vec::new()
        },
        leaders: if is_rated { leaders } else { Vec::new() },
        verdict: if is_rated { verdict } else { Verdict::Incomplete },
        flip: flip.filter(|_| is_rated),
        dq_score: analysis
            .decision_quality
            .as_ref()
            .and_then(|quality| quality.overall),
    }
}

fn name_in(analysis: &Analysis, alternative: Uuid) -> &str {
    let known = analysis.alternatives.iter().find(|one| one.id == alternative);
    known.map_or("", |one| one.name.as_str())
}

struct Differences<'a> {
    first: &'a Side,
    other: &'a Side,
    found: &'a mut Vec<Difference>,
}

impl Differences<'_> {
    fn collect(&mut self, first: &Analysis, other: &Analysis) {
        self.objectives();
        self.alternatives();
        self.ratings(first, other);
        self.recommendation();
        self.quality();
        self.texts();
    }

    fn add(&mut self, component: ComponentType, significance: Significance, description: impl Into<String>) {
        let cycle = self.other.cycle.id.0;
        self.found.push(Difference {
            component,
            cycle,
            description: description.into(),
            significance,
        });
    }

    fn has(&self, component: ComponentType) -> bool {
        self.found
            .iter()
            .any(|one| one.component == component && one.cycle == self.other.cycle.id.0)
    }

    fn objectives(&mut self) {
        let list = |side: &Side| {
            let all = side.outputs.objectives();
            all.map(|all| all.fundamental_objectives.clone())
                .unwrap_or_default()
        };
        let (first, other) = (list(self.first), list(self.other));
        let named = |all: &[FundamentalObjective]| {
            all.iter()
                .map(|one| (one.id, one.name.clone()))
                .collect::<Vec<(Uuid, String)>>()
        };
        if let Some(text) = gains_and_losses(&named(&first), &named(&other)) {
            self.add(ComponentType::Objectives, Significance::Moderate, text);
        }
        let measured = |one: &FundamentalObjective| (one.performance_measure.clone(), one.weight.clone());
        let changed: Vec<&str> = other
            .iter()
            .filter(|one| {
                first
                    .iter()
                    .any(|before| before.id == one.id && measured(before) != measured(one))
            })
            .map(|one| cut_chars(&one.name, NAME))
            .collect();
        if !changed.is_empty() {
            let text = format!("Measured or weighted differently: {}", enumerated(&changed));
            self.add(ComponentType::Objectives, Significance::Moderate, text);
        }
    }

    fn alternatives(&mut self) {
        let named = |side: &Side| {
            let all = side
                .outputs
                .alternatives()
                .map(|all| all.alternatives.as_slice())
                .unwrap_or_default();
            all.iter()
                .map(|one| (one.id, one.name.clone()))
                .collect::<Vec<(Uuid, String)>>()
        };
        if let Some(text) = gains_and_losses(&named(self.first), &named(self.other)) {
            self.add(ComponentType::Alternatives, Significance::Major, text);
        }
    }

    fn ratings(&mut self, first: &Analysis, other: &Analysis) {
        let leaders = |analysis: &Analysis| totals(analysis).leaders;
        let (before, now) = (leaders(first), leaders(other));
        if !before.is_empty() && !now.is_empty() && before != now {
            let names = |analysis: &Analysis, ids: &[Uuid]| {
                enumerated(
                    &ids.iter()
                        .map(|id| cut_chars(name_in(analysis, *id), NAME))
                        .collect::<Vec<_>>(),
                )
            };
            let verb = if now.len() == 1 { "leads" } else { "lead" };
            let text = format!(
                "{} {verb} instead of {}",
                names(other, &now),
                names(first, &before)
            );
            self.add(ComponentType::Consequences, Significance::Major, text);
        }
        let (one, two) = (Table::of(&self.first.outputs), Table::of(&self.other.outputs));
        let mut changed = 0;
        for row in two.objectives() {
            for column in two.alternatives() {
                changed += usize::from(one.rating(column.id, row.id) != two.rating(column.id, row.id));
            }
        }
        if changed > 0 {
            let text = format!(
                "{} differently",
                counted(changed, "cell is rated", "cells are rated")
            );
            self.add(ComponentType::Consequences, Significance::Moderate, text);
        }
    }

    fn recommendation(&mut self) {
        let standout = |side: &Side| {
            let recommendation = side.outputs.recommendation()?;
            recommendation.standout().map(|standout| standout.alternative_id)
        };
        if standout(self.first) != standout(self.other) {
            self.add(
                ComponentType::Recommendation,
                Significance::Moderate,
                "Another alternative stands out, or none",
            );
        }
    }

    fn quality(&mut self) {
        let quality = |side: &Side| side.outputs.decision_quality().cloned().unwrap_or_default();
        let (first, other) = (quality(self.first), quality(self.other));
        let scores = |quality: &crate::outputs::DecisionQuality| {
            crate::outputs::QualityElement::ALL
                .iter()
                .map(|one| quality.score(*one))
                .collect::<Vec<_>>()
        };
        match (first.overall(), other.overall()) {
            (Some(before), Some(now)) if before.abs_diff(now) >= MAJOR_DQ => {
                self.add(
                    ComponentType::DecisionQuality,
                    Significance::Major,
                    format!("Decision quality {now} instead of {before}"),
                );
            }
            (Some(before), Some(now)) if before != now => {
                self.add(
                    ComponentType::DecisionQuality,
                    Significance::Moderate,
                    format!("Decision quality {now} instead of {before}"),
                );
            }
            _ if scores(&first) != scores(&other) => {
                self.add(
                    ComponentType::DecisionQuality,
                    Significance::Moderate,
                    "Elements are scored differently",
                );
            }
            _ => {}
        }
    }

    /// What is left of the components in which nothing weightier was found.
    fn texts(&mut self) {
        for component in ComponentType::ALL.iter().copied() {
            let (first, other) = (
                self.first.outputs.get(component),
                self.other.outputs.get(component),
            );
            if first == other || self.has(component) {
                continue;
            }
            let text = match (first, other) {
                (Some(_), None) => "Nothing has been written here",
                (None, Some(_)) => "Written here only",
                _ => "The text differs",
            };
            self.add(component, Significance::Minor, text);
        }
    }
}

/// What the second list has and the first has not, and the reverse; nothing if both hold the same ids.
fn gains_and_losses(first: &[(Uuid, String)], other: &[(Uuid, String)]) -> Option<String> {
    let missing_in = |list: &[(Uuid, String)], of: &[(Uuid, String)]| -> Vec<String> {
        let is_missing = |id: &Uuid| list.iter().all(|(known, _)| known != id);
        of.iter()
            .filter(|(id, _)| is_missing(id))
            .map(|(_, name)| cut_chars(name, NAME).to_owned())
            .collect()
    };
    let sentence = |word: &str, names: Vec<String>| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("{word} {}", enumerated(&names)))
    };
    let parts = [
        sentence("with", missing_in(first, other)),
        sentence("without", missing_in(other, first)),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let text = parts.join(", ");
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
}
