//! Loading and persisting a walk.

use std::collections::BTreeMap;

use althing_backbone::{DomainEvent, Query, UnitOfWork, Uuid, sql};
use althing_events::CycleId;
use althing_web::Code;
use serde_json::Value;

use super::cycle::Cycle;
use super::journal::{Change, Entry};
use super::walk::Walk;
use crate::error::{Error, Result};
use crate::outputs::ComponentType;

/// The cycle with its current outputs, to decide upon.
pub async fn load(uow: &mut UnitOfWork, id: CycleId) -> Result<Walk> {
    let cycle: Cycle = uow
        .load(id.0)
        .await?
        .ok_or(Error::NotFound(Code::CycleNotFound))?;
    let outputs = outputs_of(uow, id).await?;
    Ok(Walk {
        cycle,
        outputs,
        journal: Vec::new(),
    })
}

/// The cycle with its current outputs, to look at.
pub async fn read(on: &impl Query, id: CycleId) -> Result<Walk> {
    let cycle: Cycle = althing_backbone::read_aggregate(on, id.0)
        .await?
        .ok_or(Error::NotFound(Code::CycleNotFound))?;
    let outputs = outputs_of(on, id).await?;
    Ok(Walk {
        cycle,
        outputs,
        journal: Vec::new(),
    })
}

async fn outputs_of(on: &impl Query, id: CycleId) -> Result<BTreeMap<ComponentType, Value>> {
    let rows: Vec<(String, Value)> = sql("SELECT o.component_type, o.output FROM component_output o WHERE o.cycle_id = $1 AND \
         o.version = (SELECT max(n.version) FROM component_output n WHERE n.cycle_id = o.cycle_id AND n.component_type = o.component_type)")
    .bind(id)
    .all(on)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(kind, output)| Some((ComponentType::parse(&kind)?, output)))
        .collect())
}

/// Writes everything the journal holds, in order, with the cycle itself.
pub fn persist(uow: &mut UnitOfWork, walk: &mut Walk) -> Result<()> {
    persist_imported(uow, walk, &BTreeMap::new())
}

/// Like [`persist`]; `authors` names, by number of change, who did it elsewhere.
pub(crate) fn persist_imported(
    uow: &mut UnitOfWork,
    walk: &mut Walk,
    authors: &BTreeMap<i64, String>,
) -> Result<()> {
    let journal = std::mem::take(&mut walk.journal);
    if journal.is_empty() {
        return Ok(());
    }
    uow.save(&walk.cycle)?;
    write_view(uow, &walk.cycle);
    for entry in journal {
        match entry {
            Entry::Created(event) => born(uow, &walk.cycle, &event)?,
            Entry::Branched(event) => born(uow, &walk.cycle, &event)?,
            Entry::Navigated(event) => record(uow, &event)?,
            Entry::Archived(event) => record(uow, &event)?,
            Entry::Completed(event) => record(uow, &event)?,
            Entry::Started(event) => record(uow, &event)?,
            Entry::OutputUpdated(event) => record(uow, &event)?,
            Entry::ComponentCompleted(event) => record(uow, &event)?,
            Entry::MarkedForRevision(event) => record(uow, &event)?,
            Entry::Output { component, version, output, input_versions } => uow.execute(
                sql("INSERT INTO component_output (cycle_id, component_type, version, output, input_versions) \
                     VALUES ($1, $2, $3, $4, $5)")
                .bind(walk.cycle.id)
                .bind(component.as_str())
                .bind(version)
                .bind(output.to_string())
                .bind(serde_json::json!(input_versions).to_string()),
            ),
            Entry::Change(change) => {
                let author = authors.get(&change.number).map(String::as_str);
                write_change(uow, walk.cycle.id, &change, author);
            }
        }
    }
    Ok(())
}

fn record<E: DomainEvent>(uow: &mut UnitOfWork, event: &E) -> Result<()> {
    uow.record(event)?;
    Ok(())
}

fn born<E: DomainEvent>(uow: &mut UnitOfWork, cycle: &Cycle, event: &E) -> Result<()> {
    uow.record(event)?;
    for component in &cycle.components {
        uow.execute(
            sql("INSERT INTO decision_component (id, cycle_id, session_id, component_type) VALUES ($1, $2, $3, $4)")
                .bind(component.id)
                .bind(cycle.id)
                .bind(cycle.session_id)
                .bind(component.component_type.as_str()),
        );
    }
    Ok(())
}

fn write_view(uow: &mut UnitOfWork, cycle: &Cycle) {
    uow.execute(
        sql(
            "INSERT INTO decision_cycle (id, session_id, parent_cycle_id, status, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET status = excluded.status, \
             updated_at = excluded.updated_at",
        )
        .bind(cycle.id)
        .bind(cycle.session_id)
        .bind(cycle.parent_cycle_id)
        .bind(cycle.status.as_str())
        .bind(cycle.created_at)
        .bind(cycle.updated_at),
    );
}

/// A row of history; an import gives the author's name of the file it came from.
fn write_change(uow: &mut UnitOfWork, cycle: CycleId, change: &Change, imported: Option<&str>) {
    let actor: Option<Uuid> = uow.context().actor;
    uow.execute(
        sql("INSERT INTO cycle_change (cycle_id, number, kind, component_type, component_version, component_status, source, \
             reason, actor_id, imported_author, at, document_version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
        .bind(cycle)
        .bind(change.number)
        .bind(change.kind)
        .bind(change.component.map(ComponentType::as_str))
        .bind(change.component_version)
        .bind(change.component_status.map(|status| status.as_str()))
        .bind(change.source.as_deref())
        .bind(change.reason.as_deref())
        .bind(actor)
        .bind(imported)
        .bind(change.at)
        .bind(change.document_version),
    );
}
