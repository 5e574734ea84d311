//! Section 9: notes, open questions, actions and what would reopen the decision.

use super::labels::Labels;
use super::{View, capitalised, cell, columns, list, maybe, table};
use crate::document::blocks::{Block, Text};
use crate::outputs::Text as Item;

pub fn blocks(view: &View<'_>) -> Vec<Block> {
    let Some(notes) = view.outputs.notes_next_steps() else {
        return Vec::new();
    };
    let labels = Labels(&notes.ai_fields);
    let texts = |name: &str, items: &[Item]| -> Vec<Text> {
        items
            .iter()
            .map(|one| labels.item(&format!("/{name}"), one.id, one.added_by, &one.text))
            .collect()
    };
    let actions = notes.planned_actions.iter().map(|one| {
        vec![
            cell(labels.item("/planned_actions", one.id, one.added_by, &one.action)),
            maybe(one.owner.as_deref()),
            cell(one.due_date.map(|date| date.to_string()).unwrap_or_default()),
            cell(capitalised(one.status.as_str())),
        ]
    });
    let mut blocks = Vec::new();
    blocks.extend(list("Notes", texts("notes", &notes.notes)));
    blocks.extend(list(
        "Open questions",
        texts("open_questions", &notes.open_questions),
    ));
    blocks.extend(table(
        "Actions",
        columns(&["Action", "Owner", "Due", "Status"]),
        actions.collect(),
    ));
    blocks.extend(list(
        "Look again when",
        texts("revisit_triggers", &notes.revisit_triggers),
    ));
    blocks.extend(list(
        "Further analysis",
        texts("further_analysis_paths", &notes.further_analysis_paths),
    ));
    if let Some(affirmation) = &notes.decision_affirmation {
        blocks.push(Block::Heading("Affirmation"));
        blocks.push(Block::Paragraph(
            labels.text("/decision_affirmation", affirmation),
        ));
    }
    blocks
}
