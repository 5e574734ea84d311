//! What conversations do when something happens to their components.
//!
//! The two subscriptions run independently and may be given an event twice or late; the conversation's rules and the
//! ids in the statements make that harmless.

use althing_backbone::{
    Event, HandlerError, HandlerResult, Meta, Subscription, UnitOfWork, Uow, Uuid, reaction, sql,
};
use althing_events::decisions::{
    ComponentCompleted, ComponentMarkedForRevision, ComponentOutputUpdated, ComponentStarted, CycleBranched,
    CycleCompleted,
};
use althing_events::{ComponentId, CycleId, DraftId, MessageId, SessionId};

use super::ai::{estimate_tokens, opening, system_prompt};
use super::conversation::{Conversation, Opened};
use super::guide::GuideContext;
use super::store::{self, Message, Role};
use crate::cycle::port::{Place, cycle_with_outputs, surroundings};
use crate::outputs::ComponentType;
use crate::purge::is_purged;

/// The name of the subscription that makes conversations.
pub const INIT: &str = "conversation-init";
/// The name of the subscription that ends them.
pub const PROGRESS: &str = "conversation-progress";

/// Makes the conversation of a component, or opens it again. The branch point of a new branch counts as opened again:
/// it is born in need of revision.
pub fn init() -> Subscription {
    reaction(INIT)
        .from_beginning()
        .on(component_started)
        .on(component_marked_for_revision)
        .on(cycle_branched)
        .into()
}

/// Closes drafts, ends conversations, lets suggestions expire.
pub fn progress() -> Subscription {
    reaction(PROGRESS)
        .from_beginning()
        .on(output_updated)
        .on(component_completed)
        .on(cycle_completed)
        .into()
}

async fn component_started(Event(event): Event<ComponentStarted>, meta: Meta, mut uow: Uow) -> HandlerResult {
    let place = place(
        event.component_id,
        event.cycle_id,
        event.session_id,
        &event.component_type,
    )?;
    open(&mut uow, &place, meta.position).await
}

async fn component_marked_for_revision(
    Event(event): Event<ComponentMarkedForRevision>,
    meta: Meta,
    mut uow: Uow,
) -> HandlerResult {
    let place = place(
        event.component_id,
        event.cycle_id,
        event.session_id,
        &event.component_type,
    )?;
    open(&mut uow, &place, meta.position).await
}

async fn cycle_branched(Event(event): Event<CycleBranched>, meta: Meta, mut uow: Uow) -> HandlerResult {
    let component_type = component_type(&event.branch_point)?;
    if is_purged(&*uow, event.session_id).await? {
        return Ok(());
    }
    let (cycle, _) = cycle_with_outputs(&*uow, event.cycle_id).await?;
    let place = Place {
        component_id: cycle.component(component_type).id,
        cycle_id: event.cycle_id,
        session_id: event.session_id,
        component_type,
    };
    open(&mut uow, &place, meta.position).await
}

async fn open(uow: &mut UnitOfWork, place: &Place, position: i64) -> HandlerResult {
    let (mut conversation, is_known) = find(uow, place).await?;
    if !is_known && is_purged(uow, place.session_id).await? {
        return Ok(());
    }
    let now = uow.now();
    match conversation.open(position, now) {
        Opened::Unchanged => return Ok(()),
        Opened::Reopened => {}
        Opened::Started(started) => {
            add_first_messages(uow, &mut conversation, place).await?;
            if is_known {
                store::mark_started(uow, &conversation);
            } else {
                store::add_row(uow, &conversation);
            }
            uow.record(&started)?;
            for ended in conversation.catch_up(now) {
                uow.record(&ended)?;
            }
        }
    }
    uow.save(&conversation)?;
    Ok(())
}

