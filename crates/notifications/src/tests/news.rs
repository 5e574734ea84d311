//! Who is told what.

use std::time::Duration;

use althing_backbone::{Context, DomainEvent};
use althing_events::UserId;
use althing_events::identity::{MemberRole, RemovalReason};
use althing_events::notifications::NotificationCreated;

use super::house::House;
use crate::kind::{Channel, Kind};
use crate::{directory, reactions};

#[tokio::test]
async fn an_invitation_tells_whoever_has_an_account_by_name_and_can_be_answered() {
    let house = House::new().await;
    house.invite().await;
    house.invite_a_stranger().await;
    house.kit.settle().await;
    let (_, one) = house.only_one(house.bob).await;
    assert_eq!(one.title, "Invitation to Engines");
    assert_eq!(one.body, "Ada Lovelace invites you to Engines as a member.");
    assert!(one.actionable && !one.read);
    assert_eq!(one.data["inviter_name"], "Ada Lovelace");
    assert_eq!(one.data["workspace_name"], "Engines");
    assert_eq!(one.data["workspace_id"], house.workspace.to_string());
    assert_eq!(house.told(house.ada).await, Vec::<String>::new());
    let log = house.kit.log().await;
    let created = log
        .iter()
        .find(|event| event.is::<NotificationCreated>())
        .unwrap();
    assert_eq!(created.actor_id, Some(house.ada.0));
    assert_eq!(created.workspace_id, None, "it is Bob's and not the workspace's");
}

#[tokio::test]
async fn a_life_in_a_workspace_is_told_to_whom_it_concerns() {
    let house = House::new().await;
    let member = house.invite().await;
    house.acts(house.bob);
    house.join(member).await;
    house.acts(house.ada);
    house.change_role(MemberRole::Member, MemberRole::Admin).await;
    house.remove(RemovalReason::Removed).await;
    house.kit.settle().await;
    assert_eq!(
        house.told(house.bob).await,
        [
            "You are no longer in Engines: Ada Lovelace took you out of Engines.",
            "Your role in Engines changed: Ada Lovelace made you an admin of Engines; you were a member.",
            "You joined Engines: You are a member of Engines now.",
            "Invitation to Engines: Ada Lovelace invites you to Engines as a member. You accepted it.",
        ]
    );
    assert_eq!(
        house.told(house.ada).await,
        ["Bob Babbage joined Engines: Bob Babbage accepted your invitation and is a member of Engines now."]
    );
}

#[tokio::test]
async fn a_completed_decision_is_told_to_its_owner_unless_they_did_it() {
    let house = House::new().await;
    house.complete_cycle().await;
    house.kit.settle().await;
    assert_eq!(house.told(house.ada).await, Vec::<String>::new());
    house.acts(house.bob);
    house.complete_cycle().await;
    house.kit.settle().await;
    assert_eq!(
        house.told(house.ada).await,
        ["Decision completed: Bob Babbage completed a cycle of “Where to live”."]
    );
    let (_, one) = house.only_one(house.ada).await;
    assert_eq!(one.page(), format!("/decisions/{}", house.session));
    assert!(!one.actionable);
}

#[tokio::test]
async fn what_an_import_says_is_no_news() {
    let house = House::new().await;
    let bob = house.bob.0;
    house
        .kit
        .acting_as(Context::of_actor(bob, bob).with("import", "a file"));
    house.complete_cycle().await;
    house.invite().await;
    house.kit.settle().await;
    assert_eq!(house.count(NotificationCreated::TYPE).await, 0);
}

#[tokio::test]
async fn whoever_switched_a_kind_off_is_not_told() {
    let house = House::new().await;
    house
        .choose(house.ada, Kind::DecisionCompleted, Channel::Off, 7, "UTC")
        .await;
    house.acts(house.bob);
    house.complete_cycle().await;
    house.kit.settle().await;
    assert_eq!(house.count(NotificationCreated::TYPE).await, 0);
}

