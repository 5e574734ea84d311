//! The session's rules.

use althing_backbone::{Aggregate, Timestamp, Uuid};
use althing_events::decisions::{SessionArchived, SessionDescribed, SessionRenamed};
use althing_events::{ProjectId, SessionId, UserId, WorkspaceId};
use althing_web::FieldProblem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Refusal, Result};
use crate::outputs::text::{NOT_STORABLE, is_storable, trimmed_length};

/// Title: 1 to this many characters.
pub const TITLE_MAX: usize = 200;
/// Description: up to this many characters.
pub const DESCRIPTION_MAX: usize = 2_000;

/// One decision context.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub owner_id: UserId,
    pub workspace_id: Option<WorkspaceId>,
    pub project_id: Option<ProjectId>,
    pub visibility: Visibility,
    pub title: String,
    pub description: Option<String>,
    pub status: SessionStatus,
    pub created_at: Timestamp,
    /// How many rows of history there are.
    #[serde(default)]
    pub changes: i64,
}

/// Who may see a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    Private,
    Workspace,
}

impl Visibility {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Workspace => "workspace",
        }
    }
}

/// There is no way back from archived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    Active,
    Archived,
}

impl SessionStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Archived => "archived",
        }
    }
}

impl Aggregate for Session {
    const KIND: &'static str = "Session";
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn workspace_id(&self) -> Option<Uuid> {
        self.workspace_id.map(|id| id.0)
    }
}

impl Session {
    /// Archives it; a second time does nothing.
    pub fn archive(&mut self, user_id: UserId, now: Timestamp) -> Option<SessionArchived> {
        if self.status == SessionStatus::Archived {
            return None;
        }
        self.status = SessionStatus::Archived;
        Some(SessionArchived {
            session_id: self.id,
            user_id,
            archived_at: now,
        })
    }

    /// Gives it another title; the same title does nothing.
    pub fn rename(&mut self, title: &str, user_id: UserId, now: Timestamp) -> Result<Option<SessionRenamed>> {
        self.require_active()?;
        let title = valid_title(title)?;
        if title == self.title {
            return Ok(None);
        }
        let old_title = std::mem::replace(&mut self.title, title.clone());
        Ok(Some(SessionRenamed {
            session_id: self.id,
            user_id,
            old_title,
            new_title: title,
            renamed_at: now,
        }))
    }

    /// Describes it anew; an empty text takes the description away.
    pub fn describe(
        &mut self,
        description: Option<&str>,
        user_id: UserId,
        now: Timestamp,
    ) -> Result<Option<SessionDescribed>> {
        self.require_active()?;
        let new = valid_description(description)?;
        if new == self.description {
            return Ok(None);
        }
        let old = std::mem::replace(&mut self.description, new.clone());
        Ok(Some(SessionDescribed {
            session_id: self.id,
            user_id,
            old,
            new,
            updated_at: now,
        }))
    }

    fn require_active(&self) -> Result<()> {
        match self.status {
            SessionStatus::Active => Ok(()),
            SessionStatus::Archived => Err(Refusal::SessionArchived.into()),
        }
    }
}

/// The trimmed title, if it has 1 to 200 characters.
pub fn valid_title(title: &str) -> Result<String> {
    let title = title.trim();
    match trimmed_length(title) {
        0 => Err(field("/title", "missing_required", "give it a title")),
        length if length > TITLE_MAX => Err(field("/title", "too_long", "use at most 200 characters")),
        _ if !is_storable(title) => Err(not_storable("/title")),
        _ => Ok(title.to_owned()),
    }
}

/// The trimmed description, `None` if nothing is left.
pub fn valid_description(description: Option<&str>) -> Result<Option<String>> {
    let text = description.map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| trimmed_length(text) > DESCRIPTION_MAX) {
        return Err(field("/description", "too_long", "use at most 2,000 characters"));
    }
    if !text.is_none_or(is_storable) {
        return Err(not_storable("/description"));
    }
    Ok(text.map(str::to_owned))
}

/// The text at this place holds what no store can keep.
pub(crate) fn not_storable(pointer: &str) -> Error {
    field(pointer, "bad_format", NOT_STORABLE)
}

pub(crate) fn field(pointer: &str, code: &str, message: &str) -> Error {
    Error::InvalidFields(vec![FieldProblem {
        field: pointer.to_owned(),
        message: message.to_owned(),
        code: code.to_owned(),
        index: None,
    }])
}

/// How content people are with a decision, later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Satisfaction {
    VeryDissatisfied,
    Dissatisfied,
    Neutral,
    Satisfied,
    VerySatisfied,
}

impl Satisfaction {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VeryDissatisfied => "very_dissatisfied",
            Self::Dissatisfied => "dissatisfied",
            Self::Neutral => "neutral",
            Self::Satisfied => "satisfied",
            Self::VerySatisfied => "very_satisfied",
        }
    }
}

/// What happened after a decision. Records follow one another; none is changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    pub cycle_id: althing_events::CycleId,
    #[serde(default)]
    pub chosen_alternative_id: Option<Uuid>,
    pub satisfaction: Satisfaction,
    #[serde(default)]
    pub actual_consequences: Option<String>,
    #[serde(default)]
    pub surprises: Option<String>,
    pub would_decide_same: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session {
            id: SessionId(Uuid::from_u128(1)),
            owner_id: UserId(Uuid::from_u128(2)),
            workspace_id: None,
            project_id: None,
            visibility: Visibility::Private,
            title: "Where to live".into(),
            description: None,
            status: SessionStatus::Active,
            created_at: Timestamp::from_micros(0),
            changes: 0,
        }
    }

    #[test]
    fn a_title_has_one_to_two_hundred_characters_of_any_script() {
        assert_eq!(valid_title("  née  ").unwrap(), "née");
        assert!(valid_title(&"語".repeat(200)).is_ok());
        assert!(matches!(
            valid_title(&"語".repeat(201)),
            Err(Error::InvalidFields(_))
        ));
        assert!(matches!(valid_title(" \n "), Err(Error::InvalidFields(_))));
    }

    #[test]
    fn archiving_twice_says_nothing_and_an_archived_session_cannot_be_renamed() {
        let mut session = session();
        let (user, now) = (session.owner_id, Timestamp::from_micros(1));
        assert!(session.archive(user, now).is_some());
        assert!(session.archive(user, now).is_none());
        assert!(matches!(
            session.rename("x", user, now),
            Err(Error::Refused(Refusal::SessionArchived))
        ));
    }

    #[test]
    fn renaming_to_the_same_title_says_nothing() {
        let mut session = session();
        let (user, now) = (session.owner_id, Timestamp::from_micros(1));
        assert_eq!(session.rename(" Where to live ", user, now).unwrap(), None);
        assert_eq!(
            session
                .rename("Where to work", user, now)
                .unwrap()
                .unwrap()
                .old_title,
            "Where to live"
        );
    }
}
