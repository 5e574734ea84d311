//! Objectives: what matters, what only helps, and how one would know.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::context::GuideContext;
use super::fields;
use super::line;
use super::names::{Found, find_objective, is_same_name};
use super::question::Question;
use super::reading::Reading;
use crate::outputs::text::trimmed_length;
use crate::outputs::{Direction, Named, parse_quantity};

const FUNDAMENTAL: &str = "/fundamental_objectives";

pub fn questions(_: &GuideContext<'_>, content: &Value) -> Vec<Question> {
    let objectives = fields::list(content, FUNDAMENTAL);
    let unmeasured = unmeasured(content);
    vec![
        Question::required(
            "fundamental",
            "**What matters in this decision?** One objective per line, as `name` or `name: description`.",
            !objectives.is_empty(),
        ),
        Question::optional(
            "means",
            "**Does any of it matter only because it helps another?** Write `means -> objective`, or `none`.",
            !fields::list(content, "/means_objectives").is_empty(),
        ),
        Question::until_answered(
            "measure",
            measure_question(&unmeasured),
            !objectives.is_empty() && unmeasured.is_empty(),
        ),
    ]
}

fn measure_question(unmeasured: &[Named]) -> String {
    let names: Vec<String> = unmeasured
        .iter()
        .map(|objective| format!("- {}", super::shown(&objective.name)))
        .collect();
    format!(
        "**How would you know that you got it?** Write `objective: measure, direction`, where the direction is `maximize`, \
         `minimize` or `target` with a number; for example `Rent: euros a month, minimize`. Or `none`.\n\n{}",
        names.join("\n")
    )
}

fn named(content: &Value) -> Vec<Named> {
    let entries = fields::list(content, FUNDAMENTAL).iter();
    entries
        .filter_map(|entry| {
            Some(Named {
                id: fields::id(entry, "id")?,
                name: fields::text(entry, "/name")?.to_owned(),
            })
        })
        .collect()
}

fn unmeasured(content: &Value) -> Vec<Named> {
    let measured = |id: Uuid| {
        let entries = fields::list(content, FUNDAMENTAL);
        let place = fields::place_of(entries, "id", id);
        place.is_some_and(|place| fields::text(&entries[place], "/performance_measure/metric").is_some())
    };
    named(content)
        .into_iter()
        .filter(|objective| !measured(objective.id))
        .collect()
}

pub fn read(reading: &mut Reading<'_>, key: Option<&str>, text: &str) {
    let mut bucket = key;
    for entry in line::lines(text) {
        if let Some(word) = line::heading(entry) {
            bucket = bucket_of(word);
            if bucket.is_none() {
                reading.ask(
                    entry,
                    "I know the headings `Objectives:`, `Means:` and `Measures:`. Which one do you mean?",
                );
            }
            continue;
        }
        let item = line::item_text(entry);
        if let Some((means, objective)) = line::arrow(item) {
            put_means(reading, entry, means, objective);
            continue;
        }
        let prefixed = line::named(item).and_then(|(word, rest)| Some((bucket_of(word)?, rest)));
        match prefixed.or(bucket.map(|bucket| (bucket, item))) {
            Some(("fundamental", text)) => put_fundamental(reading, entry, text),
            Some(("measure", text)) => put_measure(reading, entry, text),
            Some(_) => reading.ask(entry, "Which objective does it help? Write `means -> objective`."),
            None => reading.ask(
                entry,
                "Is it an `objective:`, a `measure: objective: …`, or a `means -> objective`?",
            ),
        }
    }
}

fn bucket_of(word: &str) -> Option<&'static str> {
    match line::keyword(word).as_str() {
        "objective" | "objectives" | "fundamental" => Some("fundamental"),
        "means" => Some("means"),
        "measure" | "measures" => Some("measure"),
        _ => None,
    }
}

fn put_fundamental(reading: &mut Reading<'_>, entry: &str, text: &str) {
    let (name, description) = match line::named(text) {
        Some((name, description)) => (name, Some(description)),
        None => (text, None),
    };
    if trimmed_length(name) > 100 {
        reading.ask(entry, "What is a short name for it? Write `name: description`.");
        return;
    }
    if named(reading.content())
        .iter()
        .any(|known| is_same_name(&known.name, name))
    {
        reading.already("Objective", name);
        return;
    }
    let mut value = json!({ "name": name });
    if let Some(description) = description {
        value["description"] = json!(description);
    }
    reading.add(FUNDAMENTAL, value, "Objective", text);
}

fn put_means(reading: &mut Reading<'_>, entry: &str, means: &str, objectives: &str) {
    let known = named(reading.content());
    let supports = match find_all(&known, objectives) {
        Ok(supports) => supports,
        Err(question) => return reading.ask(entry, question),
    };
    match find_objective(&known, means) {
        Found::One(place) if supports.contains(&place) => reading.ask(
            entry,
            "An objective does not help itself. Which one does it help?",
        ),
        Found::One(place) if is_supported(reading, known[place].id) => {
            reading.ask(entry, "Other means help this objective, so it cannot become one of them. Take those away first, or leave it as it is.");
        }
        found => {
            let demoted = if let Found::One(place) = found {
                Some(place)
            } else {
                None
            };
            add_means(reading, &known, means, demoted, &supports);
        }
    }
}

