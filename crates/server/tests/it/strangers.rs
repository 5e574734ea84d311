//! Two people who cannot see or touch one another's things, on any route, by any id.

use std::collections::BTreeSet;

use althing_testkit::{Client, Socket, TestApp};
use serde_json::{Value, json};

use crate::app;
use crate::office::{Decision, exported, made, settled, text};

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
const CONVERSATION: Answer = Hidden("conversation_not_found");

/// Every route. One that is missing here fails the test: say what a stranger gets.
const ROUTES: &[(&str, &str, Answer)] = &[
    ("GET", "/api/auth/methods", Open),
    ("POST", "/api/setup", Open),
    ("POST", "/api/auth/login", Open),
    ("POST", "/api/auth/logout", Open),
    ("GET", "/api/me", Open),
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
    ("GET", "/api/admin/subscriptions", Operators),
    ("POST", "/api/admin/subscriptions/{name}/pause", Operators),
    ("POST", "/api/admin/subscriptions/{name}/resume", Operators),
    ("POST", "/api/admin/subscriptions/{name}/rebuild", Operators),
    ("GET", "/api/admin/dead-letters", Operators),
    ("POST", "/api/admin/dead-letters/{id}/redeliver", Operators),
    ("POST", "/api/admin/dead-letters/{id}/skip", Operators),
    ("GET", "/api/events/catalogue", Operators),
];

/// Somebody and all that is theirs.
pub struct Somebody {
    pub client: Client,
    pub decision: Decision,
    pub conversation: String,
    pub message: String,
    pub draft: Value,
    pub revisit: String,
    pub confirmation: String,
    pub uncertainty: String,
    pub tools: Vec<String>,
}

impl Somebody {
    /// A decision with something of every kind in it.
    pub async fn busy(client: Client, seed: u32) -> Self {
        let decision = Decision::up_to(&client, "Which office?", seed, "decision_quality").await;
        decision.start(&client, "notes_next_steps").await;
        let said = decision.say(&client, "notes_next_steps", "- Does Montana allow dogs?").await;
        let conversation = text(&decision.conversation(&client, "notes_next_steps").await["id"]);
        let draft = made(client.get(&format!("/api/components/{}/draft", decision.component("notes_next_steps"))).await, 200);
        assert!(draft["id"].is_string(), "the guide proposes something: {draft}");
        let revisit = json!({"component": "objectives", "reason": "Cost was forgotten", "priority": "high", "trigger": "a visit"});
        let revisit = text(&decision.tool(&client, "suggest_revisit", revisit).await["id"]);
        let question = json!({"summary": "Shall we go on?", "options": ["Yes", "No"]});
        let confirmation = text(&decision.tool(&client, "request_confirmation", question).await["id"]);
        let flagged = json!({"description": "The tram", "component": "consequences", "resolvable": true});
        let uncertainty = text(&decision.tool(&client, "flag_uncertainty", flagged).await["id"]);
        let tools = made(client.get(&format!("/api/cycles/{}/tools", decision.cycle)).await, 200);
        let tools = tools.as_array().unwrap().iter().map(|tool| text(&tool["name"])).collect();
        let message = text(&said["message"]["id"]);
        Self { client, decision, conversation, message, draft, revisit, confirmation, uncertainty, tools }
    }

    /// The address of this person's thing.
    fn path(&self, template: &str) -> String {
        let id = match template.split('/').nth(2).unwrap_or_default() {
            "sessions" => &self.decision.session,
            "cycles" => &self.decision.cycle,
            "components" => self.decision.component("notes_next_steps"),
            "conversations" => &self.conversation,
            _ => "x:1",
        };
        let path = template.replace("{id}", id).replace("{rid}", &self.revisit).replace("{cid}", &self.confirmation);
        let path = path.replace("{type}", "notes_next_steps").replace("{name}", "add_note");
        match template.rsplit('/').next().unwrap_or_default() {
            "compare" => format!("{path}?cycles={},{}", self.decision.cycle, self.decision.id(0xfff)),
            "sensitivity" => format!("{path}?alt={}&obj={}", self.decision.alternative(1), self.decision.objective(1)),
            "export" if path.contains("document") => format!("{path}?format=markdown"),
            _ => path,
        }
    }

