//! `althing serve`: from the data folder to the last closed socket.

use std::net::SocketAddr;
use std::time::Duration;

use althing_web::{Incidents, Shutdown};
use anyhow::{Context, Result};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::composition::{self, App};
use crate::config::Config;
use crate::folder::DataFolder;
use crate::metrics::Recorder;
use crate::{edge, upkeep};

/// How long requests and sockets may take to end once the server stops.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves until it is told to stop (SIGTERM, SIGINT).
pub async fn serve(config: &Config) -> Result<()> {
    let folder = DataFolder::lock(&config.data)?;
    let recorder = Recorder::install();
    let App {
        state,
        router,
        shutdown,
    } = composition::start(config).await?;
    let state = state.with(recorder);
    let upkeep = tokio::spawn(upkeep::go_on(state.clone(), config.events.keep_effects));
    let incidents: Incidents = state.get();
    let noting = tokio::spawn(althing_audit::keep_noting(
        state.backbone.clone(),
        incidents.clone(),
        shutdown.clone(),
    ));
    let listener = TcpListener::bind(&config.listen).await.with_context(|| {
        format!(
            "cannot listen on {}; choose another address with --listen",
            config.listen
        )
    })?;
    let address = listener
        .local_addr()
        .context("the listening socket has no address")?;
    let service =
        edge::around(router, state.clone(), config).into_make_service_with_connect_info::<SocketAddr>();
    println!(
        "Althing is ready on {} (data in {})",
        shown(config, address),
        config.data.display()
    );
    tracing::info!(%address, data = %config.data.display(), version = env!("CARGO_PKG_VERSION"), "ready");

    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "could not switch off Nagle's algorithm");
        }
    });
    let stop = shutdown.clone();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move { stop.begun().await });
    let until_told = tokio::spawn(tell(shutdown.clone()));
    tokio::select! {
        ended = serving.into_future() => ended.context("the server ended")?,
        () = out_of_patience(&shutdown) => tracing::warn!("some requests did not end in time"),
    }
    if tokio::time::timeout(PATIENCE, shutdown.all_closed())
        .await
        .is_err()
    {
        tracing::warn!("some sockets did not close in time");
    }
    upkeep.abort();
    if let Err(error) = noting.await {
        tracing::error!(%error, "what writes the audit log ended too early");
    }
    if let Err(error) = althing_audit::note_now(&state.backbone, incidents.rest()).await {
        tracing::error!(%error, "the end of the audit log could not be written");
    }
    state.backbone.stop().await;
    until_told.abort();
    tracing::info!("stopped");
    drop(folder);
    Ok(())
}

fn shown(config: &Config, address: SocketAddr) -> String {
    let host = if address.ip().is_unspecified() {
        "localhost".to_owned()
    } else {
        host_of(address)
    };
    let local = format!("http://{host}:{}", address.port());
    match &config.public_url {
        Some(public) => format!("{public}, here {local}"),
        None => local,
    }
}

fn host_of(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}

async fn tell(shutdown: Shutdown) {
    match signal().await {
        Ok(name) => tracing::info!(signal = name, "stopping"),
        Err(error) => {
            tracing::error!(%error, "cannot listen for signals");
            return;
        }
    }
    shutdown.begin();
}

#[cfg(unix)]
async fn signal() -> std::io::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    })
}

#[cfg(not(unix))]
async fn signal() -> std::io::Result<&'static str> {
    tokio::signal::ctrl_c().await.map(|()| "Ctrl-C")
}

async fn out_of_patience(shutdown: &Shutdown) {
    shutdown.begun().await;
    tokio::time::sleep(PATIENCE).await;
}