/// A means objective; one that was listed as fundamental moves over.
fn add_means(
    reading: &mut Reading<'_>,
    known: &[Named],
    means: &str,
    demoted: Option<usize>,
    supports: &[usize],
) {
    let description = demoted
        .map_or(means, |place| known[place].name.as_str())
        .to_owned();
    let names: Vec<&str> = supports.iter().map(|place| known[*place].name.as_str()).collect();
    let ids: Vec<Uuid> = supports.iter().map(|place| known[*place].id).collect();
    if let Some(place) = demoted {
        let id = known[place].id;
        reading.remove(
            format!("{FUNDAMENTAL}/{id}"),
            "No longer an end in itself",
            &description,
        );
        reading.state.measures.retain(|(waiting, _)| *waiting != id);
    }
    let summary = format!("{description} → {}", names.join(", "));
    reading.add(
        "/means_objectives",
        json!({ "description": description, "supports": ids }),
        "Means",
        &summary,
    );
}

/// One objective, or several between commas.
fn find_all(known: &[Named], written: &str) -> Result<Vec<usize>, String> {
    if let Found::One(place) = find_objective(known, written) {
        return Ok(vec![place]);
    }
    let mut places = Vec::new();
    for part in written.split(',') {
        match find_objective(known, part) {
            Found::One(place) if !places.contains(&place) => places.push(place),
            Found::One(_) => {}
            found => return Err(which_objective(known, part, found)),
        }
    }
    Ok(places)
}

fn is_supported(reading: &mut Reading<'_>, id: Uuid) -> bool {
    let id = json!(id);
    let means = fields::list(reading.content(), "/means_objectives");
    means
        .iter()
        .any(|entry| fields::list(entry, "/supports").contains(&id))
}

pub fn which_objective(known: &[Named], written: &str, found: Found) -> String {
    let written = super::quoted(written);
    if found == Found::Ambiguous {
        return format!(
            "Several objectives are called {written}. Which one do you mean? Write its number: {}.",
            super::numbered(known)
        );
    }
    format!(
        "I do not know the objective {written}. Which one do you mean: {}?",
        super::numbered(known)
    )
}

fn put_measure(reading: &mut Reading<'_>, entry: &str, text: &str) {
    let known = named(reading.content());
    if let Some((direction, target)) = read_direction(text) {
        return put_waiting_direction(reading, entry, direction, target);
    }
    let Some((name, measure)) = line::named(text) else {
        return reading.ask(
            entry,
            "Which objective does this measure? Write `objective: measure, direction`.",
        );
    };
    let id = match find_objective(&known, name) {
        Found::One(place) => known[place].id,
        found => return reading.ask(entry, which_objective(&known, name, found)),
    };
    if let Some((direction, target)) = read_direction(measure)
        && let Some(metric) = take_waiting(reading, id)
    {
        return set_measure(reading, id, &metric, direction, target);
    }
    let split = measure
        .rsplit_once([',', '，'])
        .and_then(|(metric, direction)| Some((metric.trim(), read_direction(direction)?)));
    match split {
        Some((metric, (direction, target))) if !metric.is_empty() => {
            take_waiting(reading, id);
            set_measure(reading, id, metric, direction, target);
        }
        _ => {
            take_waiting(reading, id);
            reading.state.measures.push((id, measure.to_owned()));
            reading.ask(
                entry,
                "Is more of it better, or less? Write `maximize`, `minimize`, or `target` with a number.",
            );
        }
    }
}

/// `minimize` alone answers for the measure that waits for its direction, if there is exactly one.
fn put_waiting_direction(
    reading: &mut Reading<'_>,
    entry: &str,
    direction: Direction,
    target: Option<Decimal>,
) {
    match reading.state.measures.as_slice() {
        [(id, metric)] => {
            let (id, metric) = (*id, metric.clone());
            reading.state.measures.clear();
            set_measure(reading, id, &metric, direction, target);
        }
        _ => reading.ask(
            entry,
            "Which objective do you mean? Write `objective: measure, direction`.",
        ),
    }
}

fn take_waiting(reading: &mut Reading<'_>, id: Uuid) -> Option<String> {
    let place = reading
        .state
        .measures
        .iter()
        .position(|(waiting, _)| *waiting == id)?;
    Some(reading.state.measures.remove(place).1)
}

/// `maximize`, `minimize`, or `target 20`.
fn read_direction(text: &str) -> Option<(Direction, Option<Decimal>)> {
    let lower = text.trim().to_lowercase();
    match lower.split_once(char::is_whitespace) {
        Some(("target", number)) => Some((Direction::Target, Some(parse_quantity(number.trim())?))),
        Some(_) => None,
        None => match lower.as_str() {
            "maximize" | "maximise" => Some((Direction::Maximize, None)),
            "minimize" | "minimise" => Some((Direction::Minimize, None)),
            _ => None,
        },
    }
}

fn set_measure(
    reading: &mut Reading<'_>,
    id: Uuid,
    metric: &str,
    direction: Direction,
    target: Option<Decimal>,
) {
    let entries = fields::list(reading.content(), FUNDAMENTAL);
    let Some(index) = fields::place_of(entries, "id", id) else {
        return reading.ask(
            metric,
            "The objective of this measure is no longer there. Which one does it belong to?",
        );
    };
    let name = fields::text(&entries[index], "/name")
        .unwrap_or_default()
        .to_owned();
    let mut measure = entries[index]
        .get("performance_measure")
        .filter(|old| old.is_object())
        .cloned()
        .unwrap_or_else(|| json!({}));
    measure["metric"] = json!(metric);
    measure["direction"] = json!(direction);
    if let Some(fields) = measure.as_object_mut() {
        fields.shift_remove("target");
        fields.extend(target.map(|target| ("target".to_owned(), json!(target.to_string()))));
    }
    let summary = format!("{name}: {metric}, {direction}");
    reading.set(
        format!("{FUNDAMENTAL}/{id}/performance_measure"),
        measure,
        "Measure",
        &summary,
    );
}
