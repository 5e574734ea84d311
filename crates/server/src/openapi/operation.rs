//! One operation: parameters, body, answers, and what signs it.

use althing_web::{Access, Content, Operation, RouteInfo, Success};
use serde_json::{Map, Value, json};

use super::problems;

const RATES: [(&str, &str); 3] = [
    (
        "X-RateLimit-Limit",
        "How much may be asked in the window of the tightest limit.",
    ),
    ("X-RateLimit-Remaining", "What is left of it."),
    ("X-RateLimit-Reset", "Seconds until all of it may be asked again."),
];

/// Writes it down.
pub fn written(context: &str, route: &RouteInfo, told: Operation<'_>) -> Value {
    let mut responses: Map<String, Value> = told.answers.iter().map(success).collect();
    responses.extend(problems::of(route, &told));
    let mut operation = json!({
        "operationId": id_of(route),
        "summary": route.about,
        "description": format!("For {}.", route.access.about()),
        "tags": [context],
        "security": security(route),
        "responses": responses,
    });
    let mut parameters: Vec<Value> = in_path(route).zip(told.path).map(path_parameter).collect();
    parameters.extend(told.query.into_iter().map(
        |one| json!({ "name": one.name, "in": "query", "required": one.is_required, "schema": one.schema }),
    ));
    if route.method == "POST" && route.access != Access::Public {
        parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    }
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(schema) = told.body {
        let is_required = schema["required"].as_array().is_some_and(|all| !all.is_empty());
        operation["requestBody"] =
            json!({ "required": is_required, "content": { "application/json": { "schema": schema } } });
    }
    operation
}

/// `post_sessions_by_id_cycles`.
fn id_of(route: &RouteInfo) -> String {
    let mut id = route.method.to_ascii_lowercase();
    for part in route
        .path
        .trim_start_matches("/api")
        .split('/')
        .filter(|part| !part.is_empty())
    {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => id.push_str(&format!("_by_{name}")),
            None => id.push_str(&format!("_{}", part.replace(['-', '.'], "_"))),
        }
    }
    id
}

fn in_path(route: &RouteInfo) -> impl Iterator<Item = &'static str> + use<> {
    route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter((name, schema): (&str, Value)) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": schema })
}

fn success(success: &Success) -> (String, Value) {
    let about = match success.status {
        101 => "A WebSocket from here on",
        201 => "Made",
        202 => "Heard",
        204 => "Done",
        303 => "Go on there",
        _ => "So it is",
    };
    let mut headers: Map<String, Value> = RATES
        .iter()
        .map(|(name, _)| {
            (
                (*name).to_owned(),
                json!({ "$ref": format!("#/components/headers/{name}") }),
            )
        })
        .collect();
    if success.status == 303 {
        let place = json!({ "description": "Where to.", "required": true, "schema": { "type": "string" } });
        headers.insert("Location".to_owned(), place);
    }
    let mut response = json!({ "description": about, "headers": headers });
    match &success.content {
        Content::Nothing => {}
        Content::Json(schema) => response["content"] = json!({ "application/json": { "schema": schema } }),
        Content::File(kinds) => {
            let content: Map<String, Value> =
                kinds.iter().map(|kind| ((*kind).to_owned(), json!({}))).collect();
            response["content"] = content.into();
        }
    }
    (success.status.to_string(), response)
}

/// One of these is enough; none is needed where the list is empty.
fn security(route: &RouteInfo) -> Value {
    if route.access == Access::Public {
        return json!([]);
    }
    let mut ways = vec![if route.method == "GET" {
        json!({ "session": [] })
    } else {
        json!({ "session": [], "csrf": [] })
    }];
    ways.extend(route.scope.map(|scope| json!({ "key": [scope] })));
    if matches!(route.access, Access::SessionViewer | Access::ConversationViewer) {
        ways.push(json!({ "share": [] }));
    }
    ways.into()
}

/// The parameters that many operations share.
pub fn parameters() -> Value {
    json!({
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "The same key with the same body is done once within 24 hours, and answered twice.",
            "schema": { "type": "string", "pattern": "^[!-~]{1,255}$" },
        },
    })
}

/// The headers that many answers share.
pub fn headers() -> Value {
    RATES
        .iter()
        .map(|(name, about)| {
            let header = json!({ "description": about, "schema": { "type": "integer", "minimum": 0 } });
            ((*name).to_owned(), header)
        })
        .collect::<Map<_, _>>()
        .into()
}
