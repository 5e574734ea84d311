//! Log lines, to standard error.

use std::panic::PanicHookInfo;

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Begins to log as the configuration says. Panics are logged with their place;
/// a text that was put together at run time might hold somebody's content, so
/// only fixed ones are written.
pub fn begin(config: &Config) {
    let filter = EnvFilter::try_new(&config.log_level).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(true);
    let begun = match config.log_format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    if let Err(error) = begun {
        eprintln!("althing: logging was begun before: {error}");
    }
    std::panic::set_hook(Box::new(note_panic));
}

fn note_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let text = info
        .payload()
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("(text withheld)");
    tracing::error!(place, text, "panicked");
}
