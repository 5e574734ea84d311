//! Two people who cannot see or touch one another's things, on any route, by any id.

mod mixed;
mod roles;
pub mod somebody;

use std::collections::BTreeSet;

use althing_testkit::{Socket, TestApp};
use serde_json::{Value, json};

use self::somebody::Somebody;
use crate::app;
use crate::office::{settled, text};

/// What a stranger gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// It concerns nobody's things.
    Open,
    /// 404 with this code, as for something that does not exist.
    Hidden(&'static str),
    /// 403: it is for those who operate the instance.
    Operators,
}
use Answer::{Hidden, Open, Operators};

const SESSION: Answer = Hidden("session_not_found");
const CYCLE: Answer = Hidden("cycle_not_found");
const COMPONENT: Answer = Hidden("component_not_found");
const WORKSPACE: Answer = Hidden("not_found");
const KEY: Answer = Hidden("api_key_not_found");
const INVITATION: Answer = Hidden("invitation_not_found");
const NOTIFICATION: Answer = Hidden("notification_not_found");
const CONVERSATION: Answer = Hidden("conversation_not_found");

/// Every route. One that is missing here fails the test: say what a stranger gets.
const ROUTES: &[(&str, &str, Answer)] = &[
    ("GET", "/api/openapi.json", Open),
    ("GET", "/api/auth/methods", Open),
    ("POST", "/api/setup", Open),
    ("POST", "/api/auth/login", Open),
    ("POST", "/api/auth/logout", Open),
    ("GET", "/api/me", Open),
    ("PATCH", "/api/me", Open),
    ("PUT", "/api/me/password", Open),
    ("PUT", "/api/me/email", Open),
    ("DELETE", "/api/me", Open),
    ("POST", "/api/auth/email/confirm", Open),
    ("POST", "/api/auth/magic-link", Open),
    ("POST", "/api/auth/magic-link/redeem", Open),
    ("GET", "/api/me/sessions", Open),
    ("DELETE", "/api/me/sessions/{id}", Hidden("not_found")),
    ("POST", "/api/auth/reauthenticate", Open),
    ("POST", "/api/auth/password/reset", Open),
    ("POST", "/api/auth/password/forgot", Open),
    ("POST", "/api/auth/register", Open),
    ("POST", "/api/auth/confirm", Open),
    ("GET", "/api/workspaces", Open),
    ("POST", "/api/workspaces", Open),
    ("GET", "/api/workspaces/{ws}", WORKSPACE),
    ("PATCH", "/api/workspaces/{ws}", WORKSPACE),
    ("DELETE", "/api/workspaces/{ws}", WORKSPACE),
    ("POST", "/api/workspaces/{ws}/archive", WORKSPACE),
    ("POST", "/api/workspaces/{ws}/restore", WORKSPACE),
    ("POST", "/api/workspaces/{ws}/transfer", WORKSPACE),
    ("POST", "/api/workspaces/{ws}/leave", WORKSPACE),
    ("GET", "/api/workspaces/{ws}/members", WORKSPACE),
    ("POST", "/api/workspaces/{ws}/members", WORKSPACE),
    ("PATCH", "/api/workspaces/{ws}/members/{id}", WORKSPACE),
    ("DELETE", "/api/workspaces/{ws}/members/{id}", WORKSPACE),
    ("POST", "/api/workspaces/{ws}/invitations/{id}/resend", WORKSPACE),
    ("POST", "/api/workspaces/{ws}/invitations/{id}/revoke", WORKSPACE),
    ("POST", "/api/workspaces/{ws}/invitations/{id}/accept", INVITATION),
    (
        "POST",
        "/api/workspaces/{ws}/invitations/{id}/decline",
        INVITATION,
    ),
    ("GET", "/api/invitations", Open),
    ("POST", "/api/invitations/preview", Open),
    ("POST", "/api/invitations/accept", Open),
    ("GET", "/api/api-keys", Open),
    ("POST", "/api/api-keys", Open),
    ("GET", "/api/api-keys/{id}", KEY),
    ("PATCH", "/api/api-keys/{id}", KEY),
    ("POST", "/api/api-keys/{id}/revoke", KEY),
    ("GET", "/api/admin/users", Operators),
    ("POST", "/api/admin/users/{id}/suspend", Operators),
    ("POST", "/api/admin/users/{id}/reactivate", Operators),
    ("POST", "/api/admin/users/{id}/confirmation-link", Operators),
    ("POST", "/api/admin/users/{id}/reset-link", Operators),
    ("POST", "/api/admin/users/{id}/email-link", Operators),
    ("PUT", "/api/admin/users/{id}/tier", Operators),
    ("GET", "/api/membership/stats", Operators),
    ("GET", "/api/membership", Open),
    ("GET", "/api/membership/limits", Open),
    ("GET", "/api/membership/access", Open),
    ("GET", "/api/admin/settings", Operators),
    ("PATCH", "/api/admin/settings", Operators),
    ("GET", "/api/auth/oidc/{provider}/start", Open),
    ("GET", "/api/auth/oidc/{provider}/callback", Open),
    ("GET", "/api/me/identities", Open),
    ("POST", "/api/me/identities", Open),
    ("DELETE", "/api/me/identities/{id}", Hidden("identity_not_found")),
    ("GET", "/api/admin/oidc-providers", Operators),
    ("POST", "/api/admin/oidc-providers", Operators),
    ("PATCH", "/api/admin/oidc-providers/{id}", Operators),
    ("DELETE", "/api/admin/oidc-providers/{id}", Operators),
    ("POST", "/api/admin/oidc-providers/{id}/test", Operators),
    ("GET", "/api/notifications", Open),
    ("GET", "/api/notifications/unread-count", Open),
    ("GET", "/api/notifications/live", Open),
    ("POST", "/api/notifications/read-all", Open),
    ("GET", "/api/notifications/unsubscribe", Open),
    ("POST", "/api/notifications/unsubscribe", Open),
    ("GET", "/api/notifications/{id}", NOTIFICATION),
    ("POST", "/api/notifications/{id}/read", NOTIFICATION),
    ("POST", "/api/notifications/{id}/actions/accept", NOTIFICATION),
    ("POST", "/api/notifications/{id}/actions/decline", NOTIFICATION),
    ("GET", "/api/me/notification-preferences", Open),
    ("PUT", "/api/me/notification-preferences", Open),
    ("POST", "/api/sessions", Open),
    ("GET", "/api/sessions", Open),
    ("POST", "/api/sessions/import", Open),
    ("GET", "/api/sessions/{id}", SESSION),
    ("PATCH", "/api/sessions/{id}", SESSION),
    ("DELETE", "/api/sessions/{id}", SESSION),
    ("POST", "/api/sessions/{id}/outcomes", SESSION),
    ("GET", "/api/sessions/{id}/outcomes", SESSION),
    ("POST", "/api/sessions/{id}/cycles", SESSION),
    ("GET", "/api/sessions/{id}/cycles", SESSION),
    ("GET", "/api/sessions/{id}/export", SESSION),
    ("GET", "/api/sessions/{id}/dashboard", SESSION),
    ("GET", "/api/sessions/{id}/compare", SESSION),
    ("GET", "/api/sessions/{id}/cycle-tree", SESSION),
    ("GET", "/api/sessions/{id}/activity", SESSION),
    ("GET", "/api/sessions/{id}/live", SESSION),
    ("POST", "/api/sessions/{id}/share-links", SESSION),
    ("GET", "/api/sessions/{id}/share-links", SESSION),
    ("DELETE", "/api/sessions/{id}/share-links/{linkId}", SESSION),
    ("POST", "/api/share-links/exchange", Open),
    ("GET", "/api/cycles/{id}", CYCLE),
    ("POST", "/api/cycles/{id}/branch", CYCLE),
    ("POST", "/api/cycles/{id}/navigate", CYCLE),
    ("POST", "/api/cycles/{id}/complete", CYCLE),
    ("POST", "/api/cycles/{id}/archive", CYCLE),
    ("GET", "/api/cycles/{id}/components/{type}", CYCLE),
    ("PUT", "/api/cycles/{id}/components/{type}", CYCLE),
    ("GET", "/api/cycles/{id}/components/{type}/detail", CYCLE),
    ("POST", "/api/cycles/{id}/components/{type}/start", CYCLE),
    ("POST", "/api/cycles/{id}/components/{type}/complete", CYCLE),
    ("POST", "/api/cycles/{id}/components/{type}/revise", CYCLE),
    ("GET", "/api/cycles/{id}/tools", CYCLE),
    ("POST", "/api/cycles/{id}/tools/{name}", CYCLE),
    ("GET", "/api/cycles/{id}/tools/invocations", CYCLE),
    ("GET", "/api/cycles/{id}/revisits", CYCLE),
    ("POST", "/api/cycles/{id}/revisits/{rid}/resolve", CYCLE),
    ("GET", "/api/cycles/{id}/confirmations/pending", CYCLE),
    ("POST", "/api/cycles/{id}/confirmations/{cid}/respond", CYCLE),
    ("GET", "/api/cycles/{id}/analysis", CYCLE),
    ("GET", "/api/cycles/{id}/analysis/sensitivity", CYCLE),
    ("POST", "/api/cycles/{id}/analysis/quantities", CYCLE),
    ("GET", "/api/cycles/{id}/document", CYCLE),
    ("GET", "/api/cycles/{id}/document/history", CYCLE),
    ("GET", "/api/cycles/{id}/document/export", CYCLE),
    ("GET", "/api/components/{id}/conversation", COMPONENT),
    ("POST", "/api/components/{id}/messages", COMPONENT),
    ("POST", "/api/components/{id}/regenerate", COMPONENT),
    ("POST", "/api/components/{id}/extract", COMPONENT),
    ("GET", "/api/components/{id}/stream", COMPONENT),
    ("GET", "/api/components/{id}/draft", COMPONENT),
    ("POST", "/api/components/{id}/draft/confirm", COMPONENT),
    ("POST", "/api/components/{id}/draft/dismiss", COMPONENT),
    ("GET", "/api/conversations/{id}/messages", CONVERSATION),
    ("GET", "/api/admin/instance", Operators),
    ("GET", "/api/admin/mail", Operators),
    ("POST", "/api/admin/mail/test", Operators),
    ("GET", "/api/admin/subscriptions", Operators),
    ("POST", "/api/admin/subscriptions/{name}/pause", Operators),
    ("POST", "/api/admin/subscriptions/{name}/resume", Operators),
    ("POST", "/api/admin/subscriptions/{name}/rebuild", Operators),
    ("GET", "/api/admin/dead-letters", Operators),
    ("POST", "/api/admin/dead-letters/{id}/redeliver", Operators),
    ("POST", "/api/admin/dead-letters/{id}/skip", Operators),
    ("GET", "/api/events/catalogue", Operators),
    ("GET", "/api/rate-limits", Open),
    ("GET", "/api/workspaces/{ws}/audit", WORKSPACE),
    ("GET", "/api/workspaces/{ws}/audit/export", WORKSPACE),
    ("GET", "/api/admin/audit", Operators),
    ("GET", "/api/admin/audit/export", Operators),
];

