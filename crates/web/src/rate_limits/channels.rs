//! Connections that stay open, counted for each person.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use althing_events::UserId;

use super::numbers::Line;

#[derive(Debug, Default)]
pub(super) struct Channels(Mutex<HashMap<Line, u32>>);

impl Channels {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Line, u32>> {
        // Numbers are changed in one step each: whoever broke off left them right.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many somebody has of the kind they have most of.
    pub fn most_of(&self, user: UserId) -> u32 {
        let open = self.lock();
        let own = open.iter().filter(|((whose, _), _)| *whose == user);
        own.map(|(_, count)| *count).max().unwrap_or_default()
    }
}

/// An open connection's place.
#[derive(Debug)]
pub struct OpenChannel {
    channels: Arc<Channels>,
    line: Line,
}

pub(super) fn open(channels: &Arc<Channels>, line: Line, most: u32) -> Option<OpenChannel> {
    let mut open = channels.lock();
    let count = open.get(&line).copied().unwrap_or_default();
    if count >= most {
        return None;
    }
    open.insert(line, count + 1);
    drop(open);
    let channels = channels.clone();
    Some(OpenChannel { channels, line })
}

impl Drop for OpenChannel {
    fn drop(&mut self) {
        let mut open = self.channels.lock();
        match open.get_mut(&self.line) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(open.remove(&self.line)),
        }
    }
}

#[cfg(test)]
mod tests {
    use althing_backbone::Uuid;

    use super::super::Channel::{Conversation, Decision};
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_connection_goes() {
        let channels = Arc::new(Channels::default());
        let (ada, bob) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let one = open(&channels, (ada, Decision), 2);
        let two = open(&channels, (ada, Decision), 2);
        assert!(one.is_some() && two.is_some());
        assert!(open(&channels, (ada, Decision), 2).is_none());
        assert!(
            open(&channels, (bob, Decision), 2).is_some(),
            "others have their own"
        );
        assert!(
            open(&channels, (ada, Conversation), 2).is_some(),
            "so has each kind"
        );
        assert_eq!(channels.most_of(ada), 2);
        drop(one);
        let again = open(&channels, (ada, Decision), 2);
        assert!(again.is_some());
        drop((two, again));
        assert!(channels.lock().is_empty(), "nothing stays behind");
    }
}
