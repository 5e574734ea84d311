//! The same by forms alone, with chat and extraction switched off.

use std::time::Duration;

use althing_testkit::TestApp;
use serde_json::{Value, json};

use crate::BINARY;
use crate::office::{STEPS, made, settled, text};
use crate::open_page::OpenPage;
use crate::outputs::{self, KOELN, STATUS_QUO, id};
use crate::record::{Record, types};
use crate::talk::{SCRIPT, Talk, say_all};
use crate::walk::{Numbers, Walk, new_id};

const WITHOUT_AI: [(&str, &str); 2] = [
    ("ALTHING_AI_CHAT_ADAPTER", "off"),
    ("ALTHING_AI_EXTRACTION_ADAPTER", "off"),
];

async fn app_without_ai() -> (TestApp, althing_testkit::Client) {
    let app = TestApp::start_with(BINARY, &WITHOUT_AI).await;
    let owner = app.set_up().await;
    (app, owner)
}

/// What is stored is what was typed; the server adds the overall score.
fn stored(step: &str, mut output: Value) -> Value {
    if step == "decision_quality" {
        output["overall_score"] = json!(65);
    }
    output
}

#[tokio::test]
async fn every_field_of_all_nine_outputs_is_kept_as_it_was_typed() {
    let (app, owner) = app_without_ai().await;
    let walk = Walk::begin(&owner, "Ж住む🏠").await;
    settled(&owner).await;
    let mut page = OpenPage::open(&owner, &walk.session).await;
    for step in STEPS {
        let component = walk.fill(step, outputs::full(step)).await;
        assert_eq!(component["output"], stored(step, outputs::full(step)), "{step}");
        assert_eq!(
            (&component["version"], &component["status"]),
            (&json!(2), &json!("complete")),
            "{step}"
        );
        page.is_right(&owner).await;
    }
    made(walk.post("complete", json!({})).await, 200);
    let overview = page.is_right(&owner).await;
    check_overview(overview);
    check_analysis(&walk.read("/analysis").await);
    check_document(&walk).await;
    check_events(&Record::read(&app).await, &walk);
}

fn check_overview(overview: &Value) {
    assert_eq!(
        overview["decisionStatement"],
        "Wo wohnen wir ab dem nächsten Jahr? 住む場所"
    );
    assert_eq!(
        overview["objectives"][1],
        json!({"id": id(outputs::QUIET), "description": "静かさ", "isFundamental": true, "measure": "Lärm"})
    );
    assert_eq!(overview["alternatives"][1]["name"], "Köln");
    assert_eq!(
        (
            &overview["alternatives"][1]["pughScore"],
            &overview["alternatives"][1]["rank"]
        ),
        (&json!(2), &json!(1))
    );
    assert_eq!(overview["alternatives"][0]["isStatusQuo"], true);
    let preview = text(&overview["consequencesTable"]["cells"][0][0]["explanationPreview"]);
    assert_eq!(preview.chars().count(), 50, "{preview}");
    assert!(preview.starts_with("weil es so ist — そうだから"));
    assert_eq!(overview["recommendation"]["standoutName"], "Köln");
    assert_eq!(overview["recommendation"]["caveatCount"], 2);
    assert_eq!(
        (&overview["dqScore"], &overview["cycleStatus"]),
        (&json!(65), &json!("completed"))
    );
}

