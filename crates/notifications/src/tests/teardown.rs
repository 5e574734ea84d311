//! What goes with an account and with a workspace.

use althing_backbone::sql;
use althing_events::identity::{RemovalReason, UserDeleted, WorkspaceDeleted};

use super::house::House;
use crate::kind::{Channel, Kind};

#[tokio::test]
async fn with_an_account_goes_what_it_was_told_and_others_read_of_a_deleted_user() {
    let house = House::new().await;
    let member = house.invite().await;
    house.join(member).await;
    house
        .choose(house.bob, Kind::RoleChanged, Channel::Digest, 9, "Europe/Berlin")
        .await;
    house.kit.settle().await;
    assert_eq!(house.told(house.bob).await.len(), 2);
    house.acts(house.bob);
    house.remove(RemovalReason::UserDeleted).await;
    house.kit.given([UserDeleted { user_id: house.bob }]).await;
    house
        .kit
        .deliver_twice("notification-teardown")
        .await
        .assert_same_state();
    house.kit.settle().await;
    assert_eq!(house.told(house.bob).await, Vec::<String>::new());
    let told = house.told(house.ada).await;
    assert!(
        told[0].contains("deleted user") && !told[0].contains("Bob"),
        "{told:?}"
    );
    let left: i64 = sql("SELECT count(*) FROM aggregate WHERE kind = 'notification_preferences'")
        .one(house.kit.db())
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn with_a_workspace_goes_what_was_told_of_it_and_nothing_else() {
    let house = House::new().await;
    let member = house.invite().await;
    house.join(member).await;
    house.acts(house.bob);
    house.complete_cycle().await;
    house.kit.settle().await;
    assert_eq!(house.told(house.ada).await.len(), 2);
    house
        .kit
        .given([WorkspaceDeleted {
            workspace_id: house.workspace,
            name: "Engines".into(),
            member_user_ids: vec![house.ada, house.bob],
        }])
        .await;
    house.kit.settle().await;
    assert_eq!(house.told(house.bob).await, Vec::<String>::new());
    let told = house.told(house.ada).await;
    assert_eq!(told.len(), 1, "the decision is her own: {told:?}");
}
