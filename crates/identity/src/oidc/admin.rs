//! The door of sign-in providers, for those who run the instance.

mod fields;

use althing_backbone::{Command, UnitOfWork, Uuid};
use althing_events::OidcProviderId;
use althing_events::identity::InstanceSettingsChanged;
use althing_web::{
    Access, Answer, AppState, Body, Code, Created, Ctx, Data, List, Module, NoContent, PathId, Problem,
};
use axum::extract::{Extension, State};
use openidconnect::core::CoreJwsSigningAlgorithm;
use schemars::JsonSchema;
use serde::Serialize;

use self::fields::{Changes, ProviderRequest};
use super::provider::{Grant, Provider};
use super::{known, request, sealed, views};
use crate::instance_settings::INSTANCE;
use crate::session::CurrentSession;

pub(super) fn routes(module: Module) -> Module {
    module
        .get(
            "/api/admin/oidc-providers",
            Access::InstanceAdmin,
            "Lists the sign-in providers, without their secrets.",
            list,
        )
        .post(
            "/api/admin/oidc-providers",
            Access::InstanceAdmin,
            "Adds a sign-in provider, after a fresh sign-in.",
            create,
        )
        .patch(
            "/api/admin/oidc-providers/{id}",
            Access::InstanceAdmin,
            "Changes a sign-in provider, after a fresh sign-in.",
            change,
        )
        .delete(
            "/api/admin/oidc-providers/{id}",
            Access::InstanceAdmin,
            "Removes a sign-in provider, after a fresh sign-in; accounts stay, and so do their places in workspaces.",
            remove,
        )
        .post(
            "/api/admin/oidc-providers/{id}/test",
            Access::InstanceAdmin,
            "Asks a sign-in provider to describe itself, and answers what it said.",
            test,
        )
}

/// A provider as an admin sees it.
#[derive(Serialize, JsonSchema)]
struct ProviderView {
    id: OidcProviderId,
    slug: String,
    label: String,
    issuer: String,
    client_id: String,
    has_secret: bool,
    scopes: Vec<String>,
    group_claim: Option<String>,
    group_map: Vec<RuleView>,
    may_create_accounts: bool,
    /// What the provider has to be told as redirect address.
    callback_url: String,
}

/// A line of the group map, with the workspace's short name.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "grants", rename_all = "snake_case")]
enum RuleView {
    Membership {
        group: String,
        workspace: String,
        role: &'static str,
    },
    InstanceAdmin {
        group: String,
    },
}

async fn seen(state: &AppState, provider: Provider) -> Answer<ProviderView> {
    let mut group_map = Vec::new();
    for rule in &provider.group_map {
        let group = rule.group.clone();
        group_map.push(match rule.grant {
            Grant::InstanceAdmin => RuleView::InstanceAdmin { group },
            Grant::Membership { workspace_id, role } => {
                let slug = views::slug_of(state.backbone.db(), workspace_id.0).await?;
                let role = role.as_str();
                // One that is gone is shown by its id.
                let workspace = slug.unwrap_or_else(|| workspace_id.to_string());
                RuleView::Membership {
                    group,
                    workspace,
                    role,
                }
            }
        });
    }
    Ok(ProviderView {
        callback_url: request::callback(state, &provider.slug),
        id: provider.id,
        slug: provider.slug,
        label: provider.label,
        issuer: provider.issuer,
        client_id: provider.client_id,
        has_secret: provider.client_secret.is_some(),
        scopes: provider.scopes,
        group_claim: provider.group_claim,
        group_map,
        may_create_accounts: provider.may_create_accounts,
    })
}

async fn list(State(state): State<AppState>) -> Answer<List<ProviderView>> {
    let mut all = Vec::new();
    for provider in views::all(state.backbone.db()).await? {
        all.push(seen(&state, provider).await?);
    }
    Ok(List::whole(all))
}

async fn create(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    Extension(session): Extension<CurrentSession>,
    Body(request): Body<ProviderRequest>,
) -> Answer<Created<ProviderView>> {
    session.require_fresh(state.backbone.clock().now())?;
    let id = OidcProviderId(state.backbone.ids().next());
    let (slug, changes) = request.of_a_new_one(&state, id).await?;
    let command = AddProvider { id, slug, changes };
    let provider = state.backbone.execute(context, &command).await?.value;
    Ok(Created(seen(&state, provider).await?))
}

async fn change(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    Extension(session): Extension<CurrentSession>,
    PathId(id): PathId<OidcProviderId>,
    Body(request): Body<ProviderRequest>,
) -> Answer<Data<ProviderView>> {
    session.require_fresh(state.backbone.clock().now())?;
    let provider = one(&state, id).await?;
    let changes = request.of_this_one(&state, &provider).await?;
    let command = ChangeProvider { id, changes };
    let provider = state.backbone.execute(context, &command).await?.value;
    Ok(Data(seen(&state, provider).await?))
}

