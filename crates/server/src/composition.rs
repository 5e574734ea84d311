//! The list of contexts, and how they become one program.

use althing_backbone::{Backbone, Clock, Db, Leases, Migrations};
use althing_decisions::conversation::ai::AiSettings;
use althing_decisions::sharing::PassCookies;
use althing_identity::{CookiePolicy, Fixed, Settings};
use althing_web::{AppState, Mailer, MembershipViews, Module, ModuleParts, RateLimits, RouteInfo, Shutdown};
use anyhow::{Context, Result};
use axum::Router;

use crate::config::{Config, Delivery, INLINE, Store};
use crate::instance::Instance;
use crate::metrics::Rates;
use crate::openapi::{self, OpenApi};
use crate::{operations, rate_limits};

/// Every context. To add one, add a line.
pub fn modules(config: &Config) -> Vec<Module> {
    let mailer = Mailer::new(config.mail.clone(), &config.address());
    let sign_in = Settings {
        cookies: CookiePolicy {
            secure: is_served_securely(config),
        },
        setup_token: config.setup_token.clone(),
        registration: config.registration,
        purge_after: config.purge_after,
        fixed: Fixed {
            registration: config.fixed_by("registration.mode"),
            purge_days: config.fixed_by("workspace.purge_days"),
        },
        mailer: mailer.clone(),
    };
    vec![
        althing_identity::module(sign_in),
        althing_decisions::module(),
        althing_notifications::module(mailer.clone()),
        althing_audit::module(),
        operations::module(mailer),
        rate_limits::module(RateLimits::new(
            config.limits.numbers.clone(),
            config.limits.default_tier,
        )),
        openapi::module(),
    ]
}

fn is_served_securely(config: &Config) -> bool {
    config
        .public_url
        .as_ref()
        .is_some_and(|url| url.starts_with("https://"))
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
pub async fn start(config: &Config) -> Result<App> {
    let modules = modules(config);
    let described = OpenApi::of(&modules);
    let mut parts = take_apart(modules);
    let db = open(&config.store, &parts.migrations).await?;
    althing_decisions::access::tiers::note_default(&db, config.limits.default_tier)
        .await
        .context("cannot note the default tier")?;
    let instance = Instance::look(config, &db).await?;
    tracing::info!(
        store = %config.store, version = instance.store_version, transport = instance.transport,
        "store and transport"
    );
    let subscriptions = std::mem::take(&mut parts.subscriptions);
    let mut builder = Backbone::builder(db)
        .archive(&config.archive)
        .subscribe_all(subscriptions);
    if let Store::Postgres(_) = config.store {
        builder = builder.leases(Leases::Shared(config.events.lease));
    }
    if let Some(relay) = config.events.relay()? {
        builder = builder.relay(relay);
    }
    if config.events.delivery == Delivery::Inline {
        builder = builder.inline(INLINE);
    }
    if !config.events.enabled {
        tracing::warn!("events.enabled is false: events are recorded and wait, no subscription runs here");
        builder = builder.without_running();
    }
    let backbone = builder.start().await.context("cannot start the backbone")?;
    let shutdown = Shutdown::default();
    let state = AppState::new(backbone)
        .with(shutdown.clone())
        .with(instance)
        .with(described)
        .with(Rates::default());
    let state = state.with(MembershipViews(parts.membership_views));
    let state = parts
        .providers
        .into_iter()
        .fold(state, |state, provide| provide(state));
    let ai = AiSettings::from_words(&config.ai_chat_adapter, &config.ai_extraction_adapter)?;
    let state = state.with(ai).with(PassCookies {
        secure: is_served_securely(config),
    });
    Ok(App {
        state,
        router: parts.router,
        shutdown,
    })
}

/// The same without starting anything: for the command line, beside a running
/// server or on a folder at rest.
pub async fn at_rest(config: &Config) -> Result<Backbone> {
    let parts = take_apart(modules(config));
    let db = open(&config.store, &parts.migrations).await?;
    Backbone::builder(db)
        .archive(&config.archive)
        .subscribe_all(parts.subscriptions)
        .open()
        .await
        .context("cannot open the backbone")
}

/// The steps of every context's tables.
pub fn migrations(config: &Config) -> Vec<Migrations> {
    take_apart(modules(config)).migrations
}

async fn open(store: &Store, migrations: &[Migrations]) -> Result<Db> {
    let db = Db::at(&store.address())
        .await
        .with_context(|| format!("cannot open {store}"))?;
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
        whole.membership_views.extend(parts.membership_views);
    }
    whole
}
