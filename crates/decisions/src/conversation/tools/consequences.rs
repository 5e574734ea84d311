//! Tools of the consequences: ratings, their reasons and uncertainties.

use serde_json::{Value, json};
use uuid::Uuid;

use super::parameters::{COUNT, Kind, Parameter, RATING, TEXT, field, optional, required};
use super::{Call, Failure, Tool};
use crate::conversation::guide::{Grid, preparations, rated};
use crate::document::wording::signed;
use crate::outputs::ComponentType::Consequences as HERE;
use crate::outputs::{Cell, FieldError, FieldErrorCode, Level, Named, Output, Outputs, References};

const ALTERNATIVE: Parameter = required(
    "alt",
    Kind::Reference,
    "id, name, letter or number of an alternative",
);
const OBJECTIVE: Parameter = required(
    "obj",
    Kind::Reference,
    "id, name or number of a fundamental objective",
);
const RATED: Parameter = required(
    "rating",
    RATING,
    "compared with the status quo, from -2 much worse to 2 much better",
);
const REASONING: Parameter = optional("reasoning", TEXT, "why");
const FAILURES: Kind = Kind::List(&Kind::Object(&[
    field("index", COUNT),
    field("code", TEXT),
    field("message", TEXT),
]));

pub const TOOLS: &[Tool] = &[
    Tool::of(
        HERE,
        "rate_consequence",
        "Rates one alternative on one objective against the status quo.",
    )
    .with(
        &[ALTERNATIVE, OBJECTIVE, RATED, REASONING],
        &[
            field("updated", Kind::Bool),
            field("completion", Kind::Share),
            field("cells_left", COUNT),
        ],
        rate_consequence,
    ),
    Tool::of(
        HERE,
        "batch_rate_consequences",
        "Rates several cells; those that cannot be rated are listed.",
    )
    .with(
        &[required("ratings", Kind::Each(ONE_RATING), "at least one")],
        &[
            field("updated", COUNT),
            field("failures", FAILURES),
            field("completion", Kind::Share),
            field("cells_left", COUNT),
        ],
        batch_rate_consequences,
    ),
    Tool::of(
        HERE,
        "add_consequence_uncertainty",
        "Says what makes a rating uncertain.",
    )
    .with(
        &[
            ALTERNATIVE,
            OBJECTIVE,
            required("text", TEXT, "what it depends on"),
            optional("level", Kind::OneOf(Level::NAMES), "medium unless told"),
        ],
        &[
            field("alternative_id", Kind::Id),
            field("objective_id", Kind::Id),
            field("level", Kind::OneOf(Level::NAMES)),
        ],
        add_consequence_uncertainty,
    ),
    Tool::of(HERE, "update_rating_reasoning", "Gives a rating another reason.").with(
        &[ALTERNATIVE, OBJECTIVE, required("text", TEXT, "why")],
        &[
            field("alternative_id", Kind::Id),
            field("objective_id", Kind::Id),
            field("rating", RATING),
        ],
        update_rating_reasoning,
    ),
];

/// What one rating asks for.
const ONE_RATING: &[Parameter] = &[ALTERNATIVE, OBJECTIVE, RATED, REASONING];

/// How much of the table is rated.
pub fn progress(outputs: &Outputs) -> (f64, usize) {
    let references = References::of(outputs);
    let cells = outputs
        .consequences()
        .map(|consequences| &consequences.table.cells);
    let is_rated = |alternative: Uuid, objective: Uuid| {
        cells
            .and_then(|cells| cells.get(alternative, objective))
            .is_some_and(|cell| cell.rating.is_some())
    };
    let all = references.fundamental_objectives.iter().flat_map(|objective| {
        references
            .alternatives
            .iter()
            .map(move |one| (one.id, objective.id))
    });
    let (mut done, mut total) = (0_u32, 0_u32);
    for (alternative, objective) in all {
        total += 1;
        done += u32::from(is_rated(alternative, objective));
    }
    let left = usize::try_from(total - done).unwrap_or(usize::MAX);
    // Whole hundredths, so that the share never rounds up to 1 while a cell is left.
    let hundredths = (done * 100).checked_div(total).unwrap_or_default();
    (f64::from(hundredths) / 100.0, left)
}

fn with_progress(call: &Call<'_>, mut data: Value) -> Result<Value, Failure> {
    let (completion, left) = progress(&call.after()?);
    data["completion"] = json!(completion);
    data["cells_left"] = json!(left);
    Ok(data)
}

fn rate_consequence(call: &mut Call<'_>) -> Result<Value, Failure> {
    let (alternative, objective) = (call.alternative("alt")?, call.objective("obj")?);
    let sheet = prepare(call)?;
    rate(
        call,
        &sheet,
        (alternative, objective),
        call.integer("rating"),
        call.text("reasoning"),
    )?;
    with_progress(call, json!({ "updated": true }))
}

fn batch_rate_consequences(call: &mut Call<'_>) -> Result<Value, Failure> {
    let ratings = call
        .value("ratings")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let sheet = prepare(call)?;
    let mut failures = Vec::new();
    for (index, one) in ratings.iter().enumerate() {
        if let Err(failure) = rate_one(call, &sheet, one) {
            failures.push((index, failure));
        }
    }
    let updated = ratings.len() - failures.len();
    if updated == 0 {
        return Err(none_rated(failures));
    }
    let failures: Vec<Value> = failures
        .into_iter()
        .map(|(index, failure)| json!({ "index": index, "code": failure.code, "message": reason(&failure) }))
        .collect();
    with_progress(call, json!({ "updated": updated, "failures": failures }))
}

