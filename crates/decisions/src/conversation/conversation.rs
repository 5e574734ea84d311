//! The conversation's rules: what opens, moves and ends it.
//!
//! Two subscriptions feed it from the events of its cycle, each at its own pace and each possibly twice. The positions
//! of those events decide: what an event says counts unless a later one of its kind was seen before, and whether the
//! conversation is complete follows from which of "completed" and "reopened" came later in the log.

use althing_backbone::{Aggregate, Timestamp, Uuid};
use althing_events::decisions::{ConversationCompleted, ConversationStarted};
use althing_events::{ComponentId, ConversationId, CycleId, MessageId, SessionId};
use serde::{Deserialize, Serialize};

use super::guide::GuideState;
use super::phase::{ConversationState, Findings, Phase};
use crate::outputs::ComponentType;

/// The one conversation of a component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: ConversationId,
    pub component_id: ComponentId,
    pub cycle_id: CycleId,
    pub session_id: SessionId,
    pub component_type: ComponentType,
    pub state: ConversationState,
    pub phase: Phase,
    pub pending_questions: Vec<String>,
    /// What the guide remembers, and what it remembered before the last message: asking again begins there.
    pub guide: GuideState,
    pub guide_before: GuideState,
    /// Messages of the user from which nothing was drawn yet.
    pub unread: Vec<MessageId>,
    pub last_turn: LastTurn,
    /// The draft items of the last reading.
    pub last_items: Vec<Uuid>,
    /// The user said "that is all", which stands in for the number of messages.
    pub that_is_all: bool,
    pub user_messages: u32,
    pub total_messages: u32,
    pub total_tokens: u32,
    pub extracted_items: u32,
    /// The number of the last stored message.
    pub last_number: i64,
    pub started_at: Option<Timestamp>,
    /// Completions that overtook the start and are told of with it.
    pub untold_completions: Vec<i64>,
    /// Log positions of the last event that opened or reopened it, and of the last that completed it.
    pub opened_at_position: i64,
    pub completed_at_position: i64,
}

/// What the last reply answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastTurn {
    /// Nothing yet: only the opening question was asked.
    #[default]
    Opening,
    Message(MessageId),
    ThatIsAll,
}

/// What opening a conversation leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Opened {
    /// It is new: the first messages are to be stored, and then [`Conversation::catch_up`].
    Started(ConversationStarted),
    Reopened,
    /// An event that was seen before, or that a later one has overtaken.
    Unchanged,
}

impl Aggregate for Conversation {
    const KIND: &'static str = "Conversation";
    fn id(&self) -> Uuid {
        self.id.0
    }
}

impl Conversation {
    /// A conversation that has not been opened.
    pub fn new(
        (component_id, component_type): (ComponentId, ComponentType),
        cycle_id: CycleId,
        session_id: SessionId,
    ) -> Self {
        Self {
            id: Self::id_for(component_id),
            component_id,
            cycle_id,
            session_id,
            component_type,
            state: ConversationState::Initializing,
            phase: Phase::Intro,
            pending_questions: Vec::new(),
            guide: GuideState::default(),
            guide_before: GuideState::default(),
            unread: Vec::new(),
            last_turn: LastTurn::Opening,
            last_items: Vec::new(),
            that_is_all: false,
            user_messages: 0,
            total_messages: 0,
            total_tokens: 0,
            extracted_items: 0,
            last_number: 0,
            started_at: None,
            untold_completions: Vec::new(),
            opened_at_position: 0,
            completed_at_position: 0,
        }
    }

    /// The id of a component's one conversation: it follows from the component's, so that it is the same whichever
    /// subscription meets the component first.
    pub fn id_for(component: ComponentId) -> ConversationId {
        const OTHER: u128 = 0x0000_0000_0000_0000_0000_636f_6e76_6572;
        ConversationId(Uuid::from_u128(component.0.as_u128() ^ OTHER))
    }

    pub fn is_open(&self) -> bool {
        self.started_at.is_some() && self.state != ConversationState::Complete
    }

    /// Its component was started, or marked for revision, at this position.
    pub fn open(&mut self, position: i64, now: Timestamp) -> Opened {
        if position <= self.opened_at_position {
            return Opened::Unchanged;
        }
        self.opened_at_position = position;
        let is_over = self.completed_at_position > position;
        if self.started_at.is_some() {
            self.reopen();
            if is_over {
                self.state = ConversationState::Complete;
            }
            return Opened::Reopened;
        }
        self.started_at = Some(now);
        self.state = ConversationState::Ready;
        let started = ConversationStarted {
            session_id: self.session_id,
            conversation_id: self.id,
            component_id: self.component_id,
            component_type: self.component_type.as_str().to_owned(),
            started_at: now,
            cycle_id: self.cycle_id,
        };
        Opened::Started(started)
    }

    /// After the first messages: tells of the completions that overtook them.
    pub fn catch_up(&mut self, now: Timestamp) -> Vec<ConversationCompleted> {
        std::mem::take(&mut self.untold_completions)
            .iter()
            .map(|_| self.end(now))
            .collect()
    }

    /// Its component was completed at this position. An event that comes back says nothing new.
    pub fn complete(&mut self, position: i64, now: Timestamp) -> Option<ConversationCompleted> {
        if position <= self.completed_at_position {
            return None;
        }
        self.completed_at_position = position;
        if self.started_at.is_none() {
            self.untold_completions.push(position);
            return None;
        }
        let ended = self.end(now);
        if self.opened_at_position > position {
            self.reopen();
        }
        Some(ended)
    }

