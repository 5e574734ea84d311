//! Requests at random over every route: ids, queries, tokens, cookies, headers, bodies, and frames on every socket.
//!
//! Whatever is refused has changed nothing; whoever proves nothing changes nothing; and what
//! belongs to somebody else stays as it is and unseen.

use std::collections::HashMap;
use std::time::Duration;

use althing_testkit::{Client, Reply, Socket, TestApp};
use serde_json::{Value, json};

use super::random::{mutated, tree};
use super::{assert_healthy, excerpt};
use crate::app;
use crate::chance::{Chance, number, seed};
use crate::office::{settled, text};
use crate::strangers::somebody::Somebody;

/// How often each route is asked; `ALTHING_HOSTILE` makes it more.
const ROUNDS: u64 = 3;
/// How many frames for each round each socket gets.
const FRAMES: u64 = 25;

fn rounds() -> u64 {
    number("ALTHING_HOSTILE").unwrap_or(ROUNDS)
}

/// Every route of the access table, as method and template.
async fn routes(app: &TestApp) -> Vec<(String, String)> {
    let reference = app.command(&["dump-reference"]).await;
    let reference: Value = serde_json::from_str(&reference.stdout).unwrap();
    let of = |route: &Value| (text(&route["method"]), text(&route["path"]));
    reference["routes"].as_array().unwrap().iter().map(of).collect()
}

/// Something that stands where an id, a slug or a name is wanted.
fn part(chance: &mut Chance, known: &[String]) -> String {
    match chance.below(14) {
        0 => "0".into(),
        1 => "-1".into(),
        2 => "null".into(),
        3 => "%00".into(),
        4 => "..%2f..%2fetc".into(),
        5 => "%ff%fe".into(),
        6 => "%F0%9F%90%8E".into(),
        7 => "a".repeat(300),
        8 => "x:1".into(),
        9 => "'%20OR%201=1--".into(),
        10 => chance.id(),
        11 => chance.one_of(known).to_uppercase(),
        12 => chance.one_of(known).chars().rev().collect(),
        _ => chance.one_of(known).clone(),
    }
}

/// The address of something: the person's own, somebody else's, or nobody's.
fn address(
    chance: &mut Chance,
    template: &str,
    own: &Somebody,
    other: &Somebody,
    known: &[String],
) -> String {
    let path = match chance.below(3) {
        0 => own.path(template),
        1 => other.path(template),
        _ => {
            let parts = template.split('/').map(|name| match name.starts_with('{') {
                true => part(chance, known),
                false => name.to_owned(),
            });
            parts.collect::<Vec<_>>().join("/")
        }
    };
    if chance.below(3) > 0 {
        return path;
    }
    let names = [
        "limit", "cursor", "cycles", "alt", "obj", "format", "q", "after", "before", "since", "state",
        "code", "x",
    ];
    let more = (0..=chance.below(3)).map(|_| format!("{}={}", chance.one_of(&names), part(chance, known)));
    let more: Vec<String> = more.collect();
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{}", more.join("&"))
}

