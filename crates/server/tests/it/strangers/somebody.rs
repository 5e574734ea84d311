//! Somebody in the middle of something, with a thing of every kind.

use althing_testkit::Client;
use serde_json::{Value, json};

use crate::office::{Decision, made, text};

/// Somebody and all that is theirs.
pub struct Somebody {
    pub client: Client,
    /// The browser session they are signed in with.
    pub login: String,
    /// A workspace of theirs, and somebody who is invited there.
    pub workspace: String,
    pub invitation: String,
    pub key: String,
    pub decision: Decision,
    pub conversation: String,
    pub message: String,
    pub draft: Value,
    pub revisit: String,
    pub confirmation: String,
    pub uncertainty: String,
    /// A link to the decision, with its token.
    pub link: Value,
    pub tools: Vec<String>,
}

impl Somebody {
    /// A decision with something of every kind in it.
    pub async fn busy(client: Client, seed: u32) -> Self {
        Self::busy_in(client, seed, None).await
    }

    /// The same, shared with a workspace.
    pub async fn busy_in(client: Client, seed: u32, workspace: Option<&str>) -> Self {
        let decision = Decision::begin_in(&client, "Which office?", seed, workspace).await;
        decision.go_up_to(&client, "decision_quality").await;
        decision.start(&client, "notes_next_steps").await;
        let said = decision
            .say(&client, "notes_next_steps", "- Does Montana allow dogs?")
            .await;
        let conversation = text(&decision.conversation(&client, "notes_next_steps").await["id"]);
        let draft = made(
            client
                .get(&format!(
                    "/api/components/{}/draft",
                    decision.component("notes_next_steps")
                ))
                .await,
            200,
        );
        assert!(draft["id"].is_string(), "the guide proposes something: {draft}");
        let revisit = json!({"component": "objectives", "reason": "Cost was forgotten", "priority": "high", "trigger": "a visit"});
        let revisit = text(&decision.tool(&client, "suggest_revisit", revisit).await["id"]);
        let question = json!({"summary": "Shall we go on?", "options": ["Yes", "No"]});
        let confirmation = text(&decision.tool(&client, "request_confirmation", question).await["id"]);
        let flagged = json!({"description": "The tram", "component": "consequences", "resolvable": true});
        let uncertainty = text(&decision.tool(&client, "flag_uncertainty", flagged).await["id"]);
        let links = format!("/api/sessions/{}/share-links", decision.session);
        let link = made(client.post(&links, json!({})).await, 201);
        let tools = made(
            client.get(&format!("/api/cycles/{}/tools", decision.cycle)).await,
            200,
        );
        let tools = tools
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| text(&tool["name"]))
            .collect();
        let message = text(&said["message"]["id"]);
        let login = text(&made(client.get("/api/me/sessions").await, 200)[0]["id"]);
        let workspace = json!({"name": format!("Office {seed}")});
        let workspace = made(client.post("/api/workspaces", workspace).await, 201);
        let workspace = text(&workspace["slug"]);
        let invitation = json!({"email": "zoe@example.org", "role": "member"});
        let members = format!("/api/workspaces/{workspace}/members");
        let invitation = made(client.post(&members, invitation).await, 201);
        let invitation = text(&invitation["member"]["id"]);
        let key = json!({"name": "Reports", "scopes": ["decisions:read"]});
        let key = made(client.post("/api/api-keys", key).await, 201);
        let key = text(&key["key"]["id"]);
        Self {
            client,
            login,
            workspace,
            invitation,
            key,
            decision,
            conversation,
            message,
            draft,
            revisit,
            confirmation,
            uncertainty,
            link,
            tools,
        }
    }

    /// The address of this person's thing.
    pub fn path(&self, template: &str) -> String {
        let id = match template.split('/').nth(2).unwrap_or_default() {
            "sessions" => &self.decision.session,
            "cycles" => &self.decision.cycle,
            "components" => self.decision.component("notes_next_steps"),
            "conversations" => &self.conversation,
            "me" => &self.login,
            "workspaces" => &self.invitation,
            "api-keys" => &self.key,
            _ => "x:1",
        };
        let path = template
            .replace("{ws}", &self.workspace)
            .replace("{id}", id)
            .replace("{rid}", &self.revisit)
            .replace("{cid}", &self.confirmation)
            .replace("{linkId}", &text(&self.link["id"]));
        let path = path
            .replace("{type}", "notes_next_steps")
            .replace("{name}", "add_note");
        match template.rsplit('/').next().unwrap_or_default() {
            "compare" => format!(
                "{path}?cycles={},{}",
                self.decision.cycle,
                self.decision.id(0xfff)
            ),
            "sensitivity" => format!(
                "{path}?alt={}&obj={}",
                self.decision.alternative(1),
                self.decision.objective(1)
            ),
            "export" if path.contains("document") => format!("{path}?format=markdown"),
            _ => path,
        }
    }

    /// A body that the owner could send there.
    pub fn body(&self, method: &str, template: &str) -> Option<Value> {
        let decision = &self.decision;
        let is_office = template.starts_with("/api/workspaces/");
        let body = match template.rsplit('/').next().unwrap_or_default() {
            _ if method == "GET" || method == "DELETE" => return None,
            "regenerate" | "extract" | "dismiss" => return None,
            "{ws}" => json!({"name": "Mine now"}),
            "members" => json!({"email": "eve@example.org", "role": "admin"}),
            "{id}" if is_office => json!({"role": "admin"}),
            "{id}" if template.starts_with("/api/api-keys") => json!({"name": "Mine now"}),
            "{id}" => json!({"title": "Mine now"}),
            "outcomes" => {
                json!({"cycle_id": decision.cycle, "satisfaction": "neutral", "would_decide_same": true})
            }
            "branch" => json!({"branch_point": "objectives", "label": "mine"}),
            "navigate" => json!({"to": "objectives"}),
            "{type}" => json!({"output": decision.output("notes_next_steps"), "expected_version": 1}),
            "revise" => json!({"reason": "because"}),
            "{name}" => json!({"parameters": {"text": "mine"}}),
            "resolve" => json!({"decision": "dismiss"}),
            "respond" => json!({"choice": "Yes"}),
            "messages" => json!({"content": "mine"}),
            "confirm" => json!({"expected_version": 1}),
            "skip" => json!({"reason": "mine"}),
            "exchange" => json!({"token": self.link["token"]}),
            _ => json!({}),
        };
        Some(body)
    }

    pub async fn send(&self, method: &str, template: &str, by: &Client) -> althing_testkit::Reply {
        let body = self
            .body(method, template)
            .map(|body| body.to_string().into_bytes());
        by.send(method, &self.path(template), &[], body).await
    }

    /// Everything of theirs that can be read.
    pub async fn everything(&self) -> Value {
        let cycle = &self.decision.cycle;
        let notes = self.decision.component("notes_next_steps");
        let mut all = vec![self.decision.export(&self.client).await];
        for path in [
            "/api/sessions?limit=100".to_owned(),
            format!("/api/sessions/{}/activity?limit=100", self.decision.session),
            format!("/api/sessions/{}/outcomes", self.decision.session),
            format!("/api/cycles/{cycle}"),
            format!("/api/cycles/{cycle}/document/history"),
            format!("/api/cycles/{cycle}/revisits"),
            format!("/api/cycles/{cycle}/confirmations/pending"),
            format!("/api/cycles/{cycle}/tools/invocations?limit=100"),
            format!("/api/components/{notes}/conversation"),
            format!("/api/components/{notes}/draft"),
            "/api/workspaces".to_owned(),
            "/api/api-keys".to_owned(),
            format!("/api/workspaces/{}/members", self.workspace),
        ] {
            all.push(made(self.client.get(&path).await, 200));
        }
        Value::Array(all)
    }
}
