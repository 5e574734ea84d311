//! Requests that are no requests: ids, keys, cursors, queries, sizes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::json;

use super::{Trial, plain, refusal};
use crate::office::made;

/// PostgreSQL has no text with a NUL, SQLite has: the answer is the same.
#[tokio::test]
async fn nothing_is_called_by_a_name_with_a_nul() {
    let mut trial = Trial::after("issue_raising").await;
    for (path, expected) in [
        ("/api/workspaces/%00", plain(404, "not_found")),
        ("/api/workspaces/a%00b/members", plain(404, "not_found")),
        ("/api/admin/audit?q=a%00", plain(400, "malformed_request")),
    ] {
        trial.refused_raw(("GET", path), &[], None, expected).await;
    }
    trial.done().await;
}

#[tokio::test]
async fn an_id_that_is_none_is_not_found() {
    let mut trial = Trial::after("issue_raising").await;
    let long = "a".repeat(4_000);
    let absent = trial.decision.id(0xabc);
    let nonsense = [
        "nonsense",
        "0",
        "-1",
        "null",
        "%00",
        "%FF",
        "%2e%2e%2f",
        "%F0%9F%90%8E",
        "1%20OR%201=1",
        "00000000-0000-0000-0000-000000000000",
        "0193b000-0000-7000-8000-00000000000g",
        absent.as_str(),
        long.as_str(),
    ];
    for id in nonsense {
        for (method, path, code) in [
            ("GET", format!("/api/sessions/{id}"), "session_not_found"),
            ("DELETE", format!("/api/sessions/{id}"), "session_not_found"),
            ("GET", format!("/api/sessions/{id}/export"), "session_not_found"),
            ("GET", format!("/api/cycles/{id}"), "cycle_not_found"),
            ("POST", format!("/api/cycles/{id}/complete"), "cycle_not_found"),
            (
                "GET",
                format!("/api/cycles/{id}/components/objectives"),
                "cycle_not_found",
            ),
            (
                "GET",
                format!("/api/components/{id}/conversation"),
                "component_not_found",
            ),
            (
                "POST",
                format!("/api/components/{id}/extract"),
                "component_not_found",
            ),
            (
                "GET",
                format!("/api/conversations/{id}/messages"),
                "conversation_not_found",
            ),
            (
                "POST",
                format!("/api/cycles/{}/components/{id}/start", trial.decision.cycle),
                "component_not_found",
            ),
            (
                "POST",
                format!("/api/cycles/{}/tools/{id}", trial.decision.cycle),
                "tool_not_found",
            ),
        ] {
            // Bytes that are no text name nothing at all.
            let expected = if id == "%FF" {
                plain(404, "not_found")
            } else {
                plain(404, code)
            };
            trial.refused_raw((method, &path), &[], None, expected).await;
        }
        let cycle = &trial.decision.cycle;
        if id == "%FF" {
            continue;
        }
        for (path, body, code) in [
            (
                format!("/api/cycles/{cycle}/revisits/{id}/resolve"),
                json!({"decision": "accept"}),
                "revisit_not_found",
            ),
            (
                format!("/api/cycles/{cycle}/confirmations/{id}/respond"),
                json!({"choice": null}),
                "confirmation_not_found",
            ),
        ] {
            trial.refused("POST", &path, body, plain(404, code)).await;
        }
    }
    for (method, path) in [
        ("PUT", "/api/sessions"),
        ("PUT", "/api/me"),
        ("PATCH", "/api/sessions/import"),
    ] {
        trial
            .refused_raw((method, path), &[], None, plain(405, "method_not_allowed"))
            .await;
    }
    trial
        .refused_raw(("GET", "/api/nothing/here"), &[], None, plain(404, "not_found"))
        .await;
    trial.done().await;
}

