//! Settings that operators change while the instance runs.

use std::time::Duration;

use althing_backbone::DomainEvent;
use althing_events::identity::InstanceSettingsChanged;
use serde_json::json;

use super::harness::{Door, PASSWORD};
use crate::{Fixed, Registration, Settings};

const PATH: &str = "/api/admin/settings";

#[tokio::test]
async fn what_an_operator_sets_holds_at_once_and_only_names_are_told() {
    let door = Door::open().await;
    let owner = door.set_up("ada@example.org").await.token();
    let read = door.get(PATH, owner.as_deref()).await;
    assert_eq!(
        read.body["data"],
        json!({
            "registration_mode": {"value": "invite", "source": "default", "fixed": false},
            "workspace_purge_days": {"value": 30, "source": "default", "fixed": false},
        })
    );
    let before = door.recorded().await.len();
    let wanted = json!({"registration_mode": "open", "workspace_purge_days": 30});
    let set = door.send("PATCH", PATH, owner.as_deref(), &wanted).await;
    assert_eq!(
        set.body["data"]["registration_mode"],
        json!({"value": "open", "source": "page", "fixed": false})
    );
    assert_eq!(door.recorded().await[before..], [InstanceSettingsChanged::TYPE]);
    let told: InstanceSettingsChanged = door.events().await[before].decode().unwrap();
    assert_eq!(told.keys, ["registration.mode"]);
    let methods = door.get("/api/auth/methods", None).await;
    assert_eq!(methods.body["data"]["registration"], "open");
    let zoe =
        json!({"first_name": "Zoe", "last_name": "Zuse", "email": "zoe@example.org", "password": PASSWORD});
    assert_eq!(door.post("/api/auth/register", None, &zoe).await.status, 202);

    // A workspace that is deleted from now on goes the same day.
    let days = json!({"workspace_purge_days": 0});
    door.send("PATCH", PATH, owner.as_deref(), &days).await;
    door.post("/api/workspaces", owner.as_deref(), &json!({"name": "Engines"}))
        .await;
    let ws = "/api/workspaces/engines";
    door.post(&format!("{ws}/archive"), owner.as_deref(), &json!({}))
        .await;
    let confirm = json!({"confirm": "engines"});
    let deleted = door.send("DELETE", ws, owner.as_deref(), &confirm).await;
    let now = door.state.backbone.clock().now().to_string();
    assert_eq!(deleted.body["data"]["purge_after"], json!(now));
}

#[tokio::test]
async fn what_the_configuration_holds_is_not_changed_here() {
    let door = Door::with(Settings {
        registration: Registration::Closed,
        fixed: Fixed {
            registration: Some("environment"),
            ..Fixed::default()
        },
        ..Settings::default()
    })
    .await;
    let owner = door.set_up("ada@example.org").await.token();
    let wanted = json!({"registration_mode": "open"});
    let refused = door.send("PATCH", PATH, owner.as_deref(), &wanted).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (409, &json!("setting_fixed"))
    );
    let read = door.get(PATH, owner.as_deref()).await;
    assert_eq!(
        read.body["data"]["registration_mode"],
        json!({"value": "closed", "source": "environment", "fixed": true})
    );
}

#[tokio::test]
async fn settings_are_checked_and_want_a_fresh_sign_in_and_an_operator() {
    let door = Door::open().await;
    let owner = door.set_up("ada@example.org").await.token();
    door.create_user("bob@example.org").await.unwrap();
    let wrong = json!({"registration_mode": "everybody", "workspace_purge_days": 366});
    let refused = door.send("PATCH", PATH, owner.as_deref(), &wrong).await;
    let fields: Vec<_> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["field"])
        .collect();
    assert_eq!(fields, ["/registration_mode", "/workspace_purge_days"]);
    let bob = door.log_in("bob@example.org", PASSWORD).await.token();
    assert_eq!(door.get(PATH, bob.as_deref()).await.status, 403);
    door.advance(Duration::from_secs(20 * 60));
    let wanted = json!({"workspace_purge_days": 7});
    let stale = door.send("PATCH", PATH, owner.as_deref(), &wanted).await;
    assert_eq!(stale.body["code"], "reauthenticate");
    assert_eq!(
        door.get(PATH, owner.as_deref()).await.body["data"]["workspace_purge_days"]["value"],
        30
    );
}
