//! A decision survives what happens to its server: killed, restarted with nothing in memory, its read model made anew.

use serde_json::{Value, json};

use crate::app;
use crate::office::{STEPS, made, settled, text};
use crate::open_page::OpenPage;
use crate::outputs;
use crate::talk::Talk;
use crate::walk::Walk;

/// Everything that can be seen of a decision, but for how fresh it is.
pub async fn views(walk: &Walk, other: &Walk) -> Vec<(String, Value)> {
    let mut views = Vec::new();
    for rest in [
        "",
        "/dashboard",
        "/cycle-tree",
        "/activity?limit=100",
        "/cycles",
        "/outcomes",
    ] {
        views.push((rest.to_owned(), walk.of_session(rest).await));
    }
    let both = format!("/compare?cycles={},{}", walk.cycle, other.cycle);
    views.push((both.clone(), walk.of_session(&both).await));
    for cycle in [walk, other] {
        for rest in [
            "",
            "/analysis",
            "/document",
            "/document/history?limit=100",
            "/tools/invocations",
            "/revisits",
        ] {
            views.push((rest.to_owned(), cycle.read(rest).await));
        }
        views.push(("dashboard".to_owned(), cycle.dashboard().await));
        for step in STEPS {
            views.push((
                step.to_owned(),
                cycle.read(&format!("/components/{step}/detail")).await,
            ));
        }
        let path = format!("/api/components/{}/conversation", cycle.component("consequences"));
        views.push((path.clone(), made(cycle.client.get(&path).await, 200)));
    }
    for (_, view) in &mut views {
        forget_freshness(view);
    }
    views
}

/// How fresh a view is depends on when it is read.
fn forget_freshness(view: &mut Value) {
    match view {
        Value::Object(fields) => {
            fields.shift_remove("freshness");
            fields.values_mut().for_each(forget_freshness);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_freshness),
        _ => {}
    }
}

pub fn assert_same(before: &[(String, Value)], after: &[(String, Value)]) {
    for ((name, before), (_, after)) in before.iter().zip(after) {
        assert_eq!(before, after, "{name}");
    }
}

/// A decision in the middle, with a branch, a talk and a draft.
pub async fn in_the_middle(client: &althing_testkit::Client) -> (Walk, Walk) {
    let walk = Walk::begin(client, "Wo wohnen wir? 🏠").await;
    for step in &STEPS[..4] {
        walk.fill(step, outputs::full(step)).await;
    }
    walk.start("consequences").await;
    let said = Talk::about(&walk, "consequences")
        .await
        .say("-1 längerer Weg")
        .await;
    assert!(!said.drawn.is_empty());
    let branch = walk.branch("alternatives", "später").await;
    made(
        branch.save("alternatives", outputs::full("alternatives")).await,
        200,
    );
    branch.start("consequences").await;
    made(
        branch.save("consequences", outputs::full("consequences")).await,
        200,
    );
    made(branch.complete("consequences").await, 200);
    let suggestion = json!({"parameters": {"component": "objectives", "reason": "something is missing", "priority": "high", "trigger": "talk"}});
    made(branch.post("tools/suggest_revisit", suggestion).await, 200);
    (walk, branch)
}

#[tokio::test]
async fn after_a_kill_everything_looks_as_before_and_goes_on() {
    let mut app = app().await;
    let (walk, branch) = in_the_middle(app.owner()).await;
    settled(app.owner()).await;
    let mut page = OpenPage::open(app.owner(), &walk.session).await;
    let before = views(&walk, &branch).await;
    assert_same(&before, &views(&walk, &branch).await);
    app.crash().await;
    settled(app.owner()).await;
    assert_same(&before, &views(&walk, &branch).await);

    // The draft is still there, and the talk goes on where it was.
    let talk = Talk::about(&walk, "consequences").await;
    assert_eq!(
        talk.draft().await["items"]
            .as_array()
            .map(|items| !items.is_empty()),
        Some(true)
    );
    let path = format!("/api/components/{}/messages", walk.component("consequences"));
    let answered = made(
        app.owner().post(&path, json!({"content": "+1 besser"})).await,
        201,
    );
    assert_eq!(answered["state"], "in_progress");
    assert!(
        text(&answered["reply"]["content"]).contains("besser"),
        "{answered}"
    );

    // What happened meanwhile reaches the page that was open, and nothing else.
    branch
        .fill(
            "tradeoffs",
            json!({"dominated_alternatives": [], "irrelevant_objectives": [], "tensions": []}),
        )
        .await;
    page.resume().await;
    page.is_right(app.owner()).await;
    assert!(page.frames.len() >= 7, "{:?}", page.frames.len());
    assert_eq!(page.frames[0]["type"], "message.sent");
    assert_eq!(
        page.last("tradeoffs.analyzed")["data"]["cycleId"],
        branch.cycle.as_str()
    );
    let finished = made(branch.post("navigate", json!({"to": "objectives"})).await, 200);
    assert_eq!(finished["current_step"], "objectives");
    page.is_right(app.owner()).await;
    assert!(app.stop().await.success(), "it also ends well");
}

#[tokio::test]
async fn with_delivery_paused_views_are_right_and_a_rebuild_changes_nothing() {
    let app = app().await;
    let admin = app.owner().clone();
    let (walk, branch) = in_the_middle(&admin).await;
    settled(&admin).await;
    let paused = admin.post_empty("/api/admin/subscriptions/dashboard/pause").await;
    assert_eq!(paused.status, 204, "{}", paused.text);
    made(
        walk.save("consequences", outputs::full("consequences")).await,
        200,
    );
    let overview = walk.dashboard().await;
    let scores: Vec<&Value> = overview["alternatives"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["pughScore"])
        .collect();
    assert_eq!(scores, [0, 2, 0, -1], "built on read");
    assert_eq!(
        admin
            .post_empty("/api/admin/subscriptions/dashboard/resume")
            .await
            .status,
        204
    );
    settled(&admin).await;
    let before = views(&walk, &branch).await;
    let mut page = OpenPage::open(&admin, &walk.session).await;
    let seq = page.seq();
    assert_eq!(
        admin
            .post_empty("/api/admin/subscriptions/dashboard/rebuild")
            .await
            .status,
        204
    );
    settled(&admin).await;
    assert_same(&before, &views(&walk, &branch).await);
    made(
        admin
            .patch(
                &format!("/api/sessions/{}", walk.session),
                json!({"title": "Neu"}),
            )
            .await,
        200,
    );
    page.is_right(&admin).await;
    assert_eq!(
        (page.seq(), page.overview["title"].as_str()),
        (seq + 1, Some("Neu")),
        "numbers go on without a gap"
    );
}
