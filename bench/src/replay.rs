//! Reading the whole log as typed events, against a bare scan of the same rows
//! that decodes the same JSON into the same structs.

use std::time::Instant;

use althing_backbone::{Backbone, Context, Db, DomainEvent};
use althing_decisions::outputs::ComponentType;
use althing_events::decisions::{ComponentCompleted, ComponentOutputUpdated, MessageSent, Progress};
use althing_events::{ComponentId, ConversationId, CycleId, MessageId, SessionId};
use rusqlite::Connection;

use crate::figure::{self, Effort};
use crate::scratch::Scratch;

pub async fn run(effort: Effort) -> anyhow::Result<()> {
    let scratch = Scratch::on_disk("replay")?;
    let path = scratch.file("replay.db");
    let backbone = Backbone::builder(Db::open(&path).await?).start().await?;
    let events = effort.scaled(60_000);
    fill(&backbone, events).await?;
    let bare = Connection::open(&path)?;
    let (mut typed_time, mut bare_time) = (0.0, 0.0);
    for _ in 0..effort.slices() {
        let start = Instant::now();
        let seen = scan(&bare)?;
        bare_time += start.elapsed().as_secs_f64();
        let start = Instant::now();
        let replayed = replay(&backbone).await?;
        typed_time += start.elapsed().as_secs_f64();
        anyhow::ensure!(
            seen == replayed,
            "both must read the same: {seen:?} and {replayed:?}"
        );
    }
    let total = (events * effort.slices()) as f64;
    figure::at_least(
        "typed replay / bare typed scan",
        bare_time / typed_time,
        0.7,
        &format!(
            "{:.0} against {:.0} events/s",
            total / typed_time,
            total / bare_time
        ),
    );
    backbone.stop().await;
    Ok(())
}

async fn fill(backbone: &Backbone, events: usize) -> anyhow::Result<()> {
    let ids = backbone.ids();
    let session_id = SessionId(ids.next());
    let store = backbone.event_store();
    for _ in 0..events / 300 {
        let (cycle_id, conversation_id) = (CycleId(ids.next()), ConversationId(ids.next()));
        let now = backbone.clock().now();
        let component_id = ComponentId(ids.next());
        let kind = ComponentType::Objectives.as_str().to_owned();
        let updates: Vec<_> = (0..100)
            .map(|version| ComponentOutputUpdated {
                session_id,
                cycle_id,
                component_id,
                component_type: kind.clone(),
                output_summary: "3 objectives, 2 means".into(),
                updated_at: now,
                version,
                source: "form".into(),
            })
            .collect();
        let completions: Vec<_> = (0..100)
            .map(|_| ComponentCompleted {
                session_id,
                cycle_id,
                component_id,
                component_type: kind.clone(),
                completed_at: now,
                progress: Progress {
                    completed: 3,
                    total: 9,
                    percent: 33,
                    current_step: "alternatives".into(),
                },
            })
            .collect();
        let messages: Vec<_> = (0..100)
            .map(|_| MessageSent {
                session_id,
                conversation_id,
                message_id: MessageId(ids.next()),
                role: "user".into(),
                content_preview: "What matters is that the way to school is short and the nights are quiet"
                    .into(),
                sent_at: now,
            })
            .collect();
        let context = || Context::of_system("bench", ids.next());
        store.append(context(), &updates, None).await?;
        store.append(context(), &completions, None).await?;
        store.append(context(), &messages, None).await?;
    }
    Ok(())
}

/// What was read, so that nothing can be optimised away.
#[derive(Debug, PartialEq, Eq, Default)]
struct Seen {
    events: usize,
    versions: i64,
    percents: u64,
    characters: usize,
}

impl Seen {
    fn take(&mut self, event_type: &str, version: u32, data: &str) -> anyhow::Result<()> {
        self.events += 1;
        match event_type {
            ComponentOutputUpdated::TYPE => {
                self.versions += ComponentOutputUpdated::decode(version, data)?.version
            }
            ComponentCompleted::TYPE => {
                self.percents += u64::from(ComponentCompleted::decode(version, data)?.progress.percent);
            }
            MessageSent::TYPE => self.characters += MessageSent::decode(version, data)?.content_preview.len(),
            _ => {}
        }
        Ok(())
    }
}

/// The envelope's columns are read by both; here as borrowed text, without making anything of them.
fn scan(connection: &Connection) -> anyhow::Result<Seen> {
    let mut statement = connection.prepare_cached(
        "SELECT position, id, event_type, event_version, aggregate_type, aggregate_id, aggregate_seq, workspace_id, actor_id, \
         correlation_id, causation_id, trace, metadata, data, occurred_at FROM event_log ORDER BY position",
    )?;
    let mut rows = statement.query([])?;
    let mut seen = Seen::default();
    while let Some(row) = rows.next()? {
        let id: &str = row.get_ref(1)?.as_str()?;
        let aggregate: &str = row.get_ref(5)?.as_str()?;
        anyhow::ensure!(id.len() == 36 && aggregate.len() == 36, "ids have 36 characters");
        let version: u32 = row.get(3)?;
        seen.take(row.get_ref(2)?.as_str()?, version, row.get_ref(13)?.as_str()?)?;
    }
    Ok(seen)
}

async fn replay(backbone: &Backbone) -> anyhow::Result<Seen> {
    let mut seen = Seen::default();
    let mut position = 0;
    loop {
        let page = backbone.log().page(position, 1_000).await?;
        let Some(last) = page.last() else { return Ok(seen) };
        position = last.position;
        for event in &page {
            seen.take(&event.event_type, event.event_version, &event.data)?;
        }
    }
}
