//! What no event tells of, straight into the table.

use std::time::Duration;

use althing_backbone::{Backbone, Batch, Result, Statement, Timestamp, Uuid, sql};
use althing_events::SessionId;
use althing_web::{DueIncident, Incident, IncidentKind, Incidents, Shutdown};

use crate::entries::Row;
use crate::facts::Facts;

/// How often it is looked whether there is something to write.
const OFTEN: Duration = Duration::from_secs(1);

/// Writes what is due until the server stops; what could not be written is written the
/// next time.
pub async fn keep_noting(backbone: Backbone, incidents: Incidents, shutdown: Shutdown) {
    while !shutdown.has_begun() {
        tokio::select! {
            () = tokio::time::sleep(OFTEN) => {}
            () = shutdown.begun() => {}
        }
        let due = incidents.due(backbone.clock().now());
        if let Err(error) = write(&backbone, &due).await {
            tracing::error!(%error, entries = due.len(), "the audit log could not be written; trying again");
            incidents.put_back(due);
        }
    }
}

/// Writes now: one of an operator's own acts, or what is left at the end.
pub async fn note_now(backbone: &Backbone, due: Vec<DueIncident>) -> Result<()> {
    write(backbone, &due).await
}

async fn write(backbone: &Backbone, due: &[DueIncident]) -> Result<()> {
    if due.is_empty() {
        return Ok(());
    }
    let now = backbone.clock().now();
    let mut batch = Batch::new();
    for one in due {
        let session = match one.incident.session {
            None if one.incident.kind == IncidentKind::Exported => {
                session_of(backbone, &one.incident).await?
            }
            known => known,
        };
        batch.run(entry(backbone.ids().next(), one, session, now));
    }
    backbone.db().commit(batch).await?;
    Ok(())
}

/// The decision of a cycle whose document was taken.
async fn session_of(backbone: &Backbone, incident: &Incident) -> Result<Option<SessionId>> {
    let found: Option<Option<Uuid>> =
        sql("SELECT session_id FROM audit_entry WHERE cycle_id = $1 AND session_id IS NOT NULL LIMIT 1")
            .bind(incident.thing)
            .optional(backbone.db())
            .await?;
    Ok(found.flatten().map(SessionId))
}

fn entry(id: Uuid, due: &DueIncident, session: Option<SessionId>, now: Timestamp) -> Statement {
    let incident = &due.incident;
    let facts = Facts {
        session: session.map(Uuid::from),
        thing: incident.thing,
        detail: incident.detail.clone(),
        ..Facts::default()
    };
    Row {
        id,
        kind: incident.kind.as_str(),
        occurred_at: now,
        actor: incident.actor.map(Uuid::from),
        system_actor: None,
        workspace: None,
        facts: &facts,
        seq: None,
        times: i64::from(due.times),
        correlation: due.correlation,
        key: incident.key.map(Uuid::from),
        address_hash: incident.address_hash.as_deref(),
    }
    .insert()
}
