//! What a browser brings back: the code becomes a token, the token a person.

use std::time::Duration;

use althing_backbone::Timestamp;
use althing_web::AppState;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreProviderMetadata};
use openidconnect::http::header::{ACCEPT, AUTHORIZATION};
use openidconnect::{
    AccessToken, AuthorizationCode, ClaimsVerificationError, ClientId, HttpRequest, Nonce,
    OAuth2TokenResponse, PkceCodeVerifier, RequestTokenError, SignatureVerificationError, TokenResponse,
};
use serde_json::{Map, Value};

use super::attempt::Attempt;
use super::failure::{Failed, SsoError};
use super::outbound::Outbound;
use super::person::Person;
use super::provider::Provider;
use super::{known, request};

/// How far the clocks may differ.
const LEEWAY: Duration = Duration::from_secs(60);

/// Who came back with this code.
pub(super) async fn redeem(
    state: &AppState,
    provider: &Provider,
    attempt: &Attempt,
    code: String,
) -> Result<Person, SsoError> {
    let now = state.backbone.clock().now();
    let metadata = known(state).of(&provider.issuer, now).await?;
    let client = request::client(state, provider, &metadata).await?;
    let outbound = Outbound::new()?;
    let answer = client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(SsoError::unreachable)?
        .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.clone()))
        .request_async(&outbound)
        .await
        .map_err(|error| match error {
            RequestTokenError::ServerResponse(refused) => {
                Failed::Refused(refused.error().as_ref().to_owned()).into()
            }
            RequestTokenError::Request(error) => SsoError::unreachable(error),
            RequestTokenError::Parse(error, _) => SsoError::not_believed(error),
            RequestTokenError::Other(error) => SsoError::not_believed(error),
        })?;
    let token = answer
        .id_token()
        .ok_or_else(|| SsoError::not_believed("there is no id token"))?;
    let check = Check {
        provider,
        nonce: &attempt.nonce,
        now,
    };
    let mut claims = match check.claims(token, &metadata) {
        Err(error) if error.is_unknown_key() => {
            let Some(metadata) = known(state).keys_again(&provider.issuer, now).await? else {
                return Err(error.into());
            };
            check.claims(token, &metadata)?
        }
        claims => claims?,
    };
    if let Some(endpoint) = metadata.userinfo_endpoint()
        && Person::wants_more(&claims, provider)
    {
        let more = user_info(&outbound, endpoint.as_str(), answer.access_token()).await?;
        add(&mut claims, more)?;
    }
    Person::of(&claims, provider)
}

/// What a token is checked against.
struct Check<'a> {
    provider: &'a Provider,
    nonce: &'a str,
    now: Timestamp,
}

/// Why a token is not believed.
enum Doubt {
    Claims(ClaimsVerificationError),
    Text(String),
}

impl Doubt {
    fn is_unknown_key(&self) -> bool {
        matches!(
            self,
            Doubt::Claims(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey
            ))
        )
    }
}

impl From<Doubt> for SsoError {
    fn from(doubt: Doubt) -> Self {
        match doubt {
            Doubt::Claims(error) => SsoError::not_believed(format!("{:#}", anyhow::Error::new(error))),
            Doubt::Text(text) => SsoError::not_believed(text),
        }
    }
}

impl Check<'_> {
    /// What the token says, if the provider has signed it for this attempt and now.
    fn claims(
        &self,
        token: &CoreIdToken,
        metadata: &CoreProviderMetadata,
    ) -> Result<Map<String, Value>, Doubt> {
        let (latest_start, earliest_end) = (self.at(self.now.plus(LEEWAY)), self.at(self.now.minus(LEEWAY)));
        let client_id = ClientId::new(self.provider.client_id.clone());
        // As for a public client: nobody who has the client's secret can sign a token.
        let verifier = CoreIdTokenVerifier::new_public_client(
            client_id,
            metadata.issuer().clone(),
            metadata.jwks().clone(),
        )
        .set_allowed_algs([
            CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        ])
        // Others may be meant as well, as long as it was made for this client; see below.
        .set_other_audience_verifier_fn(|_| true)
        .set_time_fn(move || earliest_end)
        .set_issue_time_verifier_fn(move |issued| match issued <= latest_start {
            true => Ok(()),
            false => Err("the token is from the future".to_owned()),
        });
        let verified = token
            .claims(&verifier, &Nonce::new(self.nonce.to_owned()))
            .map_err(Doubt::Claims)?;
        let made_for = verified.authorized_party().map(|party| party.as_str());
        let is_shared = verified.audiences().len() > 1;
        if made_for.map_or(is_shared, |party| party != self.provider.client_id) {
            return Err(Doubt::Text("the token was made for another client".to_owned()));
        }
        let claims = payload(token)?;
        let not_before = claims.get("nbf").and_then(Value::as_f64);
        if not_before.is_some_and(|second| second > latest_start.timestamp() as f64) {
            return Err(Doubt::Text("the token is not valid yet".to_owned()));
        }
        Ok(claims)
    }

    fn at(&self, time: Timestamp) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(time.micros()).unwrap_or_default()
    }
}

/// Everything in a token that was verified, also what is not part of the standard.
fn payload(token: &CoreIdToken) -> Result<Map<String, Value>, Doubt> {
    let unreadable = || Doubt::Text("the token cannot be read".to_owned());
    let text = token.to_string();
    let middle = text.split('.').nth(1).ok_or_else(unreadable)?;
    let bytes = URL_SAFE_NO_PAD
        .decode(middle.trim_end_matches('='))
        .map_err(|_| unreadable())?;
    serde_json::from_slice(&bytes).map_err(|_| unreadable())
}

/// What the provider tells of the person beside the token.
async fn user_info(
    outbound: &Outbound,
    endpoint: &str,
    access: &AccessToken,
) -> Result<Map<String, Value>, SsoError> {
    let request: HttpRequest = openidconnect::http::Request::get(endpoint)
        .header(AUTHORIZATION, format!("Bearer {}", access.secret()))
        .header(ACCEPT, "application/json")
        .body(Vec::new())
        .map_err(SsoError::unreachable)?;
    let answer = outbound.send(request).await.map_err(SsoError::unreachable)?;
    if !answer.status().is_success() {
        let status = answer.status();
        return Err(SsoError::unreachable(format!(
            "the person's data answer {status}"
        )));
    }
    serde_json::from_slice(answer.body())
        .map_err(|_| SsoError::not_believed("the person's data are no JSON object"))
}

/// Adds what the token does not say; both must be about the same person.
fn add(claims: &mut Map<String, Value>, more: Map<String, Value>) -> Result<(), SsoError> {
    if more.get("sub") != claims.get("sub") {
        return Err(SsoError::not_believed("the person's data are somebody else's"));
    }
    for (name, value) in more {
        claims.entry(name).or_insert(value);
    }
    Ok(())
}
