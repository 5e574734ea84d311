//! The nine sections, the header and the footer, as blocks.

mod alternatives;
mod consequences;
mod decision_quality;
mod issue_raising;
mod labels;
mod notes_next_steps;
mod objectives;
mod problem_frame;
mod recommendation;
mod tradeoffs;

use crate::analysis::{Analysis, analyse};
use crate::outputs::{ComponentStatus, ComponentType, Outputs};

use super::blocks::{Block, Cell, Column, Document, Field, Section, Table, Text};
use super::input::DocumentInput;

/// What a section looks at.
struct View<'a> {
    outputs: &'a Outputs,
    analysis: Analysis,
    has_full_analysis: bool,
}

impl<'a> View<'a> {
    fn of(input: &DocumentInput<'a>) -> Self {
        Self {
            outputs: input.outputs,
            analysis: analyse(input.outputs),
            has_full_analysis: input.scope.has_full_analysis,
        }
    }
}

/// The whole document.
pub fn document(input: &DocumentInput<'_>) -> Document {
    let view = View::of(input);
    let statement = input
        .outputs
        .problem_frame()
        .and_then(|frame| frame.focal_decision.as_ref())
        .map(|focal| focal.statement.clone());
    Document {
        title: input.title.to_owned(),
        statement: statement.filter(|statement| !statement.trim().is_empty()),
        header: header(input, &view),
        sections: ComponentType::ALL
            .iter()
            .map(|&component| section_of(input, &view, component))
            .collect(),
        footer: footer(input, &view),
    }
}

/// One section alone.
pub fn section(input: &DocumentInput<'_>, component: ComponentType) -> Section {
    section_of(input, &View::of(input), component)
}

fn header(input: &DocumentInput<'_>, view: &View<'_>) -> Vec<Field> {
    let mut fields = vec![Field::new("Status", capitalised(input.cycle.status))];
    fields.extend(quality(input, view).map(|text| Field::new("Decision quality", text)));
    let at = input.last_changed_at.format("%Y-%m-%d %H:%M UTC");
    let by = input
        .last_changed_by
        .map(|name| format!(" by {name}"))
        .unwrap_or_default();
    fields.push(Field::new("Last changed", format!("{at}{by}")));
    fields.push(Field::new(
        "Cycle",
        input.cycle.label.unwrap_or("without a label"),
    ));
    if let Some(branch) = &input.cycle.branch {
        fields.push(Field::new(
            "Branch",
            format!("from {}, at {}", branch.parent, branch.branch_point.title()),
        ));
    }
    fields
}

fn quality(input: &DocumentInput<'_>, view: &View<'_>) -> Option<String> {
    if !input.scope.has_decision_quality {
        return None;
    }
    let quality = view.analysis.decision_quality.as_ref();
    Some(
        match quality.map(|quality| (quality.overall, quality.lowest_so_far)) {
            Some((Some(overall), _)) => format!("{overall} of 100"),
            Some((None, Some(lowest))) => format!("not rated in full; lowest so far {lowest}"),
            _ => "not rated yet".to_owned(),
        },
    )
}

fn footer(input: &DocumentInput<'_>, view: &View<'_>) -> Vec<Field> {
    let mut fields = vec![Field::new("Document version", input.version.to_string())];
    let quality = view
        .analysis
        .decision_quality
        .as_ref()
        .filter(|_| input.scope.has_decision_quality);
    if let Some(weakest) = quality.and_then(|quality| quality.weakest) {
        fields.push(Field::new("Weakest element", weakest.title()));
    }
    fields
}

/// A tier without decision quality has a note in its place, so that the numbers of the sections stay the same.
fn section_of(input: &DocumentInput<'_>, view: &View<'_>, component: ComponentType) -> Section {
    let is_hidden = component == ComponentType::DecisionQuality && !input.scope.has_decision_quality;
    let blocks = match component {
        _ if is_hidden => vec![Block::Note("Not part of this plan.".to_owned())],
        ComponentType::IssueRaising => issue_raising::blocks(view),
        ComponentType::ProblemFrame => problem_frame::blocks(view),
        ComponentType::Objectives => objectives::blocks(view),
        ComponentType::Alternatives => alternatives::blocks(view),
        ComponentType::Consequences => consequences::blocks(view),
        ComponentType::Tradeoffs => tradeoffs::blocks(view),
        ComponentType::Recommendation => recommendation::blocks(view),
        ComponentType::DecisionQuality => decision_quality::blocks(view),
        ComponentType::NotesNextSteps => notes_next_steps::blocks(view),
    };
    let is_empty = blocks.is_empty();
    Section {
        number: usize::from(component.number()),
        title: component.title(),
        marks: if is_hidden {
            Vec::new()
        } else {
            marks(input, component)
        },
        blocks: if is_empty {
            vec![Block::Note("Nothing has been written here yet.".to_owned())]
        } else {
            blocks
        },
    }
}

fn marks(input: &DocumentInput<'_>, component: ComponentType) -> Vec<String> {
    let mut marks = vec![status_title(input.status(component)).to_owned()];
    let facts = input.facts(component);
    if facts.is_some_and(|facts| facts.inherited) {
        let parent = input
            .cycle
            .branch
            .as_ref()
            .map_or("the parent cycle", |branch| branch.parent);
        marks.push(format!("Inherited from {parent}"));
    }
    if facts.is_some_and(|facts| facts.based_on_older_input) {
        marks.push("Based on older input".to_owned());
    }
    marks
}

fn status_title(status: ComponentStatus) -> &'static str {
    match status {
        ComponentStatus::NotStarted => "Not started",
        ComponentStatus::InProgress => "In progress",
        ComponentStatus::Complete => "Complete",
        ComponentStatus::NeedsRevision => "Needs revision",
    }
}

/// A wire name as people read it: `affected_party` is "Affected party".
fn capitalised(wire_name: &str) -> String {
    let words = wire_name.replace('_', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn yes_or_no(answer: Option<bool>) -> &'static str {
    match answer {
        Some(true) => "Yes",
        Some(false) => "No",
        None => "",
    }
}

/// A table, unless it has no rows.
fn table(caption: &'static str, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Option<Block> {
    (!rows.is_empty()).then_some(Block::Table(Table {
        caption,
        columns,
        rows,
    }))
}

/// A heading with a list, unless the list is empty.
fn list(heading: &'static str, items: Vec<Text>) -> Vec<Block> {
    if items.is_empty() {
        Vec::new()
    } else {
        vec![Block::Heading(heading), Block::List(items)]
    }
}

fn cell(text: impl Into<Text>) -> Cell {
    Cell::new(text)
}

/// An optional text as a cell.
fn maybe(text: Option<&str>) -> Cell {
    Cell::new(text.unwrap_or_default())
}

fn columns(titles: &[&str]) -> Vec<Column> {
    titles.iter().copied().map(Column::text).collect()
}
