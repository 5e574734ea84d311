//! What goes wrong: one response for each status, with the codes that come with it.

use std::collections::BTreeMap;

use althing_web::{Access, Code, Operation, RouteInfo};
use serde_json::{Map, Value, json};

/// What any route may answer: malformed, not signed in, not allowed, too slow, too often,
/// our fault, not now.
const ANYWHERE: [u16; 7] = [400, 401, 403, 408, 429, 500, 503];
/// What asks somebody else over the network.
const ASKS_OTHERS: [&str; 5] = [
    "/api/admin/mail/test",
    "/api/admin/oidc-providers",
    "/api/me/identities",
    "/api/components/{id}/",
    "/api/auth/oidc/",
];

/// The codes of each status.
fn by_status() -> BTreeMap<u16, Vec<Code>> {
    let mut all: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in Code::all() {
        all.entry(code.status().as_u16()).or_default().push(*code);
    }
    all
}

/// The problems of one operation.
pub fn of(route: &RouteInfo, told: &Operation<'_>) -> Map<String, Value> {
    let mut statuses = ANYWHERE.to_vec();
    let (writes, names) = (route.method != "GET", !told.path.is_empty());
    // What is sent may name something too.
    if names || writes {
        statuses.push(404);
    }
    if writes {
        statuses.extend([409, 413]);
    }
    if writes || names || !told.query.is_empty() {
        statuses.push(422);
    }
    if route.method == "GET" && route.access != Access::Public && names {
        statuses.push(409);
    }
    if ASKS_OTHERS.iter().any(|start| route.path.starts_with(start)) {
        statuses.push(502);
    }
    statuses.sort_unstable();
    statuses
        .into_iter()
        .map(|status| {
            let shared = json!({ "$ref": format!("#/components/responses/Problem{status}") });
            (status.to_string(), shared)
        })
        .collect()
}

/// The shared responses.
pub fn responses(problem: &Value) -> Value {
    let response = |(status, codes): (u16, Vec<Code>)| {
        let words: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
        let titles: Vec<&str> = codes.iter().map(|code| code.title()).collect();
        let this = json!({ "properties": { "status": { "const": status }, "code": { "enum": words } } });
        let mut response = json!({
            "description": titles.join(", "),
            "content": { "application/problem+json": { "schema": { "allOf": [problem, this] } } },
        });
        if status == 429 {
            let about = "When trying again makes sense, in seconds; of daily limits it is absent.";
            response["headers"] = json!({ "Retry-After": { "description": about, "schema": { "type": "integer", "minimum": 0 } } });
        }
        (format!("Problem{status}"), response)
    };
    by_status()
        .into_iter()
        .map(response)
        .collect::<Map<_, _>>()
        .into()
}
