//! The two subscriptions under trouble: events twice, late, with panics and crashes in between.

use althing_backbone::kit::{Comparison, Rehearsal, TestKit};
use althing_backbone::{Context, Db, Timestamp, Uuid};
use althing_decisions::conversation;
use althing_decisions::cycle::commands::{
    BranchCycle, CompleteComponent, CreateCycle, ReviseComponent, StartComponent, UpdateComponentOutput,
};
use althing_decisions::cycle::{Labels, Source};
use althing_decisions::outputs::ComponentType;
use althing_decisions::session::Home;
use althing_decisions::session::commands::CreateSession;
use althing_events::{CycleId, UserId};
use serde_json::{Value, json};

use crate::app::App;

const BOTH: [&str; 2] = ["conversation-init", "conversation-progress"];

/// A cycle that was walked for a while before anybody made conversations.
async fn backlog() -> TestKit {
    let db = Db::temporary().await.unwrap();
    for migrations in &althing_decisions::module().into_parts().migrations {
        migrations.apply(&db, Timestamp::from_micros(0)).await.unwrap();
    }
    let kit = TestKit::on(db, conversation::subscriptions).await;
    let user = Uuid::from_u128(1);
    kit.acting_as(Context::of_actor(user, user));
    let new = CreateSession {
        home: Home::PRIVATE,
        owner_id: UserId(user),
        title: "Where to live".into(),
        description: None,
    };
    let session_id = kit
        .backbone()
        .execute(Context::of_actor(user, user), &new)
        .await
        .unwrap()
        .value
        .id;
    let cycle = CreateCycle {
        session_id,
        label: None,
    };
    let cycle_id = kit
        .backbone()
        .execute(Context::of_actor(user, user), &cycle)
        .await
        .unwrap()
        .value
        .id;
    let issue = ComponentType::IssueRaising;
    kit.when(&StartComponent {
        cycle_id,
        component: issue,
    })
    .await
    .then_recorded(["component.started"]);
    update(&kit, cycle_id, 1).await;
    kit.when(&CompleteComponent {
        cycle_id,
        component: issue,
    })
    .await
    .then_recorded(["component.completed"]);
    let revise = ReviseComponent {
        cycle_id,
        component: issue,
        reason: "news".into(),
    };
    kit.when(&revise)
        .await
        .then_recorded(["component.marked_for_revision"]);
    update(&kit, cycle_id, 2).await;
    let start = StartComponent {
        cycle_id,
        component: ComponentType::ProblemFrame,
    };
    kit.when(&start).await.then_recorded(["component.started"]);
    kit.when(&CompleteComponent {
        cycle_id,
        component: issue,
    })
    .await
    .then_recorded(["component.completed"]);
    let branch = BranchCycle {
        cycle_id,
        branch_point: ComponentType::ProblemFrame,
        label: None,
    };
    kit.when(&branch).await.then_recorded(["cycle.branched"]);
    kit
}

async fn update(kit: &TestKit, cycle_id: CycleId, expected_version: i64) {
    let output =
        json!({ "potential_decisions": [{ "description": "Move?" }], "objectives": [], "uncertainties": [] });
    let component = ComponentType::IssueRaising;
    let (source, labels) = (Source::Form, Labels::Previous);
    let update = UpdateComponentOutput {
        cycle_id,
        component,
        output,
        expected_version,
        source,
        labels,
    };
    kit.when(&update)
        .await
        .then_recorded(["component.output_updated"]);
}

fn check(comparisons: [Comparison; 3], crashes: Comparison) {
    for comparison in comparisons {
        comparison.assert_same_state();
    }
    crashes.assert_nothing_lost_or_doubled();
}

#[tokio::test]
async fn a_backlog_ends_the_same_whatever_happens_on_the_way() {
    let kit = backlog().await;
    for name in BOTH {
        let troubles = [
            kit.deliver_twice(name).await,
            kit.deliver_late(name).await,
            kit.panic_in_handler(name).await,
        ];
        check(troubles, kit.crash_at_every_point(name).await);
    }
    kit.settle().await;
    let types: Vec<String> = kit
        .log()
        .await
        .iter()
        .map(|event| event.event_type.to_string())
        .collect();
    let count = |kind: &str| types.iter().filter(|one| *one == kind).count();
    assert_eq!(
        (count("conversation.started"), count("conversation.completed")),
        (3, 2)
    );
}

#[tokio::test]
async fn a_whole_talk_handled_anew_changes_nothing() {
    let app = App::new().await;
    let step = app.first_step().await;
    app.say(&step, "decision: Move?\nobjective: Quiet").await;
    let draft = app.get(&step.path("draft")).await;
    let some = json!({ "items": [draft["items"][0]["id"]], "expected_version": 1 });
    app.post(&step.path("draft/confirm"), some).await;
    app.post(&step.path("draft/confirm"), json!({ "expected_version": 2 }))
        .await;
    app.post(&step.act("complete"), Value::Null).await;
    app.settle().await;
    app.post(&step.act("revise"), json!({ "reason": "news" })).await;
    app.settle().await;
    app.say(&step, "uncertainty: The rent").await;
    for name in BOTH {
        let rehearsal = Rehearsal::of(&app.backbone, althing_decisions::subscriptions).await;
        let troubles = [
            rehearsal.deliver_twice(name).await,
            rehearsal.deliver_late(name).await,
            rehearsal.panic_in_handler(name).await,
        ];
        check(troubles, rehearsal.crash_at_every_point(name).await);
    }
    assert_eq!(
        app.get(&step.path("draft")).await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
