//! Decision quality from the seven scores.

use althing_decisions::analysis::{DecisionQualityResult, assess, improvement_priority};
use althing_decisions::outputs::{DecisionQuality, ElementRating, QualityElement};
use proptest::prelude::*;

fn rated(scores: &[u8]) -> DecisionQuality {
    let rating = |(&name, &score): (&QualityElement, &u8)| ElementRating {
        name: Some(name),
        score: Some(score),
        ..ElementRating::default()
    };
    let elements = QualityElement::ALL.iter().zip(scores).map(rating).collect();
    DecisionQuality {
        elements,
        ..DecisionQuality::default()
    }
}

fn suggestions(result: &DecisionQualityResult) -> Vec<(&'static str, u8, &'static str)> {
    let all = result.suggestions.iter();
    all.map(|one| (one.element.as_str(), one.score, one.priority.as_str()))
        .collect()
}

#[test]
fn the_lowest_score_is_the_whole() {
    let mut quality = rated(&[85, 90, 75, 70, 85, 80, 65]);
    quality.elements[6].improvement_path = Some("ask again".to_owned());
    let result = assess(&quality);
    assert_eq!(result.overall, Some(65));
    assert_eq!(result.lowest_so_far, None);
    assert_eq!(result.weakest, Some(QualityElement::CommitmentToFollowThrough));
    assert_eq!(
        (result.acceptable, result.rated, result.affirmation_offered),
        (false, 7, false)
    );
    let expected = [
        ("commitment_to_follow_through", 65, "medium"),
        ("reliable_consequence_information", 70, "medium"),
        ("creative_alternatives", 75, "low"),
    ];
    assert_eq!(suggestions(&result), expected);
    assert_eq!(
        result.suggestions[0].improvement_path.as_deref(),
        Some("ask again")
    );
}

#[test]
fn all_eighty_is_acceptable() {
    let result = assess(&rated(&[80; 7]));
    assert_eq!(
        (result.overall, result.acceptable, result.suggestions.len()),
        (Some(80), true, 0)
    );
    assert_eq!(result.weakest, Some(QualityElement::HelpfulProblemFrame));
}

#[test]
fn one_low_score_pulls_the_whole_down() {
    let result = assess(&rated(&[90, 90, 90, 40, 90, 90, 90]));
    assert_eq!((result.overall, result.acceptable), (Some(40), false));
    assert_eq!(
        suggestions(&result),
        [("reliable_consequence_information", 40, "high")]
    );
}

#[test]
fn all_hundred_offers_the_affirmation() {
    let result = assess(&rated(&[100; 7]));
    assert_eq!((result.overall, result.affirmation_offered), (Some(100), true));
}

#[test]
fn six_of_seven_are_no_whole() {
    let result = assess(&rated(&[90, 72, 100, 85, 80, 75]));
    assert_eq!((result.overall, result.lowest_so_far), (None, Some(72)));
    assert_eq!(
        (result.acceptable, result.rated, result.affirmation_offered),
        (false, 6, false)
    );
    assert_eq!(result.elements[6].score, None);
    assert_eq!(result.elements[6].priority, None);
    let none = assess(&DecisionQuality::default());
    assert_eq!(
        (none.overall, none.lowest_so_far, none.weakest, none.rated),
        (None, None, None, 0)
    );
}

#[test]
fn equal_suggestions_stay_in_order() {
    let result = assess(&rated(&[70, 60, 70, 60, 90, 90, 90]));
    let order: Vec<_> = result.suggestions.iter().map(|one| one.element as u8).collect();
    assert_eq!(order, [1, 3, 0, 2]);
}

#[test]
fn priorities_change_after_thirty_fifty_and_seventy() {
    let priorities = [0, 30, 31, 50, 51, 70, 71, 100].map(|score| improvement_priority(score).as_str());
    assert_eq!(
        priorities,
        [
            "critical", "critical", "high", "high", "medium", "medium", "low", "low"
        ]
    );
}

proptest! {
    #[test]
    fn the_whole_is_at_most_every_element(scores in prop::array::uniform7(0u8..=100)) {
        let result = assess(&rated(&scores));
        let overall = result.overall.unwrap();
        prop_assert!(scores.iter().all(|score| overall <= *score));
        prop_assert!(scores.contains(&overall));
        prop_assert_eq!(result.acceptable, scores.iter().all(|score| *score >= 80));
        prop_assert_eq!(result.suggestions.len(), scores.iter().filter(|score| **score < 80).count());
    }
}
