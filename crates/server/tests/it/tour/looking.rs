//! The part of the tour in which people look: analysis, document, views, operations, the front door.

use althing_testkit::TestApp;
use serde_json::{Value, json};

use super::Tourist;
use crate::office::{made, settled, text};
use crate::outputs::{self, COST, KOELN, id};
use crate::walk::Walk;

pub async fn see_what_follows(tourist: &Tourist, walk: &Walk) {
    let (cycle, session) = (walk.cycle.as_str(), walk.session.as_str());
    assert_eq!(
        tourist.get("/api/cycles/{id}/analysis", &[cycle]).await["pugh"]["best_alternative"],
        id(KOELN)
    );
    let cell = format!("?alt={}&obj={}", id(KOELN), id(COST));
    let entries = tourist
        .ask("/api/cycles/{id}/analysis/sensitivity", &[cycle], &cell)
        .await;
    assert_eq!(entries["entries"].as_array().map(Vec::len), Some(4));
    let quantities = tourist
        .post(
            "/api/cycles/{id}/analysis/quantities",
            &[cycle],
            json!({"tolerances": {id(COST): "50"}}),
            200,
        )
        .await;
    assert_eq!(quantities["complete"], true);
    let document = tourist.get("/api/cycles/{id}/document", &[cycle]).await;
    assert_eq!(text(&document["checksum"]).len(), 64);
    let first = tourist
        .ask("/api/cycles/{id}/document", &[cycle], "?version=3")
        .await;
    assert_eq!(first["version"], 3);
    let history = tourist.get("/api/cycles/{id}/document/history", &[cycle]).await;
    assert_eq!(history[0]["version"], document["version"]);
    let file = tourist
        .go(
            "GET",
            "/api/cycles/{id}/document/export",
            &[cycle],
            "?format=html",
            None,
        )
        .await;
    assert!(file.status == 200 && file.text.starts_with("<!"), "{}", file.text);
    settled(&tourist.client).await;
    assert_eq!(
        tourist
            .ask(
                "/api/sessions/{id}/dashboard",
                &[session],
                &format!("?cycleId={cycle}")
            )
            .await["cycleId"],
        cycle
    );
    let activity = tourist
        .ask("/api/sessions/{id}/activity", &[session], "?limit=5")
        .await;
    assert_eq!(activity.as_array().map(Vec::len), Some(5));
    assert!(
        activity
            .as_array()
            .expect("a list")
            .iter()
            .all(|one| one["summary"].as_str().is_some_and(|summary| !summary.is_empty()))
    );
    tourist.upgrade("/api/sessions/{id}/live", session).await;
    see_links(tourist, session).await;
}

async fn see_links(tourist: &Tourist, session: &str) {
    let links = "/api/sessions/{id}/share-links";
    let link = tourist.post(links, &[session], json!({}), 201).await;
    assert_eq!(tourist.get(links, &[session]).await[0]["id"], link["id"]);
    let shown = json!({"token": link["token"]});
    let pass = tourist.post("/api/share-links/exchange", &[], shown, 200).await;
    assert_eq!(pass["session_id"], session);
    let one = "/api/sessions/{id}/share-links/{linkId}";
    let parts = [session, &text(&link["id"])];
    assert_eq!(tourist.go("DELETE", one, &parts, "", None).await.status, 204);
}

