//! Random walks through a cycle beside a reference model of the status machine and of branching.
//!
//! The model knows nothing of the walk's code: it is the table of statuses and the rules of the specification, written
//! down once more and smaller. After each act both must have given the same answer and must stand at the same place.

mod content;
mod model;

use std::collections::BTreeSet;

use althing_backbone::{Timestamp, Uuid};
use althing_decisions::cycle::{CycleStatus, Labels, Source, Walk};
use althing_decisions::error::{Error, Refusal};
use althing_decisions::outputs::{ComponentStatus, ComponentType};
use althing_events::{DraftId, SessionId};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use ComponentStatus::{Complete, InProgress, NeedsRevision, NotStarted};

use self::content::{id, output};
use self::model::Model;

/// What somebody does.
#[derive(Clone, Debug)]
enum Act {
    Start(ComponentType),
    /// Saves an output upon the current version or a stale one; the text makes outputs differ.
    Update {
        component: ComponentType,
        stale: bool,
        text: u8,
        whole: bool,
    },
    Complete {
        component: ComponentType,
        draft: bool,
    },
    Revise(ComponentType),
    Navigate(ComponentType),
    /// Goes on in the branch if `follow`, else in the parent.
    Branch {
        point: ComponentType,
        follow: bool,
    },
    CompleteCycle,
    Archive,
}

fn component() -> impl Strategy<Value = ComponentType> {
    prop::sample::select(ComponentType::ALL.to_vec())
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => component().prop_map(Act::Start),
        14 => (component(), prop::bool::weighted(0.1), 0..4u8, prop::bool::weighted(0.85))
            .prop_map(|(component, stale, text, whole)| Act::Update { component, stale, text, whole }),
        14 => (component(), prop::bool::weighted(0.1)).prop_map(|(component, draft)| Act::Complete { component, draft }),
        6 => component().prop_map(Act::Revise),
        5 => component().prop_map(Act::Navigate),
        4 => (component(), any::<bool>()).prop_map(|(point, follow)| Act::Branch { point, follow }),
        1 => Just(Act::CompleteCycle),
        1 => prop::bool::weighted(0.1).prop_map(|archive| if archive { Act::Archive } else { Act::CompleteCycle }),
    ]
}

/// Whole walks are rare by chance, so some of them begin far along.
fn acts() -> impl Strategy<Value = (usize, Vec<Act>)> {
    (0..=9usize, prop::collection::vec(act(), 1..80))
}

/// The code of an answer; an output that is not valid has one too.
fn answer<T>(result: &Result<T, Error>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(Error::Refused(refusal)) => refusal.code().as_str(),
        Err(Error::InvalidOutput(_)) => "invalid_component_output",
        Err(other) => panic!("no walk answers {other:?}"),
    }
}

/// Ids in their order.
fn mint() -> impl FnMut() -> Uuid {
    let mut next = 0x1_0000;
    move || {
        next += 1;
        id(next)
    }
}

fn at(step: usize) -> Timestamp {
    Timestamp::from_micros(i64::try_from(step).expect("a short walk"))
}

