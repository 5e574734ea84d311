//! Random walks through a cycle beside a reference model of the status machine and of branching.
//!
//! The model knows nothing of the walk's code: it is the table of statuses and the rules of the specification, written
//! down once more and smaller. After each act both must have given the same answer and must stand at the same place.

use std::collections::{BTreeMap, BTreeSet};

use althing_backbone::{Timestamp, Uuid};
use althing_decisions::cycle::{CycleStatus, Labels, Source, Walk};
use althing_decisions::error::{Error, Refusal};
use althing_decisions::outputs::{ComponentStatus, ComponentType};
use althing_events::{DraftId, SessionId};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use ComponentStatus::{Complete, InProgress, NeedsRevision, NotStarted};

/// What somebody does.
#[derive(Clone, Debug)]
enum Act {
    Start(ComponentType),
    /// Saves an output upon the current version or a stale one; the text makes outputs differ.
    Update { component: ComponentType, stale: bool, text: u8, whole: bool },
    Complete { component: ComponentType, draft: bool },
    Revise(ComponentType),
    Navigate(ComponentType),
    /// Goes on in the branch if `follow`, else in the parent.
    Branch { point: ComponentType, follow: bool },
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

/// The reference: what the specification says about one component.
#[derive(Clone, Debug, PartialEq)]
struct Step {
    status: ComponentStatus,
    version: i64,
    output: Option<Value>,
    inputs: BTreeMap<ComponentType, i64>,
    is_inherited: bool,
}

/// And about a cycle.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    steps: BTreeMap<ComponentType, Step>,
    status: CycleStatus,
    current: ComponentType,
    /// Rows of history: one for each transition, output and navigation.
    changes: i64,
    document_version: i64,
}

impl Model {
    fn new() -> Self {
        let fresh = Step { status: NotStarted, version: 1, output: None, inputs: BTreeMap::new(), is_inherited: false };
        Self {
            steps: ComponentType::ALL.iter().map(|one| (*one, fresh.clone())).collect(),
            status: CycleStatus::Active,
            current: ComponentType::IssueRaising,
            changes: 1,
            document_version: 1,
        }
    }

