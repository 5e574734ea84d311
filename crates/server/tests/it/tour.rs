//! A tour through every route: each one answers somebody who may, with what it is there for.

mod looking;
mod together;
mod working;

use std::collections::BTreeSet;
use std::sync::Mutex;

use althing_testkit::{Client, Reply, TestApp};
use serde_json::{Value, json};

use crate::app;
use crate::office::{made, text};

/// Notes which routes were reached; the parts that vary are left out as in the reference.
pub struct Tourist {
    client: Client,
    reached: Mutex<BTreeSet<String>>,
}

impl Tourist {
    /// Goes to a route, `{…}` filled with the next of `parts`.
    async fn go(&self, method: &str, route: &str, parts: &[&str], query: &str, body: Option<Value>) -> Reply {
        self.reached
            .lock()
            .expect("no panic")
            .insert(format!("{method} {route}"));
        let path = format!("{}{query}", filled(route, parts));
        let body = body.map(|body| body.to_string().into_bytes());
        self.client.send(method, &path, &[], body).await
    }

    async fn get(&self, route: &str, parts: &[&str]) -> Value {
        made(self.go("GET", route, parts, "", None).await, 200)
    }

    async fn ask(&self, route: &str, parts: &[&str], query: &str) -> Value {
        made(self.go("GET", route, parts, query, None).await, 200)
    }

    async fn post(&self, route: &str, parts: &[&str], body: Value, status: u16) -> Value {
        made(self.go("POST", route, parts, "", Some(body)).await, status)
    }

    /// A socket that begins to speak by itself.
    async fn socket(&self, route: &str) -> althing_testkit::Socket {
        self.reached
            .lock()
            .expect("no panic")
            .insert(format!("GET {route}"));
        self.client.socket(route).await
    }

    /// An upgrade is no ordinary answer.
    async fn upgrade(&self, route: &str, part: &str) {
        self.reached
            .lock()
            .expect("no panic")
            .insert(format!("GET {route}"));
        let mut socket = self.client.socket(&filled(route, &[part])).await;
        socket.send(json!({"type": "ping", "data": {}})).await;
        socket.next_of("pong").await;
    }
}

fn filled(route: &str, parts: &[&str]) -> String {
    let mut parts = parts.iter();
    let one = |part: &str| {
        if part.starts_with('{') {
            parts.next().expect("a part for each").to_string()
        } else {
            part.to_owned()
        }
    };
    route.split('/').map(one).collect::<Vec<_>>().join("/")
}

/// `METHOD /path/{id}` of every route there is.
async fn reference(app: &TestApp) -> BTreeSet<String> {
    let reference = app.command(&["dump-reference"]).await;
    let reference: Value = serde_json::from_str(&reference.stdout).expect("JSON");
    let routes = reference["routes"].as_array().expect("routes").iter();
    routes
        .map(|route| format!("{} {}", text(&route["method"]), text(&route["path"])))
        .collect()
}

#[tokio::test]
async fn every_route_is_reached() {
    let app = app().await;
    let tourist = Tourist {
        client: app.owner().clone(),
        reached: Mutex::default(),
    };
    let walk = working::see_sessions(&tourist).await;
    working::see_components(&tourist, &walk).await;
    working::see_talks(&tourist, &walk).await;
    working::see_tools(&tourist, &walk).await;
    looking::see_what_follows(&tourist, &walk).await;
    looking::see_the_end(&tourist, &walk).await;
    looking::see_notifications(&app, &tourist).await;
    looking::see_operations(&app, &tourist, &walk).await;
    together::see_workspaces(&app, &tourist).await;
    together::see_users(&app, &tourist).await;
    together::see_an_account_go(&app, &tourist).await;
    together::see_settings(&tourist).await;
    together::see_keys(&tourist).await;
    looking::see_doors(&app, &tourist).await;
    let reached = tourist.reached.into_inner().expect("no panic");
    let all = reference(&app).await;
    assert_eq!(
        reached.difference(&all).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "there is no such route"
    );
    assert_eq!(
        all.difference(&reached).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "nobody goes there: add it to this tour"
    );
}
