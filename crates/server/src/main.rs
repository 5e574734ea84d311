//! `althing`: reads the command line, then does what it says.

use std::process::ExitCode;

use althing_server::commands::Cli;
use clap::Parser;

fn main() -> ExitCode {
    match althing_server::commands::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("althing: {error:#}");
            ExitCode::FAILURE
        }
    }
}
