//! The end of the process, for those who hold connections open.

use tokio_util::sync::CancellationToken;

/// Tells live channels and streams that the server is stopping. It lies in the
/// [`crate::AppState`].
#[derive(Clone, Debug, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// Says it to all.
    pub fn begin(&self) {
        self.0.cancel();
    }

    /// Whether it was said.
    pub fn has_begun(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits for it.
    pub async fn begun(&self) {
        self.0.cancelled().await;
    }
}
