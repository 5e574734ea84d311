//! Pools of connections.

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use futures::FutureExt;
use tokio_postgres::NoTls;

use super::address::Address;
use super::tls::Encryption;
use crate::Result;

/// Each statement sees what is committed when it begins, whatever the server's
/// default is.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// What a pool's connections are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Groups of commits, which reach their rows by keys. A plan made while a table
    /// was small, of hashes and scans, would be kept for long.
    Commits,
    /// Reading along the log: always a few rows by keys, so that planning each time
    /// anew would cost more than reading.
    Scans,
    /// Words to other processes. Nothing is kept, so nothing need be waited for.
    Notices,
    /// Everything else.
    Anything,
}

impl Purpose {
    fn options(self) -> &'static str {
        match self {
            Self::Commits => {
                "-c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off -c enable_bitmapscan=off"
            }
            Self::Scans => {
                "-c plan_cache_mode=force_generic_plan -c enable_hashjoin=off -c enable_mergejoin=off \
                 -c enable_seqscan=off -c enable_bitmapscan=off -c enable_sort=off"
            }
            Self::Notices => "-c synchronous_commit=off",
            Self::Anything => "",
        }
    }
}

/// A pool of at most `size` connections, made when they are needed.
pub(super) fn pool(address: &Address, size: usize, purpose: Purpose) -> Result<Pool> {
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let mut config = address.config.clone();
    // What the address says itself counts more. Nothing here runs long enough for
    // compiling it to pay.
    let given = config.get_options().unwrap_or_default();
    let options = format!("-c jit=off {} {given}", purpose.options());
    config.options(options.trim());
    let manager = match &address.encryption {
        Encryption::Off => Manager::from_config(config, NoTls, recycling),
        encryption => Manager::from_config(config, encryption.connector()?, recycling),
    };
    Pool::builder(manager)
        .max_size(size)
        .build()
        .map_err(|error| crate::Error::Connection(error.to_string()))
}

/// Undoes whatever is open, without waiting: the message is sent, and everything
/// that is asked on this connection later comes after it.
pub(super) fn roll_back(client: &Object) {
    // Either it is under way or the connection is gone, which undoes it too.
    drop(client.batch_execute("ROLLBACK").now_or_never());
}
