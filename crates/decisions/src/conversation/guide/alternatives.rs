//! Alternatives: the status quo first, then what else could be done.

use serde_json::{Value, json};
use uuid::Uuid;

use super::context::GuideContext;
use super::fields;
use super::line;
use super::names::is_same_name;
use super::question::Question;
use super::reading::Reading;
use crate::outputs::text::trimmed_length;

const LIST: &str = "/alternatives";
/// The longest name of an alternative.
const NAME_MAX: usize = 100;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bucket {
    StatusQuo,
    Alternative,
    Assumption,
}

impl Bucket {
    fn from_word(word: &str) -> Option<Self> {
        Some(match line::keyword(word).as_str() {
            "status_quo" => Self::StatusQuo,
            "alternative" | "alternatives" | "option" | "options" | "others" | "another_view" => {
                Self::Alternative
            }
            "assumption" | "assumptions" => Self::Assumption,
            _ => return None,
        })
    }
}

pub fn questions(_: &GuideContext<'_>, content: &Value) -> Vec<Question> {
    let alternatives = fields::list(content, LIST);
    let has_status_quo = alternatives.iter().any(is_status_quo);
    let has_other = alternatives.iter().any(|entry| !is_status_quo(entry));
    vec![
        Question::required(
            "status_quo",
            "**What happens if you change nothing, and what do you call that?** Write `name: what happens`. \
             It is the baseline of all comparisons.",
            has_status_quo,
        ),
        Question::required(
            "others",
            "**What else could you do?** One option per line, as `name` or `name: description`. \
             A line `assumption: …` belongs to the option before it.",
            has_other,
        ),
        Question::optional(
            "another_view",
            "**What would someone who sees it differently add?** One option per line, or `none`.",
            false,
        ),
    ]
}

fn is_status_quo(entry: &Value) -> bool {
    entry.get("is_status_quo").and_then(Value::as_bool) == Some(true)
}

pub fn read(reading: &mut Reading<'_>, key: Option<&str>, text: &str) {
    let mut bucket = key.and_then(Bucket::from_word);
    let mut last = None;
    for entry in line::lines(text) {
        if let Some(word) = line::heading(entry) {
            bucket = Bucket::from_word(word);
            if bucket.is_none() {
                reading.ask(entry, "I know the headings `Status quo:`, `Alternatives:` and `Assumptions:`. Which one do you mean?");
            }
            continue;
        }
        let item = line::item_text(entry);
        let prefixed = line::named(item).and_then(|(word, rest)| Some((Bucket::from_word(word)?, rest)));
        match prefixed.or(bucket.map(|bucket| (bucket, item))) {
            Some((Bucket::StatusQuo, rest)) => last = put_status_quo(reading, entry, rest).or(last),
            Some((Bucket::Alternative, rest)) => last = put_alternative(reading, entry, rest).or(last),
            Some((Bucket::Assumption, rest)) => put_assumption(reading, entry, last, rest),
            None => reading.ask(entry, "Is it another option? Begin with `alternative:`."),
        }
    }
}

fn put_status_quo(reading: &mut Reading<'_>, entry: &str, text: &str) -> Option<Uuid> {
    let existing = fields::list(reading.content(), LIST)
        .iter()
        .find(|entry| is_status_quo(entry))
        .cloned();
    if let Some(existing) = existing {
        let name = super::quoted(fields::text(&existing, "/name").unwrap_or_default());
        reading.ask(entry, format!("The status quo is {name}. Is this another option? Begin with `alternative:`; what you assume, with `assumption:`."));
        return None;
    }
    let (name, description) = name_of(reading, entry, text)?;
    let alternatives = fields::list(reading.content(), LIST);
    let known = alternatives
        .iter()
        .find(|entry| fields::text(entry, "/name").is_some_and(|known| is_same_name(known, name)));
    let id = match known.and_then(|entry| fields::id(entry, "id")) {
        Some(id) => {
            reading.set(
                format!("{LIST}/{id}/is_status_quo"),
                json!(true),
                "Status quo",
                name,
            );
            id
        }
        None => reading.add(LIST, alternative(name, description, true), "Status quo", text),
    };
    reading.derive("/status_quo_id", json!(id), "Baseline", name);
    Some(id)
}

fn put_alternative(reading: &mut Reading<'_>, entry: &str, text: &str) -> Option<Uuid> {
    let (name, description) = name_of(reading, entry, text)?;
    let alternatives = fields::list(reading.content(), LIST);
    if alternatives
        .iter()
        .any(|entry| fields::text(entry, "/name").is_some_and(|known| is_same_name(known, name)))
    {
        reading.ask(
            entry,
            "There is an alternative of this name already. What do you call this one?",
        );
        return None;
    }
    Some(reading.add(LIST, alternative(name, description, false), "Alternative", text))
}

fn put_assumption(reading: &mut Reading<'_>, entry: &str, alternative: Option<Uuid>, text: &str) {
    match alternative {
        Some(id) => reading.add_plain(
            &format!("{LIST}/{id}/assumptions"),
            json!(text),
            "Assumption",
            text,
        ),
        None => reading.ask(
            entry,
            "Which alternative does this assumption belong to? Write it below its alternative.",
        ),
    }
}

fn alternative(name: &str, description: Option<&str>, is_status_quo: bool) -> Value {
    let mut value = json!({ "name": name });
    if let Some(description) = description {
        value["description"] = json!(description);
    }
    value["is_status_quo"] = json!(is_status_quo);
    value["assumptions"] = json!([]);
    value
}

fn name_of<'t>(reading: &mut Reading<'_>, entry: &str, text: &'t str) -> Option<(&'t str, Option<&'t str>)> {
    let (name, description) = match line::named(text) {
        Some((name, description)) => (name, Some(description)),
        None => (text, None),
    };
    if trimmed_length(name) > NAME_MAX {
        reading.ask(
            entry,
            "What do you call it? Write `name: description` with a short name.",
        );
        return None;
    }
    Some((name, description))
}
