//! `althing events`: history, catalogue, dead letters and their remedies.

use althing_backbone::{Backbone, Operator};
use althing_web::IncidentKind;
use anyhow::{Result, bail};
use clap::Subcommand;
use serde::Serialize;

use super::archive::{self, ArchiveArgs};
use super::history::{self, Contents, HistoryArgs};
use super::print_line;
use crate::composition;
use crate::config::Config;
use crate::folder::require_data;
use crate::operations::{dead_letter_act, describe, redeliver_with};

#[derive(Subcommand)]
pub enum EventsCommand {
    /// Views history: events in the order of their positions
    History {
        #[command(flatten)]
        which: HistoryArgs,
        #[command(flatten)]
        contents: Contents,
        /// Prints one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Shows one event, by its position or id
    Show {
        /// A position such as 42, or an event's id
        event: String,
        #[command(flatten)]
        contents: Contents,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Lists every type of event with its consumers
    Catalogue {
        /// Prints one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Lists events that a subscription could not handle
    DeadLetters {
        /// Only of this subscription
        #[arg(long)]
        subscription: Option<String>,
        /// Prints one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Delivers a dead letter again: the same event, a new attempt
    Redeliver {
        /// The dead letter, as `dead-letters` shows it
        id: String,
        /// Every dead letter of the same key, in order
        #[arg(long)]
        whole_key: bool,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Gives a dead letter up for its subscription
    Skip {
        /// The dead letter, as `dead-letters` shows it
        id: String,
        /// Why; it is kept
        #[arg(long)]
        reason: String,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Moves old events from the database into a folder of files
    Archive(ArchiveArgs),
    /// Runs a projection again from the first event, beside the one that is read
    Rebuild {
        /// The projection
        subscription: String,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(config: &Config, command: EventsCommand) -> Result<()> {
    require_data(config)?;
    let backbone = composition::at_rest(config).await?;
    let operator = backbone.operator("command line");
    match command {
        EventsCommand::History {
            which,
            contents,
            json,
        } => history::list(&backbone, &which, contents, json).await,
        EventsCommand::Show {
            event,
            contents,
            json,
        } => history::show(&backbone, &event, contents, json).await,
        EventsCommand::Catalogue { json } => catalogue(&backbone, json),
        EventsCommand::DeadLetters { subscription, json } => {
            dead_letters(&operator, subscription.as_deref(), json).await
        }
        EventsCommand::Redeliver { id, whole_key, json } => {
            redeliver_with(&operator, &id, whole_key).await?;
            let act = dead_letter_act(IncidentKind::DeadLetterRedelivered, None, &id);
            althing_audit::note_now(&backbone, vec![act]).await?;
            done(
                "redeliver",
                &id,
                "It is tried again now, or at the next start if no server is running.",
                json,
            )
        }
        EventsCommand::Skip { id, reason, json } => {
            if reason.trim().is_empty() {
                bail!("say why with --reason");
            }
            operator.skip(&id, reason.trim()).await?;
            let act = dead_letter_act(IncidentKind::DeadLetterSkipped, None, &id);
            althing_audit::note_now(&backbone, vec![act]).await?;
            done(
                "skip",
                &id,
                "It is given up; what waited behind it goes on.",
                json,
            )
        }
        EventsCommand::Archive(args) => archive::run(&operator, &args).await,
        EventsCommand::Rebuild { subscription, json } => {
            operator.rebuild(&subscription).await?;
            done(
                "rebuild",
                &subscription,
                "It is rebuilt now, or at the next start if no server is running.",
                json,
            )
        }
    }
}

#[derive(Serialize)]
struct Done<'a> {
    act: &'a str,
    subject: &'a str,
}

fn done(act: &str, subject: &str, sentence: &str, json: bool) -> Result<()> {
    let line = if json {
        serde_json::to_string(&Done { act, subject })?
    } else {
        sentence.to_owned()
    };
    print_line(&line)
}

fn catalogue(backbone: &Backbone, json: bool) -> Result<()> {
    for event in describe(backbone.registry(), |event_type| {
        backbone.consumers_of(event_type)
    }) {
        let line = if json {
            serde_json::to_string(&event)?
        } else {
            let consumers = if event.consumers.is_empty() {
                "nobody".to_owned()
            } else {
                event.consumers.join(", ")
            };
            format!(
                "{:<34} v{:<2} {:<10} {:<13} → {consumers}",
                event.event_type, event.version, event.context, event.aggregate
            )
        };
        print_line(&line)?;
    }
    Ok(())
}

async fn dead_letters(operator: &Operator, subscription: Option<&str>, json: bool) -> Result<()> {
    for letter in operator.dead_letters(subscription).await? {
        let line = if json {
            serde_json::to_string(&letter)?
        } else {
            format!(
                "{}  {}  after {} attempts: {}",
                letter.id, letter.event_type, letter.attempts, letter.error
            )
        };
        print_line(&line)?;
    }
    Ok(())
}
