//! The live channel of many: crowds, slow ones, and coming and going.

use std::time::Duration;

use althing_backbone::sql;
use serde_json::json;

use super::client::Client;
use super::kit::{App, until};
use super::world::World;

/// So many renamings, one frame each.
async fn rename(world: &World<'_>, times: usize, start: &str) {
    for number in 0..times {
        let title = json!({ "title": format!("{start} {number}") });
        world
            .app
            .act("PATCH", &format!("/api/sessions/{}", world.session), title)
            .await;
    }
}

#[tokio::test]
async fn fifty_clients_see_the_same_frames_in_order() {
    let app = App::start().await;
    let address = app.serve().await;
    let world = World::begin(&app).await;
    app.settle().await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(Client::connect(address, &world.session).await);
    }
    let from = clients[0].seq();
    rename(&world, 40, "title").await;
    app.settle().await;
    let mut seen = Vec::new();
    for client in &mut clients {
        let frames = client.events(from, from + 40).await;
        seen.push(
            frames
                .iter()
                .map(|frame| frame["eventId"].clone())
                .collect::<Vec<_>>(),
        );
    }
    assert!(seen.iter().all(|ids| *ids == seen[0]));
    let stats = app.dashboard().live().stats();
    assert_eq!(
        (stats.connections_active, stats.rooms, stats.states_sent),
        (50, 1, 0)
    );
    assert!(stats.messages_sent >= 50 * 41);
}

#[tokio::test]
async fn a_slow_client_gets_the_state_and_converges_while_a_quick_one_gets_every_frame() {
    let app = App::start().await;
    let address = app.serve().await;
    let world = World::begin(&app).await;
    app.settle().await;
    let mut slow = Client::slow(address, &world.session).await;
    let mut quick = Client::connect(address, &world.session).await;
    let from = quick.seq();
    // Descriptions fill the slow one's buffers faster than titles.
    let path = format!("/api/sessions/{}", world.session);
    let total = 500;
    let quick = tokio::spawn(async move {
        quick.events(from, from + total).await;
        quick
    });
    for number in 0..total {
        app.act(
            "PATCH",
            &path,
            json!({ "description": format!("{number} {}", "ö".repeat(1_900)) }),
        )
        .await;
    }
    app.settle().await;
    quick.await.unwrap();
    // The slow one begins to read: first what was in its buffers, in order, then the state.
    let mut last = from;
    loop {
        let frame = slow.next().await.unwrap();
        let seq = frame["seq"].as_i64().unwrap();
        match frame["type"].as_str().unwrap() {
            "state" => {
                assert!(seq > last + 1, "the state stands for frames that were not sent");
                assert_eq!(frame["data"]["snapshotVersion"], seq);
                last = seq;
            }
            _ => {
                assert_eq!(seq, last + 1);
                last = seq;
            }
        }
        if last == from + total {
            break;
        }
    }
    assert!(app.dashboard().live().stats().states_sent >= 1);
    rename(&world, 1, "after").await;
    assert_eq!(slow.next_of("session.renamed").await["seq"], last + 1);
}

#[tokio::test]
async fn joining_and_leaving_while_frames_come_loses_none() {
    let app = App::start().await;
    let address = app.serve().await;
    let world = World::begin(&app).await;
    app.settle().await;
    let session = world.session.clone();
    let last = 2 + 150;
    let visitors: Vec<_> = (0..20)
        .map(|visitor| {
            let session = session.clone();
            tokio::spawn(async move {
                // Each comes and goes several times; the room is empty now and then.
                for visit in 0..4 {
                    tokio::time::sleep(Duration::from_millis(visitor * 3 + visit * 11)).await;
                    let mut client = Client::connect(address, &session).await;
                    let until = (client.seq() + 5).min(last);
                    client.events(client.seq(), until).await;
                }
                let mut client = Client::connect(address, &session).await;
                client.events(client.seq(), last).await;
            })
        })
        .collect();
    rename(&world, 150, "while people come and go").await;
    for visitor in visitors {
        visitor.await.unwrap();
    }
    until("everybody has left", async || {
        let stats = app.dashboard().live().stats();
        stats.connections_active == 0 && stats.rooms == 0
    })
    .await;
}

#[tokio::test]
async fn rooms_hear_only_of_their_own_session() {
    let app = App::start().await;
    let address = app.serve().await;
    let (here, there) = (World::begin(&app).await, World::begin(&app).await);
    app.settle().await;
    let mut client = Client::connect(address, &here.session).await;
    rename(&there, 5, "elsewhere").await;
    app.settle().await;
    assert!(client.is_quiet(Duration::from_millis(200)).await);
    rename(&here, 1, "here").await;
    assert_eq!(client.next().await.unwrap()["data"]["newTitle"], "here 0");
}

#[tokio::test]
async fn after_a_rebuild_that_shows_less_everybody_gets_the_state() {
    let app = App::start().await;
    let address = app.serve().await;
    let world = World::begin(&app).await;
    rename(&world, 3, "before").await;
    app.settle().await;
    let mut client = Client::connect(address, &world.session).await;
    // What a new version of the projection might leave: the last frame is gone.
    let mut shorter = althing_backbone::Batch::new();
    shorter.run(sql("DELETE FROM session_frame__g1 WHERE seq = 5"));
    shorter.run(sql("UPDATE dashboard_session__g1 SET seq = 4"));
    app.db().commit(shorter).await.unwrap();
    assert_eq!(client.next_of("state").await["data"]["snapshotVersion"], 4);
    rename(&world, 1, "after").await;
    assert_eq!(client.next().await.unwrap()["seq"], 5);
}
