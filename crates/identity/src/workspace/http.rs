//! The door of workspaces.

mod invitations;
mod members;

use althing_backbone::{Db, Receipt, Uuid};
use althing_events::{MemberId, UserId, WorkspaceId};
use althing_web::{
    Access, Actor, Answer, AppState, Body, Created, Ctx, Data, FieldProblem, List, MembershipViews, Module,
    Problem, QueryOf,
};
use axum::extract::{Extension, Path, State};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::commands::{
    ArchiveWorkspace, ChangeWorkspace, CreateWorkspace, DeleteWorkspace, RestoreWorkspace, TransferWorkspace,
};
use super::refusal::Refusal;
use super::text;
use super::views::{self, invitation_of_link};
pub(crate) use super::views::{WorkspaceView, are_all_of};
use super::workspace::Changes;
use crate::fields::{Email, Name};
use crate::http::Door;
use crate::instance_settings::effective;
use crate::session::CurrentSession;

pub(crate) fn routes(module: Module) -> Module {
    let module = module
        .keys("workspaces:read", "workspaces:write")
        .get(
            "/api/workspaces",
            Access::SignedIn,
            "Lists the workspaces one is in.",
            list,
        )
        .post(
            "/api/workspaces",
            Access::SignedIn,
            "Makes a workspace, which one then owns.",
            create,
        )
        .get(
            "/api/workspaces/{ws}",
            Access::Member,
            "Reads a workspace, by its slug or id.",
            read,
        )
        .patch(
            "/api/workspaces/{ws}",
            Access::WorkspaceAdmin,
            "Changes name, description or colour of a workspace.",
            change,
        )
        .browsers_only()
        .delete(
            "/api/workspaces/{ws}",
            Access::WorkspaceOwner,
            "Lets an archived workspace be deleted after a while (`workspace.purge_days`), after a fresh sign-in.",
            delete,
        )
        .post(
            "/api/workspaces/{ws}/transfer",
            Access::WorkspaceOwner,
            "Hands a workspace over to another member, after a fresh sign-in.",
            transfer,
        )
        .keys("workspaces:read", "workspaces:write")
        .post(
            "/api/workspaces/{ws}/archive",
            Access::WorkspaceOwner,
            "Archives a workspace: it is read-only, and only its owner and admins see it.",
            archive,
        )
        .post(
            "/api/workspaces/{ws}/restore",
            Access::WorkspaceOwner,
            "Takes an archived workspace into use again.",
            restore,
        );
    invitations::routes(members::routes(module).browsers_only())
}

/// The workspace of a path, as the caller sees it; to others it does not exist.
/// The workspaces somebody owns, as a member of a refusal.
pub(crate) async fn owned_workspaces(db: &Db, user: UserId) -> Answer<Value> {
    let owned = views::owned(db, user).await?;
    serde_json::to_value(owned).map_err(Problem::fault)
}

pub(super) async fn seen(state: &AppState, actor: &Actor, slug_or_id: &str) -> Answer<WorkspaceView> {
    let db = state.backbone.db();
    if let Some(key) = &actor.key {
        let id = match Uuid::try_parse(slug_or_id) {
            Ok(id) => Some(id),
            Err(_) => views::id_by_slug(db, slug_or_id).await?,
        };
        if !id.is_some_and(|id| key.reaches(WorkspaceId(id))) {
            return Err(Refusal::Forbidden("this key is not for this workspace").into());
        }
    }
    let found = views::one(db, actor.user_id, slug_or_id).await?;
    Ok(found.ok_or(Refusal::NotFound)?)
}

/// The same for somebody who has just come in.
pub(crate) async fn of_user(state: &AppState, user: UserId, id: WorkspaceId) -> Answer<WorkspaceView> {
    let found = views::one(state.backbone.db(), user, &id.to_string()).await?;
    Ok(found.ok_or(Refusal::NotFound)?)
}

/// The address that an invitation's link was made for, while it is good.
pub(crate) async fn invited_address(state: &AppState, token: &str) -> Answer<String> {
    let hash = crate::secret::sha256(token.as_bytes());
    let invitation = invitation_of_link(state.backbone.db(), &hash).await?;
    let invitation = invitation.ok_or(Refusal::InvitationNotFound)?;
    if invitation.expires_at <= state.backbone.clock().now() {
        return Err(Refusal::InvitationExpired.into());
    }
    Ok(invitation.email)
}

/// Waits a moment until everybody who decides by memberships knows of a commit.
pub(crate) async fn known_everywhere(state: &AppState, receipt: Receipt) {
    state
        .get::<MembershipViews>()
        .have_seen(&state.backbone, receipt)
        .await;
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[serde(default)]
    archived: bool,
}

