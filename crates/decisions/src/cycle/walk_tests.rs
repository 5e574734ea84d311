//! The rules of a cycle, given-when-then.

use super::*;

fn ids() -> impl FnMut() -> Uuid {
    let mut next = 0u128;
    move || {
        next += 1;
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + next)
    }
}

pub fn new_walk() -> Walk {
    Walk::create(
        SessionId(Uuid::from_u128(9)),
        None,
        Timestamp::from_micros(0),
        &mut ids(),
    )
    .unwrap()
}

const NOW: i64 = 1_000;

fn now() -> Timestamp {
    Timestamp::from_micros(NOW)
}

#[test]
fn no_prerequisite_can_be_skipped() {
    let mut walk = new_walk();
    let refused = walk.start(ComponentType::Objectives, now());
    assert!(matches!(
        refused,
        Err(Error::Refused(Refusal::PreviousRequired("Problem Frame")))
    ));
    walk.start(ComponentType::IssueRaising, now()).unwrap();
    walk.start(ComponentType::NotesNextSteps, now()).unwrap();
    assert!(matches!(
        walk.start(ComponentType::IssueRaising, now()),
        Err(Error::Refused(Refusal::AlreadyStarted))
    ));
}

#[test]
fn a_stale_version_and_a_locked_component_are_refused_and_change_nothing() {
    let mut walk = new_walk();
    let output = serde_json::json!({ "considerations": [] });
    let update = |walk: &mut Walk, version| {
        walk.update(
            ComponentType::IssueRaising,
            &output,
            version,
            &Source::Form,
            &Labels::Previous,
            now(),
            &mut ids(),
        )
    };
    assert!(matches!(
        update(&mut walk, 1),
        Err(Error::Refused(Refusal::Locked))
    ));
    walk.start(ComponentType::IssueRaising, now()).unwrap();
    let before = walk.journal.len();
    assert!(matches!(
        update(&mut walk, 2),
        Err(Error::Refused(Refusal::VersionConflict { current: 1 }))
    ));
    assert_eq!(walk.journal.len(), before);
    update(&mut walk, 1).unwrap();
    assert_eq!(walk.cycle.component(ComponentType::IssueRaising).version, 2);
}

#[test]
fn a_branch_copies_what_lies_before_it_and_reopens_its_point() {
    let mut walk = new_walk();
    walk.start(ComponentType::IssueRaising, now()).unwrap();
    let output = serde_json::json!({ "potential_decisions": [{ "description": "Move?" }] });
    walk.update(
        ComponentType::IssueRaising,
        &output,
        1,
        &Source::Form,
        &Labels::Previous,
        now(),
        &mut ids(),
    )
    .unwrap();
    walk.complete(ComponentType::IssueRaising, false, now()).unwrap();
    walk.start(ComponentType::ProblemFrame, now()).unwrap();
    let mut mint = ids();
    let child = walk
        .branch(
            ComponentType::ProblemFrame,
            Some(" if we stay "),
            now(),
            &mut mint,
        )
        .unwrap();
    assert_eq!(child.cycle.parent_cycle_id, Some(walk.cycle.id));
    assert_eq!(child.cycle.label.as_deref(), Some("if we stay"));
    assert_eq!(
        child.cycle.component(ComponentType::IssueRaising).status,
        ComponentStatus::Complete
    );
    assert_eq!(
        child.cycle.component(ComponentType::ProblemFrame).status,
        ComponentStatus::NeedsRevision
    );
    assert_eq!(
        child.cycle.component(ComponentType::Objectives).status,
        ComponentStatus::NotStarted
    );
    assert_eq!(
        child.output(ComponentType::IssueRaising),
        walk.output(ComponentType::IssueRaising)
    );
    assert!(
        child
            .journal
            .iter()
            .all(|entry| !matches!(entry, Entry::Created(_)))
    );
    assert!(matches!(
        walk.branch(ComponentType::Objectives, None, now(), &mut mint),
        Err(Error::Refused(Refusal::BranchPointNotStarted))
    ));
}

#[test]
fn a_pending_draft_refuses_completion() {
    let mut walk = new_walk();
    walk.start(ComponentType::IssueRaising, now()).unwrap();
    assert!(matches!(
        walk.complete(ComponentType::IssueRaising, true, now()),
        Err(Error::Refused(Refusal::ConfirmationPending))
    ));
    assert!(matches!(
        walk.complete(ComponentType::IssueRaising, false, now()),
        Err(Error::InvalidOutput(_))
    ));
}
