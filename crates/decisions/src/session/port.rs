//! What other modules may know of a session: who may touch it and whether it is open.

use althing_backbone::{DbError, FromRow, Query, Row, UnitOfWork, sql};
use althing_events::{SessionId, UserId, WorkspaceId};
use althing_web::{AppState, Code, Denial, Feature, Membership, NotFound, Problem};

use crate::access::{Caller, Right, Scope, Standing, Who, members, tiers};
use crate::error::{Error, Refusal, Result};
use crate::outputs::ComponentType;

/// The little that others need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    pub id: SessionId,
    pub owner_id: UserId,
    pub title: String,
    /// Nothing can be changed: it was archived, or the workspace that it is shared with.
    pub is_archived: bool,
    /// The workspace that it is shared with is archived.
    pub is_frozen: bool,
    /// The workspace that it is shared with.
    pub shared_with: Option<WorkspaceId>,
    /// What the caller may do.
    pub right: Right,
    /// What the owner's membership includes.
    pub plan: Membership,
    /// The caller's own membership; somebody with a link has none.
    pub callers: Option<Membership>,
}

impl SessionFacts {
    /// Whether the caller may take files away.
    pub fn may_export(&self) -> Result<(), Denial> {
        let callers = self.callers.ok_or(Denial::NoMembership)?;
        callers.includes(Feature::Export)
    }
}

/// Whether a membership includes that component.
pub fn has_component(plan: &Membership, component: ComponentType) -> Result<(), Denial> {
    match component {
        ComponentType::DecisionQuality => plan.includes(Feature::DecisionQuality),
        _ => plan.may_read(),
    }
}

/// The session as far as rights go.
struct Found {
    owner_id: UserId,
    title: String,
    is_archived: bool,
    workspace: Option<WorkspaceId>,
    is_shared: bool,
    state: Option<String>,
    role: Option<String>,
    plan: Membership,
    callers: Membership,
}

impl FromRow for Found {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let (status, visibility): (String, String) = (row.get(2)?, row.get(3)?);
        let workspace: Option<althing_backbone::Uuid> = row.get(4)?;
        Ok(Self {
            owner_id: UserId(row.get(0)?),
            title: row.get(1)?,
            is_archived: status == "archived",
            workspace: workspace.map(WorkspaceId),
            is_shared: visibility == "workspace",
            state: row.get(5)?,
            role: row.get(6)?,
            plan: tiers::in_columns(row, 7)?,
            callers: tiers::in_columns(row, 10)?,
        })
    }
}

impl Found {
    fn standing(&self, user: Option<UserId>) -> Standing {
        Standing {
            is_owner: user == Some(self.owner_id),
            shared: self
                .is_shared
                .then(|| members::shared(self.state.as_deref(), self.role.as_deref())),
        }
    }
}

/// The session, if this caller may do that much with it. Whoever may not even read it is
/// told that it does not exist.
pub async fn permitted(on: &impl Query, id: SessionId, who: &Who, need: Right) -> Result<SessionFacts> {
    let found: Option<Found> = sql("SELECT s.owner_id, s.title, s.status, s.visibility, s.workspace_id, w.state, m.role, \
         o.tier, o.valid_until, d.tier, a.tier, a.valid_until, d.tier \
         FROM decision_session s LEFT JOIN decision_workspace w ON w.workspace_id = s.workspace_id \
         LEFT JOIN decision_tier o ON o.user_id = s.owner_id LEFT JOIN decision_tier a ON a.user_id = CAST($2 AS TEXT) \
         LEFT JOIN decision_default_tier d ON d.one = 1 \
         LEFT JOIN decision_member m ON m.workspace_id = s.workspace_id AND m.user_id = CAST($2 AS TEXT) WHERE s.id = $1")
    .bind(id)
    .bind(who.user)
    .optional(on)
    .await?;
    let not_found = || Error::NotFound(Code::SessionNotFound);
    let found = found.ok_or_else(not_found)?;
    let standing = found.standing(who.user);
    let shows = |_: &Scope| found.plan.may_read().is_ok();
    let by_link = who
        .scope(id)
        .filter(shows)
        .and_then(|scope| standing.right_by_link(scope));
    let right = standing.right().max(by_link).ok_or_else(not_found)?;
    if right < need || !who.reaches(found.workspace) {
        return Err(Error::Forbidden);
    }
    let callers = who.user.map(|_| found.callers);
    if let Some(callers) = callers {
        callers.may_read()?;
    }
    Ok(SessionFacts {
        id,
        owner_id: found.owner_id,
        title: found.title,
        is_archived: found.is_archived || standing.is_frozen(),
        is_frozen: standing.is_frozen(),
        shared_with: found.workspace.filter(|_| found.is_shared),
        right,
        plan: found.plan,
        callers,
    })
}

/// The same; what changes something is refused where the workspace is put away. Whether
/// the session itself is open says the command.
pub async fn allowed(on: &impl Query, id: SessionId, who: &Who, need: Right) -> Result<SessionFacts> {
    let facts = permitted(on, id, who, need).await?;
    if need.changes() && facts.is_frozen {
        return Err(Refusal::SessionArchived.into());
    }
    Ok(facts)
}

/// What a door asks first: the session, or the 404 of the id that was asked for.
pub async fn require<T: NotFound>(
    state: &AppState,
    caller: &Caller,
    id: SessionId,
    need: Right,
) -> Result<SessionFacts, Problem> {
    let facts = allowed(state.backbone.db(), id, &caller.who, need)
        .await
        .map_err(|error| error.hiding::<T>())?;
    if need.changes() {
        let now = state.backbone.clock().now();
        for membership in facts.callers.iter().chain([&facts.plan]) {
            membership.may_write(now)?;
        }
    }
    Ok(facts)
}

/// How many sessions are not archived.
pub async fn count_active(on: &impl Query) -> std::result::Result<i64, DbError> {
    sql("SELECT count(*) FROM decision_session WHERE status = 'active'")
        .one(on)
        .await
}

/// Lets the command succeed only if memberships allow changes and the session is still
/// open when it commits; answers what the owner's membership includes.
pub async fn require_writable(uow: &mut UnitOfWork, id: SessionId) -> Result<Membership> {
    let plan = tiers::may_write(uow, id).await?;
    require_open(uow, id).await?;
    Ok(plan)
}

/// Lets the command succeed only if the session is still open when it commits.
pub async fn require_open(uow: &mut UnitOfWork, id: SessionId) -> Result<()> {
    let status: Option<String> = sql("SELECT status FROM decision_session WHERE id = $1")
        .bind(id)
        .optional(uow)
        .await?;
    match status.as_deref() {
        Some("active") => {
            uow.expect(
                1,
                "open session",
                sql("UPDATE decision_session SET updated_at = $1 WHERE id = $2 AND status = 'active'")
                    .bind(uow.now())
                    .bind(id),
            );
            Ok(())
        }
        Some(_) => Err(Refusal::SessionArchived.into()),
        None => Err(Error::NotFound(Code::SessionNotFound)),
    }
}

/// How long a command waits for what people expect to see right after it.
const SOON: std::time::Duration = std::time::Duration::from_secs(1);

/// Waits a moment until the session's list has the cycles of this commit, so that
/// whoever made them sees them. The list is right a little later in any case.
pub async fn list_has_seen(backbone: &althing_backbone::Backbone, receipt: althing_backbone::Receipt) {
    if let Err(error) = backbone.seen_by("session-cycles", receipt).within(SOON).await {
        tracing::debug!(%error, "the session's list of cycles is a little behind");
    }
}
