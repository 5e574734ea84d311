//! SessionRevocationHandler: open connections are told when to ask again what they may.
//!
//! Every process follows the log. Of a change in a workspace it tells once the table of
//! roles has seen it, so that whoever asks gets the new answer; if the table takes
//! longer than people may go on looking, whoever may be concerned is sent away first.
//! Frames of what happened after a change go out only once people were told of the
//! change ([`AccessChanges::told_up_to`]), so nobody sees what came after their time.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use althing_backbone::{Backbone, Clock, DomainEvent, Envelope, Receipt};
use althing_events::decisions::ShareLinkRevoked;
use althing_events::identity::{
    MemberRemoved, MemberRoleChanged, OwnershipTransferred, UserTierChanged, WorkspaceArchived,
    WorkspaceDeleted,
};
use althing_events::{SessionId, ShareLinkId, UserId, WorkspaceId};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use super::caller::Who;
use super::{members, tiers};

/// How many changes a slow listener may have before it hears that it missed some.
const WAITING: usize = 256;
/// How long the table of roles may take before those concerned are sent away unasked.
const PATIENCE: Duration = Duration::from_millis(600);
/// How long to wait for it after that.
const LONGER: Duration = Duration::from_secs(60);

/// Tells connections about changes of who may do what.
#[derive(Clone, Debug)]
pub struct AccessChanges {
    changes: broadcast::Sender<Change>,
    /// Up to which position everybody concerned was told.
    told: watch::Sender<i64>,
}

#[derive(Clone, Debug)]
struct Change {
    of: Concerned,
    /// The tables may not know it yet.
    unsure: bool,
}

#[derive(Clone, Debug)]
enum Concerned {
    People(WorkspaceId, Arc<[UserId]>),
    Workspace(WorkspaceId),
    Link(ShareLinkId),
    /// Another membership, of somebody who looks or owns what is looked at.
    Member(UserId),
}

impl Default for AccessChanges {
    fn default() -> Self {
        Self {
            changes: broadcast::channel(WAITING).0,
            told: watch::Sender::new(0),
        }
    }
}

impl AccessChanges {
    /// Begins to follow the log.
    pub fn follow(backbone: &Backbone) -> Self {
        let changes = Self::default();
        changes.told.send_replace(backbone.log().head());
        tokio::spawn(changes.clone().follow_log(backbone.clone()));
        changes
    }

