//! The decision document: one read-only picture of a cycle, as Markdown and as HTML.

mod escape;
pub mod wording;

pub use escape::markdown_line;
