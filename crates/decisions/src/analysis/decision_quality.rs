//! Decision quality: the lowest of seven scores, and which ones to improve first.

use schemars::JsonSchema;
use serde::Serialize;

use crate::outputs::{DecisionQuality, QualityElement, wire_enum};

/// From this score on an element needs no improvement.
const ACCEPTABLE: u8 = 80;

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct DecisionQualityResult {
    /// The lowest of the seven; absent while fewer are rated.
    pub overall: Option<u8>,
    /// The lowest of those rated, while fewer than seven are.
    pub lowest_so_far: Option<u8>,
    /// The first element that has the lowest score.
    pub weakest: Option<QualityElement>,
    /// All seven rated, each at 80 or more.
    pub acceptable: bool,
    pub rated: usize,
    pub elements: Vec<ElementResult>,
    /// The elements below 80, lowest first.
    pub suggestions: Vec<Suggestion>,
    /// All seven at 100: further effort is not warranted.
    pub affirmation_offered: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ElementResult {
    pub name: QualityElement,
    pub score: Option<u8>,
    pub priority: Option<ImprovementPriority>,
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Suggestion {
    pub element: QualityElement,
    pub score: u8,
    pub priority: ImprovementPriority,
    /// How the user would raise it.
    pub improvement_path: Option<String>,
}

wire_enum! {
    /// How much raising a score would help.
    ImprovementPriority { Critical = "critical", High = "high", Medium = "medium", Low = "low" }
}

/// The priority of improving a score.
pub fn improvement_priority(score: u8) -> ImprovementPriority {
    match score {
        0..=30 => ImprovementPriority::Critical,
        31..=50 => ImprovementPriority::High,
        51..=70 => ImprovementPriority::Medium,
        _ => ImprovementPriority::Low,
    }
}

/// Assesses the scores given so far.
pub fn assess(quality: &DecisionQuality) -> DecisionQualityResult {
    let scored: Vec<(QualityElement, u8)> = QualityElement::ALL
        .iter()
        .filter_map(|&element| Some((element, quality.score(element)?)))
        .collect();
    let lowest = scored.iter().min_by_key(|(_, score)| *score).copied();
    let overall = quality.overall();
    DecisionQualityResult {
        overall,
        lowest_so_far: lowest.map(|(_, score)| score).filter(|_| overall.is_none()),
        weakest: lowest.map(|(element, _)| element),
        acceptable: overall.is_some_and(|overall| overall >= ACCEPTABLE),
        rated: scored.len(),
        elements: QualityElement::ALL
            .iter()
            .map(|&element| element_result(quality, element))
            .collect(),
        suggestions: suggestions(quality, scored),
        affirmation_offered: overall == Some(100),
    }
}

fn element_result(quality: &DecisionQuality, name: QualityElement) -> ElementResult {
    let score = quality.score(name);
    ElementResult {
        name,
        score,
        priority: score.map(improvement_priority),
    }
}

fn suggestions(quality: &DecisionQuality, mut scored: Vec<(QualityElement, u8)>) -> Vec<Suggestion> {
    scored.retain(|(_, score)| *score < ACCEPTABLE);
    scored.sort_by_key(|(_, score)| *score);
    let path = |element| {
        let rating = quality
            .elements
            .iter()
            .find(|rating| rating.name == Some(element));
        rating.and_then(|rating| rating.improvement_path.clone())
    };
    scored
        .into_iter()
        .map(|(element, score)| Suggestion {
            element,
            score,
            priority: improvement_priority(score),
            improvement_path: path(element),
        })
        .collect()
}
