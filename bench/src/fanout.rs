//! The live channel under backlog: 250 frames that appear at once, to 1,000
//! clients, against a server that sends the same frames one by one.
//!
//! The clients are the same for both: raw sockets that count frames, so that
//! what is measured is the server.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use althing_backbone::{Backbone, Clock, Context, Db};
use althing_decisions::cycle::commands::{ChangeCycle, CreateCycle, CycleAct, StartComponent};
use althing_decisions::dashboard::LiveSettings;
use althing_decisions::outputs::ComponentType;
use althing_decisions::session::Home;
use althing_decisions::session::commands::CreateSession;
use althing_events::{CycleId, SessionId, UserId};
use althing_web::{Actor, AppState, InstanceRole, Module, PerTier, RateLimits, RateNumbers, Shutdown, Tier};
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::routing::get;
use axum::{Extension, Router};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use crate::figure::{self, Effort};
use crate::scratch::Scratch;

const CLIENTS: usize = 1_000;
const FRAMES: usize = 250;

pub async fn run(effort: Effort) -> anyhow::Result<()> {
    let scratch = Scratch::on_disk("fanout")?;
    let product = Product::start(&scratch).await?;
    let single = OneByOne::start().await?;
    let rounds = effort.scaled(50).max(2);
    let (mut product_time, mut single_time) = (0.0, 0.0);
    for _ in 0..rounds {
        single_time += single.round().await?;
        product_time += product.round().await?;
    }
    let deliveries = (rounds * CLIENTS * FRAMES) as f64;
    figure::at_least(
        "fan-out to 1,000 clients under backlog / one send per message",
        single_time / product_time,
        4.0,
        &format!(
            "{:.0} against {:.0} deliveries/s",
            deliveries / product_time,
            deliveries / single_time
        ),
    );
    product.backbone.stop().await;
    Ok(())
}

/// The product: the dashboard is paused, 250 changes are made, and it goes on.
struct Product {
    backbone: Backbone,
    address: SocketAddr,
    session: SessionId,
    cycle: CycleId,
    user: UserId,
}

impl Product {
    async fn start(scratch: &Scratch) -> anyhow::Result<Self> {
        let db = Db::open(scratch.file("fanout.db")).await?;
        let parts = althing_decisions::module().into_parts();
        for migrations in &parts.migrations {
            migrations.apply(&db, Clock::system().now()).await?;
        }
        let backbone = Backbone::builder(db)
            .subscribe_all(parts.subscriptions)
            .start()
            .await?;
        let settings = LiveSettings {
            attempts_per_minute: 1_000_000,
            ..LiveSettings::default()
        };
        let live =
            althing_decisions::dashboard::http::routes_with(Module::new("live"), settings).into_parts();
        let user = UserId(backbone.ids().next());
        let actor = Actor {
            user_id: user,
            name: "Ada".into(),
            email: "ada@example.org".into(),
            instance_role: InstanceRole::Owner,
            login: None,
            key: None,
            membership: None,
        };
        // A thousand clients who are one person.
        let numbers = RateNumbers {
            live_connections: PerTier::new(10_000, 10_000, 10_000),
            ..RateNumbers::default()
        };
        let state = AppState::new(backbone.clone())
            .with(Shutdown::default())
            .with(RateLimits::new(numbers, Tier::default()));
        let state = live
            .providers
            .into_iter()
            .fold(state, |state, provide| provide(state));
        let router = live.router.layer(Extension(actor)).with_state(state);
        let address = serve(router).await?;
        let context = || Context::of_actor(user.0, backbone.ids().next());
        let new = CreateSession {
            home: Home::PRIVATE,
            owner_id: user,
            title: "Where to live".into(),
            description: None,
        };
        let session = backbone.execute(context(), &new).await?.value.id;
        let cycle = backbone
            .execute(
                context(),
                &CreateCycle {
                    session_id: session,
                    label: None,
                },
            )
            .await?
            .value
            .id;
        for component in [ComponentType::IssueRaising, ComponentType::ProblemFrame] {
            backbone
                .execute(
                    context(),
                    &StartComponent {
                        cycle_id: cycle,
                        component,
                    },
                )
                .await?;
        }
        Ok(Self {
            backbone,
            address,
            session,
            cycle,
            user,
        })
    }

    async fn round(&self) -> anyhow::Result<f64> {
        self.backbone.settled(Duration::from_secs(20)).await?;
        let operator = self.backbone.operator("bench");
        let clients = Clients::connect(self.address, &format!("/api/sessions/{}/live", self.session)).await?;
        operator.pause("dashboard").await?;
        self.backbone.wake();
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        for number in 0..FRAMES {
            let to = if number % 2 == 0 {
                ComponentType::ProblemFrame
            } else {
                ComponentType::IssueRaising
            };
            let context = Context::of_actor(self.user.0, self.backbone.ids().next());
            let command = ChangeCycle {
                cycle_id: self.cycle,
                act: CycleAct::Navigate(to),
            };
            self.backbone.execute(context, &command).await?;
        }
        operator.resume("dashboard").await?;
        let start = Instant::now();
        self.backbone.wake();
        clients.all_have_everything().await?;
        Ok(start.elapsed().as_secs_f64())
    }
}

