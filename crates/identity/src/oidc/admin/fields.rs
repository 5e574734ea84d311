//! What an admin says about a provider, checked.

use althing_events::identity::MemberRole;
use althing_events::{OidcProviderId, WorkspaceId};
use althing_web::{Answer, AppState, FieldProblem, Problem};
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use crate::oidc::provider::{Grant, Provider, Rule, may_be_called};
use crate::oidc::{sealed, views};
use crate::workspace::slug;

const LABEL_MOST: usize = 100;
const TEXT_MOST: usize = 255;
const ISSUER_MOST: usize = 500;
const SECRET_MOST: usize = 1_000;
const SCOPES_MOST: usize = 20;
const RULES_MOST: usize = 200;

/// A provider to be; what is absent of one that exists stays.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ProviderRequest {
    /// Made from the label if absent; never changes.
    slug: Option<String>,
    label: Option<String>,
    issuer: Option<String>,
    client_id: Option<String>,
    /// An empty text takes the secret away.
    client_secret: Option<String>,
    scopes: Option<Vec<String>>,
    /// An empty text: groups are not asked for.
    group_claim: Option<String>,
    group_map: Option<Vec<RuleRequest>>,
    may_create_accounts: Option<bool>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "grants", rename_all = "snake_case", deny_unknown_fields)]
enum RuleRequest {
    Membership {
        group: String,
        workspace: String,
        role: String,
    },
    InstanceAdmin {
        group: String,
    },
}

/// What is to be different; `None` leaves it.
#[derive(Default)]
pub(super) struct Changes {
    label: Option<String>,
    issuer: Option<String>,
    client_id: Option<String>,
    /// Sealed.
    client_secret: Option<Option<String>>,
    scopes: Option<Vec<String>>,
    group_claim: Option<Option<String>>,
    group_map: Option<Vec<Rule>>,
    may_create_accounts: Option<bool>,
}

impl Changes {
    /// Makes them, and answers the names of what differs now.
    pub fn apply(&self, provider: &mut Provider) -> Vec<&'static str> {
        let mut changed = Vec::new();
        let mut take = |name, differs| {
            if differs {
                changed.push(name);
            }
        };
        take("label", set(&mut provider.label, &self.label));
        take("issuer", set(&mut provider.issuer, &self.issuer));
        take("client_id", set(&mut provider.client_id, &self.client_id));
        take(
            "client_secret",
            set(&mut provider.client_secret, &self.client_secret),
        );
        take("scopes", set(&mut provider.scopes, &self.scopes));
        take("group_claim", set(&mut provider.group_claim, &self.group_claim));
        take("group_map", set(&mut provider.group_map, &self.group_map));
        let may = &self.may_create_accounts;
        take("may_create_accounts", set(&mut provider.may_create_accounts, may));
        changed
    }
}

fn set<T: PartialEq + Clone>(held: &mut T, new: &Option<T>) -> bool {
    match new {
        Some(new) if new != held => {
            *held = new.clone();
            true
        }
        _ => false,
    }
}

impl ProviderRequest {
    /// A new provider's short name and the rest.
    pub async fn of_a_new_one(mut self, state: &AppState, id: OidcProviderId) -> Answer<(String, Changes)> {
        let mut problems = Vec::new();
        let label = self.label.as_deref().unwrap_or_default();
        let slug = match &self.slug {
            Some(given) => Some(given.clone()).filter(|given| slug::from_name(given).as_ref() == Some(given)),
            None => slug::from_name(label),
        };
        if slug.is_none() {
            let message = "must be lower-case letters, digits and single hyphens";
            problems.push(FieldProblem::new("/slug", "invalid", message));
        }
        // What is required is checked as if it were empty.
        self.label.get_or_insert_default();
        self.issuer.get_or_insert_default();
        self.client_id.get_or_insert_default();
        self.scopes
            .get_or_insert_with(|| ["profile", "email"].map(str::to_owned).to_vec());
        let changes = self.checked(state, id, problems).await?;
        Ok((slug.unwrap_or_default(), changes))
    }

    /// What is to be different about a provider.
    pub async fn of_this_one(self, state: &AppState, provider: &Provider) -> Answer<Changes> {
        let mut problems = Vec::new();
        if self.slug.as_ref().is_some_and(|slug| *slug != provider.slug) {
            problems.push(FieldProblem::new("/slug", "fixed", "cannot be changed"));
        }
        // A secret goes only to whom it was entered for.
        let moves = self
            .issuer
            .as_ref()
            .is_some_and(|issuer| issuer.trim() != provider.issuer);
        if moves && provider.client_secret.is_some() && self.client_secret.is_none() {
            let message = "enter the secret again: the issuer is another one";
            problems.push(FieldProblem::new("/client_secret", "required", message));
        }
        self.checked(state, provider.id, problems).await
    }

