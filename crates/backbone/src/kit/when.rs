//! What a command did.

use std::fmt::Debug;

use crate::command::Committed;
use crate::envelope::Envelope;

/// The answer of a command and the events it recorded.
#[must_use = "say what the command should have recorded"]
#[derive(Debug)]
pub struct When<T, E> {
    pub(super) result: Result<Committed<T>, E>,
    pub(super) recorded: Vec<Envelope>,
}

impl<T, E: Debug> When<T, E> {
    /// It was accepted and recorded exactly events of these types, in this order.
    /// Answers what the command answered.
    #[track_caller]
    pub fn then_recorded<'a>(self, types: impl IntoIterator<Item = &'a str>) -> T {
        let value = match self.result {
            Ok(done) => done.value,
            Err(error) => panic!("the command was refused: {error:?}"),
        };
        let recorded: Vec<&str> = self.recorded.iter().map(|event| &*event.event_type).collect();
        let expected: Vec<&str> = types.into_iter().collect();
        assert_eq!(recorded, expected, "other events were recorded");
        value
    }

    /// It was refused, and recorded nothing. Answers why.
    #[track_caller]
    pub fn then_refused(self) -> E {
        match self.result {
            Ok(_) => panic!("the command was accepted and recorded {:?}", self.recorded),
            Err(error) => error,
        }
    }

    /// The events it recorded.
    pub fn recorded(&self) -> &[Envelope] {
        &self.recorded
    }

    /// The bare answer.
    pub fn into_result(self) -> Result<Committed<T>, E> {
        self.result
    }
}
