//! What happens to whole processes: a test with two backbones on one store can hang or
//! end one of them.

use crate::backbone::Backbone;

/// Lets a backbone hang, as SIGSTOP does: it gives no sign of life and does not look at
/// what other processes did. A handler that is under way goes on when the test lets
/// it, and meets the database as an owner that does not know that it was replaced.
pub fn suspend(backbone: &Backbone) {
    backbone.owner().trouble.suspend(true);
}

/// Ends what [`suspend`] began.
pub fn resume(backbone: &Backbone) {
    backbone.owner().trouble.suspend(false);
    backbone.wake();
}

/// Ends a backbone, as SIGKILL does: where it is, without releasing anything. Answers
/// once nothing of it runs any more.
pub async fn kill(backbone: &Backbone) {
    backbone.owner().trouble.kill().await;
    backbone.stop().await;
}
