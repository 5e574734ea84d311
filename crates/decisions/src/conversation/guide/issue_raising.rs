//! Issue raising: four buckets, chosen by the question, a heading or a prefix.

use serde_json::{Value, json};

use super::context::GuideContext;
use super::fields;
use super::line;
use super::question::Question;
use super::reading::Reading;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bucket {
    Consideration,
    Decision,
    Objective,
    Uncertainty,
}

impl Bucket {
    fn from_word(word: &str) -> Option<Self> {
        match line::keyword(word).as_str() {
            "consideration" | "considerations" => Some(Self::Consideration),
            "decision" | "decisions" => Some(Self::Decision),
            "objective" | "objectives" => Some(Self::Objective),
            "uncertainty" | "uncertainties" => Some(Self::Uncertainty),
            _ => None,
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Consideration => "considerations",
            Self::Decision => "decisions",
            Self::Objective => "objectives",
            Self::Uncertainty => "uncertainties",
        }
    }

    fn list(self) -> &'static str {
        match self {
            Self::Consideration => "/considerations",
            Self::Decision => "/potential_decisions",
            Self::Objective => "/objectives",
            Self::Uncertainty => "/uncertainties",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Consideration => "Consideration",
            Self::Decision => "Decision",
            Self::Objective => "Objective",
            Self::Uncertainty => "Uncertainty",
        }
    }

    fn text_field(self) -> &'static str {
        if self == Self::Consideration {
            "text"
        } else {
            "description"
        }
    }

    fn value(self, text: &str) -> Value {
        match self {
            Self::Consideration => json!({ "text": text }),
            Self::Decision => json!({ "description": text, "priority": "medium" }),
            Self::Objective | Self::Uncertainty => json!({ "description": text }),
        }
    }
}

pub fn questions(_: &GuideContext<'_>, content: &Value) -> Vec<Question> {
    let has = |bucket: Bucket| !fields::list(content, bucket.list()).is_empty();
    vec![
        Question::optional(
            Bucket::Consideration.key(),
            "**What is on your mind?** Write freely, one thought per line. \
             A line may say where it belongs: `decision:`, `objective:`, `uncertainty:` or `consideration:`.",
            has(Bucket::Consideration),
        ),
        Question::required(
            Bucket::Decision.key(),
            "**What has to be decided?** One decision per line.",
            has(Bucket::Decision),
        ),
        Question::optional(
            Bucket::Objective.key(),
            "**What do you want to achieve or avoid?** One per line, or `none`.",
            has(Bucket::Objective),
        ),
        Question::optional(
            Bucket::Uncertainty.key(),
            "**What do you not know yet?** One per line, or `none`.",
            has(Bucket::Uncertainty),
        ),
    ]
}

pub fn read(reading: &mut Reading<'_>, key: Option<&str>, text: &str) {
    let mut bucket = key.and_then(Bucket::from_word);
    for entry in line::lines(text) {
        if let Some(word) = line::heading(entry) {
            bucket = Bucket::from_word(word);
            if bucket.is_none() {
                reading.ask(entry, "I know the headings `Decisions:`, `Objectives:`, `Uncertainties:` and `Considerations:`. Which one do you mean?");
            }
            continue;
        }
        let item = line::item_text(entry);
        let prefixed = line::named(item).and_then(|(word, rest)| Some((Bucket::from_word(word)?, rest)));
        match prefixed.or(bucket.map(|bucket| (bucket, item))) {
            Some((bucket, item)) => put(reading, bucket, item),
            None => reading.ask(
                entry,
                "Is it a `decision:`, an `objective:`, an `uncertainty:` or a `consideration:`?",
            ),
        }
    }
}

fn put(reading: &mut Reading<'_>, bucket: Bucket, text: &str) {
    if reading.has_text(bucket.list(), bucket.text_field(), text) {
        reading.already(bucket.label(), text);
        return;
    }
    reading.add(bucket.list(), bucket.value(text), bucket.label(), text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bucket_is_found_by_its_own_key() {
        for bucket in [
            Bucket::Consideration,
            Bucket::Decision,
            Bucket::Objective,
            Bucket::Uncertainty,
        ] {
            assert!(Bucket::from_word(bucket.key()) == Some(bucket));
            assert!(Bucket::from_word(bucket.label()) == Some(bucket));
        }
    }
}
