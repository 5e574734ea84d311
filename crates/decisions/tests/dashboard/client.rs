//! A client of the live channel.

use std::net::SocketAddr;
use std::time::Duration;

use althing_events::UserId;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::kit::{SOON, WHO};

pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The first frame.
    pub connected: Value,
}

/// What came instead of a frame.
#[derive(Debug, PartialEq)]
pub enum End {
    Closed(Option<CloseCode>),
    Broken,
}

impl Client {
    /// Connects; the status of the answer if it is no upgrade.
    pub async fn try_connect(address: SocketAddr, session: &str, who: Option<UserId>) -> Result<Self, u16> {
        let mut request = format!("ws://{address}/api/sessions/{session}/live")
            .into_client_request()
            .unwrap();
        if let Some(who) = who {
            request
                .headers_mut()
                .insert(WHO, who.to_string().parse().unwrap());
        }
        let socket = match connect_async(request).await {
            Ok((socket, _)) => socket,
            Err(Error::Http(response)) => return Err(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        };
        let mut client = Self {
            socket,
            connected: Value::Null,
        };
        client.connected = client.next().await.unwrap();
        assert_eq!(client.connected["type"], "connected");
        Ok(client)
    }

    pub async fn connect(address: SocketAddr, session: &str) -> Self {
        Self::try_connect(address, session, Some(super::kit::ADA))
            .await
            .unwrap()
    }

    pub async fn next(&mut self) -> Result<Value, End> {
        loop {
            let message = tokio::time::timeout(SOON, self.socket.next())
                .await
                .expect("a frame in time");
            match message {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    let keys: Vec<&str> = frame.as_object().unwrap().keys().map(String::as_str).collect();
                    assert_eq!(
                        keys,
                        ["type", "data", "seq", "eventId", "occurredAt", "correlationId"]
                    );
                    assert_eq!(frame["eventId"].is_null(), frame["correlationId"].is_null());
                    return Ok(frame);
                }
                Some(Ok(Message::Close(close))) => return Err(End::Closed(close.map(|close| close.code))),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(End::Broken),
            }
        }
    }

    /// The next frame of this type; others are passed over.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await.unwrap();
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// Event frames up to a number, without a gap after `from`.
    pub async fn events(&mut self, from: i64, to: i64) -> Vec<Value> {
        let mut frames = Vec::new();
        let mut last = from;
        while last < to {
            let frame = self.next().await.unwrap();
            if frame["eventId"].is_null() {
                continue;
            }
            let seq = frame["seq"].as_i64().unwrap();
            assert_eq!(seq, last + 1, "no gap, no repetition");
            last = seq;
            frames.push(frame);
        }
        frames
    }

    pub async fn say(&mut self, kind: &str, data: Value) {
        self.say_text(json!({ "type": kind, "data": data }).to_string())
            .await;
    }

    pub async fn say_text(&mut self, text: String) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub fn seq(&self) -> i64 {
        self.connected["seq"].as_i64().unwrap()
    }

    /// Nothing comes for a while.
    pub async fn is_quiet(&mut self, for_so_long: Duration) -> bool {
        tokio::time::timeout(for_so_long, self.socket.next())
            .await
            .is_err()
    }
}
