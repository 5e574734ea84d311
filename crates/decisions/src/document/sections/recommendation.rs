//! Section 7: what the user concludes, and what contradicts it.

use super::labels::Labels;
use super::{View, cell, columns, list, maybe, table};
use crate::document::blocks::{Block, Field, Text};
use crate::document::wording;
use crate::outputs::{Recommendation, Text as Item};

pub fn blocks(view: &View<'_>) -> Vec<Block> {
    let Some(recommendation) = view.outputs.recommendation() else {
        return Vec::new();
    };
    let labels = Labels(&recommendation.ai_fields);
    let mut blocks = Vec::new();
    if !recommendation.synthesis.trim().is_empty() {
        blocks.push(Block::Paragraph(
            labels.text("/synthesis", &recommendation.synthesis),
        ));
    }
    blocks.extend(standout(view, recommendation, labels));
    let texts = |name: &str, items: &[Item]| -> Vec<Text> {
        items
            .iter()
            .map(|one| labels.item(&format!("/{name}"), one.id, one.added_by, &one.text))
            .collect()
    };
    blocks.extend(list(
        "Key considerations",
        texts("key_considerations", &recommendation.key_considerations),
    ));
    blocks.extend(list("Caveats", texts("caveats", &recommendation.caveats)));
    if let Some(notes) = &recommendation.sensitivity_notes {
        blocks.push(Block::Heading("Sensitivity"));
        blocks.push(Block::Paragraph(labels.text("/sensitivity_notes", notes)));
    }
    let uncertainties = recommendation.remaining_uncertainties.iter().map(|one| {
        vec![
            cell(labels.item("/remaining_uncertainties", one.id, one.added_by, &one.description)),
            maybe(one.impact.as_deref()),
            maybe(one.resolution_path.as_deref()),
        ]
    });
    let titles = columns(&["Uncertainty", "Impact", "How to resolve it"]);
    blocks.extend(table("Remaining uncertainties", titles, uncertainties.collect()));
    blocks
}

fn standout(view: &View<'_>, recommendation: &Recommendation, labels: Labels<'_>) -> Vec<Block> {
    match &recommendation.standout_option {
        None => Vec::new(),
        Some(None) => vec![Block::Fields(vec![Field::new(
            "Stands out",
            "Nothing stands out",
        )])],
        Some(Some(standout)) => {
            let name = wording::alternative(&view.analysis, standout.alternative_id);
            let fields = vec![
                Field::new(
                    "Stands out",
                    labels.text("/standout_option/alternative_id", &name),
                ),
                Field::new(
                    "Why",
                    labels.text("/standout_option/rationale", &standout.rationale),
                ),
            ];
            let contradiction =
                wording::standout_contradiction(&view.analysis, standout.alternative_id).map(Block::Note);
            std::iter::once(Block::Fields(fields))
                .chain(contradiction)
                .collect()
        }
    }
}
