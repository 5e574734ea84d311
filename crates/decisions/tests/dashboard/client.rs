//! A client of the live channel.

use std::net::SocketAddr;
use std::time::Duration;

use althing_events::UserId;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async};

use super::kit::{SOON, WHO};

pub type Connection = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub struct Client {
    socket: Connection,
    /// The first frame.
    pub connected: Value,
    /// Whether it answers pings, as it should.
    pub answers: bool,
}

/// What came instead of a frame.
#[derive(Debug, PartialEq)]
pub enum End {
    Closed(Option<CloseCode>),
    Broken,
}

/// Opens a socket of somebody's; the status of the answer if it is no upgrade.
pub async fn socket_of(address: SocketAddr, path: &str, who: UserId) -> Result<Connection, u16> {
    open(address, path, headers_of(Some(who)), false).await
}

async fn open(
    address: SocketAddr,
    path: &str,
    headers: Vec<(&'static str, String)>,
    is_slow: bool,
) -> Result<Connection, u16> {
    let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let socket = TcpSocket::new_v4().unwrap();
    if is_slow {
        // What it does not read soon fills what lies between it and the server.
        socket.set_recv_buffer_size(4 * 1024).unwrap();
    }
    let stream = MaybeTlsStream::Plain(socket.connect(address).await.unwrap());
    match client_async(request, stream).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

fn headers_of(who: Option<UserId>) -> Vec<(&'static str, String)> {
    who.map(|who| (WHO, who.to_string())).into_iter().collect()
}

impl Client {
    /// Connects; the status of the answer if it is no upgrade.
    pub async fn try_connect(address: SocketAddr, session: &str, who: Option<UserId>) -> Result<Self, u16> {
        Self::over(address, session, headers_of(who), false).await
    }

    /// Connects with a link instead of an account.
    pub async fn with_link(address: SocketAddr, session: &str, token: &str) -> Result<Self, u16> {
        Self::over(address, session, vec![("x-share-token", token.to_owned())], false).await
    }

    async fn over(
        address: SocketAddr,
        session: &str,
        headers: Vec<(&'static str, String)>,
        is_slow: bool,
    ) -> Result<Self, u16> {
        let path = format!("/api/sessions/{session}/live");
        let mut client = Self {
            socket: open(address, &path, headers, is_slow).await?,
            connected: Value::Null,
            answers: true,
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

    /// One with little room for what it has not read.
    pub async fn slow(address: SocketAddr, session: &str) -> Self {
        Self::over(address, session, headers_of(Some(super::kit::ADA)), true)
            .await
            .unwrap()
    }

    /// Reads until the connection ends; answers how, and the frames on the way.
    pub async fn until_the_end(&mut self) -> (End, Vec<Value>) {
        let mut frames = Vec::new();
        loop {
            match self.next().await {
                Ok(frame) => frames.push(frame),
                Err(end) => return (end, frames),
            }
        }
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
                    if self.answers && frame["type"] == "ping" {
                        let pong = json!({ "type": "pong", "data": frame["data"] });
                        // The server may have closed meanwhile; what is read next tells.
                        drop(self.socket.send(Message::text(pong.to_string())).await);
                    }
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
