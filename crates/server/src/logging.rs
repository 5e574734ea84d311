//! Log lines, to standard error.

use std::panic::PanicHookInfo;

use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt, LevelFilter, filter_fn};
use tracing_subscriber::layer::{Context as LayerContext, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

use crate::config::{Config, LogFormat};
use crate::metrics::ERRORS;

/// Libraries that, once asked for details, write whole frames, headers and parameters of
/// statements: what people wrote, and their cookies.
const TALKATIVE: [&str; 10] = [
    "tungstenite",
    "tokio_tungstenite",
    "hyper",
    "hyper_util",
    "h2",
    "tokio_postgres",
    "deadpool_postgres",
    "rustls",
    "redis",
    "async_nats",
];

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
    let counted = CountErrors.with_filter(LevelFilter::ERROR);
    if let Err(error) = registry().with(lines).with(counted).try_init() {
        eprintln!("althing: logging was begun before: {error}");
    }
    std::panic::set_hook(Box::new(note_panic));
}

/// Each error is logged once, so counting lines counts errors.
struct CountErrors;

impl<S: Subscriber> Layer<S> for CountErrors {
    fn on_event(&self, line: &Event<'_>, _: LayerContext<'_, S>) {
        metrics::counter!(ERRORS, "part" => part(line.metadata())).increment(1);
    }
}

fn part(line: &Metadata<'_>) -> String {
    let library = line.target().split("::").next();
    library.unwrap_or_default().to_owned()
}

/// Whatever the configuration asks for, these libraries tell no details.
fn is_discreet(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::INFO || !TALKATIVE.contains(&part(line).as_str())
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
