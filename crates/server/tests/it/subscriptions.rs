//! Every subscription of the product, whichever there are: events twice, late, or not at all for a while.
//!
//! The list comes from the modules themselves, so a new subscription is rehearsed without a word here.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::SystemTime;

use althing_backbone::kit::Rehearsal;
use althing_backbone::{Backbone, Db, Subscription};
use althing_server::composition::modules;
use althing_server::config::{Config, Flags};
use althing_testkit::{Client, TestApp};
use serde_json::{Value, json};

use crate::office::{Decision, STEPS, eventually, made, settled, text};
use crate::{BINARY, app};

fn config() -> Config {
    Config::resolve(&Flags::default(), &BTreeMap::new()).expect("the defaults are valid")
}

/// Of all modules, made anew.
fn subscriptions() -> Vec<Subscription> {
    modules(&config())
        .into_iter()
        .flat_map(|module| module.into_parts().subscriptions)
        .collect()
}

#[test]
fn names_are_used_once_and_every_one_listens_to_something() {
    let all = subscriptions();
    let names: HashSet<&str> = all.iter().map(Subscription::name).collect();
    assert_eq!(names.len(), all.len(), "{names:?}");
    assert!(all.iter().all(|one| one.event_types().next().is_some()));
}

/// A whole decision by forms and by talk, two branches, an outcome and an import; a second person; and the end of it all.
async fn everything_that_happens(app: &TestApp) {
    let owner = app.owner();
    let decision = Decision::begin(owner, "Which office?", 1).await;
    for step in STEPS {
        decision.start(owner, step).await;
        if step == "notes_next_steps" {
            decision.say(owner, step, "- Does Montana allow dogs?").await;
            let confirm = format!("/api/components/{}/draft/confirm", decision.component(step));
            made(owner.post(&confirm, json!({"expected_version": 1})).await, 200);
        }
        decision.save(owner, step, decision.output(step)).await;
        decision.say(owner, step, "What do you think?").await;
        dismiss(owner, decision.component(step)).await;
        if matches!(step, "objectives" | "consequences") {
            made(
                owner
                    .post(
                        &format!("{}/revise", decision.step(step)),
                        json!({"reason": "something was forgotten"}),
                    )
                    .await,
                200,
            );
            decision.save(owner, step, decision.output(step)).await;
        }
        if step != "notes_next_steps" {
            decision.complete(owner, step).await;
        }
    }
    let component = decision.component("notes_next_steps").to_owned();
    made(
        owner
            .post_empty(&format!("/api/components/{component}/regenerate"))
            .await,
        200,
    );
    dismiss(owner, &component).await;
    decision
        .tool(owner, "add_note", json!({"text": "By a tool"}))
        .await;
    let revisit =
        json!({"component": "objectives", "reason": "Cost", "priority": "high", "trigger": "a visit"});
    decision.tool(owner, "suggest_revisit", revisit).await;
    let cycle = format!("/api/cycles/{}", decision.cycle);
    for point in ["consequences", "problem_frame"] {
        let branch = made(
            owner
                .post(&format!("{cycle}/branch"), json!({"branch_point": point}))
                .await,
            201,
        );
        made(
            owner
                .post(
                    &format!("/api/cycles/{}/navigate", text(&branch["id"])),
                    json!({"to": "issue_raising"}),
                )
                .await,
            200,
        );
        if point == "problem_frame" {
            made(
                owner
                    .post(&format!("/api/cycles/{}/archive", text(&branch["id"])), json!({}))
                    .await,
                200,
            );
        }
    }
    decision.complete(owner, "notes_next_steps").await;
    made(owner.post(&format!("{cycle}/complete"), json!({})).await, 200);
    let session = format!("/api/sessions/{}", decision.session);
    let outcome = json!({"cycle_id": decision.cycle, "satisfaction": "satisfied", "would_decide_same": true});
    made(owner.post(&format!("{session}/outcomes"), outcome).await, 201);
    made(
        owner
            .patch(&session, json!({"title": "The office", "description": null}))
            .await,
        200,
    );
    for names in [
        json!({"first_name": "Augusta"}),
        json!({"last_name": "King"}),
        json!({"first_name": "Ada", "last_name": "Noel"}),
    ] {
        made(owner.patch("/api/me", names).await, 200);
    }
    let links = format!("{session}/share-links");
    let link = made(owner.post(&links, json!({})).await, 201);
    let revoke = format!("{links}/{}", text(&link["id"]));
    assert_eq!(owner.delete(&revoke).await.status, 204);
    let file = owner.get(&format!("{session}/export")).await.body;
    let bob = app.user("Bob").await;
    a_workspace_comes_and_goes(owner, &bob).await;
    an_account_moves_and_goes(app).await;
    an_account_is_closed_and_opened(app).await;
    made(bob.post("/api/sessions/import", file).await, 201);
    assert_eq!(owner.delete(&session).await.status, 204);
    settled(owner).await;
}