    fn closed(&self) -> Option<&'static str> {
        match self.status {
            CycleStatus::Active => None,
            CycleStatus::Completed => Some("cycle_completed"),
            CycleStatus::Archived => Some("cycle_archived"),
        }
    }

    fn is_started(&self, component: ComponentType) -> bool {
        self.steps[&component].status != NotStarted
    }

    /// The first opens everything and the notes, and each of the others the next one.
    fn may_start(&self, component: ComponentType) -> bool {
        let number = component.number();
        let before = if component == ComponentType::NotesNextSteps { 1 } else { number - 1 };
        number == 1 || self.is_started(ComponentType::from_number(before).expect("it has one before"))
    }

    fn change(&mut self) {
        self.changes += 1;
        self.document_version += 1;
    }

    fn start(&mut self, component: ComponentType) -> &'static str {
        if let Some(closed) = self.closed() {
            return closed;
        }
        if self.is_started(component) {
            return "component_already_started";
        }
        if !self.may_start(component) {
            return "previous_component_required";
        }
        self.steps.get_mut(&component).expect("all nine").status = InProgress;
        self.change();
        "ok"
    }

    fn update(&mut self, component: ComponentType, stale: bool, output: &Value) -> &'static str {
        if let Some(closed) = self.closed() {
            return closed;
        }
        if matches!(self.steps[&component].status, NotStarted | Complete) {
            return "component_locked";
        }
        if stale {
            return "concurrency_conflict";
        }
        let inputs = component.inputs().iter().filter(|input| self.steps[input].output.is_some());
        let inputs = inputs.map(|input| (*input, self.steps[input].version)).collect();
        let step = self.steps.get_mut(&component).expect("all nine");
        *step = Step { status: InProgress, version: step.version + 1, output: Some(output.clone()), inputs, is_inherited: false };
        self.change();
        "ok"
    }

    fn is_outdated(&self, component: ComponentType) -> bool {
        let step = &self.steps[&component];
        let newer = |input: &&ComponentType| {
            let current = &self.steps[*input];
            current.output.is_some() && current.version > step.inputs.get(*input).copied().unwrap_or(0)
        };
        step.output.is_some() && component.inputs().iter().any(|input| newer(&input))
    }

    fn is_complete(&self, component: ComponentType) -> bool {
        let has = |component| self.steps[&component].output.is_some();
        let output = self.steps[&component].output.as_ref();
        // In tradeoffs and notes nothing must be there.
        let may_be_missing = matches!(component, ComponentType::Tradeoffs | ComponentType::NotesNextSteps);
        let is_whole = output.map_or(may_be_missing, is_whole);
        is_whole
            && match component {
                ComponentType::Consequences => has(ComponentType::Objectives) && has(ComponentType::Alternatives),
                ComponentType::Tradeoffs => !self.is_outdated(component),
                _ => true,
            }
    }

    fn complete(&mut self, component: ComponentType, draft: bool) -> &'static str {
        if let Some(closed) = self.closed() {
            return closed;
        }
        match self.steps[&component].status {
            Complete => return "ok",
            NotStarted => return "invalid_state_transition",
            InProgress | NeedsRevision => {}
        }
        if draft {
            return "confirmation_pending";
        }
        if !self.is_complete(component) {
            return "invalid_component_output";
        }
        self.steps.get_mut(&component).expect("all nine").status = Complete;
        if let Some(next) = component.next() {
            self.current = next;
        }
        self.change();
        "ok"
    }

    fn revise(&mut self, component: ComponentType) -> &'static str {
        if let Some(closed) = self.closed() {
            return closed;
        }
        match self.steps[&component].status {
            NeedsRevision => return "ok",
            NotStarted => return "invalid_state_transition",
            InProgress | Complete => {}
        }
        self.steps.get_mut(&component).expect("all nine").status = NeedsRevision;
        self.change();
        "ok"
    }

    fn navigate(&mut self, to: ComponentType) -> &'static str {
        if let Some(closed) = self.closed() {
            return closed;
        }
        if !self.is_started(to) && !self.may_start(to) {
            return "previous_component_required";
        }
        if self.current != to {
            self.current = to;
            // It changes no status and so no document.
            self.changes += 1;
        }
        "ok"
    }

    fn branch(&self, point: ComponentType) -> Result<Self, &'static str> {
        if self.status == CycleStatus::Archived {
            return Err("cycle_archived");
        }
        if !self.is_started(point) {
            return Err("invalid_state_transition");
        }
        let mut child = Self::new();
        for (component, step) in self.steps.range(..=point) {
            let status = if *component == point { NeedsRevision } else { step.status };
            child.steps.insert(*component, Step { status, is_inherited: true, ..step.clone() });
        }
        child.current = point;
        child.changes = 1 + i64::from(point.number());
        Ok(child)
    }

    fn complete_cycle(&mut self) -> &'static str {
        if let Some(closed) = self.closed() {
            return closed;
        }
        if self.steps[&ComponentType::DecisionQuality].status != Complete {
            return "invalid_state_transition";
        }
        self.status = CycleStatus::Completed;
        self.change();
        "ok"
    }

    fn archive(&mut self) -> &'static str {
        if self.status == CycleStatus::Archived {
            return "cycle_archived";
        }
        self.status = CycleStatus::Archived;
        self.change();
        "ok"
    }

    /// The walk stands where the model stands.
    fn check(&self, walk: &Walk) -> Result<(), TestCaseError> {
        let cycle = &walk.cycle;
        prop_assert_eq!(cycle.status, self.status);
        prop_assert_eq!(cycle.current_step, self.current);
        prop_assert_eq!(cycle.changes, self.changes, "one row of history for each transition");
        prop_assert_eq!(cycle.document_version, self.document_version);
        let completed = self.steps.values().filter(|step| step.status == Complete).count();
        prop_assert_eq!(usize::from(cycle.progress().completed), completed);
        prop_assert_eq!(usize::from(cycle.progress().percent), 100 * completed / 9);
        for (component, step) in &self.steps {
            let real = cycle.component(*component);
            prop_assert_eq!(real.status, step.status, "{}", component);
            prop_assert_eq!(real.version, step.version, "{}", component);
            prop_assert_eq!(real.inherited, step.is_inherited, "{}", component);
            prop_assert_eq!(walk.output(*component).is_some(), step.output.is_some(), "{}", component);
            prop_assert_eq!(cycle.is_based_on_older_input(*component), self.is_outdated(*component), "{}", component);
            let can_start = self.status == CycleStatus::Active && step.status == NotStarted && self.may_start(*component);
            prop_assert_eq!(cycle.can_start(*component), can_start, "{}", component);
        }
        Ok(())
    }
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number)
}

/// Empty outputs lack what completing requires.
fn is_whole(output: &Value) -> bool {
    output.as_object().is_some_and(|fields| !fields.is_empty())
}