/// Worked out by hand from the table in `outputs`.
fn check_analysis(analysis: &Value) {
    let pugh = &analysis["pugh"];
    let scores = pugh["scores"].as_array().expect("scores");
    assert_eq!(
        scores.iter().map(|one| &one["score"]).collect::<Vec<_>>(),
        [0, 2, 0, -1]
    );
    assert_eq!(
        scores.iter().map(|one| &one["rank"]).collect::<Vec<_>>(),
        [2, 1, 2, 4]
    );
    let weighted: Vec<f64> = scores
        .iter()
        .map(|one| text(&one["weighted_total"]).parse().expect("a number"))
        .collect();
    assert_eq!(weighted, [0.0, 0.9, 0.4, -0.6]);
    assert_eq!(
        (&pugh["verdict"], &pugh["margin_percent"]),
        (&json!("leads_with_tradeoffs"), &json!(33.33))
    );
    assert_eq!(
        (&pugh["best_alternative"], &pugh["clear_winner"]),
        (&json!(id(KOELN)), &Value::Null)
    );
    let flip: Vec<Value> = pugh["flip"]["cells"]
        .as_array()
        .expect("cells")
        .iter()
        .map(|cell| {
            json!([
                cell["alternative_id"],
                cell["objective_id"],
                cell["from"],
                cell["to"]
            ])
        })
        .collect();
    assert_eq!(
        flip,
        [
            json!([id(KOELN), id(outputs::TIME), 2, 0]),
            json!([id(KOELN), id(outputs::COST), 1, -1]),
            json!([id(outputs::TOKYO), id(outputs::COST), -2, 0]),
        ]
    );
    let dominated = analysis["dominance"]["dominated"].as_array().expect("a list");
    assert_eq!(dominated.len(), 1);
    assert_eq!(
        (&dominated[0]["alternative_id"], &dominated[0]["dominated_by"]),
        (&json!(id(outputs::DORF)), &json!(id(KOELN)))
    );
    let unchanged = &analysis["tensions"]["entries"][0];
    assert_eq!(unchanged["alternative_id"], id(STATUS_QUO));
    assert_eq!(unchanged["gains"], json!([id(outputs::QUIET), id(outputs::COST)]));
    assert_eq!(
        unchanged["losses"],
        json!([id(outputs::TIME), id(outputs::QUIET), id(outputs::COST)])
    );
    let quality = &analysis["decision_quality"];
    assert_eq!(
        (&quality["overall"], &quality["weakest"], &quality["acceptable"]),
        (&json!(65), &json!("commitment_to_follow_through"), &json!(false))
    );
    assert_eq!(analysis["quantities"]["complete"], true);
    assert_eq!(
        analysis["quantities"]["ranks"][1]["ranks"][2]["rank"], 1,
        "31 dB is nearest to 30"
    );
}

async fn check_document(walk: &Walk) {
    let document = walk.read("/document").await;
    let markdown = text(&document["markdown"]);
    for said in [
        "静かさ",
        "Žofie Nguyễn",
        "東京",
        "Wir stehen dazu",
        "✍️",
        "1900.50",
        "der Garten",
    ] {
        assert!(markdown.contains(said), "{said} is not in the document");
    }
    assert_eq!(document["overall_percent"], 100);
    for (format, kind) in [("markdown", "text/markdown"), ("html", "text/html")] {
        let file = walk
            .client
            .get(&format!(
                "/api/cycles/{}/document/export?format={format}",
                walk.cycle
            ))
            .await;
        assert!(
            file.status == 200 && file.header("content-type").starts_with(kind),
            "{format}"
        );
        assert!(
            file.text.contains("Dörfchen") && file.text.contains("住む場所"),
            "{format}"
        );
    }
}

