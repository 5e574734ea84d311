//! Tools for any component: uncertainties, revisits, confirmations, the document, notes.

use serde_json::{Value, json};
use uuid::Uuid;

use super::consequences::progress;
use super::parameters::{COUNT, Kind, Parameter, TEXT, TEXTS, field, optional, required};
use super::working::{
    Confirmation, ConfirmationStatus, FlaggedUncertainty, RevisitPriority, RevisitStatus, RevisitSuggestion,
    WorkingChange,
};
use super::{Call, Failure, Tool, refuse_unstarted};
use crate::analysis::analyse;
use crate::document::{render_section, wording};
use crate::outputs::{ComponentType, FieldErrorCode};

const COMPONENT: Kind = Kind::OneOf(ComponentType::NAMES);
const ID_AND_OPEN: &[Parameter] = &[field("id", Kind::Id), field("open", COUNT)];

pub const TOOLS: &[Tool] = &[
    Tool::any("flag_uncertainty", "Flags something that is not known.").with(
        &[
            required("description", TEXT, ""),
            required("component", COMPONENT, "where it bears on"),
            required("resolvable", Kind::Bool, "whether it can be found out in time"),
            optional("impact", TEXT, "what it would change"),
        ],
        ID_AND_OPEN,
        flag_uncertainty,
    ),
    Tool::any(
        "resolve_uncertainty",
        "Says how a flagged uncertainty was resolved.",
    )
    .with(
        &[required("id", Kind::Id, ""), required("resolution", TEXT, "")],
        ID_AND_OPEN,
        resolve_uncertainty,
    ),
    Tool::any("list_uncertainties", "Lists the flagged uncertainties.").with(
        &[optional("component", COMPONENT, "")],
        &[field("uncertainties", Kind::Computed), field("open", COUNT)],
        list_uncertainties,
    ),
    Tool::any("suggest_revisit", "Suggests to go back to a component later.").with(
        &[
            required("component", COMPONENT, ""),
            required("reason", TEXT, ""),
            required("priority", Kind::OneOf(RevisitPriority::NAMES), ""),
            required("trigger", TEXT, "what led to it"),
        ],
        &[
            field("id", Kind::Id),
            field("pending", COUNT),
            field("will_prompt", Kind::Bool),
        ],
        suggest_revisit,
    ),
    Tool::any("get_pending_revisits", "Lists the revisit suggestions that wait.").with(
        &[],
        &[field("revisits", Kind::Computed), field("pending", COUNT)],
        get_pending_revisits,
    ),
    Tool::any("dismiss_revisit", "Decides not to go back.")
        .for_users()
        .with(
            &[required("id", Kind::Id, ""), required("reason", TEXT, "")],
            &[field("id", Kind::Id), field("pending", COUNT)],
            dismiss_revisit,
        ),
    Tool::any(
        "request_confirmation",
        "Puts a question with given answers to the user.",
    )
    .with(
        &[
            required("summary", TEXT, ""),
            required("options", TEXTS, "at least two, each different"),
            optional("default", TEXT, "one of the options"),
        ],
        &[
            field("id", Kind::Id),
            field("options", COUNT),
            field("expires_at", TEXT),
        ],
        request_confirmation,
    ),
    Tool::any("record_user_choice", "Answers a requested confirmation.")
        .for_users()
        .with(
            &[
                required("id", Kind::Id, ""),
                required(
                    "choice",
                    Kind::OrNull(&TEXT),
                    "one of the options; null rejects them all",
                ),
            ],
            &[
                field("id", Kind::Id),
                field("status", Kind::OneOf(ConfirmationStatus::NAMES)),
                field("choice", Kind::OrNull(&TEXT)),
            ],
            record_user_choice,
        ),
    Tool::any(
        "get_document_section",
        "Reads one section of the decision document.",
    )
    .with(
        &[required("component", COMPONENT, "")],
        &[
            field("component", COMPONENT),
            field("title", TEXT),
            field("status", TEXT),
            field("markdown", Kind::Computed),
        ],
        get_document_section,
    ),
    Tool::any("get_document_summary", "Reads where the decision stands.").with(
        &[],
        SUMMARY,
        get_document_summary,
    ),
    Tool::any("add_note", "Adds a note to the notes and next steps.").with(
        &[
            required("text", TEXT, ""),
            optional("component", COMPONENT, "what the note is about"),
        ],
        &[field("id", Kind::Id), field("count", COUNT)],
        add_note,
    ),
];