    /// Every event is looked at, so that it is known how far people were told.
    async fn follow_log(self, backbone: Backbone) {
        let mut feed = match backbone.feed(None, Vec::new()) {
            Ok(feed) => feed,
            Err(error) => return tracing::error!(%error, "cannot follow changes of access"),
        };
        loop {
            match feed.next().await {
                Ok(event) => {
                    match concerned(&event) {
                        Ok(Some(of)) => self.tell_in_time(&backbone, event.position, of).await,
                        Ok(None) => {}
                        Err(error) => tracing::error!(%error, "a change of access cannot be read"),
                    }
                    self.told.send_replace(event.position);
                }
                Err(error) => {
                    tracing::error!(%error, "cannot follow changes of access; trying again");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    async fn tell_in_time(&self, backbone: &Backbone, position: i64, of: Concerned) {
        // Links change in the commit of their event; roles a moment later.
        if matches!(of, Concerned::Link(_)) {
            return self.tell(of, false);
        }
        let table = of.table();
        let seen = backbone.seen_by(table, Receipt::at(position));
        let Err(error) = seen.within(PATIENCE).await else {
            return self.tell(of, false);
        };
        tracing::warn!(%error, "roles are behind; connections that they may concern end");
        self.tell(of.clone(), true);
        let (changes, backbone) = (self.clone(), backbone.clone());
        tokio::spawn(async move {
            let seen = backbone.seen_by(table, Receipt::at(position));
            if let Err(error) = seen.within(LONGER).await {
                tracing::error!(%error, "roles are far behind");
            }
            changes.tell(of, false);
        });
    }

    /// Waits until everybody was told of what happened up to a position; answers whether
    /// that was in time.
    pub async fn told_up_to(&self, position: i64) -> bool {
        let mut told = self.told.subscribe();
        let reached = told.wait_for(|told| *told >= position);
        tokio::time::timeout(PATIENCE, reached).await.is_ok()
    }

    fn tell(&self, of: Concerned, unsure: bool) {
        // Without an open connection nobody listens.
        self.changes.send(Change { of, unsure }).ok();
    }

    /// Begins to listen for what concerns somebody's access to a session.
    pub fn of(&self, who: &Who, session: SessionId, workspace: Option<WorkspaceId>) -> AccessChange {
        AccessChange {
            user: who.user,
            links: who
                .grants
                .iter()
                .filter(|grant| grant.session == session)
                .map(|grant| (grant.link, grant.expires_at))
                .collect(),
            workspace,
            owner: None,
            changes: self.changes.subscribe(),
        }
    }
}

impl Concerned {
    /// The table that knows of it.
    const fn table(&self) -> &'static str {
        match self {
            Self::Member(_) => tiers::NAME,
            Self::People(..) | Self::Workspace(_) | Self::Link(_) => members::NAME,
        }
    }
}

/// Whom an event concerns, if it can take something from anybody. What only gives is
/// found out at the next act.
fn concerned(event: &Envelope) -> althing_backbone::Result<Option<Concerned>> {
    let people = |workspace, users: &[UserId]| Some(Concerned::People(workspace, users.into()));
    Ok(match &*event.event_type {
        MemberRemoved::TYPE => {
            let event: MemberRemoved = event.decode()?;
            people(event.workspace_id, &[event.user_id])
        }
        MemberRoleChanged::TYPE => {
            let event: MemberRoleChanged = event.decode()?;
            people(event.workspace_id, &[event.user_id])
        }
        OwnershipTransferred::TYPE => {
            let event: OwnershipTransferred = event.decode()?;
            people(event.workspace_id, &[event.from_user_id, event.to_user_id])
        }
        WorkspaceArchived::TYPE => Some(Concerned::Workspace(
            event.decode::<WorkspaceArchived>()?.workspace_id,
        )),
        WorkspaceDeleted::TYPE => Some(Concerned::Workspace(
            event.decode::<WorkspaceDeleted>()?.workspace_id,
        )),
        UserTierChanged::TYPE => Some(Concerned::Member(event.decode::<UserTierChanged>()?.user_id)),
        ShareLinkRevoked::TYPE => Some(Concerned::Link(event.decode::<ShareLinkRevoked>()?.share_link_id)),
        _ => None,
    })
}

/// What a connection is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// To ask again what it may.
    AskAgain,
    /// To end: nobody can say in time.
    End,
}

/// What concerns one connection.
#[derive(Debug)]
pub struct AccessChange {
    user: Option<UserId>,
    links: Vec<(ShareLinkId, althing_backbone::Timestamp)>,
    workspace: Option<WorkspaceId>,
    owner: Option<UserId>,
    changes: broadcast::Receiver<Change>,
}

impl AccessChange {
    /// The session's owner, whose membership says what there is of it.
    #[must_use]
    pub fn owned_by(mut self, owner: UserId) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Waits for the next change that concerns it, or for the end of a link. Whoever
    /// missed too many asks again.
    pub async fn happened(&mut self, clock: &Clock) -> Told {
        let first = self.links.iter().map(|(_, expires_at)| *expires_at).min();
        let expired = async {
            match first {
                Some(at) => tokio::time::sleep(at.since(clock.now())).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            told = Self::told(&mut self.changes, (self.user, self.owner), &self.links, self.workspace) => told,
            () = expired => {
                let now = clock.now();
                self.links.retain(|(_, expires_at)| *expires_at > now);
                Told::AskAgain
            }
        }
    }

    async fn told(
        changes: &mut broadcast::Receiver<Change>,
        (user, owner): (Option<UserId>, Option<UserId>),
        links: &[(ShareLinkId, althing_backbone::Timestamp)],
        workspace: Option<WorkspaceId>,
    ) -> Told {
        let links: HashSet<ShareLinkId> = links.iter().map(|(link, _)| *link).collect();
        loop {
            let change = match changes.recv().await {
                Ok(change) => change,
                Err(RecvError::Lagged(_)) => return Told::AskAgain,
                Err(RecvError::Closed) => return std::future::pending().await,
            };
            let is_mine = match &change.of {
                Concerned::People(of, people) => {
                    Some(*of) == workspace && user.is_some_and(|user| people.contains(&user))
                }
                Concerned::Workspace(of) => Some(*of) == workspace,
                Concerned::Link(link) => links.contains(link),
                Concerned::Member(of) => [user, owner].contains(&Some(*of)),
            };
            if is_mine {
                return if change.unsure { Told::End } else { Told::AskAgain };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use althing_backbone::{Timestamp, Uuid};

    use super::*;
    use crate::access::caller::Grant;
    use crate::access::right::Scope;

    const HOME: WorkspaceId = WorkspaceId(Uuid::from_u128(1));
    const SESSION: SessionId = SessionId(Uuid::from_u128(2));
    const LINK: ShareLinkId = ShareLinkId(Uuid::from_u128(3));

    fn user(number: u128) -> UserId {
        UserId(Uuid::from_u128(number))
    }

    async fn soon(change: &mut AccessChange) -> Option<Told> {
        let clock = Clock::system();
        let told = change.happened(&clock);
        tokio::time::timeout(Duration::from_millis(20), told).await.ok()
    }

    #[tokio::test]
    async fn only_those_concerned_are_told() {
        let changes = AccessChanges::default();
        let mut ada = changes.of(&Who::user(user(7)), SESSION, Some(HOME));
        let mut private = changes.of(&Who::user(user(7)), SESSION, None);
        changes.tell(Concerned::People(HOME, [user(8)].into()), false);
        changes.tell(Concerned::Workspace(WorkspaceId(Uuid::from_u128(9))), false);
        changes.tell(Concerned::Link(LINK), false);
        assert_eq!(soon(&mut ada).await, None);
        changes.tell(Concerned::People(HOME, [user(8), user(7)].into()), true);
        assert_eq!(soon(&mut ada).await, Some(Told::End));
        changes.tell(Concerned::Workspace(HOME), false);
        assert_eq!(soon(&mut ada).await, Some(Told::AskAgain));
        assert_eq!(soon(&mut private).await, None);
    }

    #[tokio::test]
    async fn a_link_ends_when_it_is_revoked_and_when_its_time_is_over() {
        let changes = AccessChanges::default();
        let grant = |expires_at: Timestamp| Grant {
            link: LINK,
            session: SESSION,
            scope: Scope::View,
            expires_at,
        };
        let with = |grant| Who {
            grants: vec![grant],
            ..Who::default()
        };
        let now = Clock::system().now();
        let mut revoked = changes.of(&with(grant(now.plus(LONGER))), SESSION, None);
        assert_eq!(soon(&mut revoked).await, None);
        changes.tell(Concerned::Link(LINK), false);
        assert_eq!(soon(&mut revoked).await, Some(Told::AskAgain));
        let mut over = changes.of(&with(grant(now)), SESSION, None);
        assert_eq!(soon(&mut over).await, Some(Told::AskAgain));
        assert_eq!(soon(&mut over).await, None, "it is told once");
    }
}
