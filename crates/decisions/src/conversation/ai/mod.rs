//! The port to whoever answers: the built-in guide, nobody, or a model.
//!
//! Chat (what is said back) and extraction (what is drawn into the draft) are configured separately; each is an
//! [`AiPort`]. An adapter gets everything as a value, a [`Prompt`], and changes nothing itself.

mod error;
mod guide;
mod off;
mod prompts;
mod sanitize;
mod scripted;
mod settings;

use std::sync::Arc;

use althing_backbone::Ids;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use serde_json::Value;

pub use error::AiError;
pub use guide::Guide;
pub use off::Off;
pub use prompts::{opening, system_prompt};
pub use sanitize::{clean_items, clean_reply};
pub use scripted::{Scripted, Step};
pub use settings::{AiSettings, UnknownAdapter};

use super::guide::{GuideContext, GuideState};
use super::store::Role;
use crate::outputs::text::trimmed_length;
use crate::outputs::{ComponentType, DraftItem, Outputs};

/// Who answers, and how it wants to be treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdapterInfo {
    /// The word of the configuration.
    pub name: &'static str,
    /// Whether it answers at all.
    pub is_on: bool,
    /// A language model: its words are cleaned, its items are labelled and it reads the transcript once enough was
    /// said. The guide reads each message at once.
    pub is_model: bool,
}

/// Everything a reply depends on.
#[derive(Clone)]
pub struct Prompt {
    pub component: ComponentType,
    /// The output with its draft applied.
    pub content: Value,
    /// The confirmed outputs of the cycle.
    pub outputs: Arc<Outputs>,
    pub system: String,
    /// The last messages that stand, oldest first, without the system's; the new ones are among them.
    pub history: Vec<(Role, String)>,
    /// What the user said since the last reading.
    pub said: Vec<String>,
    /// The user said "that is all".
    pub is_finished: bool,
    pub guide: GuideState,
    /// Why what was read could not be noted; the reply says so.
    pub rejected: Vec<String>,
    pub ids: Ids,
}

impl Prompt {
    pub(super) fn guide_context(&self) -> GuideContext<'_> {
        GuideContext {
            component: self.component,
            content: &self.content,
            outputs: &self.outputs,
        }
    }
}

/// A part of a reply, as it comes.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Text(String),
    /// The end: what an adapter wants remembered.
    Done(Notes),
}

/// What is remembered beside a reply.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notes {
    pub pending_questions: Vec<String>,
    pub guide: Option<GuideState>,
    /// Exact figures, where the adapter knows them.
    pub tokens: Option<(u32, u32)>,
}

/// What was drawn from a conversation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extraction {
    pub items: Vec<DraftItem>,
    pub guide: Option<GuideState>,
    /// Something said did not fit.
    pub is_inconsistent: bool,
}

/// Where the outside begins: an adapter for chat, for extraction, or for both.
pub trait AiPort: Send + Sync {
    fn info(&self) -> AdapterInfo;

    /// The reply, piece by piece; the last piece is [`Piece::Done`].
    fn stream(&self, prompt: Prompt) -> BoxStream<'static, Result<Piece, AiError>>;

    /// What the user's words say about the component.
    fn extract(&self, prompt: Prompt) -> BoxFuture<'static, Result<Extraction, AiError>>;

    /// The whole reply at once.
    fn complete(&self, prompt: Prompt) -> BoxFuture<'static, Result<(String, Notes), AiError>> {
        use futures::StreamExt;
        let mut pieces = self.stream(prompt);
        Box::pin(async move {
            let mut text = String::new();
            while let Some(piece) = pieces.next().await {
                match piece? {
                    Piece::Text(more) => text.push_str(&more),
                    Piece::Done(notes) => return Ok((text, notes)),
                }
            }
            Ok((text, Notes::default()))
        })
    }

    /// Characters / 4, rounded up.
    fn estimate_tokens(&self, text: &str) -> u32 {
        estimate_tokens(text)
    }
}

/// Characters / 4, rounded up.
pub fn estimate_tokens(text: &str) -> u32 {
    u32::try_from(trimmed_length(text).div_ceil(4)).unwrap_or(u32::MAX)
}
