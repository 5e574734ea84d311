//! The part of the tour with others: workspaces, invitations, accounts.

use althing_testkit::{Client, TestApp};
use serde_json::{Value, json};

use super::Tourist;
use crate::office::text;

const MEMBERS: &str = "/api/workspaces/{ws}/members";
const PLACE: &str = "/api/workspaces/{ws}/members/{id}";

impl Tourist {
    /// Somebody else, who goes for the tourist where the tourist cannot.
    async fn with(&self, other: Client, goes: impl AsyncFnOnce(&Tourist)) {
        let other = Tourist {
            client: other,
            reached: Default::default(),
        };
        goes(&other).await;
        let reached = other.reached.into_inner().expect("no panic");
        self.reached.lock().expect("no panic").extend(reached);
    }

    async fn invite(&self, ws: &str, email: &str) -> Value {
        let body = json!({"email": email, "role": "member"});
        self.post(MEMBERS, &[ws], body, 201).await
    }
}

fn secret(link: &Value) -> String {
    let link = text(link);
    link.split_once('#').expect("a secret behind the #").1.to_owned()
}

pub async fn see_workspaces(app: &TestApp, tourist: &Tourist) {
    let made = tourist
        .post("/api/workspaces", &[], json!({"name": "Analytical Engines"}), 201)
        .await;
    let ws = text(&made["slug"]);
    let one = "/api/workspaces/{ws}";
    assert_eq!(tourist.get(one, &[&ws]).await["role"], "owner");
    let changed = tourist
        .go("PATCH", one, &[&ws], "", Some(json!({"color": "#1f6feb"})))
        .await;
    assert_eq!(changed.data()["color"], "#1F6FEB");
    for log in ["/api/workspaces/{ws}/audit", "/api/workspaces/{ws}/audit/export"] {
        assert_eq!(tourist.go("GET", log, &[&ws], "", None).await.status, 200);
    }
    let dan = app.user("Dan").await;
    let by_id = tourist.invite(&ws, "dan@example.org").await;
    let dans = text(&by_id["member"]["id"]);
    tourist
        .with(dan.clone(), async |dan| {
            let waiting = dan.get("/api/invitations", &[]).await;
            assert_eq!(waiting[0]["id"], dans.as_str());
            let decline = "/api/workspaces/{ws}/invitations/{id}/decline";
            dan.post(decline, &[&ws, &dans], json!({}), 204).await;
        })
        .await;
    let again = tourist.invite(&ws, "dan@example.org").await;
    let dans = text(&again["member"]["id"]);
    let resend = "/api/workspaces/{ws}/invitations/{id}/resend";
    tourist.post(resend, &[&ws, &dans], json!({}), 200).await;
    tourist
        .with(dan.clone(), async |dan| {
            let accept = "/api/workspaces/{ws}/invitations/{id}/accept";
            dan.post(accept, &[&ws, &dans], json!({}), 200).await;
        })
        .await;
    let role = tourist
        .go("PATCH", PLACE, &[&ws, &dans], "", Some(json!({"role": "admin"})))
        .await;
    assert_eq!(role.data()["role"], "admin");
    assert_eq!(
        tourist.get(MEMBERS, &[&ws]).await.as_array().map(Vec::len),
        Some(2)
    );
    tourist
        .with(dan.clone(), async |dan| {
            dan.post("/api/workspaces/{ws}/leave", &[&ws], json!({}), 204)
                .await;
        })
        .await;
    let link = secret(&tourist.invite(&ws, "dan@example.org").await["link"]);
    let preview = tourist
        .post("/api/invitations/preview", &[], json!({"token": link}), 200)
        .await;
    assert_eq!(preview["has_account"], true);
    tourist
        .with(dan.clone(), async |dan| {
            dan.post("/api/invitations/accept", &[], json!({"token": link}), 200)
                .await;
        })
        .await;
    let revoked = text(&tourist.invite(&ws, "eve@example.org").await["member"]["id"]);
    let revoke = "/api/workspaces/{ws}/invitations/{id}/revoke";
    tourist.post(revoke, &[&ws, &revoked], json!({}), 204).await;
    let members = tourist.get(MEMBERS, &[&ws]).await;
    let dans = text(&members[1]["id"]);
    tourist
        .post(
            "/api/workspaces/{ws}/transfer",
            &[&ws],
            json!({"member_id": dans}),
            200,
        )
        .await;
    tourist
        .with(dan, async |dan| {
            let ada = dan.get(MEMBERS, &[&ws]).await;
            let ada = ada
                .as_array()
                .expect("a list")
                .iter()
                .find(|one| one["role"] == "admin");
            let ada = text(&ada.expect("the owner before")["id"]);
            let removed = dan.go("DELETE", PLACE, &[&ws, &ada], "", None).await;
            assert_eq!(removed.status, 204);
            dan.post("/api/workspaces/{ws}/archive", &[&ws], json!({}), 200)
                .await;
            assert_eq!(
                dan.ask("/api/workspaces", &[], "?archived=true").await[0]["slug"],
                ws.as_str()
            );
            let deleted = dan
                .go("DELETE", one, &[&ws], "", Some(json!({"confirm": ws})))
                .await;
            assert!(deleted.data()["purge_after"].is_string());
            dan.post("/api/workspaces/{ws}/restore", &[&ws], json!({}), 200)
                .await;
        })
        .await;
}

