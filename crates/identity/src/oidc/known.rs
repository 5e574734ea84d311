//! What is known of providers: their description and their keys, for an hour.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use althing_backbone::Timestamp;
use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata};
use openidconnect::{DiscoveryError, IssuerUrl};
use tokio::sync::Mutex;

use super::failure::SsoError;
use super::outbound::{Outbound, OutboundError};

/// How long description and keys are taken as they are.
const GOOD_FOR: Duration = Duration::from_secs(60 * 60);
/// How often an unknown key may make this instance ask.
const ASKED_AGAIN: Duration = Duration::from_secs(60);

/// A provider's description, its keys among them.
#[derive(Clone)]
struct Description {
    metadata: CoreProviderMetadata,
    since: Timestamp,
}

#[derive(Default)]
struct Entry {
    description: Option<Description>,
    /// When an unknown key last made this instance ask.
    asked_again: Option<Timestamp>,
}

type Entries = HashMap<String, Arc<Mutex<Entry>>>;

/// Providers by their issuer. Whoever asks while another asks waits for its answer.
#[derive(Clone, Default)]
pub(super) struct Known(Arc<std::sync::Mutex<Entries>>);

impl Known {
    /// The description of a provider.
    pub async fn of(&self, issuer: &str, now: Timestamp) -> Result<CoreProviderMetadata, SsoError> {
        let entry = self.entry(issuer);
        let mut entry = entry.lock().await;
        if let Some(known) = &entry.description
            && now < known.since.plus(GOOD_FOR)
        {
            return Ok(known.metadata.clone());
        }
        let metadata = discover(issuer).await?;
        entry.description = Some(Description {
            metadata: metadata.clone(),
            since: now,
        });
        Ok(metadata)
    }

    /// The keys once more, after a token that none of the known ones has signed; `None` if
    /// that was asked less than a minute ago.
    pub async fn keys_again(
        &self,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Option<CoreProviderMetadata>, SsoError> {
        let entry = self.entry(issuer);
        let mut entry = entry.lock().await;
        if entry
            .asked_again
            .is_some_and(|asked| now < asked.plus(ASKED_AGAIN))
        {
            return Ok(None);
        }
        // Also a provider that does not answer is asked once a minute only.
        entry.asked_again = Some(now);
        let Some(known) = &mut entry.description else {
            return Ok(None);
        };
        let outbound = Outbound::new()?;
        let address = known.metadata.jwks_uri().clone();
        let keys = CoreJsonWebKeySet::fetch_async(&address, &outbound)
            .await
            .map_err(|error| SsoError::unreachable(said(&error)))?;
        known.metadata = known.metadata.clone().set_jwks(keys);
        Ok(Some(known.metadata.clone()))
    }

    fn entry(&self, issuer: &str) -> Arc<Mutex<Entry>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(entries.entry(issuer.to_owned()).or_default())
    }
}

/// Asks a provider to describe itself.
pub(super) async fn discover(issuer: &str) -> Result<CoreProviderMetadata, SsoError> {
    let issuer = IssuerUrl::new(issuer.to_owned()).map_err(SsoError::unreachable)?;
    let outbound = Outbound::new()?;
    CoreProviderMetadata::discover_async(issuer, &outbound)
        .await
        .map_err(|error| SsoError::unreachable(said(&error)))
}

/// What went wrong, with its cause.
fn said(error: &DiscoveryError<OutboundError>) -> String {
    match error {
        DiscoveryError::Request(error) => error.to_string(),
        DiscoveryError::Parse(error) => format!("its description cannot be read: {error}"),
        error => error.to_string(),
    }
}