/// Up to three headers that mean something.
fn headers(chance: &mut Chance) -> Vec<(&'static str, String)> {
    let names = [
        "accept",
        "accept-language",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "origin",
        "range",
        "referer",
        "sec-fetch-site",
        "traceparent",
        "user-agent",
        "x-csrf-token",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-request-id",
    ];
    let values = [
        "",
        "*/*",
        "application/json",
        "application/json; charset=utf-16",
        "text/html;q=2",
        "-1",
        "bytes=0-",
        "https://evil.example",
        "null",
        "cross-site",
        "00-0-0-0",
        "::1, 127.0.0.1",
        "\"'\\{}[]<>",
        "\t",
    ];
    let mut chosen: Vec<(&'static str, String)> = Vec::new();
    for _ in 0..chance.below(4) {
        let name = *chance.one_of(&names);
        let value = match chance.below(6) {
            0 => chance.id(),
            1 => "v".repeat(chance.below(3_000)),
            _ => (*chance.one_of(&values)).to_owned(),
        };
        if chosen.iter().all(|(known, _)| *known != name) {
            chosen.push((name, value));
        }
    }
    chosen
}

/// Credentials that are almost right. `good` is somebody's real one.
fn credentials(chance: &mut Chance, good: &str) -> Vec<(&'static str, String)> {
    let mut bent: Vec<char> = good.chars().collect();
    match chance.below(5) {
        0 => bent.truncate(chance.below(bent.len())),
        1 => bent.push('A'),
        2 => bent.reverse(),
        _ => {
            let place = chance.below(bent.len());
            bent[place] = if bent[place] == 'x' { 'y' } else { 'x' };
        }
    }
    let bent: String = bent.into_iter().collect();
    match chance.below(6) {
        0 => vec![("cookie", format!("althing_session={bent}"))],
        1 => vec![(
            "cookie",
            format!("althing_session={bent}; althing_session=; a=b; ;=;"),
        )],
        2 => vec![("authorization", format!("Bearer {bent}"))],
        3 => vec![("authorization", format!("bearer  {bent} x"))],
        4 => vec![("authorization", format!("Basic {bent}"))],
        _ => vec![
            ("cookie", format!("althing_session={bent}")),
            ("authorization", format!("Bearer alt_{bent}")),
        ],
    }
}

fn body(chance: &mut Chance, good: Option<Value>, known: &[String]) -> Option<Vec<u8>> {
    let body = match (chance.below(6), good) {
        (0, _) | (_, None) => tree(chance, known, 4),
        (1, _) => return None,
        (_, Some(good)) => mutated(chance, &good, known),
    };
    let mut bytes = body.to_string().into_bytes();
    if chance.below(6) == 0 && !bytes.is_empty() {
        let place = chance.below(bytes.len());
        bytes[place] = u8::try_from(chance.below(256)).unwrap();
    }
    Some(bytes)
}

/// Where a body is not read to its end, the connection ends after the answer: then on a new one.
async fn ask(
    client: &Client,
    method: &str,
    path: &str,
    headers: &[(&'static str, String)],
    body: Option<Vec<u8>>,
) -> Reply {
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    match client.try_send(method, path, &headers, body.clone()).await {
        Ok(reply) => reply,
        Err(_) => client.send(method, path, &headers, body).await,
    }
}

/// No fault of the server's own, and every refusal says in its code what it is.
fn is_an_answer(what: &str, reply: &Reply) {
    assert!(
        reply.status < 500,
        "{what}: {} {}",
        reply.status,
        excerpt(&reply.text)
    );
    if reply.status >= 400 {
        assert!(
            !reply.code().is_empty(),
            "{what}: {} {}",
            reply.status,
            excerpt(&reply.text)
        );
    }
}

/// Ids and names of all kinds that somebody has.
fn things_of(somebody: &Somebody) -> Vec<String> {
    let decision = &somebody.decision;
    vec![
        decision.session.clone(),
        decision.cycle.clone(),
        decision.component("notes_next_steps").to_owned(),
        decision.alternative(1),
        decision.objective(1),
        somebody.workspace.clone(),
        somebody.invitation.clone(),
        somebody.key.clone(),
        somebody.conversation.clone(),
        somebody.message.clone(),
        somebody.revisit.clone(),
        somebody.confirmation.clone(),
        somebody.uncertainty.clone(),
        text(&somebody.link["id"]),
        somebody.client.user_id().to_owned(),
    ]
}

async fn two(app: &TestApp) -> (Somebody, Somebody, Vec<String>) {
    let ada = Somebody::busy(app.owner().clone(), 1).await;
    let bob = Somebody::busy(app.user("Bob").await, 2).await;
    let known = [things_of(&ada), things_of(&bob)].concat();
    settled(app.owner()).await;
    (ada, bob, known)
}

#[tokio::test]
async fn whoever_proves_nothing_changes_nothing() {
    let mut chance = Chance::new(seed());
    let app = app().await;
    let (ada, bob, known) = two(&app).await;
    let before = (
        ada.everything().await,
        bob.everything().await,
        settled(app.owner()).await,
    );
    let cookie = ada.client.cookie().unwrap().split_once('=').unwrap().1.to_owned();
    let token = text(&ada.link["token"]);
    for _ in 0..rounds() {
        for (method, template) in routes(&app).await {
            let path = address(&mut chance, &template, &ada, &bob, &known);
            let mut sent = headers(&mut chance);
            if chance.below(4) > 0 {
                let good = if chance.below(3) == 0 { &token } else { &cookie };
                sent.extend(credentials(&mut chance, good));
            }
            let good = ada
                .body(&method, &template)
                .filter(|_| !template.ends_with("/exchange"));
            let bytes = body(&mut chance, good, &known);
            let what = format!(
                "{method} {path} {sent:?} {:?}",
                bytes.as_deref().map(String::from_utf8_lossy)
            );
            let reply = ask(&app.anonymous(), &method, &path, &sent, bytes).await;
            is_an_answer(&what, &reply);
            for secret in [&cookie, &token] {
                assert!(
                    !reply.text.contains(secret.as_str()),
                    "{what} is answered with a secret"
                );
            }
        }
    }
    let after = (
        ada.everything().await,
        bob.everything().await,
        settled(app.owner()).await,
    );
    assert_eq!(after, before);
    assert_healthy(&app);
}

/// What would end the rounds too early: the account, the session, the things that are asked for.
fn ends_all(method: &str, template: &str) -> bool {
    method == "DELETE" && !template.contains("links")
        || template.ends_with("/logout")
        || template == "/api/me/email"
}

#[tokio::test]
async fn what_is_refused_changes_nothing_and_others_things_stay_as_they_are() {
    let mut chance = Chance::new(seed());
    let app = app().await;
    let (ada, bob, known) = two(&app).await;
    let before = ada.everything().await;
    let mut accepted = 0;
    // By request, since what an earlier one set off may come to pass meanwhile.
    let mut refused: HashMap<String, String> = HashMap::new();
    for _ in 0..rounds() {
        for (method, template) in routes(&app).await {
            if ends_all(&method, &template) {
                continue;
            }
            let path = address(&mut chance, &template, &bob, &ada, &known);
            let sent = headers(&mut chance);
            let bytes = body(&mut chance, bob.body(&method, &template), &known);
            let what = format!(
                "{method} {path} {sent:?} {:?}",
                bytes.as_deref().map(String::from_utf8_lossy)
            );
            let reply = ask(&bob.client, &method, &path, &sent, bytes).await;
            is_an_answer(&what, &reply);
            if reply.status < 400 {
                accepted += 1;
            } else {
                let request = reply.body["request_id"].as_str();
                let request = request.unwrap_or_else(|| panic!("{what}: {}", reply.text));
                refused.insert(request.to_owned(), format!("{what}: {}", excerpt(&reply.text)));
            }
        }
    }
    settled(app.owner()).await;
    let all = app
        .command(&["events", "history", "--json", "--limit", "1000000"])
        .await;
    assert!(all.ok, "{}", all.stderr);
    for event in all.lines() {
        let cause = refused.get(event["correlation_id"].as_str().unwrap());
        assert!(cause.is_none(), "{cause:?}, and yet this happened: {event}");
    }
    let refused = refused.len();
    println!("{accepted} accepted, {refused} refused");
    assert!(
        accepted > 0 && refused > accepted / 4,
        "{accepted} accepted, {refused} refused"
    );
    assert_eq!(ada.everything().await, before);
    assert_healthy(&app);
    let letters = app.owner().get("/api/admin/dead-letters").await;
    assert_eq!(letters.data(), &json!([]), "whatever was accepted can be handled");
}

/// A frame of a socket: a known kind with anything in it, any tree, or no JSON at all.
fn frame(chance: &mut Chance, known: &[String]) -> String {
    let kinds = [
        "resume",
        "ping",
        "pong",
        "state",
        "send_message",
        "cancel_stream",
        "subscribe",
        "connected",
        "access",
        "",
    ];
    let mut frame = match chance.below(4) {
        0 => tree(chance, known, 4),
        _ => json!({
            "type": chance.one_of(&kinds), "data": tree(chance, known, 2), "message_id": tree(chance, known, 0),
            "content": tree(chance, known, 1), "lastSeq": tree(chance, known, 0),
        }),
    };
    if let (Some(fields), true) = (frame.as_object_mut(), chance.below(3) == 0) {
        fields.remove("data");
    }
    let text = frame.to_string();
    let end = (0..=chance.below(text.len() + 1))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    match chance.below(5) {
        0 => text[..end.unwrap_or(0)].to_owned(),
        _ => text,
    }
}

#[tokio::test]
async fn no_frame_harms_a_socket_beyond_its_own_end() {
    let mut chance = Chance::new(seed());
    let app = app().await;
    let (ada, bob, known) = two(&app).await;
    let before = ada.everything().await;
    let paths = [
        format!("/api/sessions/{}/live", bob.decision.session),
        format!(
            "/api/components/{}/stream",
            bob.decision.component("notes_next_steps")
        ),
        "/api/notifications/live".to_owned(),
    ];
    for path in &paths {
        let mut socket: Option<Socket> = None;
        for _ in 0..rounds() * FRAMES {
            let mut open = match socket.take() {
                Some(open) => open,
                None => bob.client.socket(path).await,
            };
            let sent = match chance.below(20) {
                0 => open.try_send_binary(vec![0xff; chance.below(64)]).await,
                _ => open.try_send_text(&frame(&mut chance, &known)).await,
            };
            // A server that ends a connection for such a frame has that right; the next one opens.
            if sent && open.drain(Duration::from_millis(2)).await {
                socket = Some(open);
            }
        }
    }
    for path in &paths {
        bob.client.socket(path).await;
    }
    settled(app.owner()).await;
    assert_eq!(ada.everything().await, before);
    assert_healthy(&app);
    let letters = app.owner().get("/api/admin/dead-letters").await;
    assert_eq!(letters.data(), &json!([]), "whatever was accepted can be handled");
}
