//! The guide as an adapter: no network, and equal input gives equal replies.

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};

use super::{AdapterInfo, AiError, AiPort, Extraction, Notes, Piece, Prompt};
use crate::conversation::guide::{self, GuideReply};
use crate::outputs::apply;

/// How many words a piece of a streamed reply has.
const WORDS: usize = 4;

/// The adapter `guide`.
#[derive(Clone, Copy, Debug)]
pub struct Guide {
    /// Whether what it reads goes into a draft. If not, its replies only ask.
    pub drafts: bool,
}

impl AiPort for Guide {
    fn info(&self) -> AdapterInfo {
        AdapterInfo {
            name: "guide",
            is_on: true,
            is_model: false,
        }
    }

    fn stream(&self, prompt: Prompt) -> BoxStream<'static, Result<Piece, AiError>> {
        let reply = read(&prompt);
        let text = if !prompt.rejected.is_empty() {
            refusal(&prompt.rejected)
        } else if self.drafts {
            reply.reply_text
        } else {
            reply.pending_questions.join("\n\n")
        };
        let notes = Notes {
            pending_questions: if prompt.rejected.is_empty() {
                reply.pending_questions
            } else {
                Vec::new()
            },
            guide: Some(if prompt.rejected.is_empty() {
                reply.state
            } else {
                prompt.guide
            }),
            tokens: None,
        };
        let pieces = pieces(&text)
            .into_iter()
            .map(Piece::Text)
            .chain([Piece::Done(notes)]);
        // Between two pieces others may run: a reply can be watched, and stopped, while it comes.
        let paced = stream::iter(pieces.collect::<Vec<_>>()).then(|piece| async {
            tokio::task::yield_now().await;
            Ok(piece)
        });
        Box::pin(paced)
    }

    fn extract(&self, prompt: Prompt) -> BoxFuture<'static, Result<Extraction, AiError>> {
        let reply = read(&prompt);
        Box::pin(async move {
            Ok(Extraction {
                items: reply.draft_items,
                guide: Some(reply.state),
                is_inconsistent: !reply.unknown_lines.is_empty(),
            })
        })
    }
}

/// Reads what was said, then answers "that is all" if that was said too.
fn read(prompt: &Prompt) -> GuideReply {
    let mut new_id = || prompt.ids.next();
    let context = prompt.guide_context();
    let text = prompt.said.join("\n");
    if !prompt.is_finished {
        return guide::respond(&context, &prompt.guide, &text, &mut new_id);
    }
    if text.trim().is_empty() {
        return guide::finish(&context, &prompt.guide, &mut new_id);
    }
    let said = guide::respond(&context, &prompt.guide, &text, &mut new_id);
    let content = apply(&prompt.content, &said.draft_items).unwrap_or_else(|_| prompt.content.clone());
    let context = guide::GuideContext {
        content: &content,
        ..context
    };
    let mut reply = guide::finish(&context, &said.state, &mut new_id);
    reply.draft_items.splice(0..0, said.draft_items);
    reply.unknown_lines.splice(0..0, said.unknown_lines);
    reply
}

fn refusal(reasons: &[String]) -> String {
    let mut lines = vec![
        "I could not note this, so nothing has changed:".to_owned(),
        String::new(),
    ];
    lines.extend(reasons.iter().map(|reason| format!("- {reason}")));
    lines.push("\nPlease say it in another way.".to_owned());
    lines.join("\n")
}

/// A text in pieces of a few words; joined they are the text again.
fn pieces(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_inclusive(char::is_whitespace).collect();
    words.chunks(WORDS).map(|words| words.concat()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join_to_the_same_text() {
        let text = "Noted:\n\n- Ziel: 近い駅 🏠\n\n**What else?** Or  `none`.";
        assert_eq!(pieces(text).concat(), text);
        assert!(pieces(text).len() > 1);
        assert!(pieces("").is_empty());
    }
}
