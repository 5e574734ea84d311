//! Reading and answering.

use althing_backbone::DomainEvent;
use althing_events::NotificationId;
use althing_events::notifications::{NotificationAction, NotificationActionTaken, NotificationRead};

use super::house::House;
use crate::commands::{Failure, MarkAllRead, MarkRead, Refusal, TakeAction};
use crate::{forget_old, views};

fn refusal(failure: Failure) -> Refusal {
    match failure {
        Failure::Refused(refusal) => refusal,
        Failure::Fault(fault) => panic!("{fault}"),
    }
}

#[tokio::test]
async fn reading_is_recorded_once_and_everything_at_once_one_by_one() {
    let house = House::new().await;
    let member = house.invite().await;
    house.invite_again(member).await;
    house.join(member).await;
    house.kit.settle().await;
    let user_id = house.bob;
    let id = NotificationId(house.seen_by(user_id).await[0].id);
    let read = MarkRead { user_id, id };
    house
        .kit
        .when(&read)
        .await
        .then_recorded([NotificationRead::TYPE]);
    house.kit.when(&read).await.then_recorded([]);
    let all = MarkAllRead { user_id };
    let both = [NotificationRead::TYPE; 2];
    assert_eq!(house.kit.when(&all).await.then_recorded(both), 2);
    assert_eq!(house.kit.when(&all).await.then_recorded([]), 0);
    assert_eq!(views::unread(house.kit.db(), user_id).await.unwrap(), 0);
    assert_eq!(
        views::unread(house.kit.db(), house.ada).await.unwrap(),
        1,
        "Ada's own"
    );
}

#[tokio::test]
async fn an_invitation_is_answered_once_and_read_with_it() {
    let house = House::new().await;
    let member = house.invite().await;
    house.kit.settle().await;
    let (id, _) = house.only_one(house.bob).await;
    let answer = |action| TakeAction {
        user_id: house.bob,
        id,
        action,
    };
    let accept = answer(NotificationAction::Accepted);
    let done = house.kit.when(&accept).await;
    let taken: NotificationActionTaken = done.recorded()[0].decode().unwrap();
    assert_eq!(
        (
            taken.member_id,
            taken.workspace_id,
            taken.action,
            taken.kind.as_str()
        ),
        (
            member,
            house.workspace,
            NotificationAction::Accepted,
            "workspace_invitation"
        )
    );
    done.then_recorded([NotificationActionTaken::TYPE, NotificationRead::TYPE]);
    house.kit.when(&accept).await.then_recorded([]);
    let declined = house
        .kit
        .when(&answer(NotificationAction::Declined))
        .await
        .then_refused();
    assert_eq!(refusal(declined), Refusal::AlreadyActed);
    let (_, one) = house.only_one(house.bob).await;
    assert_eq!(
        (one.action.as_deref(), one.read, one.actionable),
        (Some("accepted"), true, false)
    );
}

#[tokio::test]
async fn what_has_ended_or_asks_nothing_or_is_anothers_cannot_be_answered() {
    let house = House::new().await;
    let member = house.invite().await;
    house.kit.settle().await;
    let (id, _) = house.only_one(house.bob).await;
    let answer = |user_id, id| TakeAction {
        user_id,
        id,
        action: NotificationAction::Accepted,
    };
    let foreign = house.kit.when(&answer(house.ada, id)).await.then_refused();
    assert_eq!(refusal(foreign), Refusal::NotFound);
    house.revoke(member).await;
    house.kit.settle().await;
    let ended = house.kit.when(&answer(house.bob, id)).await.then_refused();
    assert_eq!(refusal(ended), Refusal::InvitationEnded);
    house.acts(house.bob);
    house.complete_cycle().await;
    house.kit.settle().await;
    let (told, _) = house.only_one(house.ada).await;
    let asks_nothing = house.kit.when(&answer(house.ada, told)).await.then_refused();
    assert_eq!(refusal(asks_nothing), Refusal::AsksNothing);
}

#[tokio::test]
async fn what_was_read_is_forgotten_after_ninety_days_and_what_was_not_is_kept() {
    let house = House::new().await;
    let member = house.invite().await;
    house.join(member).await;
    house.kit.settle().await;
    let user_id = house.bob;
    let id = NotificationId(house.seen_by(user_id).await[0].id);
    house
        .kit
        .when(&MarkRead { user_id, id })
        .await
        .into_result()
        .unwrap();
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    house.kit.advance(day * 89);
    forget_old(house.kit.backbone()).await.unwrap();
    assert_eq!(house.seen_by(user_id).await.len(), 2);
    house.kit.advance(day * 2);
    forget_old(house.kit.backbone()).await.unwrap();
    let left = house.seen_by(user_id).await;
    assert_eq!(left.iter().map(|one| one.read).collect::<Vec<_>>(), [false]);
}
