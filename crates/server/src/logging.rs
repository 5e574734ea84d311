//! Log lines, to standard error.

use std::panic::PanicHookInfo;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

use crate::config::{Config, LogFormat};

/// Libraries that, once asked for details, write whole frames and headers: what people wrote, and their cookies.
const TALKATIVE: [&str; 5] = ["tungstenite", "tokio_tungstenite", "hyper", "hyper_util", "h2"];

/// Begins to log as the configuration says. Panics are logged with their place;
/// a text that was put together at run time might hold somebody's content, so
/// only fixed ones are written.
pub fn begin(config: &Config) {
    let wanted = EnvFilter::try_new(&config.log_level).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = match config.log_format {
        LogFormat::Text => fmt::layer().with_writer(std::io::stderr).with_ansi(false).boxed(),
        LogFormat::Json => fmt::layer()
            .with_writer(std::io::stderr)
            .json()
            .flatten_event(true)
            .boxed(),
    };
    let lines = lines.with_filter(wanted.and(filter_fn(is_discreet)));
    if let Err(error) = registry().with(lines).try_init() {
        eprintln!("althing: logging was begun before: {error}");
    }
    std::panic::set_hook(Box::new(note_panic));
}

/// Whatever the configuration asks for, these libraries tell no details.
fn is_discreet(line: &Metadata<'_>) -> bool {
    let library = line.target().split("::").next().unwrap_or_default();
    *line.level() <= Level::INFO || !TALKATIVE.contains(&library)
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
