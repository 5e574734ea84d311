//! Open connections of people who lose access: they end at once, and show nothing that came after.

use std::collections::HashMap;
use std::time::Duration;

use althing_backbone::{Selection, Uuid};
use althing_events::UserId;
use althing_events::identity::MemberRole;
use futures::{SinkExt, StreamExt};
use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::client::{Client, End, socket_of};
use super::home::{ADMIN, GUEST, Home, MEMBER, OLGA};
use super::kit::{ADA, App};
use super::links::{link, token};
use super::world::World;

/// How long a loaded machine may take over it; the next ping, which would notice too, comes
/// after thirty seconds.
const PATIENCE: Duration = Duration::from_secs(15);

async fn ends_at_once(client: &mut Client, who: &str) {
    let end = timeout(PATIENCE, client.until_the_end()).await;
    let (end, _) = end.unwrap_or_else(|_| panic!("{who} is still connected"));
    assert_eq!(end, End::Closed(Some(CloseCode::Policy)), "{who}");
}

async fn is_connected(client: &mut Client) -> bool {
    client.say("ping", json!({ "timestamp": "still here" })).await;
    matches!(
        client.next_of("pong").await["data"]["timestamp"].as_str(),
        Some("still here")
    )
}

#[tokio::test]
async fn a_member_who_is_removed_is_cut_off_and_the_others_stay() {
    let app = App::start().await;
    let (home, address) = (Home::of(&app).await, app.serve().await);
    let (session, _) = home.session().await;
    let connect = async |who: UserId| Client::try_connect(address, &session, Some(who)).await.unwrap();
    let (mut member, mut guest, mut owner) =
        (connect(MEMBER).await, connect(GUEST).await, connect(ADA).await);
    home.remove(MEMBER).await;
    ends_at_once(&mut member, "the member").await;
    home.remove(ADA).await;
    ends_at_once(&mut owner, "the session's owner").await;
    assert!(is_connected(&mut guest).await);
    for gone in [MEMBER, ADA] {
        assert_eq!(
            Client::try_connect(address, &session, Some(gone)).await.err(),
            Some(404)
        );
    }
}

#[tokio::test]
async fn an_archived_workspace_leaves_its_admins_connected_and_a_deleted_one_nobody() {
    let app = App::start().await;
    let (home, address) = (Home::of(&app).await, app.serve().await);
    let (session, _) = home.session().await;
    let private = World::begin(&app).await;
    app.settle().await;
    let made = link(&app, &session, json!({})).await;
    let connect = async |who: UserId| Client::try_connect(address, &session, Some(who)).await.unwrap();
    let (mut member, mut owner, mut admin) =
        (connect(MEMBER).await, connect(ADA).await, connect(ADMIN).await);
    let mut by_link = Client::with_link(address, &session, token(&made)).await.unwrap();
    let mut own = Client::connect(address, &private.session).await;
    home.archive().await;
    ends_at_once(&mut member, "the member").await;
    ends_at_once(&mut owner, "the session's owner").await;
    ends_at_once(&mut by_link, "the link").await;
    assert!(is_connected(&mut admin).await);
    home.delete().await;
    ends_at_once(&mut admin, "the admin").await;
    assert!(
        is_connected(&mut own).await,
        "a private session is no concern of the workspace"
    );
}

#[tokio::test]
async fn a_link_that_is_revoked_or_has_expired_is_cut_off() {
    let app = App::start().await;
    let address = app.serve().await;
    let world = World::begin(&app).await;
    app.settle().await;
    let revoked = link(&app, &world.session, json!({})).await;
    let ends = app.backbone.clock().now().plus(Duration::from_secs(5));
    let expiring = link(&app, &world.session, json!({ "expires_at": ends })).await;
    let connect = async |token: &str| Client::with_link(address, &world.session, token).await;
    let mut first = connect(token(&revoked)).await.unwrap();
    let mut second = connect(token(&expiring)).await.unwrap();
    let path = format!(
        "/api/sessions/{}/share-links/{}",
        world.session,
        revoked["id"].as_str().unwrap()
    );
    app.call(Some(ADA), "DELETE", &path, None).await;
    ends_at_once(&mut first, "the revoked link").await;
    let (end, _) = timeout(PATIENCE, second.until_the_end()).await.unwrap();
    assert_eq!(end, End::Closed(Some(CloseCode::Policy)));
    assert!(app.backbone.clock().now() >= ends);
    for token in [token(&revoked), token(&expiring)] {
        assert_eq!(connect(token).await.err(), Some(404));
    }
}

