//! Nobody answers and nothing is extracted; the forms do everything.

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};

use super::{AdapterInfo, AiError, AiPort, Extraction, Piece, Prompt};

/// The adapter `off`.
#[derive(Clone, Copy, Debug)]
pub struct Off;

impl AiPort for Off {
    fn info(&self) -> AdapterInfo {
        AdapterInfo {
            name: "off",
            is_on: false,
            is_model: false,
        }
    }

    fn stream(&self, _: Prompt) -> BoxStream<'static, Result<Piece, AiError>> {
        Box::pin(stream::empty())
    }

    fn extract(&self, _: Prompt) -> BoxFuture<'static, Result<Extraction, AiError>> {
        Box::pin(async { Ok(Extraction::default()) })
    }
}
