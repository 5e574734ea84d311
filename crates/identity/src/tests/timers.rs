//! What happens by itself when its day comes.

use std::time::Duration;

use althing_backbone::DomainEvent;
use althing_events::identity::{InvitationExpired, WorkspaceDeleted, WorkspaceUpdated};
use serde_json::json;

use super::harness::{Door, PASSWORD};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Door {
    /// Waits until an event of this type was recorded.
    async fn happens<E: DomainEvent>(&self) -> E {
        let within = Duration::from_secs(30);
        let found = tokio::time::timeout(within, async {
            loop {
                let events = self.events().await;
                if let Some(event) = events.iter().rev().find(|event| event.is::<E>()) {
                    return self.state.backbone.open_event::<E>(event).await.unwrap();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        found
            .await
            .unwrap_or_else(|_| panic!("{} does not happen", E::TYPE))
    }

    async fn quiet(&self) {
        let within = Duration::from_secs(30);
        self.state.backbone.settled(within).await.unwrap();
        // Timers that are due fire in a moment.
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// An owner with a workspace, and its address.
async fn office() -> (Door, String, &'static str) {
    let door = Door::running().await;
    let owner = door.set_up("ada@example.org").await.token().unwrap();
    let name = json!({"name": "Engines"});
    door.post("/api/workspaces", Some(&owner), &name).await;
    (door, owner, "/api/workspaces/engines")
}

#[tokio::test]
async fn an_invitation_that_nobody_answers_ends_by_itself() {
    let (door, owner, ws) = office().await;
    let zoe = json!({"email": "zoe@example.org", "role": "member"});
    door.post(&format!("{ws}/members"), Some(&owner), &zoe).await;
    door.advance(13 * DAY);
    door.quiet().await;
    assert!(
        !door
            .recorded()
            .await
            .iter()
            .any(|told| told == InvitationExpired::TYPE)
    );
    door.advance(DAY);
    let expired: InvitationExpired = door.happens().await;
    assert_eq!(expired.invitee_email, "zoe@example.org");
    let owner = door.log_in("ada@example.org", PASSWORD).await.token().unwrap();
    let members = door.get(&format!("{ws}/members"), Some(&owner)).await;
    assert_eq!(members.body["meta"]["total"], 1);
    let again = door.post(&format!("{ws}/members"), Some(&owner), &zoe).await;
    assert_eq!(again.status, 201, "the address can be invited anew");
}

#[tokio::test]
async fn asking_again_puts_the_end_off_and_joining_takes_it_away() {
    let (door, owner, ws) = office().await;
    door.create_user("bob@example.org").await.unwrap();
    let bob = json!({"email": "bob@example.org", "role": "member"});
    let invited = door.post(&format!("{ws}/members"), Some(&owner), &bob).await;
    let id = invited.body["data"]["member"]["id"].as_str().unwrap().to_owned();
    door.advance(10 * DAY);
    let resend = format!("{ws}/invitations/{id}/resend");
    assert_eq!(door.post(&resend, Some(&owner), &json!({})).await.status, 200);
    door.advance(10 * DAY);
    door.quiet().await;
    let bob = door.log_in("bob@example.org", PASSWORD).await.token().unwrap();
    let accept = format!("{ws}/invitations/{id}/accept");
    assert_eq!(door.post(&accept, Some(&bob), &json!({})).await.status, 200);
    door.advance(30 * DAY);
    door.quiet().await;
    assert!(
        !door
            .recorded()
            .await
            .iter()
            .any(|told| told == InvitationExpired::TYPE)
    );
}

#[tokio::test]
async fn a_deleted_workspace_goes_when_its_grace_has_passed_unless_it_is_restored() {
    let (door, owner, ws) = office().await;
    let empty = json!({});
    let confirm = json!({"confirm": "engines"});
    let end = async |token: &str| {
        door.post(&format!("{ws}/archive"), Some(token), &empty).await;
        let deleted = door.send("DELETE", ws, Some(token), &confirm).await;
        assert_eq!(deleted.status, 200, "{}", deleted.body);
    };
    end(&owner).await;
    door.advance(10 * DAY);
    assert_eq!(
        door.post(&format!("{ws}/restore"), Some(&owner), &empty)
            .await
            .status,
        200
    );
    door.advance(21 * DAY);
    door.quiet().await;
    let owner = door.log_in("ada@example.org", PASSWORD).await.token().unwrap();
    assert_eq!(door.get(ws, Some(&owner)).await.status, 200, "restored in time");
    end(&owner).await;
    door.advance(30 * DAY);
    let gone: WorkspaceDeleted = door.happens().await;
    assert_eq!((gone.name.as_str(), gone.member_user_ids.len()), ("Engines", 1));
    let owner = door.log_in("ada@example.org", PASSWORD).await.token().unwrap();
    assert_eq!(door.get(ws, Some(&owner)).await.status, 404);
    assert_eq!(
        (
            door.count("workspace").await,
            door.count("workspace_member").await
        ),
        (0, 0)
    );
    assert!(
        door.recorded()
            .await
            .iter()
            .any(|told| told == WorkspaceUpdated::TYPE)
    );
}
