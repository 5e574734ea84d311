//! Tools of the alternatives: options, the status quo, the strategy table.

use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Removed;
use super::parameters::{COUNT, Kind, NAME, Parameter, TEXT, TEXTS, field, optional, required};
use super::{Call, Failure, Tool};
use crate::outputs::ComponentType::Alternatives as HERE;
use crate::outputs::text::letter;
use crate::outputs::{Alternatives, FieldErrorCode, Outputs, StrategyColumn};

const ALTERNATIVE: &str = "id, name, letter or number";

pub const TOOLS: &[Tool] = &[
    Tool::of(
        HERE,
        "add_alternative",
        "Adds an option; one of them is the status quo.",
    )
    .with(
        &[
            required("name", NAME, "unique in this cycle"),
            optional("description", TEXT, "what it means, with its assumptions"),
            optional(
                "is_status_quo",
                Kind::Bool,
                "whether this is what happens if nothing changes",
            ),
        ],
        &[
            field("id", Kind::Id),
            field("letter", NAME),
            field("total", COUNT),
            field("has_status_quo", Kind::Bool),
        ],
        add_alternative,
    ),
    Tool::of(HERE, "update_alternative", "Describes an option anew.").with(
        &[
            required("id", Kind::Reference, ALTERNATIVE),
            required("description", TEXT, ""),
        ],
        &[field("id", Kind::Id), field("letter", NAME)],
        update_alternative,
    ),
    Tool::of(
        HERE,
        "remove_alternative",
        "Takes an option away, with everything in this cycle that refers to it.",
    )
    .with(
        &[
            required("id", Kind::Reference, ALTERNATIVE),
            required("reason", TEXT, ""),
        ],
        &[
            field("id", Kind::Id),
            field("total", COUNT),
            field("has_status_quo", Kind::Bool),
        ],
        remove_alternative,
    ),
    Tool::of(
        HERE,
        "add_strategy_dimension",
        "Adds a choice with its options to the strategy table.",
    )
    .with(
        &[
            required("name", TEXT, ""),
            required("options", TEXTS, "at least one, each different"),
        ],
        &[
            field("id", Kind::Id),
            field("total", COUNT),
            field("options", COUNT),
        ],
        add_strategy_dimension,
    ),
    Tool::of(
        HERE,
        "set_alternative_strategy",
        "Says which option an alternative takes in one choice.",
    )
    .with(
        &[
            required("alt", Kind::Reference, ALTERNATIVE),
            required("dim", Kind::Reference, "id or name of the choice"),
            required("option", TEXT, "one of its options"),
        ],
        &[
            field("alternative_id", Kind::Id),
            field("dimension_id", Kind::Id),
            field("option", TEXT),
            FILLED,
        ],
        set_alternative_strategy,
    ),
];

const FILLED: Parameter = field("selections", COUNT);

fn alternatives(outputs: &Outputs) -> Alternatives {
    outputs.alternatives().cloned().unwrap_or_default()
}

fn place(all: &Alternatives, id: Uuid) -> usize {
    all.alternatives
        .iter()
        .position(|one| one.id == id)
        .unwrap_or_default()
}

fn add_alternative(call: &mut Call<'_>) -> Result<Value, Failure> {
    let name = call.text("name");
    let all = alternatives(call.outputs());
    if all
        .alternatives
        .iter()
        .any(|one| one.name.trim().to_lowercase() == name.to_lowercase())
    {
        return Err(Failure::conflict(
            "duplicate",
            "there is an alternative of this name already",
        ));
    }
    let is_status_quo = call.flag("is_status_quo");
    if is_status_quo && all.baseline().is_some() {
        return Err(Failure::conflict("duplicate", "there is a status quo already"));
    }
    let mut value = json!({ "name": name });
    if let Some(description) = call.maybe_text("description") {
        value["description"] = json!(description);
    }
    value["is_status_quo"] = json!(is_status_quo);
    value["assumptions"] = json!([]);
    let label = if is_status_quo {
        "Status quo"
    } else {
        "Alternative"
    };
    let id = call.add(HERE, "/alternatives", value, &format!("{label}: {name}"));
    if is_status_quo {
        call.set(HERE, "/status_quo_id", json!(id), &format!("Baseline: {name}"));
    }
    let after = alternatives(&call.after()?);
    Ok(json!({
        "id": id, "letter": letter(place(&after, id)), "total": after.alternatives.len(), "has_status_quo": after.baseline().is_some()
    }))
}

