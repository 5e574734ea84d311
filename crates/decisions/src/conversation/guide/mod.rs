//! The guide: an adapter that needs no network, asks fixed questions and reads what people type, line by line.
//!
//! It is deterministic: equal context, state and text give an equal reply and equal draft items, apart from new ids.
//! It guesses nothing. A line that fits nothing, or that names something unknown or ambiguous, comes back as a question.
//!
//! - [`opening`] is the first message of a component, before the user has said anything.
//! - [`respond`] reads one message and asks the next question.
//! - [`finish`] answers "that is all": it reads nothing, notes what can be computed, and says what is still missing.
//!
//! Each component has a file with two functions: `questions`, in order, with what output and draft answer already; and
//! `read`, which turns the lines of a message into draft items.

mod alternatives;
mod cell_line;
mod consequences;
mod context;
mod date;
mod decision_quality;
mod fields;
mod issue_raising;
mod line;
mod names;
mod notes_next_steps;
mod objectives;
mod problem_frame;
mod question;
mod rating;
mod reading;
mod recommendation;
mod reply;
mod state;
#[cfg(test)]
mod talk;
#[cfg(test)]
mod tests;
mod tradeoffs;

use serde_json::Value;
use uuid::Uuid;

pub(super) use consequences::{preparations, rated};
pub(super) use context::Grid;
pub use context::GuideContext;
pub(super) use names::{Found, find_alternative, find_objective};
pub use question::{Kind, Question};
pub use rating::rating_token;
pub use reply::GuideReply;
pub use state::GuideState;

use crate::document::markdown_line;
use crate::outputs::text::{cut_chars, letter};
use crate::outputs::{ComponentType, Named};
use reading::Reading;

/// How much of a name or line a reply shows.
const SHOWN_CHARACTERS: usize = 240;

/// The first message of a component: its first open question, below the analysis where there is one.
pub fn opening(context: &GuideContext<'_>) -> String {
    let preface = match context.component {
        ComponentType::Tradeoffs => tradeoffs::preface(context),
        ComponentType::Recommendation => recommendation::preface(context),
        ComponentType::Consequences => consequences::preface(context),
        _ => String::new(),
    };
    let state = GuideState::default();
    let next = questions(context, context.content)
        .into_iter()
        .find(|question| question.is_open(&state));
    let question = next.map_or_else(
        || reply::all_asked(context.component).to_owned(),
        |question| question.text,
    );
    if preface.is_empty() {
        question
    } else {
        format!("{preface}\n\n{question}")
    }
}

/// Reads one message of the user, turns it into draft items and asks what comes next.
pub fn respond(
    context: &GuideContext<'_>,
    state: &GuideState,
    text: &str,
    new_id: &mut dyn FnMut() -> Uuid,
) -> GuideReply {
    let mut reading = Reading::new(context, state, new_id);
    let all = questions(context, reading.content());
    let asked = asked_question(&all, state).cloned();
    let heading = reading.state.heading.take();
    if line::is_none(text)
        && let Some(asked) = &asked
    {
        pass(&mut reading, asked, text);
    } else {
        let text = heading.map_or_else(|| text.to_owned(), |heading| format!("{heading}:\n{text}"));
        read(
            &mut reading,
            asked.as_ref().map(|question| question.key.as_str()),
            &text,
        );
        let is_answer = reading.unclear.is_empty() && !reading.understood.is_empty();
        if let Some(asked) = asked
            .as_ref()
            .filter(|asked| is_answer && asked.kind == Kind::Optional)
        {
            reading.state.passed.insert(asked.key.clone());
        }
        reading.state.heading = trailing_heading(&reading, &text);
    }
    reply::after_reading(reading, asked.as_ref())
}

/// Answers "that is all": optional questions count as passed, and what the guide can compute goes into the draft.
pub fn finish(
    context: &GuideContext<'_>,
    state: &GuideState,
    new_id: &mut dyn FnMut() -> Uuid,
) -> GuideReply {
    let mut reading = Reading::new(context, state, new_id);
    reading.state.heading = None;
    for question in questions(context, context.content) {
        if question.kind != Kind::Required {
            reading.state.passed.insert(question.key);
        }
    }
    if context.component == ComponentType::Tradeoffs {
        tradeoffs::record_analysis(&mut reading);
    }
    reply::after_finishing(reading)
}

