//! `/api/openapi.json`: the API as a document, made from the access table and from what
//! handlers say they take and answer.

mod operation;
mod problems;

use std::sync::{Arc, OnceLock};

use althing_web::{
    Access, Answer, AppState, Module, Operation, Problem, RouteInfo, SHARE_TOKEN, Schemas, Shape,
};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Every route with its context and its shape.
pub type Routes = Vec<(&'static str, RouteInfo, Shape)>;

/// The document, made when somebody first asks.
#[derive(Clone)]
pub struct OpenApi {
    routes: Arc<Routes>,
    written: Arc<OnceLock<Written>>,
}

#[derive(Clone)]
struct Written {
    text: Bytes,
    tag: HeaderValue,
}

impl OpenApi {
    /// Of these modules.
    pub fn of(modules: &[Module]) -> Self {
        Self {
            routes: Arc::new(routes(modules)),
            written: Arc::default(),
        }
    }

    fn written(&self) -> Result<Written, Problem> {
        if let Some(written) = self.written.get() {
            return Ok(written.clone());
        }
        let text = serde_json::to_vec(&document(&self.routes)).map_err(Problem::fault)?;
        let hash = Sha256::digest(&text);
        let tag: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let tag = HeaderValue::from_str(&format!("\"{tag}\"")).map_err(Problem::fault)?;
        let text = text.into();
        Ok(self.written.get_or_init(|| Written { text, tag }).clone())
    }
}

/// Every route of these modules.
pub fn routes(modules: &[Module]) -> Routes {
    let of = |module: &Module| -> Routes {
        let shapes = module.shapes().iter().cloned();
        let routes = module.routes().iter().zip(shapes);
        routes
            .map(|(route, shape)| (module.name(), *route, shape))
            .collect()
    };
    modules.iter().flat_map(of).collect()
}

/// The door.
pub fn module() -> Module {
    Module::new("reference")
        .get(
            "/api/openapi.json",
            Access::Public,
            "Describes this API (OpenAPI 3.1).",
            read,
        )
        .gives_file(&["application/json"])
}

/// Everybody may keep it, and asks whether it is still the same.
async fn read(State(state): State<AppState>, headers: HeaderMap) -> Answer<Response> {
    let Written { text, tag } = state.get::<OpenApi>().written()?;
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        .is_some_and(|tags| {
            tags.split(',')
                .any(|one| one.trim().trim_start_matches("W/").as_bytes() == tag.as_bytes())
        });
    let caching = [
        (header::ETAG, tag),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, no-cache"),
        ),
    ];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((caching, kind, text).into_response())
}

/// The document of these routes.
pub fn document(routes: &Routes) -> Value {
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    let mut tags: Vec<Value> = Vec::new();
    for (context, route, shape) in routes {
        if !tags.iter().any(|tag| tag["name"] == *context) {
            tags.push(json!({ "name": context }));
        }
        let mut told = Operation::new(&mut schemas);
        shape.describe(&mut told);
        let operation = operation::written(context, route, told);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.to_ascii_lowercase()] = operation;
    }
    let problem = schemas.problem();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Althing", "version": env!("CARGO_PKG_VERSION"),
            "description": "A decision workspace of your own. Every error is a problem (RFC 9457) with a stable code.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas.named(),
            "responses": problems::responses(&problem),
            "parameters": operation::parameters(),
            "headers": operation::headers(),
            "securitySchemes": {
                "session": {
                    "type": "apiKey", "in": "cookie", "name": althing_identity::COOKIE,
                    "description": "The browser's session, set by `POST /api/auth/login`.",
                },
                "csrf": {
                    "type": "apiKey", "in": "header", "name": "X-CSRF-Token",
                    "description": "The `csrf_token` of `GET /api/me`; changing requests of a session carry it.",
                },
                "key": { "type": "http", "scheme": "bearer", "description": "An API key with the scope that is named." },
                "share": {
                    "type": "apiKey", "in": "header", "name": SHARE_TOKEN,
                    "description": "The token of a link that shows a decision.",
                },
            },
        },
    });
    spell_out(&mut document);
    document
}

/// Anything at all is `{}`; many readers of such documents do not know `true`.
fn spell_out(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("properties" | "schemas", Value::Object(all)) => {
                        for schema in all.values_mut() {
                            if *schema == true {
                                *schema = json!({});
                            }
                            spell_out(schema);
                        }
                    }
                    ("items", member) if *member == true => *member = json!({}),
                    (_, member) => spell_out(member),
                }
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(spell_out),
        _ => {}
    }
}
