//! `althing admin`: accounts, beside a running server or on a folder at rest; moving to another database.

use std::io::{IsTerminal, Read};
use std::time::Duration;

use althing_backbone::{Context as CommandContext, Timestamp};
use althing_events::UserId;
use althing_identity::{
    CreateUser, Credentials, Email, MakeResetLink, NewAccount, Passwords, Reactivate, SetTier, Whose,
    accounts,
};
use althing_web::{Membership, Tier};
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde_json::json;

use super::{moving, print_line};
use crate::composition;
use crate::config::Config;
use crate::folder::require_data;

#[derive(Subcommand)]
pub enum AdminCommand {
    /// Makes a confirmed account of role user
    CreateUser {
        /// Their address
        #[arg(long)]
        email: String,
        /// Their first name
        #[arg(long)]
        first_name: String,
        /// Their last name
        #[arg(long)]
        last_name: String,
        /// Reads the password from standard input instead of asking for it
        #[arg(long)]
        password_stdin: bool,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Prints a link by which somebody who forgot their password sets another one; it is good for an hour
    ResetPassword {
        /// Their address
        #[arg(value_name = "ADDRESS")]
        email: String,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Opens a suspended account again
    Reactivate {
        /// Their address
        #[arg(value_name = "ADDRESS")]
        email: String,
    },
    /// Gives somebody a membership; what it includes stands in the manual
    Tier {
        /// Their address
        #[arg(value_name = "ADDRESS")]
        email: String,
        /// none, free, monthly or annual; or default, for that of the instance
        #[arg(value_name = "TIER")]
        tier: String,
        /// The last day (UTC) on which they may change something, such as 2026-12-31; for ever if absent
        #[arg(long, value_name = "DATE")]
        until: Option<String>,
    },
    /// Copies everything into another, empty database; nobody may be serving either of the two
    CopyTo {
        /// Where to: postgres://user:password@host/database, or the path of a SQLite file; - reads it from standard input
        #[arg(long, value_name = "ADDRESS")]
        database: String,
    },
    /// Says that the database was restored from a backup: pages that were open load afresh
    Restored,
    /// Lists every account
    ListUsers {
        /// Prints one JSON object a line
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(config: &Config, command: AdminCommand) -> Result<()> {
    require_data(config)?;
    match command {
        AdminCommand::CopyTo { database } => moving::copy_to(config, &database).await,
        AdminCommand::Restored => moving::restored(config).await,
        AdminCommand::CreateUser {
            email,
            first_name,
            last_name,
            password_stdin,
            json,
        } => {
            let backbone = composition::at_rest(config).await?;
            let password = read_password(password_stdin)?;
            let account = NewAccount::parse(&first_name, &last_name, &email, &password).map_err(spoken)?;
            let credentials = Credentials {
                names: (account.first_name, account.last_name),
                email: account.email,
                password: Passwords::default().hash(account.password).await?,
            };
            let ids = backbone.ids();
            let command = CreateUser {
                user_id: UserId(ids.next()),
                credentials,
            };
            let context = CommandContext::of_system("command line", ids.next());
            let user_id = backbone.execute(context, &command).await?.value;
            let address = command.credentials.email.as_str();
            let line = json!({ "id": user_id, "email": address });
            print_line(&if json {
                line.to_string()
            } else {
                format!("{address} may sign in now.")
            })
        }
        AdminCommand::ResetPassword { email, json } => {
            let backbone = composition::at_rest(config).await?;
            let email = parse_address(&email)?;
            let context = CommandContext::of_system("command line", backbone.ids().next());
            let token = backbone
                .execute(context, &MakeResetLink::at_once(email))
                .await?
                .value;
            // Behind the #: browsers do not send it, so that it is in no log.
            let link = format!("{}/reset#{token}", config.address());
            print_line(&if json {
                json!({ "link": link }).to_string()
            } else {
                link
            })
        }
        AdminCommand::Reactivate { email } => {
            let backbone = composition::at_rest(config).await?;
            let command = Reactivate {
                whose: Whose::Address(parse_address(&email)?),
                by: None,
            };
            let context = CommandContext::of_system("command line", backbone.ids().next());
            backbone.execute(context, &command).await?;
            print_line(&format!("{email} may sign in."))
        }
        AdminCommand::Tier { email, tier, until } => {
            let membership = membership(&tier, until.as_deref())?;
            let backbone = composition::at_rest(config).await?;
            let command = SetTier {
                whose: Whose::Address(parse_address(&email)?),
                membership,
                by: None,
            };
            let context = CommandContext::of_system("command line", backbone.ids().next());
            backbone.execute(context, &command).await?;
            print_line(&match membership {
                Some(_) => format!("{email} is {}.", in_words(membership)),
                None => format!("{email} has the membership that this instance gives to everybody."),
            })
        }
        AdminCommand::ListUsers { json } => {
            let backbone = composition::at_rest(config).await?;
            for account in accounts(backbone.db()).await? {
                let line = if json {
                    let mut line = serde_json::to_value(&account)?;
                    line["status"] = json!(account.status);
                    line["last_login_at"] = json!(account.last_login_at);
                    line["tier"] = json!(account.membership.map(|own| own.tier));
                    line["valid_until"] = json!(account.membership.and_then(|own| own.valid_until));
                    line.to_string()
                } else {
                    let last = account
                        .last_login_at
                        .map_or_else(|| "never".to_owned(), |time| time.to_string());
                    format!(
                        "{}  {:<5}  {:<9}  {:<27}  {}  {} {}",
                        account.id,
                        account.instance_role.as_str(),
                        account.status,
                        last,
                        account.email,
                        account.first_name,
                        account.last_name
                    )
                };
                print_line(&line)?;
            }
            Ok(())
        }
    }
}

/// What was asked for; the last day is over at midnight.
fn membership(tier: &str, until: Option<&str>) -> Result<Option<Membership>> {
    let valid_until = until.map(end_of_day).transpose()?;
    if tier == "default" {
        if valid_until.is_some() {
            bail!("--until belongs to a tier of one's own, not to default");
        }
        return Ok(None);
    }
    let tier = Tier::parse(tier).context("TIER must be none, free, monthly, annual or default")?;
    Ok(Some(Membership { tier, valid_until }))
}

fn end_of_day(date: &str) -> Result<Timestamp> {
    let day: Timestamp = format!("{date}T00:00:00Z")
        .parse()
        .ok()
        .context("--until must be a day such as 2026-12-31")?;
    Ok(day.plus(Duration::from_secs(24 * 60 * 60)))
}

fn in_words(membership: Option<Membership>) -> String {
    let tier = membership.map_or("default", |own| own.tier.as_str());
    match membership.and_then(|own| own.valid_until) {
        Some(end) => format!("{tier} until {end}"),
        None => tier.to_owned(),
    }
}

fn parse_address(text: &str) -> Result<Email> {
    Email::parse("/address", text).map_err(|problem| anyhow::anyhow!("ADDRESS {}", problem.message))
}

fn read_password(from_stdin: bool) -> Result<String> {
    if from_stdin {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("cannot read the password")?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask for the password; pipe it in with --password-stdin");
    }
    let first = rpassword::prompt_password("Password (12 to 128 characters): ")
        .context("cannot read the password")?;
    let second = rpassword::prompt_password("The same again: ").context("cannot read the password")?;
    if first != second {
        bail!("the two passwords differ");
    }
    Ok(first)
}

fn spoken(problems: Vec<althing_web::FieldProblem>) -> anyhow::Error {
    let said: Vec<String> = problems
        .iter()
        .map(|problem| {
            format!(
                "--{} {}",
                problem.field.trim_start_matches('/').replace('_', "-"),
                problem.message
            )
        })
        .collect();
    anyhow::anyhow!("{}", said.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_lasts_until_the_end_of_its_last_day() {
        let own = membership("monthly", Some("2026-12-31")).unwrap();
        assert_eq!(in_words(own), "monthly until 2027-01-01T00:00:00.000000Z");
        assert_eq!(in_words(membership("free", None).unwrap()), "free");
        assert_eq!(membership("default", None).unwrap(), None);
        for (tier, until) in [
            ("gold", None),
            ("default", Some("2026-12-31")),
            ("free", Some("soon")),
        ] {
            assert!(membership(tier, until).is_err(), "{tier} {until:?}");
        }
    }
}
