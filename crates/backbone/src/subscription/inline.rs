//! Delivery before the answer: a command waits for the subscriptions of its process.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::shared::Shared;
use crate::command::Receipt;
use crate::handler::is_delivering;
use crate::log::Log;

/// Waits until every subscription that runs here has handled or parked the commit.
/// A handler's own commands are not waited for: they would wait for themselves.
pub(crate) async fn wait(
    log: &Log,
    subscriptions: &HashMap<Arc<str>, Arc<Shared>>,
    receipt: Receipt,
    at_most: Duration,
) {
    if is_delivering() || receipt == Receipt::of_nothing() {
        return;
    }
    let all = async {
        let wanted = log.resolve_receipt(receipt).await?;
        for shared in subscriptions.values().filter(|shared| shared.is_here()) {
            let mut position = shared.position.subscribe();
            // One that ends meanwhile goes on elsewhere, or after the restart.
            let _ended = position.wait_for(|position| *position >= wanted).await.is_err();
        }
        Ok::<(), crate::Error>(())
    };
    match tokio::time::timeout(at_most, all).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "could not wait for the subscriptions; the command is committed")
        }
        Err(_) => tracing::warn!(
            ?at_most,
            "a subscription was not done in time; the command is committed"
        ),
    }
}
