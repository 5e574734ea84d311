//! What happened in a session, newest first, in sentences.

use althing_backbone::{DomainEvent, FromRow, Query, Row, Timestamp, Uuid, sql};
use althing_events::SessionId;
use althing_events::decisions::{CycleCompleted, DqScoresComputed};
use althing_web::Membership;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::error::Result;
use crate::outputs::ComponentType;
use crate::outputs::text::cut_chars;
use crate::people::Person;

/// Names in a sentence are cut here.
const NAME: usize = 80;

/// One thing that happened.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Activity {
    pub event_id: Uuid,
    pub event_type: String,
    pub occurred_at: Timestamp,
    pub actor: Option<Person>,
    /// The event that led directly to this one.
    pub caused_by: Option<Uuid>,
    /// The same for everything that one request set off.
    pub correlation_id: Uuid,
    pub cycle_id: Option<Uuid>,
    pub component_type: Option<String>,
    pub position: i64,
    pub summary: String,
    /// The frame's number; the cursor is made of it.
    #[serde(skip)]
    pub seq: i64,
}

impl FromRow for Activity {
    fn from_row(row: &Row<'_>) -> Result<Self, althing_backbone::DbError> {
        let event_type: String = row.get(1)?;
        let component_type: Option<String> = row.get(7)?;
        let data: Value = row.get(9)?;
        let actor: Option<Uuid> = row.get(3)?;
        let name: Option<String> = row.get(11)?;
        Ok(Self {
            event_id: row.get(0)?,
            summary: summary(&event_type, component_type.as_deref(), &data),
            event_type,
            occurred_at: row.get(2)?,
            actor: actor.map(|id| Person::known_as(id, name)),
            caused_by: row.get(4)?,
            correlation_id: row.get(5)?,
            cycle_id: row.get(6)?,
            component_type,
            position: row.get(8)?,
            seq: row.get(10)?,
        })
    }
}

impl Activity {
    /// As much of it as a membership includes: what happened, without the score.
    #[must_use]
    pub fn within(mut self, plan: &Membership) -> Self {
        if !plan.limits().decision_quality {
            match self.event_type.as_str() {
                CycleCompleted::TYPE => self.summary = "Completed a cycle".to_owned(),
                DqScoresComputed::TYPE => self.summary = "Decision quality".to_owned(),
                _ => {}
            }
        }
        self
    }
}

/// A page of a session's activity before a frame number, newest first.
pub async fn list(
    on: &impl Query,
    session: SessionId,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<Activity>> {
    Ok(sql("SELECT f.event_id, f.event_type, f.occurred_at, f.actor_id, f.caused_by, f.correlation_id, f.cycle_id, \
            f.component_type, f.position, f.data, f.seq, p.name \
            FROM session_frame f LEFT JOIN decision_person p ON p.user_id = f.actor_id \
            WHERE f.session_id = $1 AND f.seq < $2 ORDER BY f.seq DESC LIMIT $3")
    .bind(session)
    .bind(before.unwrap_or(i64::MAX))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .all(on)
    .await?)
}

/// How many things happened.
pub async fn count(on: &impl Query, session: SessionId) -> Result<i64> {
    let seq: Option<i64> = sql("SELECT seq FROM dashboard_session WHERE session_id = $1")
        .bind(session)
        .optional(on)
        .await?;
    Ok(seq.unwrap_or(0))
}

/// One line about an event, from its frame.
fn summary(event_type: &str, component: Option<&str>, data: &Value) -> String {
    let text = |name: &str| cut_chars(data[name].as_str().unwrap_or_default(), NAME);
    let step = |name: &str| title(data[name].as_str().unwrap_or_default());
    let component = title(component.unwrap_or_default());
    match event_type {
        "session.created" => format!("Began “{}”", text("title")),
        "session.archived" => "Archived the decision".into(),
        "session.renamed" => format!("Renamed it to “{}”", text("newTitle")),
        "session.described" if data["new"].is_null() => "Took the description away".into(),
        "session.described" => "Described it anew".into(),
        "session.outcome_recorded" => "Recorded how it turned out".into(),
        "cycle.created" => "Began a cycle".into(),
        "cycle.branched" => format!("Branched at {}", step("branchPoint")),
        "cycle.navigated" => format!("Went from {} to {}", step("from"), step("to")),
        "cycle.archived" => "Archived a cycle".into(),
        "cycle.completed" => match data["dqScore"].as_u64() {
            Some(score) => format!("Completed a cycle with decision quality {score}"),
            None => "Completed a cycle".into(),
        },
        "component.started" => format!("Started {component}"),
        "component.output_updated" => output_updated(component, data),
        "component.completed" => {
            let done = &data["progress"];
            format!(
                "Completed {component}: {} of {} steps",
                done["completed"], done["total"]
            )
        }
        "component.marked_for_revision" => format!("Marked {component} for revision: {}", text("reason")),
        "conversation.started" => format!("A conversation about {component} began"),
        "message.sent" if data["role"] == "user" => format!("Wrote in the conversation about {component}"),
        "message.sent" => format!("A reply in the conversation about {component}"),
        "conversation.data_extracted" => format!("Proposed for {component}: {}", text("extractionSummary")),
        "conversation.completed" => format!("The conversation about {component} ended"),
        "pugh_scores.computed" => {
            let scores = data["scores"].as_object().map_or(0, serde_json::Map::len);
            format!(
                "Added up {scores} alternatives, {} dominated",
                data["dominatedCount"]
            )
        }
        "tradeoffs.analyzed" => format!("Compared {} viable alternatives", data["viableCount"]),
        "dq_scores.computed" => format!("Decision quality {}", data["overallScore"]),
        other => other.to_owned(),
    }
}

fn output_updated(component: &str, data: &Value) -> String {
    let content = data["outputSummary"].as_str().unwrap_or_default();
    let how = match data["source"].as_str().unwrap_or_default() {
        "removal" => ", following a removal",
        "import" => ", imported",
        "tool" => ", with a tool",
        draft if draft.starts_with("draft:") => ", from a confirmed proposal",
        _ => "",
    };
    format!("Saved {component} (version {}): {content}{how}", data["version"])
}

fn title(component: &str) -> &str {
    match ComponentType::parse(component) {
        Some(known) => known.title(),
        None => component,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_name_the_step_and_what_changed() {
        let data = json!({ "outputSummary": "3 objectives, 2 means", "version": 4, "source": "draft:1" });
        assert_eq!(
            summary("component.output_updated", Some("objectives"), &data),
            "Saved Objectives (version 4): 3 objectives, 2 means, from a confirmed proposal"
        );
        let data = json!({ "progress": { "completed": 3, "total": 9 } });
        assert_eq!(
            summary("component.completed", Some("problem_frame"), &data),
            "Completed Problem Frame: 3 of 9 steps"
        );
        assert_eq!(
            summary("session.described", None, &json!({ "new": null })),
            "Took the description away"
        );
        let data = json!({ "from": "objectives", "to": "tradeoffs" });
        assert_eq!(
            summary("cycle.navigated", None, &data),
            "Went from Objectives to Tradeoffs"
        );
    }
}
