//! A throw-away OpenID provider with a login page.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::keeper::Keeper;
use super::program::{find, quoted, quoted_path};
use super::server::Server;
use crate::client::Client;

const SCRIPT: &str = include_str!("oidc.mjs");
/// Where the web app's packages lie, of which it is one.
const LIBRARY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../ui/node_modules/oidc-provider/lib/index.js"
);

/// Somebody with an account there; the login is also the subject.
#[derive(Clone, Debug)]
pub struct OidcPerson {
    /// What they log in with.
    pub login: &'static str,
    /// Their address, which the provider has verified.
    pub email: &'static str,
    /// First and last name.
    pub names: (&'static str, &'static str),
    /// What they belong to.
    pub groups: &'static [&'static str],
}

/// A running provider; gone with this value.
pub struct Oidc {
    server: Server,
}

impl Oidc {
    /// The client that is known there.
    pub const CLIENT_ID: &str = "althing";
    /// Its secret.
    pub const CLIENT_SECRET: &str = "a secret that only tests know";

    /// Starts one that sends browsers back to `callback`.
    pub async fn start(callback: &str, people: &[OidcPerson]) -> Self {
        let node = find("node", "nodejs npm");
        assert!(
            Path::new(LIBRARY).is_file(),
            "oidc-provider is missing; install it: scripts/setup.sh, or: cd ui && npm ci"
        );
        let keeper = Keeper::new("oidc");
        let script = keeper.folder().join("provider.mjs");
        std::fs::write(&script, SCRIPT).expect("the keeper's folder is there");
        let listening = keeper.folder().join("listening");
        let told = told(callback, people, &listening);
        let command = move |port: u16| {
            let mut told = told.clone();
            told["port"] = port.into();
            format!(
                "{} {} {}",
                quoted_path(&node),
                quoted_path(&script),
                quoted(told.to_string())
            )
        };
        let answers = Arc::new(move |port: u16| listens(&listening, port));
        Self {
            server: Server::start(keeper, command, answers).await,
        }
    }

    /// Its address, which names it.
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port())
    }

    /// Goes where Althing has sent a browser, logs in there, and answers where the
    /// browser is sent back to.
    pub async fn log_in(&self, location: &str, login: &str) -> String {
        let mut visitor = Visitor {
            client: Client::new(&self.issuer()),
            cookies: Vec::new(),
        };
        let mut path = self.path(location);
        let page = loop {
            let reply = visitor.go("GET", &path, None).await;
            match reply.status {
                200 => break path,
                _ => path = self.path(reply.header("location")),
            }
        };
        let form = format!("login={login}").into_bytes();
        let mut reply = visitor.go("POST", &page, Some(form)).await;
        loop {
            assert_eq!(reply.status, 303, "{}", reply.text);
            let location = reply.header("location").to_owned();
            if !location.starts_with(&self.issuer()) {
                return location;
            }
            reply = visitor.go("GET", &self.path(&location), None).await;
        }
    }

    fn path(&self, location: &str) -> String {
        match location.strip_prefix(&self.issuer()) {
            Some(path) => path.to_owned(),
            None if location.starts_with('/') => location.to_owned(),
            None => panic!("the provider is at {}, not at {location:?}", self.issuer()),
        }
    }
}

fn told(callback: &str, people: &[OidcPerson], listening: &Path) -> Value {
    let people: Vec<Value> = people
        .iter()
        .map(|person| {
            json!({
                "sub": person.login, "email": person.email, "email_verified": true,
                "given_name": person.names.0, "family_name": person.names.1, "groups": person.groups,
            })
        })
        .collect();
    let client = json!({
        "client_id": Oidc::CLIENT_ID, "client_secret": Oidc::CLIENT_SECRET, "redirect_uris": [callback],
    });
    json!({
        "library": LIBRARY, "listening": PathBuf::from(listening), "clients": [client], "people": people,
    })
}

fn listens(file: &Path, port: u16) -> bool {
    let listens_here = std::fs::read_to_string(file).is_ok_and(|text| text == port.to_string());
    listens_here && std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// A browser at the provider.
struct Visitor {
    client: Client,
    cookies: Vec<(String, String)>,
}

impl Visitor {
    async fn go(&mut self, method: &str, path: &str, form: Option<Vec<u8>>) -> crate::client::Reply {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let pairs = pairs.join("; ");
        let headers = [
            ("cookie", pairs.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let reply = self.client.send(method, path, &headers, form).await;
        for cookie in reply.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().expect("a cookie is text");
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        reply
    }
}