    /// A body that the owner could send there.
    fn body(&self, method: &str, template: &str) -> Option<Value> {
        let decision = &self.decision;
        let body = match template.rsplit('/').next().unwrap_or_default() {
            _ if method == "GET" || method == "DELETE" => return None,
            "regenerate" | "extract" | "dismiss" => return None,
            "{id}" => json!({"title": "Mine now"}),
            "outcomes" => json!({"cycle_id": decision.cycle, "satisfaction": "neutral", "would_decide_same": true}),
            "branch" => json!({"branch_point": "objectives", "label": "mine"}),
            "navigate" => json!({"to": "objectives"}),
            "{type}" => json!({"output": decision.output("notes_next_steps"), "expected_version": 1}),
            "revise" => json!({"reason": "because"}),
            "{name}" => json!({"parameters": {"text": "mine"}}),
            "resolve" => json!({"decision": "dismiss"}),
            "respond" => json!({"choice": "Yes"}),
            "messages" => json!({"content": "mine"}),
            "confirm" => json!({"expected_version": 1}),
            "skip" => json!({"reason": "mine"}),
            _ => json!({}),
        };
        Some(body)
    }

    async fn send(&self, method: &str, template: &str, by: &Client) -> althing_testkit::Reply {
        let body = self.body(method, template).map(|body| body.to_string().into_bytes());
        by.send(method, &self.path(template), &[], body).await
    }

    /// Everything of theirs that can be read.
    async fn everything(&self) -> Value {
        let cycle = &self.decision.cycle;
        let notes = self.decision.component("notes_next_steps");
        let mut all = vec![self.decision.export(&self.client).await];
        for path in [
            "/api/sessions?limit=100".to_owned(),
            format!("/api/sessions/{}/activity?limit=100", self.decision.session),
            format!("/api/sessions/{}/outcomes", self.decision.session),
            format!("/api/cycles/{cycle}"),
            format!("/api/cycles/{cycle}/document/history"),
            format!("/api/cycles/{cycle}/revisits"),
            format!("/api/cycles/{cycle}/confirmations/pending"),
            format!("/api/cycles/{cycle}/tools/invocations?limit=100"),
            format!("/api/components/{notes}/conversation"),
            format!("/api/components/{notes}/draft"),
        ] {
            all.push(made(self.client.get(&path).await, 200));
        }
        Value::Array(all)
    }
}

/// Ada owns the instance, Bob uses it; both are in the middle of something.
async fn two(app: &TestApp) -> (Somebody, Somebody) {
    let ada = Somebody::busy(app.owner().clone(), 1).await;
    let bob = Somebody::busy(app.user("Bob").await, 2).await;
    settled(app.owner()).await;
    (ada, bob)
}

#[tokio::test]
async fn every_route_has_an_expectation() {
    let reference: Value = serde_json::from_str(&app().await.command(&["dump-reference"]).await.stdout).unwrap();
    let there: BTreeSet<(String, String)> =
        reference["routes"].as_array().unwrap().iter().map(|route| (text(&route["method"]), text(&route["path"]))).collect();
    let expected: BTreeSet<(String, String)> =
        ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(there, expected);
}

#[tokio::test]
async fn a_stranger_finds_nothing_and_changes_nothing_and_neither_does_nobody() {
    let app = app().await;
    let (ada, bob) = two(&app).await;
    let before = (ada.everything().await, bob.everything().await, settled(app.owner()).await);
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
    let after = (ada.everything().await, bob.everything().await, settled(app.owner()).await);
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
        assert_eq!(bob.client.post(&path, body.clone()).await.refusal(), (404, "cycle_not_found"), "{tool}");
        assert_eq!(app.anonymous().post(&path, body).await.refusal(), (401, "unauthenticated"), "{tool}");
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
        assert_eq!(app.anonymous().try_socket(path, None).await.err(), Some(401), "{path}");
        assert!(ada.client.try_socket(path, None).await.is_ok(), "{path}");
    }
    let mut own: Socket = bob.client.socket(&format!("/api/sessions/{}/live", bob.decision.session)).await;
    own.next_of("connected").await;
    ada.decision.say(&ada.client, "notes_next_steps", "- Something of Ada's").await;
    bob.decision.say(&bob.client, "notes_next_steps", "- Something of Bob's").await;
    let frame = own.next_of("message.sent").await;
    assert_eq!(frame["data"]["contentPreview"], "- Something of Bob's");
}

