//! Connections without anything of the backbone's.

use tokio_postgres::{Client, NoTls};

/// A connection of its own; it ends with the client.
pub async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // It ends with an error only when the client has nobody to ask any more, who sees that.
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}
