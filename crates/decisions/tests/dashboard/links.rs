//! Links: made, shown once, exchanged, listed, revoked.

use althing_backbone::Selection;
use serde_json::{Value, json};

use super::home::{ADMIN, Home, MEMBER};
use super::kit::{ADA, App, EVE, WHO};
use super::world::World;

fn by(token: &str) -> Vec<(&'static str, String)> {
    vec![("x-share-token", token.to_owned())]
}

/// Ada makes a link; the answer with its token.
pub async fn link(app: &App, session: &str, body: Value) -> Value {
    app.act("POST", &format!("/api/sessions/{session}/share-links"), body)
        .await
}

pub fn token(link: &Value) -> &str {
    link["token"].as_str().unwrap()
}

async fn status(app: &App, headers: &[(&str, String)], path: &str) -> (u16, String) {
    let (status, _, answer) = app.sent(headers, "GET", path, None).await;
    (
        status.as_u16(),
        answer["code"].as_str().unwrap_or_default().to_owned(),
    )
}

#[tokio::test]
async fn a_link_shows_its_own_session_as_far_as_its_scope_goes() {
    let app = App::start().await;
    let world = World::up_to(&app, "alternatives").await;
    let other = World::begin(&app).await;
    let (view, talk) = (
        link(&app, &world.session, json!({})).await,
        link(&app, &world.session, json!({ "scope": "view_conversation" })).await,
    );
    assert_eq!(
        (&view["scope"], &talk["scope"]),
        (&json!("view"), &json!("view_conversation"))
    );
    let cycle = app.get(&format!("/api/cycles/{}", world.cycle)).await;
    let component = cycle["components"][0]["id"].as_str().unwrap();
    let conversation = format!("/api/components/{component}/conversation");
    let (view, talk) = (by(token(&view)), by(token(&talk)));
    let ok = (200, String::new());
    let no = |status: u16, code: &str| (status, code.to_owned());
    let (session, cycle) = (
        format!("/api/sessions/{}", world.session),
        format!("/api/cycles/{}", world.cycle),
    );
    for path in [
        session.clone(),
        format!("{session}/dashboard"),
        format!("{session}/cycle-tree"),
        format!("{cycle}/document"),
        format!("{cycle}/analysis"),
    ] {
        assert_eq!(status(&app, &view, &path).await, ok, "{path}");
    }
    assert_eq!(status(&app, &view, &conversation).await, no(403, "forbidden"));
    assert_eq!(status(&app, &talk, &conversation).await, ok);
    for path in [
        format!("{session}/export"),
        format!("{session}/activity"),
        format!("{cycle}/tools"),
    ] {
        assert_eq!(status(&app, &talk, &path).await, no(403, "forbidden"), "{path}");
    }
    let elsewhere = format!("/api/sessions/{}", other.session);
    assert_eq!(
        status(&app, &talk, &elsewhere).await,
        no(404, "session_not_found")
    );
    assert_eq!(
        status(&app, &by("nonsense"), &session).await,
        no(404, "share_link_not_found")
    );
    assert_eq!(status(&app, &[], &session).await, no(401, "unauthenticated"));
    assert_eq!(
        status(&app, &talk, "/api/sessions").await,
        no(401, "unauthenticated")
    );
    // Whoever has an account and a link has the better of both.
    let both = |who: althing_events::UserId| [talk.clone(), vec![(WHO, who.to_string())]].concat();
    assert_eq!(status(&app, &both(EVE), &conversation).await, ok);
    assert_eq!(status(&app, &both(ADA), &format!("{session}/export")).await, ok);
}

