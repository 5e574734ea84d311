//! A live channel, frame by frame.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long a frame may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open WebSocket whose frames are JSON. It answers the pings that it reads.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    pub(crate) async fn open(
        url: &str,
        path: &str,
        cookie: Option<&str>,
        origin: Option<&str>,
    ) -> Result<Self, u16> {
        let address = format!("{}{path}", url.replacen("http", "ws", 1));
        let mut request = address.into_client_request().expect("a WebSocket address");
        if let Some(cookie) = cookie {
            request
                .headers_mut()
                .insert("cookie", cookie.parse().expect("a cookie"));
        }
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert("origin", origin.parse().expect("an origin"));
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    /// Sends any text.
    pub async fn send_text(&mut self, text: &str) {
        self.stream
            .send(Message::text(text))
            .await
            .expect("the socket is open");
    }

    /// Sends bytes that are no text.
    pub async fn send_binary(&mut self, bytes: Vec<u8>) {
        self.stream
            .send(Message::binary(bytes))
            .await
            .expect("the socket is open");
    }

    /// Sends any text; `false` if the server has closed meanwhile.
    pub async fn try_send_text(&mut self, text: &str) -> bool {
        self.stream.send(Message::text(text)).await.is_ok()
    }

    /// Sends bytes that are no text; `false` if the server has closed meanwhile.
    pub async fn try_send_binary(&mut self, bytes: Vec<u8>) -> bool {
        self.stream.send(Message::binary(bytes)).await.is_ok()
    }

    /// Reads whatever has come until nothing does for this long; `false` if the server closed.
    pub async fn drain(&mut self, rest: Duration) -> bool {
        loop {
            match tokio::time::timeout(rest, self.stream.next()).await {
                Err(_) => return true,
                Ok(None | Some(Err(_) | Ok(Message::Close(_)))) => return false,
                Ok(Some(Ok(_))) => {}
            }
        }
    }

    /// The next frame; fails the test if none comes in time.
    pub async fn next(&mut self) -> Value {
        self.try_next(PATIENCE).await.expect("a frame in time")
    }

    /// The next frame within `limit`; `None` if there is none, or if the server closed.
    pub async fn try_next(&mut self, limit: Duration) -> Option<Value> {
        let deadline = tokio::time::Instant::now() + limit;
        loop {
            match tokio::time::timeout_at(deadline, self.stream.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => {
                    let frame: Value = serde_json::from_str(&text).expect("a JSON frame");
                    if frame["type"] == "ping" {
                        self.answer(&frame).await;
                    }
                    return Some(frame);
                }
                Ok(Some(Ok(Message::Close(_)))) | Ok(None) | Ok(Some(Err(_))) | Err(_) => return None,
                Ok(Some(Ok(_))) => {}
            }
        }
    }

    /// A client that answers no ping is taken to be gone, and a slow machine may take
    /// a minute over a journey.
    async fn answer(&mut self, ping: &Value) {
        let pong = json!({ "type": "pong", "data": ping["data"] });
        // The server may have closed meanwhile; what is read next tells.
        drop(self.stream.send(Message::text(pong.to_string())).await);
    }

    /// Reads frames until one of this type comes; earlier ones are dropped.
    pub async fn next_of(&mut self, frame_type: &str) -> Value {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(tokio::time::Instant::now());
            let frame = self
                .try_next(left)
                .await
                .unwrap_or_else(|| panic!("no {frame_type} in time"));
            if frame["type"] == frame_type {
                return frame;
            }
        }
    }

    /// Waits until the server closes the socket; its code, if it gave one.
    pub async fn closed(&mut self) -> Option<u16> {
        let end = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Close(frame))) => {
                        return frame.map(|CloseFrame { code, .. }| code.into());
                    }
                    None | Some(Err(_)) => return None,
                    Some(Ok(_)) => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, end)
            .await
            .expect("the server closes the socket in time")
    }
}
