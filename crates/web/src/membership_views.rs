//! Who keeps a list of memberships of their own, and when all of them know of a change.

use std::time::Duration;

use althing_backbone::{Backbone, Receipt};

/// How long a command that changes a membership waits for the lists.
const SOON: Duration = Duration::from_millis(300);

/// The subscriptions by which contexts keep their lists. It lies in the [`crate::AppState`].
#[derive(Clone, Debug, Default)]
pub struct MembershipViews(pub Vec<&'static str>);

impl MembershipViews {
    /// Waits a moment until every list has seen a commit. They will in any case.
    pub async fn have_seen(&self, backbone: &Backbone, receipt: Receipt) {
        let all = self.0.iter().map(|name| backbone.seen_by(name, receipt));
        let waiting = futures::future::join_all(all.map(|seen| seen.within(SOON)));
        for (name, seen) in self.0.iter().zip(waiting.await) {
            if let Err(error) = seen {
                tracing::debug!(%error, name, "a list of memberships is a little behind");
            }
        }
    }
}
