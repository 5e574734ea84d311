//! The routes, as one person's requests reach them.

use althing_backbone::Backbone;
use althing_events::UserId;
use althing_web::{Actor, AppState, InstanceRole, Mailer};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::house::House;
use crate::commands::Unsubscribed;
use crate::unsubscribe::Signer;

struct Door {
    router: Router<()>,
}

impl Door {
    fn of(house: &House) -> Self {
        let backbone: Backbone = house.kit.backbone().clone();
        let parts = crate::module(Mailer::off()).into_parts();
        let state = AppState::new(backbone).with(Mailer::off());
        Self {
            router: parts.router.with_state(state),
        }
    }

    async fn send(&self, method: &str, path: &str, by: Option<UserId>, body: Option<Value>) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(user_id) = by {
            request = request.extension(Actor {
                user_id,
                name: String::new(),
                email: String::new(),
                instance_role: InstanceRole::User,
                login: None,
                key: None,
                membership: None,
            });
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let response = self
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }
}

const PREFERENCES: &str = "/api/me/notification-preferences";

#[tokio::test]
async fn one_pages_through_ones_own_and_finds_nothing_of_others() {
    let house = House::new().await;
    let member = house.invite().await;
    for _ in 0..2 {
        house.invite_again(member).await;
    }
    house.kit.settle().await;
    let door = Door::of(&house);
    let (bob, ada) = (Some(house.bob), Some(house.ada));
    let (_, first) = door.send("GET", "/api/notifications?limit=2", bob, None).await;
    let cursor = first["meta"]["next_cursor"].as_str().unwrap();
    let rest = format!("/api/notifications?limit=2&cursor={cursor}");
    let (_, second) = door.send("GET", &rest, bob, None).await;
    let lengths = [&first, &second].map(|page| page["data"].as_array().unwrap().len());
    assert_eq!(
        (lengths, second["meta"]["next_cursor"].clone()),
        ([2, 1], Value::Null)
    );
    let id = first["data"][0]["id"].as_str().unwrap();
    for (method, path) in [
        ("GET", format!("/api/notifications/{id}")),
        ("POST", format!("/api/notifications/{id}/read")),
        ("POST", format!("/api/notifications/{id}/actions/accept")),
        ("POST", format!("/api/notifications/{id}/actions/decline")),
    ] {
        let (status, problem) = door.send(method, &path, ada, None).await;
        assert_eq!(
            (status, &problem["code"]),
            (404, &json!("notification_not_found")),
            "{path}"
        );
        assert_eq!(door.send(method, &path, None, None).await.0, 401, "{path}");
    }
    let (_, count) = door
        .send("GET", "/api/notifications/unread-count", bob, None)
        .await;
    assert_eq!(count, json!({"data": {"unread": 3}}));
    let (status, read) = door
        .send("POST", &format!("/api/notifications/{id}/read"), bob, None)
        .await;
    assert_eq!((status, &read["data"]["read"]), (200, &json!(true)));
    let (_, unread) = door
        .send("GET", "/api/notifications?unread=true", bob, None)
        .await;
    assert_eq!(unread["data"].as_array().unwrap().len(), 2);
    assert_eq!(
        door.send("POST", "/api/notifications/read-all", bob, None)
            .await
            .0,
        204
    );
    let (_, count) = door
        .send("GET", "/api/notifications/unread-count", bob, None)
        .await;
    assert_eq!(count["data"]["unread"], 0);
}

#[tokio::test]
async fn a_second_different_answer_is_refused_with_its_code() {
    let house = House::new().await;
    house.invite().await;
    house.kit.settle().await;
    let door = Door::of(&house);
    let (id, _) = house.only_one(house.bob).await;
    let act = async |word: &str| {
        let path = format!("/api/notifications/{id}/actions/{word}");
        door.send("POST", &path, Some(house.bob), None).await
    };
    let (status, declined) = act("decline").await;
    assert_eq!((status, &declined["data"]["action"]), (200, &json!("declined")));
    assert_eq!(act("decline").await.0, 200);
    let (status, problem) = act("accept").await;
    assert_eq!((status, &problem["code"]), (409, &json!("already_acted")));
}

#[tokio::test]
async fn preferences_are_chosen_as_a_whole_and_what_is_wrong_is_named() {
    let house = House::new().await;
    let door = Door::of(&house);
    let ada = Some(house.ada);
    let (_, usual) = door.send("GET", PREFERENCES, ada, None).await;
    assert_eq!(
        usual["data"],
        json!({
            "channels": {
                "workspace_invitation": "mail", "workspace_member_joined": "in_app",
                "workspace_member_removed": "in_app", "role_changed": "in_app", "decision_completed": "in_app"
            },
            "digest_hour": 7, "time_zone": "UTC", "mail_is_on": false
        })
    );
    let wanted =
        json!({"channels": {"role_changed": "digest"}, "digest_hour": 18, "time_zone": "Europe/Berlin"});
    let (status, chosen) = door.send("PUT", PREFERENCES, ada, Some(wanted)).await;
    assert_eq!(
        (status, &chosen["data"]["channels"]["role_changed"]),
        (200, &json!("digest"))
    );
    assert_eq!(door.send("GET", PREFERENCES, ada, None).await.1, chosen);
    assert_eq!(
        door.send("GET", PREFERENCES, Some(house.bob), None).await.1,
        usual
    );
    let wrong =
        json!({"channels": {"workspace_invitation": "off"}, "digest_hour": 24, "time_zone": "Mars/Olympus"});
    let (status, problem) = door.send("PUT", PREFERENCES, ada, Some(wrong)).await;
    let fields: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        (status, fields),
        (
            422,
            vec!["/channels/workspace_invitation", "/digest_hour", "/time_zone"]
        )
    );
    for unknown in [
        json!({"channels": {"gossip": "mail"}}),
        json!({"channels": {"role_changed": "pigeon"}}),
    ] {
        assert_eq!(door.send("PUT", PREFERENCES, ada, Some(unknown)).await.0, 422);
    }
    let (_, back) = door.send("PUT", PREFERENCES, ada, Some(json!({}))).await;
    assert_eq!(back, usual);
}

#[tokio::test]
async fn a_link_unsubscribes_when_it_is_sent_and_not_when_it_is_opened() {
    let house = House::new().await;
    let door = Door::of(&house);
    let ada = Some(house.ada);
    let wanted = json!({"channels": {"role_changed": "digest", "decision_completed": "mail"}});
    door.send("PUT", PREFERENCES, ada, Some(wanted)).await;
    let token = Signer::of(house.kit.db())
        .await
        .unwrap()
        .token(house.ada, Unsubscribed::Digest);
    let path = format!("/api/notifications/unsubscribe?token={token}");
    assert_eq!(door.send("GET", &path, None, None).await.0, 303);
    let channels = async || door.send("GET", PREFERENCES, ada, None).await.1["data"]["channels"].clone();
    assert_eq!(channels().await["role_changed"], "digest");
    let (status, ended) = door.send("POST", &path, None, None).await;
    assert_eq!(
        (status, ended),
        (200, json!({"data": {"unsubscribed": "digest"}}))
    );
    assert_eq!(channels().await["role_changed"], "in_app");
    assert_eq!(channels().await["decision_completed"], "mail");
    assert_eq!(
        door.send("POST", &path, None, None).await.0,
        200,
        "once more is harmless"
    );
    let log = house.kit.log().await;
    assert_eq!(log.last().unwrap().actor_id, None, "nobody signed in");
    let (status, problem) = door.send("POST", &format!("{path}x"), None, None).await;
    assert_eq!((status, &problem["code"]), (422, &json!("invalid_token")));
}