#[tokio::test]
async fn lists_take_limits_cursors_and_known_parameters_only() {
    let mut trial = Trial::after("consequences").await;
    let (session, cycle) = (
        format!("/api/sessions/{}", trial.decision.session),
        format!("/api/cycles/{}", trial.decision.cycle),
    );
    let conversation = trial.decision.conversation(trial.client(), "objectives").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let other_lists_cursor = "WyJhIiwiYiIsMV0"; // ["a","b",1]
    for list in [
        "/api/sessions".to_owned(),
        format!("/api/conversations/{conversation}/messages"),
        format!("{cycle}/tools/invocations"),
        format!("{cycle}/document/history"),
        format!("{session}/activity"),
    ] {
        for limit in ["0", "101", "-1", "many", "1.5", "99999999999999999999", "%31%00"] {
            trial
                .refused_raw(
                    ("GET", &format!("{list}?limit={limit}")),
                    &[],
                    None,
                    refusal(422, "validation_failed", "/limit"),
                )
                .await;
        }
        for cursor in ["!!", "x", "e30", other_lists_cursor, "%00", "AAAA"] {
            trial
                .refused_raw(
                    ("GET", &format!("{list}?cursor={cursor}")),
                    &[],
                    None,
                    refusal(422, "validation_failed", "/cursor"),
                )
                .await;
        }
    }
    let (alternative, objective) = (trial.decision.alternative(1), trial.decision.objective(1));
    let others = (0..11)
        .map(|number| trial.decision.id(number))
        .collect::<Vec<_>>()
        .join(",");
    for (path, place) in [
        ("/api/sessions?status=asleep".to_owned(), "/status"),
        ("/api/sessions?colour=red".to_owned(), "/colour"),
        (format!("{session}/dashboard?refresh=maybe"), "/refresh"),
        (
            format!("{session}/dashboard?cycle_id={}", trial.decision.cycle),
            "/cycle_id",
        ),
        (format!("{session}/compare"), "/cycles"),
        (format!("{session}/compare?cycles="), "/cycles"),
        (
            format!("{session}/compare?cycles={}", trial.decision.cycle),
            "/cycles",
        ),
        (
            format!("{session}/compare?cycles={0},{0}", trial.decision.cycle),
            "/cycles",
        ),
        (format!("{session}/compare?cycles={others}"), "/cycles"),
        (format!("{cycle}/analysis/sensitivity"), "/alt"),
        (
            format!("{cycle}/analysis/sensitivity?alt=x&obj={objective}"),
            "/alt",
        ),
        (
            format!("{cycle}/analysis/sensitivity?alt={objective}&obj={objective}"),
            "/alt",
        ),
        (
            format!("{cycle}/analysis/sensitivity?alt={alternative}&obj={alternative}"),
            "/obj",
        ),
        (
            format!(
                "{cycle}/analysis/sensitivity?alt={}&obj={objective}",
                trial.decision.alternative(0)
            ),
            "/alt",
        ),
        (format!("{cycle}/document?version=x"), "/version"),
        (
            format!("{cycle}/document?version=99999999999999999999"),
            "/version",
        ),
        (format!("{cycle}/document/export"), "/format"),
        (format!("{cycle}/document/export?format=docx"), "/format"),
        ("/api/admin/dead-letters?colour=red".to_owned(), "/colour"),
    ] {
        trial
            .refused_raw(
                ("GET", &path),
                &[],
                None,
                refusal(422, "validation_failed", place),
            )
            .await;
    }
    for (path, code) in [
        (format!("{session}/dashboard?cycleId=nonsense"), "cycle_not_found"),
        (
            format!("{session}/dashboard?cycleId={}", trial.decision.id(1)),
            "cycle_not_found",
        ),
        (
            format!("{session}/compare?cycles={},nonsense", trial.decision.cycle),
            "cycle_not_found",
        ),
        (format!("{cycle}/document?version=0"), "document_not_found"),
        (format!("{cycle}/document?version=-1"), "document_not_found"),
        (format!("{cycle}/document?version=99999"), "document_not_found"),
    ] {
        trial
            .refused_raw(("GET", &path), &[], None, plain(404, code))
            .await;
    }
    for tolerance in ["-1", "abc", "", "1e3", "NaN", "1234567890123456"] {
        let body = json!({"tolerances": {(objective.clone()): tolerance}});
        let place = format!("/tolerances/{objective}");
        trial
            .refused(
                "POST",
                &format!("{cycle}/analysis/quantities"),
                body,
                refusal(422, "validation_failed", &place),
            )
            .await;
    }
    trial.done().await;
}

