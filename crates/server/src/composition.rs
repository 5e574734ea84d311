//! The list of contexts, and how they become one program.

use std::path::Path;

use althing_backbone::{Backbone, Clock, Db, Migrations};
use althing_decisions::conversation::ai::AiSettings;
use althing_identity::{CookiePolicy, Settings};
use althing_web::{AppState, Module, ModuleParts, RouteInfo, Shutdown};
use anyhow::{Context, Result};
use axum::Router;

use crate::config::Config;
use crate::operations;

/// Every context. To add one, add a line.
pub fn modules(config: &Config) -> Vec<Module> {
    let secure = config
        .public_url
        .as_ref()
        .is_some_and(|url| url.starts_with("https://"));
    let sign_in = Settings {
        cookies: CookiePolicy { secure },
        setup_token: config.setup_token.clone(),
    };
    vec![
        althing_identity::module(sign_in),
        althing_decisions::module(),
        operations::module(),
    ]
}

/// The access table of the whole program.
pub fn routes(modules: &[Module]) -> Vec<(&'static str, RouteInfo)> {
    modules
        .iter()
        .flat_map(|module| module.routes().iter().map(|route| (module.name(), *route)))
        .collect()
}

/// The program, running.
pub struct App {
    /// What handlers reach.
    pub state: AppState,
    /// Every context's routes, without the edge.
    pub router: Router<AppState>,
    /// Tells live channels to say goodbye.
    pub shutdown: Shutdown,
}

/// Opens the database, brings its tables up to date and starts every subscription.
pub async fn start(config: &Config, database: &Path) -> Result<App> {
    let mut parts = take_apart(modules(config));
    let db = open(database, &parts.migrations).await?;
    let subscriptions = std::mem::take(&mut parts.subscriptions);
    let backbone = Backbone::builder(db)
        .subscribe_all(subscriptions)
        .start()
        .await
        .context("cannot start the backbone")?;
    let shutdown = Shutdown::default();
    let state = AppState::new(backbone).with(shutdown.clone());
    let state = parts
        .providers
        .into_iter()
        .fold(state, |state, provide| provide(state));
    let ai = AiSettings::from_words(&config.ai_chat_adapter, &config.ai_extraction_adapter)?;
    let state = state.with(ai);
    Ok(App {
        state,
        router: parts.router,
        shutdown,
    })
}

/// The same without starting anything: for the command line, beside a running
/// server or on a folder at rest.
pub async fn at_rest(config: &Config, database: &Path) -> Result<Backbone> {
    let parts = take_apart(modules(config));
    let db = open(database, &parts.migrations).await?;
    Backbone::builder(db)
        .subscribe_all(parts.subscriptions)
        .open()
        .await
        .context("cannot open the backbone")
}

async fn open(database: &Path, migrations: &[Migrations]) -> Result<Db> {
    let db = Db::open(database)
        .await
        .with_context(|| format!("cannot open {}", database.display()))?;
    let now = Clock::system().now();
    for migrations in migrations {
        migrations
            .apply(&db, now)
            .await
            .with_context(|| format!("cannot prepare the tables of {}", migrations.context))?;
    }
    Ok(db)
}

fn take_apart(modules: Vec<Module>) -> ModuleParts {
    let mut whole = ModuleParts::default();
    whole.migrations.push(althing_web::MIGRATIONS);
    for module in modules {
        let parts = module.into_parts();
        whole.router = whole.router.merge(parts.router);
        whole.migrations.extend(parts.migrations);
        whole.subscriptions.extend(parts.subscriptions);
        whole.providers.extend(parts.providers);
    }
    whole
}
