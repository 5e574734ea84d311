//! Problem frame: statement, maker, limits, parties, hierarchy, deadline.

use serde_json::{Value, json};

use super::context::GuideContext;
use super::date::read_date;
use super::fields;
use super::line;
use super::question::Question;
use super::reading::Reading;
use crate::outputs::text::trimmed_length;
use crate::outputs::{ConstraintType, PartyRole};

/// The fewest characters of a statement.
const STATEMENT_MIN: usize = 10;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bucket {
    Statement,
    Maker,
    Limit(Option<ConstraintType>),
    Party,
    Hierarchy,
    Already,
    Later,
    Deadline,
}

impl Bucket {
    fn from_word(word: &str) -> Option<Self> {
        Some(match line::keyword(word).as_str() {
            "statement" | "decision" | "focal_decision" => Self::Statement,
            "maker" | "decision_maker" => Self::Maker,
            "limit" | "limits" | "constraint" | "constraints" => Self::Limit(None),
            "party" | "parties" | "affected" => Self::Party,
            "already" | "already_made" | "already_decided" => Self::Already,
            "later" | "deferred" | "can_wait" => Self::Later,
            "deadline" | "by_when" => Self::Deadline,
            _ => return None,
        })
    }

    fn from_key(key: &str) -> Option<Self> {
        if key == "hierarchy" {
            Some(Self::Hierarchy)
        } else {
            Self::from_word(key)
        }
    }
}

pub fn questions(context: &GuideContext<'_>, content: &Value) -> Vec<Question> {
    let has = |pointer: &str| !fields::list(content, pointer).is_empty();
    let is_stated = fields::text(content, "/focal_decision/statement")
        .is_some_and(|text| trimmed_length(text) >= STATEMENT_MIN);
    vec![
        Question::required("statement", statement_question(context), is_stated),
        Question::required(
            "maker",
            "**Who makes it, in which role?** Write `name: role`.",
            fields::text(content, "/decision_maker/name").is_some(),
        ),
        Question::optional(
            "limits",
            format!(
                "**What limits it?** One per line as `type: description`, or `none`. Types: {}.",
                types()
            ),
            has("/focal_decision/constraints"),
        ),
        Question::optional(
            "parties",
            "**Who else is affected?** One per line as `name: what concerns them`, or `none`.",
            has("/parties"),
        ),
        Question::optional(
            "hierarchy",
            "**What is already decided, what can wait?** Begin each line with `already:` or `later:`, or write `none`.",
            has("/decision_hierarchy/already_made") || has("/decision_hierarchy/deferred"),
        ),
        Question::optional(
            "deadline",
            "**By when?** Write a date such as `2030-12-31`, with `hard` behind it if it cannot move, or `none`.",
            fields::text(content, "/focal_decision/deadline/date").is_some(),
        ),
    ]
}

fn statement_question(context: &GuideContext<'_>) -> String {
    let question = "**Which decision is this about?** One sentence is best.";
    let raised = context
        .outputs
        .issue_raising()
        .map(|output| output.potential_decisions.as_slice())
        .unwrap_or_default();
    if raised.is_empty() {
        return question.to_owned();
    }
    let list: Vec<String> = raised
        .iter()
        .map(|decision| format!("- {}", super::shown(&decision.description)))
        .collect();
    format!("{question} You raised:\n\n{}", list.join("\n"))
}

pub fn read(reading: &mut Reading<'_>, key: Option<&str>, text: &str) {
    let mut bucket = key.and_then(Bucket::from_key);
    let mut statement = Vec::new();
    for entry in line::lines(text) {
        if let Some(word) = line::heading(entry) {
            bucket = heading(word, bucket);
            if bucket.is_none() {
                reading.ask(entry, "I know the headings `Limits:`, `Parties:`, `Already:` and `Later:`. Which one do you mean?");
            }
            continue;
        }
        let item = line::item_text(entry);
        let prefixed = line::named(item).and_then(|(word, rest)| Some((Bucket::from_word(word)?, rest)));
        let (target, rest) = match (prefixed, bucket) {
            (Some((target, rest)), _) => (Some(target), rest),
            (None, target) => (target, item),
        };
        match target {
            Some(Bucket::Statement) => statement.push(rest),
            Some(target) => put(reading, target, entry, rest),
            None => reading.ask(
                entry,
                "Where does this belong? Begin with `limit:`, `party:`, `already:`, `later:` or `deadline:`.",
            ),
        }
    }
    if !statement.is_empty() {
        put_statement(reading, &statement.join("\n"));
    }
}