#[tokio::test]
async fn ids_of_both_cannot_be_mixed() {
    let app = app().await;
    let (ada, bob) = two(&app).await;
    let before = ada.everything().await;
    let (cycle, session) = (&bob.decision.cycle, &bob.decision.session);
    let notes = bob.decision.component("notes_next_steps");
    let post = async |path: String, body: Value| {
        let reply = bob.client.post(&path, body).await;
        (reply.status, reply.code().to_owned())
    };
    let refused = |status: u16, code: &str| (status, code.to_owned());

    let resolve = post(format!("/api/cycles/{cycle}/revisits/{}/resolve", ada.revisit), json!({"decision": "dismiss"})).await;
    assert_eq!(resolve, refused(404, "revisit_not_found"));
    let respond = post(format!("/api/cycles/{cycle}/confirmations/{}/respond", ada.confirmation), json!({"choice": "Yes"})).await;
    assert_eq!(respond, refused(404, "confirmation_not_found"));
    for (tool, parameters) in [
        ("dismiss_revisit", json!({"id": ada.revisit, "reason": "mine"})),
        ("record_user_choice", json!({"id": ada.confirmation, "choice": "Yes"})),
        ("resolve_uncertainty", json!({"id": ada.uncertainty, "resolution": "mine"})),
    ] {
        let called = post(format!("/api/cycles/{cycle}/tools/{tool}"), json!({"parameters": parameters})).await;
        assert_eq!(called, refused(404, "not_found"), "{tool}");
    }
    let outcome = json!({"cycle_id": ada.decision.cycle, "satisfaction": "neutral", "would_decide_same": true});
    assert_eq!(post(format!("/api/sessions/{session}/outcomes"), outcome).await, refused(404, "cycle_not_found"));
    for path in [
        format!("/api/sessions/{session}/dashboard?cycleId={}", ada.decision.cycle),
        format!("/api/sessions/{session}/compare?cycles={cycle},{}", ada.decision.cycle),
    ] {
        assert_eq!(bob.client.get(&path).await.refusal(), (404, "cycle_not_found"), "{path}");
    }
    let foreign_rating = format!("alt={}&obj={}", ada.decision.alternative(1), ada.decision.objective(1));
    let sensitivity = bob.client.get(&format!("/api/cycles/{cycle}/analysis/sensitivity?{foreign_rating}")).await;
    assert_eq!(sensitivity.refusal(), (422, "validation_failed"));

    let draft = json!({"output": bob.decision.output("notes_next_steps"), "expected_version": 1, "draft_id": ada.draft["id"]});
    let put = bob.client.put(&bob.decision.step("notes_next_steps"), draft).await;
    assert_eq!((put.refusal(), &put.body["errors"][0]["field"]), ((422, "validation_failed"), &json!("/draft_id")));
    let items = json!({"items": [ada.draft["items"][0]["id"]], "expected_version": 1});
    assert_eq!(post(format!("/api/components/{notes}/draft/confirm"), items).await, refused(422, "validation_failed"));

    // A message id that somebody else has used says nothing about what they said with it.
    let message = json!({"content": "- mine", "message_id": ada.message});
    let sent = bob.client.post(&format!("/api/components/{notes}/messages"), message).await;
    assert_eq!((sent.refusal(), &sent.body["errors"][0]["field"]), ((422, "validation_failed"), &json!("/message_id")));
    assert!(!sent.text.contains("dogs"), "{}", sent.text);
    let mut stream = bob.client.socket(&format!("/api/components/{notes}/stream")).await;
    stream.send(json!({"type": "send_message", "message_id": ada.message, "content": "- mine"})).await;
    let frame = stream.next_of("stream_error").await;
    assert!(!frame.to_string().contains("dogs"), "{frame}");

    assert_eq!(ada.everything().await, before);
}

