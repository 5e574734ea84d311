//! The door of the decision document.

use althing_backbone::{Query, Timestamp, Uuid};
use althing_events::CycleId;
use althing_web::{
    Access, Answer, AppState, Code, Data, Denial, Feature, FieldProblem, List, Membership, Module, Paging,
    PathId, Problem, QueryOf,
};
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::history::{self, Change, Picture, Version};
use super::input::{BranchFacts, CycleFacts, DocumentInput, Scope};
use super::letters::Letters;
use super::{checksum, render_html, render_markdown};
use crate::access::{Caller, Right};
use crate::analysis::assess;
use crate::cycle::Cycle;
use crate::cycle::http::allowed;
use crate::error::Error;
use crate::outputs::{ComponentStatus, ComponentType, QualityElement};
use crate::people::Person;

/// Adds the routes of the document.
pub fn routes(module: Module) -> Module {
    let (view, read_all) = (Access::SessionViewer, Access::SessionReader);
    module
        .get(
            "/api/cycles/{id}/document",
            view,
            "read the decision document, now or at a version",
            read,
        )
        .get(
            "/api/cycles/{id}/document/history",
            view,
            "list the versions of the document",
            versions,
        )
        .get(
            "/api/cycles/{id}/document/export",
            read_all,
            "download the document",
            export,
        )
        .gives_file(&["text/markdown", "text/html"])
}

#[derive(Serialize, JsonSchema)]
struct DocumentView {
    cycle_id: CycleId,
    version: i64,
    checksum: String,
    markdown: String,
    html: String,
    sections: Vec<SectionView>,
    letters: Letters,
    overall_percent: u8,
    weakest_element: Option<QualityElement>,
    last_changed_at: Timestamp,
    last_changed_by: Option<Person>,
}

#[derive(Serialize, JsonSchema)]
struct SectionView {
    component_type: ComponentType,
    number: u8,
    title: &'static str,
    status: ComponentStatus,
    inherited: bool,
    based_on_older_input: bool,
}

#[derive(Serialize, JsonSchema)]
struct VersionView {
    version: i64,
    at: Timestamp,
    user: Option<Person>,
    changed_sections: Vec<ComponentType>,
}

/// A cycle at one version, with the words around it.
struct Edition {
    title: String,
    /// What the owner's membership includes.
    scope: Scope,
    label: Option<String>,
    branch: Option<(String, ComponentType)>,
    version: Version,
    picture: Picture,
}

impl Edition {
    /// The edition of a version, or the newest.
    async fn read(
        on: &impl Query,
        (title, plan): (String, Membership),
        id: CycleId,
        (version, now): (Option<i64>, Timestamp),
    ) -> Result<Self, Problem> {
        let cycle = cycle(on, id).await?;
        let changes: Vec<Change> = history::changes(on, id)
            .await?
            .into_iter()
            .filter(|change| version.is_none_or(|version| change.document_version <= version))
            .collect();
        let last = history::versions(&changes)
            .pop()
            .filter(|last| version.is_none_or(|version| version == last.version));
        let shown =
            last.ok_or_else(|| Problem::new(Code::DocumentNotFound, "the document has no such version"))?;
        let is_old = plan
            .limits()
            .history_from(now)
            .is_some_and(|from| shown.at < from);
        if is_old && shown.version < cycle.document_version {
            return Err(Denial::FeatureNotIncluded(Feature::History).into());
        }
        let branch = match (cycle.parent_cycle_id, cycle.branch_point) {
            (Some(parent), Some(point)) => Some((name_of(&self::cycle(on, parent).await?), point)),
            _ => None,
        };
        let picture = history::picture(on, id, &changes).await?;
        Ok(Self {
            title,
            scope: Scope::of(&plan),
            label: cycle.label,
            branch,
            version: shown,
            picture,
        })
    }

    fn input(&self) -> DocumentInput<'_> {
        let Version { version, at, by, .. } = &self.version;
        DocumentInput {
            title: &self.title,
            cycle: CycleFacts {
                status: self.picture.status.as_str(),
                label: self.label.as_deref(),
                branch: self.branch.as_ref().map(|(parent, point)| BranchFacts {
                    parent,
                    branch_point: *point,
                }),
            },
            components: &self.picture.components,
            outputs: &self.picture.outputs,
            version: u64::try_from(*version).unwrap_or_default(),
            last_changed_at: DateTime::from_timestamp_micros(at.micros()).unwrap_or_default(),
            last_changed_by: by.as_ref().map(|person| person.name.as_str()),
            scope: self.scope,
        }
    }

    fn view(&self, cycle_id: CycleId) -> DocumentView {
        let input = self.input();
        let markdown = render_markdown(&input);
        let letters = Letters::of(
            |component| input.status(component),
            input.scope.has_decision_quality,
        );
        let sections = self.picture.components.iter().map(|one| SectionView {
            component_type: one.component_type,
            number: one.component_type.number(),
            title: one.component_type.title(),
            status: one.status,
            inherited: one.inherited,
            based_on_older_input: one.based_on_older_input,
        });
        DocumentView {
            cycle_id,
            version: self.version.version,
            checksum: checksum(&markdown),
            html: render_html(&input),
            markdown,
            sections: sections.collect(),
            overall_percent: letters.overall_percent(),
            letters,
            weakest_element: self
                .picture
                .outputs
                .decision_quality()
                .filter(|_| self.scope.has_decision_quality)
                .and_then(|quality| assess(quality).weakest),
            last_changed_at: self.version.at,
            last_changed_by: self.version.by.clone(),
        }
    }
}