#[tokio::test]
async fn without_the_conversation_a_link_hears_only_that_something_was_said() {
    let app = App::start().await;
    let address = app.serve().await;
    let world = World::begin(&app).await;
    world.start("issue_raising").await;
    app.settle().await;
    let view = link(&app, &world.session, json!({ "scope": "view" })).await;
    let whole = link(&app, &world.session, json!({ "scope": "view_conversation" })).await;
    let mut brief = Client::with_link(address, &world.session, token(&view))
        .await
        .unwrap();
    let mut whole = Client::with_link(address, &world.session, token(&whole))
        .await
        .unwrap();
    let cycle = app.get(&format!("/api/cycles/{}", world.cycle)).await;
    let say = format!(
        "/api/components/{}/messages",
        cycle["components"][0]["id"].as_str().unwrap()
    );
    app.act("POST", &say, json!({ "content": "- A secret of ours" }))
        .await;
    let (short, long) = (
        brief.next_of("message.sent").await,
        whole.next_of("message.sent").await,
    );
    assert_eq!(long["data"]["contentPreview"], "- A secret of ours");
    let keys: Vec<&String> = short["data"].as_object().unwrap().keys().collect();
    assert!(keys.iter().all(|key| key.ends_with("Id")), "{short}");
    assert_eq!(short["data"]["messageId"], long["data"]["messageId"]);
    // A connection on which nothing else is under way.
    app.settle().await;
    let mut later = Client::with_link(address, &world.session, token(&view))
        .await
        .unwrap();
    later.say("resume", json!({ "lastSeq": 0 })).await;
    let seq = world.overview().await["snapshotVersion"].as_i64().unwrap();
    for frame in later.events(0, seq).await {
        assert!(!frame.to_string().contains("secret"), "{frame}");
    }
}

/// The talk of somebody who may no longer contribute ends; what they see goes on.
#[tokio::test]
async fn somebody_who_becomes_a_guest_talks_no_more_but_still_watches() {
    let app = App::start().await;
    let (home, address) = (Home::of(&app).await, app.serve().await);
    let (session, cycle) = home.session().await;
    let cycle = app.get(&format!("/api/cycles/{cycle}")).await;
    let stream = format!(
        "/api/components/{}/stream",
        cycle["components"][0]["id"].as_str().unwrap()
    );
    assert_eq!(socket_of(address, &stream, GUEST).await.err(), Some(403));
    let mut talk = socket_of(address, &stream, MEMBER).await.unwrap();
    let mut others = socket_of(address, &stream, ADMIN).await.unwrap();
    let mut watching = Client::try_connect(address, &session, Some(MEMBER))
        .await
        .unwrap();
    home.change(MEMBER, MemberRole::Guest).await;
    let end = timeout(PATIENCE, talk.next())
        .await
        .expect("the talk ends at once");
    let Some(Ok(Message::Close(Some(close)))) = end else {
        panic!("{end:?} is no end");
    };
    assert_eq!(close.code, CloseCode::Policy);
    let told = watching.next_of("access").await;
    assert_eq!(
        told["data"],
        json!({ "access": "read" }),
        "their page learns what it may still offer"
    );
    assert!(is_connected(&mut watching).await);
    home.change(MEMBER, MemberRole::Admin).await;
    let told = watching.next_of("access").await;
    assert_eq!(told["data"], json!({ "access": "manage" }));
    others.send(Message::text(r#"{"type":"ping"}"#)).await.unwrap();
    let answer = timeout(PATIENCE, others.next()).await.unwrap().unwrap().unwrap();
    assert!(
        answer.to_text().unwrap().contains("pong"),
        "the admin talks on: {answer:?}"
    );
    home.remove(ADMIN).await;
    let end = timeout(PATIENCE, others.next())
        .await
        .expect("the talk ends at once");
    assert!(matches!(end, Some(Ok(Message::Close(Some(_))))), "{end:?}");
}

/// Somebody comes and goes while others work; of what was done in their absence no
/// frame reaches the connection that they had before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_frame_of_what_happened_after_somebodys_removal_reaches_them() {
    let app = App::start().await;
    let (home, address) = (Home::of(&app).await, app.serve().await);
    let (session, _) = home.session().await;
    let path = format!("/api/sessions/{session}");
    let mut seen: Vec<(i64, Vec<Uuid>)> = Vec::new();
    for round in 0..12 {
        home.join(MEMBER, MemberRole::Member).await;
        app.settle().await;
        let mut client = Client::try_connect(address, &session, Some(MEMBER))
            .await
            .unwrap();
        let work = async {
            for number in 0..12 {
                let title = json!({ "title": format!("Where to meet {round}.{number}") });
                let (status, answer) = app.call(Some(OLGA), "PATCH", &path, Some(&title)).await;
                assert!(status.is_success(), "{answer}");
            }
        };
        // After the greeting and a few frames, each time some more.
        let wanted = 2 + round % 8;
        let (enough, has_seen) = oneshot::channel();
        let watching = async {
            let (mut frames, mut enough) = (Vec::new(), Some(enough));
            loop {
                match client.next().await {
                    Ok(frame) => frames.push(frame),
                    Err(end) => return (end, frames),
                }
                if let Some(enough) = enough.take_if(|_| frames.len() >= wanted) {
                    enough.send(()).unwrap();
                }
            }
        };
        let removal = async {
            has_seen.await.unwrap();
            home.remove(MEMBER).await
        };
        let ((), removed_at, (end, frames)) = tokio::join!(work, removal, watching);
        assert_eq!(end, End::Closed(Some(CloseCode::Policy)));
        let ids = frames
            .iter()
            .filter_map(|frame| frame["eventId"].as_str()?.parse().ok());
        seen.push((removed_at, ids.collect()));
    }
    let log = app
        .backbone
        .log()
        .select(&Selection {
            limit: 10_000,
            ..Selection::default()
        })
        .await
        .unwrap();
    let positions: HashMap<Uuid, i64> = log.iter().map(|event| (event.event_id, event.position)).collect();
    let mut count = 0;
    for (removed_at, ids) in seen {
        for id in ids {
            assert!(positions[&id] < removed_at, "{id} came after the removal");
            count += 1;
        }
    }
    assert!(count > 0, "nothing was seen at all");
}
