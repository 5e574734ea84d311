//! Tradeoffs: shows the analysis, notes it, and asks what the user makes of it.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::cell_line::which_alternative;
use super::context::{Grid, GuideContext};
use super::fields;
use super::line;
use super::names::{Found, find_alternative};
use super::question::Question;
use super::reading::Reading;
use crate::analysis::{Analysis, analyse};
use crate::document::{markdown_line, wording};

const DOMINATED: &str = "/dominated_alternatives";
const TENSIONS: &str = "/tensions";

/// The computed analysis, shown before anything is asked.
pub fn preface(context: &GuideContext<'_>) -> String {
    let analysis = analyse(context.outputs);
    if !analysis.pugh.complete {
        return String::new();
    }
    let mut lines = vec![wording::verdict(&analysis)];
    lines.extend(wording::flip(&analysis).map(|flip| format!("Smallest flip: {flip}")));
    lines.extend(
        wording::dominance(&analysis)
            .into_iter()
            .map(|one| format!("Dominated: {one}")),
    );
    let irrelevant: Vec<Uuid> = analysis
        .irrelevant
        .irrelevant
        .iter()
        .map(|one| one.objective_id)
        .collect();
    if !irrelevant.is_empty() {
        lines.push(format!(
            "The same for all alternatives: {}.",
            wording::objectives(&analysis, &irrelevant)
        ));
    }
    lines.extend(
        analysis
            .tensions
            .entries
            .iter()
            .filter(|one| has_sides(one))
            .map(|one| tension(&analysis, one)),
    );
    let lines: Vec<String> = lines
        .iter()
        .map(|line| format!("- {}", markdown_line(line)))
        .collect();
    format!("This is what the ratings say:\n\n{}", lines.join("\n"))
}

fn has_sides(tension: &crate::analysis::TensionResult) -> bool {
    !tension.gains.is_empty() || !tension.losses.is_empty()
}

fn tension(analysis: &Analysis, tension: &crate::analysis::TensionResult) -> String {
    let side = |ids: &[Uuid]| {
        if ids.is_empty() {
            "nothing".to_owned()
        } else {
            wording::objectives(analysis, ids)
        }
    };
    format!(
        "Tension: {} gains {} and gives up {} (total {}).",
        wording::alternative(analysis, tension.alternative_id),
        side(&tension.gains),
        side(&tension.losses),
        wording::signed(tension.net_score.into())
    )
}

pub fn questions(context: &GuideContext<'_>, content: &Value) -> Vec<Question> {
    let analysis = analyse(context.outputs);
    if !Grid::of(context).is_ratable() || !analysis.pugh.complete {
        return vec![Question::required(
            "ratings",
            "The rating table is not complete yet. Please finish the consequences first.",
            false,
        )];
    }
    let mut questions = Vec::new();
    if !analysis.dominance.dominated.is_empty() {
        questions.push(Question::optional(
            "keep",
            "**Is there a dominated option you want to keep, and why?** Write `alternative: reason`, or `none`.",
            fields::list(content, DOMINATED).iter().any(|entry| fields::text(entry, "/cleared/reason").is_some()),
        ));
    }
    if analysis.tensions.entries.iter().any(has_sides) {
        questions.push(Question::optional(
            "tension",
            "**Which tension matters most, and why?** Write `alternative: reason`, or `none`.",
            fields::list(content, TENSIONS)
                .iter()
                .any(|entry| fields::text(entry, "/uncertainty_impact").is_some()),
        ));
    }
    questions
}

pub fn read(reading: &mut Reading<'_>, key: Option<&str>, text: &str) {
    let grid = Grid::of(reading.context);
    let analysis = analyse(reading.context.outputs);
    if key == Some("ratings") || !analysis.pugh.complete {
        return reading.ask(
            text,
            "Please finish the consequences first; then the analysis has something to say.",
        );
    }
    record_analysis(reading);
    for entry in line::lines(text) {
        let item = line::item_text(entry);
        let (key, item) = match prefix(item) {
            Some((key, rest)) => (Some(key), rest),
            None => (key, item),
        };
        let Some((name, reason)) = line::named(item).or_else(|| item.split_once(" because ")) else {
            reading.ask(entry, "Which alternative, and why? Write `alternative: reason`.");
            continue;
        };
        match find_alternative(&grid.alternatives, name) {
            Found::One(place) => put(
                reading,
                &analysis,
                key,
                entry,
                grid.alternatives[place].id,
                reason.trim(),
            ),
            found => reading.ask(entry, which_alternative(&grid, name, found)),
        }
    }
}