/// Cid is suspended and comes back, chooses another password, has a key for a while and signs out.
async fn an_account_is_closed_and_opened(app: &TestApp) {
    let owner = app.owner();
    let account = format!("/api/admin/users/{}", app.user("Cid").await.user_id());
    for act in ["suspend", "reactivate"] {
        let done = owner.post(&format!("{account}/{act}"), json!({})).await;
        assert_eq!(done.status, 204, "{act}: {}", done.text);
    }
    for tier in [json!({"tier": "free"}), json!({})] {
        let done = owner.put(&format!("{account}/tier"), tier).await;
        assert_eq!(done.status, 204, "{}", done.text);
    }
    let mut cid = app.sign_in("cid@example.org").await;
    let key = json!({"name": "A program", "scopes": ["*"], "workspaces": []});
    let key = made(cid.post("/api/api-keys", key).await, 201);
    let key = format!("/api/api-keys/{}", text(&key["key"]["id"]));
    made(cid.patch(&key, json!({"name": "Another one"})).await, 200);
    assert_eq!(cid.post_empty(&format!("{key}/revoke")).await.status, 204);
    let new = json!({"password": "another horse battery", "confirmation": "another horse battery"});
    let changed = cid.put("/api/me/password", new).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    cid.adopt(&changed);
    assert_eq!(cid.post_empty("/api/auth/logout").await.status, 204);
}

/// Bob is invited, again, declines; is invited and comes, changes roles, is taken out; an invitation is taken back.
async fn a_workspace_comes_and_goes(owner: &Client, bob: &Client) {
    // Half a day away: what is tried again an hour later must not meet another day.
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let choice = json!({
        "channels": {"role_changed": "digest", "workspace_member_removed": "mail"},
        "digest_hour": (since_1970.as_secs() / 3600 + 12) % 24,
    });
    made(bob.put("/api/me/notification-preferences", choice).await, 200);
    let made_here = made(
        owner.post("/api/workspaces", json!({"name": "Engines"})).await,
        201,
    );
    let workspace = format!("/api/workspaces/{}", text(&made_here["slug"]));
    made(
        owner
            .patch(&workspace, json!({"name": "Analytical engines"}))
            .await,
        200,
    );
    let invite = async || {
        let invited = json!({"email": "bob@example.org", "role": "member"});
        let invited = made(owner.post(&format!("{workspace}/members"), invited).await, 201);
        text(&invited["member"]["id"])
    };
    let declined = invite().await;
    made(
        owner
            .post_empty(&format!("{workspace}/invitations/{declined}/resend"))
            .await,
        200,
    );
    let no = bob
        .post_empty(&format!("{workspace}/invitations/{declined}/decline"))
        .await;
    assert_eq!(no.status, 204, "{}", no.text);
    let revoked = invite().await;
    let back = owner
        .post_empty(&format!("{workspace}/invitations/{revoked}/revoke"))
        .await;
    assert_eq!(back.status, 204, "{}", back.text);
    let place = invite().await;
    settled(owner).await;
    let newest = bob.get("/api/notifications").await.data()[0]["id"].clone();
    let accept = format!("/api/notifications/{}/actions/accept", text(&newest));
    made(bob.post_empty(&accept).await, 200);
    let yes = bob
        .post_empty(&format!("{workspace}/invitations/{place}/accept"))
        .await;
    assert!(
        matches!(yes.status, 200 | 404),
        "the notification's answer may have been quicker: {}",
        yes.text
    );
    settled(owner).await;
    let member = format!("{workspace}/members/{place}");
    made(owner.patch(&member, json!({"role": "admin"})).await, 200);
    assert_eq!(owner.delete(&member).await.status, 204);
    settled(owner).await;
    assert_eq!(bob.post_empty("/api/notifications/read-all").await.status, 204);
    for act in ["archive", "restore", "archive"] {
        made(owner.post_empty(&format!("{workspace}/{act}")).await, 200);
    }
    one_is_handed_over_and_deleted(owner, bob).await;
}

