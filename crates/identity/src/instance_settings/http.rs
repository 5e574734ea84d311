//! The door of the instance's settings.

use althing_web::{Access, Answer, AppState, Body, Code, Ctx, Data, FieldProblem, Module, Problem};
use axum::extract::{Extension, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ChangeSettings, Effective, PURGE_DAYS, REGISTRATION, Wanted, effective};
use crate::http::Door;
use crate::registration::Registration;
use crate::session::CurrentSession;

const DAYS_MOST: u16 = 365;

pub(crate) fn routes(module: Module) -> Module {
    module
        .get(
            "/api/admin/settings",
            Access::InstanceAdmin,
            "Reads the settings that can be changed while the instance runs, and where each comes from.",
            read,
        )
        .patch(
            "/api/admin/settings",
            Access::InstanceAdmin,
            "Changes settings, after a fresh sign-in; not those that the environment or the file holds.",
            change,
        )
}

/// A setting with where it comes from.
#[derive(Serialize, JsonSchema)]
struct Setting<T> {
    value: T,
    /// environment, file, page or default.
    source: &'static str,
    /// Whether it can be changed here.
    fixed: bool,
}

#[derive(Serialize, JsonSchema)]
struct SettingsView {
    registration_mode: Setting<&'static str>,
    workspace_purge_days: Setting<u16>,
}

impl From<Effective> for SettingsView {
    fn from(now: Effective) -> Self {
        Self {
            registration_mode: setting(now.registration.as_str(), now.registration_from),
            workspace_purge_days: setting(now.purge_days, now.purge_days_from),
        }
    }
}

fn setting<T>(value: T, source: &'static str) -> Setting<T> {
    let fixed = !matches!(source, "page" | "default");
    Setting { value, source, fixed }
}

async fn read(State(state): State<AppState>) -> Answer<Data<SettingsView>> {
    let door: Door = state.get();
    let now = effective(state.backbone.db(), &door.settings).await?;
    Ok(Data(now.into()))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct SettingsRequest {
    registration_mode: Option<String>,
    workspace_purge_days: Option<i64>,
}

impl SettingsRequest {
    /// All that is wrong at once.
    fn parse(&self) -> Answer<Wanted> {
        let mode = self.registration_mode.as_deref().map(|word| {
            let words = "must be invite, open or closed";
            Registration::parse(word).ok_or_else(|| FieldProblem::new("/registration_mode", "invalid", words))
        });
        let days = self.workspace_purge_days.map(|days| {
            let bounds = format!("must be a whole number from 0 to {DAYS_MOST}");
            let days = u16::try_from(days).ok().filter(|days| *days <= DAYS_MOST);
            days.ok_or_else(|| FieldProblem::new("/workspace_purge_days", "out_of_range", bounds))
        });
        match (mode.transpose(), days.transpose()) {
            (Ok(registration), Ok(purge_days)) => Ok(Wanted {
                registration,
                purge_days,
            }),
            (mode, days) => {
                let problems = [mode.err(), days.err()];
                Err(Problem::validation(problems.into_iter().flatten().collect()))
            }
        }
    }
}

async fn change(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    Extension(session): Extension<CurrentSession>,
    Body(request): Body<SettingsRequest>,
) -> Answer<Data<SettingsView>> {
    let door: Door = state.get();
    session.require_fresh(state.backbone.clock().now())?;
    let fixed = door.settings.fixed;
    let held = [
        request
            .registration_mode
            .as_ref()
            .and(fixed.registration)
            .map(|by| (REGISTRATION, by)),
        request
            .workspace_purge_days
            .and(fixed.purge_days)
            .map(|by| (PURGE_DAYS, by)),
    ];
    if let Some((name, by)) = held.into_iter().flatten().next() {
        let detail = format!("{name} is set by the {by} of this instance; change it there");
        return Err(Problem::new(Code::SettingFixed, detail));
    }
    let command = ChangeSettings {
        wanted: request.parse()?,
        configured: door.settings,
    };
    let now = state.backbone.execute(context, &command).await?.value;
    Ok(Data(now.into()))
}