/// The system prompt and the opening question. No model is asked: the user speaks first.
async fn add_first_messages(
    uow: &mut UnitOfWork,
    conversation: &mut Conversation,
    place: &Place,
) -> HandlerResult {
    let around = surroundings(uow, place.cycle_id, place.component_type).await?;
    let content = around.output.unwrap_or_default();
    let context = GuideContext {
        component: place.component_type,
        content: &content,
        outputs: &around.outputs,
    };
    let question = opening(&context);
    conversation.pending_questions = vec![question.clone()];
    for (role, content) in [
        (Role::System, system_prompt(place.component_type)),
        (Role::Assistant, question),
    ] {
        let tokens = estimate_tokens(&content);
        let message = Message {
            id: MessageId(uow.new_id()),
            number: conversation.count_message(tokens),
            role,
            content,
            created_at: uow.now(),
            author_id: None,
            reply_to: None,
            superseded: false,
            incomplete: false,
            tokens,
        };
        store::add_message(uow, conversation.id, &message);
    }
    Ok(())
}

async fn component_completed(
    Event(event): Event<ComponentCompleted>,
    meta: Meta,
    mut uow: Uow,
) -> HandlerResult {
    let place = place(
        event.component_id,
        event.cycle_id,
        event.session_id,
        &event.component_type,
    )?;
    let (mut conversation, is_known) = find(&mut uow, &place).await?;
    if !is_known && is_purged(&*uow, place.session_id).await? {
        return Ok(());
    }
    let ended = conversation.complete(meta.position, uow.now());
    if !is_known {
        // It was overtaken by its own end, or never begins: a component copied by a branch has none until it is
        // opened again. Whichever it is, the position is kept.
        store::add_row(&mut uow, &conversation);
    }
    if let Some(ended) = ended {
        uow.record(&ended)?;
        if !conversation.is_open() {
            uow.execute(
                sql("DELETE FROM conversation_draft WHERE component_id = $1").bind(place.component_id),
            );
        }
    }
    uow.save(&conversation)?;
    Ok(())
}

/// Closes the draft that became an output. What was left of it when a part was confirmed has another id and stays.
async fn output_updated(Event(event): Event<ComponentOutputUpdated>, mut uow: Uow) -> HandlerResult {
    let Some(draft_id) = draft_of_source(&event.source) else {
        return Ok(());
    };
    let draft = super::port::draft_of(&*uow, event.component_id).await?;
    if draft.is_none_or(|draft| draft.id != draft_id) {
        return Ok(());
    }
    let Some(id) = store::id_of(&*uow, event.component_id).await? else {
        return Ok(());
    };
    if let Some(mut conversation) = uow.load::<Conversation>(id.0).await? {
        conversation.confirmed();
        uow.save(&conversation)?;
    }
    store::delete_draft(&mut uow, draft_id);
    Ok(())
}

async fn cycle_completed(Event(event): Event<CycleCompleted>, mut uow: Uow) -> HandlerResult {
    let now = uow.now();
    uow.execute(
        sql("UPDATE revisit_suggestion SET status = 'expired', resolved_at = $1 WHERE cycle_id = $2 AND status = 'pending'")
            .bind(now)
            .bind(event.cycle_id),
    );
    Ok(())
}

/// The component's conversation, and whether it was known before.
async fn find(uow: &mut UnitOfWork, place: &Place) -> HandlerResult<(Conversation, bool)> {
    if let Some(id) = store::id_of(uow, place.component_id).await?
        && let Some(conversation) = uow.load(id.0).await?
    {
        return Ok((conversation, true));
    }
    let component = (place.component_id, place.component_type);
    Ok((
        Conversation::new(component, place.cycle_id, place.session_id),
        false,
    ))
}

fn place(
    component_id: ComponentId,
    cycle_id: CycleId,
    session_id: SessionId,
    component: &str,
) -> HandlerResult<Place> {
    Ok(Place {
        component_id,
        cycle_id,
        session_id,
        component_type: component_type(component)?,
    })
}

fn component_type(name: &str) -> HandlerResult<ComponentType> {
    ComponentType::parse(name).ok_or_else(|| {
        HandlerError::permanent(anyhow::anyhow!("the event names a component that does not exist"))
    })
}

/// The draft named by the source of an output, `draft:<id>`.
fn draft_of_source(source: &str) -> Option<DraftId> {
    Uuid::try_parse(source.strip_prefix("draft:")?).ok().map(DraftId)
}
