//! Of what a view was built: versions, read in one statement and compared afterwards.

use althing_backbone::{DbError, FromRow, Query, Row, Timestamp, Uuid, sql};
use althing_events::SessionId;
use althing_web::Membership;

use crate::error::Result;

/// The versions of everything a session's views are built from, and its last frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    pub content: ContentVersions,
    /// The number of the session's last frame; 0 before the first.
    pub seq: i64,
    /// When the last frame's event happened.
    pub last_at: Option<Timestamp>,
}

/// The versions of the session and of its cycles, by their aggregates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContentVersions {
    pub session: i64,
    /// In the order of their ids.
    pub cycles: Vec<(Uuid, i64)>,
    /// Whether they have what the owner's membership can leave out.
    pub lacks_quality: bool,
}

impl ContentVersions {
    /// Whether something in `other` is newer than here. Versions of one aggregate
    /// only rise and cycles only become more.
    pub fn is_older_than(&self, other: &Self) -> bool {
        let version = |id: &Uuid| {
            self.cycles
                .iter()
                .find(|(known, _)| known == id)
                .map_or(0, |(_, version)| *version)
        };
        self.session < other.session || other.cycles.iter().any(|(id, newer)| version(id) < *newer)
    }
}

struct Line {
    kind: String,
    id: Uuid,
    version: i64,
    at: Option<Timestamp>,
}

impl FromRow for Line {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            kind: row.get(0)?,
            id: row.get(1)?,
            version: row.get(2)?,
            at: row.get(3)?,
        })
    }
}

/// Reads them as they are now: one statement, so one state.
pub async fn read(on: &impl Query, session: SessionId) -> Result<Versions> {
    let lines: Vec<Line> = sql(
        "SELECT 'session', id, version, NULL FROM aggregate WHERE kind = 'Session' AND id = $1 \
         UNION ALL SELECT 'cycle', c.id, a.version, NULL FROM decision_cycle c \
         JOIN aggregate a ON a.kind = 'Cycle' AND a.id = c.id WHERE c.session_id = $1 \
         UNION ALL SELECT 'frame', session_id, seq, last_at FROM dashboard_session WHERE session_id = $1 \
         UNION ALL SELECT coalesce(o.tier, d.tier, 'annual'), s.id, 0, NULL FROM decision_session s \
         LEFT JOIN decision_tier o ON o.user_id = s.owner_id LEFT JOIN decision_default_tier d ON d.one = 1 WHERE s.id = $1",
    )
    .bind(session)
    .all(on)
    .await?;
    let mut versions = Versions {
        content: ContentVersions::default(),
        seq: 0,
        last_at: None,
    };
    for line in lines {
        match line.kind.as_str() {
            "session" => versions.content.session = line.version,
            "cycle" => versions.content.cycles.push((line.id, line.version)),
            "frame" => (versions.seq, versions.last_at) = (line.version, line.at),
            tier => {
                let plan = Membership::stored(Some(tier), None);
                versions.content.lacks_quality = plan.is_some_and(|plan| !plan.limits().decision_quality);
            }
        }
    }
    versions.content.cycles.sort_unstable();
    Ok(versions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(session: i64, cycles: &[(u128, i64)]) -> ContentVersions {
        let cycles = cycles
            .iter()
            .map(|(id, version)| (Uuid::from_u128(*id), *version))
            .collect();
        ContentVersions {
            session,
            cycles,
            ..ContentVersions::default()
        }
    }

    #[test]
    fn older_is_judged_by_every_aggregate() {
        let here = versions(2, &[(1, 5), (2, 1)]);
        assert!(!here.is_older_than(&here));
        assert!(here.is_older_than(&versions(3, &[(1, 5), (2, 1)])));
        assert!(here.is_older_than(&versions(2, &[(1, 6), (2, 1)])));
        assert!(here.is_older_than(&versions(2, &[(1, 5), (2, 1), (3, 1)])));
        assert!(!here.is_older_than(&versions(2, &[(1, 4)])));
    }
}
