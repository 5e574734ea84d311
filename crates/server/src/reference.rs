//! What the generated references are made from, as one JSON document.

use althing_backbone::EventRegistry;
use althing_web::Code;
use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::composition::{modules, routes};
use crate::config::{Config, keys};
use crate::operations::describe;

/// Routes with their access, error codes, settings, events and subscriptions.
pub fn document(config: &Config) -> Result<Value> {
    let modules = modules(config);
    let routes: Vec<Value> = routes(&modules)
        .into_iter()
        .map(|(context, route)| {
            json!({
                "context": context, "method": route.method, "path": route.path, "access": route.access, "scope": route.scope,
                "who": route.access.about(), "about": route.about,
            })
        })
        .collect();
    let mut subscriptions = Vec::new();
    for module in modules {
        let context = module.name();
        for subscription in module.into_parts().subscriptions {
            let mut events: Vec<&str> = subscription.event_types().collect();
            events.sort_unstable();
            let kind = format!("{subscription:?}")
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned();
            subscriptions.push(
                json!({ "context": context, "name": subscription.name(), "kind": kind, "events": events }),
            );
        }
    }
    let consumers_of = |event_type: &str| -> Vec<String> {
        let listens = |one: &&Value| {
            one["events"]
                .as_array()
                .is_some_and(|events| events.iter().any(|event| event == event_type))
        };
        subscriptions
            .iter()
            .filter(listens)
            .filter_map(|one| one["name"].as_str())
            .map(str::to_owned)
            .collect()
    };
    let registry = EventRegistry::collect().context("the catalogue is inconsistent")?;
    Ok(json!({
        "routes": routes,
        "error_codes": Code::all().iter().map(|code| json!({
            "code": code.as_str(), "status": code.status().as_u16(), "title": code.title(), "about": code.about(),
        })).collect::<Vec<_>>(),
        "config": keys().iter().map(|key| json!({
            "name": key.name, "environment_variable": key.environment_variable(), "kind": key.kind,
            "default": key.default, "secret": key.secret, "about": key.about,
        })).collect::<Vec<_>>(),
        "events": describe(&registry, consumers_of),
        "subscriptions": subscriptions,
    }))
}
