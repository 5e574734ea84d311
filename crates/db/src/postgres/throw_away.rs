//! Databases for tests, dropped when the last handle goes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use super::address::Address;
use super::connection;
use crate::{Error, Result};

/// How long a copy waits until nobody is connected to its original any more,
/// before it cuts them off.
const PATIENCE: Duration = Duration::from_millis(300);

/// Drops the database with the value.
pub(super) struct ThrowAway {
    server: Address,
    name: String,
}

impl ThrowAway {
    /// An empty database on the server of `near`, or a copy.
    pub async fn create(near: &Address, template: Option<&str>) -> Result<(Self, Address)> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("throw_away_{}_{number}", std::process::id());
        let server = near.with_database("postgres")?;
        let pool = connection::pool(&server, 1, connection::Purpose::Anything)?;
        let client = pool.get().await?;
        let template = template.unwrap_or("template0");
        let create = format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"");
        let patience = tokio::time::Instant::now() + PATIENCE;
        loop {
            match client.batch_execute(&create).await.map_err(Error::from) {
                Err(Error::Postgres { code, .. }) if code == "55006" => {
                    if tokio::time::Instant::now() > patience {
                        client
                            .execute(
                                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
                                &[&template],
                            )
                            .await?;
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(error) => return Err(error),
                Ok(()) => break,
            }
        }
        let address = server.with_database(&name)?;
        Ok((Self { server, name }, address))
    }
}

impl Drop for ThrowAway {
    fn drop(&mut self) {
        // If the janitor is gone, the process ends, and with it the test's server.
        drop(janitor().send((self.server.clone(), self.name.clone())));
    }
}

/// Databases are dropped by a thread of its own: whoever drops a handle can neither
/// wait nor count on a runtime.
fn janitor() -> &'static mpsc::Sender<(Address, String)> {
    static JANITOR: OnceLock<mpsc::Sender<(Address, String)>> = OnceLock::new();
    JANITOR.get_or_init(|| {
        let (sender, inbox) = mpsc::channel::<(Address, String)>();
        std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            for (server, name) in inbox {
                if let Err(error) = runtime.block_on(drop_database(&server, &name)) {
                    tracing::debug!(%error, name, "could not drop a throw-away database");
                }
            }
        });
        sender
    })
}

async fn drop_database(server: &Address, name: &str) -> Result<()> {
    let pool = connection::pool(server, 1, connection::Purpose::Anything)?;
    let client = pool.get().await?;
    client
        .batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"))
        .await?;
    Ok(())
}