/// Carl is invited before he has an account, at two addresses; he moves from one to the other, and goes.
async fn an_account_moves_and_goes(app: &TestApp) {
    let owner = app.owner();
    made(owner.post("/api/workspaces", json!({"name": "Looms"})).await, 201);
    for email in ["carl@example.org", "carla@example.org", "nobody@example.org"] {
        let invited = json!({"email": email, "role": "member"});
        made(owner.post("/api/workspaces/looms/members", invited).await, 201);
    }
    let carl = app.user("Carl").await;
    settled(owner).await;
    let moves = json!({"email": "carla@example.org"});
    made(carl.put("/api/me/email", moves).await, 202);
    let path = format!("/api/admin/users/{}/email-link", text(&carl.user()["id"]));
    let link = text(&made(owner.post_empty(&path).await, 200)["link"]);
    let token = link.split_once('#').expect("a secret behind the #").1;
    made(
        app.anonymous()
            .post("/api/auth/email/confirm", json!({ "token": token }))
            .await,
        200,
    );
    settled(owner).await;
    let waiting = carl.get("/api/invitations").await.data()[0].clone();
    let accept = format!(
        "/api/workspaces/looms/invitations/{}/accept",
        text(&waiting["id"])
    );
    made(carl.post_empty(&accept).await, 200);
    begins(&carl, json!({"title": "Whether to stay"})).await;
    others_go_on(owner).await;
    let settings = json!({"registration_mode": "closed"});
    made(owner.patch("/api/admin/settings", settings).await, 200);
    let gone = carl.delete("/api/me").await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    settled(owner).await;
}

/// With no days of grace it is gone for good a moment later.
async fn one_is_handed_over_and_deleted(owner: &Client, bob: &Client) {
    let made_here = made(
        owner.post("/api/workspaces", json!({"name": "Difference"})).await,
        201,
    );
    let ws = "/api/workspaces/difference";
    let invitation = json!({"email": "bob@example.org", "role": "admin"});
    let invited = made(owner.post(&format!("{ws}/members"), invitation).await, 201);
    let bobs = text(&invited["member"]["id"]);
    let accept = format!("{ws}/invitations/{bobs}/accept");
    made(bob.post_empty(&accept).await, 200);
    let transfer = json!({"member_id": bobs});
    made(owner.post(&format!("{ws}/transfer"), transfer).await, 200);
    begins(
        owner,
        json!({"title": "Where to meet", "workspace_id": made_here["id"], "visibility": "workspace"}),
    )
    .await;
    others_go_on(owner).await;
    made(bob.post_empty(&format!("{ws}/archive")).await, 200);
    let confirm = json!({"confirm": "difference"}).to_string().into_bytes();
    made(bob.send("DELETE", ws, &[], Some(confirm)).await, 200);
    eventually(async || (bob.get(ws).await.status == 404).then_some(())).await;
}

/// A session with a link, and a cycle whose first step is begun.
async fn begins(client: &Client, session: Value) {
    let session = text(&made(client.post("/api/sessions", session).await, 201)["id"]);
    let link = format!("/api/sessions/{session}/share-links");
    made(client.post(&link, json!({})).await, 201);
    let cycle = format!("/api/sessions/{session}/cycles");
    let cycle = text(&made(client.post(&cycle, json!({})).await, 201)["id"]);
    let step = format!("/api/cycles/{cycle}/components/issue_raising");
    made(client.post_empty(&format!("{step}/start")).await, 200);
}

/// The newest frame of all is then none of a session that is purged: that one would stay, empty, and a rebuild leaves it out.
async fn others_go_on(owner: &Client) {
    settled(owner).await;
    let session = json!({"title": "What to have for lunch"});
    made(owner.post("/api/sessions", session).await, 201);
    settled(owner).await;
}

async fn dismiss(client: &Client, component: &str) {
    let reply = client
        .post_empty(&format!("/api/components/{component}/draft/dismiss"))
        .await;
    assert!(matches!(reply.status, 204 | 404), "{}", reply.text);
}

