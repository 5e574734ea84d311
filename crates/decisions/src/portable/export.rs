//! Writing a session down.

use std::collections::{BTreeMap, HashMap};

use althing_backbone::{Query, Timestamp, Uuid, sql};
use althing_events::{CycleId, SessionId};

use super::format::{
    Author, FORMAT, FORMAT_VERSION, Portable, PortableChange, PortableComponent, PortableConversation,
    PortableCycle, PortableOutcome, PortableOutput, PortableSession, PortableSessionChange,
};
use crate::access::Right;
use crate::conversation::restore as conversations;
use crate::cycle::Cycle;
use crate::cycle::port as cycles;
use crate::error::Result;
use crate::outputs::{ComponentStatus, ComponentType};
use crate::people;
use crate::session::views;

/// The whole session, without working state, links or secrets.
pub async fn export(on: &impl Query, id: SessionId, now: Timestamp) -> Result<Portable> {
    let names = Names(people::names(on).await?);
    let session = views::one(on, id, Right::Read).await?;
    let changes = session_changes(on, id, &names).await?;
    // Whoever imported it owns it; who began it stands with the first change.
    let owner = names.of(Some(session.owner_id), None);
    let mut portable_cycles = Vec::new();
    for cycle in cycles::cycles_of(on, id).await? {
        portable_cycles.push(one_cycle(on, &cycle, &names).await?);
    }
    let mut transcripts = Vec::new();
    for cycle in &portable_cycles {
        for component in &cycle.components {
            if let Some(transcript) = conversations::transcript(on, component.id.into()).await? {
                transcripts.push(PortableConversation {
                    id: transcript.id.0,
                    component_id: component.id,
                    messages: transcript
                        .messages
                        .into_iter()
                        .map(|message| message.into_portable(&names.0))
                        .collect(),
                });
            }
        }
    }
    Ok(Portable {
        format: FORMAT.into(),
        format_version: FORMAT_VERSION,
        exported_at: now,
        session: PortableSession {
            id: session.id,
            title: session.title,
            description: session.description,
            status: session.status,
            visibility: session.visibility,
            owner,
            created_at: session.created_at,
            changes,
        },
        cycles: portable_cycles,
        conversations: transcripts,
        outcomes: outcomes(on, id, &names).await?,
    })
}

/// Who is who here; authors from elsewhere keep the name they came with.
struct Names(HashMap<Uuid, String>);

impl Names {
    fn of(&self, id: Option<Uuid>, imported: Option<String>) -> Author {
        let name = imported
            .or_else(|| self.0.get(&id?).cloned())
            .unwrap_or_else(|| "somebody".into());
        Author { name }
    }
}

type SessionChangeRow = (
    String,
    String,
    Option<String>,
    Option<Uuid>,
    Option<String>,
    Timestamp,
);

async fn session_changes(
    on: &impl Query,
    id: SessionId,
    names: &Names,
) -> Result<Vec<PortableSessionChange>> {
    let rows: Vec<SessionChangeRow> = sql("SELECT kind, title, description, actor_id, imported_author, at \
         FROM session_change WHERE session_id = $1 ORDER BY number")
    .bind(id)
    .all(on)
    .await?;
    Ok(rows
        .into_iter()
        .map(
            |(kind, title, description, actor, imported, at)| PortableSessionChange {
                kind,
                title,
                description,
                author: names.of(actor, imported),
                at,
            },
        )
        .collect())
}

async fn one_cycle(on: &impl Query, cycle: &Cycle, names: &Names) -> Result<PortableCycle> {
    let mut versions = output_versions(on, cycle.id).await?;
    Ok(PortableCycle {
        id: cycle.id.0,
        parent_cycle_id: cycle.parent_cycle_id.map(|id| id.0),
        branch_point: cycle.branch_point,
        branched_after_change: cycle.branched_after_change,
        label: cycle.label.clone(),
        status: cycle.status.as_str().to_owned(),
        current_step: cycle.current_step,
        dq_score: cycle.dq_score,
        components: cycle
            .components
            .iter()
            .map(|one| PortableComponent {
                id: one.id.0,
                component_type: one.component_type,
                status: one.status,
                version: one.version,
                outputs: versions.remove(&one.component_type).unwrap_or_default(),
            })
            .collect(),
        changes: changes(on, cycle.id, names).await?,
    })
}