fn update_alternative(call: &mut Call<'_>) -> Result<Value, Failure> {
    let id = call.alternative("id")?;
    let all = alternatives(call.outputs());
    let letter = letter(place(&all, id));
    call.set(
        HERE,
        format!("/alternatives/{id}/description"),
        json!(call.text("description")),
        &format!("{letter}: {}", call.text("description")),
    );
    Ok(json!({ "id": id, "letter": letter }))
}

fn remove_alternative(call: &mut Call<'_>) -> Result<Value, Failure> {
    let id = call.alternative("id")?;
    call.refuse_if_locked(Removed::Alternative(id))?;
    let all = alternatives(call.outputs());
    let strategies = all.strategy_table.iter().flat_map(|table| &table.strategies);
    let has_strategy = strategies
        .into_iter()
        .any(|strategy| strategy.alternative_id == id);
    let summary = format!(
        "Alternative {} removed: {}",
        letter(place(&all, id)),
        call.text("reason")
    );
    call.remove(HERE, format!("/alternatives/{id}"), &summary);
    if all.status_quo_id == Some(id) {
        call.remove(HERE, "/status_quo_id", "No baseline any more");
    }
    if has_strategy {
        call.remove(
            HERE,
            format!("/strategy_table/strategies/{id}"),
            "Its strategy goes with it",
        );
    }
    let after = alternatives(&call.after()?);
    Ok(json!({ "id": id, "total": after.alternatives.len(), "has_status_quo": after.baseline().is_some() }))
}

fn columns(all: &Alternatives) -> &[StrategyColumn] {
    all.strategy_table
        .as_ref()
        .map(|table| table.decision_columns.as_slice())
        .unwrap_or_default()
}

fn add_strategy_dimension(call: &mut Call<'_>) -> Result<Value, Failure> {
    let (name, options) = (call.text("name"), call.texts("options"));
    if options.is_empty() {
        return Err(Failure::invalid(
            "/options",
            FieldErrorCode::TooShort,
            "must have at least one entry",
        ));
    }
    let all = alternatives(call.outputs());
    if columns(&all)
        .iter()
        .any(|column| column.name.trim().to_lowercase() == name.to_lowercase())
    {
        return Err(Failure::conflict(
            "duplicate",
            "there is a choice of this name already",
        ));
    }
    let value = json!({ "name": name, "options": options });
    let id = call.add(
        HERE,
        "/strategy_table/decision_columns",
        value,
        &format!("Choice: {name}"),
    );
    Ok(json!({ "id": id, "total": columns(&all).len() + 1, "options": options.len() }))
}

fn set_alternative_strategy(call: &mut Call<'_>) -> Result<Value, Failure> {
    let alternative = call.alternative("alt")?;
    let (written, option) = (call.text("dim"), call.text("option"));
    let all = alternatives(call.outputs());
    let mut named = columns(&all).iter().filter(|column| {
        column.id.to_string() == written || column.name.trim().to_lowercase() == written.to_lowercase()
    });
    let Some(column) = named.next() else {
        return Err(Failure::not_found(
            "there is no such choice in the strategy table",
        ));
    };
    if !column.options.iter().any(|one| one == option) {
        return Err(Failure::invalid(
            "/option",
            FieldErrorCode::UnknownReference,
            "must be one of the options of this choice",
        ));
    }
    let strategies = all
        .strategy_table
        .as_ref()
        .map(|table| table.strategies.as_slice())
        .unwrap_or_default();
    let before = strategies
        .iter()
        .find(|strategy| strategy.alternative_id == alternative);
    let summary = format!(
        "{}: {} is {option}",
        letter(place(&all, alternative)),
        column.name
    );
    let list = "/strategy_table/strategies";
    match before {
        Some(_) => call.set(
            HERE,
            format!("{list}/{alternative}/selections/{}", column.id),
            json!(option),
            &summary,
        ),
        None => {
            let selections = json!({ column.id.to_string(): option });
            call.add_plain(
                HERE,
                list,
                json!({ "alternative_id": alternative, "selections": selections }),
                &summary,
            );
        }
    }
    let others = before.map_or(0, |strategy| {
        strategy
            .selections
            .0
            .iter()
            .filter(|(id, _)| *id != column.id)
            .count()
    });
    Ok(
        json!({ "alternative_id": alternative, "dimension_id": column.id, "option": option, "selections": others + 1 }),
    )
}