async fn cycle(on: &impl Query, id: CycleId) -> Result<Cycle, Problem> {
    let found: Option<Cycle> = althing_backbone::read_aggregate(on, id.0).await?;
    found.ok_or_else(|| Error::NotFound(Code::CycleNotFound).into())
}

/// What people call a cycle.
fn name_of(cycle: &Cycle) -> String {
    match (&cycle.label, cycle.branch_point) {
        (Some(label), _) => label.clone(),
        (None, Some(point)) => format!("the branch at {}", point.title()),
        (None, None) => "the first cycle".to_owned(),
    }
}

async fn edition(
    state: &AppState,
    (caller, need): (&Caller, Right),
    id: CycleId,
    version: Option<i64>,
) -> Result<Edition, Problem> {
    let db = state.backbone.db();
    let facts = allowed(state, caller, id, need).await?;
    let about = (facts.title, facts.plan);
    Edition::read(db, about, id, (version, state.backbone.clock().now())).await
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    #[serde(default)]
    version: Option<i64>,
}

async fn read(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<CycleId>,
    QueryOf(which): QueryOf<Which>,
) -> Answer<Data<DocumentView>> {
    Ok(Data(
        edition(&state, (&caller, Right::View), id, which.version)
            .await?
            .view(id),
    ))
}

async fn versions(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<CycleId>,
    paging: Paging,
) -> Answer<List<VersionView>> {
    let plan = allowed(&state, &caller, id, Right::View).await?.plan;
    let since = plan.limits().history_from(state.backbone.clock().now());
    let before: Option<i64> = paging.after()?;
    let changes = history::changes(state.backbone.db(), id).await?;
    let all = history::versions_since(&changes, since);
    let total = i64::try_from(all.len()).ok();
    let mut items: Vec<VersionView> = all
        .into_iter()
        .rev()
        .filter(|one| before.is_none_or(|before| one.version < before))
        .take(paging.limit + 1)
        .map(|one| VersionView {
            version: one.version,
            at: one.at,
            user: one.by,
            changed_sections: one.changed,
        })
        .collect();
    let has_more = items.len() > paging.limit;
    items.truncate(paging.limit);
    let next_cursor = items
        .last()
        .filter(|_| has_more)
        .map(|last| Paging::cursor_of(&last.version));
    Ok(List {
        items,
        total,
        next_cursor,
    })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    format: String,
}

async fn export(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<CycleId>,
    QueryOf(wanted): QueryOf<Wanted>,
) -> Answer<Response> {
    allowed(&state, &caller, id, Right::Read).await?.may_export()?;
    let edition = edition(&state, (&caller, Right::Read), id, None).await?;
    let refused =
        |message: &str| Problem::validation(vec![FieldProblem::new("/format", "invalid_choice", message)]);
    let (body, kind, ending) = match wanted.format.as_str() {
        "markdown" => (
            render_markdown(&edition.input()),
            "text/markdown; charset=utf-8",
            "md",
        ),
        "html" => (render_html(&edition.input()), "text/html; charset=utf-8", "html"),
        "pdf" => return Err(refused("PDF comes in a later version; choose markdown or html")),
        _ => return Err(refused("choose markdown or html")),
    };
    let name = disposition(&edition.title, id.0, ending);
    Ok((
        [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)],
        body,
    )
        .into_response())
}

/// A file name in letters that every system takes, and the title itself for those that can.
fn disposition(title: &str, id: Uuid, ending: &str) -> String {
    let mut plain = String::new();
    for letter in title.chars().take(60) {
        match letter {
            letter if letter.is_ascii_alphanumeric() => plain.push(letter.to_ascii_lowercase()),
            _ if plain.is_empty() || plain.ends_with('-') => {}
            _ => plain.push('-'),
        }
    }
    let plain = plain.trim_end_matches('-');
    let plain = if plain.is_empty() {
        id.to_string()
    } else {
        plain.to_owned()
    };
    let encoded: String = title
        .chars()
        .filter(|letter| !letter.is_control() && !"/\\".contains(*letter))
        .collect();
    let encoded: String = format!("{}.{ending}", encoded.trim())
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_plain_and_complete() {
        let id = Uuid::from_u128(1);
        assert_eq!(
            disposition("Où aller, café?", id, "md"),
            "attachment; filename=\"o-aller-caf.md\"; filename*=UTF-8''O%C3%B9%20aller%2C%20caf%C3%A9%3F.md"
        );
        assert_eq!(
            disposition("住む", id, "html"),
            format!("attachment; filename=\"{id}.html\"; filename*=UTF-8''%E4%BD%8F%E3%82%80.html")
        );
        assert!(!disposition("a\"b\r\nc", id, "md").contains(['\r', '\n']));
    }
}
