//! What a notification says, in one sentence for its title and one for its body.

use crate::directory::Ending;
use crate::kind::Kind;

/// What a sentence needs; who or what is not known by name any more has none.
#[derive(Clone, Debug, Default)]
pub struct Facts<'a> {
    /// Somebody else whom it speaks of.
    pub person: Option<&'a str>,
    /// Whether that is the reader.
    pub person_is_reader: bool,
    /// The workspace, as it was called then.
    pub workspace: Option<&'a str>,
    /// The decision, as it was called then.
    pub decision: Option<&'a str>,
    pub role: Option<&'a str>,
    pub old_role: Option<&'a str>,
    pub reason: Option<&'a str>,
    pub ended: Option<Ending>,
}

/// Title and body.
pub fn say(kind: Kind, facts: &Facts<'_>) -> (String, String) {
    let person = facts.person.unwrap_or("Somebody");
    let workspace = facts.workspace.unwrap_or("a workspace");
    let role = with_article(facts.role);
    match kind {
        Kind::WorkspaceInvitation => {
            let asked = format!("{person} invites you to {workspace} as {role}.");
            let body = match facts.ended.map(how_it_ended) {
                Some(ending) => format!("{asked} {ending}"),
                None => asked,
            };
            (format!("Invitation to {workspace}"), body)
        }
        Kind::WorkspaceMemberJoined if facts.person_is_reader => (
            format!("You joined {workspace}"),
            format!("You are {role} of {workspace} now."),
        ),
        Kind::WorkspaceMemberJoined => (
            format!("{person} joined {workspace}"),
            format!("{person} accepted your invitation and is {role} of {workspace} now."),
        ),
        Kind::WorkspaceMemberRemoved => {
            let body = match facts.reason {
                Some("left") => format!("You left {workspace}."),
                Some("oidc") => format!("Your sign-in provider no longer gives you a place in {workspace}."),
                _ => format!("{person} took you out of {workspace}."),
            };
            (format!("You are no longer in {workspace}"), body)
        }
        Kind::RoleChanged => {
            let before = with_article(facts.old_role);
            let body = match facts.person {
                Some(person) => format!("{person} made you {role} of {workspace}; you were {before}."),
                None => format!("You are {role} of {workspace} now; you were {before}."),
            };
            (format!("Your role in {workspace} changed"), body)
        }
        Kind::DecisionCompleted => {
            let decision = facts
                .decision
                .map_or("a decision".to_owned(), |title| format!("“{title}”"));
            (
                "Decision completed".to_owned(),
                format!("{person} completed a cycle of {decision}."),
            )
        }
    }
}

fn with_article(role: Option<&str>) -> String {
    match role {
        Some("owner") => "the owner".to_owned(),
        Some("admin") => "an admin".to_owned(),
        Some(role) => format!("a {role}"),
        None => "a member".to_owned(),
    }
}

const fn how_it_ended(ending: Ending) -> &'static str {
    match ending {
        Ending::Accepted => "You accepted it.",
        Ending::Declined => "You declined it.",
        Ending::Revoked => "It was taken back.",
        Ending::Expired => "It has run out.",
        Ending::Renewed => "It was sent anew.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts<'static> {
        Facts {
            person: Some("Ada Lovelace"),
            workspace: Some("Engines"),
            decision: Some("Where to live"),
            role: Some("admin"),
            old_role: Some("guest"),
            ..Facts::default()
        }
    }

    #[test]
    fn everybody_and_everything_is_called_by_name() {
        for kind in Kind::ALL {
            let (title, body) = say(*kind, &facts());
            assert!(body.contains("Ada Lovelace"), "{body}");
            let thing = if *kind == Kind::DecisionCompleted {
                "Where to live"
            } else {
                "Engines"
            };
            assert!(body.contains(thing) && !title.is_empty(), "{body}");
        }
        assert_eq!(
            say(Kind::RoleChanged, &facts()).1,
            "Ada Lovelace made you an admin of Engines; you were a guest."
        );
    }

    #[test]
    fn an_invitation_that_has_ended_says_how() {
        let ended = |ended| Facts { ended, ..facts() };
        assert_eq!(
            say(Kind::WorkspaceInvitation, &ended(None)).1,
            "Ada Lovelace invites you to Engines as an admin."
        );
        assert_eq!(
            say(Kind::WorkspaceInvitation, &ended(Some(Ending::Revoked))).1,
            "Ada Lovelace invites you to Engines as an admin. It was taken back."
        );
    }

    #[test]
    fn what_has_no_name_any_more_is_still_a_sentence() {
        for kind in Kind::ALL {
            let (title, body) = say(*kind, &Facts::default());
            assert!(!title.is_empty() && body.ends_with('.'), "{title}: {body}");
        }
    }
}
