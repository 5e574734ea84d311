//! The audit log as a file: lines of JSON, or a table.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::views::EntryView;

/// What the file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// A table, for people and their spreadsheets.
    #[default]
    Csv,
    /// One JSON object a line, for programs.
    Jsonl,
}

const HEAD: &str = "id,occurred_at,kind,actor_id,system_actor,person_id,workspace_id,session_id,cycle_id,thing_id,old,new,\
    detail,times,correlation_id,api_key_id,address_hash\n";

impl Format {
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Jsonl => "application/jsonl; charset=utf-8",
        }
    }

    pub fn file_name(self) -> &'static str {
        match self {
            Format::Csv => "audit-log.csv",
            Format::Jsonl => "audit-log.jsonl",
        }
    }

    /// What comes before the first entry.
    pub fn head(self) -> &'static str {
        match self {
            Format::Csv => HEAD,
            Format::Jsonl => "",
        }
    }

    pub fn line(self, entry: &EntryView) -> String {
        match self {
            Format::Csv => row(entry),
            Format::Jsonl => {
                let line =
                    serde_json::to_string(entry).expect("ids, words and numbers can be written as JSON");
                line + "\n"
            }
        }
    }
}

fn row(entry: &EntryView) -> String {
    let id = |id: Option<althing_backbone::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let word = |word: &Option<String>| word.as_deref().map(cell).unwrap_or_default();
    let cells = [
        entry.id.to_string(),
        entry.occurred_at.to_string(),
        cell(&entry.kind),
        id(entry.actor_id),
        word(&entry.system_actor),
        id(entry.person_id),
        id(entry.workspace_id),
        id(entry.session_id),
        id(entry.cycle_id),
        id(entry.thing_id),
        word(&entry.old),
        word(&entry.new),
        word(&entry.detail),
        entry.times.to_string(),
        id(entry.correlation_id),
        id(entry.api_key_id),
        word(&entry.address_hash),
    ];
    cells.join(",") + "\n"
}

/// Quoted where it must be; what a spreadsheet would take for a formula is made a text.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be_and_are_no_formulas() {
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("name, color"), "\"name, color\"");
        assert_eq!(cell("a \"word\""), "\"a \"\"word\"\"\"");
        assert_eq!(cell("=1+1"), "'=1+1");
    }
}
