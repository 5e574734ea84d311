//! The command line.

mod accounts;
mod archive;
mod doctor;
mod events;
mod history;
mod moving;
mod settings;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Flags};
use crate::{composition, logging, openapi, reference, serve};

/// Althing, a decision workspace of your own.
#[derive(Parser)]
#[command(name = "althing", version, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Place {
    /// The data folder (or ALTHING_DATA) [default: althing-data]
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs everything: pages, API and background work
    Serve {
        /// Where to listen (or ALTHING_LISTEN) [default: 127.0.0.1:8080]
        #[arg(long, value_name = "ADDRESS:PORT")]
        listen: Option<String>,
    },
    /// Looks into the event log and mends subscriptions
    Events {
        #[command(subcommand)]
        command: events::EventsCommand,
    },
    /// Manages accounts, and moves everything to another database
    Admin {
        #[command(subcommand)]
        command: accounts::AdminCommand,
    },
    /// Checks the configuration
    Config {
        #[command(subcommand)]
        command: settings::ConfigCommand,
    },
    /// Looks for what is wrong with an installation, and says what to do about it
    Doctor {
        /// Prints one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Prints the description of the API (OpenAPI 3.1), as /api/openapi.json answers it
    Openapi,
    /// Prints what the generated references are made from
    #[command(hide = true)]
    DumpReference,
}

/// Does what the command line says.
pub fn run(cli: Cli) -> Result<()> {
    let listen = match &cli.command {
        Command::Serve { listen } => listen.clone(),
        _ => None,
    };
    let config = Config::load(&Flags {
        data: cli.place.data,
        listen,
    })?;
    match cli.command {
        Command::Serve { .. } => {
            logging::begin(&config);
            in_runtime(config.worker_threads, serve::serve(&config))
        }
        Command::Events { command } => in_runtime(1, events::run(&config, command)),
        Command::Admin { command } => in_runtime(1, accounts::run(&config, command)),
        Command::Config { command } => settings::run(&config, &command),
        Command::Doctor { json } => in_runtime(1, doctor::run(&config, json)),
        Command::Openapi => {
            let document = openapi::document(&openapi::routes(&composition::modules(&config)));
            print_line(&format!("{document:#}"))
        }
        Command::DumpReference => print_line(&format!("{:#}", reference::document(&config)?)),
    }
}

fn in_runtime(threads: usize, work: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .context("cannot start threads")?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    done
}

/// Prints a line; a reader that went away (`| head`) is the end, not a fault.
fn print_line(line: &str) -> Result<()> {
    use std::io::Write;
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => Ok(other?),
    }
}
