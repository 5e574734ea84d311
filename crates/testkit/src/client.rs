//! A browser without a screen: one session's cookie and CSRF token.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::socket::Socket;

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
    /// The body as JSON; null if it is none.
    pub body: Value,
}

impl Reply {
    /// What lies under `data`.
    pub fn data(&self) -> &Value {
        &self.body["data"]
    }

    /// The problem's code, or an empty text.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// A header as text, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// `status code`, for comparing both at once.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.code())
    }
}

/// Talks to the server as one person, or as nobody.
#[derive(Clone)]
pub struct Client {
    url: String,
    http: reqwest::Client,
    cookie: Option<String>,
    csrf_token: Option<String>,
    user: Value,
}

impl Client {
    /// Nobody, at this server.
    pub fn new(url: &str) -> Self {
        // Whoever was first in this process has chosen the same.
        let _already_chosen = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            // Longer than any test holds a server up.
            .timeout(Duration::from_secs(120))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("an HTTP client");
        Self {
            url: url.to_owned(),
            http,
            cookie: None,
            csrf_token: None,
            user: Value::Null,
        }
    }

    /// The same person at another process of the same instance.
    #[must_use]
    pub fn at(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    /// Takes the session that a setup or sign-in answered with.
    pub fn adopt(&mut self, reply: &Reply) {
        let cookie = reply.header("set-cookie").split(';').next().unwrap_or_default();
        assert!(cookie.starts_with("althing_session="), "no session in {cookie:?}");
        self.cookie = Some(cookie.to_owned());
        self.csrf_token = reply.data()["csrf_token"].as_str().map(str::to_owned);
        self.user = reply.data()["user"].clone();
    }

    /// Who this is, as the server said at sign-in.
    pub fn user(&self) -> &Value {
        &self.user
    }

    /// Their id.
    pub fn user_id(&self) -> &str {
        self.user["id"].as_str().expect("somebody is signed in")
    }

    /// `name=value` of the session's cookie.
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// The CSRF token of the session.
    pub fn csrf_token(&self) -> Option<&str> {
        self.csrf_token.as_deref()
    }

    /// The same person, who forgets (or invents) the CSRF token.
    #[must_use]
    pub fn with_csrf_token(&self, token: Option<&str>) -> Self {
        Self {
            csrf_token: token.map(str::to_owned),
            ..self.clone()
        }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, &[], Some(json_bytes(&body))).await
    }

    /// POST without a body.
    pub async fn post_empty(&self, path: &str) -> Reply {
        self.send("POST", path, &[], None).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, &[], Some(json_bytes(&body))).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send("PATCH", path, &[], Some(json_bytes(&body))).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, &[], None).await
    }

    /// Anything, with further headers; a body is JSON unless they say otherwise.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Reply {
        self.try_send(method, path, headers, body)
            .await
            .unwrap_or_else(|error| panic!("{path}: {error:?}"))
    }

    /// The same where the server may be gone before it has answered.
    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Result<Reply, reqwest::Error> {
        let method = method.parse().expect("an HTTP method");
        let mut all = HeaderMap::new();
        if body.is_some() {
            all.insert("content-type", HeaderValue::from_static("application/json"));
        }
        if let Some(cookie) = &self.cookie {
            all.insert("cookie", cookie.parse().expect("a cookie"));
        }
        if let Some(token) = &self.csrf_token {
            all.insert("x-csrf-token", token.parse().expect("a token"));
        }
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a header's name");
            all.insert(name, value.parse().expect("a header's value"));
        }
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .headers(all);
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Reply {
            status,
            headers,
            text,
            body,
        })
    }

    /// Opens a WebSocket with this session.
    pub async fn socket(&self, path: &str) -> Socket {
        Socket::open(&self.url, path, self.cookie.as_deref(), None)
            .await
            .unwrap_or_else(|status| panic!("{path}: refused with {status}"))
    }

    /// Tries to open a WebSocket from a page of `origin`; the status if it is refused.
    pub async fn try_socket(&self, path: &str, origin: Option<&str>) -> Result<Socket, u16> {
        Socket::open(&self.url, path, self.cookie.as_deref(), origin).await
    }
}

fn json_bytes(body: &Value) -> Vec<u8> {
    body.to_string().into_bytes()
}
