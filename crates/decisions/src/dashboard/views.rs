//! Reading the views: from the cache while it is right, else from the store.

use std::sync::Arc;

use althing_backbone::{Backbone, Clock, Db, Query, Uuid, sql};
use althing_events::{CycleId, SessionId};
use althing_web::{Code, Membership};

use super::cache::{Bounds, Cache, CacheStats};
use super::compare::{self, Comparison, Side};
use super::content::{content, default_cycle};
use super::detail::{self, ComponentDetail, May, Talk};
use super::freshness::Freshness;
use super::overview::{Content, Overview};
use super::tree::{self, CycleNode};
use super::versions::{self, Versions};
use crate::access::tiers;
use crate::cycle::Cycle;
use crate::cycle::port as cycles;
use crate::error::{Error, Result};
use crate::outputs::{ComponentType, Outputs};
use crate::session::Session;

/// How often a view is built again because somebody wrote meanwhile.
const TRIES: usize = 4;
/// What a warm start loads.
const WARM_SESSIONS: i64 = 100;
const WARM_CYCLES: usize = 5;

/// The views of all sessions. None of its functions asks who reads: the door does.
#[derive(Clone)]
pub struct Views {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    clock: Clock,
    cache: Cache,
}

impl Views {
    /// Views without anything kept yet.
    pub fn new(backbone: &Backbone) -> Self {
        let inner = Inner {
            db: backbone.db().clone(),
            clock: backbone.clock().clone(),
            cache: Cache::new(Bounds::default()),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(super) fn db(&self) -> &Db {
        &self.inner.db
    }

    /// Hits, misses and size of the cache.
    pub fn cache_stats(&self) -> CacheStats {
        self.inner.cache.stats()
    }

    pub(super) fn cache(&self) -> &Cache {
        &self.inner.cache
    }

    /// The overview of a session, with the cycle asked for or the usual one.
    /// `refresh` builds it anew whatever is kept.
    pub async fn overview(
        &self,
        session: SessionId,
        cycle: Option<CycleId>,
        refresh: bool,
    ) -> Result<Overview> {
        let Inner { db, clock, cache } = &*self.inner;
        let mut before = versions::read(db, session).await?;
        let key = (session, cycle);
        if !refresh && let Some(content) = cache.get(key, &before.content, clock.now()) {
            return Ok(self.answer(content, &before));
        }
        let mut tries = TRIES;
        loop {
            let built = Arc::new(build(db, session, cycle).await?);
            let after = versions::read(db, session).await?;
            if after.content == before.content {
                let bytes = serde_json::to_vec(&*built).map_or(0, |json| json.len());
                cache.put(key, &built, after.content.clone(), bytes, clock.now());
                return Ok(self.answer(built, &after));
            }
            tries -= 1;
            if tries == 0 {
                // Somebody writes as fast as this reads. What was built may be newer than
                // the number it carries; the frames after that number are then applied
                // once more, which changes nothing.
                return Ok(self.answer(built, &before));
            }
            before = after;
        }
    }

    fn answer(&self, content: Arc<Content>, versions: &Versions) -> Overview {
        let now = self.inner.clock.now();
        Overview {
            last_updated: versions
                .last_at
                .map_or(content.changed_at, |last| last.max(content.changed_at)),
            snapshot_version: versions.seq,
            freshness: Freshness::at(now, now, Vec::new()),
            content,
        }
    }

    /// One component with everything that belongs to it.
    pub async fn detail(
        &self,
        cycle: CycleId,
        component: ComponentType,
        may: May,
        plan: &Membership,
    ) -> Result<ComponentDetail> {
        let db = self.db();
        let around = cycles::surroundings(db, cycle, component).await?;
        let talk = Talk::of(db, around.component.id).await?;
        Ok(detail::detail(&around, talk, may, plan))
    }

    /// Two to ten cycles of one session, side by side.
    pub async fn compare(&self, session: SessionId, ids: &[CycleId]) -> Result<Comparison> {
        let mut before = versions::read(self.db(), session).await?;
        let mut tries = TRIES;
        loop {
            let sides = self.sides(session, ids, &before).await?;
            let after = versions::read(self.db(), session).await?;
            tries -= 1;
            if after.content == before.content || tries == 0 {
                return Ok(compare::compare(sides));
            }
            before = after;
        }
    }

    async fn sides(&self, session: SessionId, ids: &[CycleId], versions: &Versions) -> Result<Vec<Side>> {
        let (about, all) = read_session(self.db(), session).await?;
        let plan = tiers::of_owner(self.db(), session).await?;
        let mut sides = Vec::with_capacity(ids.len());
        for id in ids {
            if !all.iter().any(|cycle| cycle.id == *id) {
                return Err(Error::NotFound(Code::CycleNotFound));
            }
            let (cycle, outputs) = included(cycles::cycle_with_outputs(self.db(), *id).await?, &plan);
            let overview = self.answer(
                Arc::new(content(&about, &all, Some((&cycle, &outputs)))),
                versions,
            );
            sides.push(Side {
                cycle,
                outputs,
                overview,
            });
        }
        Ok(sides)
    }

    /// The cycles of a session as a forest: roots, oldest first, each with its branches.
    pub async fn tree(&self, session: SessionId) -> Result<Vec<CycleNode>> {
        let plan = tiers::of_owner(self.db(), session).await?;
        let cycles = cycles::cycles_of(self.db(), session).await?;
        Ok(tree::forest(&cycles, plan.limits().decision_quality))
    }

    /// Loads the overviews that people will most likely ask for.
    pub(super) async fn warm_up(&self) -> Result<()> {
        let sessions: Vec<Uuid> =
            sql("SELECT session_id FROM dashboard_session ORDER BY last_at DESC LIMIT $1")
                .bind(WARM_SESSIONS)
                .all(self.db())
                .await?;
        for session in sessions.into_iter().map(SessionId) {
            self.overview(session, None, false).await?;
            let mut all = cycles::cycles_of(self.db(), session).await?;
            all.sort_by_key(|cycle| std::cmp::Reverse(cycle.updated_at));
            for cycle in all.iter().take(WARM_CYCLES) {
                self.overview(session, Some(cycle.id), false).await?;
            }
        }
        Ok(())
    }
}

async fn build(on: &impl Query, session: SessionId, cycle: Option<CycleId>) -> Result<Content> {
    let plan = tiers::of_owner(on, session).await?;
    let (about, all) = read_session(on, session).await?;
    let shown = match cycle {
        Some(id) if all.iter().any(|cycle| cycle.id == id) => Some(id),
        Some(_) => return Err(Error::NotFound(Code::CycleNotFound)),
        None => default_cycle(&all).map(|cycle| cycle.id),
    };
    match shown {
        None => Ok(content(&about, &all, None)),
        Some(id) => {
            let (cycle, outputs) = included(cycles::cycle_with_outputs(on, id).await?, &plan);
            Ok(content(&about, &all, Some((&cycle, &outputs))))
        }
    }
}

/// Without what the owner's membership leaves out, so that no view shows it.
fn included((mut cycle, mut outputs): (Cycle, Outputs), plan: &Membership) -> (Cycle, Outputs) {
    if !plan.limits().decision_quality {
        cycle.dq_score = None;
        outputs.remove(ComponentType::DecisionQuality);
    }
    (cycle, outputs)
}

async fn read_session(on: &impl Query, id: SessionId) -> Result<(Session, Vec<Cycle>)> {
    let session: Session = althing_backbone::read_aggregate(on, id.0)
        .await?
        .ok_or(Error::NotFound(Code::SessionNotFound))?;
    Ok((session, cycles::cycles_of(on, id).await?))
}
