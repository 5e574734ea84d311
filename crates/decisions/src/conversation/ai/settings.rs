//! Which adapter does what.

use std::sync::Arc;
use std::time::Duration;

use super::{AiPort, Guide, Off};

/// The adapters in use and the limits of a stream; kept in the server's state.
#[derive(Clone)]
pub struct AiSettings {
    /// `ai.chat.adapter`
    pub chat: Arc<dyn AiPort>,
    /// `ai.extraction.adapter`
    pub extraction: Arc<dyn AiPort>,
    /// The longest a reply may take.
    pub longest_reply: Duration,
    /// A stream connection on which nothing happens for so long is closed.
    pub longest_idle: Duration,
}

/// A word that names no adapter of this release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} must be off or guide")]
pub struct UnknownAdapter {
    pub setting: &'static str,
}

impl Default for AiSettings {
    fn default() -> Self {
        Self::of(Arc::new(Guide { drafts: true }), Arc::new(Guide { drafts: true }))
    }
}

impl AiSettings {
    /// Reads the two words of the configuration.
    pub fn from_words(chat: &str, extraction: &str) -> Result<Self, UnknownAdapter> {
        let drafts = extraction != "off";
        Ok(Self::of(
            adapter("ai.chat.adapter", chat, drafts)?,
            adapter("ai.extraction.adapter", extraction, drafts)?,
        ))
    }

    /// Any two adapters.
    pub fn of(chat: Arc<dyn AiPort>, extraction: Arc<dyn AiPort>) -> Self {
        Self {
            chat,
            extraction,
            longest_reply: Duration::from_secs(120),
            longest_idle: Duration::from_secs(300),
        }
    }
}

fn adapter(setting: &'static str, word: &str, drafts: bool) -> Result<Arc<dyn AiPort>, UnknownAdapter> {
    match word {
        "off" => Ok(Arc::new(Off)),
        "guide" => Ok(Arc::new(Guide { drafts })),
        _ => Err(UnknownAdapter { setting }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_words_choose_the_adapters() {
        let settings = AiSettings::from_words("off", "guide").unwrap();
        assert_eq!(
            (settings.chat.info().name, settings.extraction.info().name),
            ("off", "guide")
        );
        let refused = AiSettings::from_words("guide", "openai").err().unwrap();
        assert_eq!(refused.to_string(), "ai.extraction.adapter must be off or guide");
    }
}
