//! Recommendation: what the user concludes. The guide sums up and leaves the choice where it belongs.

use serde_json::{Value, json};

use super::cell_line::which_alternative;
use super::context::{Grid, GuideContext};
use super::fields;
use super::line;
use super::names::{Found, find_alternative};
use super::question::Question;
use super::reading::Reading;
use crate::analysis::analyse;
use crate::document::{markdown_line, wording};
use crate::outputs::text::trimmed_length;

/// The fewest characters of a synthesis.
const SYNTHESIS_MIN: usize = 50;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bucket {
    Synthesis,
    Standout,
    Uncertainty,
}

impl Bucket {
    fn from_word(word: &str) -> Option<Self> {
        Some(match line::keyword(word).as_str() {
            "synthesis" | "conclusion" => Self::Synthesis,
            "standout" => Self::Standout,
            "uncertainty" | "uncertainties" => Self::Uncertainty,
            _ => return None,
        })
    }
}

/// The totals in words, with the flip beside them.
pub fn preface(context: &GuideContext<'_>) -> String {
    let analysis = analyse(context.outputs);
    if analysis.alternatives.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = [
        Some(wording::verdict(&analysis)),
        wording::flip(&analysis).map(|flip| format!("Smallest flip: {flip}")),
    ]
    .into_iter()
    .flatten()
    .map(|line| format!("- {}", markdown_line(&line)))
    .collect();
    format!(
        "The ratings say:\n\n{}\n\nNumbers inform; the choice is yours.",
        lines.join("\n")
    )
}

pub fn questions(_: &GuideContext<'_>, content: &Value) -> Vec<Question> {
    let is_concluded =
        fields::text(content, "/synthesis").is_some_and(|text| trimmed_length(text) >= SYNTHESIS_MIN);
    vec![
        Question::required(
            "synthesis",
            format!(
                "**What do you conclude, and why?** A few sentences, at least {SYNTHESIS_MIN} characters."
            ),
            is_concluded,
        ),
        Question::optional(
            "standout",
            "**Does one alternative stand out, or none?** Write `alternative: why`, or `none`; both are good answers.",
            content.get("standout_option").is_some(),
        ),
        Question::optional(
            "uncertainties",
            "**What would change your mind?** One per line, or `none`.",
            !fields::list(content, "/remaining_uncertainties").is_empty(),
        ),
    ]
}

/// "None stands out" is an answer and is kept as one.
pub fn pass(reading: &mut Reading<'_>, key: &str) {
    if key == "standout" {
        reading.set("/standout_option", Value::Null, "No alternative stands out", "");
    }
}

pub fn read(reading: &mut Reading<'_>, key: Option<&str>, text: &str) {
    let mut bucket = key.and_then(Bucket::from_word);
    let mut synthesis = Vec::new();
    let mut standout: Vec<&str> = Vec::new();
    for entry in line::lines(text) {
        if let Some(word) = line::heading(entry).filter(|_| bucket != Some(Bucket::Synthesis)) {
            bucket = Bucket::from_word(word);
            if bucket.is_none() {
                reading.ask(entry, "I know the headings `Synthesis:`, `Standout:` and `Uncertainties:`. Which one do you mean?");
            }
            continue;
        }
        let item = line::item_text(entry);
        let prefixed = line::named(item).and_then(|(word, rest)| Some((Bucket::from_word(word)?, rest)));
        match (prefixed, bucket) {
            (Some((Bucket::Synthesis, rest)), _) => synthesis.push(rest),
            (None, Some(Bucket::Synthesis)) => synthesis.push(entry),
            (Some((Bucket::Standout, rest)), _) => standout.push(rest),
            (None, Some(Bucket::Standout)) => standout.push(item),
            (Some((Bucket::Uncertainty, rest)), _) => put_uncertainty(reading, rest),
            (None, Some(Bucket::Uncertainty)) => put_uncertainty(reading, item),
            (None, None) => reading.ask(
                entry,
                "Is it part of the `synthesis:`, a `standout:` or an `uncertainty:`?",
            ),
        }
    }
    if !synthesis.is_empty() {
        put_synthesis(reading, &synthesis.join("\n"));
    }
    if let [first, more @ ..] = standout.as_slice() {
        put_standout(reading, first, more);
    }
}

fn put_synthesis(reading: &mut Reading<'_>, text: &str) {
    let length = trimmed_length(text);
    if length < SYNTHESIS_MIN {
        let question = format!(
            "Could you say more? These are {length} characters; a synthesis has at least {SYNTHESIS_MIN}."
        );
        return reading.ask(text, question);
    }
    reading.set("/synthesis", json!(text), "Synthesis", text);
}

/// The first line names the alternative and the reason; further lines belong to the reason.
fn put_standout(reading: &mut Reading<'_>, first: &str, more: &[&str]) {
    if line::is_none(first) {
        for entry in more {
            reading.ask(
                entry,
                "If none stands out, write `none` alone; what speaks for that belongs in the `synthesis:`.",
            );
        }
        return reading.set("/standout_option", Value::Null, "No alternative stands out", "");
    }
    let grid = Grid::of(reading.context);
    let Some((name, reason)) = line::named(first) else {
        return reading.ask(
            first,
            "Which alternative stands out, and why? Write `alternative: why`, or `none`.",
        );
    };
    let place = match find_alternative(&grid.alternatives, name) {
        Found::One(place) => place,
        found => return reading.ask(first, which_alternative(&grid, name, found)),
    };
    let mut rationale = vec![reason];
    rationale.extend(more);
    let id = grid.alternatives[place].id;
    let value = json!({ "alternative_id": id, "rationale": rationale.join("\n") });
    reading.set(
        "/standout_option",
        value,
        &format!("Stands out: {}", grid.alternatives[place].name),
        reason,
    );
    let analysis = analyse(reading.context.outputs);
    reading
        .understood
        .extend(wording::standout_contradiction(&analysis, id));
}

fn put_uncertainty(reading: &mut Reading<'_>, text: &str) {
    if reading.has_text("/remaining_uncertainties", "description", text) {
        return reading.already("Would change your mind", text);
    }
    reading.add(
        "/remaining_uncertainties",
        json!({ "description": text }),
        "Would change your mind",
        text,
    );
}
