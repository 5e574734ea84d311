//! Every role on every route of a shared decision, as the access table says.

use std::time::Duration;

use althing_backbone::Clock;
use althing_testkit::{Client, Reply, TestApp};
use serde_json::{Value, json};

use super::somebody::Somebody;
use super::{Answer, ROUTES};
use crate::app;
use crate::office::{made, settled, text};

/// What a route needs, the least first; the words are those of the access table.
const NEEDS: [&str; 6] = [
    "session_viewer",
    "conversation_viewer",
    "session_reader",
    "session_contributor",
    "session_manager",
    "session_owner",
];

/// Somebody who comes by a route.
struct Visitor {
    name: &'static str,
    client: Client,
    token: Option<String>,
    gets: Gets,
}

#[derive(Clone, Copy)]
enum Gets {
    /// What needs this much or less; the rest is forbidden.
    UpTo(usize),
    /// 404, as for something that does not exist.
    Nothing,
    /// Always this.
    Refused(u16, &'static str),
}

impl Visitor {
    fn new(name: &'static str, client: &Client, gets: Gets) -> Self {
        Self {
            name,
            client: client.clone(),
            token: None,
            gets,
        }
    }

    fn with(name: &'static str, client: &Client, token: &Value, gets: Gets) -> Self {
        Self {
            token: Some(text(token)),
            ..Self::new(name, client, gets)
        }
    }