/// Started, output, completed: nothing is said, and what follows is caused by it.
fn check_events(record: &Record, walk: &Walk) {
    record.assert_sound();
    for step in STEPS {
        let events = record.of_component(walk.component(step));
        let expected = [
            "component.started",
            "conversation.started",
            "component.output_updated",
            "component.completed",
            "conversation.completed",
        ];
        let mut seen = types(&events);
        // A conversation begins by itself, a moment after its component.
        seen.sort_unstable();
        let mut sorted = expected;
        sorted.sort_unstable();
        assert_eq!(seen, sorted, "{step}");
        let of = |kind: &str| {
            *events
                .iter()
                .find(|event| event["event_type"] == kind)
                .expect("there")
        };
        let (updated, completed) = (of("component.output_updated"), of("component.completed"));
        assert_eq!(
            (&updated["data"]["source"], &updated["data"]["version"]),
            (&json!("form"), &json!(2)),
            "{step}"
        );
        assert!(
            updated["position"].as_i64() < completed["position"].as_i64(),
            "{step}"
        );
        assert_eq!(
            of("conversation.started")["causation_id"],
            of("component.started")["event_id"],
            "{step}"
        );
        assert_eq!(
            of("conversation.completed")["causation_id"],
            completed["event_id"],
            "{step}"
        );
        assert!(text(&updated["data"]["output_summary"]).chars().count() <= 200);
    }
    let scores = &record.of_type("pugh_scores.computed")[0]["data"];
    assert_eq!(
        scores["scores"],
        json!({id(STATUS_QUO): 0, id(KOELN): 2, id(outputs::TOKYO): 0, id(outputs::DORF): -1})
    );
    assert_eq!(
        (&scores["best"], &scores["dominated"]),
        (&json!(id(KOELN)), &json!([id(outputs::DORF)]))
    );
}

#[tokio::test]
async fn with_chat_off_a_message_is_kept_and_nobody_replies() {
    let (_app, owner) = app_without_ai().await;
    let walk = Walk::begin(&owner, "Quiet").await;
    walk.start("issue_raising").await;
    let mut talk = Talk::about(&walk, "issue_raising").await;
    let said = talk.say("- Where to live?").await;
    assert_eq!((said.reply.as_str(), said.drawn.len()), ("", 0));
    let conversation = talk.conversation().await;
    assert_eq!(
        (&conversation["adapter"], &conversation["draft"]),
        (&json!("off"), &Value::Null)
    );
    let last = conversation["messages"]
        .as_array()
        .expect("messages")
        .last()
        .expect("one")
        .clone();
    assert_eq!(
        (&last["role"], &last["content"]),
        (&json!("user"), &json!("- Where to live?"))
    );
    let over_http = owner
        .post(
            &format!("/api/components/{}/messages", walk.component("issue_raising")),
            json!({"content": "and when?", "message_id": new_id()}),
        )
        .await;
    assert_eq!(
        (over_http.status, &over_http.data()["reply"]),
        (201, &Value::Null)
    );
}

/// The guide and the forms lead to the same outputs, but for the ids.
#[tokio::test]
async fn forms_and_the_guide_lead_to_the_same_decision() {
    let app = crate::app().await;
    let by_guide = Walk::begin(app.owner(), "By words").await;
    let by_forms = Walk::begin(app.owner(), "By forms").await;
    let (mut of_guide, mut of_forms) = (Numbers::default(), Numbers::default());
    for (step, messages) in SCRIPT {
        by_guide.start(step).await;
        say_all(&by_guide, step, messages).await;
        let said = Talk::about(&by_guide, step).await.confirm().await;
        made(by_guide.complete(step).await, 200);
        let typed = by_forms.fill(step, outputs::spoken(step)).await;
        assert_eq!(
            of_guide.number(&said["output"]),
            of_forms.number(&typed["output"]),
            "{step}"
        );
    }
    let numbered = async |walk: &Walk, numbers: &mut Numbers| numbers.number(&walk.read("/analysis").await);
    assert_eq!(
        numbered(&by_guide, &mut of_guide).await,
        numbered(&by_forms, &mut of_forms).await
    );
    let markdown = async |walk: &Walk| {
        let text = text(&walk.read("/document").await["markdown"]);
        let body: Vec<String> = text
            .lines()
            .filter(|line| line.starts_with(['|', '-']))
            .map(str::to_owned)
            .collect();
        body
    };
    let (one, other) = (markdown(&by_guide).await, markdown(&by_forms).await);
    assert!(one.len() > 40, "{one:?}");
    assert_eq!(one, other, "tables and lists of the document");
    tokio::time::timeout(Duration::from_secs(5), settled(app.owner()))
        .await
        .expect("at rest soon");
}