    fn end(&mut self, now: Timestamp) -> ConversationCompleted {
        self.state = ConversationState::Complete;
        self.pending_questions.clear();
        ConversationCompleted {
            session_id: self.session_id,
            conversation_id: self.id,
            component_id: self.component_id,
            component_type: self.component_type.as_str().to_owned(),
            cycle_id: self.cycle_id,
            total_messages: self.total_messages,
            total_tokens: self.total_tokens,
            ended_at: now,
        }
    }

    fn reopen(&mut self) {
        if matches!(
            self.state,
            ConversationState::Initializing | ConversationState::Ready
        ) {
            return;
        }
        self.state = ConversationState::InProgress;
        self.phase = Phase::Gather;
        self.that_is_all = false;
        self.guide = GuideState::default();
    }

    /// A message was stored; answers its number.
    pub fn count_message(&mut self, tokens: u32) -> i64 {
        self.last_number += 1;
        self.total_messages += 1;
        self.total_tokens = self.total_tokens.saturating_add(tokens);
        self.last_number
    }

    /// The user said something.
    pub fn user_said(&mut self, message: MessageId) {
        self.user_messages += 1;
        self.unread.push(message);
        self.begin();
    }

    /// The user said "that is all".
    pub fn user_finished(&mut self) {
        self.that_is_all = true;
        self.begin();
    }

    /// The talk is under way.
    pub(super) fn begin(&mut self) {
        if self.state == ConversationState::Ready {
            self.state = ConversationState::InProgress;
        }
        if self.phase == Phase::Intro {
            self.phase = Phase::Gather;
        }
    }

    /// Something new waits for the user's word.
    pub fn drafted(&mut self, items: u32) {
        self.extracted_items += items;
        if self.state == ConversationState::Confirmed {
            self.state = ConversationState::InProgress;
        }
    }

    /// What was said has been read; the phase moves on.
    pub fn after_reading(&mut self, found: Findings) {
        self.phase = self.phase.after_reading(found);
    }

    /// The last draft was confirmed and nothing waits any more.
    pub fn confirmed(&mut self) {
        if self.state == ConversationState::InProgress && self.phase == Phase::Confirm {
            self.state = ConversationState::Confirmed;
        }
    }

    /// The user does not want what was proposed.
    pub fn change_requested(&mut self) {
        if self.state == ConversationState::Confirmed {
            self.state = ConversationState::InProgress;
        }
        self.phase = self.phase.after_change_request();
        // The questions begin anew: what answered them is gone.
        self.guide = GuideState::default();
        self.guide_before = GuideState::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> Conversation {
        let id = |number| Uuid::from_u128(number);
        Conversation::new(
            (ComponentId(id(2)), ComponentType::Objectives),
            CycleId(id(3)),
            SessionId(id(4)),
        )
    }

    fn now() -> Timestamp {
        Timestamp::from_micros(7)
    }

    /// What remains when times and counters do not matter.
    fn standing(conversation: &Conversation) -> (ConversationState, Phase) {
        (conversation.state, conversation.phase)
    }

    #[test]
    fn the_order_and_number_of_deliveries_do_not_matter() {
        // The log says: started at 1, completed at 2, marked for revision at 3, completed at 4.
        let opened = [1, 3];
        let completed = [2, 4];
        let mut in_order = fresh();
        in_order.open(1, now());
        in_order.user_said(MessageId(Uuid::from_u128(9)));
        in_order.complete(2, now());
        in_order.open(3, now());
        in_order.complete(4, now());
        let mut init_first = fresh();
        for position in opened {
            init_first.open(position, now());
        }
        init_first.user_said(MessageId(Uuid::from_u128(9)));
        let events = completed.map(|position| init_first.complete(position, now()).is_some());
        assert_eq!(
            (standing(&init_first), events),
            (standing(&in_order), [true, true])
        );
        let again = completed.map(|position| init_first.complete(position, now()).is_some());
        assert_eq!(
            (again, init_first.open(3, now())),
            ([false, false], Opened::Unchanged)
        );
        assert_eq!(
            standing(&init_first),
            (ConversationState::Complete, Phase::Gather)
        );
    }

    #[test]
    fn a_completion_that_overtakes_the_start_is_told_with_it() {
        let mut conversation = fresh();
        assert_eq!(
            (conversation.complete(5, now()), conversation.complete(9, now())),
            (None, None)
        );
        assert!(matches!(conversation.open(2, now()), Opened::Started(_)));
        assert_eq!(conversation.catch_up(now()).len(), 2);
        assert_eq!(
            (conversation.state, conversation.catch_up(now()).len()),
            (ConversationState::Complete, 0)
        );
        conversation.open(7, now());
        assert_eq!(
            standing(&conversation),
            (ConversationState::Complete, Phase::Gather)
        );
    }

    #[test]
    fn a_late_completion_leaves_a_reopened_conversation_open() {
        let mut conversation = fresh();
        conversation.open(1, now());
        conversation.user_said(MessageId(Uuid::from_u128(9)));
        conversation.open(3, now());
        assert!(conversation.complete(2, now()).is_some());
        assert_eq!(
            standing(&conversation),
            (ConversationState::InProgress, Phase::Gather)
        );
    }

    #[test]
    fn it_is_confirmed_only_once_it_was_ready() {
        let mut conversation = fresh();
        conversation.open(1, now());
        conversation.user_said(MessageId(Uuid::from_u128(9)));
        conversation.confirmed();
        assert_eq!(conversation.state, ConversationState::InProgress);
        conversation.after_reading(Findings {
            is_ready: true,
            is_inconsistent: false,
        });
        conversation.confirmed();
        assert_eq!(
            standing(&conversation),
            (ConversationState::Confirmed, Phase::Confirm)
        );
        conversation.change_requested();
        assert_eq!(
            standing(&conversation),
            (ConversationState::InProgress, Phase::Gather)
        );
    }
}
