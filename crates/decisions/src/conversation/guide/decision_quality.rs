//! Decision quality: seven scores, each with its reason and with what would raise it.

use serde_json::{Value, json};

use super::context::GuideContext;
use super::fields;
use super::line;
use super::question::Question;
use super::reading::Reading;
use crate::outputs::QualityElement;

const LIST: &str = "/elements";

pub fn questions(_: &GuideContext<'_>, content: &Value) -> Vec<Question> {
    let entries = fields::list(content, LIST);
    let is_scored = |element: QualityElement| {
        entry_of(entries, element).is_some_and(|entry| entry.get("score").is_some_and(Value::is_number))
    };
    let question = |(place, &element): (usize, &QualityElement)| {
        let text = format!(
            "**{}. {}:** how do you rate it from 0 to 100, why, and what would raise it? \
             For example `70 we asked two experts -> ask a third`.",
            place + 1,
            element.title()
        );
        Question::required(element.as_str(), text, is_scored(element))
    };
    QualityElement::ALL.iter().enumerate().map(question).collect()
}

fn entry_of(entries: &[Value], element: QualityElement) -> Option<&Value> {
    entries
        .iter()
        .find(|entry| fields::text(entry, "/name") == Some(element.as_str()))
}

/// What a message says about one element.
struct Rated {
    element: QualityElement,
    score: Option<u8>,
    rationale: Option<String>,
    improvement: Option<String>,
}

pub fn read(reading: &mut Reading<'_>, key: Option<&str>, text: &str) {
    let mut asked = key.and_then(QualityElement::parse);
    let mut rated: Vec<Rated> = Vec::new();
    for entry in line::lines(text) {
        let item = line::item_text(entry);
        if let Some(improvement) = improvement_line(item) {
            match (rated.last_mut(), asked) {
                (Some(last), _) => last.improvement = Some(improvement.to_owned()),
                (None, Some(element)) => rated.push(Rated {
                    element,
                    score: None,
                    rationale: None,
                    improvement: Some(improvement.to_owned()),
                }),
                (None, None) => {
                    reading.ask(entry, "Which element would that raise? Write it below its score.")
                }
            }
            continue;
        }
        match read_line(entry, asked) {
            Ok(one) => {
                asked = asked.filter(|element| *element != one.element);
                rated.retain(|other| other.element != one.element);
                rated.push(one);
            }
            Err(question) => reading.ask(entry, question),
        }
    }
    for one in rated {
        record(reading, one);
    }
}

/// `raise: what would raise it`.
fn improvement_line(item: &str) -> Option<&str> {
    let (word, rest) = line::named(item)?;
    matches!(line::keyword(word).as_str(), "raise" | "improve").then_some(rest)
}

/// `element: score reason`, `1. score reason` by number, or `score reason` for the element asked about.
fn read_line(entry: &str, asked: Option<QualityElement>) -> Result<Rated, String> {
    let bullet = line::bullet(entry);
    let item = line::item_text(entry);
    if let Some((name, rest)) = line::named(item) {
        if let Some(element) = find_element(name) {
            return read_score(element, rest);
        }
        if read_score(QualityElement::ClearObjectives, rest).is_ok() {
            return Err(which_element());
        }
    }
    let by_number = bullet
        .and_then(|bullet| bullet.number)
        .and_then(|number| QualityElement::ALL.get(number.checked_sub(1)?));
    match by_number.copied().or(asked) {
        Some(element) => read_score(element, item),
        None => Err(which_element()),
    }
}

fn which_element() -> String {
    let names: Vec<String> = QualityElement::ALL
        .iter()
        .enumerate()
        .map(|(place, element)| format!("{}. {}", place + 1, element.title()))
        .collect();
    format!(
        "Which element is that? Write `element: score reason` with one of {}.",
        names.join(", ")
    )
}

/// By title or wire name ignoring case, or by number 1 to 7.
fn find_element(name: &str) -> Option<QualityElement> {
    let by_number = name
        .trim()
        .parse::<usize>()
        .ok()
        .and_then(|number| QualityElement::ALL.get(number.checked_sub(1)?));
    QualityElement::parse(&line::keyword(name)).or(by_number.copied())
}

fn read_score(element: QualityElement, text: &str) -> Result<Rated, String> {
    let (word, rest) = text
        .trim()
        .split_once(char::is_whitespace)
        .unwrap_or((text.trim(), ""));
    let digits = word.trim_end_matches([',', ';', ':', '.']);
    let digits = digits
        .strip_suffix("/100")
        .or(digits.strip_suffix('%'))
        .unwrap_or(digits);
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let score = digits
        .parse::<u8>()
        .ok()
        .filter(|score| is_number && *score <= 100);
    let Some(score) = score else {
        return Err(format!(
            "How do you rate {}? A whole number from 0 to 100, and then the reason.",
            element.title()
        ));
    };
    let reason = rest.trim().trim_start_matches(['–', '—']).trim();
    let (rationale, improvement) = match line::arrow(reason) {
        Some((rationale, improvement)) => (Some(rationale), Some(improvement)),
        None => match reason.strip_prefix("->").or(reason.strip_prefix('→')) {
            Some(improvement) => (None, Some(improvement.trim()).filter(|text| !text.is_empty())),
            None => (Some(reason).filter(|reason| !reason.is_empty()), None),
        },
    };
    Ok(Rated {
        element,
        score: Some(score),
        rationale: rationale.map(str::to_owned),
        improvement: improvement.map(str::to_owned),
    })
}

/// What was said is set; what an earlier entry says besides stays.
fn record(reading: &mut Reading<'_>, rated: Rated) {
    let before = entry_of(fields::list(reading.content(), LIST), rated.element).cloned();
    let is_new = before.is_none();
    let mut entry = before.unwrap_or_else(|| json!({ "name": rated.element }));
    for (field, value) in [
        ("score", rated.score.map(|score| json!(score))),
        ("rationale", rated.rationale.as_ref().map(|text| json!(text))),
        (
            "improvement_path",
            rated.improvement.as_ref().map(|text| json!(text)),
        ),
    ] {
        if let Some(value) = value {
            entry[field] = value;
        }
    }
    let parts: Vec<String> = [
        rated.score.map(|score| score.to_string()),
        rated.rationale,
        rated.improvement.map(|path| format!("→ {path}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if is_new {
        reading.add_plain(LIST, entry, rated.element.title(), &parts.join(" "));
    } else {
        reading.set(
            format!("{LIST}/{}", rated.element),
            entry,
            rated.element.title(),
            &parts.join(" "),
        );
    }
}
