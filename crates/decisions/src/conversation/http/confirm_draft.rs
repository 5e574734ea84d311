//! Confirming a draft: the one act by which a proposal comes to count.
//!
//! All in one commit: the output is replaced, with the draft's id as its source, and what was not chosen stays behind as
//! a draft of its own, under a new id and upon the new version. Whoever chooses nothing in particular confirms
//! everything. The subscription that closes drafts finds the old id gone and has nothing left to do; it is there for
//! outputs that come from a draft by way of a form.

use althing_backbone::{Command, UnitOfWork, Uuid};
use althing_events::DraftId;
use althing_web::{Code, FieldProblem};
use serde_json::{Value, json};

use crate::conversation::draft::misfit;
use crate::conversation::port::{self, Draft};
use crate::conversation::store;
use crate::cycle::commands::UpdateComponentOutput;
use crate::cycle::port::{Place, surroundings};
use crate::cycle::{Labels, Source};
use crate::error::{Error, Refusal, Result, field_problem};
use crate::outputs::{DraftItem, apply};
use crate::session::field;

/// Confirms all or some items, as they are or edited.
#[derive(Clone, Debug)]
pub struct ConfirmDraft {
    pub place: Place,
    /// `None` means everything.
    pub choices: Option<Vec<Choice>>,
    pub expected_version: i64,
}

/// An item that is confirmed, perhaps with another value.
#[derive(Clone, Debug)]
pub struct Choice {
    pub id: Uuid,
    pub value: Option<Value>,
}

impl Command for ConfirmDraft {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        let draft = port::draft_of(uow, self.place.component_id)
            .await?
            .ok_or(Error::NotFound(Code::DraftNotFound))?;
        let mut conversation = store::load(uow, self.place.component_id).await?;
        let around = surroundings(uow, self.place.cycle_id, self.place.component_type).await?;
        if around.component.version != self.expected_version {
            return Err(Refusal::VersionConflict {
                current: around.component.version,
            }
            .into());
        }
        let (chosen, left) = self.choose(&draft)?;
        let current = around.output.unwrap_or_else(|| json!({}));
        let output = apply(&current, &chosen)
            .map_err(|error| Error::InvalidFields(vec![field_problem("", misfit(&chosen, error))]))?;
        let update = UpdateComponentOutput {
            cycle_id: self.place.cycle_id,
            component: self.place.component_type,
            labels: Labels::Of(output.clone()),
            output,
            expected_version: self.expected_version,
            source: Source::Draft(draft.id),
        };
        update.run(uow).await?;
        if left.is_empty() {
            store::delete_draft(uow, draft.id);
            conversation.confirmed();
        } else {
            let base_version = self.expected_version + 1;
            let (id, updated_at) = (DraftId(uow.new_id()), uow.now());
            store::write_draft(
                uow,
                &Draft {
                    id,
                    base_version,
                    items: left,
                    updated_at,
                    ..draft
                },
            );
        }
        conversation.last_items.clear();
        uow.save(&conversation)?;
        Ok(())
    }
}

impl ConfirmDraft {
    /// What is confirmed, in the draft's order, and what is not.
    fn choose(&self, draft: &Draft) -> Result<(Vec<DraftItem>, Vec<DraftItem>)> {
        let Some(choices) = &self.choices else {
            return Ok((draft.items.clone(), Vec::new()));
        };
        if choices.is_empty() {
            return Err(field("/items", "too_short", "choose at least one item"));
        }
        let unknown: Vec<FieldProblem> = choices
            .iter()
            .enumerate()
            .filter(|(_, choice)| !draft.items.iter().any(|item| item.id == choice.id))
            .map(|(place, _)| {
                let message = "is no longer proposed";
                FieldProblem::new(format!("/items/{place}"), "unknown_reference", message)
            })
            .collect();
        if !unknown.is_empty() {
            return Err(Error::InvalidFields(unknown));
        }
        let (mut chosen, mut left) = (Vec::new(), Vec::new());
        for item in &draft.items {
            match choices.iter().find(|choice| choice.id == item.id) {
                None => left.push(item.clone()),
                Some(choice) => {
                    let value = choice.value.clone().unwrap_or_else(|| item.value.clone());
                    chosen.push(DraftItem {
                        value,
                        ..item.clone()
                    });
                }
            }
        }
        Ok((chosen, left))
    }
}
