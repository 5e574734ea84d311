//! `althing.toml` as a flat list of names and texts.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, bail};
use toml::Value;

/// Reads the file; one that does not exist says nothing.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, String>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let table: toml::Table = text
        .parse()
        .with_context(|| format!("{} is not valid TOML", path.display()))?;
    let mut settings = BTreeMap::new();
    flatten(None, &table, &mut settings)?;
    Ok(settings)
}

fn flatten(prefix: Option<&str>, table: &toml::Table, settings: &mut BTreeMap<String, String>) -> Result<()> {
    for (key, value) in table {
        let name = prefix.map_or_else(|| key.clone(), |prefix| format!("{prefix}.{key}"));
        match value {
            Value::Table(inner) => flatten(Some(&name), inner, settings)?,
            Value::Array(items) => {
                let items: Result<Vec<String>> = items.iter().map(|item| text(&name, item)).collect();
                settings.insert(name, items?.join(","));
            }
            other => {
                settings.insert(name.clone(), text(&name, other)?);
            }
        }
    }
    Ok(())
}

fn text(name: &str, value: &Value) -> Result<String> {
    Ok(match value {
        Value::String(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(yes) => yes.to_string(),
        _ => bail!("{name} takes a text, a number, true, false or a list of these"),
    })
}
