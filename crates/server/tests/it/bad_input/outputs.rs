//! Outputs of components that break a rule, one rule at a time.

use serde_json::{Value, json};

use super::{Trial, places, put, refusal, with};
use crate::office::STEPS;

const INVALID: &str = "invalid_component_output";

/// The first five steps are done but the last of them is only started.
async fn rating() -> Trial {
    let mut trial = Trial::after("alternatives").await;
    trial.decision.start(trial.client(), "consequences").await;
    trial.now_is_before().await;
    trial
}

#[tokio::test]
async fn wrong_ratings_are_refused_at_their_cell_by_form_and_by_tool() {
    let mut trial = rating().await;
    let wrong = [
        json!(254),
        json!(256),
        json!(300),
        json!(-3),
        json!(3),
        json!(1.5),
        json!("2"),
        json!(true),
        json!([1]),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(-9.9e200),
    ];
    let (alternative, objective) = (trial.decision.alternative(2), trial.decision.objective(1));
    let path = trial.decision.step("consequences");
    let cell = format!("/table/cells/{alternative}:{objective}/rating");
    let whole = trial.decision.output("consequences");
    for rating in wrong {
        let output = with(whole.clone(), &cell, rating.clone());
        trial
            .refused(
                "PUT",
                &path,
                put(output, 1),
                refusal(422, INVALID, &format!("/output{cell}")),
            )
            .await;
        let tool = format!("/api/cycles/{}/tools/rate_consequence", trial.decision.cycle);
        let call = json!({"parameters": {"alt": alternative, "obj": objective, "rating": rating, "reasoning": "so"}});
        trial
            .refused(
                "POST",
                &tool,
                call,
                refusal(422, "validation_failed", "/parameters/rating"),
            )
            .await;
        let tool = format!(
            "/api/cycles/{}/tools/batch_rate_consequences",
            trial.decision.cycle
        );
        let ratings = json!([{"alt": alternative, "obj": objective, "rating": rating, "reasoning": "so"}]);
        let place = "/parameters/ratings/0";
        trial
            .refused(
                "POST",
                &tool,
                json!({"parameters": {"ratings": ratings}}),
                refusal(422, "validation_failed", place),
            )
            .await;
    }
    trial.done().await;
}

#[tokio::test]
async fn the_status_quo_is_rated_zero_and_a_missing_rating_completes_nothing() {
    let mut trial = rating().await;
    let (quo, objective) = (trial.decision.alternative(0), trial.decision.objective(3));
    let path = trial.decision.step("consequences");
    let cell = format!("/table/cells/{quo}:{objective}/rating");
    for rating in [-2, -1, 1, 2] {
        let output = with(trial.decision.output("consequences"), &cell, json!(rating));
        trial
            .refused(
                "PUT",
                &path,
                put(output, 1),
                refusal(422, INVALID, &format!("/output{cell}")),
            )
            .await;
    }
    // While one works on it, a rating may be missing; to complete it, none may.
    let cell = format!("/table/cells/{}:{objective}", trial.decision.alternative(1));
    let output = with(
        trial.decision.output("consequences"),
        &format!("{cell}/rating"),
        Value::Null,
    );
    trial.accepted("PUT", &path, put(output, 1), 200).await;
    let complete = format!("{path}/complete");
    trial
        .refused(
            "POST",
            &complete,
            json!({}),
            refusal(422, INVALID, &format!("/output{cell}/rating")),
        )
        .await;
    let mut output = trial.decision.output("consequences");
    output["table"]["cells"]
        .as_object_mut()
        .unwrap()
        .shift_remove(cell.trim_start_matches("/table/cells/"));
    trial.accepted("PUT", &path, put(output, 2), 200).await;
    trial
        .refused(
            "POST",
            &complete,
            json!({}),
            refusal(422, INVALID, &format!("/output{cell}")),
        )
        .await;
    trial.done().await;
}

