//! UmaDB: its server, as a process of its own, and its Rust client.

use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use futures::StreamExt;
use umadb_client::AsyncUmaDbClient;
use umadb_dcb::{DcbAppendCondition, DcbEvent, DcbEventStoreAsync, DcbQuery, DcbQueryItem};
use uuid::Uuid;
use workload::{Arguments, LINES, Line, Order, Work};

const TYPE: &str = "LineAdded";

fn main() -> anyhow::Result<()> {
    // The same program as `cargo install umadb`, from the same crate.
    if std::env::args().nth(1).as_deref() == Some("serve") {
        let options = umadb::parse_cli_options(std::env::args().skip(1)).map_err(failed)?;
        return umadb::start_server_with_cli_options(options).map_err(failed);
    }
    tokio::runtime::Runtime::new()?.block_on(drive(Arguments::parse()))
}

fn failed(error: Box<dyn std::error::Error>) -> anyhow::Error {
    anyhow::anyhow!("{error}")
}

async fn drive(arguments: Arguments) -> anyhow::Result<()> {
    let (server, url) = Server::start(&arguments.store)?;
    let client = Arc::new(connect(url).await?);
    let settings = "defaults: server and client apart, gRPC; waits for the disk at each group of appends";
    let report = match arguments.work {
        Work::Commands => {
            let client = client.clone();
            workload::callers(&arguments, settings, move |order, number| {
                let client = client.clone();
                async move { add_line(&client, order, number).await }
            })
            .await?
        }
        Work::Replay => {
            fill(&client, arguments.events).await?;
            workload::replays(&arguments, settings, || replay(&client)).await?
        }
        Work::Projection => anyhow::bail!("UmaDB stores no projections: they belong to its clients"),
    };
    drop(server);
    report.print()
}

async fn add_line(client: &AsyncUmaDbClient, order_id: Uuid, number: u32) -> anyhow::Result<()> {
    let tag = format!("order:{order_id}");
    let of_order = DcbQuery::new().item(DcbQueryItem::new().types([TYPE]).tags([tag.clone()]));
    let (events, head) = client
        .read_with_head(Some(of_order.clone()), None, false, None)
        .await?;
    let mut order = Order::default();
    for event in &events {
        order.apply(&serde_json::from_slice(&event.event.data)?);
    }
    let line = Line::new(number);
    order.decide(&line, LINES)?;
    let condition = DcbAppendCondition::new(of_order).after(head);
    client
        .append(vec![event(tag, &line)?], Some(condition), None)
        .await?;
    Ok(())
}

fn event(tag: String, line: &Line) -> anyhow::Result<DcbEvent> {
    let data = serde_json::to_vec(line)?;
    Ok(DcbEvent::new()
        .event_type(TYPE)
        .tags([tag])
        .data(data)
        .uuid(Uuid::new_v4()))
}

async fn fill(client: &AsyncUmaDbClient, events: usize) -> anyhow::Result<()> {
    for _ in 0..events / 100 {
        let tag = format!("order:{}", Uuid::new_v4());
        let lines = (0..100).map(|number| event(tag.clone(), &Line::new(number)));
        client
            .append(lines.collect::<anyhow::Result<_>>()?, None, None)
            .await?;
    }
    Ok(())
}

async fn replay(client: &AsyncUmaDbClient) -> anyhow::Result<usize> {
    let mut events = client.read(None, None, false, None).await?;
    let (mut seen, mut pieces) = (0, 0u64);
    while let Some(event) = events.next().await {
        let line: Line = serde_json::from_slice(&event?.event.data)?;
        pieces += u64::from(line.quantity);
        seen += 1;
    }
    std::hint::black_box(pieces);
    Ok(seen)
}

async fn connect(url: String) -> anyhow::Result<AsyncUmaDbClient> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match AsyncUmaDbClient::connect(url.clone(), None, None, None).await {
            Ok(client) => return Ok(client),
            Err(error) if Instant::now() > deadline => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Ends with this value.
struct Server(Child);

impl Server {
    fn start(folder: &str) -> anyhow::Result<(Self, String)> {
        std::fs::create_dir_all(folder)?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let child = Command::new(std::env::current_exe()?)
            .args(["serve", "--listen", &address, "--db-path", folder])
            .stdout(std::process::Stdio::null())
            .spawn()?;
        Ok((Self(child), format!("http://{address}")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
