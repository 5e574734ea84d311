//! Commands on sessions.

use althing_backbone::{Command, Timestamp, UnitOfWork, sql};
use althing_events::decisions::{SessionCreated, SessionOutcomeRecorded};
use althing_events::{OutcomeId, SessionId, UserId};
use althing_web::{Code, Membership};

use super::home::Home;
use super::session::{Outcome, Session, SessionStatus, field, not_storable, valid_description, valid_title};
use crate::access::{quota, tiers};
use crate::cycle::port as cycles;
use crate::error::{Error, Refusal, Result};
use crate::outputs::text::{is_storable, trimmed_length};

/// Begins a session; the actor becomes its owner.
#[derive(Clone, Debug)]
pub struct CreateSession {
    pub owner_id: UserId,
    pub home: Home,
    pub title: String,
    pub description: Option<String>,
}

impl Command for CreateSession {
    type Output = Session;
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<Session> {
        self.home.check(uow, self.owner_id).await?;
        let plan = tiers::membership(uow, self.owner_id).await?;
        plan.may_write(uow.now())?;
        quota::for_session(uow, self.owner_id, &plan).await?;
        let mut session = Session {
            id: SessionId(uow.new_id()),
            owner_id: self.owner_id,
            workspace_id: self.home.workspace_id,
            project_id: None,
            visibility: self.home.visibility,
            title: valid_title(&self.title)?,
            description: valid_description(self.description.as_deref())?,
            status: SessionStatus::Active,
            created_at: uow.now(),
            changes: 0,
        };
        note(uow, &mut session, SessionChange::Created, &Authorship::now(uow));
        uow.save(&session)?;
        self.home.mark(uow);
        uow.record(&SessionCreated {
            session_id: session.id,
            user_id: self.owner_id,
            title: session.title.clone(),
            description: session.description.clone(),
            created_at: session.created_at,
        })?;
        insert(uow, &session);
        Ok(session)
    }
}

/// Puts a new session into the table that lists are read from.
pub(crate) fn insert(uow: &mut UnitOfWork, session: &Session) {
    uow.execute(
        sql("INSERT INTO decision_session (id, owner_id, workspace_id, visibility, title, description, status, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, 'active', $7, $7)")
        .bind(session.id)
        .bind(session.owner_id)
        .bind(session.workspace_id)
        .bind(session.visibility.as_str())
        .bind(session.title.as_str())
        .bind(session.description.as_deref())
        .bind(session.created_at),
    );
}

/// Renames or describes a session, or both.
#[derive(Clone, Debug)]
pub struct ChangeSession {
    pub session_id: SessionId,
    pub user_id: UserId,
    pub title: Option<String>,
    /// `Some(None)` takes the description away.
    pub description: Option<Option<String>>,
}

impl Command for ChangeSession {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        let (mut session, _) = load_to_change(uow, self.session_id).await?;
        let by = Authorship::now(uow);
        if let Some(title) = &self.title {
            rename(uow, &mut session, title, self.user_id, &by)?;
        }
        if let Some(description) = &self.description {
            describe(uow, &mut session, description.as_deref(), self.user_id, &by)?;
        }
        Ok(())
    }
}

/// Archives a session; a second time does nothing.
#[derive(Clone, Debug)]
pub struct ArchiveSession {
    pub session_id: SessionId,
    pub user_id: UserId,
}

impl Command for ArchiveSession {
    type Output = ();
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<()> {
        let (mut session, plan) = load_to_change(uow, self.session_id).await?;
        if session.status == SessionStatus::Active {
            quota::for_archive(uow, session.owner_id, &plan).await?;
        }
        let by = Authorship::now(uow);
        archive(uow, &mut session, self.user_id, &by)
    }
}

/// When something was done and, for imports, by whom elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Authorship {
    pub at: Timestamp,
    pub imported_author: Option<String>,
}

impl Authorship {
    /// The actor of the command, now.
    pub fn now(uow: &UnitOfWork) -> Self {
        Self {
            at: uow.now(),
            imported_author: None,
        }
    }
}

/// Kinds of rows in a session's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionChange {
    Created,
    Renamed,
    Described,
    Archived,
}

impl SessionChange {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Renamed => "renamed",
            Self::Described => "described",
            Self::Archived => "archived",
        }
    }
}

pub(crate) fn rename(
    uow: &mut UnitOfWork,
    session: &mut Session,
    title: &str,
    user: UserId,
    by: &Authorship,
) -> Result<()> {
    if let Some(event) = session.rename(title, user, uow.now())? {
        uow.record(&event)?;
        note(uow, session, SessionChange::Renamed, by);
        store(uow, session)?;
    }
    Ok(())
}

pub(crate) fn describe(
    uow: &mut UnitOfWork,
    session: &mut Session,
    description: Option<&str>,
    user: UserId,
    by: &Authorship,
) -> Result<()> {
    if let Some(event) = session.describe(description, user, uow.now())? {
        uow.record(&event)?;
        note(uow, session, SessionChange::Described, by);
        store(uow, session)?;
    }
    Ok(())
}

pub(crate) fn archive(
    uow: &mut UnitOfWork,
    session: &mut Session,
    user: UserId,
    by: &Authorship,
) -> Result<()> {
    if let Some(event) = session.archive(user, uow.now()) {
        uow.record(&event)?;
        note(uow, session, SessionChange::Archived, by);
        store(uow, session)?;
    }
    Ok(())
}