const SUMMARY: &[Parameter] = &[
    field("title", TEXT),
    field("focal_decision", Kind::OrNull(&TEXT)),
    field("current_component", COMPONENT),
    field(
        "components",
        Kind::List(&Kind::Object(&[
            field("component", COMPONENT),
            field("status", TEXT),
        ])),
    ),
    field("objectives", COUNT),
    field("alternatives", COUNT),
    field("matrix_completion", Kind::Share),
    field("verdict", Kind::OrNull(&TEXT)),
    field("smallest_flip", Kind::OrNull(&TEXT)),
    field("open_uncertainties", COUNT),
    field("pending_revisits", COUNT),
];

fn unknown_component() -> Failure {
    Failure::not_found("there is no such component")
}

fn flag_uncertainty(call: &mut Call<'_>) -> Result<Value, Failure> {
    let component = call.component("component").ok_or_else(unknown_component)?;
    refuse_unstarted(component, call.context)?;
    let flagged = FlaggedUncertainty {
        id: call.new_id(),
        description: call.text("description").to_owned(),
        component,
        resolvable: call.flag("resolvable"),
        impact: call.maybe_text("impact").map(str::to_owned),
        resolution: None,
        flagged_at: call.context.now,
    };
    let id = flagged.id;
    call.working.push(WorkingChange::UncertaintyFlagged(flagged));
    Ok(json!({ "id": id, "open": call.context.working.open_uncertainties() + 1 }))
}

fn resolve_uncertainty(call: &mut Call<'_>) -> Result<Value, Failure> {
    let id = call.id("id")?;
    let working = call.context.working;
    match working.uncertainties.iter().find(|one| one.id == id) {
        None => return Err(Failure::not_found("there is no such uncertainty")),
        Some(one) if one.resolution.is_some() => {
            return Err(Failure::conflict(
                "already_resolved",
                "this uncertainty is resolved",
            ));
        }
        Some(_) => {}
    }
    call.working.push(WorkingChange::UncertaintyResolved {
        id,
        resolution: call.text("resolution").to_owned(),
    });
    Ok(json!({ "id": id, "open": working.open_uncertainties() - 1 }))
}

fn list_uncertainties(call: &mut Call<'_>) -> Result<Value, Failure> {
    let component = call.component("component");
    let is_listed = |one: &&FlaggedUncertainty| component.is_none_or(|component| one.component == component);
    let all: Vec<&FlaggedUncertainty> = call
        .context
        .working
        .uncertainties
        .iter()
        .filter(is_listed)
        .collect();
    let open = all.iter().filter(|one| one.resolution.is_none()).count();
    Ok(json!({ "uncertainties": all, "open": open }))
}

fn suggest_revisit(call: &mut Call<'_>) -> Result<Value, Failure> {
    let target = call.component("component").ok_or_else(unknown_component)?;
    refuse_unstarted(target, call.context)?;
    let priority = RevisitPriority::parse(call.text("priority")).unwrap_or(RevisitPriority::Medium);
    let suggestion = RevisitSuggestion {
        id: call.new_id(),
        target,
        reason: call.text("reason").to_owned(),
        trigger: call.text("trigger").to_owned(),
        priority,
        status: RevisitStatus::Pending,
        created_at: call.context.now,
    };
    let id = suggestion.id;
    call.working.push(WorkingChange::RevisitSuggested(suggestion));
    let pending = call.context.working.pending_revisits().count() + 1;
    Ok(json!({ "id": id, "pending": pending, "will_prompt": priority.will_prompt() }))
}

fn get_pending_revisits(call: &mut Call<'_>) -> Result<Value, Failure> {
    let pending: Vec<&RevisitSuggestion> = call.context.working.pending_revisits().collect();
    Ok(json!({ "revisits": pending, "pending": pending.len() }))
}

fn dismiss_revisit(call: &mut Call<'_>) -> Result<Value, Failure> {
    let id = call.id("id")?;
    let working = call.context.working;
    match working.revisits.iter().find(|one| one.id == id) {
        None => return Err(Failure::not_found("there is no such revisit suggestion")),
        Some(one) if one.status != RevisitStatus::Pending => {
            return Err(Failure::conflict(
                "already_decided",
                "this revisit suggestion is decided",
            ));
        }
        Some(_) => {}
    }
    call.working.push(WorkingChange::RevisitDismissed {
        id,
        reason: call.text("reason").to_owned(),
    });
    Ok(json!({ "id": id, "pending": working.pending_revisits().count() - 1 }))
}