    async fn go(&self, to: &Somebody, method: &str, template: &str) -> Reply {
        let body = to
            .body(method, template)
            .map(|body| body.to_string().into_bytes());
        let token = self.token.as_deref().map(|token| ("x-share-token", token));
        let headers: Vec<(&str, &str)> = token.into_iter().collect();
        self.client.send(method, &to.path(template), &headers, body).await
    }
}

/// Routes of decisions with the place of what they need.
async fn routes(app: &TestApp) -> Vec<(String, String, usize)> {
    let reference = app.command(&["dump-reference"]).await;
    let reference: Value = serde_json::from_str(&reference.stdout).expect("a JSON document");
    let all = reference["routes"].as_array().expect("a list of routes").iter();
    let needed = all.filter_map(|route| {
        let need = NEEDS.iter().position(|need| route["access"] == *need)?;
        Some((text(&route["method"]), text(&route["path"]), need))
    });
    needed.collect()
}

/// Invites somebody with an account, who accepts.
async fn join(workspace: &str, by: &Client, who: &Client, role: &str) {
    let invite = json!({"email": who.user()["email"], "role": role});
    made(
        by.post(&format!("/api/workspaces/{workspace}/members"), invite)
            .await,
        201,
    );
    let waiting = made(who.get("/api/invitations").await, 200);
    let accept = format!(
        "/api/workspaces/{workspace}/invitations/{}/accept",
        text(&waiting[0]["id"])
    );
    made(who.post_empty(&accept).await, 200);
}

async fn link(of: &Somebody, body: Value) -> Value {
    let links = format!("/api/sessions/{}/share-links", of.decision.session);
    made(of.client.post(&links, body).await, 201)
}

#[tokio::test]
async fn each_role_may_do_what_the_access_table_says_and_nothing_more() {
    let app = app().await;
    let (olga, ada) = (app.user("Olga").await, app.user("Ada2").await);
    let (admin, member, guest) = (
        app.user("Amy").await,
        app.user("Mia").await,
        app.user("Gus").await,
    );
    let workspace = made(olga.post("/api/workspaces", json!({"name": "House"})).await, 201);
    let workspace = text(&workspace["id"]);
    for (who, role) in [
        (&admin, "admin"),
        (&member, "member"),
        (&ada, "member"),
        (&guest, "guest"),
    ] {
        join(&workspace, &olga, who, role).await;
    }
    let shared = Somebody::busy_in(ada.clone(), 7, Some(&workspace)).await;
    let (view, talk, revoked) = (
        link(&shared, json!({})).await,
        link(&shared, json!({"scope": "view_conversation"})).await,
        link(&shared, json!({})).await,
    );
    let revoke = format!(
        "/api/sessions/{}/share-links/{}",
        shared.decision.session,
        text(&revoked["id"])
    );
    assert_eq!(ada.delete(&revoke).await.status, 204);
    let soon = Clock::system().now().plus(Duration::from_secs(3));
    let expired = link(&shared, json!({"expires_at": soon})).await;
    settled(app.owner()).await;
    tokio::time::sleep(Duration::from_millis(3_100)).await;

    let (nobody, stranger) = (app.anonymous(), app.owner().clone());
    let no_link = Gets::Refused(404, "share_link_not_found");
    let visitors = [
        Visitor::new("nobody", &nobody, Gets::Refused(401, "unauthenticated")),
        Visitor::new("the instance's owner, a stranger", &stranger, Gets::Nothing),
        Visitor::with("a revoked link", &nobody, &revoked["token"], no_link),
        Visitor::with("an expired link", &nobody, &expired["token"], no_link),
        Visitor::with("a token that is none", &nobody, &json!("nonsense"), no_link),
        Visitor::with(
            "a stranger with a revoked link",
            &stranger,
            &revoked["token"],
            Gets::Nothing,
        ),
        Visitor::with("a link", &nobody, &view["token"], Gets::UpTo(0)),
        Visitor::with(
            "a link with conversations",
            &nobody,
            &talk["token"],
            Gets::UpTo(1),
        ),
        Visitor::with("a stranger with a link", &stranger, &talk["token"], Gets::UpTo(1)),
        Visitor::new("a guest", &guest, Gets::UpTo(2)),
        Visitor::with("a guest with a link", &guest, &view["token"], Gets::UpTo(2)),
        Visitor::new("a member", &member, Gets::UpTo(3)),
        Visitor::new("an admin", &admin, Gets::UpTo(4)),
        Visitor::new("the workspace's owner", &olga, Gets::UpTo(4)),
        Visitor::new("the session's owner", &ada, Gets::UpTo(5)),
    ];
    let mut routes = routes(&app).await;
    assert!(routes.len() > 45, "{} routes", routes.len());
    // What ends things comes last: an archived session refuses otherwise.
    routes.sort_by_key(|(method, path, _)| (method == "DELETE", path.ends_with("/archive")));

    let before = (shared.everything().await, settled(app.owner()).await);
    for visitor in &visitors {
        for (method, template, need) in &routes {
            let hidden = hidden_code(method, template);
            let refusal = match visitor.gets {
                Gets::UpTo(right) if *need <= right => continue,
                Gets::UpTo(_) => (403, "forbidden"),
                Gets::Nothing => (404, hidden),
                Gets::Refused(status, code) => (status, code),
            };
            let reply = visitor.go(&shared, method, template).await;
            assert_eq!(
                reply.refusal(),
                refusal,
                "{} at {method} {template}",
                visitor.name
            );
        }
    }
    let after = (shared.everything().await, settled(app.owner()).await);
    assert_eq!(after, before, "who was refused has changed something");

    for visitor in &visitors {
        let Gets::UpTo(right) = visitor.gets else { continue };
        for (method, template, _) in routes.iter().filter(|(_, _, need)| *need <= right) {
            let reply = visitor.go(&shared, method, template).await;
            let hidden = hidden_code(method, template);
            assert!(
                !matches!(reply.status, 401 | 403 | 500..) && reply.code() != hidden,
                "{} at {method} {template}: {} {}",
                visitor.name,
                reply.status,
                reply.text
            );
        }
    }
    settled(app.owner()).await;
    let dead = app.owner().get("/api/admin/dead-letters").await;
    assert_eq!(dead.data(), &json!([]), "what members do is taken for no forgery");
}

/// What a route answers to those for whom its thing does not exist.
fn hidden_code(method: &str, template: &str) -> &'static str {
    let expected = ROUTES
        .iter()
        .find(|(known, path, _)| (*known, *path) == (method, template));
    match expected {
        Some((_, _, Answer::Hidden(code))) => code,
        _ => panic!("{method} {template} hides nothing"),
    }
}
