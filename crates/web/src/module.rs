//! A context as the server mounts it: routes, tables, subscriptions, own state.

use std::sync::Arc;

use althing_backbone::{Backbone, Migrations, Subscription};
use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{self, MethodRouter};
use serde::Serialize;

use crate::access::guard;
use crate::operation::{Content, Described, Given, Operation, Success};
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
    /// What a key needs to call it; without one it takes a signed-in browser, or nobody in particular.
    pub scope: Option<&'static str>,
    /// One sentence.
    pub about: &'static str,
}

type Describe = Arc<dyn Fn(&mut Operation<'_>) + Send + Sync>;

/// What a route takes and answers, told when somebody asks.
#[derive(Clone)]
pub struct Shape {
    takes: Describe,
    gives: Describe,
}

impl Shape {
    fn of<H: Described<T>, T: 'static>() -> Self {
        Self {
            takes: Arc::new(H::takes),
            gives: Arc::new(H::gives),
        }
    }

    /// Tells everything.
    pub fn describe(&self, operation: &mut Operation<'_>) {
        (self.takes)(operation);
        (self.gives)(operation);
    }
}

/// What keys need for reading and for everything else.
#[derive(Clone, Copy)]
struct Scopes {
    read: &'static str,
    write: &'static str,
}

type Factory = Box<dyn Fn() -> Vec<Subscription> + Send + Sync>;
type Provider = Box<dyn FnOnce(AppState) -> AppState + Send>;

/// A context's contribution to the server.
#[must_use]
pub struct Module {
    name: &'static str,
    routes: Vec<RouteInfo>,
    shapes: Vec<Shape>,
    keys: Option<Scopes>,
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
    /// Which of them keep a list of memberships.
    pub membership_views: Vec<&'static str>,
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
            shapes: Vec::new(),
            keys: None,
            parts: ModuleParts::default(),
        }
    }

    /// The routes added from now on can be called with a key: those that read with the one
    /// scope, all others with the other.
    pub fn keys(mut self, read: &'static str, write: &'static str) -> Self {
        self.keys = Some(Scopes { read, write });
        self
    }

    /// The routes added from now on take a signed-in browser.
    pub fn browsers_only(mut self) -> Self {
        self.keys = None;
        self
    }

    /// Adds a GET route; HEAD comes with it.
    pub fn get<H, T>(self, path: &'static str, access: Access, about: &'static str, handler: H) -> Self
    where
        H: Described<T>,
        T: 'static,
    {
        self.add(
            "GET",
            path,
            access,
            about,
            routing::get(handler),
            Shape::of::<H, T>(),
        )
    }

    /// Adds a POST route.
    pub fn post<H, T>(self, path: &'static str, access: Access, about: &'static str, handler: H) -> Self
    where
        H: Described<T>,
        T: 'static,
    {
        self.add(
            "POST",
            path,
            access,
            about,
            routing::post(handler),
            Shape::of::<H, T>(),
        )
    }

    /// Adds a PUT route.
    pub fn put<H, T>(self, path: &'static str, access: Access, about: &'static str, handler: H) -> Self
    where
        H: Described<T>,
        T: 'static,
    {
        self.add(
            "PUT",
            path,
            access,
            about,
            routing::put(handler),
            Shape::of::<H, T>(),
        )
    }

    /// Adds a PATCH route.
    pub fn patch<H, T>(self, path: &'static str, access: Access, about: &'static str, handler: H) -> Self
    where
        H: Described<T>,
        T: 'static,
    {
        self.add(
            "PATCH",
            path,
            access,
            about,
            routing::patch(handler),
            Shape::of::<H, T>(),
        )
    }

    /// Adds a DELETE route.
    pub fn delete<H, T>(self, path: &'static str, access: Access, about: &'static str, handler: H) -> Self
    where
        H: Described<T>,
        T: 'static,
    {
        self.add(
            "DELETE",
            path,
            access,
            about,
            routing::delete(handler),
            Shape::of::<H, T>(),
        )
    }

    fn add(
        mut self,
        method: &'static str,
        path: &'static str,
        access: Access,
        about: &'static str,
        handler: MethodRouter<AppState>,
        shape: Shape,
    ) -> Self {
        let scope = self
            .keys
            .map(|keys| if method == "GET" { keys.read } else { keys.write });
        let guarded = handler.route_layer(from_fn(move |request, next| guard(access, scope, request, next)));
        self.routes.push(RouteInfo {
            method,
            path,
            access,
            scope,
            about,
        });
        self.shapes.push(shape);
        self.parts.router = self.parts.router.route(path, guarded);
        self
    }

    /// Says what the route before answers, where its handler makes a response by hand.
    pub fn gives<T: Given + 'static>(self) -> Self {
        self.told(Arc::new(T::describe))
    }

    /// Says that the route before answers a file of one of these media types.
    pub fn gives_file(self, media_types: &'static [&'static str]) -> Self {
        let file = move |operation: &mut Operation<'_>| {
            operation.answers.push(Success {
                status: 200,
                content: Content::File(media_types),
            });
        };
        self.told(Arc::new(file))
    }

    fn told(mut self, gives: Describe) -> Self {
        let shape = self.shapes.last_mut().expect("there is a route before");
        shape.gives = gives;
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

    /// Says that a subscription keeps the list of memberships that this context decides
    /// by; whoever changes a membership waits a moment for it.
    pub fn membership_view(mut self, subscription: &'static str) -> Self {
        self.parts.membership_views.push(subscription);
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

    /// What each of them takes and answers, in the same order.
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
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