/// Does an act in both worlds; answers what they said.
fn perform(
    walk: &mut Walk,
    model: &mut Model,
    act: &Act,
    step: usize,
    mint: &mut impl FnMut() -> Uuid,
) -> Result<&'static str, TestCaseError> {
    let before = (walk.cycle.clone(), model.clone());
    let now = at(step);
    let (real, expected) = match act {
        Act::Start(component) => (answer(&walk.start(*component, now)), model.start(*component)),
        Act::Update {
            component,
            stale,
            text,
            whole,
        } => {
            let output = output(*component, *text, *whole);
            let version = walk.cycle.component(*component).version + if *stale { 1 } else { 0 };
            let source = if step.is_multiple_of(2) {
                Source::Form
            } else {
                Source::Draft(DraftId(id(7)))
            };
            let result = walk.update(
                *component,
                &output,
                version,
                &source,
                &Labels::Previous,
                now,
                mint,
            );
            (answer(&result), model.update(*component, *stale, &output))
        }
        Act::Complete { component, draft } => (
            answer(&walk.complete(*component, *draft, now)),
            model.complete(*component, *draft),
        ),
        Act::Revise(component) => (
            answer(&walk.revise(*component, "to look again", now)),
            model.revise(*component),
        ),
        Act::Navigate(to) => (answer(&walk.navigate(*to, now)), model.navigate(*to)),
        Act::CompleteCycle => (answer(&walk.complete_cycle(now)), model.complete_cycle()),
        Act::Archive => (answer(&walk.archive(now)), model.archive()),
        Act::Branch { point, follow } => {
            let child = walk.branch(*point, Some("what if"), now, mint);
            let expected = model.branch(*point);
            let said = (answer(&child), expected.as_ref().err().copied().unwrap_or("ok"));
            prop_assert_eq!(&walk.cycle, &before.0, "the parent does not change");
            if let (Ok(child), Ok(expected)) = (child, expected) {
                check_branch(walk, &child, *point)?;
                expected.check(&child)?;
                if *follow {
                    (*walk, *model) = (child, expected);
                }
            }
            said
        }
    };
    prop_assert_eq!(real, expected, "{:?} in {:?}", act, before.1);
    if real != "ok" {
        prop_assert_eq!(
            &walk.cycle,
            &before.0,
            "what is refused changes nothing: {:?}",
            act
        );
    }
    model.check(walk)?;
    Ok(real)
}

/// What a branch has of its parent, beside the statuses.
fn check_branch(parent: &Walk, child: &Walk, point: ComponentType) -> Result<(), TestCaseError> {
    prop_assert_ne!(child.cycle.id, parent.cycle.id);
    prop_assert_eq!(child.cycle.parent_cycle_id, Some(parent.cycle.id));
    prop_assert_eq!(child.cycle.branch_point, Some(point));
    prop_assert_eq!(child.cycle.session_id, parent.cycle.session_id);
    prop_assert_eq!(child.cycle.status, CycleStatus::Active);
    for component in ComponentType::ALL {
        let (old, new) = (
            parent.cycle.component(*component),
            child.cycle.component(*component),
        );
        prop_assert_ne!(old.id, new.id, "components are new");
        if *component <= point {
            prop_assert_eq!(
                child.output(*component),
                parent.output(*component),
                "outputs keep the ids inside"
            );
            prop_assert_eq!(&new.input_versions, &old.input_versions);
        } else {
            prop_assert_eq!(child.output(*component), None);
        }
    }
    Ok(())
}

/// The acts that bring a walk to its first so many complete steps.
fn far_along(steps: usize) -> Vec<Act> {
    let all = ComponentType::ALL.iter().copied().take(steps);
    all.flat_map(|component| {
        [
            Act::Start(component),
            Act::Update {
                component,
                stale: false,
                text: 0,
                whole: true,
            },
            Act::Complete {
                component,
                draft: false,
            },
        ]
    })
    .collect()
}

/// Which (status, act, answer) and which branch points a run has met.
#[derive(Default)]
struct Met {
    pairs: BTreeSet<(ComponentStatus, &'static str, &'static str)>,
    points: BTreeSet<ComponentType>,
    closed: BTreeSet<&'static str>,
}

impl Met {
    fn note(&mut self, walk: &Walk, act: &Act, said: &'static str, is_active: bool) {
        let status = |component: ComponentType| walk.cycle.component(component).status;
        match act {
            _ if said.starts_with("cycle_") => drop(self.closed.insert(said)),
            Act::Branch { point, .. } if said == "ok" => drop(self.points.insert(*point)),
            Act::Start(one) if is_active => drop(self.pairs.insert((status(*one), "in_progress", said))),
            Act::Update {
                component,
                stale: false,
                ..
            } if is_active => drop(self.pairs.insert((status(*component), "resume", said))),
            Act::Complete {
                component,
                draft: false,
            } if is_active => drop(self.pairs.insert((status(*component), "complete", said))),
            Act::Revise(one) if is_active => drop(self.pairs.insert((status(*one), "needs_revision", said))),
            _ => {}
        }
    }
}