async fn list(
    State(state): State<AppState>,
    actor: Actor,
    QueryOf(query): QueryOf<ListQuery>,
) -> Answer<List<WorkspaceView>> {
    let mut all = views::list(state.backbone.db(), actor.user_id, query.archived).await?;
    all.retain(|workspace| actor.key.as_ref().is_none_or(|key| key.reaches(workspace.id)));
    Ok(List::whole(all))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct WorkspaceRequest {
    name: Option<String>,
    description: Option<String>,
    color: Option<String>,
}

impl WorkspaceRequest {
    /// All that is wrong at once.
    fn parse(&self) -> Answer<Changes> {
        let name = self.name.as_deref().map(|name| Name::parse("/name", name));
        let about = self
            .description
            .as_deref()
            .map(|about| text::description("/description", about));
        let color = self.color.as_deref().map(|color| text::color("/color", color));
        match (name.transpose(), about.transpose(), color.transpose()) {
            (Ok(name), Ok(description), Ok(color)) => Ok(Changes {
                name,
                description,
                color,
            }),
            (name, about, color) => {
                let problems = [name.err(), about.err(), color.err()];
                Err(Problem::validation(problems.into_iter().flatten().collect()))
            }
        }
    }
}

async fn create(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Body(mut request): Body<WorkspaceRequest>,
) -> Answer<Created<WorkspaceView>> {
    request.name.get_or_insert_default();
    let new = request.parse()?;
    let email = Email::parse("/email", &actor.email).map_err(|_| broken_address())?;
    let command = CreateWorkspace {
        actor: actor.user_id,
        email,
        name: new.name.ok_or(Refusal::NotFound)?,
        description: new.description.flatten(),
        color: new.color.flatten(),
    };
    let made = state.backbone.execute(context, &command).await?;
    known_everywhere(&state, made.receipt).await;
    Ok(Created(seen(&state, &actor, &made.value.to_string()).await?))
}

pub(super) fn broken_address() -> Problem {
    Problem::fault(anyhow::anyhow!(
        "an account's address does not pass its own rules"
    ))
}

async fn read(
    State(state): State<AppState>,
    actor: Actor,
    Path(ws): Path<String>,
) -> Answer<Data<WorkspaceView>> {
    Ok(Data(seen(&state, &actor, &ws).await?))
}

async fn change(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Path(ws): Path<String>,
    Body(request): Body<WorkspaceRequest>,
) -> Answer<Data<WorkspaceView>> {
    let workspace = seen(&state, &actor, &ws).await?;
    members::managed(&workspace)?;
    let command = ChangeWorkspace {
        workspace_id: workspace.id,
        actor: actor.user_id,
        changes: request.parse()?,
    };
    state.backbone.execute(context, &command).await?;
    Ok(Data(seen(&state, &actor, &ws).await?))
}

async fn archive(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Path(ws): Path<String>,
) -> Answer<Data<WorkspaceView>> {
    let command = ArchiveWorkspace {
        workspace_id: seen(&state, &actor, &ws).await?.id,
        actor: actor.user_id,
    };
    let receipt = state.backbone.execute(context, &command).await?.receipt;
    known_everywhere(&state, receipt).await;
    Ok(Data(seen(&state, &actor, &ws).await?))
}

async fn restore(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Path(ws): Path<String>,
) -> Answer<Data<WorkspaceView>> {
    let command = RestoreWorkspace {
        workspace_id: seen(&state, &actor, &ws).await?.id,
        actor: actor.user_id,
    };
    let receipt = state.backbone.execute(context, &command).await?.receipt;
    known_everywhere(&state, receipt).await;
    Ok(Data(seen(&state, &actor, &ws).await?))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct DeleteRequest {
    confirm: String,
}

async fn delete(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Extension(session): Extension<CurrentSession>,
    Path(ws): Path<String>,
    Body(request): Body<DeleteRequest>,
) -> Answer<Data<WorkspaceView>> {
    let workspace = seen(&state, &actor, &ws).await?;
    owned(&workspace)?;
    session.require_fresh(state.backbone.clock().now())?;
    let settings = state.get::<Door>().settings;
    let command = DeleteWorkspace {
        workspace_id: workspace.id,
        actor: actor.user_id,
        confirm: request.confirm.trim().to_owned(),
        grace: effective(state.backbone.db(), &settings).await?.purge_after(),
    };
    state.backbone.execute(context, &command).await?;
    Ok(Data(seen(&state, &actor, &ws).await?))
}

/// Rights come before everything else that may be wrong.
fn owned(workspace: &WorkspaceView) -> Result<(), Refusal> {
    match workspace.role.as_str() {
        "owner" => Ok(()),
        _ => Err(super::refusal::OWNER_ONLY),
    }
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct TransferRequest {
    member_id: Option<Uuid>,
}

async fn transfer(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Extension(session): Extension<CurrentSession>,
    Path(ws): Path<String>,
    Body(request): Body<TransferRequest>,
) -> Answer<Data<WorkspaceView>> {
    let workspace = seen(&state, &actor, &ws).await?;
    owned(&workspace)?;
    session.require_fresh(state.backbone.clock().now())?;
    let to = request.member_id.ok_or_else(|| {
        let missing = FieldProblem::new("/member_id", "required", "is required");
        Problem::validation(vec![missing])
    })?;
    let command = TransferWorkspace {
        workspace_id: workspace.id,
        actor: actor.user_id,
        to: MemberId(to),
    };
    let receipt = state.backbone.execute(context, &command).await?.receipt;
    known_everywhere(&state, receipt).await;
    Ok(Data(seen(&state, &actor, &ws).await?))
}

/// Where the members of a workspace are listed and changed.
pub(super) struct Place {
    pub workspace: WorkspaceId,
    pub member: MemberId,
}

/// Workspace and place of a path; an id that is none is nobody's.
pub(super) async fn place(
    state: &AppState,
    actor: &Actor,
    (ws, id): (String, String),
) -> Answer<(WorkspaceView, Place)> {
    let workspace = seen(state, actor, &ws).await?;
    let member = id.parse().map_err(|_| Refusal::MemberNotFound)?;
    let place = Place {
        workspace: workspace.id,
        member,
    };
    Ok((workspace, place))
}
