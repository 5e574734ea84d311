//! A talk over the streaming socket, and a whole decision said in words.

use althing_testkit::Socket;
use serde_json::{Value, json};

use crate::office::{made, text};
use crate::walk::{Walk, new_id};

/// The stream of one component.
pub struct Talk<'a> {
    walk: &'a Walk,
    component: String,
    socket: Socket,
}

/// What came of a message.
#[derive(Debug)]
pub struct Said {
    pub message_id: String,
    pub reply: String,
    pub transition: Value,
    /// The items that were drawn from it.
    pub drawn: Vec<Value>,
}

impl<'a> Talk<'a> {
    pub async fn about(walk: &'a Walk, step: &str) -> Self {
        let component = walk.component(step).to_owned();
        let socket = walk
            .client
            .socket(&format!("/api/components/{component}/stream"))
            .await;
        Self {
            walk,
            component,
            socket,
        }
    }

    /// Says something and hears the reply to its end; chunks are numbered and join to the whole.
    pub async fn say(&mut self, content: &str) -> Said {
        let message_id = new_id();
        self.socket
            .send(json!({"type": "send_message", "message_id": message_id, "content": content}))
            .await;
        self.hear(message_id).await
    }

    /// Hears the reply to a message that was sent.
    pub async fn hear(&mut self, message_id: String) -> Said {
        let (mut heard, mut count, mut was_final) = (String::new(), 0, false);
        let complete = loop {
            let frame = self.socket.next().await;
            assert_eq!(frame["message_id"], message_id.as_str(), "{frame}");
            if frame["type"] != "stream_chunk" {
                break frame;
            }
            assert_eq!((&frame["index"], was_final), (&json!(count), false), "{frame}");
            heard.push_str(frame["delta"].as_str().expect("a text"));
            was_final = frame["is_final"] == true;
            count += 1;
        };
        assert_eq!(complete["type"], "stream_complete", "{complete}");
        let reply = text(&complete["full_content"]);
        // A reply that was finished before comes as a whole.
        assert!(
            count == 0 || (was_final && heard == reply),
            "{heard:?} is not {reply:?}"
        );
        assert_eq!(
            complete["usage"]["estimated_cost_cents"], 0,
            "the guide costs nothing"
        );
        self.socket.send(json!({"type": "ping"})).await;
        let next = self.socket.next().await;
        let drawn = if next["type"] == "data_extracted" {
            assert_eq!(self.socket.next().await["type"], "pong");
            next["data"]["items"].as_array().expect("items").clone()
        } else {
            assert_eq!(next["type"], "pong", "{next}");
            Vec::new()
        };
        Said {
            message_id,
            reply,
            transition: complete["phase_transition"].clone(),
            drawn,
        }
    }

    pub async fn send(&mut self, frame: Value) {
        self.socket.send(frame).await;
    }

    pub async fn next(&mut self) -> Value {
        self.socket.next().await
    }

    pub async fn conversation(&self) -> Value {
        made(
            self.walk
                .client
                .get(&format!("/api/components/{}/conversation", self.component))
                .await,
            200,
        )
    }

    pub async fn draft(&self) -> Value {
        made(
            self.walk
                .client
                .get(&format!("/api/components/{}/draft", self.component))
                .await,
            200,
        )
    }

    /// Confirms the whole draft; answers the component.
    pub async fn confirm(&self) -> Value {
        let draft = self.draft().await;
        let body = json!({"expected_version": draft["base_version"]});
        made(
            self.walk
                .client
                .post(&format!("/api/components/{}/draft/confirm", self.component), body)
                .await,
            200,
        )
    }
}

/// Says everything about a step; answers the draft's id and what was heard.
pub async fn say_all(walk: &Walk, step: &str, messages: &[&str]) -> (String, Vec<Said>) {
    let mut talk = Talk::about(walk, step).await;
    let mut said = Vec::new();
    for message in messages {
        said.push(talk.say(message).await);
    }
    (text(&talk.draft().await["id"]), said)
}

/// What somebody says about each step; the texts hold several scripts.
pub const SCRIPT: [(&str, &[&str]); 9] = [
    (
        "issue_raising",
        &[
            "Der Mietvertrag läuft aus 🏠\nuncertainty: Wird die Bahn pünktlicher?\n• 新しい仕事は遠い",
            "- Wo wollen wir wohnen?",
            "* Zeit für die Kinder\n1. Ruhe\n2) Geld sparen",
        ],
    ),
    (
        "problem_frame",
        &[
            "Wo wohnt die Familie Nguyễn ab 2030?",
            "Nguyễn Thị Hoa: Mutter",
            "financial: höchstens 1.500 € im Monat\ntime: bis Schulbeginn",
            "- Großeltern: wollen nah wohnen\n- 山田さん: advisor: 家賃",
            "already: Wir bleiben in der Region\nlater: Haus kaufen",
            "2030-08-01 hard",
        ],
    ),
    (
        "objectives",
        &[
            "Zeit: gemeinsame Abende\nRuhe\nKosten\nKurzer Weg",
            "Kurzer Weg -> zeit\n近い駅 → 1, Ruhe",
            "Zeit: Stunden am Tag, maximize\nKosten: Euro im Monat, minimize",
            "ruhe: Dezibel, target 35.5",
        ],
    ),
    (
        "alternatives",
        &[
            "Bleiben: wir mieten weiter\nassumption: die Miete steigt nicht",
            "Köln: nah am Büro\nDorf",
            "- 東京",
            "none",
        ],
    ),
    (
        "consequences",
        &[
            "\u{2212}1 längerer Weg",
            "= gleich weit",
            "東京 / zeit: -- 遠い\nB / Ruhe: -1\n2 / Kosten: ++ billiger",
            "++ still",
            "- laut",
            "Kosten:\n- C: +1 etwas billiger\n- D: -2 teuer",
        ],
    ),
    (
        "tradeoffs",
        &[
            "keep Bleiben because the children know everyone",
            "Dorf: ob es dort einen Bus gibt, weiß niemand",
        ],
    ),
    (
        "recommendation",
        &[
            "Das Dorf ist still und billiger, und niemand verliert Zeit.\nVieles spricht dafür.",
            "東京: 仕事",
            "Wenn die Bahn ausfällt",
        ],
    ),
    (
        "decision_quality",
        &[
            "85 klarer Rahmen -> noch jemanden fragen",
            "2: 90\ncreative alternatives: 75% wenige Ideen\nraise: zwei Abende nehmen",
            "4. 70/100 geschätzt\n5) 85\nClear Tradeoffs: 80",
            "65 → einen Plan schreiben",
        ],
    ),
    (
        "notes_next_steps",
        &[
            "Gibt es dort einen Hort?",
            "Vermieter anrufen: Hoa, 2030-02-01\n見学する: 2030年3月1日\nUmzug planen: Großeltern",
            "Die Miete steigt um 10 %",
        ],
    ),
];
