//! Calls to providers: a limit of time and of size, and no redirects, so that an answer
//! leads nowhere but where the provider's own description said.

use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::redirect::Policy;

use super::provider::may_be_called;

/// How long a provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than any description, list of keys or token has.
const MOST_BYTES: usize = 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum OutboundError {
    /// Neither https nor this machine.
    #[error("{0} is neither an https address nor on this machine")]
    NotCalled(String),
    /// No answer.
    #[error("{0}")]
    NoAnswer(String),
    /// Too much of one.
    #[error("the answer has more than a megabyte")]
    TooLarge,
}

/// Calls providers.
#[derive(Clone)]
pub(super) struct Outbound(reqwest::Client);

impl Outbound {
    /// Nothing is called by this.
    pub fn new() -> anyhow::Result<Self> {
        // Whoever was first in this process has chosen the same.
        let _already_chosen = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(Policy::none())
            .no_proxy()
            .user_agent(concat!("althing/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self(client))
    }

    /// Sends a request and reads the whole answer, whatever its status is.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, OutboundError> {
        let request = reqwest::Request::try_from(request).map_err(no_answer)?;
        if !may_be_called(request.url()) {
            return Err(OutboundError::NotCalled(request.url().to_string()));
        }
        let mut response = self.0.execute(request).await.map_err(no_answer)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(OutboundError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = HttpResponse::new(body);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }
}

type Answering<'c> = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundError>> + Send + 'c>>;

impl<'c> AsyncHttpClient<'c> for Outbound {
    type Error = OutboundError;
    type Future = Answering<'c>;

    fn call(&'c self, request: HttpRequest) -> Answering<'c> {
        Box::pin(self.send(request))
    }
}

/// The whole chain, without the address: it may carry what belongs into no log.
fn no_answer(error: reqwest::Error) -> OutboundError {
    let error = anyhow::Error::new(error.without_url());
    OutboundError::NoAnswer(format!("{error:#}"))
}
