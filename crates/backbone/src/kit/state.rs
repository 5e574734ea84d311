//! The state of a database as comparable text: all that matters, none of the book-keeping.

use std::collections::BTreeMap;

use althing_db::{Db, sql};

use crate::Result;

/// Columns that say when or how often something was written, but not what.
const BOOK_KEEPING: [&str; 7] = [
    "updated_at",
    "inserted_at",
    "applied_at",
    "intended_at",
    "done_at",
    "first_failed_at",
    "last_failed_at",
];
/// Tables of the backbone that tell of its own work.
const OWN_WORK: [&str; 12] = [
    "migration",
    "log_state",
    "subscription",
    "operator_act",
    "live_process",
    "finished_event",
    "aggregate_sequence",
    "archived_sequence",
    "event_identity",
    "event_position",
    "sequencer",
    "relay_state",
];
/// What is compared of the backbone's other tables. The log is compared without
/// its order, which may differ between keys.
const CHOSEN: [(&str, &[&str]); 5] = [
    (
        "event_log",
        &[
            "event_type",
            "event_version",
            "aggregate_type",
            "aggregate_id",
            "data",
        ],
    ),
    ("parked_event", &["subscription", "event_id", "status"]),
    ("aggregate", &["kind", "id", "workspace_id", "body"]),
    ("process_state", &["name", "key", "state"]),
    ("subject_key", &["subject_id"]),
];

/// Further columns that a comparison leaves out.
#[derive(Clone, Debug, Default)]
pub struct Ignored(Vec<String>);

impl Ignored {
    /// `column` in every table, `table.column` in one, or `table.*`.
    pub fn add(&mut self, column: &str) {
        self.0.push(column.to_owned());
    }

    fn covers(&self, table: &str, column: &str) -> bool {
        let whole_table = format!("{table}.*");
        let here = format!("{table}.{column}");
        BOOK_KEEPING.contains(&column)
            || self
                .0
                .iter()
                .any(|name| *name == column || *name == here || *name == whole_table)
    }
}

/// Every table's rows as JSON, sorted. Tables of a projection appear under the
/// name that readers use; sealed personal fields appear as `sealed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDump {
    /// Rows by table.
    pub tables: BTreeMap<String, Vec<String>>,
}

impl StateDump {
    /// Reads the state of a database.
    pub async fn of(db: &Db, ignored: &Ignored) -> Result<Self> {
        let names: Vec<String> = sql(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') \
             AND name NOT LIKE 'sqlite_%' ORDER BY name",
        )
        .on_postgres(
            "SELECT table_name::TEXT FROM information_schema.tables WHERE table_schema = current_schema() \
             AND (table_type = 'BASE TABLE' OR table_name = 'event_log') AND table_name NOT LIKE 'event_entry%' ORDER BY 1",
        )
        .all(db)
        .await?;
        let mut tables = BTreeMap::new();
        for name in names.iter().filter(|name| !OWN_WORK.contains(&name.as_str())) {
            let shown = shown_name(name);
            let rows = rows_of(db, name, shown, ignored).await?;
            tables.insert(shown.to_owned(), rows);
        }
        Ok(Self { tables })
    }

    /// What is missing in `other` or only there, in words.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let none = Vec::new();
        let mut names: Vec<&String> = self.tables.keys().chain(other.tables.keys()).collect();
        names.sort();
        names.dedup();
        let mut found = Vec::new();
        for name in names {
            let (mine, theirs) = (
                self.tables.get(name).unwrap_or(&none),
                other.tables.get(name).unwrap_or(&none),
            );
            found.extend(
                without(mine, theirs)
                    .into_iter()
                    .map(|row| format!("{name} misses {row}")),
            );
            found.extend(
                without(theirs, mine)
                    .into_iter()
                    .map(|row| format!("{name} has besides {row}")),
            );
        }
        found
    }
}

/// Rows of `of` that have no partner in `those`; equal rows count each.
fn without<'a>(of: &'a [String], those: &[String]) -> Vec<&'a str> {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for row in those {
        *left.entry(row).or_default() += 1;
    }
    of.iter()
        .filter(|row| match left.get_mut(row.as_str()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .map(String::as_str)
        .collect()
}

/// `progress__g3` is what readers know as `progress`.
fn shown_name(table: &str) -> &str {
    match table.rsplit_once("__g") {
        Some((name, generation)) if generation.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => table,
    }
}

async fn rows_of(db: &Db, table: &str, shown: &str, ignored: &Ignored) -> Result<Vec<String>> {
    let columns: Vec<String> = sql("SELECT name FROM pragma_table_info($1)")
        .on_postgres(
            "SELECT column_name::TEXT FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
        )
        .bind(table)
        .all(db)
        .await?;
    let chosen = CHOSEN
        .iter()
        .find(|(name, _)| *name == table)
        .map(|(_, columns)| *columns);
    let columns: Vec<&String> = columns
        .iter()
        .filter(|column| chosen.is_none_or(|chosen| chosen.contains(&column.as_str())))
        .filter(|column| !ignored.covers(shown, column))
        .collect();
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let pairs: Vec<String> = columns
        .iter()
        .map(|column| {
            format!("'{column}', CASE typeof(\"{column}\") WHEN 'blob' THEN hex(\"{column}\") ELSE \"{column}\" END")
        })
        .collect();
    let names: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
    let rows = sql(format!(
        "SELECT json_object({}) FROM \"{table}\"",
        pairs.join(", ")
    ))
    .on_postgres(format!(
        "SELECT row_to_json(r)::TEXT FROM (SELECT {} FROM \"{table}\") r",
        names.join(", ")
    ));
    let mut rows: Vec<String> = rows
        .all::<String>(db)
        .await?
        .iter()
        .map(|row| masked(row))
        .collect();
    rows.sort();
    Ok(rows)
}

/// Sealing is different each time; what counts is that it is sealed.
fn masked(row: &str) -> String {
    let mut parts = row.split(crate::personal::SEALED);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/');
        text.push_str("sealed");
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_and_seals_do_not_matter() {
        assert_eq!(shown_name("progress__g12"), "progress");
        assert_eq!(shown_name("progress"), "progress");
        assert_eq!(
            masked(r#"{"a":"{\"mail\":\"sealed:1:AB+/x\",\"b\":1}"}"#),
            r#"{"a":"{\"mail\":\"sealed\",\"b\":1}"}"#
        );
    }

    #[test]
    fn equal_rows_are_counted() {
        let dump = |rows: &[&str]| StateDump {
            tables: BTreeMap::from([("t".to_owned(), rows.iter().map(ToString::to_string).collect())]),
        };
        assert_eq!(dump(&["a", "a"]).differences(&dump(&["a"])), ["t misses a"]);
        assert_eq!(dump(&["a"]).differences(&dump(&["a", "b"])), ["t has besides b"]);
    }
}
