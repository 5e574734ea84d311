//! The catalogue of all events, collected at link time.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use crate::event::{EventDescriptor, Registered};

/// Every event type of the program, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct EventRegistry {
    events: BTreeMap<&'static str, EventDescriptor>,
}

/// What is wrong with the catalogue; found at start-up, never later.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Two structs claim one type name.
    #[error("two events are both called {0}")]
    Duplicate(&'static str),
    /// A chain of versions has a gap.
    #[error("{event_type}: version {version} must be lifted from version {wanted}")]
    BrokenChain {
        /// The event's type.
        event_type: &'static str,
        /// The version whose predecessor is wrong.
        version: u32,
        /// The version that must come before.
        wanted: u32,
    },
    /// A subscription listens to something that no event is called.
    #[error("subscription {subscription} listens to {event_type}, which no event is called")]
    UnknownType {
        /// The subscription.
        subscription: String,
        /// What it asked for.
        event_type: String,
    },
    /// Two subscriptions share a name and so a checkpoint.
    #[error("two subscriptions are both called {0}")]
    DuplicateSubscription(String),
}

impl EventRegistry {
    /// Collects every event that is linked into this program.
    pub fn collect() -> Result<Self, RegistryError> {
        Self::from_descriptors(
            inventory::iter::<Registered>
                .into_iter()
                .map(|registered| (registered.0)()),
        )
    }

    /// A registry of chosen events, for tests.
    pub fn from_descriptors(
        descriptors: impl IntoIterator<Item = EventDescriptor>,
    ) -> Result<Self, RegistryError> {
        let mut events = BTreeMap::new();
        for descriptor in descriptors {
            check_chain(&descriptor)?;
            let event_type = descriptor.event_type;
            if events.insert(event_type, descriptor).is_some() {
                return Err(RegistryError::Duplicate(event_type));
            }
        }
        Ok(Self { events })
    }

    /// Every event, by name.
    pub fn events(&self) -> impl Iterator<Item = &EventDescriptor> {
        self.events.values()
    }

    /// The event of that name.
    pub fn get(&self, event_type: &str) -> Option<&EventDescriptor> {
        self.events.get(event_type)
    }

    /// Compares the catalogue with the golden samples under `folder`:
    /// `{context}/{type}.v{version}.json` is a stored payload, `….schema.json` its
    /// schema. Every version ever stored must still be readable, and a schema that
    /// changed needs a new version. Answers what is wrong, empty if nothing is.
    pub fn check_samples(&self, folder: &Path) -> Vec<String> {
        let mut faults = Vec::new();
        for event in self.events() {
            for version in event.chain() {
                if let Err(fault) = check_sample(folder, event, &version) {
                    faults.push(fault);
                }
            }
        }
        faults.extend(self.check_forgotten(folder));
        faults
    }

    /// Samples whose event or version is not declared any more: they were stored
    /// once, so they are in somebody's log.
    fn check_forgotten(&self, folder: &Path) -> Vec<String> {
        let files = |folder: &Path| {
            fs::read_dir(folder)
                .into_iter()
                .flatten()
                .filter_map(Result::ok)
                .map(|entry| entry.path())
        };
        let mut paths: Vec<_> = files(folder)
            .filter(|path| path.is_dir())
            .flat_map(|folder| files(&folder))
            .collect();
        paths.sort();
        paths
            .iter()
            .filter_map(|path| self.check_stored(path).err())
            .collect()
    }

    fn check_stored(&self, path: &Path) -> Result<(), String> {
        let name = path.display();
        let stem = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_suffix(".json"));
        let Some((event_type, version)) = stem
            .and_then(|stem| stem.rsplit_once(".v"))
            .and_then(|(event_type, version)| Some((event_type, version.parse::<u32>().ok()?)))
        else {
            return Ok(());
        };
        let Some(event) = self.get(event_type) else {
            return Err(format!(
                "{name}: no event is called {event_type} any more, but it was stored once"
            ));
        };
        if event.chain().iter().any(|known| known.version == version) {
            return Ok(());
        }
        let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        event
            .lift(version, &text)
            .map(|_| ())
            .map_err(|error| format!("{name}: {error}"))
    }

    /// Writes schema files that do not exist yet; never changes one that does.
    pub fn write_missing_schemas(&self, folder: &Path) -> std::io::Result<usize> {
        let mut written = 0;
        for event in self.events().flat_map(EventDescriptor::chain) {
            let path = sample_path(folder, &event, "schema.json");
            if !path.exists() {
                fs::create_dir_all(path.parent().unwrap_or(folder))?;
                fs::write(&path, format!("{:#}\n", event.schema()))?;
                written += 1;
            }
        }
        Ok(written)
    }
}

fn check_chain(descriptor: &EventDescriptor) -> Result<(), RegistryError> {
    for pair in descriptor.chain().windows(2) {
        let [newer, older] = pair else { continue };
        if older.version + 1 != newer.version || older.event_type != newer.event_type {
            return Err(RegistryError::BrokenChain {
                event_type: newer.event_type,
                version: newer.version,
                wanted: newer.version - 1,
            });
        }
    }
    Ok(())
}

fn sample_path(folder: &Path, event: &EventDescriptor, ending: &str) -> std::path::PathBuf {
    folder
        .join(event.context)
        .join(format!("{}.v{}.{ending}", event.event_type, event.version))
}

fn check_sample(folder: &Path, newest: &EventDescriptor, version: &EventDescriptor) -> Result<(), String> {
    let path = sample_path(folder, version, "json");
    let name = path.display();
    let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
    let sample: Value = serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
    let printed = version
        .lift(version.version, &text)
        .map_err(|error| format!("{name}: {error}"))?;
    let printed: Value = serde_json::from_str(&printed).map_err(|error| format!("{name}: {error}"))?;
    if printed != sample {
        return Err(format!("{name}: decoding and encoding gives something else"));
    }
    newest
        .lift(version.version, &text)
        .map_err(|error| format!("{name}: {error}"))?;
    let schema_path = sample_path(folder, version, "schema.json");
    let stored =
        fs::read_to_string(&schema_path).map_err(|error| format!("{}: {error}", schema_path.display()))?;
    let stored: Value =
        serde_json::from_str(&stored).map_err(|error| format!("{}: {error}", schema_path.display()))?;
    if shape_of(stored) != shape_of(version.schema()) {
        return Err(format!(
            "{}: the schema changed; give the event a new version and an upcast",
            schema_path.display()
        ));
    }
    Ok(())
}

/// A schema without its texts for people: a better description is no new version.
fn shape_of(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(members) => {
            members.retain(|name, value| !(value.is_string() && (name == "title" || name == "description")));
            members
                .values_mut()
                .for_each(|value| *value = shape_of(value.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = shape_of(item.take())),
        _ => {}
    }
    schema
}

/// The static spelling of a type or aggregate name, so that reading the log
/// does not allocate for it.
pub(crate) fn interned(name: &str) -> std::borrow::Cow<'static, str> {
    static NAMES: OnceLock<HashMap<&'static str, ()>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        inventory::iter::<Registered>
            .into_iter()
            .map(|registered| (registered.0)())
            .flat_map(|event| [(event.event_type, ()), (event.aggregate, ())])
            .collect()
    });
    match names.get_key_value(name) {
        Some((known, ())) => std::borrow::Cow::Borrowed(known),
        None => std::borrow::Cow::Owned(name.to_owned()),
    }
}
