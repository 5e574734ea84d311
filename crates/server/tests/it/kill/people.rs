//! Somebody who works on decisions and forgets, after each crash, what they were about to do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use althing_testkit::{Client, Reply};
use serde_json::{Value, json};

use super::ledger::Ledger;
use crate::chance::Chance;
use crate::office::{STEPS, components_of, text};

/// The steps that somebody walks here, again and again.
const WALKED: usize = 9;

/// One person's work, which only rests on what the server has acknowledged.
pub struct Person {
    client: Client,
    chance: Chance,
    ledger: Ledger,
    seed: u32,
    session: Option<String>,
    cycle: Option<Value>,
    /// The database is killed too, and the server is held up for longer than a request
    /// may take: a fault may be the absence of one, and a timeout the absence of the other.
    expects_faults: bool,
    /// Titles, versions, statuses and messages that were acknowledged.
    promised: Vec<Promise>,
}

enum Promise {
    Session {
        id: String,
        title: String,
    },
    Version {
        cycle: String,
        step: &'static str,
        version: i64,
    },
    Message {
        component: String,
        id: String,
        content: String,
    },
    Cycle {
        id: String,
        session: String,
    },
}

/// The server was killed before it answered, or its database before it could, or time was up.
struct Gone;

impl Person {
    pub fn new(client: Client, seed: u64, ledger: Ledger) -> Self {
        let seed_of_ids = u32::try_from(seed % 0xff_ffff).expect("24 bits");
        Self {
            client,
            chance: Chance::new(seed),
            ledger,
            seed: seed_of_ids,
            session: None,
            cycle: None,
            expects_faults: false,
            promised: Vec::new(),
        }
    }

    /// Expects that the database is killed as well, and that the server is held up.
    pub fn who_expects_faults(self) -> Self {
        Self {
            expects_faults: true,
            ..self
        }
    }

    pub async fn work_until_the_server_is_gone(&mut self) {
        // Whatever was under way is looked up, not remembered.
        self.cycle = None;
        while self.one_step().await.is_ok() {}
    }

