//! Memberships: what each tier includes, by every path, and how the rest is refused.

use althing_testkit::{Client, Reply, TestApp};
use serde_json::{Value, json};

use crate::app;
use crate::office::{Decision, components_of, made, settled, text};

/// Gives somebody a membership, as an operator does.
async fn give(app: &TestApp, client: &Client, membership: Value) {
    let path = format!("/api/admin/users/{}/tier", client.user_id());
    let done = app.owner().put(&path, membership).await;
    assert_eq!(done.status, 204, "{}", done.text);
    settled(app.owner()).await;
}

async fn somebody(app: &TestApp, name: &str, tier: &str) -> Client {
    let client = app.user(name).await;
    give(app, &client, json!({"tier": tier})).await;
    client
}

async fn begin(client: &Client) -> Reply {
    client
        .post("/api/sessions", json!({"title": "Which office?"}))
        .await
}

async fn another_cycle(client: &Client, session: &str) -> Reply {
    let path = format!("/api/sessions/{session}/cycles");
    client.post(&path, json!({})).await
}

#[track_caller]
fn is_full(reply: &Reply, code: &str, max: u32) {
    assert_eq!(reply.refusal(), (429, code), "{}", reply.text);
    assert_eq!(
        (&reply.body["current"], &reply.body["max"]),
        (&json!(max), &json!(max))
    );
}

#[track_caller]
fn lacks(reply: &Reply, feature: &str, required: &str) {
    assert_eq!(reply.refusal(), (403, "feature_not_included"), "{}", reply.text);
    assert_eq!(
        (&reply.body["feature"], &reply.body["required_tier"]),
        (&json!(feature), &json!(required))
    );
}

#[tokio::test]
async fn of_several_who_make_the_last_one_exactly_one_succeeds() {
    let app = app().await;
    let bob = somebody(&app, "Bob", "free").await;
    for _ in 0..2 {
        assert_eq!(begin(&bob).await.status, 201);
    }
    let racers = futures::future::join_all((0..6).map(|_| begin(&bob))).await;
    let (made, refused): (Vec<Reply>, Vec<Reply>) = racers.into_iter().partition(|reply| reply.status == 201);
    assert_eq!((made.len(), refused.len()), (1, 5));
    refused
        .iter()
        .for_each(|reply| is_full(reply, "session_limit_reached", 3));

    let session = text(&made[0].data()["id"]);
    assert_eq!(another_cycle(&bob, &session).await.status, 201);
    let racers = futures::future::join_all((0..6).map(|_| another_cycle(&bob, &session))).await;
    let (made, refused): (Vec<Reply>, Vec<Reply>) = racers.into_iter().partition(|reply| reply.status == 201);
    assert_eq!((made.len(), refused.len()), (1, 5));
    refused
        .iter()
        .for_each(|reply| is_full(reply, "cycle_limit_reached", 2));
    let usage = made_of(&bob, "/api/membership").await["usage"].clone();
    assert_eq!(
        (&usage["active_sessions"], &usage["archived_sessions"]),
        (&json!(3), &json!(0))
    );
}

/// The decision as a file.
async fn file_of(client: &Client, decision: &Decision) -> Value {
    let file = client
        .get(&format!("/api/sessions/{}/export", decision.session))
        .await;
    assert_eq!(file.status, 200, "{}", file.text);
    file.body
}

async fn made_of(client: &Client, path: &str) -> Value {
    made(client.get(path).await, 200)
}

#[tokio::test]
async fn archived_sessions_make_room_until_their_own_limit() {
    let app = app().await;
    let bob = somebody(&app, "Bob", "free").await;
    let mut last = String::new();
    for place in 0..11 {
        let session = text(&made(begin(&bob).await, 201)["id"]);
        last = format!("/api/sessions/{session}");
        let archived = bob.delete(&last).await;
        if place < 10 {
            assert_eq!(archived.status, 204, "{}", archived.text);
            assert_eq!(
                bob.delete(&last).await.status,
                204,
                "a second time changes nothing"
            );
        } else {
            is_full(&archived, "session_limit_reached", 10);
        }
    }
    assert_eq!(made_of(&bob, &last).await["status"], "active");
    let access = made_of(&bob, "/api/membership/access").await;
    assert_eq!(access["create_session"], json!({"allowed": true}));
    assert_eq!(
        (
            &access["archive_session"]["code"],
            &access["archive_session"]["max"]
        ),
        (&json!("session_limit_reached"), &json!(10))
    );
    give(&app, &bob, json!({"tier": "annual"})).await;
    assert_eq!(bob.delete(&last).await.status, 204);
}

