//! The newest events, kept in memory for readers at the head.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::envelope::Envelope;

/// How many of the newest events are kept in memory for readers at the head.
const TAIL: usize = 2_048;
/// And at most this many bytes of payload.
const TAIL_BYTES: usize = 4 * 1024 * 1024;

/// The newest events, contiguous.
#[derive(Default)]
pub(super) struct Tail {
    pub events: VecDeque<Arc<Envelope>>,
    bytes: usize,
}

impl Tail {
    pub fn push(&mut self, event: Arc<Envelope>) {
        // Another process wrote in between: what is here no longer joins on.
        if self
            .events
            .back()
            .is_some_and(|last| last.position + 1 != event.position)
        {
            self.events.clear();
            self.bytes = 0;
        }
        self.bytes += event.data.len();
        self.events.push_back(event);
        while self.events.len() > TAIL || self.bytes > TAIL_BYTES {
            let Some(oldest) = self.events.pop_front() else {
                break;
            };
            self.bytes -= oldest.data.len();
        }
    }
}
