//! Alternatives: the options, the status quo among them, and how they combine the choices of a strategy table.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

use super::AddedBy;
use super::field_error::{FieldErrorCode as Code, pointer_to};
use super::rules::{self, Rules};
use super::schema::{
    ADDED_BY, AI_FIELDS, ID, SOME_TEXT, Shape, TEXT, TEXT_LIST, identity, optional, parse_id, required,
};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alternatives {
    pub alternatives: Vec<Alternative>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_quo_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy_table: Option<StrategyTable>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ai_fields: Vec<String>,
}

impl Alternatives {
    /// The baseline: the named status quo, or the flagged one while none is named.
    pub fn baseline(&self) -> Option<Uuid> {
        let flagged = || {
            self.alternatives
                .iter()
                .find(|alternative| alternative.is_status_quo)
        };
        self.status_quo_id
            .or_else(|| flagged().map(|alternative| alternative.id))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alternative {
    pub id: Uuid,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub is_status_quo: bool,
    pub assumptions: Vec<String>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StrategyTable {
    pub decision_columns: Vec<StrategyColumn>,
    pub strategies: Vec<Strategy>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StrategyColumn {
    pub id: Uuid,
    pub name: String,
    pub options: Vec<String>,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Strategy {
    pub alternative_id: Uuid,
    pub selections: Selections,
    #[serde(skip_serializing_if = "AddedBy::is_user")]
    pub added_by: AddedBy,
}

/// The option chosen in each column, in the order in which they were written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selections(pub Vec<(Uuid, String)>);

impl Selections {
    pub fn get(&self, column: Uuid) -> Option<&str> {
        self.0
            .iter()
            .find(|(id, _)| *id == column)
            .map(|(_, option)| option.as_str())
    }
}

impl JsonSchema for Selections {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Selections".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<std::collections::BTreeMap<Uuid, String>>()
    }
}

impl Serialize for Selections {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (column, option) in &self.0 {
            map.serialize_entry(column, option)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Selections {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Selections;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object from column id to option")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Selections, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Selections(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// The most columns a table can have.
pub const ALTERNATIVES_MAX: usize = 50;

const ALTERNATIVE: Shape = Shape::Object(&[
    ID,
    required("name", Shape::Text { min: 1, max: 100 }),
    optional("description", TEXT),
    optional("is_status_quo", Shape::Bool),
    optional("assumptions", TEXT_LIST),
    ADDED_BY,
]);
const COLUMN: Shape = Shape::Object(&[
    ID,
    required("name", SOME_TEXT),
    required(
        "options",
        Shape::List {
            of: &SOME_TEXT,
            min: 1,
            max: usize::MAX,
        },
    ),
    ADDED_BY,
]);
const STRATEGY: Shape = Shape::Object(&[
    identity("alternative_id"),
    optional("selections", Shape::TextById),
    ADDED_BY,
]);

pub(super) const SHAPE: Shape = Shape::Object(&[
    required(
        "alternatives",
        Shape::List {
            of: &ALTERNATIVE,
            min: 2,
            max: ALTERNATIVES_MAX,
        },
    ),
    required("status_quo_id", Shape::Id),
    optional(
        "strategy_table",
        Shape::Object(&[
            optional(
                "decision_columns",
                Shape::List {
                    of: &COLUMN,
                    min: 0,
                    max: ALTERNATIVES_MAX,
                },
            ),
            optional(
                "strategies",
                Shape::List {
                    of: &STRATEGY,
                    min: 0,
                    max: ALTERNATIVES_MAX,
                },
            ),
        ]),
    ),
    AI_FIELDS,
]);

pub(super) fn check(output: &Value, rules: &mut Rules<'_>) {
    rules.unique_names(output, "alternatives", "two alternatives have the same name");
    let flagged: Vec<_> = rules::items(output, "", "alternatives")
        .filter(|(_, alternative)| alternative.get("is_status_quo").and_then(Value::as_bool) == Some(true))
        .collect();
    for (pointer, _) in flagged.iter().skip(1) {
        rules.refuse(
            format!("{pointer}/is_status_quo"),
            Code::Duplicate,
            "only one alternative can be the status quo",
        );
    }
    let table = output.get("strategy_table").unwrap_or(&Value::Null);
    rules.unique_by(
        table,
        "/strategy_table",
        "strategies",
        "alternative_id",
        "two strategies belong to one alternative",
    );
    for (pointer, column) in rules::items(table, "/strategy_table", "decision_columns") {
        rules.unique_texts(
            column,
            &pointer,
            "options",
            "two options of this column are the same",
        );
    }
    if rules.is_strict() {
        check_status_quo(output, &flagged, rules);
        check_strategies(output, table, rules);
    }
}

fn check_status_quo(output: &Value, flagged: &[(String, &Value)], rules: &mut Rules<'_>) {
    let Some((_, first)) = flagged.first() else {
        rules.refuse(
            "/alternatives",
            Code::MissingRequired,
            "one alternative must be the status quo",
        );
        return;
    };
    let named = super::schema::id_in(output, "status_quo_id");
    if named.is_some() && named != super::schema::id_in(first, "id") {
        rules.refuse(
            "/status_quo_id",
            Code::Inconsistent,
            "must be the alternative that is marked as the status quo",
        );
    }
}

fn check_strategies(output: &Value, table: &Value, rules: &mut Rules<'_>) {
    let alternatives = rules::ids(output, "alternatives");
    let columns: Vec<(Option<Uuid>, &Value)> = rules::items(table, "", "decision_columns")
        .map(|(_, column)| (super::schema::id_in(column, "id"), column))
        .collect();
    for (pointer, strategy) in rules::items(table, "/strategy_table", "strategies") {
        rules.known(
            strategy,
            &pointer,
            "alternative_id",
            &alternatives,
            "must be one of the alternatives",
        );
        let selections = strategy.get("selections").and_then(Value::as_object);
        for (key, option) in selections.into_iter().flatten() {
            let place = pointer_to(&format!("{pointer}/selections"), key);
            let id = parse_id(key);
            match columns
                .iter()
                .find(|(column, _)| column.is_some() && *column == id)
            {
                None => rules.refuse(
                    place,
                    Code::UnknownReference,
                    "must belong to a column of the strategy table",
                ),
                Some((_, column)) if !has_option(column, option) => {
                    rules.refuse(
                        place,
                        Code::UnknownReference,
                        "must be one of the options of its column",
                    );
                }
                Some(_) => {}
            }
        }
    }
}

fn has_option(column: &Value, option: &Value) -> bool {
    column
        .get("options")
        .and_then(Value::as_array)
        .is_some_and(|options| options.contains(option))
}