fn request_confirmation(call: &mut Call<'_>) -> Result<Value, Failure> {
    let options: Vec<String> = call.texts("options").into_iter().map(str::to_owned).collect();
    let is_repeated = |(place, option): (usize, &String)| options[..place].contains(option);
    if options.len() < 2 {
        return Err(Failure::invalid(
            "/options",
            FieldErrorCode::TooShort,
            "must have at least two entries",
        ));
    }
    if options.iter().enumerate().any(is_repeated) {
        return Err(Failure::invalid(
            "/options",
            FieldErrorCode::Duplicate,
            "two options are the same",
        ));
    }
    let default = call.maybe_text("default").map(str::to_owned);
    if default.as_ref().is_some_and(|default| !options.contains(default)) {
        return Err(Failure::invalid(
            "/default",
            FieldErrorCode::UnknownReference,
            "must be one of the options",
        ));
    }
    let count = options.len();
    let id: Uuid = call.new_id();
    let confirmation = Confirmation::requested(
        id,
        call.text("summary").to_owned(),
        options,
        default,
        call.context.now,
    );
    let expires_at = confirmation.expires_at;
    call.working
        .push(WorkingChange::ConfirmationRequested(confirmation));
    Ok(json!({ "id": id, "options": count, "expires_at": expires_at }))
}

fn record_user_choice(call: &mut Call<'_>) -> Result<Value, Failure> {
    let id = call.id("id")?;
    let Some(confirmation) = call.context.working.confirmations.iter().find(|one| one.id == id) else {
        return Err(Failure::not_found("there is no such confirmation"));
    };
    match confirmation.status_at(call.context.now) {
        ConfirmationStatus::Pending => {}
        ConfirmationStatus::Expired => return Err(Failure::conflict("expired", "this question has expired")),
        _ => return Err(Failure::conflict("already_decided", "this question is answered")),
    }
    let choice = call.maybe_text("choice").map(str::to_owned);
    if choice
        .as_ref()
        .is_some_and(|choice| !confirmation.options.contains(choice))
    {
        return Err(Failure::invalid(
            "/choice",
            FieldErrorCode::UnknownReference,
            "must be one of the options",
        ));
    }
    let status = if choice.is_some() {
        ConfirmationStatus::Confirmed
    } else {
        ConfirmationStatus::Rejected
    };
    call.working.push(WorkingChange::ChoiceRecorded {
        id,
        choice: choice.clone(),
    });
    Ok(json!({ "id": id, "status": status, "choice": choice }))
}

fn get_document_section(call: &mut Call<'_>) -> Result<Value, Failure> {
    let component = call.component("component").ok_or_else(unknown_component)?;
    refuse_unstarted(component, call.context)?;
    let document = call.context.document;
    Ok(json!({
        "component": component,
        "title": component.title(),
        "status": document.status(component),
        "markdown": render_section(document, component),
    }))
}

fn get_document_summary(call: &mut Call<'_>) -> Result<Value, Failure> {
    let (document, outputs) = (call.context.document, call.outputs());
    let analysis = analyse(outputs);
    let has_table = !analysis.objectives.is_empty()
        && !analysis.alternatives.is_empty()
        && outputs.consequences().is_some();
    let statement = outputs
        .problem_frame()
        .and_then(|frame| frame.focal_decision.as_ref())
        .map(|focal| focal.statement.as_str());
    let components: Vec<Value> = ComponentType::ALL
        .iter()
        .map(|component| json!({ "component": component, "status": document.status(*component) }))
        .collect();
    Ok(json!({
        "title": document.title,
        "focal_decision": statement.filter(|statement| !statement.is_empty()),
        "current_component": call.context.current,
        "components": components,
        "objectives": outputs.objectives().map_or(0, |all| all.fundamental_objectives.len()),
        "alternatives": outputs.alternatives().map_or(0, |all| all.alternatives.len()),
        "matrix_completion": progress(outputs).0,
        "verdict": has_table.then(|| wording::verdict(&analysis)),
        "smallest_flip": wording::flip(&analysis).filter(|_| has_table),
        "open_uncertainties": call.context.working.open_uncertainties(),
        "pending_revisits": call.context.working.pending_revisits().count(),
    }))
}

fn add_note(call: &mut Call<'_>) -> Result<Value, Failure> {
    let notes = ComponentType::NotesNextSteps;
    refuse_unstarted(notes, call.context)?;
    let about = call
        .component("component")
        .map(|component| format!("{}: ", component.title()))
        .unwrap_or_default();
    let text = format!("{about}{}", call.text("text"));
    let id = call.add(notes, "/notes", json!({ "text": text }), &format!("Note: {text}"));
    let count = call
        .after()?
        .notes_next_steps()
        .map_or(0, |notes| notes.notes.len());
    Ok(json!({ "id": id, "count": count }))
}
