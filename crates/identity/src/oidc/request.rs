//! Towards the provider: the address that a browser is sent to, and the client that
//! exchanges what it brings back.

use althing_web::AppState;
use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreProviderMetadata,
};
use openidconnect::{
    AuthType, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
};
use url::Url;

use super::attempt::Begun;
use super::failure::SsoError;
use super::provider::Provider;
use super::{known, sealed};
use crate::http::Door;

/// A client of a provider that has described itself.
pub(super) type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Where the provider sends browsers back to.
pub(super) fn callback(state: &AppState, slug: &str) -> String {
    let door: Door = state.get();
    door.settings
        .mailer
        .link(&format!("/api/auth/oidc/{slug}/callback"))
}

/// The client for a provider, with its secret.
pub(super) async fn client(
    state: &AppState,
    provider: &Provider,
    metadata: &CoreProviderMetadata,
) -> Result<Client, SsoError> {
    let secret = match &provider.client_secret {
        Some(sealed) => {
            let secret = sealed::open(state.backbone.db(), provider.id, sealed).await?;
            Some(ClientSecret::new(secret))
        }
        None => None,
    };
    let redirect = RedirectUrl::new(callback(state, &provider.slug)).map_err(anyhow::Error::new)?;
    let client_id = ClientId::new(provider.client_id.clone());
    Ok(
        CoreClient::from_provider_metadata(metadata.clone(), client_id, secret)
            .set_redirect_uri(redirect)
            .set_auth_type(auth_type(metadata)),
    )
}

/// In the header, as OAuth wants it, unless the provider takes it in the body only.
fn auth_type(metadata: &CoreProviderMetadata) -> AuthType {
    let methods = metadata.token_endpoint_auth_methods_supported();
    let takes = |method| methods.is_none_or(|methods| methods.contains(&method));
    if !takes(CoreClientAuthMethod::ClientSecretBasic) && takes(CoreClientAuthMethod::ClientSecretPost) {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    }
}

/// Where the browser goes next. If it is to be fresh, the provider asks who it is even if
/// it knows.
pub(super) async fn address(
    state: &AppState,
    provider: &Provider,
    begun: &Begun,
    fresh: bool,
) -> Result<Url, SsoError> {
    let now = state.backbone.clock().now();
    let metadata = known(state).of(&provider.issuer, now).await?;
    let client = client(state, provider, &metadata).await?;
    let (csrf, nonce) = (begun.state.clone(), begun.nonce.clone());
    let challenge =
        PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(begun.verifier.clone()));
    let mut request = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(csrf),
            move || Nonce::new(nonce),
        )
        .add_scopes(provider.scopes.iter().cloned().map(Scope::new))
        .set_pkce_challenge(challenge);
    if fresh {
        request = request.add_prompt(CoreAuthPrompt::Login);
    }
    let (address, _, _) = request.url();
    Ok(address)
}