#[tokio::test]
async fn a_link_is_exchanged_for_a_cookie_until_it_is_revoked() {
    let app = App::start().await;
    let world = World::begin(&app).await;
    let link = link(&app, &world.session, json!({})).await;
    let shown = json!({ "token": token(&link) });
    let (status_, headers, pass) = app
        .sent(&[], "POST", "/api/share-links/exchange", Some(&shown))
        .await;
    assert_eq!(
        (status_.as_u16(), &pass["data"]["session_id"]),
        (200, &json!(world.session))
    );
    let cookie = headers["set-cookie"].to_str().unwrap().to_owned();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert!(
        pair.starts_with(&format!("althing_share_{}=", world.session)),
        "{pair}"
    );
    assert!(
        !cookie.contains(token(&link)),
        "the link's token stays out of the cookie"
    );
    assert_eq!(attributes, "Path=/api; HttpOnly; SameSite=Strict; Max-Age=3600");
    let jar = vec![("cookie", pair.to_owned())];
    let session = format!("/api/sessions/{}", world.session);
    assert_eq!(status(&app, &jar, &session).await, (200, String::new()));
    let links = app.get(&format!("{session}/share-links")).await;
    assert!(links[0]["last_used_at"].is_string(), "{links}");
    assert!(links[0].get("token").is_none() && !links.to_string().contains(token(&link)));
    let revoke = format!("{session}/share-links/{}", link["id"].as_str().unwrap());
    for _ in 0..2 {
        let (done, _) = app.call(Some(ADA), "DELETE", &revoke, None).await;
        assert_eq!(done.as_u16(), 204);
    }
    let gone = (404, "share_link_not_found".to_owned());
    assert_eq!(status(&app, &jar, &session).await, gone);
    assert_eq!(status(&app, &by(token(&link)), &session).await, gone);
    let (status_, _, problem) = app
        .sent(&[], "POST", "/api/share-links/exchange", Some(&shown))
        .await;
    assert_eq!(
        (status_.as_u16(), problem["code"].as_str().unwrap()),
        (404, "share_link_not_found")
    );
    let events = app
        .backbone
        .log()
        .select(&Selection {
            limit: 1_000,
            ..Selection::default()
        })
        .await
        .unwrap();
    let of_links: Vec<&str> = events
        .iter()
        .map(|event| &*event.event_type)
        .filter(|kind| kind.starts_with("share_link."))
        .collect();
    assert_eq!(of_links, ["share_link.created", "share_link.revoked"]);
    assert!(
        events.iter().all(|event| !event.data.contains(token(&link))),
        "no token in an event"
    );
}

#[tokio::test]
async fn only_the_owner_makes_links_and_those_who_manage_revoke_them_also_when_it_is_archived() {
    let app = App::start().await;
    let home = Home::of(&app).await;
    let (session, _) = home.session().await;
    let made = link(&app, &session, json!({})).await;
    let links = format!("/api/sessions/{session}/share-links");
    let call = async |who, method: &str, path: &str| {
        let body = (method == "POST").then(|| json!({}));
        app.call(Some(who), method, path, body.as_ref()).await.0.as_u16()
    };
    let one = format!("{links}/{}", made["id"].as_str().unwrap());
    for (method, path, admin, member, stranger) in [
        ("POST", &links, 403, 403, 404),
        ("GET", &links, 200, 403, 404),
        ("DELETE", &one, 204, 403, 404),
    ] {
        assert_eq!(call(MEMBER, method, path).await, member, "{method}");
        assert_eq!(call(EVE, method, path).await, stranger, "{method}");
        assert_eq!(call(ADMIN, method, path).await, admin, "{method}");
    }
    let other = link(&app, &session, json!({})).await;
    home.archive().await;
    app.settle().await;
    let shown = status(&app, &by(token(&other)), &format!("/api/sessions/{session}")).await;
    assert_eq!(shown, (404, "session_not_found".to_owned()));
    let one = format!("{links}/{}", other["id"].as_str().unwrap());
    assert_eq!(call(ADMIN, "DELETE", &one).await, 204);
}

#[tokio::test]
async fn a_link_ends_within_a_year_and_none_is_made_for_an_archived_session() {
    let app = App::start().await;
    let world = World::begin(&app).await;
    let links = format!("/api/sessions/{}/share-links", world.session);
    for (body, field) in [
        (json!({ "expires_at": "2020-01-01T00:00:00Z" }), "/expires_at"),
        (json!({ "expires_at": "2999-01-01T00:00:00Z" }), "/expires_at"),
        (json!({ "scope": "everything" }), "/scope"),
    ] {
        let (status, problem) = app.call(Some(ADA), "POST", &links, Some(&body)).await;
        assert_eq!(
            (status.as_u16(), &problem["errors"][0]["field"]),
            (422, &json!(field)),
            "{problem}"
        );
    }
    let foreign = format!("{links}/{}", EVE);
    assert_eq!(
        app.call(Some(ADA), "DELETE", &foreign, None).await.1["code"],
        "share_link_not_found"
    );
    let made = link(&app, &world.session, json!({})).await;
    app.call(
        Some(ADA),
        "DELETE",
        &format!("/api/sessions/{}", world.session),
        None,
    )
    .await;
    let (_, refused) = app.call(Some(ADA), "POST", &links, Some(&json!({}))).await;
    assert_eq!(refused["code"], "session_archived");
    let shown = status(
        &app,
        &by(token(&made)),
        &format!("/api/sessions/{}", world.session),
    )
    .await;
    assert_eq!(shown.0, 200, "what is archived can still be shown");
}
