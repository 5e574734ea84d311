//! The memory of the idle server: the release binary, started on an empty folder
//! and left alone for a few seconds.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::figure;
use crate::scratch::Scratch;

pub async fn run() -> anyhow::Result<()> {
    let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/althing");
    anyhow::ensure!(
        binary.is_file(),
        "build the server first: cargo build --release -p althing-server"
    );
    let scratch = Scratch::on_disk("memory")?;
    let mut server = Command::new(binary)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(scratch.file("data"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let resident = resident_kilobytes(server.id());
    server.kill()?;
    server.wait()?;
    let megabytes = resident? as f64 / 1024.0;
    figure::at_most(
        "idle memory of the server, MB",
        megabytes,
        60.0,
        "resident, empty folder",
    );
    Ok(())
}

fn resident_kilobytes(process: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok())
        .ok_or_else(|| anyhow::anyhow!("the system does not tell how much memory the server uses"))
}