/// The questions of the component, in order.
pub fn questions(context: &GuideContext<'_>, content: &Value) -> Vec<Question> {
    match context.component {
        ComponentType::IssueRaising => issue_raising::questions(context, content),
        ComponentType::ProblemFrame => problem_frame::questions(context, content),
        ComponentType::Objectives => objectives::questions(context, content),
        ComponentType::Alternatives => alternatives::questions(context, content),
        ComponentType::Consequences => consequences::questions(context, content),
        ComponentType::Tradeoffs => tradeoffs::questions(context, content),
        ComponentType::Recommendation => recommendation::questions(context, content),
        ComponentType::DecisionQuality => decision_quality::questions(context, content),
        ComponentType::NotesNextSteps => notes_next_steps::questions(context, content),
    }
}

fn read(reading: &mut Reading<'_>, key: Option<&str>, text: &str) {
    match reading.context.component {
        ComponentType::IssueRaising => issue_raising::read(reading, key, text),
        ComponentType::ProblemFrame => problem_frame::read(reading, key, text),
        ComponentType::Objectives => objectives::read(reading, key, text),
        ComponentType::Alternatives => alternatives::read(reading, key, text),
        ComponentType::Consequences => consequences::read(reading, key, text),
        ComponentType::Tradeoffs => tradeoffs::read(reading, key, text),
        ComponentType::Recommendation => recommendation::read(reading, key, text),
        ComponentType::DecisionQuality => decision_quality::read(reading, key, text),
        ComponentType::NotesNextSteps => notes_next_steps::read(reading, key, text),
    }
}

/// The question the user has before their eyes: the one asked last, or the first open one.
fn asked_question<'q>(all: &'q [Question], state: &GuideState) -> Option<&'q Question> {
    let asked_last = state
        .question
        .as_ref()
        .and_then(|key| all.iter().find(|question| question.key == *key));
    if state.question.is_some() || state.is_done {
        return asked_last;
    }
    all.iter().find(|question| question.is_open(state))
}

/// `none`: leaves a question that may be left.
fn pass(reading: &mut Reading<'_>, asked: &Question, text: &str) {
    let may_leave = asked.kind != Kind::Required || asked.is_answered;
    if !may_leave {
        return reading.ask(text, "This one is needed to go on.");
    }
    reading.state.passed.insert(asked.key.clone());
    match reading.context.component {
        ComponentType::Recommendation => recommendation::pass(reading, &asked.key),
        ComponentType::Tradeoffs => tradeoffs::record_analysis(reading),
        _ => {}
    }
}

/// A heading at the very end waits for the lines of the next message.
fn trailing_heading(reading: &Reading<'_>, text: &str) -> Option<String> {
    let last = line::lines(text).last()?;
    let heading = line::heading(last)?;
    let is_known = reading.unclear.iter().all(|unclear| unclear.line != last);
    is_known.then(|| heading.to_owned())
}

/// People's text within a reply: cut to a readable length and escaped.
fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = cut_chars(&line, SHOWN_CHARACTERS);
    let mark = if cut.len() < line.len() { "…" } else { "" };
    format!("{}{mark}", markdown_line(cut))
}

fn quoted(text: &str) -> String {
    format!("“{}”", shown(text))
}

fn letter_of(place: usize) -> String {
    letter(place)
}

/// `A. Stay, B. Move`.
fn lettered(list: &[Named]) -> String {
    list.iter()
        .enumerate()
        .map(|(place, one)| format!("{}. {}", letter(place), shown(&one.name)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `1. Cost, 2. Time`.
fn numbered(list: &[Named]) -> String {
    list.iter()
        .enumerate()
        .map(|(place, one)| format!("{}. {}", place + 1, shown(&one.name)))
        .collect::<Vec<_>>()
        .join(", ")
}
