//! Section 2: maker, statement, limits, hierarchy and parties.

use super::labels::Labels;
use super::{View, capitalised, cell, columns, maybe, table};
use crate::document::blocks::{Block, Cell, Field};
use crate::outputs::{FocalDecision, HierarchyDecision, ProblemFrame};

pub fn blocks(view: &View<'_>) -> Vec<Block> {
    let Some(frame) = view.outputs.problem_frame() else {
        return Vec::new();
    };
    let labels = Labels(&frame.ai_fields);
    let mut fields = Vec::new();
    if let Some(maker) = &frame.decision_maker {
        let role = maker
            .role
            .as_ref()
            .map(|role| format!(", {role}"))
            .unwrap_or_default();
        fields.push(Field::new(
            "Decision maker",
            labels.part("/decision_maker", &format!("{}{role}", maker.name)),
        ));
    }
    if let Some(focal) = &frame.focal_decision {
        fields.extend(focal_fields(focal, labels));
    }
    fields.extend(
        frame
            .ultimate_aim
            .as_ref()
            .map(|aim| Field::new("Ultimate aim", labels.text("/ultimate_aim", aim))),
    );

    let mut blocks = Vec::new();
    if !fields.is_empty() {
        blocks.push(Block::Fields(fields));
    }
    blocks.extend(limits(frame, labels));
    blocks.extend(table(
        "Decision hierarchy",
        columns(&["Level", "Decision", "Outcome"]),
        hierarchy(frame, labels),
    ));
    blocks.extend(parties(frame, labels));
    blocks.extend(linked(frame, labels));
    blocks
}

fn focal_fields(focal: &FocalDecision, labels: Labels<'_>) -> Vec<Field> {
    let text = |name: &str, text: &str| labels.text(&format!("/focal_decision/{name}"), text);
    let mut fields = Vec::new();
    if !focal.statement.is_empty() {
        fields.push(Field::new("Focal decision", text("statement", &focal.statement)));
    }
    if let Some(scope) = &focal.scope {
        let sides = [
            ("In scope", "in", &scope.inside),
            ("Out of scope", "out", &scope.outside),
        ];
        let filled = sides.into_iter().filter(|(_, _, texts)| !texts.is_empty());
        fields.extend(filled.map(|(label, name, texts)| {
            Field::new(
                label,
                labels.part(&format!("/focal_decision/scope/{name}"), &texts.join("; ")),
            )
        }));
    }
    fields.extend(
        focal
            .trigger
            .as_ref()
            .map(|trigger| Field::new("Trigger", text("trigger", trigger))),
    );
    if let Some(deadline) = &focal.deadline {
        let date = deadline.date.map(|date| date.to_string()).unwrap_or_default();
        let kind = if deadline.hard { "cannot move" } else { "can move" };
        fields.push(Field::new(
            "Deadline",
            labels.part("/focal_decision/deadline", &format!("{date} ({kind})")),
        ));
    }
    fields
}

fn limits(frame: &ProblemFrame, labels: Labels<'_>) -> Option<Block> {
    let rows = frame
        .focal_decision
        .iter()
        .flat_map(|focal| &focal.constraints)
        .map(|one| {
            let kind = one
                .constraint_type
                .map(|kind| capitalised(kind.as_str()))
                .unwrap_or_default();
            vec![
                cell(kind),
                cell(labels.item(
                    "/focal_decision/constraints",
                    one.id,
                    one.added_by,
                    &one.description,
                )),
            ]
        });
    table("Limits", columns(&["Type", "Limit"]), rows.collect())
}

/// Already made, the focal decision itself, and what can wait.
fn hierarchy(frame: &ProblemFrame, labels: Labels<'_>) -> Vec<Vec<Cell>> {
    let row = |level: &'static str, name: &'static str| {
        move |one: &HierarchyDecision| {
            let list = format!("/decision_hierarchy/{name}");
            vec![
                cell(level),
                cell(labels.item(&list, one.id, one.added_by, &one.statement)),
                maybe(one.outcome.as_deref()),
            ]
        }
    };
    let focal = frame
        .focal_decision
        .as_ref()
        .filter(|focal| !focal.statement.is_empty());
    let focal = focal.map(|focal| {
        vec![
            cell("Focal"),
            Cell::strong(labels.text("/focal_decision/statement", &focal.statement)),
            cell(""),
        ]
    });
    let levels = &frame.decision_hierarchy;
    let made = levels
        .already_made
        .iter()
        .map(row("Already made", "already_made"));
    made.chain(focal)
        .chain(levels.deferred.iter().map(row("Deferred", "deferred")))
        .collect()
}

fn parties(frame: &ProblemFrame, labels: Labels<'_>) -> Option<Block> {
    let rows = frame.parties.iter().map(|one| {
        vec![
            cell(labels.item("/parties", one.id, one.added_by, &one.name)),
            cell(
                one.role
                    .map(|role| capitalised(role.as_str()))
                    .unwrap_or_default(),
            ),
            maybe(one.influence.as_deref()),
            cell(one.concerns.join("\n")),
        ]
    });
    table(
        "Parties",
        columns(&["Party", "Role", "Influence", "Concerns"]),
        rows.collect(),
    )
}

fn linked(frame: &ProblemFrame, labels: Labels<'_>) -> Option<Block> {
    let rows = frame.linked_decisions.iter().map(|one| {
        let relationship = one
            .relationship
            .map(|relationship| capitalised(relationship.as_str()))
            .unwrap_or_default();
        vec![
            cell(relationship),
            cell(labels.item("/linked_decisions", one.id, one.added_by, &one.description)),
        ]
    });
    table(
        "Linked decisions",
        columns(&["Relationship", "Decision"]),
        rows.collect(),
    )
}