/// An output that completing accepts, or (where nothing refers to it) an empty one, which may be saved all the same.
fn output(component: ComponentType, text: u8, whole: bool) -> Value {
    let is_always_whole = matches!(
        component,
        ComponentType::Objectives | ComponentType::Alternatives | ComponentType::Tradeoffs | ComponentType::NotesNextSteps
    );
    if !whole && !is_always_whole {
        return json!({});
    }
    let words = format!("Way {text} of looking at it, in žluťoučký words that are long enough for a synthesis");
    match component {
        ComponentType::IssueRaising => json!({"potential_decisions": [{"id": id(1), "description": words, "priority": "medium"}],
            "objectives": [], "uncertainties": [], "considerations": []}),
        ComponentType::ProblemFrame => json!({"decision_maker": {"name": "Ada"}, "focal_decision": {"statement": words, "constraints": []}}),
        ComponentType::Objectives => json!({"fundamental_objectives": [{"id": id(2), "name": words}], "means_objectives": []}),
        ComponentType::Alternatives => json!({"status_quo_id": id(3), "alternatives": [
            {"id": id(3), "name": "Stay", "is_status_quo": true, "assumptions": []},
            {"id": id(4), "name": "Go", "description": words, "is_status_quo": false, "assumptions": []}]}),
        ComponentType::Consequences => {
            let cell = |alternative: u128, rating: u8| {
                json!({"alternative_id": id(alternative), "objective_id": id(2), "rating": rating, "rationale": words})
            };
            let cells = json!({(format!("{}:{}", id(3), id(2))): cell(3, 0), (format!("{}:{}", id(4), id(2))): cell(4, text % 3)});
            json!({"table": {"alternative_ids": [id(3), id(4)], "objective_ids": [id(2)], "cells": cells}, "uncertainties": []})
        }
        ComponentType::Tradeoffs => json!({"dominated_alternatives": [], "irrelevant_objectives": [], "tensions": []}),
        ComponentType::Recommendation => json!({"synthesis": words}),
        ComponentType::DecisionQuality => {
            let names = ["helpful_problem_frame", "clear_objectives", "creative_alternatives", "reliable_consequence_information",
                "logically_correct_reasoning", "clear_tradeoffs", "commitment_to_follow_through"];
            let elements: Vec<Value> = names.iter().map(|name| json!({"name": name, "score": 80 + text})).collect();
            json!({"elements": elements})
        }
        ComponentType::NotesNextSteps => json!({"notes": [{"id": id(5), "text": words}]}),
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
fn perform(walk: &mut Walk, model: &mut Model, act: &Act, step: usize, mint: &mut impl FnMut() -> Uuid) -> Result<&'static str, TestCaseError> {
    let before = (walk.cycle.clone(), model.clone());
    let now = at(step);
    let (real, expected) = match act {
        Act::Start(component) => (answer(&walk.start(*component, now)), model.start(*component)),
        Act::Update { component, stale, text, whole } => {
            let output = output(*component, *text, *whole);
            let version = walk.cycle.component(*component).version + if *stale { 1 } else { 0 };
            let source = if step % 2 == 0 { Source::Form } else { Source::Draft(DraftId(id(7))) };
            let result = walk.update(*component, &output, version, &source, &Labels::Previous, now, mint);
            (answer(&result), model.update(*component, *stale, &output))
        }
        Act::Complete { component, draft } => (answer(&walk.complete(*component, *draft, now)), model.complete(*component, *draft)),
        Act::Revise(component) => (answer(&walk.revise(*component, "to look again", now)), model.revise(*component)),
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
        prop_assert_eq!(&walk.cycle, &before.0, "what is refused changes nothing: {:?}", act);
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
        let (old, new) = (parent.cycle.component(*component), child.cycle.component(*component));
        prop_assert_ne!(old.id, new.id, "components are new");
        if *component <= point {
            prop_assert_eq!(child.output(*component), parent.output(*component), "outputs keep the ids inside");
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
            Act::Update { component, stale: false, text: 0, whole: true },
            Act::Complete { component, draft: false },
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
            Act::Update { component, stale: false, .. } if is_active => drop(self.pairs.insert((status(*component), "resume", said))),
            Act::Complete { component, draft: false } if is_active => drop(self.pairs.insert((status(*component), "complete", said))),
            Act::Revise(one) if is_active => drop(self.pairs.insert((status(*one), "needs_revision", said))),
            _ => {}
        }
    }
}

#[test]
fn every_walk_follows_the_model_and_together_they_go_everywhere() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, b"althing: the same walks each day");
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
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
    assert_eq!(met.points, ComponentType::ALL.iter().copied().collect(), "all nine branch points");
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
        assert!(met.pairs.contains(&expected), "{expected:?} did not occur in {:?}", met.pairs);
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
        assert_eq!(perform(&mut walk, &mut model, act, step, &mut mint).unwrap(), "ok", "{act:?}");
    }
    assert_eq!(perform(&mut walk, &mut model, &Act::CompleteCycle, 50, &mut mint).unwrap(), "ok");
    for point in ComponentType::ALL.iter().copied() {
        let said = perform(&mut walk, &mut model, &Act::Branch { point, follow: false }, 60, &mut mint).unwrap();
        assert_eq!(said, "ok", "{point}");
    }
    assert!(matches!(walk.start(ComponentType::Objectives, at(70)), Err(Error::Refused(Refusal::CycleCompleted))));
}
