//! Working state of a cycle's conversations: flagged uncertainties, revisit suggestions and requested confirmations.
//! It is no part of any output and has no events of its own.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::outputs::{ComponentType, wire_enum};

/// How long a requested confirmation waits.
const CONFIRMATION_HOURS: i64 = 24;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkingState {
    pub uncertainties: Vec<FlaggedUncertainty>,
    pub revisits: Vec<RevisitSuggestion>,
    pub confirmations: Vec<Confirmation>,
}

/// Something not known that bears on a component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlaggedUncertainty {
    pub id: Uuid,
    pub description: String,
    pub component: ComponentType,
    pub resolvable: bool,
    pub impact: Option<String>,
    /// How it was resolved; open while absent.
    pub resolution: Option<String>,
    pub flagged_at: DateTime<Utc>,
}

/// A suggestion to go back to a component once the current one ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RevisitSuggestion {
    pub id: Uuid,
    pub target: ComponentType,
    pub reason: String,
    pub trigger: String,
    pub priority: RevisitPriority,
    pub status: RevisitStatus,
    pub created_at: DateTime<Utc>,
}

wire_enum! {
    /// High and critical ones are shown when the current component ends.
    RevisitPriority { Low = "low", Medium = "medium", High = "high", Critical = "critical" }
}

wire_enum! {
    RevisitStatus { Pending = "pending", Accepted = "accepted", Dismissed = "dismissed", Expired = "expired" }
}

impl RevisitPriority {
    /// Whether the suggestion is shown when the current component ends.
    pub fn will_prompt(self) -> bool {
        matches!(self, Self::High | Self::Critical)
    }
}

/// A question with given answers, put to the user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Confirmation {
    pub id: Uuid,
    pub summary: String,
    pub options: Vec<String>,
    pub default: Option<String>,
    pub status: ConfirmationStatus,
    /// One of the options, once confirmed.
    pub choice: Option<String>,
    pub requested_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

wire_enum! {
    ConfirmationStatus { Pending = "pending", Confirmed = "confirmed", Rejected = "rejected", Expired = "expired" }
}

impl Confirmation {
    pub fn requested(
        id: Uuid,
        summary: String,
        options: Vec<String>,
        default: Option<String>,
        at: DateTime<Utc>,
    ) -> Self {
        let expires_at = at + chrono::Duration::hours(CONFIRMATION_HOURS);
        let status = ConfirmationStatus::Pending;
        Self {
            id,
            summary,
            options,
            default,
            status,
            choice: None,
            requested_at: at,
            expires_at,
        }
    }

    /// The status at a time: what is pending for too long has expired.
    pub fn status_at(&self, now: DateTime<Utc>) -> ConfirmationStatus {
        match self.status {
            ConfirmationStatus::Pending if now >= self.expires_at => ConfirmationStatus::Expired,
            status => status,
        }
    }
}

/// What a tool changes in the working state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkingChange {
    UncertaintyFlagged(FlaggedUncertainty),
    UncertaintyResolved {
        id: Uuid,
        resolution: String,
    },
    RevisitSuggested(RevisitSuggestion),
    RevisitDismissed {
        id: Uuid,
        reason: String,
    },
    ConfirmationRequested(Confirmation),
    /// No choice means that the user rejected all options.
    ChoiceRecorded {
        id: Uuid,
        choice: Option<String>,
    },
}

impl WorkingState {
    /// Makes a change; one that names an unknown id changes nothing.
    pub fn apply(&mut self, change: WorkingChange) {
        match change {
            WorkingChange::UncertaintyFlagged(uncertainty) => self.uncertainties.push(uncertainty),
            WorkingChange::UncertaintyResolved { id, resolution } => {
                let one = self.uncertainties.iter_mut().find(|one| one.id == id);
                one.into_iter()
                    .for_each(|one| one.resolution = Some(resolution.clone()));
            }
            WorkingChange::RevisitSuggested(suggestion) => self.revisits.push(suggestion),
            WorkingChange::RevisitDismissed { id, .. } => {
                let one = self.revisits.iter_mut().find(|one| one.id == id);
                one.into_iter()
                    .for_each(|one| one.status = RevisitStatus::Dismissed);
            }
            WorkingChange::ConfirmationRequested(confirmation) => self.confirmations.push(confirmation),
            WorkingChange::ChoiceRecorded { id, choice } => {
                if let Some(one) = self.confirmations.iter_mut().find(|one| one.id == id) {
                    one.status = if choice.is_some() {
                        ConfirmationStatus::Confirmed
                    } else {
                        ConfirmationStatus::Rejected
                    };
                    one.choice = choice;
                }
            }
        }
    }

    pub fn open_uncertainties(&self) -> usize {
        self.uncertainties
            .iter()
            .filter(|one| one.resolution.is_none())
            .count()
    }

    pub fn pending_revisits(&self) -> impl Iterator<Item = &RevisitSuggestion> {
        self.revisits
            .iter()
            .filter(|one| one.status == RevisitStatus::Pending)
    }
}
