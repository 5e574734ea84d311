//! The decision document: one read-only picture of a cycle, as Markdown and as HTML.
//!
//! It is made anew on every read, from the outputs and statuses of a cycle; equal input gives equal bytes. [`sections`]
//! turn the outputs into blocks of plain text, and one renderer per format turns the blocks into bytes and escapes all
//! text on the way.

mod blocks;
mod escape;
#[cfg(test)]
pub(crate) mod fixture;
pub mod history;
mod html;
pub mod http;
mod input;
mod letters;
mod markdown;
mod sections;
#[cfg(test)]
mod tests;
pub mod wording;

use sha2::{Digest, Sha256};

pub use escape::markdown_line;
pub use input::{BranchFacts, ComponentFacts, CycleFacts, DocumentInput, Scope};
pub use letters::{LetterProgress, Letters};

use crate::outputs::ComponentType;

/// The document as Markdown, with GitHub tables.
pub fn render_markdown(input: &DocumentInput<'_>) -> String {
    markdown::render(&sections::document(input))
}

/// The document as one HTML file: styles inside, no scripts, nothing loaded from elsewhere.
pub fn render_html(input: &DocumentInput<'_>) -> String {
    html::render(&sections::document(input))
}

/// One of the nine sections as Markdown.
pub fn render_section(input: &DocumentInput<'_>, component: ComponentType) -> String {
    markdown::render_section(&sections::section(input, component))
}

/// The SHA-256 of the Markdown, in hexadecimal.
pub fn checksum(markdown: &str) -> String {
    Sha256::digest(markdown.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
