//! One's own things mixed with those of somebody else.

use althing_testkit::Client;
use serde_json::{Value, json};

use super::two;
use crate::app;
use crate::office::{exported, made, text};

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

    let resolve = post(
        format!("/api/cycles/{cycle}/revisits/{}/resolve", ada.revisit),
        json!({"decision": "dismiss"}),
    )
    .await;
    assert_eq!(resolve, refused(404, "revisit_not_found"));
    let respond = post(
        format!("/api/cycles/{cycle}/confirmations/{}/respond", ada.confirmation),
        json!({"choice": "Yes"}),
    )
    .await;
    assert_eq!(respond, refused(404, "confirmation_not_found"));
    for (tool, parameters) in [
        ("dismiss_revisit", json!({"id": ada.revisit, "reason": "mine"})),
        (
            "record_user_choice",
            json!({"id": ada.confirmation, "choice": "Yes"}),
        ),
        (
            "resolve_uncertainty",
            json!({"id": ada.uncertainty, "resolution": "mine"}),
        ),
    ] {
        let called = post(
            format!("/api/cycles/{cycle}/tools/{tool}"),
            json!({"parameters": parameters}),
        )
        .await;
        assert_eq!(called, refused(404, "not_found"), "{tool}");
    }
    let outcome =
        json!({"cycle_id": ada.decision.cycle, "satisfaction": "neutral", "would_decide_same": true});
    assert_eq!(
        post(format!("/api/sessions/{session}/outcomes"), outcome).await,
        refused(404, "cycle_not_found")
    );
    for path in [
        format!("/api/sessions/{session}/dashboard?cycleId={}", ada.decision.cycle),
        format!(
            "/api/sessions/{session}/compare?cycles={cycle},{}",
            ada.decision.cycle
        ),
    ] {
        assert_eq!(
            bob.client.get(&path).await.refusal(),
            (404, "cycle_not_found"),
            "{path}"
        );
    }
    let foreign_rating = format!(
        "alt={}&obj={}",
        ada.decision.alternative(1),
        ada.decision.objective(1)
    );
    let sensitivity = bob
        .client
        .get(&format!(
            "/api/cycles/{cycle}/analysis/sensitivity?{foreign_rating}"
        ))
        .await;
    assert_eq!(sensitivity.refusal(), (422, "validation_failed"));

    let draft = json!({"output": bob.decision.output("notes_next_steps"), "expected_version": 1, "draft_id": ada.draft["id"]});
    let put = bob
        .client
        .put(&bob.decision.step("notes_next_steps"), draft)
        .await;
    assert_eq!(
        (put.refusal(), &put.body["errors"][0]["field"]),
        ((422, "validation_failed"), &json!("/draft_id"))
    );
    let items = json!({"items": [ada.draft["items"][0]["id"]], "expected_version": 1});
    assert_eq!(
        post(format!("/api/components/{notes}/draft/confirm"), items).await,
        refused(422, "validation_failed")
    );

    // A message id that somebody else has used says nothing about what they said with it.
    let message = json!({"content": "- mine", "message_id": ada.message});
    let sent = bob
        .client
        .post(&format!("/api/components/{notes}/messages"), message)
        .await;
    assert_eq!(
        (sent.refusal(), &sent.body["errors"][0]["field"]),
        ((422, "validation_failed"), &json!("/message_id"))
    );
    assert!(!sent.text.contains("dogs"), "{}", sent.text);
    let mut stream = bob
        .client
        .socket(&format!("/api/components/{notes}/stream"))
        .await;
    stream
        .send(json!({"type": "send_message", "message_id": ada.message, "content": "- mine"}))
        .await;
    let frame = stream.next_of("stream_error").await;
    assert!(!frame.to_string().contains("dogs"), "{frame}");

    assert_eq!(ada.everything().await, before);
}