    /// Works on; whenever the server or its database is gone, tries again a little later.
    pub async fn work_until(&mut self, ended: &AtomicBool) {
        while !ended.load(Ordering::Relaxed) {
            if self.one_step().await.is_err() {
                self.cycle = None;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    async fn one_step(&mut self) -> Result<(), Gone> {
        let Some(session) = self.session.clone() else {
            return self.begin().await;
        };
        let Some(cycle) = self.cycle.clone() else {
            return self.look_up(&session).await;
        };
        let id = text(&cycle["id"]);
        let statuses: Vec<String> = STEPS
            .iter()
            .enumerate()
            .map(|(place, _)| text(&cycle["components"][place]["status"]))
            .collect();
        let open = statuses
            .iter()
            .take(WALKED)
            .position(|status| status != "complete");
        match (self.chance.below(12), open) {
            (0, _) => self.rename(&session).await?,
            (1, _) => self.branch(&id, &statuses).await?,
            (2 | 3, Some(place)) if statuses[place] != "not_started" => self.say(&cycle, place).await?,
            (_, Some(place)) => self.go_on(&cycle, place, &statuses[place]).await?,
            (_, None) => self.session = None,
        }
        self.cycle = None;
        Ok(())
    }

    async fn begin(&mut self) -> Result<(), Gone> {
        let title = format!("Decision {}", self.chance.next());
        let made = self
            .command(
                "POST",
                "/api/sessions",
                json!({"title": title}),
                201,
                &["session.created"],
            )
            .await?;
        let id = text(&made["id"]);
        self.promised.push(Promise::Session {
            id: id.clone(),
            title,
        });
        self.session = Some(id.clone());
        let made = self
            .command(
                "POST",
                &format!("/api/sessions/{id}/cycles"),
                json!({}),
                201,
                &["cycle.created"],
            )
            .await?;
        self.promised.push(Promise::Cycle {
            id: text(&made["id"]),
            session: id,
        });
        Ok(())
    }

    /// The newest cycle of the session, as the server has it.
    async fn look_up(&mut self, session: &str) -> Result<(), Gone> {
        let cycles = self.read(&format!("/api/sessions/{session}/cycles")).await?;
        let Some(last) = cycles.as_array().and_then(|cycles| cycles.last()).cloned() else {
            let made = self
                .command(
                    "POST",
                    &format!("/api/sessions/{session}/cycles"),
                    json!({}),
                    201,
                    &["cycle.created"],
                )
                .await?;
            self.promised.push(Promise::Cycle {
                id: text(&made["id"]),
                session: session.to_owned(),
            });
            return Ok(());
        };
        self.cycle = Some(self.read(&format!("/api/cycles/{}", text(&last["id"]))).await?);
        Ok(())
    }

    async fn rename(&mut self, session: &str) -> Result<(), Gone> {
        let title = format!("Renamed {}", self.chance.next());
        self.command(
            "PATCH",
            &format!("/api/sessions/{session}"),
            json!({"title": title}),
            200,
            &["session.renamed"],
        )
        .await?;
        let id = session.to_owned();
        self.promised
            .retain(|one| !matches!(one, Promise::Session { id: other, .. } if *other == id));
        self.promised.push(Promise::Session { id, title });
        Ok(())
    }

    async fn branch(&mut self, cycle: &str, statuses: &[String]) -> Result<(), Gone> {
        let started: Vec<usize> = (0..WALKED)
            .filter(|place| statuses[*place] != "not_started")
            .collect();
        if started.is_empty() {
            return Ok(());
        }
        let point = STEPS[*self.chance.one_of(&started)];
        let made = self
            .command(
                "POST",
                &format!("/api/cycles/{cycle}/branch"),
                json!({"branch_point": point}),
                201,
                &["cycle.branched"],
            )
            .await?;
        self.promised.push(Promise::Cycle {
            id: text(&made["id"]),
            session: text(&made["session_id"]),
        });
        Ok(())
    }

    async fn say(&mut self, cycle: &Value, place: usize) -> Result<(), Gone> {
        let component = components_of(cycle)[STEPS[place]].clone();
        let (id, content) = (self.chance.id(), format!("What about {}?", self.chance.next()));
        let path = format!("/api/components/{component}/messages");
        let reply = self
            .send("POST", &path, json!({"content": content, "message_id": id}))
            .await?;
        // Its conversation may not have been made yet.
        if reply.status == 404 {
            return Ok(());
        }
        assert_eq!(reply.status, 201, "{}", reply.text);
        self.ledger.acknowledged(&reply, &["message.sent"]);
        self.promised.push(Promise::Message {
            component: component.clone(),
            id,
            content,
        });
        if !reply.data()["draft"].is_null() {
            let dismissed = self
                .send(
                    "POST",
                    &format!("/api/components/{component}/draft/dismiss"),
                    json!({}),
                )
                .await?;
            assert!(matches!(dismissed.status, 204 | 404), "{}", dismissed.text);
        }
        Ok(())
    }

    async fn go_on(&mut self, cycle: &Value, place: usize, status: &str) -> Result<(), Gone> {
        let step = STEPS[place];
        let component = &cycle["components"][place];
        let path = format!("/api/cycles/{}/components/{step}", text(&cycle["id"]));
        if status == "not_started" {
            self.command(
                "POST",
                &format!("{path}/start"),
                json!({}),
                200,
                &["component.started"],
            )
            .await?;
            return Ok(());
        }
        let version = component["version"].as_i64().expect("a version");
        let is_outdated = component["based_on_older_input"] == true;
        if component["output"].is_null() || is_outdated || self.chance.below(3) == 0 {
            let output = crate::office::Decision::ids_only(self.seed).output(step);
            let body = json!({"output": output, "expected_version": version});
            self.command("PUT", &path, body, 200, &["component.output_updated"])
                .await?;
            self.promised.push(Promise::Version {
                cycle: text(&cycle["id"]),
                step,
                version: version + 1,
            });
            return Ok(());
        }
        let reply = self.send("POST", &format!("{path}/complete"), json!({})).await?;
        match reply.refusal() {
            (200, _) => self.ledger.acknowledged(&reply, &["component.completed"]),
            (409, "confirmation_pending") => {
                let dismiss = format!("/api/components/{}/draft/dismiss", text(&component["id"]));
                self.send("POST", &dismiss, json!({})).await?;
            }
            other => panic!("{path}: {other:?} {}", reply.text),
        }
        Ok(())
    }

    async fn command(
        &self,
        method: &str,
        path: &str,
        body: Value,
        status: u16,
        events: &[&'static str],
    ) -> Result<Value, Gone> {
        let reply = self.send(method, path, body).await?;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.text);
        self.ledger.acknowledged(&reply, events);
        Ok(reply.data().clone())
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Result<Reply, Gone> {
        let body = Some(body.to_string().into_bytes());
        let reply = self.client.try_send(method, path, &[], body).await;
        self.unless_gone(reply)
    }

    fn unless_gone<E>(&self, reply: Result<Reply, E>) -> Result<Reply, Gone> {
        match reply {
            Ok(reply) if (reply.status >= 500 || reply.status == 408) && self.expects_faults => Err(Gone),
            Ok(reply) => Ok(reply),
            Err(_) => Err(Gone),
        }
    }

    async fn read(&self, path: &str) -> Result<Value, Gone> {
        let reply = self.client.try_send("GET", path, &[], None).await;
        let reply = self.unless_gone(reply)?;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        Ok(reply.data().clone())
    }

    /// Everything that was acknowledged is there.
    pub async fn check(&self) {
        assert!(self.promised.len() > 5, "{} promises", self.promised.len());
        for promise in &self.promised {
            match promise {
                Promise::Session { id, title } => {
                    let session = self.client.get(&format!("/api/sessions/{id}")).await;
                    // A rename that was under way at a kill may have happened.
                    let is_newer = session.data()["title"]
                        .as_str()
                        .is_some_and(|now| now.starts_with("Renamed"));
                    assert!(session.data()["title"] == **title || is_newer, "{}", session.text);
                }
                Promise::Cycle { id, session } => {
                    let cycle = self.client.get(&format!("/api/cycles/{id}")).await;
                    assert_eq!(cycle.data()["session_id"], **session, "{}", cycle.text);
                    let listed = self.client.get(&format!("/api/sessions/{session}")).await;
                    let ids = listed.data()["cycle_ids"].as_array().expect("a list").clone();
                    assert_eq!(
                        ids.iter().filter(|one| **one == **id).count(),
                        1,
                        "{}",
                        listed.text
                    );
                }
                Promise::Version { cycle, step, version } => {
                    let component = self
                        .client
                        .get(&format!("/api/cycles/{cycle}/components/{step}"))
                        .await;
                    assert!(
                        component.data()["version"].as_i64() >= Some(*version),
                        "{version} of {}",
                        component.text
                    );
                }
                Promise::Message {
                    component,
                    id,
                    content,
                } => {
                    let conversation = self
                        .client
                        .get(&format!("/api/components/{component}/conversation"))
                        .await;
                    let conversation_id = text(&conversation.data()["id"]);
                    let messages = self.all_messages(&conversation_id).await;
                    let found: Vec<&Value> =
                        messages.iter().filter(|message| message["id"] == **id).collect();
                    assert_eq!(found.len(), 1, "{id} in {messages:?}");
                    assert_eq!(found[0]["content"], **content);
                }
            }
        }
    }

    async fn all_messages(&self, conversation: &str) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self
                .client
                .get(&format!(
                    "/api/conversations/{conversation}/messages?limit=100&cursor={cursor}"
                ))
                .await;
            all.extend(page.data().as_array().expect("a list").clone());
            match page.body["meta"]["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return all,
            }
        }
    }
}
