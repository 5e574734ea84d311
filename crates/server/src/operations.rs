//! The operator's door: subscriptions, dead letters, the catalogue, mail.

mod catalogue;
mod mail;

use std::convert::Infallible;
use std::str::FromStr;

use althing_backbone::{DeadLetter, Error, Operator, SubscriptionStatus};
use althing_events::UserId;
use althing_web::{
    Access, Actor, Answer, AppState, Body, Code, Data, DueIncident, FieldProblem, Incident, IncidentKind,
    List, Mailer, Module, NoContent, NotFound, PathId, Problem, QueryOf,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use catalogue::{Described, Field, describe};

use Access::InstanceAdmin;

use crate::instance::Instance;
use crate::metrics::Rates;

/// The routes for the instance's owner and admins.
pub fn module(mailer: Mailer) -> Module {
    Module::new("operations")
        .provide(move |_| mailer)
        .get(
            "/api/admin/instance",
            InstanceAdmin,
            "Names store, transport and versions.",
            instance,
        )
        .get(
            "/api/admin/subscriptions",
            InstanceAdmin,
            "Lists every subscription with its position, lag, rate, owner and errors.",
            subscriptions,
        )
        .post(
            "/api/admin/subscriptions/{name}/pause",
            InstanceAdmin,
            "Stops handing out events to a subscription.",
            pause,
        )
        .post(
            "/api/admin/subscriptions/{name}/resume",
            InstanceAdmin,
            "Goes on after a pause or a stop.",
            resume,
        )
        .post(
            "/api/admin/subscriptions/{name}/rebuild",
            InstanceAdmin,
            "Rebuilds a projection beside the one that is read.",
            rebuild,
        )
        .get(
            "/api/admin/dead-letters",
            InstanceAdmin,
            "Lists events that a subscription could not handle.",
            dead_letters,
        )
        .post(
            "/api/admin/dead-letters/{id}/redeliver",
            InstanceAdmin,
            "Delivers the event again: a new attempt.",
            redeliver,
        )
        .post(
            "/api/admin/dead-letters/{id}/skip",
            InstanceAdmin,
            "Gives the event up for this subscription, for a reason.",
            skip,
        )
        .get(
            "/api/admin/mail",
            InstanceAdmin,
            "Says whether mail is on, and through which server.",
            mail::status,
        )
        .post(
            "/api/admin/mail/test",
            InstanceAdmin,
            "Mails oneself, and answers what the mail server said if it did not take it.",
            mail::test,
        )
        .get(
            "/api/events/catalogue",
            InstanceAdmin,
            "Describes every event: fields, personal data, consumers.",
            catalogue,
        )
}

#[derive(JsonSchema)]
struct SubscriptionName(String);
#[derive(JsonSchema)]
struct DeadLetterId(String);

impl FromStr for SubscriptionName {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for DeadLetterId {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl NotFound for SubscriptionName {
    const CODE: &'static str = "subscription_not_found";
}

impl NotFound for DeadLetterId {
    const CODE: &'static str = "dead_letter_not_found";
}

fn operator(state: &AppState, actor: &Actor) -> Operator {
    state.backbone.operator(&format!("user {}", actor.user_id))
}

/// Ends an act: the runners of this process look at once.
fn done(state: &AppState, act: Result<(), Error>) -> Answer<NoContent> {
    act.map_err(refusal)?;
    state.backbone.wake();
    Ok(NoContent)
}

fn refusal(error: Error) -> Problem {
    match error {
        Error::NoSubscription(_) => Problem::new(Code::SubscriptionNotFound, error.to_string()),
        Error::NoDeadLetter => Problem::new(
            Code::DeadLetterNotFound,
            "it does not exist, or was dealt with meanwhile",
        ),
        Error::NotAProjection(_) => Problem::new(Code::NotAProjection, error.to_string()),
        other => other.into(),
    }
}

async fn instance(State(state): State<AppState>) -> Answer<Data<Instance>> {
    Ok(Data(state.get()))
}

/// A subscription with how fast it goes.
#[derive(Serialize, JsonSchema)]
struct Watched {
    #[serde(flatten)]
    status: SubscriptionStatus,
    /// Positions a second over the last minute.
    rate: Option<f64>,
}

async fn subscriptions(State(state): State<AppState>, actor: Actor) -> Answer<List<Watched>> {
    let all = operator(&state, &actor).subscriptions().await?;
    let rates: Rates = state.get();
    let watched = |status: SubscriptionStatus| Watched {
        rate: rates.of(&status.name),
        status,
    };
    Ok(List::whole(all.into_iter().map(watched).collect()))
}

async fn pause(
    State(state): State<AppState>,
    actor: Actor,
    PathId(name): PathId<SubscriptionName>,
) -> Answer<NoContent> {
    done(&state, operator(&state, &actor).pause(&name.0).await)
}

async fn resume(
    State(state): State<AppState>,
    actor: Actor,
    PathId(name): PathId<SubscriptionName>,
) -> Answer<NoContent> {
    done(&state, operator(&state, &actor).resume(&name.0).await)
}

async fn rebuild(
    State(state): State<AppState>,
    actor: Actor,
    PathId(name): PathId<SubscriptionName>,
) -> Answer<NoContent> {
    done(&state, operator(&state, &actor).rebuild(&name.0).await)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    subscription: Option<String>,
}

async fn dead_letters(
    State(state): State<AppState>,
    actor: Actor,
    QueryOf(filter): QueryOf<Filter>,
) -> Answer<List<DeadLetter>> {
    Ok(List::whole(
        operator(&state, &actor)
            .dead_letters(filter.subscription.as_deref())
            .await?,
    ))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Redeliver {
    #[serde(default)]
    whole_key: bool,
}

async fn redeliver(
    State(state): State<AppState>,
    actor: Actor,
    PathId(id): PathId<DeadLetterId>,
    Body(request): Body<Redeliver>,
) -> Answer<NoContent> {
    let operator = operator(&state, &actor);
    let act = redeliver_with(&operator, &id.0, request.whole_key).await;
    noted(
        &state,
        act.is_ok(),
        IncidentKind::DeadLetterRedelivered,
        &actor,
        &id,
    )
    .await?;
    done(&state, act)
}

/// An act upon a dead letter is written into the audit log, with the letter's name.
async fn noted(
    state: &AppState,
    is_done: bool,
    kind: IncidentKind,
    actor: &Actor,
    id: &DeadLetterId,
) -> Answer<()> {
    if is_done {
        let act = dead_letter_act(kind, Some(actor.user_id), &id.0);
        althing_audit::note_now(&state.backbone, vec![act]).await?;
    }
    Ok(())
}

/// The same for the command line, which nobody has signed in to.
pub fn dead_letter_act(kind: IncidentKind, actor: Option<UserId>, id: &str) -> DueIncident {
    DueIncident {
        incident: Incident {
            actor,
            detail: Some(id.to_owned()),
            ..Incident::of(kind)
        },
        times: 1,
        correlation: None,
    }
}

/// Redelivers one dead letter, or every one of its key in order. What waits
/// behind them follows by itself.
pub async fn redeliver_with(operator: &Operator, id: &str, whole_key: bool) -> Result<(), Error> {
    if !whole_key {
        return operator.redeliver(id).await;
    }
    let first = operator.dead_letter(id).await?;
    for letter in operator.dead_letters(Some(&first.subscription)).await? {
        if letter.key == first.key {
            operator.redeliver(&letter.id).await?;
        }
    }
    Ok(())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Skip {
    reason: String,
}

async fn skip(
    State(state): State<AppState>,
    actor: Actor,
    PathId(id): PathId<DeadLetterId>,
    Body(request): Body<Skip>,
) -> Answer<NoContent> {
    let reason = request.reason.trim();
    if reason.is_empty() || reason.chars().count() > 1000 {
        let problem = FieldProblem::new("/reason", "invalid", "says why, in 1 to 1,000 characters");
        return Err(Problem::validation(vec![problem]));
    }
    let act = operator(&state, &actor).skip(&id.0, reason).await;
    noted(&state, act.is_ok(), IncidentKind::DeadLetterSkipped, &actor, &id).await?;
    done(&state, act)
}

async fn catalogue(State(state): State<AppState>) -> Answer<List<Described>> {
    Ok(List::whole(describe(state.backbone.registry(), |event_type| {
        state.backbone.consumers_of(event_type)
    })))
}
