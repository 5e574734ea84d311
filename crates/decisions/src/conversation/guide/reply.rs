//! What the guide answers: what it understood, what it asks back, and the next question.

use serde::{Deserialize, Serialize};

use super::line;
use super::question::Question;
use super::reading::{Reading, Unclear};
use super::state::GuideState;
use super::{questions, quoted, shown};
use crate::outputs::{ComponentType, DraftItem};

/// The answer to one message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GuideReply {
    /// Markdown for the conversation.
    pub reply_text: String,
    /// To be put behind the items of the component's draft.
    pub draft_items: Vec<DraftItem>,
    /// What is asked back about lines, then the next question.
    pub pending_questions: Vec<String>,
    /// Questions of the component still to be asked.
    pub questions_left: usize,
    /// The lines that were not understood, as typed.
    pub unknown_lines: Vec<String>,
    /// To be passed with the next message.
    pub state: GuideState,
}

/// The longest list of understood items that is shown one by one.
const LISTED: usize = 20;

/// What is said when nothing is left to ask.
pub fn all_asked(component: ComponentType) -> &'static str {
    match component {
        ComponentType::Tradeoffs => {
            "There is nothing to ask about here. Choose “That is all” to note the analysis, then look the draft over and confirm it."
        }
        _ => "That is all I ask about here. Look the draft over and confirm it.",
    }
}

/// The reply to a message. With lines that were not understood the question stays, so that they can be put right.
pub fn after_reading(mut reading: Reading<'_>, asked: Option<&Question>) -> GuideReply {
    let open = open_questions(&mut reading);
    let stays = !reading.unclear.is_empty() && !moves_by_itself(reading.context.component);
    let kept = asked.filter(|_| stays || reading.state.heading.is_some());
    let next = match kept {
        Some(asked) => questions(reading.context, reading.content())
            .into_iter()
            .find(|question| question.key == asked.key),
        None => open.first().cloned(),
    };
    let mut parts = Vec::new();
    parts.extend(noted(&reading.understood));
    parts.extend(asked_back(&reading.unclear));
    let question = match &reading.state.heading {
        Some(heading) => Some(format!("What belongs under {}?", quoted(heading))),
        None => next.as_ref().map(|question| question.text.clone()),
    };
    let left = left(&open, next.as_ref());
    conclude(reading, parts, question, next, left)
}

/// The reply to "that is all".
pub fn after_finishing(mut reading: Reading<'_>) -> GuideReply {
    let open = open_questions(&mut reading);
    let next = open.first().cloned();
    let mut parts = Vec::new();
    parts.extend(noted(&reading.understood));
    if next.is_some() {
        parts.push("This is still needed before the step can be completed.".to_owned());
    }
    let question = next.as_ref().map(|question| question.text.clone());
    let left = open.len();
    conclude(reading, parts, question, next, left)
}

fn conclude(
    reading: Reading<'_>,
    mut parts: Vec<String>,
    question: Option<String>,
    next: Option<Question>,
    left: usize,
) -> GuideReply {
    parts.push(
        question.clone().unwrap_or_else(|| {
            "That is all I ask about here. Look the draft over and confirm it.".to_owned()
        }),
    );
    let mut state = reading.state;
    state.is_done = next.is_none();
    state.question = next.map(|question| question.key);
    let asked_back = reading
        .unclear
        .iter()
        .map(|unclear| format!("{}: {}", quoted(&unclear.line), unclear.question));
    GuideReply {
        reply_text: parts.join("\n\n"),
        draft_items: reading.items,
        pending_questions: asked_back.chain(question).collect(),
        questions_left: left,
        unknown_lines: reading.unclear.into_iter().map(|unclear| unclear.line).collect(),
        state,
    }
}

fn open_questions(reading: &mut Reading<'_>) -> Vec<Question> {
    let context = reading.context;
    let all = questions(context, reading.content());
    all.into_iter()
        .filter(|question| question.is_open(&reading.state))
        .collect()
}

/// Cells and elements are asked one by one and named in the question; they need no staying.
fn moves_by_itself(component: ComponentType) -> bool {
    matches!(
        component,
        ComponentType::Consequences | ComponentType::DecisionQuality
    )
}

fn left(open: &[Question], next: Option<&Question>) -> usize {
    let is_among = next.is_none_or(|next| open.iter().any(|question| question.key == next.key));
    open.len() + usize::from(!is_among)
}

fn noted(understood: &[String]) -> Option<String> {
    if understood.is_empty() {
        return None;
    }
    let mut lines = vec!["Noted:".to_owned(), String::new()];
    lines.extend(
        understood
            .iter()
            .take(LISTED)
            .map(|line| format!("- {}", shown(line))),
    );
    if understood.len() > LISTED {
        lines.push(format!("- and {} more", understood.len() - LISTED));
    }
    Some(lines.join("\n"))
}

fn asked_back(unclear: &[Unclear]) -> Option<String> {
    if unclear.is_empty() {
        return None;
    }
    let mut lines = vec!["I am not sure about this:".to_owned(), String::new()];
    for one in unclear.iter().take(LISTED) {
        let first = line::lines(&one.line).next().unwrap_or_default();
        lines.push(format!("- {} – {}", quoted(first), one.question));
    }
    if unclear.len() > LISTED {
        lines.push(format!("- and {} more lines like these", unclear.len() - LISTED));
    }
    Some(lines.join("\n"))
}