/// `keep: B: reason`, `keep B because reason`, `tension: B: reason`.
fn prefix(item: &str) -> Option<(&'static str, &str)> {
    let (word, rest) = item.split_once([':', ' '])?;
    match word.to_lowercase().as_str() {
        "keep" => Some(("keep", rest.trim())),
        "tension" => Some(("tension", rest.trim())),
        _ => None,
    }
}

fn put(
    reading: &mut Reading<'_>,
    analysis: &Analysis,
    key: Option<&str>,
    entry: &str,
    id: Uuid,
    reason: &str,
) {
    let name = wording::alternative(analysis, id);
    let is_dominated = analysis
        .dominance
        .dominated
        .iter()
        .any(|one| one.alternative_id == id);
    match key {
        Some("keep") if is_dominated => {
            reading.set(
                format!("{DOMINATED}/{id}/cleared"),
                json!({ "reason": reason }),
                &format!("Keep {name}"),
                reason,
            );
        }
        Some("keep") => reading.ask(
            entry,
            "Nothing dominates this alternative, so it stays anyway. Which one do you mean?",
        ),
        Some("tension") if !is_dominated => {
            reading.set(
                format!("{TENSIONS}/{id}/uncertainty_impact"),
                json!(reason),
                &format!("Tension of {name}"),
                reason,
            );
        }
        Some("tension") => reading.ask(
            entry,
            "This alternative is dominated, so it is in no tension. Which one do you mean?",
        ),
        _ => reading.ask(
            entry,
            "Do you want to keep it (`keep: alternative: reason`) or is it about its `tension:`?",
        ),
    }
}

/// Puts the computed lists into the draft where they differ. What people said about an entry stays with it.
pub fn record_analysis(reading: &mut Reading<'_>) {
    let analysis = analyse(reading.context.outputs);
    if !analysis.pugh.complete {
        return;
    }
    let content = reading.content().clone();
    let dominated: Vec<Value> = analysis
        .dominance
        .dominated
        .iter()
        .map(|one| {
            let value = json!({ "alternative_id": one.alternative_id, "dominated_by": one.dominators, "explanation": one.explanation });
            kept(&content, DOMINATED, "alternative_id", one.alternative_id, value, &["cleared"])
        })
        .collect();
    let irrelevant: Vec<Value> = analysis
        .irrelevant
        .irrelevant
        .iter()
        .map(|one| {
            let reason = format!(
                "All alternatives are rated {}.",
                wording::signed(one.rating.into())
            );
            let value = json!({ "objective_id": one.objective_id, "reason": reason });
            kept(
                &content,
                "/irrelevant_objectives",
                "objective_id",
                one.objective_id,
                value,
                &["reason"],
            )
        })
        .collect();
    let tensions: Vec<Value> = analysis
        .tensions
        .entries
        .iter()
        .map(|one| {
            let value = json!({ "alternative_id": one.alternative_id, "gains": one.gains, "losses": one.losses, "net_score": one.net_score });
            kept(&content, TENSIONS, "alternative_id", one.alternative_id, value, &["uncertainty_impact"])
        })
        .collect();
    for (path, list, label) in [
        (DOMINATED, dominated, "Dominated alternatives"),
        ("/irrelevant_objectives", irrelevant, "Irrelevant objectives"),
        (TENSIONS, tensions, "Tensions"),
    ] {
        let count = list.len();
        let list = Value::Array(list);
        if content.pointer(path) != Some(&list) {
            reading.set(path, list, label, &count.to_string());
        }
    }
}

/// The computed entry with what an earlier one says in these fields.
fn kept(content: &Value, list: &str, field: &str, id: Uuid, mut value: Value, fields_kept: &[&str]) -> Value {
    let entries = fields::list(content, list);
    let before: Option<&Map<String, Value>> =
        fields::place_of(entries, field, id).and_then(|place| entries[place].as_object());
    for name in fields_kept {
        if let Some(said) = before.and_then(|before| before.get(*name)) {
            value[*name] = said.clone();
        }
    }
    value
}
