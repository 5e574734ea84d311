//! A model is asked once more, without a new message.

use althing_backbone::{Command, UnitOfWork};
use althing_events::UserId;

use crate::access::quota;
use crate::error::{Error, Result};

/// Counts a reply that somebody asks a language model for, anew or at the end.
#[derive(Clone, Copy, Debug)]
pub struct CountMessage {
    pub user_id: UserId,
}

impl Command for CountMessage {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        quota::for_message(uow, self.user_id).await
    }
}
