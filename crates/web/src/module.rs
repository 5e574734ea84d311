//! A context as the server mounts it: routes, tables, subscriptions, own state.

use althing_backbone::{Backbone, Migrations, Subscription};
use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn;
use axum::routing::{self, MethodRouter};
use serde::Serialize;

use crate::access::guard;
use crate::{Access, AppState};

/// A line of the access table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RouteInfo {
    /// GET, POST, PUT, PATCH or DELETE.
    pub method: &'static str,
    /// The whole path, with `{names}` for its parameters.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// One sentence.
    pub about: &'static str,
}

type Factory = Box<dyn Fn() -> Vec<Subscription> + Send + Sync>;
type Provider = Box<dyn FnOnce(AppState) -> AppState + Send>;

/// A context's contribution to the server.
#[must_use]
pub struct Module {
    name: &'static str,
    routes: Vec<RouteInfo>,
    parts: ModuleParts,
}

/// What the composition takes out of a [`Module`].
#[derive(Default)]
pub struct ModuleParts {
    /// Its routes, ready to be merged.
    pub router: Router<AppState>,
    /// Its tables.
    pub migrations: Vec<Migrations>,
    /// Its subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// Puts its own things into the state.
    pub providers: Vec<Provider>,
    factories: Vec<Factory>,
}

impl Module {
    /// A module with nothing in it.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            routes: Vec::new(),
            parts: ModuleParts::default(),
        }
    }

    /// Adds a GET route; HEAD comes with it.
    pub fn get<H, T>(self, path: &'static str, access: Access, about: &'static str, handler: H) -> Self
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add("GET", path, access, about, routing::get(handler))
    }

    /// Adds a POST route.
    pub fn post<H, T>(self, path: &'static str, access: Access, about: &'static str, handler: H) -> Self
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add("POST", path, access, about, routing::post(handler))
    }

    /// Adds a PUT route.
    pub fn put<H, T>(self, path: &'static str, access: Access, about: &'static str, handler: H) -> Self
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add("PUT", path, access, about, routing::put(handler))
    }

    /// Adds a PATCH route.
    pub fn patch<H, T>(self, path: &'static str, access: Access, about: &'static str, handler: H) -> Self
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add("PATCH", path, access, about, routing::patch(handler))
    }

    /// Adds a DELETE route.
    pub fn delete<H, T>(self, path: &'static str, access: Access, about: &'static str, handler: H) -> Self
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add("DELETE", path, access, about, routing::delete(handler))
    }

    fn add(
        mut self,
        method: &'static str,
        path: &'static str,
        access: Access,
        about: &'static str,
        handler: MethodRouter<AppState>,
    ) -> Self {
        let guarded = handler.route_layer(from_fn(move |request, next| guard(access, request, next)));
        self.routes.push(RouteInfo {
            method,
            path,
            access,
            about,
        });
        self.parts.router = self.parts.router.route(path, guarded);
        self
    }

    /// Adds tables.
    pub fn migrations(mut self, migrations: Migrations) -> Self {
        self.parts.migrations.push(migrations);
        self
    }

    /// Adds a subscription.
    pub fn subscribe(mut self, subscription: impl Into<Subscription>) -> Self {
        self.parts.subscriptions.push(subscription.into());
        self
    }

    /// Adds subscriptions that can be made again, as tests like to.
    pub fn subscriptions_from(
        mut self,
        make: impl Fn() -> Vec<Subscription> + Send + Sync + 'static,
    ) -> Self {
        self.parts.factories.push(Box::new(make));
        self
    }

    /// Makes a value from the started backbone, for handlers to take with
    /// [`AppState::get`].
    pub fn provide<T, F>(mut self, make: F) -> Self
    where
        T: Clone + Send + Sync + 'static,
        F: FnOnce(&Backbone) -> T + Send + 'static,
    {
        self.parts.providers.push(Box::new(|state| {
            let value = make(&state.backbone);
            state.with(value)
        }));
        self
    }

    /// The context's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its part of the access table.
    pub fn routes(&self) -> &[RouteInfo] {
        &self.routes
    }

    /// Takes it apart, for the composition.
    pub fn into_parts(self) -> ModuleParts {
        let mut parts = self.parts;
        for make in std::mem::take(&mut parts.factories) {
            parts.subscriptions.extend(make());
        }
        parts
    }
}