#[tokio::test]
async fn a_key_with_another_body_is_refused_and_a_bad_key_too() {
    let mut trial = Trial::after("issue_raising").await;
    let cycles = format!("/api/sessions/{}/cycles", trial.decision.session);
    let key = [("idempotency-key", "once")];
    let first = made(
        trial
            .client()
            .send("POST", &cycles, &key, Some(b"{\"label\":\"a\"}".to_vec()))
            .await,
        201,
    );
    trial.now_is_before().await;
    trial
        .refused_raw(
            ("POST", &cycles),
            &key,
            Some(b"{\"label\":\"b\"}"),
            plain(422, "idempotency_key_reused"),
        )
        .await;
    trial
        .refused_raw(
            ("POST", &cycles),
            &key,
            Some(b"{}"),
            plain(422, "idempotency_key_reused"),
        )
        .await;
    let again = made(
        trial
            .client()
            .send("POST", &cycles, &key, Some(b"{\"label\":\"a\"}".to_vec()))
            .await,
        201,
    );
    assert_eq!(again, first);
    let long = "k".repeat(256);
    for bad in ["", "  ", long.as_str()] {
        trial
            .refused_raw(
                ("POST", &cycles),
                &[("idempotency-key", bad)],
                Some(b"{}"),
                plain(400, "malformed_request"),
            )
            .await;
    }
    // A refusal is kept like an answer: it comes again, under the new request's id.
    let refused = [("idempotency-key", "refused")];
    for _ in 0..2 {
        let body: &[u8] = b"{\"label\":1}";
        trial
            .refused_raw(
                ("POST", &cycles),
                &refused,
                Some(body),
                refusal(422, "validation_failed", "/label"),
            )
            .await;
    }
    trial.done().await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_read() {
    let trial = Trial::after("issue_raising").await;
    let megabyte = 1024 * 1024;
    let session = format!("/api/sessions/{}", trial.decision.session);
    let step = trial.decision.step("issue_raising");
    for (method, path, limit) in [
        ("POST", "/api/sessions", megabyte),
        ("POST", "/api/auth/login", megabyte),
        ("PATCH", &session, megabyte),
        ("PUT", &step, megabyte),
        ("POST", "/api/sessions/import", 32 * megabyte),
    ] {
        let head = |length: &str| {
            let cookie = trial.client().cookie().unwrap_or_default();
            let token = trial.client().csrf_token().unwrap_or_default();
            format!(
                "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: {cookie}\r\nx-csrf-token: {token}\r\ncontent-type: application/json\r\nconnection: close\r\n{length}\r\n\r\n"
            )
        };
        let said = format!("content-length: {}", limit + 1);
        let unsaid = "transfer-encoding: chunked";
        let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
        for (way, length, body) in [
            // It says so itself: nothing needs to be sent.
            ("said", said.as_str(), Vec::new()),
            // It says so and sends it all the same, and only then begins to listen.
            ("sent", said.as_str(), vec![b' '; limit + 1]),
            // It does not say so: it is refused on the way.
            ("unsaid", unsaid, chunk.repeat(limit / 0x10000 + 1)),
        ] {
            let answer = spoken(&trial.app.url(), &head(length), &body);
            assert!(
                answer.starts_with("HTTP/1.1 413") && answer.contains("payload_too_large"),
                "{method} {path}, {way}: {answer}"
            );
        }
    }
    // Within the limit it is read, and is no JSON.
    let body = vec![b' '; megabyte];
    assert_eq!(
        trial
            .client()
            .send("POST", "/api/sessions", &[], Some(body))
            .await
            .refusal(),
        (400, "malformed_request")
    );
    let body = vec![b' '; 2 * megabyte];
    assert_eq!(
        trial
            .client()
            .send("POST", "/api/sessions/import", &[], Some(body))
            .await
            .refusal(),
        (400, "malformed_request")
    );
    trial.done().await;
}

#[tokio::test]
async fn what_never_ends_is_cut_off() {
    let app = crate::app().await;
    let mut socket = TcpStream::connect(app.url().trim_start_matches("http://")).expect("the server listens");
    let head = "POST /api/auth/login HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1000000000\r\n\r\n";
    socket.write_all(head.as_bytes()).expect("the head can be sent");
    let piece = vec![b' '; 1024 * 1024];
    let sent = (0..200).take_while(|_| socket.write_all(&piece).is_ok()).count();
    assert!((33..200).contains(&sent), "{sent} MB were taken");
}

/// What the server says to a head and a body, heard once all of it has been sent.
fn spoken(url: &str, head: &str, body: &[u8]) -> String {
    let mut socket = TcpStream::connect(url.trim_start_matches("http://")).expect("the server listens");
    socket.write_all(head.as_bytes()).expect("the head can be sent");
    socket.write_all(body).expect("the body can be sent");
    let mut reader = BufReader::new(socket);
    let (mut answer, mut length) = (String::new(), 0);
    while !answer.ends_with("\r\n\r\n") {
        let begun = answer.len();
        let count = reader.read_line(&mut answer).expect("an answer is there");
        assert!(count > 0, "the answer breaks off: {answer}");
        if let Some(value) = answer[begun..].strip_prefix("content-length: ") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut rest = vec![0; length];
    reader.read_exact(&mut rest).expect("the answer's body is there");
    answer + &String::from_utf8_lossy(&rest)
}