#[test]
fn every_walk_follows_the_model_and_together_they_go_everywhere() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, b"althing: the same walks each day");
    let config = Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    };
    let met = std::cell::RefCell::new(Met::default());
    let run = TestRunner::new_with_rng(config, rng).run(&acts(), |(begun, acts)| {
        let mut mint = mint();
        let mut walk = Walk::create(SessionId(id(9)), None, at(0), &mut mint).expect("no label to refuse");
        let mut model = Model::new();
        model.check(&walk)?;
        for (step, act) in far_along(begun).iter().chain(&acts).enumerate() {
            let (before, is_active) = (walk.clone(), walk.cycle.status == CycleStatus::Active);
            let said = perform(&mut walk, &mut model, act, step + 1, &mut mint)?;
            met.borrow_mut().note(&before, act, said, is_active);
        }
        Ok(())
    });
    if let Err(error) = run {
        panic!("{error}");
    }
    let met = met.into_inner();
    assert_eq!(
        met.points,
        ComponentType::ALL.iter().copied().collect(),
        "all nine branch points"
    );
    assert_eq!(met.closed, BTreeSet::from(["cycle_archived", "cycle_completed"]));
    // Rows: from; what was asked for. `start` on what is started is refused in its own words; nothing leads back to the beginning.
    for expected in [
        (NotStarted, "in_progress", "ok"),
        (NotStarted, "in_progress", "previous_component_required"),
        (InProgress, "in_progress", "component_already_started"),
        (Complete, "in_progress", "component_already_started"),
        (NeedsRevision, "in_progress", "component_already_started"),
        (NotStarted, "resume", "component_locked"),
        (InProgress, "resume", "ok"),
        (Complete, "resume", "component_locked"),
        (NeedsRevision, "resume", "ok"),
        (NotStarted, "complete", "invalid_state_transition"),
        (InProgress, "complete", "ok"),
        (InProgress, "complete", "invalid_component_output"),
        (Complete, "complete", "ok"),
        (NeedsRevision, "complete", "ok"),
        (NotStarted, "needs_revision", "invalid_state_transition"),
        (InProgress, "needs_revision", "ok"),
        (Complete, "needs_revision", "ok"),
        (NeedsRevision, "needs_revision", "ok"),
    ] {
        assert!(
            met.pairs.contains(&expected),
            "{expected:?} did not occur in {:?}",
            met.pairs
        );
    }
}

#[test]
fn the_table_of_sixteen_pairs_is_the_machine_and_nothing_leads_back_to_the_beginning() {
    for from in ComponentStatus::ALL.iter().copied() {
        for to in ComponentStatus::ALL.iter().copied() {
            let is_allowed = from.transition_to(to).is_some();
            let expected = from == to
                || matches!(
                    (from, to),
                    (NotStarted, InProgress)
                        | (InProgress, Complete | NeedsRevision)
                        | (Complete, NeedsRevision)
                        | (NeedsRevision, InProgress | Complete)
                );
            assert_eq!(is_allowed, expected, "{from} to {to}");
        }
    }
}

#[test]
fn a_branch_can_begin_at_each_of_the_nine_steps_of_a_whole_walk() {
    let mut mint = mint();
    let mut walk = Walk::create(SessionId(id(9)), None, at(0), &mut mint).unwrap();
    let mut model = Model::new();
    for (step, act) in far_along(9).iter().enumerate() {
        assert_eq!(
            perform(&mut walk, &mut model, act, step, &mut mint).unwrap(),
            "ok",
            "{act:?}"
        );
    }
    assert_eq!(
        perform(&mut walk, &mut model, &Act::CompleteCycle, 50, &mut mint).unwrap(),
        "ok"
    );
    for point in ComponentType::ALL.iter().copied() {
        let said = perform(
            &mut walk,
            &mut model,
            &Act::Branch { point, follow: false },
            60,
            &mut mint,
        )
        .unwrap();
        assert_eq!(said, "ok", "{point}");
    }
    assert!(matches!(
        walk.start(ComponentType::Objectives, at(70)),
        Err(Error::Refused(Refusal::CycleCompleted))
    ));
}