pub async fn see_users(app: &TestApp, tourist: &Tourist) {
    app.user("Eve").await;
    let users = tourist.get("/api/admin/users", &[]).await;
    let users = users.as_array().expect("a list");
    let eve = users.iter().find(|user| user["email"] == "eve@example.org");
    let eve = text(&eve.expect("made a moment ago")["id"]);
    for act in ["suspend", "reactivate"] {
        let route = format!("/api/admin/users/{{id}}/{act}");
        tourist.post(&route, &[&eve], json!({}), 204).await;
    }
    let route = "/api/admin/users/{id}/tier";
    let tier = json!({"tier": "monthly", "valid_until": "2099-01-01T00:00:00Z"});
    let given = tourist.go("PUT", route, &[&eve], "", Some(tier)).await;
    assert_eq!(given.status, 204, "{}", given.text);
    let made = tourist
        .post("/api/admin/users/{id}/reset-link", &[&eve], json!({}), 200)
        .await;
    assert_eq!(secret(&made["link"]).len(), 43);
    let route = "/api/admin/users/{id}/confirmation-link";
    let confirmed = tourist.go("POST", route, &[&eve], "", Some(json!({}))).await;
    assert_eq!(confirmed.refusal(), (409, "invalid_state_transition"));
    let forgot = json!({"email": "nobody@example.org"});
    tourist
        .post("/api/auth/password/forgot", &[], forgot.clone(), 202)
        .await;
    let link = tourist
        .go("POST", "/api/auth/magic-link", &[], "", Some(forgot))
        .await;
    assert_eq!(link.refusal(), (409, "mail_off"));
    let redeem = "/api/auth/magic-link/redeem";
    let redeemed = tourist
        .go("POST", redeem, &[], "", Some(json!({"token": "nothing"})))
        .await;
    assert_eq!(redeemed.refusal(), (422, "invalid_or_expired"));
    let anybody = json!({"token": "nothing", "password": althing_testkit::PASSWORD});
    let confirm = tourist
        .go("POST", "/api/auth/confirm", &[], "", Some(anybody))
        .await;
    assert_eq!(confirm.refusal(), (422, "invalid_or_expired"));
    let anybody = json!({"first_name": "Zoe", "last_name": "Zuse", "email": "zoe@example.org", "password": althing_testkit::PASSWORD});
    let alone = tourist
        .go("POST", "/api/auth/register", &[], "", Some(anybody))
        .await;
    assert_eq!(alone.refusal(), (403, "registration_closed"));
}

/// Finn asks for another address, gets it, and goes.
pub async fn see_an_account_go(app: &TestApp, tourist: &Tourist) {
    let finn = app.user("Finn").await;
    let id = text(&finn.user()["id"]);
    tourist
        .with(finn.clone(), async |finn| {
            let wanted = json!({"email": "huck@example.org"});
            let asked = finn.go("PUT", "/api/me/email", &[], "", Some(wanted)).await;
            assert_eq!((asked.status, &asked.data()["mailed"]), (202, &json!(false)));
        })
        .await;
    let made = tourist
        .post("/api/admin/users/{id}/email-link", &[&id], json!({}), 200)
        .await;
    let token = json!({"token": secret(&made["link"])});
    let taken = tourist.post("/api/auth/email/confirm", &[], token, 200).await;
    assert_eq!(taken["email"], "huck@example.org");
    tourist
        .with(finn.clone(), async |finn| {
            assert_eq!(finn.go("DELETE", "/api/me", &[], "", None).await.status, 204);
        })
        .await;
    assert_eq!(finn.get("/api/me").await.refusal(), (401, "unauthenticated"));
}

pub async fn see_settings(tourist: &Tourist) {
    let settings = "/api/admin/settings";
    let before = tourist.get(settings, &[]).await;
    assert_eq!(before["registration_mode"]["value"], "invite");
    let wanted = json!({"workspace_purge_days": 7});
    let set = tourist.go("PATCH", settings, &[], "", Some(wanted)).await;
    assert_eq!(set.data()["workspace_purge_days"]["source"], "page");
}

pub async fn see_keys(tourist: &Tourist) {
    let key = json!({"name": "Reports", "scopes": ["decisions:read"]});
    let made = tourist.post("/api/api-keys", &[], key, 201).await;
    let id = text(&made["key"]["id"]);
    assert!(text(&made["token"]).starts_with("alt_"));
    assert_eq!(tourist.get("/api/api-keys", &[]).await[0]["id"], id.as_str());
    let one = "/api/api-keys/{id}";
    assert_eq!(tourist.get(one, &[&id]).await["is_active"], true);
    let renamed = tourist
        .go("PATCH", one, &[&id], "", Some(json!({"name": "Daily reports"})))
        .await;
    assert_eq!(renamed.data()["name"], "Daily reports");
    tourist
        .post("/api/api-keys/{id}/revoke", &[&id], json!({}), 204)
        .await;
}
