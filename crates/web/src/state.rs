//! What every handler can reach: the backbone, and the contexts' own things by type.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::sync::Arc;

use althing_backbone::Backbone;

use crate::{Incidents, RateLimits};

/// The state of every router. Cloning it is cheap.
#[derive(Clone)]
pub struct AppState {
    /// Commands, subscriptions, log, clock and ids.
    pub backbone: Backbone,
    slots: Arc<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl AppState {
    /// A state with nothing in its slots but the usual limits and
    /// no incidents.
    pub fn new(backbone: Backbone) -> Self {
        let state = Self {
            backbone,
            slots: Arc::default(),
        };
        state.with(RateLimits::default()).with(Incidents::default())
    }

    /// Puts a value into its type's slot.
    #[must_use]
    pub fn with<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        Arc::make_mut(&mut self.slots).insert(TypeId::of::<T>(), Arc::new(value));
        self
    }

    /// What a module put here, if it did.
    pub fn find<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.slots
            .get(&TypeId::of::<T>())
            .and_then(|slot| slot.downcast_ref::<T>())
            .cloned()
    }

    /// The value of that type. Panics if nobody put one: a mistake in the
    /// composition, which the first request of any test finds.
    pub fn get<T: Clone + Send + Sync + 'static>(&self) -> T {
        self.find()
            .unwrap_or_else(|| panic!("no {} was put into the state", type_name::<T>()))
    }
}
