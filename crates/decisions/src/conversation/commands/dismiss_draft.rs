//! A person does not want what was proposed.

use althing_backbone::{Command, UnitOfWork};
use althing_web::Code;

use super::require_writable;
use crate::conversation::{port, store};
use crate::cycle::port::{Place, surroundings};
use crate::error::{Error, Result};

/// Takes the draft away and goes back to gathering.
#[derive(Clone, Debug)]
pub struct DismissDraft {
    pub place: Place,
}

impl Command for DismissDraft {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        let draft = port::draft_of(uow, self.place.component_id)
            .await?
            .ok_or(Error::NotFound(Code::DraftNotFound))?;
        let mut conversation = store::load(uow, self.place.component_id).await?;
        let around = surroundings(uow, self.place.cycle_id, self.place.component_type).await?;
        require_writable(uow, &conversation, &around).await?;
        conversation.change_requested();
        store::delete_draft(uow, draft.id);
        uow.save(&conversation)?;
        Ok(())
    }
}
