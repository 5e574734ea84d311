//! The end of the process, for those who hold connections open.

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// Tells live channels and streams that the server is stopping, and lets the
/// server wait until they have said goodbye. It lies in the [`crate::AppState`].
///
/// ```
/// # async fn channel(shutdown: althing_web::Shutdown) {
/// let _open = shutdown.hold();
/// tokio::select! {
///     () = shutdown.begun() => { /* close the socket with a word */ }
///     // … the channel's own work …
/// }
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    begun: CancellationToken,
    open: TaskTracker,
}

impl Shutdown {
    /// Says it to all.
    pub fn begin(&self) {
        self.begun.cancel();
        self.open.close();
    }

    /// Whether it was said.
    pub fn has_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// Waits for it.
    pub async fn begun(&self) {
        self.begun.cancelled().await;
    }

    /// As long as the answer lives, a connection is open.
    pub fn hold(&self) -> TaskTrackerToken {
        self.open.token()
    }

    /// Waits until every connection that was held is closed.
    pub async fn all_closed(&self) {
        self.open.wait().await;
    }
}
