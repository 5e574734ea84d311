//! The door of notifications.

use std::collections::BTreeMap;

use althing_backbone::read_aggregate;
use althing_events::NotificationId;
use althing_events::notifications::NotificationAction;
use althing_web::{
    Access, Actor, Answer, AppState, Body, Code, Ctx, Data, FieldProblem, List, Mailer, Module, NoContent,
    Paging, PathId, Problem, QueryOf,
};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::commands::{Failure, MarkAllRead, MarkRead, Refusal, SetPreferences, TakeAction, Unsubscribe};
use crate::kind::{Channel, Kind};
use crate::live;
use crate::preferences::{Preferences, USUAL_HOUR, Wanted};
use crate::unsubscribe::Signer;
use crate::views::{self, NotificationView, Which};

/// How many notifications a page has unless somebody asks for more.
const USUAL: usize = 20;

pub fn routes(module: Module) -> Module {
    let module = module
        .get(
            "/api/notifications",
            Access::SignedIn,
            "Lists one's own notifications, the newest first; unread=true leaves out those that were read.",
            list,
        )
        .get(
            "/api/notifications/unread-count",
            Access::SignedIn,
            "Counts one's own unread notifications.",
            unread_count,
        )
        .get(
            "/api/notifications/live",
            Access::SignedIn,
            "A WebSocket that says when one's own notifications changed.",
            live::upgrade,
        )
        .gives::<althing_web::Upgrade>()
        .post(
            "/api/notifications/read-all",
            Access::SignedIn,
            "Marks every notification of one's own as read.",
            read_all,
        )
        .get(
            "/api/notifications/unsubscribe",
            Access::Public,
            "Leads from a mail's link to the page that asks.",
            ask_to_unsubscribe,
        )
        .gives::<althing_web::Redirect>()
        .post(
            "/api/notifications/unsubscribe",
            Access::Public,
            "Ends a kind of mail through the link in one of them.",
            unsubscribe,
        )
        .get(
            "/api/notifications/{id}",
            Access::SignedIn,
            "Reads one of one's own notifications.",
            read,
        )
        .post(
            "/api/notifications/{id}/read",
            Access::SignedIn,
            "Marks a notification as read.",
            mark_read,
        );
    module
        .post(
            "/api/notifications/{id}/actions/accept",
            Access::SignedIn,
            "Accepts what a notification offers.",
            accept,
        )
        .post(
            "/api/notifications/{id}/actions/decline",
            Access::SignedIn,
            "Declines what a notification offers.",
            decline,
        )
        .get(
            "/api/me/notification-preferences",
            Access::SignedIn,
            "Says how and when one is told things.",
            preferences,
        )
        .put(
            "/api/me/notification-preferences",
            Access::SignedIn,
            "Chooses how and when one is told things; what is left out is as usual.",
            set_preferences,
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[serde(default)]
    unread: bool,
}

async fn list(
    State(state): State<AppState>,
    actor: Actor,
    paging: Paging<USUAL>,
    QueryOf(query): QueryOf<ListQuery>,
) -> Answer<List<NotificationView>> {
    let which = if query.unread { Which::Unread } else { Which::All };
    let db = state.backbone.db();
    let mut items = views::list(db, actor.user_id, which, paging.after()?, paging.limit + 1).await?;
    let has_more = items.len() > paging.limit;
    items.truncate(paging.limit);
    let last = items.last().filter(|_| has_more);
    Ok(List {
        next_cursor: last.map(|last| Paging::cursor_of(&last.place)),
        total: None,
        items,
    })
}

#[derive(Serialize, JsonSchema)]
struct Unread {
    unread: i64,
}

async fn unread_count(State(state): State<AppState>, actor: Actor) -> Answer<Data<Unread>> {
    let unread = views::unread(state.backbone.db(), actor.user_id).await?;
    Ok(Data(Unread { unread }))
}

async fn read(
    State(state): State<AppState>,
    actor: Actor,
    PathId(id): PathId<NotificationId>,
) -> Answer<Data<NotificationView>> {
    own(&state, &actor, id).await.map(Data)
}

async fn own(state: &AppState, actor: &Actor, id: NotificationId) -> Answer<NotificationView> {
    views::one(state.backbone.db(), actor.user_id, id)
        .await?
        .ok_or_else(Problem::not_found::<NotificationId>)
}

async fn mark_read(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    PathId(id): PathId<NotificationId>,
) -> Answer<Data<NotificationView>> {
    let user_id = actor.user_id;
    state.backbone.execute(context, &MarkRead { user_id, id }).await?;
    own(&state, &actor, id).await.map(Data)
}

async fn read_all(State(state): State<AppState>, Ctx(context): Ctx, actor: Actor) -> Answer<NoContent> {
    let user_id = actor.user_id;
    state.backbone.execute(context, &MarkAllRead { user_id }).await?;
    Ok(NoContent)
}

async fn accept(
    state: State<AppState>,
    context: Ctx,
    actor: Actor,
    id: PathId<NotificationId>,
) -> Answer<Data<NotificationView>> {
    answer(state, context, actor, id, NotificationAction::Accepted).await
}

async fn decline(
    state: State<AppState>,
    context: Ctx,
    actor: Actor,
    id: PathId<NotificationId>,
) -> Answer<Data<NotificationView>> {
    answer(state, context, actor, id, NotificationAction::Declined).await
}

async fn answer(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    PathId(id): PathId<NotificationId>,
    action: NotificationAction,
) -> Answer<Data<NotificationView>> {
    let command = TakeAction {
        user_id: actor.user_id,
        id,
        action,
    };
    state.backbone.execute(context, &command).await?;
    own(&state, &actor, id).await.map(Data)
}

/// Preferences as the API answers them.
#[derive(Serialize, JsonSchema)]
struct PreferencesView {
    channels: BTreeMap<Kind, Channel>,
    digest_hour: u32,
    time_zone: String,
    /// Whether this instance has a mail server; without one the channels mail and digest
    /// are as in_app.
    mail_is_on: bool,
}

impl PreferencesView {
    fn of(preferences: &Preferences, state: &AppState) -> Self {
        Self {
            channels: preferences.channels(),
            digest_hour: preferences.digest_hour(),
            time_zone: preferences.time_zone().name().to_owned(),
            mail_is_on: state.find::<Mailer>().is_some_and(|mailer| mailer.is_on()),
        }
    }
}

async fn preferences(State(state): State<AppState>, actor: Actor) -> Answer<Data<PreferencesView>> {
    let known: Option<Preferences> = read_aggregate(state.backbone.db(), actor.user_id.0).await?;
    let preferences = known.unwrap_or_else(|| Preferences::of(actor.user_id));
    Ok(Data(PreferencesView::of(&preferences, &state)))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct PreferencesRequest {
    channels: BTreeMap<Kind, Channel>,
    digest_hour: Option<u32>,
    time_zone: Option<String>,
}

async fn set_preferences(
    State(state): State<AppState>,
    Ctx(context): Ctx,
    actor: Actor,
    Body(request): Body<PreferencesRequest>,
) -> Answer<Data<PreferencesView>> {
    let command = SetPreferences {
        user_id: actor.user_id,
        wanted: request.wanted().map_err(Problem::validation)?,
    };
    let preferences = state.backbone.execute(context, &command).await?.value;
    Ok(Data(PreferencesView::of(&preferences, &state)))
}

impl PreferencesRequest {
    /// Everything that is wrong is named at once.
    fn wanted(&self) -> Result<Wanted, Vec<FieldProblem>> {
        let off = |(kind, channel): (&Kind, &Channel)| *channel == Channel::Off && !kind.may_be_off();
        let kept = self.channels.iter().filter(|choice| off(*choice));
        let mut problems: Vec<FieldProblem> = kept
            .map(|(kind, _)| {
                let field = format!("/channels/{}", kind.as_str());
                FieldProblem::new(field, "cannot_be_off", "cannot be switched off")
            })
            .collect();
        let digest_hour = self.digest_hour.unwrap_or(USUAL_HOUR);
        if digest_hour > 23 {
            let wish = "must be a whole hour from 0 to 23";
            problems.push(FieldProblem::new("/digest_hour", "out_of_range", wish));
        }
        let time_zone = self.time_zone.as_deref().unwrap_or(Tz::UTC.name());
        match time_zone.parse() {
            Ok(time_zone) if problems.is_empty() => Ok(Wanted {
                channels: self.channels.clone(),
                digest_hour,
                time_zone,
            }),
            Ok(_) => Err(problems),
            Err(_) => {
                let wish = "must be a time zone's name, such as Europe/Berlin";
                problems.push(FieldProblem::new("/time_zone", "invalid_choice", wish));
                Err(problems)
            }
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UnsubscribeQuery {
    token: String,
}

/// Programs open the links of mails before people do: opening one changes nothing.
async fn ask_to_unsubscribe(QueryOf(query): QueryOf<UnsubscribeQuery>) -> Response {
    let safe: String = query
        .token
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_'))
        .collect();
    Redirect::to(&format!("/unsubscribe#{safe}")).into_response()
}

/// What was ended.
#[derive(Serialize, JsonSchema)]
struct Ended {
    unsubscribed: &'static str,
}

/// What a mailbox sends as the body (RFC 8058) says nothing that the token does not.
async fn unsubscribe(
    State(state): State<AppState>,
    Ctx(mut context): Ctx,
    QueryOf(query): QueryOf<UnsubscribeQuery>,
) -> Answer<Data<Ended>> {
    let signer = Signer::of(state.backbone.db()).await?;
    let (user_id, what) = signer.read(&query.token).ok_or_else(|| {
        Problem::new(
            Code::InvalidToken,
            "this link is not one of this instance's mails",
        )
    })?;
    // Whoever has the link acts for the person it was mailed to, and nobody has signed in.
    context.actor = None;
    let context = context.with("system_actor", "unsubscribe link");
    state
        .backbone
        .execute(context, &Unsubscribe { user_id, what })
        .await?;
    Ok(Data(Ended {
        unsubscribed: what.as_str(),
    }))
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(Refusal::NotFound) => Problem::not_found::<NotificationId>(),
            Failure::Refused(refusal) => Problem::new(refusal.code(), refusal.to_string()),
            Failure::Fault(error) => error.into(),
        }
    }
}

impl Refusal {
    fn code(self) -> Code {
        match self {
            Self::NotFound => Code::NotificationNotFound,
            Self::AsksNothing => Code::InvalidStateTransition,
            Self::AlreadyActed => Code::AlreadyActed,
            Self::InvitationEnded => Code::InvitationEnded,
        }
    }
}
