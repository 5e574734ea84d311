//! Decision quality: the lowest of seven.

use serde_json::{Value, json};

use crate::app;
use crate::office::{made, text};
use crate::outputs::QUALITY;
use crate::rated::{refused, started};

#[tokio::test]
async fn decision_quality_is_the_lowest_of_seven() {
    let app = app().await;
    let walk = started(app.owner(), "DQ").await;
    let assessed = async |scores: &[i64]| {
        let elements: Vec<Value> = QUALITY
            .iter()
            .zip(scores)
            .map(|(name, score)| json!({"name": name, "score": score}))
            .collect();
        made(
            walk.save("decision_quality", json!({"elements": elements})).await,
            200,
        );
        walk.read("/analysis").await["decision_quality"].clone()
    };
    let suggested = |quality: &Value| -> Vec<String> {
        let all = quality["suggestions"].as_array().expect("a list").iter();
        all.map(|one| {
            format!(
                "{} {} {}",
                text(&one["element"]),
                one["score"],
                text(&one["priority"])
            )
        })
        .collect()
    };
    let quality = assessed(&[85, 90, 75, 70, 85, 80, 65]).await;
    assert_eq!(
        (&quality["overall"], &quality["weakest"], &quality["acceptable"]),
        (&json!(65), &json!(QUALITY[6]), &json!(false))
    );
    assert_eq!(
        suggested(&quality),
        [
            "commitment_to_follow_through 65 medium",
            "reliable_consequence_information 70 medium",
            "creative_alternatives 75 low"
        ]
    );
    let quality = assessed(&[80; 7]).await;
    assert_eq!(
        (
            &quality["overall"],
            &quality["acceptable"],
            &quality["suggestions"]
        ),
        (&json!(80), &json!(true), &json!([]))
    );
    let quality = assessed(&[90, 90, 90, 40, 90, 90, 90]).await;
    assert_eq!(
        (&quality["overall"], suggested(&quality)),
        (
            &json!(40),
            vec!["reliable_consequence_information 40 high".to_owned()]
        )
    );
    let quality = assessed(&[100; 7]).await;
    assert_eq!(
        (&quality["overall"], &quality["affirmation_offered"]),
        (&json!(100), &json!(true))
    );
    let quality = assessed(&[90, 72, 90, 90, 90, 90]).await;
    assert_eq!(
        (&quality["overall"], &quality["lowest_so_far"], &quality["rated"]),
        (&Value::Null, &json!(72), &json!(6))
    );
    let refusal = refused(&walk.complete("decision_quality").await);
    assert!(
        refusal.iter().any(|error| error.starts_with("/output/elements")),
        "{refusal:?}"
    );
    let quality = assessed(&[30, 31, 50, 51, 70, 71, 90]).await;
    let priorities: Vec<String> = suggested(&quality)
        .iter()
        .map(|line| line.split(' ').skip(1).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        priorities,
        [
            "30 critical",
            "31 high",
            "50 high",
            "51 medium",
            "70 medium",
            "71 low"
        ]
    );
    let elements: Vec<Value> = QUALITY
        .iter()
        .map(|name| json!({"name": name, "score": 90}))
        .collect();
    let reply = walk
        .save(
            "decision_quality",
            json!({"elements": elements, "overall_score": 95}),
        )
        .await;
    assert_eq!(refused(&reply), ["/output/overall_score not_computed"]);
}