async fn remove(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    Extension(session): Extension<CurrentSession>,
    PathId(id): PathId<OidcProviderId>,
) -> Answer<NoContent> {
    session.require_fresh(state.backbone.clock().now())?;
    let command = RemoveProvider { id };
    state.backbone.execute(context, &command).await?;
    Ok(NoContent)
}

/// What a provider says of itself.
#[derive(Serialize, JsonSchema)]
struct Tested {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    /// How many keys it signs with.
    keys: usize,
    /// How it signs tokens.
    algorithms: Vec<String>,
    /// Whether one of these is taken here.
    signs_as_needed: bool,
}

async fn test(State(state): State<AppState>, PathId(id): PathId<OidcProviderId>) -> Answer<Data<Tested>> {
    let provider = one(&state, id).await?;
    if let Some(sealed) = &provider.client_secret {
        sealed::open(state.backbone.db(), id, sealed).await?;
    }
    let found = known::discover(&provider.issuer).await?;
    let algorithms = found.id_token_signing_alg_values_supported();
    let taken = [
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    ];
    Ok(Data(Tested {
        issuer: found.issuer().to_string(),
        authorization_endpoint: found.authorization_endpoint().to_string(),
        token_endpoint: found.token_endpoint().map(|endpoint| endpoint.to_string()),
        userinfo_endpoint: found.userinfo_endpoint().map(|endpoint| endpoint.to_string()),
        keys: found.jwks().keys().len(),
        algorithms: algorithms.iter().map(word).collect::<Answer<_>>()?,
        signs_as_needed: taken.iter().any(|algorithm| algorithms.contains(algorithm)),
    }))
}

fn word(algorithm: &CoreJwsSigningAlgorithm) -> Answer<String> {
    let value = serde_json::to_value(algorithm).map_err(Problem::fault)?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

async fn one(state: &AppState, id: OidcProviderId) -> Answer<Provider> {
    views::by_id(state.backbone.db(), id)
        .await?
        .ok_or_else(Problem::not_found::<OidcProviderId>)
}

/// Adds a provider.
struct AddProvider {
    id: OidcProviderId,
    slug: String,
    changes: Changes,
}

impl Command for AddProvider {
    type Output = Provider;
    type Error = Problem;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<Provider, Problem> {
        if views::by_slug(uow, &self.slug).await?.is_some() {
            return Err(Problem::new(
                Code::SlugTaken,
                "another sign-in provider has this short name",
            ));
        }
        let now = uow.now();
        let mut provider = Provider {
            id: self.id,
            slug: self.slug.clone(),
            label: String::new(),
            issuer: String::new(),
            client_id: String::new(),
            client_secret: None,
            scopes: Vec::new(),
            group_claim: None,
            group_map: Vec::new(),
            may_create_accounts: false,
            created_at: now,
            updated_at: now,
        };
        let changed = self.changes.apply(&mut provider);
        keep(uow, &provider, &changed)?;
        Ok(provider)
    }
}

/// Changes a provider; what stays the same is not told.
struct ChangeProvider {
    id: OidcProviderId,
    changes: Changes,
}

impl Command for ChangeProvider {
    type Output = Provider;
    type Error = Problem;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<Provider, Problem> {
        let mut provider = views::by_id(uow, self.id)
            .await?
            .ok_or_else(Problem::not_found::<OidcProviderId>)?;
        let changed = self.changes.apply(&mut provider);
        if !changed.is_empty() {
            provider.updated_at = uow.now();
            keep(uow, &provider, &changed)?;
        }
        Ok(provider)
    }
}

fn keep(uow: &mut UnitOfWork, provider: &Provider, changed: &[&str]) -> Result<(), Problem> {
    uow.execute(views::put(provider).map_err(Problem::fault)?);
    let slug = &provider.slug;
    uow.record(&InstanceSettingsChanged {
        instance_id: INSTANCE,
        keys: changed
            .iter()
            .map(|key| format!("oidc_providers.{slug}.{key}"))
            .collect(),
    })?;
    Ok(())
}

/// Removes a provider, with the attempts that are under way.
struct RemoveProvider {
    id: OidcProviderId,
}

impl Command for RemoveProvider {
    type Output = ();
    type Error = Problem;

    async fn run(&self, uow: &mut UnitOfWork) -> Result<(), Problem> {
        let provider = views::by_id(uow, self.id)
            .await?
            .ok_or_else(Problem::not_found::<OidcProviderId>)?;
        let id: Uuid = self.id.0;
        for statement in views::delete(id) {
            uow.execute(statement);
        }
        uow.record(&InstanceSettingsChanged {
            instance_id: INSTANCE,
            keys: vec![format!("oidc_providers.{}", provider.slug)],
        })?;
        Ok(())
    }
}