/// Ada owns the instance, Bob uses it; both are in the middle of something.
async fn two(app: &TestApp) -> (Somebody, Somebody) {
    let ada = Somebody::busy(app.owner().clone(), 1).await;
    let bob = Somebody::busy(app.user("Bob").await, 2).await;
    settled(app.owner()).await;
    (ada, bob)
}

#[tokio::test]
async fn every_route_has_an_expectation() {
    let reference: Value =
        serde_json::from_str(&app().await.command(&["dump-reference"]).await.stdout).unwrap();
    let there: BTreeSet<(String, String)> = reference["routes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|route| (text(&route["method"]), text(&route["path"])))
        .collect();
    let expected: BTreeSet<(String, String)> = ROUTES
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(there, expected);
}

#[tokio::test]
async fn a_stranger_finds_nothing_and_changes_nothing_and_neither_does_nobody() {
    let app = app().await;
    let (ada, bob) = two(&app).await;
    let before = (
        ada.everything().await,
        bob.everything().await,
        settled(app.owner()).await,
    );
    // To own the instance gives no access to anybody's decisions: both ways are tried.
    for (owner, stranger) in [(&ada, &bob), (&bob, &ada)] {
        for (method, template, answer) in ROUTES {
            let expected = match answer {
                Open => continue,
                Operators if stranger.client.user()["instance_role"] == "owner" => continue,
                Operators => (403, "forbidden"),
                Hidden(code) => (404, *code),
            };
            let reply = owner.send(method, template, &stranger.client).await;
            assert_eq!(reply.refusal(), expected, "{method} {template}");
            let reply = owner.send(method, template, &app.anonymous()).await;
            assert_eq!(reply.refusal(), (401, "unauthenticated"), "{method} {template}");
        }
    }
    let after = (
        ada.everything().await,
        bob.everything().await,
        settled(app.owner()).await,
    );
    assert_eq!(after, before);
}

#[tokio::test]
async fn no_tool_works_on_the_cycle_of_somebody_else() {
    let app = app().await;
    let (ada, bob) = two(&app).await;
    let before = (ada.everything().await, settled(app.owner()).await);
    assert!(ada.tools.len() >= 50, "{:?}", ada.tools);
    for tool in &ada.tools {
        let path = format!("/api/cycles/{}/tools/{tool}", ada.decision.cycle);
        let body = json!({"parameters": {"text": "mine", "id": ada.revisit}});
        assert_eq!(
            bob.client.post(&path, body.clone()).await.refusal(),
            (404, "cycle_not_found"),
            "{tool}"
        );
        assert_eq!(
            app.anonymous().post(&path, body).await.refusal(),
            (401, "unauthenticated"),
            "{tool}"
        );
    }
    assert_eq!((ada.everything().await, settled(app.owner()).await), before);
}

#[tokio::test]
async fn sockets_open_for_their_owner_alone() {
    let app = app().await;
    let (ada, bob) = two(&app).await;
    let component = ada.decision.component("notes_next_steps");
    let live = format!("/api/sessions/{}/live", ada.decision.session);
    let stream = format!("/api/components/{component}/stream");
    for path in [&live, &stream] {
        assert_eq!(bob.client.try_socket(path, None).await.err(), Some(404), "{path}");
        assert_eq!(
            app.anonymous().try_socket(path, None).await.err(),
            Some(401),
            "{path}"
        );
        assert!(ada.client.try_socket(path, None).await.is_ok(), "{path}");
    }
    let mut own: Socket = bob
        .client
        .socket(&format!("/api/sessions/{}/live", bob.decision.session))
        .await;
    own.next_of("connected").await;
    ada.decision
        .say(&ada.client, "notes_next_steps", "- Something of Ada's")
        .await;
    bob.decision
        .say(&bob.client, "notes_next_steps", "- Something of Bob's")
        .await;
    let frame = own.next_of("message.sent").await;
    assert_eq!(frame["data"]["contentPreview"], "- Something of Bob's");
}