async fn output_versions(
    on: &impl Query,
    cycle: CycleId,
) -> Result<BTreeMap<ComponentType, Vec<PortableOutput>>> {
    let rows: Vec<(String, i64, serde_json::Value, serde_json::Value)> =
        sql("SELECT component_type, version, output, input_versions FROM component_output WHERE cycle_id = $1 ORDER BY version")
            .bind(cycle)
            .all(on)
            .await?;
    let mut versions: BTreeMap<ComponentType, Vec<PortableOutput>> = BTreeMap::new();
    for (kind, version, output, inputs) in rows {
        let Some(component) = ComponentType::parse(&kind) else {
            continue;
        };
        let input_versions = serde_json::from_value(inputs).unwrap_or_default();
        versions.entry(component).or_default().push(PortableOutput {
            version,
            input_versions,
            output,
        });
    }
    Ok(versions)
}

struct ChangeRow(PortableChange, Option<Uuid>, Option<String>);

impl althing_backbone::FromRow for ChangeRow {
    fn from_row(row: &althing_backbone::Row<'_>) -> Result<Self, althing_backbone::DbError> {
        let component: Option<String> = row.get(2)?;
        let status: Option<String> = row.get(4)?;
        let change = PortableChange {
            number: row.get(0)?,
            kind: row.get(1)?,
            component_type: component.as_deref().and_then(ComponentType::parse),
            component_version: row.get(3)?,
            component_status: status.as_deref().and_then(ComponentStatus::parse),
            source: row.get(5)?,
            reason: row.get(6)?,
            author: Author { name: String::new() },
            at: row.get(9)?,
            document_version: row.get(10)?,
        };
        Ok(Self(change, row.get(7)?, row.get(8)?))
    }
}

async fn changes(on: &impl Query, cycle: CycleId, names: &Names) -> Result<Vec<PortableChange>> {
    let rows: Vec<ChangeRow> = sql("SELECT number, kind, component_type, component_version, component_status, source, reason, \
         actor_id, imported_author, at, document_version FROM cycle_change WHERE cycle_id = $1 ORDER BY number")
    .bind(cycle)
    .all(on)
    .await?;
    Ok(rows
        .into_iter()
        .map(|ChangeRow(change, actor, imported)| PortableChange {
            author: names.of(actor, imported),
            ..change
        })
        .collect())
}

struct OutcomeRow(PortableOutcome, Uuid, Option<String>);

impl althing_backbone::FromRow for OutcomeRow {
    fn from_row(row: &althing_backbone::Row<'_>) -> Result<Self, althing_backbone::DbError> {
        let satisfaction: String = row.get(2)?;
        let outcome = PortableOutcome {
            cycle_id: row.get(0)?,
            chosen_alternative_id: row.get(1)?,
            satisfaction: serde_json::from_value(satisfaction.into()).map_err(|_| {
                althing_backbone::DbError::Column {
                    column: 2,
                    wanted: "satisfaction",
                }
            })?,
            actual_consequences: row.get(3)?,
            surprises: row.get(4)?,
            would_decide_same: row.get(5)?,
            author: Author { name: String::new() },
            at: row.get(6)?,
        };
        Ok(Self(outcome, row.get(7)?, row.get(8)?))
    }
}

async fn outcomes(on: &impl Query, id: SessionId, names: &Names) -> Result<Vec<PortableOutcome>> {
    let rows: Vec<OutcomeRow> = sql("SELECT cycle_id, chosen_alternative_id, satisfaction, actual_consequences, surprises, \
         would_decide_same, recorded_at, recorded_by, imported_author FROM decision_outcome WHERE session_id = $1 ORDER BY recorded_at, id")
    .bind(id)
    .all(on)
    .await?;
    Ok(rows
        .into_iter()
        .map(|OutcomeRow(outcome, by, imported)| PortableOutcome {
            author: names.of(Some(by), imported),
            ..outcome
        })
        .collect())
}