/// A short decision with a branch.
async fn a_little(app: &TestApp) {
    let owner = app.owner();
    let decision = Decision::up_to(owner, "Which office?", 2, "problem_frame").await;
    decision.start(owner, "objectives").await;
    decision.say(owner, "objectives", "- Short ways").await;
    let path = format!(
        "/api/components/{}/draft/confirm",
        decision.component("objectives")
    );
    made(owner.post(&path, json!({"expected_version": 1})).await, 200);
    decision.complete(owner, "objectives").await;
    made(
        owner
            .post(
                &format!("/api/cycles/{}/branch", decision.cycle),
                json!({"branch_point": "objectives"}),
            )
            .await,
        201,
    );
    settled(owner).await;
}

/// The program's log, opened in this process while no server runs.
async fn populated(happens: impl AsyncFn(&TestApp)) -> (TestApp, Backbone) {
    let mut app = TestApp::start_set_up_with(BINARY, &[("ALTHING_WORKSPACE_PURGE_DAYS", "0")]).await;
    happens(&app).await;
    assert!(app.stop().await.success());
    let db = Db::at(&app.database())
        .await
        .unwrap()
        .temporary_copy()
        .await
        .unwrap();
    let backbone = Backbone::builder(db)
        .subscribe_all(subscriptions())
        .start()
        .await
        .unwrap();
    (app, backbone)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_subscription_ends_in_the_same_state_whether_events_come_twice_or_late() {
    let (_app, backbone) = populated(everything_that_happens).await;
    let types: BTreeSet<String> = backbone
        .log()
        .select(&althing_backbone::Selection {
            limit: 100_000,
            ..Default::default()
        })
        .await
        .unwrap()
        .iter()
        .map(|event| event.event_type.to_string())
        .collect();
    // Frames are numbered in the order in which they come.
    let rehearsal = Rehearsal::of(&backbone, subscriptions)
        .await
        .ignoring("session_frame.number")
        .ignoring("session_frame.seq");
    let all: Vec<String> = subscriptions().iter().map(|one| one.name().to_owned()).collect();
    assert_eq!(
        rehearsal.subscriptions().await,
        all,
        "something in the log concerns each of them"
    );
    // What the script leaves out nobody would rehearse. No invitation runs out while it lasts,
    // and nobody comes from elsewhere: that is in `sso`.
    let not_yet = [
        "identity.invitation_expired",
        "identity.external_identity_linked",
        "identity.external_identity_unlinked",
    ];
    let missing: Vec<String> = subscriptions()
        .iter()
        .flat_map(|one| one.event_types().map(str::to_owned).collect::<Vec<_>>())
        .filter(|event_type| !types.contains(event_type))
        .filter(|event_type| !not_yet.contains(&event_type.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?} did not happen");
    let mut faults = Vec::new();
    for name in &all {
        for (how, comparison) in [
            ("twice", rehearsal.deliver_twice(name).await),
            ("late", rehearsal.deliver_late(name).await),
            ("after a panic", rehearsal.panic_in_handler(name).await),
        ] {
            println!(
                "{name} {how}: {} rounds, {} differences",
                comparison.rounds(),
                comparison.differences().len()
            );
            faults.extend(
                comparison
                    .differences()
                    .iter()
                    .take(8)
                    .map(|text| format!("{name} {how}: {text}")),
            );
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    backbone.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_crash_of_a_subscription_loses_or_doubles_anything() {
    let (_app, backbone) = populated(a_little).await;
    let rehearsal = Rehearsal::of(&backbone, subscriptions).await;
    let mut faults = Vec::new();
    for name in rehearsal.subscriptions().await {
        let comparison = rehearsal.crash_at_every_point(&name).await;
        println!(
            "{name}: {} crashes, {} differences",
            comparison.rounds(),
            comparison.differences().len()
        );
        faults.extend(
            comparison
                .differences()
                .iter()
                .take(8)
                .map(|text| format!("{name}: {text}")),
        );
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    backbone.stop().await;
}

/// What people read of a decision, without what tells of the reading itself.
async fn views(client: &Client, decision: &Decision) -> Vec<Value> {
    let session = format!("/api/sessions/{}", decision.session);
    let cycle = format!("/api/cycles/{}", decision.cycle);
    let mut all = Vec::new();
    for path in [
        format!("{session}/dashboard"),
        format!("{session}/cycle-tree"),
        cycle.clone(),
        format!("{cycle}/document"),
        format!("{cycle}/document/history"),
        format!("{cycle}/analysis"),
        format!("{session}/cycles"),
        format!("{session}/export"),
    ] {
        let reply = client.get(&path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        let mut body = reply.body;
        if path.ends_with("/dashboard") {
            for transient in ["freshness", "snapshotVersion", "lastUpdated"] {
                body["data"].as_object_mut().unwrap().shift_remove(transient);
            }
        }
        if path.ends_with("/export") {
            // Conversations are made by a subscription.
            body.as_object_mut()
                .unwrap()
                .retain(|field, _| field != "exported_at" && field != "conversations");
        }
        all.push(body);
    }
    all
}

#[tokio::test]
async fn with_delivery_paused_commands_work_and_views_are_right_and_afterwards_everything_catches_up() {
    let app = app().await;
    let owner = app.owner();
    let names: Vec<String> = subscriptions().iter().map(|one| one.name().to_owned()).collect();
    for name in &names {
        assert_eq!(
            owner
                .post_empty(&format!("/api/admin/subscriptions/{name}/pause"))
                .await
                .status,
            204
        );
    }
    let decision = Decision::up_to(owner, "Which office?", 1, "decision_quality").await;
    decision.start(owner, "notes_next_steps").await;
    let cycle = format!("/api/cycles/{}", decision.cycle);
    let branch = made(
        owner
            .post(
                &format!("{cycle}/branch"),
                json!({"branch_point": "consequences", "label": "Late"}),
            )
            .await,
        201,
    );
    let paused = owner.get("/api/admin/subscriptions").await;
    assert!(
        paused
            .data()
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["status"] == "paused"),
        "{}",
        paused.text
    );

    let overview = made(
        owner
            .get(&format!(
                "/api/sessions/{}/dashboard?cycleId={}",
                decision.session, decision.cycle
            ))
            .await,
        200,
    );
    assert_eq!(
        overview["totals"]["leaders"],
        json!([decision.alternative(3)]),
        "{overview}"
    );
    assert_eq!(
        (&overview["dqScore"], &overview["cycleCount"]),
        (&json!(70), &json!(2))
    );
    assert_eq!(overview["progress"]["completed"], 8);
    assert_eq!(
        overview["decisionStatement"],
        "Choose the office that we rent from July on."
    );
    let document = made(owner.get(&format!("{cycle}/document")).await, 200);
    let markdown = text(&document["markdown"]);
    assert!(
        markdown.contains("Montana 語") && markdown.contains("Choose the office that we rent from July on."),
        "{markdown}"
    );
    let tree = made(
        owner
            .get(&format!("/api/sessions/{}/cycle-tree", decision.session))
            .await,
        200,
    );
    assert_eq!(tree[0]["children"][0]["cycleId"], branch["id"]);
    let conversation = owner
        .get(&format!(
            "/api/components/{}/conversation",
            decision.component("objectives")
        ))
        .await;
    assert_eq!(conversation.refusal(), (404, "conversation_not_found"));
    let before = views(owner, &decision).await;

    for name in &names {
        assert_eq!(
            owner
                .post_empty(&format!("/api/admin/subscriptions/{name}/resume"))
                .await
                .status,
            204
        );
    }
    settled(owner).await;
    assert_eq!(views(owner, &decision).await, before);
    let conversation = decision.conversation(owner, "objectives").await;
    assert_eq!(
        (&conversation["state"], &conversation["component_type"]),
        (&json!("complete"), &json!("objectives"))
    );
    assert_eq!(
        decision.conversation(owner, "notes_next_steps").await["state"],
        "ready"
    );
    let session = made(
        owner.get(&format!("/api/sessions/{}", decision.session)).await,
        200,
    );
    assert_eq!(
        (&session["cycle_ids"], &session["dq_score"]),
        (&json!([decision.cycle, branch["id"]]), &json!(70))
    );
    // Frames, activity and scores came, once each and in order.
    let activity = owner
        .get(&format!("/api/sessions/{}/activity?limit=100", decision.session))
        .await;
    let kinds: Vec<&str> = activity
        .data()
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["event_type"].as_str().unwrap())
        .collect();
    for event_type in ["pugh_scores.computed", "tradeoffs.analyzed", "dq_scores.computed"] {
        assert_eq!(
            kinds.iter().filter(|kind| **kind == event_type).count(),
            1,
            "{kinds:?}"
        );
    }
    assert_eq!(
        kinds
            .iter()
            .filter(|kind| **kind == "conversation.started")
            .count(),
        10,
        "{kinds:?}"
    );
    let rest = owner.get("/api/admin/dead-letters").await;
    assert_eq!(rest.data(), &json!([]));
}