/// The same number of frames of the same size, each sent and flushed by itself.
struct OneByOne {
    address: SocketAddr,
    frames: broadcast::Sender<Utf8Bytes>,
}

const FRAME: &str = r#"{"type":"cycle.navigated","data":{"sessionId":"01a20079-5b14-71ea-a9e1-043815ccaed4","cycleId":"01a20079-5b85-72f8-b105-15a621f1978e","from":"issue_raising","to":"problem_frame","navigatedAt":"2026-11-21T23:38:03.165362Z"},"seq":17,"eventId":"01a20079-5b95-7add-bf9c-dc067095c26e","occurredAt":"2026-11-21T23:38:03.165362Z","correlationId":"01a20079-5b95-7add-bf9c-dc067095c26e"}"#;

impl OneByOne {
    async fn start() -> anyhow::Result<Self> {
        let (frames, _) = broadcast::channel(FRAMES * 2);
        let source = frames.clone();
        let route = get(move |upgrade: WebSocketUpgrade| {
            let source = source.clone();
            async move { upgrade.on_upgrade(move |socket| one_by_one(socket, source.subscribe())) }
        });
        let address = serve(Router::new().route("/live", route)).await?;
        Ok(Self { address, frames })
    }

    async fn round(&self) -> anyhow::Result<f64> {
        let clients = Clients::connect(self.address, "/live").await?;
        while self.frames.receiver_count() < CLIENTS {
            tokio::task::yield_now().await;
        }
        let start = Instant::now();
        for _ in 0..FRAMES {
            self.frames.send(Utf8Bytes::from_static(FRAME))?;
        }
        clients.all_have_everything().await?;
        Ok(start.elapsed().as_secs_f64())
    }
}

async fn one_by_one(mut socket: WebSocket, mut frames: broadcast::Receiver<Utf8Bytes>) {
    while let Ok(frame) = frames.recv().await {
        if socket.send(Message::Text(frame)).await.is_err() {
            return;
        }
    }
}

async fn serve(router: Router) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            eprintln!("the server under test ended: {error}");
        }
    });
    Ok(address)
}

/// A thousand sockets that count event frames.
struct Clients(Vec<JoinHandle<anyhow::Result<()>>>);

impl Clients {
    async fn connect(address: SocketAddr, path: &str) -> anyhow::Result<Self> {
        let mut clients = Vec::with_capacity(CLIENTS);
        for _ in 0..CLIENTS {
            let mut stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let request = format!(
                "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            );
            stream.write_all(request.as_bytes()).await?;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await?);
            }
            anyhow::ensure!(
                head.starts_with(b"HTTP/1.1 101"),
                "no upgrade: {}",
                String::from_utf8_lossy(&head)
            );
            clients.push(tokio::spawn(count(stream)));
        }
        Ok(Self(clients))
    }

    /// Waits until each client has counted all frames.
    async fn all_have_everything(self) -> anyhow::Result<()> {
        for client in self.0 {
            tokio::time::timeout(Duration::from_secs(60), client).await???;
        }
        Ok(())
    }
}

/// Reads server frames (never masked) until enough events have come; control
/// frames of the channel (`connected`, `state`) are not counted.
async fn count(mut stream: TcpStream) -> anyhow::Result<()> {
    let mut buffer = Vec::with_capacity(256 * 1024);
    let mut events = 0;
    while events < FRAMES {
        if stream.read_buf(&mut buffer).await? == 0 {
            anyhow::bail!("the server closed the connection after {events} frames");
        }
        let mut at = 0;
        while let Some((payload, next)) = frame(&buffer, at) {
            if buffer[payload..next].starts_with(br#"{"type":"cycle.navigated""#) {
                events += 1;
            }
            at = next;
        }
        buffer.drain(..at);
    }
    Ok(())
}

/// Where the payload of the frame at `at` begins and ends, if all of it is there.
fn frame(buffer: &[u8], at: usize) -> Option<(usize, usize)> {
    let length = usize::from(*buffer.get(at + 1)? & 0x7f);
    let (payload, length) = match length {
        126 => (
            at + 4,
            usize::from(u16::from_be_bytes(buffer.get(at + 2..at + 4)?.try_into().ok()?)),
        ),
        127 => (
            at + 10,
            usize::try_from(u64::from_be_bytes(buffer.get(at + 2..at + 10)?.try_into().ok()?)).ok()?,
        ),
        short => (at + 2, short),
    };
    let end = payload + length;
    (buffer.len() >= end).then_some((payload, end))
}