fn reason(failure: &Failure) -> String {
    let first = failure
        .errors
        .first()
        .map(|error| format!("{}: {}", error.pointer, error.message));
    first.unwrap_or_else(|| failure.message.clone())
}

fn none_rated(failures: Vec<(usize, Failure)>) -> Failure {
    if failures.is_empty() {
        return Failure::invalid(
            "/ratings",
            FieldErrorCode::TooShort,
            "must have at least one entry",
        );
    }
    let error = |(index, failure): (usize, Failure)| {
        let code = failure
            .errors
            .first()
            .map_or(FieldErrorCode::UnknownReference, |error| error.code);
        FieldError::new(format!("/ratings/{index}"), code, reason(&failure))
    };
    Failure::invalid_all(failures.into_iter().map(error).collect())
}

fn rate_one(call: &mut Call<'_>, sheet: &Sheet, one: &Value) -> Result<(), Failure> {
    let errors = super::parameters::check(ONE_RATING, one, "");
    if !errors.is_empty() {
        return Err(Failure::invalid_all(errors));
    }
    let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default().trim();
    let cell = (call.alternative_of(text("alt"))?, call.objective_of(text("obj"))?);
    let rating = one.get("rating").and_then(Value::as_i64).unwrap_or_default();
    rate(call, sheet, cell, rating, text("reasoning"))
}

/// The table as it was before the call.
struct Sheet {
    grid: Grid,
    content: Value,
}

/// Rows, columns and the zeros of the status quo go in first.
fn prepare(call: &mut Call<'_>) -> Result<Sheet, Failure> {
    let grid = call.grid();
    if !grid.is_ratable() {
        return Err(Failure::conflict(
            "inputs_missing",
            "ratings need an objective, a status quo and another alternative",
        ));
    }
    let content = call.outputs().get(HERE).map(Output::to_value).unwrap_or_default();
    for one in preparations(&content, &grid) {
        call.derive(HERE, one.path, one.value, &one.summary);
    }
    Ok(Sheet { grid, content })
}

fn rate(
    call: &mut Call<'_>,
    sheet: &Sheet,
    (alternative, objective): (Uuid, Uuid),
    rating: i64,
    reasoning: &str,
) -> Result<(), Failure> {
    let is_status_quo = sheet
        .grid
        .status_quo
        .is_some_and(|place| sheet.grid.alternatives[place].id == alternative);
    if is_status_quo && rating != 0 {
        let message = "the status quo is compared with itself, so its rating is 0";
        return Err(Failure::invalid(
            "/rating",
            FieldErrorCode::StatusQuoNotZero,
            message,
        ));
    }
    let rating = i8::try_from(rating).expect("the parameters have been checked");
    let path = format!("/table/cells/{}", Cell::key(alternative, objective));
    let cell = rated(
        sheet.content.pointer(&path),
        (alternative, objective),
        rating,
        reasoning,
    );
    let names = format!(
        "{} / {}",
        name(&sheet.grid.alternatives, alternative),
        name(&sheet.grid.objectives, objective)
    );
    call.set(
        HERE,
        path,
        cell,
        &format!("{names}: {} {reasoning}", signed(rating.into())),
    );
    Ok(())
}

fn name(list: &[Named], id: Uuid) -> &str {
    list.iter()
        .find(|one| one.id == id)
        .map_or("", |one| one.name.as_str())
}

/// The cell of the parameters, which must be rated.
fn known_cell(call: &Call<'_>) -> Result<Cell, Failure> {
    let (alternative, objective) = (call.alternative("alt")?, call.objective("obj")?);
    let cell = call
        .outputs()
        .consequences()
        .and_then(|all| all.table.cells.get(alternative, objective));
    cell.filter(|cell| cell.rating.is_some())
        .cloned()
        .ok_or_else(|| Failure::not_found("this cell is not rated yet"))
}

fn add_consequence_uncertainty(call: &mut Call<'_>) -> Result<Value, Failure> {
    let cell = known_cell(call)?;
    let known = cell
        .uncertainty
        .as_ref()
        .and_then(|one| one.level)
        .map(Level::as_str);
    let level = call
        .maybe_text("level")
        .or(known)
        .unwrap_or(Level::Medium.as_str());
    let path = format!(
        "/table/cells/{}/uncertainty",
        Cell::key(cell.alternative_id, cell.objective_id)
    );
    call.set(
        HERE,
        path,
        json!({ "level": level, "driver": call.text("text") }),
        &format!("Uncertain: {}", call.text("text")),
    );
    Ok(json!({ "alternative_id": cell.alternative_id, "objective_id": cell.objective_id, "level": level }))
}

fn update_rating_reasoning(call: &mut Call<'_>) -> Result<Value, Failure> {
    let cell = known_cell(call)?;
    let path = format!(
        "/table/cells/{}/rationale",
        Cell::key(cell.alternative_id, cell.objective_id)
    );
    call.set(
        HERE,
        path,
        json!(call.text("text")),
        &format!("Reason: {}", call.text("text")),
    );
    Ok(
        json!({ "alternative_id": cell.alternative_id, "objective_id": cell.objective_id, "rating": cell.rating }),
    )
}
