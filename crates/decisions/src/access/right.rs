//! The rule: what somebody may do with a session.

use althing_events::identity::MemberRole;
use schemars::JsonSchema;

/// What somebody may do with a session; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// See dashboard and document, with a link.
    View,
    /// The same and the conversations, with a link.
    ViewConversation,
    /// Read everything, export it.
    Read,
    /// Work on the components, talk, call tools.
    Contribute,
    /// Rename, archive, manage cycles, record outcomes, revoke links.
    Manage,
    /// All of it, and make links.
    Own,
}

impl Right {
    /// The word that clients are told; links are ways of reading.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::View | Self::ViewConversation | Self::Read => "read",
            Self::Contribute => "contribute",
            Self::Manage => "manage",
            Self::Own => "owner",
        }
    }

    /// Whether it is one to change something.
    pub fn changes(self) -> bool {
        self >= Self::Contribute
    }
}

/// What a link shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Dashboard and document.
    View,
    /// Conversations, too.
    ViewConversation,
}

impl Scope {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::ViewConversation => "view_conversation",
        }
    }

    /// An unknown word shows as little as possible.
    pub fn parse(word: &str) -> Self {
        match word {
            "view_conversation" => Self::ViewConversation,
            _ => Self::View,
        }
    }

    /// What it allows.
    pub const fn right(self) -> Right {
        match self {
            Self::View => Right::View,
            Self::ViewConversation => Right::ViewConversation,
        }
    }
}

/// Where somebody stands towards a session, links aside.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub is_owner: bool,
    /// `None` for a private session.
    pub shared: Option<Shared>,
}

/// The workspace that a session is shared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// Unknown here, or deleted.
    Gone,
    Active(Option<MemberRole>),
    Archived(Option<MemberRole>),
}

impl Standing {
    /// What follows. The owner of a shared session has an owner's rights as long as
    /// they could make one there, thus not as a guest; once they are gone, those who
    /// manage the workspace manage it.
    pub fn right(self) -> Option<Right> {
        let Some(shared) = self.shared else {
            return self.is_owner.then_some(Right::Own);
        };
        match shared {
            Shared::Gone | Shared::Active(None) | Shared::Archived(None) => None,
            Shared::Active(Some(role)) if self.is_owner && role.contributes() => Some(Right::Own),
            Shared::Archived(Some(role)) if self.is_owner && role.manages() => Some(Right::Own),
            Shared::Active(Some(role)) if role.manages() => Some(Right::Manage),
            Shared::Active(Some(role)) if role.contributes() => Some(Right::Contribute),
            Shared::Active(Some(_)) => Some(Right::Read),
            Shared::Archived(Some(role)) => role.manages().then_some(Right::Manage),
        }
    }

    /// What a link allows: nothing while the workspace is put away or gone.
    pub fn right_by_link(self, scope: Scope) -> Option<Right> {
        match self.shared {
            None | Some(Shared::Active(_)) => Some(scope.right()),
            Some(Shared::Archived(_) | Shared::Gone) => None,
        }
    }

    /// Whether the workspace is put away, and the session with it.
    pub fn is_frozen(self) -> bool {
        matches!(self.shared, Some(Shared::Archived(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use MemberRole::{Admin, Guest, Member, Owner};

    fn right(is_owner: bool, shared: Option<Shared>) -> Option<Right> {
        Standing { is_owner, shared }.right()
    }

    #[test]
    fn a_private_session_is_its_owners_alone() {
        assert_eq!(right(true, None), Some(Right::Own));
        assert_eq!(right(false, None), None);
    }

    #[test]
    fn in_a_workspace_ones_role_counts() {
        let roles = [Some(Owner), Some(Admin), Some(Member), Some(Guest), None];
        let others = roles.map(|role| right(false, Some(Shared::Active(role))));
        let [manage, contribute, read] = [Right::Manage, Right::Contribute, Right::Read].map(Some);
        assert_eq!(others, [manage, manage, contribute, read, None]);
        let own = Some(Right::Own);
        let owners = roles.map(|role| right(true, Some(Shared::Active(role))));
        assert_eq!(owners, [own, own, own, read, None]);
    }

    #[test]
    fn an_archived_workspace_is_seen_by_those_who_manage_it_and_a_deleted_one_by_nobody() {
        let roles = [Some(Owner), Some(Admin), Some(Member), Some(Guest), None];
        let manage = Some(Right::Manage);
        let others = roles.map(|role| right(false, Some(Shared::Archived(role))));
        assert_eq!(others, [manage, manage, None, None, None]);
        let own = Some(Right::Own);
        let owners = roles.map(|role| right(true, Some(Shared::Archived(role))));
        assert_eq!(owners, [own, own, None, None, None]);
        assert_eq!(right(true, Some(Shared::Gone)), None);
    }

    #[test]
    fn a_link_shows_its_scope_unless_the_workspace_is_put_away() {
        let by_link = |shared| {
            Standing {
                is_owner: false,
                shared,
            }
            .right_by_link(Scope::ViewConversation)
        };
        assert_eq!(by_link(None), Some(Right::ViewConversation));
        assert_eq!(by_link(Some(Shared::Active(None))), Some(Right::ViewConversation));
        assert_eq!(by_link(Some(Shared::Archived(None))), None);
        assert_eq!(by_link(Some(Shared::Gone)), None);
        assert_eq!(Scope::parse("view").right(), Right::View);
    }

    #[test]
    fn rights_are_ordered_and_those_from_contributing_on_change_something() {
        use Right::{Contribute, Manage, Own, Read, View, ViewConversation};
        assert!([View, ViewConversation, Read, Contribute, Manage, Own].is_sorted());
        assert!(!Read.changes() && Contribute.changes());
    }
}
