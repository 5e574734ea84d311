//! `althing admin`: accounts, beside a running server or on a folder at rest; moving to another database.

use std::io::{IsTerminal, Read};

use althing_backbone::Context as CommandContext;
use althing_events::UserId;
use althing_identity::{
    CreateUser, Credentials, Email, MakeResetLink, NewAccount, Passwords, Reactivate, Whose, accounts,
};
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
        AdminCommand::ListUsers { json } => {
            let backbone = composition::at_rest(config).await?;
            for account in accounts(backbone.db()).await? {
                let line = if json {
                    let mut line = serde_json::to_value(&account)?;
                    line["status"] = json!(account.status);
                    line["last_login_at"] = json!(account.last_login_at);
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
