//! Notes and next steps: open questions, actions, what would reopen the decision.

use serde_json::{Value, json};

use super::context::GuideContext;
use super::date::read_date;
use super::fields;
use super::line;
use super::question::Question;
use super::reading::Reading;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bucket {
    Question,
    Action,
    Trigger,
    Note,
}

impl Bucket {
    fn from_word(word: &str) -> Option<Self> {
        Some(match line::keyword(word).as_str() {
            "question" | "questions" | "open_question" | "open_questions" => Self::Question,
            "action" | "actions" | "next" | "next_steps" => Self::Action,
            "trigger" | "triggers" | "revisit" => Self::Trigger,
            "note" | "notes" => Self::Note,
            _ => return None,
        })
    }
}

pub fn questions(_: &GuideContext<'_>, content: &Value) -> Vec<Question> {
    let has = |list: &str| !fields::list(content, list).is_empty();
    vec![
        Question::optional(
            "questions",
            "**Which questions are open?** One per line, or `none`.",
            has("/open_questions"),
        ),
        Question::optional(
            "actions",
            "**What happens next, who does it, by when?** One per line as `action: owner, 2030-12-31`, or `none`.",
            has("/planned_actions"),
        ),
        Question::optional(
            "triggers",
            "**What would make you look at this again?** One per line, or `none`.",
            has("/revisit_triggers"),
        ),
    ]
}

pub fn read(reading: &mut Reading<'_>, key: Option<&str>, text: &str) {
    let mut bucket = key.and_then(Bucket::from_word);
    for entry in line::lines(text) {
        if let Some(word) = line::heading(entry) {
            bucket = Bucket::from_word(word);
            if bucket.is_none() {
                reading.ask(entry, "I know the headings `Questions:`, `Actions:`, `Triggers:` and `Notes:`. Which one do you mean?");
            }
            continue;
        }
        let item = line::item_text(entry);
        let prefixed = line::named(item).and_then(|(word, rest)| Some((Bucket::from_word(word)?, rest)));
        match prefixed.or(bucket.map(|bucket| (bucket, item))) {
            Some((Bucket::Question, rest)) => put_text(reading, "/open_questions", "Open question", rest),
            Some((Bucket::Trigger, rest)) => put_text(reading, "/revisit_triggers", "Look again when", rest),
            Some((Bucket::Note, rest)) => put_text(reading, "/notes", "Note", rest),
            Some((Bucket::Action, rest)) => put_action(reading, entry, rest),
            None => reading.ask(
                entry,
                "Is it a `question:`, an `action:`, a `trigger:` or a `note:`?",
            ),
        }
    }
}

fn put_text(reading: &mut Reading<'_>, list: &str, label: &str, text: &str) {
    if reading.has_text(list, "text", text) {
        reading.already(label, text);
        return;
    }
    reading.add(list, json!({ "text": text }), label, text);
}

/// `action`, `action: owner`, `action: date` or `action: owner, date`.
fn put_action(reading: &mut Reading<'_>, entry: &str, text: &str) {
    let mut value = json!({ "action": text });
    if let Some((action, rest)) = line::named(text) {
        value["action"] = json!(action);
        let split = rest
            .rsplit_once([',', '，', '、'])
            .map(|(owner, date)| (owner.trim(), date.trim()));
        match (split, read_date(rest)) {
            (_, Some(date)) => value["due_date"] = json!(date),
            (None, None) => value["owner"] = json!(rest),
            (Some((owner, date)), None) => {
                let Some(date) = read_date(date) else {
                    return reading.ask(
                        entry,
                        "By when? Write `action: owner, 2030-12-31`, or `action: owner` without a comma.",
                    );
                };
                if !owner.is_empty() {
                    value["owner"] = json!(owner);
                }
                value["due_date"] = json!(date);
            }
        }
    }
    value["status"] = json!("planned");
    reading.add("/planned_actions", value, "Action", text);
}