pub async fn see_the_end(tourist: &Tourist, walk: &Walk) {
    let (cycle, session) = (walk.cycle.as_str(), walk.session.as_str());
    walk.fill("decision_quality", outputs::full("decision_quality"))
        .await;
    assert_eq!(
        tourist
            .post("/api/cycles/{id}/complete", &[cycle], json!({}), 200)
            .await["dq_score"],
        65
    );
    let outcome = json!({"cycle_id": cycle, "satisfaction": "satisfied", "would_decide_same": true});
    tourist
        .post("/api/sessions/{id}/outcomes", &[session], outcome, 201)
        .await;
    assert_eq!(
        tourist.get("/api/sessions/{id}/outcomes", &[session]).await[0]["satisfaction"],
        "satisfied"
    );
    let child = tourist
        .post(
            "/api/cycles/{id}/branch",
            &[cycle],
            json!({"branch_point": "tradeoffs"}),
            201,
        )
        .await;
    let child = text(&child["id"]);
    assert_eq!(
        tourist.get("/api/sessions/{id}/cycle-tree", &[session]).await[0]["children"][0]["cycleId"],
        child.as_str()
    );
    let compared = tourist
        .ask(
            "/api/sessions/{id}/compare",
            &[session],
            &format!("?cycles={cycle},{child}"),
        )
        .await;
    assert_eq!(compared["cycles"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        tourist
            .post("/api/cycles/{id}/archive", &[&child], json!({}), 200)
            .await["status"],
        "archived"
    );
    let file = tourist
        .go("GET", "/api/sessions/{id}/export", &[session], "", None)
        .await;
    let copy = tourist.post("/api/sessions/import", &[], file.body, 201).await;
    let copy = text(&copy["id"]);
    assert_eq!(
        tourist
            .go("DELETE", "/api/sessions/{id}", &[&copy], "", None)
            .await
            .status,
        204
    );
    assert_eq!(
        tourist.get("/api/sessions/{id}", &[&copy]).await["status"],
        "archived"
    );
}

/// Flora invites the tourist, who declines; and the choice of how to be told.
pub async fn see_notifications(app: &TestApp, tourist: &Tourist) {
    let flora = app.user("Flora").await;
    let engines = made(
        flora.post("/api/workspaces", json!({"name": "Engines"})).await,
        201,
    );
    let members = format!("/api/workspaces/{}/members", text(&engines["slug"]));
    let invited = json!({"email": "ada@example.org", "role": "member"});
    made(flora.post(&members, invited).await, 201);
    settled(&tourist.client).await;
    let list = tourist.get("/api/notifications", &[]).await;
    assert_eq!(list[0]["title"], "Invitation to Engines");
    let id = text(&list[0]["id"]);
    let count = tourist.get("/api/notifications/unread-count", &[]).await;
    assert_eq!(count["unread"], 1);
    let unread = tourist.socket("/api/notifications/live").await.next().await;
    assert_eq!(unread["data"]["unread"], 1);
    assert_eq!(
        tourist.get("/api/notifications/{id}", &[&id]).await["read"],
        false
    );
    let read = tourist
        .post("/api/notifications/{id}/read", &[&id], json!({}), 200)
        .await;
    assert_eq!(read["read"], true);
    let declined = tourist
        .post("/api/notifications/{id}/actions/decline", &[&id], json!({}), 200)
        .await;
    assert_eq!(declined["action"], "declined");
    let accept = "/api/notifications/{id}/actions/accept";
    let too_late = tourist.go("POST", accept, &[&id], "", Some(json!({}))).await;
    assert_eq!(too_late.refusal(), (409, "already_acted"));
    let all = tourist
        .go("POST", "/api/notifications/read-all", &[], "", None)
        .await;
    assert_eq!(all.status, 204);
    let preferences = "/api/me/notification-preferences";
    assert_eq!(tourist.get(preferences, &[]).await["digest_hour"], 7);
    let chosen = tourist
        .go("PUT", preferences, &[], "", Some(json!({"digest_hour": 9})))
        .await;
    assert_eq!(chosen.data()["digest_hour"], 9);
    let link = "/api/notifications/unsubscribe";
    let opened = tourist.go("GET", link, &[], "?token=x", None).await;
    assert_eq!(opened.status, 303);
    let sent = tourist.go("POST", link, &[], "?token=x", None).await;
    assert_eq!(sent.refusal(), (422, "invalid_token"));
    see_sign_in_providers(tourist).await;
    assert_eq!(tourist.get("/api/admin/mail", &[]).await["is_on"], false);
    let test = tourist.go("POST", "/api/admin/mail/test", &[], "", None).await;
    assert_eq!(test.refusal(), (409, "mail_off"));
}

/// None of them answers: what happens with one that does has tests of its own.
async fn see_sign_in_providers(tourist: &Tourist) {
    let providers = "/api/admin/oidc-providers";
    let one = "/api/admin/oidc-providers/{id}";
    let nowhere = json!({"label": "Nowhere", "issuer": "http://127.0.0.1:9", "client_id": "a"});
    let made = tourist.post(providers, &[], nowhere, 201).await;
    let id = text(&made["id"]);
    assert_eq!(tourist.get(providers, &[]).await[0]["slug"], "nowhere");
    let renamed = tourist
        .go("PATCH", one, &[&id], "", Some(json!({"label": "Elsewhere"})))
        .await;
    assert_eq!(renamed.data()["label"], "Elsewhere");
    let test = "/api/admin/oidc-providers/{id}/test";
    let tested = tourist.go("POST", test, &[&id], "", None).await;
    assert_eq!(tested.refusal(), (502, "sso_failed"));
    let identities = "/api/me/identities";
    let link = json!({"provider": "nowhere"});
    let linked = tourist.go("POST", identities, &[], "", Some(link)).await;
    assert_eq!(linked.refusal(), (502, "sso_failed"));
    assert_eq!(tourist.get(identities, &[]).await, json!([]));
    let unlinked = tourist
        .go("DELETE", "/api/me/identities/{id}", &[&id], "", None)
        .await;
    assert_eq!(unlinked.refusal(), (404, "identity_not_found"));
    for (act, reason) in [("start", "unreachable"), ("callback", "expired")] {
        let route = format!("/api/auth/oidc/{{provider}}/{act}");
        let gone = tourist.go("GET", &route, &["nowhere"], "", None).await;
        let location = format!("/sign-in?error=sso_failed&reason={reason}");
        assert_eq!((gone.status, gone.header("location")), (303, location.as_str()));
    }
    assert_eq!(tourist.go("DELETE", one, &[&id], "", None).await.status, 204);
}

pub async fn see_operations(app: &TestApp, tourist: &Tourist, walk: &Walk) {
    settled(&tourist.client).await;
    let subscriptions = tourist.get("/api/admin/subscriptions", &[]).await;
    assert!(
        subscriptions
            .as_array()
            .expect("a list")
            .iter()
            .any(|one| one["name"] == "dashboard")
    );
    let limits = tourist.get("/api/rate-limits", &[]).await;
    assert_eq!(limits["tier"], "annual");
    let own = tourist.get("/api/membership", &[]).await;
    assert_eq!(
        (&own["tier"], &own["limits"]["active_sessions"]),
        (&json!("annual"), &Value::Null)
    );
    let limits = tourist.get("/api/membership/limits", &[]).await;
    assert_eq!(limits["tradeoff_analysis"], "full");
    let access = tourist.get("/api/membership/access", &[]).await;
    assert_eq!(access["create_session"], json!({"allowed": true}));
    let stats = tourist.get("/api/membership/stats", &[]).await;
    assert_eq!(
        (&stats["default_tier"], &stats["monthly"]),
        (&json!("annual"), &json!(0))
    );
    let signed_in = tourist
        .ask("/api/admin/audit", &[], "?kind=identity.user_logged_in")
        .await;
    assert!(signed_in[0]["person_id"].is_string(), "{signed_in}");
    let file = tourist
        .go("GET", "/api/admin/audit/export", &[], "?format=jsonl", None)
        .await;
    assert!(file.status == 200 && file.text.starts_with('{'), "{}", file.text);
    let instance = tourist.get("/api/admin/instance", &[]).await;
    let store = if app.database_url().is_some() {
        "postgres"
    } else {
        "sqlite"
    };
    assert_eq!(instance["store"], store);
    for act in ["pause", "resume", "rebuild"] {
        let route = format!("/api/admin/subscriptions/{{name}}/{act}");
        assert_eq!(
            tourist.go("POST", &route, &["dashboard"], "", None).await.status,
            204,
            "{act}"
        );
    }
    settled(&tourist.client).await;
    assert_eq!(
        tourist.get("/api/admin/dead-letters", &[]).await,
        json!([]),
        "nothing failed on the way"
    );
    for act in ["redeliver", "skip"] {
        let route = format!("/api/admin/dead-letters/{{id}}/{act}");
        let reply = tourist
            .go(
                "POST",
                &route,
                &["dashboard:1"],
                "",
                Some(json!({"reason": "old"})),
            )
            .await;
        assert!(matches!(reply.status, 404 | 422), "{act}: {}", reply.text);
    }
    let catalogue = tourist.get("/api/events/catalogue", &[]).await;
    assert!(
        catalogue
            .as_array()
            .expect("a list")
            .iter()
            .any(|event| event["event_type"] == "component.completed")
    );
    assert_eq!(walk.of_session("/dashboard").await["cycleCount"], 2);
    assert!(!app.log().contains("A tour"), "titles are in no log");
}

pub async fn see_doors(app: &TestApp, tourist: &Tourist) {
    let description = tourist.go("GET", "/api/openapi.json", &[], "", None).await;
    assert_eq!(
        (description.status, &description.body["openapi"]),
        (200, &json!("3.1.0"))
    );
    assert_eq!(
        tourist.get("/api/auth/methods", &[]).await["setup_required"],
        false
    );
    assert_eq!(
        tourist.get("/api/me", &[]).await["user"]["email"],
        "ada@example.org"
    );
    let again = json!({"first_name": "B", "last_name": "C", "email": "b@example.org", "password": "correct horse battery"});
    assert_eq!(
        tourist
            .go("POST", "/api/setup", &[], "", Some(again))
            .await
            .refusal(),
        (409, "setup_done")
    );
    let login = json!({"email": "ada@example.org", "password": althing_testkit::PASSWORD});
    tourist.post("/api/auth/login", &[], login, 200).await;
    see_own_account(app, tourist).await;
    assert_eq!(
        tourist.go("POST", "/api/auth/logout", &[], "", None).await.status,
        204
    );
    assert_eq!(
        app.owner().get("/api/me").await.refusal(),
        (401, "unauthenticated")
    );
}

async fn see_own_account(app: &TestApp, tourist: &Tourist) {
    let renamed = tourist
        .go(
            "PATCH",
            "/api/me",
            &[],
            "",
            Some(json!({"first_name": "Augusta"})),
        )
        .await;
    assert_eq!(renamed.data()["user"]["first_name"], "Augusta");
    let confirm = json!({"password": althing_testkit::PASSWORD});
    tourist.post("/api/auth/reauthenticate", &[], confirm, 204).await;
    let sessions = tourist.get("/api/me/sessions", &[]).await;
    let other = sessions
        .as_array()
        .expect("a list")
        .iter()
        .find(|session| session["current"] == false)
        .expect("signed in a moment ago");
    let ended = tourist
        .go(
            "DELETE",
            "/api/me/sessions/{id}",
            &[&text(&other["id"])],
            "",
            None,
        )
        .await;
    assert_eq!(ended.status, 204);

    // Bob does what would sign the tourist out.
    let bob = Tourist {
        client: app.user("Bob").await,
        reached: Default::default(),
    };
    let new = json!({"password": "a much better password", "confirmation": "a much better password"});
    let changed = bob
        .go("PUT", "/api/me/password", &[], "", Some(new.clone()))
        .await;
    assert_eq!(changed.data()["user"]["email"], "bob@example.org");
    let link = app
        .command(&["admin", "reset-password", "bob@example.org"])
        .await
        .stdout;
    let mut reset = new;
    reset["token"] = json!(link.trim().split_once('#').expect("a link").1);
    tourist.post("/api/auth/password/reset", &[], reset, 204).await;
    let reached = bob.reached.into_inner().expect("no panic");
    tourist.reached.lock().expect("no panic").extend(reached);
}
