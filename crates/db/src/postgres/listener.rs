//! Hearing what other processes say.

use std::time::Duration;

use futures::StreamExt;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{AsyncMessage, NoTls, Socket};

use super::address::Address;
use super::tls::Encryption;
use crate::{Error, Result};

/// How long to wait before connecting again.
const PAUSE: Duration = Duration::from_millis(500);

/// Hears a channel of [`crate::Db::notify`]; of several things said at once, the last.
pub struct Listener {
    heard: watch::Receiver<String>,
    task: AbortHandle,
}

impl Listener {
    pub(super) fn start(address: Address, channel: &'static str) -> Self {
        let (say, heard) = watch::channel(String::new());
        let task = tokio::spawn(run(address, channel, say)).abort_handle();
        Self { heard, task }
    }

    /// Waits until something was said since the last call; answers the newest text,
    /// empty after the connection was made anew, since something may have been
    /// missed. Dropping the future loses nothing.
    pub async fn heard(&mut self) -> String {
        match self.heard.changed().await {
            Ok(()) => self.heard.borrow_and_update().clone(),
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(address: Address, channel: &'static str, say: watch::Sender<String>) {
    loop {
        let ended = match &address.encryption {
            Encryption::Off => follow(&address, NoTls, channel, &say).await,
            encryption => match encryption.connector() {
                Ok(tls) => follow(&address, tls, channel, &say).await,
                Err(error) => Err(error),
            },
        };
        if let Err(error) = ended {
            tracing::warn!(channel, %error, "cannot listen; connecting again");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn follow<T>(
    address: &Address,
    tls: T,
    channel: &'static str,
    say: &watch::Sender<String>,
) -> Result<()>
where
    T: MakeTlsConnect<Socket>,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let (client, mut connection) = address.config.connect(tls).await?;
    let mut messages = futures::stream::poll_fn(move |cx| connection.poll_message(cx));
    let text = format!("LISTEN {channel}");
    let mut listen = std::pin::pin!(client.batch_execute(&text));
    let mut listening = false;
    loop {
        tokio::select! {
            begun = &mut listen, if !listening => {
                begun?;
                listening = true;
                say.send_replace(String::new());
            }
            message = messages.next() => match message {
                Some(Ok(AsyncMessage::Notification(said))) => {
                    say.send_replace(said.payload().to_owned());
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Err(Error::Connection("the server ended it".into())),
            },
        }
    }
}
