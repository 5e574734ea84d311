//! What an operator does with a relay.

use althing_db::Batch;

use crate::relay::state;
use crate::{Error, Operator, Result};

impl Operator {
    /// Lets a relay send everything after `position` once more, for a broker that
    /// lost what it had. Consumers recognise what they have handled before.
    pub async fn republish(&self, relay: &str, position: i64) -> Result<()> {
        let mut batch = Batch::new();
        state::republish(&mut batch, relay, position.max(0));
        batch.run(self.act(
            relay,
            "republish",
            None,
            Some(&format!("from position {position}")),
        ));
        match self.db().commit(batch).await {
            Err(althing_db::Error::Conflict { .. }) => Err(Error::NoRelay(relay.to_owned())),
            other => Ok(other.map(|_| ())?),
        }
    }
}