#[tokio::test]
async fn lists_pages_and_cursors_show_ones_own_things_only() {
    let app = app().await;
    let (ada, bob) = two(&app).await;
    for _ in 0..3 {
        made(
            ada.client
                .post("/api/sessions", json!({"title": "Another of Ada's"}))
                .await,
            201,
        );
    }
    let page = ada.client.get("/api/sessions?limit=1").await;
    let cursor = text(&page.body["meta"]["next_cursor"]);
    let foreign = bob
        .client
        .get(&format!("/api/sessions?limit=10&cursor={cursor}"))
        .await;
    let owners: Vec<&str> = foreign
        .data()
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["owner_id"].as_str().unwrap())
        .collect();
    assert!(
        owners.iter().all(|owner| *owner == bob.client.user_id()),
        "{owners:?}"
    );
    let own = bob.client.get("/api/sessions").await;
    assert_eq!(
        (own.data().as_array().unwrap().len(), &own.body["meta"]["total"]),
        (1, &json!(1))
    );
    let messages = ada
        .client
        .get(&format!(
            "/api/conversations/{}/messages?limit=1",
            ada.conversation
        ))
        .await;
    let cursor = text(&messages.body["meta"]["next_cursor"]);
    let foreign = bob
        .client
        .get(&format!(
            "/api/conversations/{}/messages?cursor={cursor}",
            ada.conversation
        ))
        .await;
    assert_eq!(foreign.refusal(), (404, "conversation_not_found"));
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_one_person_and_one_address() {
    let app = app().await;
    let bob = app.user("Bob").await;
    let create = async |by: &Client, path: &str| {
        let body = json!({"title": "Shared key"}).to_string().into_bytes();
        by.send("POST", path, &[("idempotency-key", "the-same")], Some(body))
            .await
    };
    let first = create(app.owner(), "/api/sessions").await;
    let again = create(app.owner(), "/api/sessions").await;
    assert_eq!(
        (again.header("idempotency-replayed"), again.data()),
        ("true", first.data())
    );
    let other = create(&bob, "/api/sessions").await;
    assert_eq!((other.status, other.header("idempotency-replayed")), (201, ""));
    assert_ne!(other.data()["id"], first.data()["id"]);
    assert_eq!(other.data()["owner_id"], bob.user_id());
    let theirs = format!("/api/sessions/{}/cycles", text(&first.data()["id"]));
    let elsewhere = app
        .owner()
        .send(
            "POST",
            &theirs,
            &[("idempotency-key", "the-same")],
            Some(b"{}".to_vec()),
        )
        .await;
    assert_eq!(
        (elsewhere.status, elsewhere.header("idempotency-replayed")),
        (201, "")
    );
    let stolen = bob
        .send(
            "POST",
            &theirs,
            &[("idempotency-key", "the-same")],
            Some(b"{}".to_vec()),
        )
        .await;
    assert_eq!(stolen.refusal(), (404, "session_not_found"));
}

#[tokio::test]
async fn an_import_makes_things_of_its_own_whatever_ids_the_file_names() {
    let app = app().await;
    let (ada, bob) = two(&app).await;
    let before = (
        ada.everything().await,
        exported(&bob.client, &bob.decision.session).await,
    );
    let file = ada
        .client
        .get(&format!("/api/sessions/{}/export", ada.decision.session))
        .await;
    let imported = made(
        bob.client
            .send("POST", "/api/sessions/import", &[], Some(file.text.into_bytes()))
            .await,
        201,
    );
    assert_eq!(imported["owner_id"], bob.client.user_id());
    assert_ne!(text(&imported["id"]), ada.decision.session);
    let document = exported(&bob.client, &text(&imported["id"])).await;
    let foreign: Vec<&String> = [
        &ada.decision.session,
        &ada.decision.cycle,
        &ada.conversation,
        &ada.message,
    ]
    .into_iter()
    .chain(ada.decision.components.values())
    .filter(|id| document.to_string().contains(*id))
    .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    let seen = ada
        .client
        .get(&format!("/api/sessions/{}", text(&imported["id"])))
        .await;
    assert_eq!(seen.refusal(), (404, "session_not_found"));
    assert_eq!(
        (
            ada.everything().await,
            exported(&bob.client, &bob.decision.session).await
        ),
        before
    );
}
