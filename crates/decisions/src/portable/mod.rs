//! A whole decision as one JSON document: export without loss, import as if every
//! change were entered by hand.
//!
//! The document is the history, not a copy of tables: an import replays it through
//! the same rules, emits the same events (marked `import`), and either arrives at
//! exactly the state the document ends with or changes nothing at all.

mod export;
mod format;
pub mod http;
mod import;
mod replay;

pub use export::export;
pub use format::{Author, FORMAT, FORMAT_VERSION, Portable, PortableMessage};
pub use import::{ImportSession, Imported};