/// Writes a row of the session's history, as it is after the change.
pub(crate) fn note(uow: &mut UnitOfWork, session: &mut Session, kind: SessionChange, by: &Authorship) {
    session.changes += 1;
    let actor = uow.context().actor;
    uow.execute(
        sql("INSERT INTO session_change (session_id, number, kind, title, description, actor_id, imported_author, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .for_many(
            "INSERT INTO session_change (session_id, number, kind, title, description, actor_id, imported_author, at) \
             SELECT * FROM unnest($1::TEXT[], $2::BIGINT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[], $8::TEXT[])",
        )
        .bind(session.id)
        .bind(session.changes)
        .bind(kind.as_str())
        .bind(session.title.as_str())
        .bind(session.description.as_deref())
        .bind(actor)
        .bind(by.imported_author.as_deref())
        .bind(by.at),
    );
}

/// Records how a completed cycle's decision turned out.
#[derive(Clone, Debug)]
pub struct RecordOutcome {
    pub session_id: SessionId,
    pub user_id: UserId,
    pub outcome: Outcome,
}

/// Free text of an outcome: up to this many characters.
const OUTCOME_TEXT_MAX: usize = 10_000;

impl Command for RecordOutcome {
    type Output = OutcomeId;
    type Error = Error;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<OutcomeId> {
        tiers::may_write(uow, self.session_id).await?;
        let outcome = &self.outcome;
        let by = Authorship::now(uow);
        let cycle = cycles::facts(uow, outcome.cycle_id).await?;
        if cycle.session_id != self.session_id {
            return Err(Error::NotFound(Code::CycleNotFound));
        }
        if !cycle.was_completed {
            return Err(Refusal::CycleNotCompleted.into());
        }
        if let Some(chosen) = outcome.chosen_alternative_id
            && !cycles::has_alternative(uow, outcome.cycle_id, chosen).await?
        {
            return Err(field(
                "/chosen_alternative_id",
                "unknown_reference",
                "choose an alternative of this cycle",
            ));
        }
        record_outcome(uow, self.session_id, self.user_id, outcome, &by)
    }
}

async fn load(uow: &mut UnitOfWork, id: SessionId) -> Result<Session> {
    uow.load(id.0)
        .await?
        .ok_or(Error::NotFound(Code::SessionNotFound))
}

/// The session and its owner's plan, both asked for at once.
async fn load_to_change(uow: &mut UnitOfWork, id: SessionId) -> Result<(Session, Membership)> {
    let (db, actor, now) = (uow.db().clone(), uow.context().actor, uow.now());
    let (plan, session) = tokio::join!(tiers::may_be_written(&db, actor, now, id), load(uow, id));
    plan.and_then(|plan| Ok((session?, plan)))
}

fn store(uow: &mut UnitOfWork, session: &Session) -> Result<()> {
    uow.save(session)?;
    uow.execute(
        sql("UPDATE decision_session SET title = $1, description = $2, status = $3, updated_at = $4 WHERE id = $5")
            .for_many(
                "UPDATE decision_session AS s SET title = v.title, description = v.description, status = v.status, \
                 updated_at = v.updated_at \
                 FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TEXT[]) \
                 AS v(title, description, status, updated_at, id) WHERE s.id = v.id",
            )
            .bind(session.title.as_str())
            .bind(session.description.as_deref())
            .bind(session.status.as_str())
            .bind(uow.now())
            .bind(session.id),
    );
    Ok(())
}

/// Stores an outcome whose cycle and alternative were checked.
pub(crate) fn record_outcome(
    uow: &mut UnitOfWork,
    session_id: SessionId,
    user_id: UserId,
    outcome: &Outcome,
    by: &Authorship,
) -> Result<OutcomeId> {
    for (pointer, text) in [
        ("/actual_consequences", &outcome.actual_consequences),
        ("/surprises", &outcome.surprises),
    ] {
        if text
            .as_deref()
            .is_some_and(|text| trimmed_length(text) > OUTCOME_TEXT_MAX)
        {
            return Err(field(pointer, "too_long", "use at most 10,000 characters"));
        }
        if !text.as_deref().is_none_or(is_storable) {
            return Err(not_storable(pointer));
        }
    }
    let outcome_id = OutcomeId(uow.new_id());
    uow.record(&SessionOutcomeRecorded {
        session_id,
        user_id,
        cycle_id: outcome.cycle_id,
        outcome_id,
        satisfaction: outcome.satisfaction.as_str().to_owned(),
        would_decide_same: outcome.would_decide_same,
        recorded_at: uow.now(),
    })?;
    uow.execute(
        sql("INSERT INTO decision_outcome (id, session_id, cycle_id, recorded_by, chosen_alternative_id, satisfaction, \
             actual_consequences, surprises, would_decide_same, recorded_at, imported_author) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
        .bind(outcome_id)
        .bind(session_id)
        .bind(outcome.cycle_id)
        .bind(user_id)
        .bind(outcome.chosen_alternative_id)
        .bind(outcome.satisfaction.as_str())
        .bind(outcome.actual_consequences.as_deref())
        .bind(outcome.surprises.as_deref())
        .bind(outcome.would_decide_same)
        .bind(by.at)
        .bind(by.imported_author.as_deref()),
    );
    Ok(outcome_id)
}
