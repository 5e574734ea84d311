//! The cells of a rating table, in the order in which they were written.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::schema::{ADDED_BY, Shape, TEXT, identity, optional, required};
use super::{AddedBy, Level};

/// How one alternative does on one objective, compared with the status quo.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Cell {
    pub alternative_id: Uuid,
    pub objective_id: Uuid,
    /// From -2, much worse, to +2, much better; absent while nobody has judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<i8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncertainty: Option<CellUncertainty>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

impl Cell {
    /// The key under which a cell is stored.
    pub fn key(alternative: Uuid, objective: Uuid) -> String {
        format!("{alternative}:{objective}")
    }
}

/// A measured value beside a rating; it never becomes one by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Quantity {
    /// A decimal, kept as it was written.
    pub value: String,
    pub unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CellUncertainty {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
}

pub(super) const CELL: Shape = Shape::Object(&[
    identity("alternative_id"),
    identity("objective_id"),
    required("rating", Shape::Integer { min: -2, max: 2 }),
    optional("rationale", TEXT),
    optional(
        "quantity",
        Shape::Object(&[
            required("value", Shape::Quantity),
            required("unit", Shape::Text { min: 1, max: 40 }),
            optional("source", TEXT),
        ]),
    ),
    optional(
        "uncertainty",
        Shape::Object(&[
            required("level", Shape::OneOf(Level::NAMES)),
            optional("driver", TEXT),
        ]),
    ),
    ADDED_BY,
]);

/// Cells by alternative and objective; iteration follows the order of insertion.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    entries: Vec<Cell>,
    places: BTreeMap<(Uuid, Uuid), usize>,
}

impl Cells {
    pub fn get(&self, alternative: Uuid, objective: Uuid) -> Option<&Cell> {
        self.places
            .get(&(alternative, objective))
            .map(|&place| &self.entries[place])
    }

    /// Puts a cell in the place of the one with the same ids, or at the end.
    pub fn insert(&mut self, cell: Cell) {
        let key = (cell.alternative_id, cell.objective_id);
        match self.places.get(&key) {
            Some(&place) => self.entries[place] = cell,
            None => {
                self.places.insert(key, self.entries.len());
                self.entries.push(cell);
            }
        }
    }

    /// Keeps the cells for which the condition holds, in their order.
    pub fn retain(&mut self, keep: impl FnMut(&Cell) -> bool) {
        self.entries.retain(keep);
        self.places = self
            .entries
            .iter()
            .enumerate()
            .map(|(place, cell)| ((cell.alternative_id, cell.objective_id), place))
            .collect();
    }

    pub fn iter(&self) -> impl Iterator<Item = &Cell> {
        self.entries.iter()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl PartialEq for Cells {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl FromIterator<Cell> for Cells {
    fn from_iter<I: IntoIterator<Item = Cell>>(cells: I) -> Self {
        let mut all = Self::default();
        for cell in cells {
            all.insert(cell);
        }
        all
    }
}

impl JsonSchema for Cells {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Cells".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<std::collections::BTreeMap<String, Cell>>()
    }
}

impl Serialize for Cells {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.entries.len()))?;
        for cell in &self.entries {
            map.serialize_entry(&Cell::key(cell.alternative_id, cell.objective_id), cell)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Cells;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object of cells")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cells, A::Error> {
                let mut cells = Cells::default();
                while let Some((_, cell)) = map.next_entry::<String, Cell>()? {
                    cells.insert(cell);
                }
                Ok(cells)
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
