//! Events as the command line shows them: ids and types; payloads only if asked for.

use althing_backbone::{Backbone, DomainEvent, Envelope, Selection, Uuid};
use althing_events::identity::{
    ExternalIdentityLinked, ExternalIdentityUnlinked, InvitationExpired, InvitationRevoked, MemberInvited,
    UserConfirmed, UserEmailChanged, UserLoggedIn, UserRegistered, UserUpdated,
};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::print_line;

#[derive(Args)]
pub(super) struct HistoryArgs {
    /// Only events after this position
    #[arg(long, default_value_t = 0)]
    after: i64,
    /// Only this type; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Only one aggregate, as KIND/ID
    #[arg(long, value_name = "KIND/ID")]
    aggregate: Option<String>,
    /// Only what one request set off
    #[arg(long, value_name = "ID")]
    correlation: Option<Uuid>,
    /// At most this many
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

#[derive(Args, Clone, Copy)]
pub(super) struct Contents {
    /// Shows payloads; personal fields stay sealed
    #[arg(long)]
    payload: bool,
    /// Opens personal fields in payloads
    #[arg(long, requires = "payload")]
    open_personal: bool,
}

pub(super) async fn list(
    backbone: &Backbone,
    which: &HistoryArgs,
    contents: Contents,
    json: bool,
) -> Result<()> {
    let selection = Selection {
        types: which.types.clone(),
        aggregate: which.aggregate.as_deref().map(aggregate).transpose()?,
        correlation: which.correlation,
        after: which.after,
        limit: which.limit.max(1),
        ..Selection::default()
    };
    for event in backbone.log().select(&selection).await? {
        print(backbone, &event, contents, json).await?;
    }
    Ok(())
}

pub(super) async fn show(backbone: &Backbone, event: &str, contents: Contents, json: bool) -> Result<()> {
    let found = match event.parse() {
        Ok(position) => backbone.log().at(position).await?.map(|event| (*event).clone()),
        Err(_) => {
            let id = event
                .parse()
                .context("an event is named by its position or its id")?;
            called(backbone, id).await?
        }
    };
    match found {
        Some(event) => print(backbone, &event, contents, json).await,
        None => bail!("there is no such event"),
    }
}

/// The database is asked first: in the archive every file has to be read.
async fn called(backbone: &Backbone, id: Uuid) -> Result<Option<Envelope>> {
    let log = backbone.log();
    let mut which = Selection {
        event: Some(id),
        after: log.archived_until(),
        limit: 1,
        ..Selection::default()
    };
    let mut found = log.select(&which).await?;
    if found.is_empty() {
        (which.after, which.before) = (0, which.after + 1);
        found = log.select(&which).await?;
    }
    Ok(found.pop())
}

fn aggregate(text: &str) -> Result<(String, Uuid)> {
    let (kind, id) = text
        .split_once('/')
        .context("--aggregate takes KIND/ID, such as user/0190a6c2-…")?;
    Ok((
        kind.to_owned(),
        id.parse().context("the part after the / is not an id")?,
    ))
}

async fn print(backbone: &Backbone, event: &Envelope, contents: Contents, json: bool) -> Result<()> {
    let payload = if contents.payload {
        Some(payload(backbone, event, contents.open_personal).await?)
    } else {
        None
    };
    if json {
        let mut line = head(event);
        if let Some(payload) = payload {
            line["data"] = payload;
        }
        return print_line(&line.to_string());
    }
    let who = event
        .actor_id
        .map_or_else(|| "system".to_owned(), |actor| actor.to_string());
    print_line(&format!(
        "{:>7}  {}  {:<34}  {}/{} #{}  by {who}",
        event.position,
        event.occurred_at,
        event.event_type,
        event.aggregate_type,
        event.aggregate_id,
        event.aggregate_seq
    ))?;
    match payload {
        Some(payload) => print_line(&format!("{payload:#}")),
        None => Ok(()),
    }
}

fn head(event: &Envelope) -> Value {
    let metadata: Value = serde_json::from_str(&event.metadata).unwrap_or_default();
    json!({
        "position": event.position,
        "event_id": event.event_id,
        "event_type": event.event_type,
        "event_version": event.event_version,
        "aggregate_type": event.aggregate_type,
        "aggregate_id": event.aggregate_id,
        "aggregate_seq": event.aggregate_seq,
        "workspace_id": event.workspace_id,
        "actor_id": event.actor_id,
        "correlation_id": event.correlation_id,
        "causation_id": event.causation_id,
        "occurred_at": event.occurred_at,
        "metadata": metadata,
    })
}

/// As it is stored, with personal fields sealed; or opened, which needs the
/// event's Rust type.
async fn payload(backbone: &Backbone, event: &Envelope, open_personal: bool) -> Result<Value> {
    let stored = || serde_json::from_str(&event.data).context("the payload is not JSON");
    if !open_personal {
        return stored();
    }
    match &*event.event_type {
        UserRegistered::TYPE => opened::<UserRegistered>(backbone, event).await,
        UserConfirmed::TYPE => opened::<UserConfirmed>(backbone, event).await,
        UserLoggedIn::TYPE => opened::<UserLoggedIn>(backbone, event).await,
        UserUpdated::TYPE => opened::<UserUpdated>(backbone, event).await,
        UserEmailChanged::TYPE => opened::<UserEmailChanged>(backbone, event).await,
        ExternalIdentityLinked::TYPE => opened::<ExternalIdentityLinked>(backbone, event).await,
        ExternalIdentityUnlinked::TYPE => opened::<ExternalIdentityUnlinked>(backbone, event).await,
        InvitationExpired::TYPE => opened::<InvitationExpired>(backbone, event).await,
        InvitationRevoked::TYPE => opened::<InvitationRevoked>(backbone, event).await,
        MemberInvited::TYPE => opened::<MemberInvited>(backbone, event).await,
        _ => stored(),
    }
}

async fn opened<E: DomainEvent>(backbone: &Backbone, event: &Envelope) -> Result<Value> {
    Ok(serde_json::to_value(backbone.open_event::<E>(event).await?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_backbone::EventRegistry;

    #[test]
    fn every_event_with_personal_fields_can_be_opened() {
        let mut openable = [
            UserRegistered::TYPE,
            UserConfirmed::TYPE,
            UserLoggedIn::TYPE,
            UserUpdated::TYPE,
            UserEmailChanged::TYPE,
            ExternalIdentityLinked::TYPE,
            ExternalIdentityUnlinked::TYPE,
            InvitationExpired::TYPE,
            InvitationRevoked::TYPE,
            MemberInvited::TYPE,
        ];
        openable.sort_unstable();
        let registry = EventRegistry::collect().unwrap();
        let personal: Vec<&str> = registry
            .events()
            .filter(|event| !event.personal.is_empty())
            .map(|event| event.event_type)
            .collect();
        assert_eq!(
            personal, openable,
            "add the new ones to payload() and to this list"
        );
    }
}