    async fn checked(
        self,
        state: &AppState,
        id: OidcProviderId,
        mut problems: Vec<FieldProblem>,
    ) -> Answer<Changes> {
        let db = state.backbone.db();
        let mut changes = Changes {
            label: kept(
                &mut problems,
                self.label.map(|text| line("/label", &text, LABEL_MOST)),
            ),
            issuer: kept(&mut problems, self.issuer.map(|text| issuer(&text))),
            client_id: kept(
                &mut problems,
                self.client_id.map(|text| line("/client_id", &text, TEXT_MOST)),
            ),
            scopes: kept(&mut problems, self.scopes.map(scopes)),
            group_claim: kept(
                &mut problems,
                self.group_claim
                    .map(|text| optional("/group_claim", &text, TEXT_MOST)),
            ),
            may_create_accounts: self.may_create_accounts,
            ..Changes::default()
        };
        if let Some(rules) = self.group_map {
            changes.group_map = Some(rules_of(db, rules, &mut problems).await?);
        }
        let secret = self
            .client_secret
            .map(|text| optional("/client_secret", &text, SECRET_MOST));
        let secret = kept(&mut problems, secret);
        if !problems.is_empty() {
            return Err(Problem::validation(problems));
        }
        changes.client_secret = match secret {
            Some(Some(secret)) => Some(Some(sealed::seal(db, id, &secret).await?)),
            other => other,
        };
        Ok(changes)
    }
}

/// A good value; a bad one's problem joins the others.
fn kept<T>(problems: &mut Vec<FieldProblem>, parsed: Option<Result<T, FieldProblem>>) -> Option<T> {
    match parsed? {
        Ok(value) => Some(value),
        Err(problem) => {
            problems.push(problem);
            None
        }
    }
}

fn line(field: &str, text: &str, most: usize) -> Result<String, FieldProblem> {
    optional(field, text, most)?.ok_or_else(|| FieldProblem::new(field, "required", "is required"))
}

fn optional(field: &str, text: &str, most: usize) -> Result<Option<String>, FieldProblem> {
    let text = text.trim();
    if text.chars().count() > most {
        let message = format!("must have at most {most} characters");
        return Err(FieldProblem::new(field, "too_long", message));
    }
    if text.chars().any(char::is_control) {
        let message = "contains characters that cannot be shown";
        return Err(FieldProblem::new(field, "invalid", message));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn issuer(text: &str) -> Result<String, FieldProblem> {
    const FIELD: &str = "/issuer";
    let text = line(FIELD, text, ISSUER_MOST)?;
    let url = Url::parse(&text).ok().filter(|url| {
        url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    });
    match url {
        Some(url) if may_be_called(&url) => Ok(text),
        _ => Err(FieldProblem::new(
            FIELD,
            "invalid",
            "must be an https address without a question mark, as the provider's description names it",
        )),
    }
}

/// `openid` goes without saying.
fn scopes(words: Vec<String>) -> Result<Vec<String>, FieldProblem> {
    const FIELD: &str = "/scopes";
    if words.len() > SCOPES_MOST {
        return Err(FieldProblem::new(
            FIELD,
            "too_many",
            format!("must be at most {SCOPES_MOST}"),
        ));
    }
    let is_word = |word: &String| {
        let sign = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        !word.is_empty() && word.len() <= TEXT_MOST && word.bytes().all(sign)
    };
    if !words.iter().all(is_word) {
        return Err(FieldProblem::new(
            FIELD,
            "invalid",
            "must be words without spaces",
        ));
    }
    Ok(words.into_iter().filter(|word| word != "openid").collect())
}

async fn rules_of(
    db: &althing_backbone::Db,
    requests: Vec<RuleRequest>,
    problems: &mut Vec<FieldProblem>,
) -> Answer<Vec<Rule>> {
    if requests.len() > RULES_MOST {
        let message = format!("must be at most {RULES_MOST}");
        problems.push(FieldProblem::new("/group_map", "too_many", message));
        return Ok(Vec::new());
    }
    let mut rules = Vec::new();
    for (index, request) in requests.into_iter().enumerate() {
        let at = |field: &str| format!("/group_map/{index}/{field}");
        let (group, grant) = match request {
            RuleRequest::InstanceAdmin { group } => (group, Some(Grant::InstanceAdmin)),
            RuleRequest::Membership {
                group,
                workspace,
                role,
            } => {
                let found = views::workspace(db, workspace.trim()).await?;
                if found.is_none() {
                    let message = "is no workspace's short name";
                    problems.push(FieldProblem::new(at("workspace"), "unknown", message));
                }
                let role = role_of(&role);
                if role.is_none() {
                    let message = "must be admin, member or guest";
                    problems.push(FieldProblem::new(at("role"), "invalid_role", message));
                }
                let grant = found.zip(role).map(|(workspace, role)| Grant::Membership {
                    workspace_id: WorkspaceId(workspace),
                    role,
                });
                (group, grant)
            }
        };
        let group = kept(problems, Some(line(&at("group"), &group, TEXT_MOST)));
        rules.extend(group.zip(grant).map(|(group, grant)| Rule { group, grant }));
    }
    Ok(rules)
}

/// Nobody becomes an owner by a group.
fn role_of(word: &str) -> Option<MemberRole> {
    [MemberRole::Admin, MemberRole::Member, MemberRole::Guest]
        .into_iter()
        .find(|role| role.as_str() == word)
}