#[tokio::test]
async fn branches_and_imports_count_like_what_is_made_by_hand() {
    let app = app().await;
    let owner = app.owner();
    let decision = Decision::up_to(owner, "Which office?", 1, "issue_raising").await;
    let branch = json!({"branch_point": "issue_raising"});
    let path = format!("/api/cycles/{}/branch", decision.cycle);
    made(owner.post(&path, branch.clone()).await, 201);
    let two_cycles = file_of(owner, &decision).await;
    made(owner.post(&path, branch.clone()).await, 201);
    let three_cycles = file_of(owner, &decision).await;

    let bob = somebody(&app, "Bob", "free").await;
    let import = async |document: &Value| bob.post("/api/sessions/import", document.clone()).await;
    let too_many = import(&three_cycles).await;
    assert_eq!(
        too_many.refusal(),
        (429, "cycle_limit_reached"),
        "{}",
        too_many.text
    );
    let imported = made(import(&two_cycles).await, 201);
    let cycle = text(&imported["cycle_ids"][0]);
    let branched = bob.post(&format!("/api/cycles/{cycle}/branch"), branch).await;
    is_full(&branched, "cycle_limit_reached", 2);
    for _ in 0..2 {
        made(import(&two_cycles).await, 201);
    }
    is_full(&import(&two_cycles).await, "session_limit_reached", 3);
    is_full(&begin(&bob).await, "session_limit_reached", 3);
}

#[tokio::test]
async fn without_decision_quality_a_cycle_ends_with_its_recommendation() {
    let app = app().await;
    let bob = somebody(&app, "Bob", "free").await;
    let decision = Decision::begin(&bob, "Which office?", 1).await;
    let complete = format!("/api/cycles/{}/complete", decision.cycle);
    decision.go_up_to(&bob, "tradeoffs").await;
    assert_eq!(
        bob.post(&complete, json!({})).await.refusal(),
        (409, "invalid_state_transition")
    );
    decision.start(&bob, "recommendation").await;
    decision
        .save(&bob, "recommendation", decision.output("recommendation"))
        .await;
    decision.complete(&bob, "recommendation").await;

    let quality = decision.step("decision_quality");
    let output = json!({"output": decision.output("decision_quality"), "expected_version": 1});
    let component = decision.component("decision_quality");
    let tool = |name: &str| format!("/api/cycles/{}/tools/{name}", decision.cycle);
    let element =
        json!({"parameters": {"element": "clear_objectives", "score": 80, "rationale": "We agree"}});
    let section = json!({"parameters": {"component": "decision_quality"}});
    let to = json!({"to": "decision_quality"});
    for (path, body) in [
        (format!("{quality}/start"), json!({})),
        (format!("{quality}/complete"), json!({})),
        (
            format!("{quality}/revise"),
            json!({"reason": "something was forgotten"}),
        ),
        (format!("/api/cycles/{}/navigate", decision.cycle), to),
        (
            format!("/api/cycles/{}/branch", decision.cycle),
            json!({"branch_point": "decision_quality"}),
        ),
        (
            format!("/api/components/{component}/messages"),
            json!({"content": "Hello"}),
        ),
        (tool("rate_dq_element"), element),
        (tool("calculate_overall_dq"), json!({"parameters": {}})),
        (tool("get_document_section"), section),
    ] {
        lacks(&bob.post(&path, body).await, "decision_quality", "monthly");
    }
    lacks(&bob.put(&quality, output).await, "decision_quality", "monthly");
    for path in [
        quality.clone(),
        format!("{quality}/detail"),
        format!("/api/components/{component}/conversation"),
    ] {
        lacks(&bob.get(&path).await, "decision_quality", "monthly");
    }
    let tools = made_of(&bob, &format!("/api/cycles/{}/tools", decision.cycle)).await;
    let offered = tools
        .as_array()
        .unwrap()
        .iter()
        .any(|tool| tool["name"] == "rate_dq_element");
    assert!(!offered, "{tools}");

    let done = made(bob.post(&complete, json!({})).await, 200);
    assert_eq!(
        (&done["status"], &done["dq_score"]),
        (&json!("completed"), &Value::Null)
    );
    let tree = made_of(&bob, &format!("/api/sessions/{}/cycle-tree", decision.session)).await;
    assert_eq!(
        (&tree[0]["letters"]["t"], &tree[0]["overallPercent"]),
        (&json!("completed"), &json!(100))
    );
}