#[tokio::test]
async fn things_are_called_as_they_were_called_then_and_people_as_they_are_called_now() {
    let house = House::new().await;
    house.acts(house.bob);
    house.complete_cycle().await;
    house.rename_session("Where to die").await;
    house.complete_cycle().await;
    house.kit.settle().await;
    let bodies: Vec<String> = house
        .seen_by(house.ada)
        .await
        .into_iter()
        .map(|one| one.body)
        .collect();
    assert!(
        bodies[0].contains("“Where to die”") && bodies[1].contains("“Where to live”"),
        "{bodies:?}"
    );
}

#[tokio::test]
async fn an_invitation_that_ended_says_so_and_one_that_was_sent_anew_counts() {
    let house = House::new().await;
    let member = house.invite().await;
    house.kit.settle().await;
    house.invite_again(member).await;
    house.kit.settle().await;
    let seen = house.seen_by(house.bob).await;
    let ended: Vec<(bool, Option<&str>)> = seen.iter().map(|one| (one.actionable, one.ended)).collect();
    assert_eq!(ended, [(true, None), (false, Some("renewed"))]);
    house.revoke(member).await;
    house.kit.settle().await;
    let seen = house.seen_by(house.bob).await;
    assert_eq!((seen[0].actionable, seen[0].ended), (false, Some("revoked")));
    assert!(seen[0].body.ends_with("It was taken back."), "{}", seen[0].body);
}

/// Everything that identity tells, with something of each kind.
async fn much_that_happened() -> House {
    let house = House::new().await;
    let member = house.invite().await;
    house.invite_again(member).await;
    house.acts(house.bob);
    house.join(member).await;
    house.acts(house.ada);
    house.change_role(MemberRole::Member, MemberRole::Guest).await;
    house.remove(RemovalReason::Left).await;
    let other = house.invite().await;
    house.revoke(other).await;
    house.rename_session("Elsewhere").await;
    house
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_events_are_delivered_everybody_is_told_once() {
    let house = much_that_happened().await;
    // Until here nothing waits for the directory, whose events may come late as well.
    house.kit.deliver_late(directory::NAME).await.assert_same_state();
    house.kit.deliver_twice(directory::NAME).await.assert_same_state();
    house
        .kit
        .panic_in_handler(directory::NAME)
        .await
        .assert_same_state();
    // From here on the directory comes first: a reaction that overtakes it waits for a moment
    // of its clock, which stands still.
    house.kit.settle().await;
    house.kit.operator().pause(reactions::NAME).await.unwrap();
    house.acts(UserId(house.id()));
    house.complete_cycle().await;
    house.kit.settle().await;
    house.kit.operator().resume(reactions::NAME).await.unwrap();
    for name in [reactions::NAME, "notification-mail", "notification-digest"] {
        house.kit.deliver_twice(name).await.assert_same_state();
    }
    house
        .kit
        .panic_in_handler(reactions::NAME)
        .await
        .assert_same_state();
    house.kit.deliver_late(reactions::NAME).await.assert_same_state();
    house
        .kit
        .crash_at_every_point(reactions::NAME)
        .await
        .assert_nothing_lost_or_doubled();
    house.kit.settle().await;
    let told = house.told(house.bob).await;
    assert_eq!(
        (told.len(), house.told(house.ada).await.len()),
        (6, 2),
        "{told:#?}"
    );
    assert_eq!(house.count(NotificationCreated::TYPE).await, 8);
}

#[tokio::test]
async fn a_decision_that_is_not_known_yet_is_told_once_it_is() {
    let house = House::new().await;
    house.kit.operator().pause(directory::NAME).await.unwrap();
    house.acts(house.bob);
    house.complete_cycle().await;
    house.kit.settle().await;
    assert_eq!(house.count(NotificationCreated::TYPE).await, 0);
    house.kit.operator().resume(directory::NAME).await.unwrap();
    house.kit.settle().await;
    house.kit.advance(Duration::from_secs(1));
    house.kit.settle().await;
    assert_eq!(house.told(house.ada).await.len(), 1);
}
