//! What entries keep of decisions.

use althing_events::decisions::{
    ComponentCompleted, ComponentMarkedForRevision, ComponentOutputUpdated, ComponentStarted, CycleArchived,
    CycleBranched, CycleCompleted, CycleCreated, SessionArchived, SessionCreated, SessionDescribed,
    SessionOutcomeRecorded, SessionRenamed, ShareLinkCreated, ShareLinkRevoked,
};
use althing_events::{ComponentId, CycleId, SessionId};

use super::{Audited, Facts};

fn session(id: SessionId) -> Facts {
    Facts {
        session: Some(id.0),
        ..Facts::default()
    }
}

fn cycle(session_id: SessionId, id: CycleId) -> Facts {
    Facts {
        cycle: Some(id.0),
        ..session(session_id)
    }
}

fn component(of: Facts, id: ComponentId, component_type: &str) -> Facts {
    of.about(id).with(component_type)
}

impl Audited for SessionCreated {
    fn facts(&self) -> Facts {
        session(self.session_id).is("active")
    }
}

impl Audited for SessionArchived {
    fn facts(&self) -> Facts {
        session(self.session_id).was("active").is("archived")
    }
}

/// That it was renamed, not what it is called.
impl Audited for SessionRenamed {
    fn facts(&self) -> Facts {
        session(self.session_id)
    }
}

impl Audited for SessionDescribed {
    fn facts(&self) -> Facts {
        session(self.session_id)
    }
}

impl Audited for SessionOutcomeRecorded {
    fn facts(&self) -> Facts {
        cycle(self.session_id, self.cycle_id).about(self.outcome_id)
    }
}

impl Audited for ShareLinkCreated {
    fn facts(&self) -> Facts {
        session(self.session_id)
            .about(self.share_link_id)
            .with(&self.scope)
    }
}

impl Audited for ShareLinkRevoked {
    fn facts(&self) -> Facts {
        session(self.session_id).about(self.share_link_id)
    }
}

impl Audited for CycleCreated {
    fn facts(&self) -> Facts {
        cycle(self.session_id, self.cycle_id).is("active")
    }
}

impl Audited for CycleBranched {
    fn facts(&self) -> Facts {
        cycle(self.session_id, self.cycle_id)
            .about(self.parent_cycle_id)
            .with(&self.branch_point)
    }
}

impl Audited for CycleArchived {
    fn facts(&self) -> Facts {
        cycle(self.session_id, self.cycle_id).is("archived")
    }
}

impl Audited for CycleCompleted {
    fn facts(&self) -> Facts {
        cycle(self.session_id, self.cycle_id)
            .was("active")
            .is("completed")
    }
}

impl Audited for ComponentStarted {
    fn facts(&self) -> Facts {
        let of = cycle(self.session_id, self.cycle_id);
        component(of, self.component_id, &self.component_type)
            .was("not_started")
            .is("in_progress")
    }
}

/// The first one after a revision takes the work up again.
impl Audited for ComponentOutputUpdated {
    fn facts(&self) -> Facts {
        let of = cycle(self.session_id, self.cycle_id);
        component(of, self.component_id, &self.component_type)
            .was_what_it_was()
            .is("in_progress")
    }
}

impl Audited for ComponentCompleted {
    fn facts(&self) -> Facts {
        let of = cycle(self.session_id, self.cycle_id);
        component(of, self.component_id, &self.component_type)
            .was_what_it_was()
            .is("complete")
    }
}

impl Audited for ComponentMarkedForRevision {
    fn facts(&self) -> Facts {
        let of = cycle(self.session_id, self.cycle_id);
        component(of, self.component_id, &self.component_type)
            .was_what_it_was()
            .is("needs_revision")
    }
}