#[tokio::test]
async fn a_field_that_nobody_knows_is_refused_at_every_level_of_every_output() {
    let mut trial = Trial::after("decision_quality").await;
    trial.decision.start(trial.client(), "notes_next_steps").await;
    for step in STEPS.iter().take(8) {
        let revise = format!("{}/revise", trial.decision.step(step));
        trial
            .accepted("POST", &revise, json!({"reason": "to try things"}), 200)
            .await;
    }
    trial.now_is_before().await;
    let mut levels = 0;
    for step in STEPS {
        let output = trial.decision.output(step);
        let version = if step == "notes_next_steps" { 1 } else { 2 };
        let mut objects = places(&output, &Value::is_object);
        // The map of cells has keys of its own; one cell stands for all.
        objects.retain(|place| !place.ends_with("/cells"));
        let first_cell = objects.iter().position(|place| place.contains("/cells/"));
        let mut number = 0..;
        objects.retain(|place| {
            let index = number.next().unwrap_or(0usize);
            !place.contains("/cells/") || first_cell.is_some_and(|first| index < first + 3)
        });
        for place in objects {
            let broken = with(output.clone(), &format!("{place}/colour"), json!("red"));
            let expected = refusal(422, INVALID, &format!("/output{place}/colour"));
            trial
                .refused("PUT", &trial.decision.step(step), put(broken, version), expected)
                .await;
            levels += 1;
        }
    }
    assert!(levels > 60, "{levels}");
    trial.done().await;
}

#[tokio::test]
async fn a_value_of_the_wrong_kind_is_refused_at_its_place() {
    let mut trial = Trial::after("decision_quality").await;
    for step in STEPS.iter().take(8) {
        let revise = format!("{}/revise", trial.decision.step(step));
        trial
            .accepted("POST", &revise, json!({"reason": "to try things"}), 200)
            .await;
    }
    trial.now_is_before().await;
    for step in STEPS.iter().take(8) {
        let output = trial.decision.output(step);
        let mut seen_cell = 0;
        for place in places(&output, &|value| !value.is_object()) {
            seen_cell += usize::from(place.contains("/cells/"));
            if place.contains("/cells/") && seen_cell > 8 {
                continue;
            }
            // No field takes an object with a key like this.
            let broken = with(output.clone(), &place, json!({"7": 7}));
            let body = put(broken, 2);
            let reply = trial.client().put(&trial.decision.step(step), body).await;
            let found = reply.body["errors"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|error| {
                    error["field"]
                        .as_str()
                        .is_some_and(|field| field.starts_with(&format!("/output{place}")))
                });
            if reply.refusal() != (422, INVALID) || !found {
                trial.faults.push(format!(
                    "{step}{place}: {} {}",
                    reply.status,
                    super::excerpt(&reply.text)
                ));
            }
        }
    }
    trial.done().await;
}

#[tokio::test]
async fn ids_are_well_formed_known_and_used_once() {
    let mut trial = Trial::after("decision_quality").await;
    for step in [
        "issue_raising",
        "objectives",
        "alternatives",
        "consequences",
        "tradeoffs",
        "recommendation",
    ] {
        let revise = format!("{}/revise", trial.decision.step(step));
        trial
            .accepted("POST", &revise, json!({"reason": "to try things"}), 200)
            .await;
    }
    trial.now_is_before().await;
    let twice = trial.decision.id(1);
    let first = trial.decision.objective(0);
    for (step, place, value, at) in [
        (
            "issue_raising",
            "/potential_decisions/1/id",
            json!(twice),
            "/potential_decisions/1/id",
        ),
        (
            "issue_raising",
            "/considerations/0/id",
            json!(twice),
            "/considerations/0/id",
        ),
        (
            "issue_raising",
            "/potential_decisions/0/id",
            json!("7"),
            "/potential_decisions/0/id",
        ),
        (
            "issue_raising",
            "/potential_decisions/0/id",
            json!("urn:uuid:0193b000-0000-7000-8000-000007000001"),
            "/potential_decisions/0/id",
        ),
        (
            "objectives",
            "/fundamental_objectives/1/id",
            json!(first),
            "/fundamental_objectives/1/id",
        ),
        (
            "objectives",
            "/fundamental_objectives/1/weight",
            json!(1.01),
            "/fundamental_objectives/1/weight",
        ),
        (
            "objectives",
            "/fundamental_objectives/1/weight",
            json!(-0.1),
            "/fundamental_objectives/1/weight",
        ),
        (
            "objectives",
            "/fundamental_objectives/0/performance_measure/tolerance",
            json!(-1),
            "/fundamental_objectives/0/performance_measure/tolerance",
        ),
        (
            "objectives",
            "/fundamental_objectives/0/performance_measure/direction",
            json!("sideways"),
            "/fundamental_objectives/0/performance_measure/direction",
        ),
        (
            "alternatives",
            "/alternatives/1/name",
            json!("  STAY in parkway "),
            "/alternatives/1/name",
        ),
        (
            "alternatives",
            "/alternatives/1/id",
            json!(trial.decision.alternative(0)),
            "/alternatives/1/id",
        ),
        (
            "alternatives",
            "/alternatives/1/is_status_quo",
            json!(true),
            "/alternatives/1/is_status_quo",
        ),
        (
            "consequences",
            "/table/alternative_ids/1",
            json!(trial.decision.alternative(0)),
            "/table/alternative_ids/1",
        ),
        (
            "consequences",
            "/table/cells/nonsense",
            json!({"rating": 1}),
            "/table/cells/nonsense",
        ),
        (
            "tradeoffs",
            "/tensions/0/net_score",
            json!(0.5),
            "/tensions/0/net_score",
        ),
    ] {
        let broken = with(trial.decision.output(step), place, value);
        trial
            .refused(
                "PUT",
                &trial.decision.step(step),
                put(broken, 2),
                refusal(422, INVALID, &format!("/output{at}")),
            )
            .await;
    }
    // What refers to nothing in this cycle may wait in a draft, and completes nothing.
    let stranger = trial.decision.id(0xbad);
    for (step, place) in [
        ("tradeoffs", "/dominated_alternatives/0/alternative_id"),
        ("recommendation", "/standout_option/alternative_id"),
    ] {
        let broken = with(trial.decision.output(step), place, json!(stranger));
        trial
            .accepted("PUT", &trial.decision.step(step), put(broken, 2), 200)
            .await;
        let complete = format!("{}/complete", trial.decision.step(step));
        trial
            .refused(
                "POST",
                &complete,
                json!({}),
                refusal(422, INVALID, &format!("/output{place}")),
            )
            .await;
    }
    trial.done().await;
}