#[tokio::test]
async fn what_a_smaller_tier_leaves_out_is_no_longer_shown() {
    let app = app().await;
    let bob = somebody(&app, "Bob", "monthly").await;
    let decision = Decision::up_to(&bob, "Which office?", 1, "decision_quality").await;
    settled(app.owner()).await;
    let (session, cycle) = (
        format!("/api/sessions/{}", decision.session),
        format!("/api/cycles/{}", decision.cycle),
    );
    let cell = format!(
        "{cycle}/analysis/sensitivity?alt={}&obj={}",
        decision.alternative(1),
        decision.objective(0)
    );
    let dashboard = format!("{session}/dashboard");
    assert_eq!(made_of(&bob, &dashboard).await["dqScore"], 70);
    assert_eq!(bob.get(&cell).await.status, 200);
    let mut socket = bob.socket(&format!("{session}/live")).await;
    socket.next_of("connected").await;

    give(&app, &bob, json!({"tier": "free"})).await;
    let state = socket.next_of("state").await;
    assert_eq!(state["data"]["dqScore"], Value::Null, "open pages are told");
    let overview = made_of(&bob, &dashboard).await;
    assert_eq!(
        (
            &overview["dqScore"],
            &overview["dqElements"],
            &overview["dqWeakest"]
        ),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert!(overview["totals"]["flip"]["steps"].is_number(), "{overview}");
    let activity = made_of(&bob, &format!("{session}/activity")).await;
    let happened = activity.as_array().unwrap().iter();
    let scored: Vec<&Value> = happened
        .filter(|one| one["event_type"] == "dq_scores.computed")
        .collect();
    assert_eq!(scored[0]["summary"], "Decision quality", "without its score");
    let analysis = made_of(&bob, &format!("{cycle}/analysis")).await;
    assert_eq!(
        (&analysis["decision_quality"], &analysis["tensions"]["count"]),
        (&Value::Null, &json!(0))
    );
    assert!(analysis["pugh"]["flip"]["steps"].is_number() && analysis["dominance"]["dominated"].is_array());
    lacks(&bob.get(&cell).await, "full_analysis", "monthly");
    let check = json!({"parameters": {"alt": decision.alternative(1), "obj": decision.objective(0)}});
    lacks(
        &bob.post(&format!("{cycle}/tools/sensitivity_check"), check).await,
        "full_analysis",
        "monthly",
    );
    let document = made_of(&bob, &format!("{cycle}/document")).await;
    assert_eq!(
        (&document["letters"]["t"], &document["weakest_element"]),
        (&json!("completed"), &Value::Null)
    );
    assert!(text(&document["markdown"]).contains("Not part of this plan."));
    let whole = made_of(&bob, &cycle).await;
    assert_eq!(whole["components"][7]["output"], Value::Null);
    for refused in ["export?format=markdown", "export?format=html"] {
        lacks(
            &bob.get(&format!("{cycle}/document/{refused}")).await,
            "export",
            "monthly",
        );
    }
    lacks(&bob.get(&format!("{session}/export")).await, "export", "monthly");
    lacks(
        &bob.post(&format!("{session}/share-links"), json!({})).await,
        "share_links",
        "monthly",
    );

    give(&app, &bob, json!({"tier": "monthly"})).await;
    assert_eq!(socket.next_of("state").await["data"]["dqScore"], 70);
    assert_eq!(made_of(&bob, &dashboard).await["dqScore"], 70);
    assert_eq!(bob.get(&format!("{session}/export")).await.status, 200);
}

#[tokio::test]
async fn exports_follow_whoever_takes_them_and_components_the_owner() {
    let app = app().await;
    let owner = app.owner();
    let ws = text(
        &made(
            owner.post("/api/workspaces", json!({"name": "Engines"})).await,
            201,
        )["id"],
    );
    let bob = app.user("Bob").await;
    let invite = json!({"email": "bob@example.org", "role": "member"});
    let invited = made(owner.post("/api/workspaces/engines/members", invite).await, 201);
    let place = text(&invited["member"]["id"]);
    let accept = format!("/api/workspaces/engines/invitations/{place}/accept");
    made(bob.post_empty(&accept).await, 200);
    give(&app, &bob, json!({"tier": "free"})).await;
    let decision = Decision::begin_in(owner, "Which office?", 1, Some(&ws)).await;
    decision.go_up_to(owner, "decision_quality").await;
    let quality = decision.step("decision_quality");
    assert_eq!(bob.get(&quality).await.status, 200, "the owner's tier has it");
    lacks(
        &bob.get(&format!("/api/sessions/{}/export", decision.session))
            .await,
        "export",
        "monthly",
    );
    give(&app, owner, json!({"tier": "free"})).await;
    give(&app, &bob, json!({"tier": "annual"})).await;
    lacks(&bob.get(&quality).await, "decision_quality", "monthly");
    let export = bob
        .get(&format!("/api/sessions/{}/export", decision.session))
        .await;
    assert_eq!(export.status, 200);
}

#[tokio::test]
async fn after_its_end_everything_can_be_read_and_nothing_changed() {
    let app = app().await;
    let bob = app.user("Bob").await;
    let decision = Decision::up_to(&bob, "Which office?", 1, "issue_raising").await;
    let session = format!("/api/sessions/{}", decision.session);
    let link = made(bob.post(&format!("{session}/share-links"), json!({})).await, 201);
    let document = file_of(&bob, &decision).await;
    give(
        &app,
        &bob,
        json!({"tier": "annual", "valid_until": "2020-01-01T00:00:00Z"}),
    )
    .await;

    let own = made_of(&bob, "/api/membership").await;
    assert_eq!(
        (&own["tier"], &own["has_ended"]),
        (&json!("annual"), &json!(true))
    );
    let cycle = format!("/api/cycles/{}", decision.cycle);
    for path in [
        session.clone(),
        cycle.clone(),
        format!("{session}/export"),
        "/api/sessions".to_owned(),
    ] {
        assert_eq!(bob.get(&path).await.status, 200, "{path}");
    }
    let step = decision.step("problem_frame");
    let component = decision.component("issue_raising");
    let writes = [
        (
            "POST",
            "/api/sessions".to_owned(),
            json!({"title": "Another one"}),
        ),
        ("POST", "/api/sessions/import".to_owned(), document),
        ("PATCH", session.clone(), json!({"title": "Another name"})),
        ("DELETE", session.clone(), Value::Null),
        ("POST", format!("{session}/cycles"), json!({})),
        ("POST", format!("{session}/share-links"), json!({})),
        (
            "DELETE",
            format!("{session}/share-links/{}", text(&link["id"])),
            Value::Null,
        ),
        (
            "POST",
            format!("{cycle}/branch"),
            json!({"branch_point": "issue_raising"}),
        ),
        (
            "POST",
            format!("{cycle}/navigate"),
            json!({"to": "issue_raising"}),
        ),
        ("POST", format!("{cycle}/archive"), json!({})),
        ("POST", format!("{step}/start"), json!({})),
        (
            "POST",
            format!("{cycle}/tools/add_note"),
            json!({"parameters": {"text": "A note"}}),
        ),
        (
            "POST",
            format!("/api/components/{component}/messages"),
            json!({"content": "Hello"}),
        ),
    ];
    for (method, path, body) in writes {
        let refused = match method {
            "POST" => bob.post(&path, body).await,
            "PATCH" => bob.patch(&path, body).await,
            _ => bob.delete(&path).await,
        };
        assert_eq!(
            refused.refusal(),
            (403, "membership_expired"),
            "{method} {path}: {}",
            refused.text
        );
    }
    give(&app, &bob, json!({})).await;
    assert_eq!(bob.post(&format!("{step}/start"), json!({})).await.status, 200);
}

#[tokio::test]
async fn without_a_membership_everything_is_denied_and_open_pages_end() {
    let app = app().await;
    let bob = app.user("Bob").await;
    let decision = Decision::begin(&bob, "Which office?", 1).await;
    let session = format!("/api/sessions/{}", decision.session);
    let mut socket = bob.socket(&format!("{session}/live")).await;
    socket.next_of("connected").await;
    give(&app, &bob, json!({"tier": "none"})).await;
    assert_eq!(socket.closed().await, Some(1008));
    let cycle = format!("/api/cycles/{}", decision.cycle);
    for path in ["/api/sessions", &session, &cycle, &format!("{session}/dashboard")] {
        assert_eq!(
            bob.get(path).await.refusal(),
            (403, "membership_required"),
            "{path}"
        );
    }
    assert_eq!(begin(&bob).await.refusal(), (403, "membership_required"));
    let own = made_of(&bob, "/api/membership").await;
    assert_eq!(
        (&own["tier"], &own["limits"]["active_sessions"]),
        (&json!("none"), &json!(0))
    );
    let eve = app.user("Eve").await;
    assert_eq!(
        eve.get(&session).await.refusal(),
        (404, "session_not_found"),
        "others learn nothing"
    );
}

#[tokio::test]
async fn keys_and_rates_follow_the_callers_tier() {
    let app = app().await;
    let bob = app.user("Bob").await;
    let key = json!({"name": "A program", "scopes": ["*"], "workspaces": []});
    let token = text(&made(bob.post("/api/api-keys", key).await, 201)["token"]);
    let header = [("authorization", format!("Bearer {token}"))];
    let header = [(header[0].0, header[0].1.as_str())];
    let by_key = async || app.anonymous().send("GET", "/api/sessions", &header, None).await;
    assert_eq!(by_key().await.status, 200);
    give(&app, &bob, json!({"tier": "monthly"})).await;
    lacks(&by_key().await, "api_keys", "annual");
    assert_eq!(made_of(&bob, "/api/rate-limits").await["tier"], "monthly");
    give(&app, &bob, json!({})).await;
    assert_eq!(by_key().await.status, 200);
    assert_eq!(made_of(&bob, "/api/rate-limits").await["tier"], "annual");
}

#[tokio::test]
async fn the_default_of_the_instance_applies_to_whoever_has_no_tier() {
    let app = TestApp::start_set_up_with(crate::BINARY, &[("ALTHING_MEMBERSHIP_DEFAULT_TIER", "free")]).await;
    let bob = app.user("Bob").await;
    assert_eq!(made_of(&bob, "/api/membership").await["tier"], "free");
    assert_eq!(
        made_of(&bob, "/api/membership/limits").await["active_sessions"],
        3
    );
    for _ in 0..3 {
        made(begin(&bob).await, 201);
    }
    is_full(&begin(&bob).await, "session_limit_reached", 3);
    give(&app, &bob, json!({"tier": "annual"})).await;
    let session = text(&made(begin(&bob).await, 201)["id"]);
    for _ in 0..6 {
        let cycle = made(another_cycle(&bob, &session).await, 201);
        assert_eq!(components_of(&cycle).len(), 9);
    }
    let stats = made_of(app.owner(), "/api/membership/stats").await;
    assert_eq!(
        (&stats["default_tier"], &stats["annual"], &stats["without_tier"]),
        (&json!("free"), &json!(1), &json!(1))
    );
    let audit = made_of(app.owner(), "/api/admin/audit?kind=identity.user_tier_changed").await;
    assert_eq!(
        (&audit[0]["old"], &audit[0]["new"]),
        (&json!("default"), &json!("annual"))
    );
}
