//! A model that says what a test wrote down for it. Nothing configures it: tests put it into [`super::AiSettings`].

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};

use super::{AdapterInfo, AiError, AiPort, Extraction, Notes, Piece, Prompt};
use crate::outputs::DraftItem;

/// What happens next in a scripted reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Say(String),
    Wait(Duration),
    Fail(AiError),
}

#[derive(Default)]
struct Script {
    replies: VecDeque<Vec<Step>>,
    extractions: VecDeque<Result<Vec<DraftItem>, AiError>>,
    prompts: Vec<Prompt>,
}

/// The scripted adapter. Without a line left for it, it says nothing and extracts nothing.
#[derive(Clone, Default)]
pub struct Scripted(Arc<Mutex<Script>>);

impl Scripted {
    /// The next reply.
    #[must_use]
    pub fn replies(self, steps: impl Into<Vec<Step>>) -> Self {
        self.script().replies.push_back(steps.into());
        self
    }

    /// The result of the next extraction.
    #[must_use]
    pub fn extracts(self, result: Result<Vec<DraftItem>, AiError>) -> Self {
        self.script().extractions.push_back(result);
        self
    }

    /// Every prompt it was given, for chat and extraction alike.
    pub fn prompts(&self) -> Vec<Prompt> {
        self.script().prompts.clone()
    }

    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AiPort for Scripted {
    fn info(&self) -> AdapterInfo {
        AdapterInfo {
            name: "scripted",
            is_on: true,
            is_model: true,
        }
    }

    fn stream(&self, prompt: Prompt) -> BoxStream<'static, Result<Piece, AiError>> {
        let mut script = self.script();
        script.prompts.push(prompt);
        let steps = script.replies.pop_front().unwrap_or_default();
        let said = stream::iter(steps).filter_map(|step| async move {
            match step {
                Step::Say(text) => Some(Ok(Piece::Text(text))),
                Step::Fail(error) => Some(Err(error)),
                Step::Wait(time) => {
                    tokio::time::sleep(time).await;
                    None
                }
            }
        });
        Box::pin(said.chain(stream::iter([Ok(Piece::Done(Notes::default()))])))
    }

    fn extract(&self, prompt: Prompt) -> BoxFuture<'static, Result<Extraction, AiError>> {
        let mut script = self.script();
        script.prompts.push(prompt);
        let result = script.extractions.pop_front().unwrap_or_else(|| Ok(Vec::new()));
        Box::pin(async move {
            Ok(Extraction {
                items: result?,
                ..Extraction::default()
            })
        })
    }
}
