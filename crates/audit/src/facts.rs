//! What an entry keeps of an event: ids, and words of lists. No title, no name, no text.

mod decisions;
mod identity;

use althing_backbone::Uuid;

/// What something was before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Old {
    /// Nothing is known, or it makes no sense to ask.
    #[default]
    None,
    /// This.
    Value(String),
    /// What the last entry about the same thing says it became.
    Last,
}

/// The fields of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub workspace: Option<Uuid>,
    pub session: Option<Uuid>,
    pub cycle: Option<Uuid>,
    /// What it is about, where it is none of these.
    pub thing: Option<Uuid>,
    /// Whom it concerns, where that is not who did it.
    pub person: Option<Uuid>,
    pub old: Old,
    pub new: Option<String>,
    /// A word more: which component, which fields, which scope.
    pub detail: Option<String>,
}

impl Facts {
    pub fn was(mut self, old: impl Into<String>) -> Self {
        self.old = Old::Value(old.into());
        self
    }

    pub fn was_what_it_was(mut self) -> Self {
        self.old = Old::Last;
        self
    }

    pub fn is(mut self, new: impl Into<String>) -> Self {
        self.new = Some(new.into());
        self
    }

    pub fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub fn about(mut self, thing: impl Into<Uuid>) -> Self {
        self.thing = Some(thing.into());
        self
    }

    pub fn concerning(mut self, person: Option<impl Into<Uuid>>) -> Self {
        self.person = person.map(Into::into);
        self
    }
}

/// An event that is kept in the audit log.
pub(crate) trait Audited {
    fn facts(&self) -> Facts;
}