#[tokio::test]
async fn quality_scores_are_whole_percentages_of_seven_known_elements() {
    let mut trial = Trial::after("recommendation").await;
    trial.decision.start(trial.client(), "decision_quality").await;
    trial.now_is_before().await;
    let path = trial.decision.step("decision_quality");
    for score in [
        json!(-1),
        json!(101),
        json!(50.5),
        json!("50"),
        json!(true),
        json!(1e300),
    ] {
        let broken = with(
            trial.decision.output("decision_quality"),
            "/elements/3/score",
            score,
        );
        trial
            .refused(
                "PUT",
                &path,
                put(broken, 1),
                refusal(422, INVALID, "/output/elements/3/score"),
            )
            .await;
    }
    let broken = with(
        trial.decision.output("decision_quality"),
        "/elements/3/name",
        json!("good_mood"),
    );
    trial
        .refused(
            "PUT",
            &path,
            put(broken, 1),
            refusal(422, INVALID, "/output/elements/3/name"),
        )
        .await;
    let broken = with(
        trial.decision.output("decision_quality"),
        "/elements/3/name",
        json!("clear_objectives"),
    );
    trial
        .refused(
            "PUT",
            &path,
            put(broken, 1),
            refusal(422, INVALID, "/output/elements/3"),
        )
        .await;
    let broken = with(
        trial.decision.output("decision_quality"),
        "/overall_score",
        json!(99),
    );
    trial
        .refused(
            "PUT",
            &path,
            put(broken, 1),
            refusal(422, INVALID, "/output/overall_score"),
        )
        .await;
    trial.done().await;
}

#[tokio::test]
async fn a_stale_version_is_a_conflict_and_no_version_is_no_number() {
    let mut trial = rating().await;
    let path = trial.decision.step("consequences");
    let output = trial.decision.output("consequences");
    for version in [json!(0), json!(2), json!(-1), json!(i64::MAX), json!(i64::MIN)] {
        let expected = super::plain(409, "concurrency_conflict");
        trial
            .refused("PUT", &path, put(output.clone(), version), expected)
            .await;
    }
    for version in [
        json!("1"),
        json!(1.0),
        json!(1.5),
        json!(null),
        json!([1]),
        json!(1e30),
        json!(u64::MAX),
    ] {
        let expected = refusal(422, "validation_failed", "/expected_version");
        trial
            .refused("PUT", &path, put(output.clone(), version), expected)
            .await;
    }
    trial.accepted("PUT", &path, put(output.clone(), 1), 200).await;
    trial
        .refused(
            "PUT",
            &path,
            put(output.clone(), 1),
            super::plain(409, "concurrency_conflict"),
        )
        .await;
    trial
        .accepted("POST", &format!("{path}/complete"), json!({}), 200)
        .await;
    trial
        .refused(
            "PUT",
            &path,
            put(output, 2),
            super::plain(409, "component_locked"),
        )
        .await;
    trial.done().await;
}