#[tokio::test]
async fn lists_pages_and_cursors_show_ones_own_things_only() {
    let app = app().await;
    let (ada, bob) = two(&app).await;
    for _ in 0..3 {
        made(ada.client.post("/api/sessions", json!({"title": "Another of Ada's"})).await, 201);
    }
    let page = ada.client.get("/api/sessions?limit=1").await;
    let cursor = text(&page.body["meta"]["next_cursor"]);
    let foreign = bob.client.get(&format!("/api/sessions?limit=10&cursor={cursor}")).await;
    let owners: Vec<&str> = foreign.data().as_array().unwrap().iter().map(|one| one["owner_id"].as_str().unwrap()).collect();
    assert!(owners.iter().all(|owner| *owner == bob.client.user_id()), "{owners:?}");
    let own = bob.client.get("/api/sessions").await;
    assert_eq!((own.data().as_array().unwrap().len(), &own.body["meta"]["total"]), (1, &json!(1)));
    let messages = ada.client.get(&format!("/api/conversations/{}/messages?limit=1", ada.conversation)).await;
    let cursor = text(&messages.body["meta"]["next_cursor"]);
    let foreign = bob.client.get(&format!("/api/conversations/{}/messages?cursor={cursor}", ada.conversation)).await;
    assert_eq!(foreign.refusal(), (404, "conversation_not_found"));
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_one_person_and_one_address() {
    let app = app().await;
    let bob = app.user("Bob").await;
    let create = async |by: &Client, path: &str| {
        let body = json!({"title": "Shared key"}).to_string().into_bytes();
        by.send("POST", path, &[("idempotency-key", "the-same")], Some(body)).await
    };
    let first = create(app.owner(), "/api/sessions").await;
    let again = create(app.owner(), "/api/sessions").await;
    assert_eq!((again.header("idempotency-replayed"), again.data()), ("true", first.data()));
    let other = create(&bob, "/api/sessions").await;
    assert_eq!((other.status, other.header("idempotency-replayed")), (201, ""));
    assert_ne!(other.data()["id"], first.data()["id"]);
    assert_eq!(other.data()["owner_id"], bob.user_id());
    let theirs = format!("/api/sessions/{}/cycles", text(&first.data()["id"]));
    let elsewhere = app.owner().send("POST", &theirs, &[("idempotency-key", "the-same")], Some(b"{}".to_vec())).await;
    assert_eq!((elsewhere.status, elsewhere.header("idempotency-replayed")), (201, ""));
    let stolen = bob.send("POST", &theirs, &[("idempotency-key", "the-same")], Some(b"{}".to_vec())).await;
    assert_eq!(stolen.refusal(), (404, "session_not_found"));
}

#[tokio::test]
async fn an_import_makes_things_of_its_own_whatever_ids_the_file_names() {
    let app = app().await;
    let (ada, bob) = two(&app).await;
    let before = (ada.everything().await, exported(&bob.client, &bob.decision.session).await);
    let file = ada.client.get(&format!("/api/sessions/{}/export", ada.decision.session)).await;
    let imported = made(bob.client.send("POST", "/api/sessions/import", &[], Some(file.text.into_bytes())).await, 201);
    assert_eq!(imported["owner_id"], bob.client.user_id());
    assert_ne!(text(&imported["id"]), ada.decision.session);
    let document = exported(&bob.client, &text(&imported["id"])).await;
    let foreign: Vec<&String> = [&ada.decision.session, &ada.decision.cycle, &ada.conversation, &ada.message]
        .into_iter()
        .chain(ada.decision.components.values())
        .filter(|id| document.to_string().contains(*id))
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    let seen = ada.client.get(&format!("/api/sessions/{}", text(&imported["id"]))).await;
    assert_eq!(seen.refusal(), (404, "session_not_found"));
    assert_eq!((ada.everything().await, exported(&bob.client, &bob.decision.session).await), before);
}