/// Under `Limits:` a type of limit is a heading too.
fn heading(word: &str, bucket: Option<Bucket>) -> Option<Bucket> {
    let limit = ConstraintType::parse(&line::keyword(word)).map(|kind| Bucket::Limit(Some(kind)));
    let in_limits = matches!(bucket, Some(Bucket::Limit(_)));
    Bucket::from_word(word).or(limit.filter(|_| in_limits))
}

fn put(reading: &mut Reading<'_>, bucket: Bucket, entry: &str, text: &str) {
    match bucket {
        Bucket::Statement => put_statement(reading, text),
        Bucket::Maker => put_maker(reading, entry, text),
        Bucket::Limit(kind) => put_limit(reading, kind, entry, text),
        Bucket::Party => put_party(reading, entry, text),
        Bucket::Hierarchy => reading.ask(entry, "Is it decided (`already:`) or can it wait (`later:`)?"),
        Bucket::Already => put_hierarchy(
            reading,
            "/decision_hierarchy/already_made",
            "Already decided",
            text,
        ),
        Bucket::Later => put_hierarchy(reading, "/decision_hierarchy/deferred", "Later", text),
        Bucket::Deadline => put_deadline(reading, entry, text),
    }
}

fn put_statement(reading: &mut Reading<'_>, text: &str) {
    if trimmed_length(text) < STATEMENT_MIN {
        reading.ask(
            text,
            format!("Could you say a little more? The statement needs at least {STATEMENT_MIN} characters."),
        );
        return;
    }
    reading.set("/focal_decision/statement", json!(text.trim()), "Decision", text);
}

fn put_maker(reading: &mut Reading<'_>, entry: &str, text: &str) {
    let is_named_here = reading.items.iter().any(|item| item.path == "/decision_maker");
    if is_named_here {
        reading.ask(entry, "One person or body makes the decision. Is this someone who is affected? Then begin with `party:`.");
        return;
    }
    let value = match line::named(text) {
        Some((name, role)) => json!({ "name": name, "role": role }),
        None => json!({ "name": text }),
    };
    reading.set("/decision_maker", value, "Decision maker", text);
}

fn put_limit(reading: &mut Reading<'_>, kind: Option<ConstraintType>, entry: &str, text: &str) {
    let typed =
        line::named(text).and_then(|(word, rest)| Some((ConstraintType::parse(&line::keyword(word))?, rest)));
    match typed.or(kind.map(|kind| (kind, text))) {
        Some((kind, description)) => {
            let value = json!({ "type": kind, "description": description });
            reading.add(
                "/focal_decision/constraints",
                value,
                "Limit",
                &format!("{kind}, {description}"),
            );
        }
        None => reading.ask(
            entry,
            format!(
                "Which type of limit is it? Write `type: description` with one of {}.",
                types()
            ),
        ),
    }
}

fn put_party(reading: &mut Reading<'_>, entry: &str, text: &str) {
    let (name, rest) = match line::named(text) {
        Some((name, rest)) => (name, Some(rest)),
        None => (text, None),
    };
    if trimmed_length(name) > 100 {
        reading.ask(entry, "Who is that? Write `name: what concerns them`.");
        return;
    }
    let (role, concern) = role_and_concern(rest);
    let concerns: Vec<&str> = concern.into_iter().collect();
    let value = json!({ "name": name, "role": role, "concerns": concerns });
    reading.add("/parties", value, "Party", text);
}

/// `advisor`, or `advisor: concern`, or a concern; who is named at this question is affected.
fn role_and_concern(rest: Option<&str>) -> (PartyRole, Option<&str>) {
    let Some(rest) = rest else {
        return (PartyRole::AffectedParty, None);
    };
    if let Some(role) = PartyRole::parse(&line::keyword(rest)) {
        return (role, None);
    }
    let typed = line::named(rest)
        .and_then(|(word, concern)| Some((PartyRole::parse(&line::keyword(word))?, Some(concern))));
    typed.unwrap_or((PartyRole::AffectedParty, Some(rest)))
}

fn put_hierarchy(reading: &mut Reading<'_>, list: &str, label: &str, text: &str) {
    if reading.has_text(list, "statement", text) {
        reading.already(label, text);
        return;
    }
    reading.add(list, json!({ "statement": text }), label, text);
}

fn put_deadline(reading: &mut Reading<'_>, entry: &str, text: &str) {
    let (date, hard) = match text
        .strip_suffix("hard")
        .map(|date| date.trim_end_matches([' ', ',', ';']))
    {
        Some(date) => (date, true),
        None => (text, false),
    };
    match read_date(date) {
        Some(date) => reading.set(
            "/focal_decision/deadline",
            json!({ "date": date, "hard": hard }),
            "Deadline",
            text,
        ),
        None => reading.ask(entry, "Which day is that? Write it as `2030-12-31`."),
    }
}

fn types() -> String {
    ConstraintType::NAMES
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
