//! How the end states of a rehearsal differ.

use super::state::StateDump;

/// What a rehearsal found.
#[must_use = "assert that the state is the same"]
#[derive(Clone, Debug)]
pub struct Comparison {
    subscription: String,
    rounds: usize,
    differences: Vec<String>,
}

impl Comparison {
    pub(super) fn begin(subscription: &str) -> Self {
        Self {
            subscription: subscription.to_owned(),
            rounds: 0,
            differences: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, round: &str, expected: &StateDump, found: &StateDump) {
        self.rounds += 1;
        self.differences.extend(
            expected
                .differences(found)
                .into_iter()
                .map(|text| format!("{round}: {text}")),
        );
    }

    pub(super) fn fail(&mut self, round: &str, error: &str) {
        self.differences.push(format!("{round}: {error}"));
    }

    /// How many disturbed runs were compared with the undisturbed one.
    pub fn rounds(&self) -> usize {
        self.rounds
    }

    /// Every difference, in words.
    pub fn differences(&self) -> &[String] {
        &self.differences
    }

    /// The state is the same as without trouble.
    #[track_caller]
    pub fn assert_same_state(&self) {
        assert!(
            self.rounds > 0,
            "nothing waits for {}; rehearse before the kit settles",
            self.subscription
        );
        let shown: Vec<&str> = self.differences.iter().take(20).map(String::as_str).collect();
        assert!(
            shown.is_empty(),
            "{} ends in another state in {} ways ({} runs):\n{}",
            self.subscription,
            self.differences.len(),
            self.rounds,
            shown.join("\n")
        );
    }

    /// No effect of any event is missing, none is there twice.
    #[track_caller]
    pub fn assert_nothing_lost_or_doubled(&self) {
        self.assert_same_state();
    }
}
