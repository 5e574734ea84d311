//! Somebody as a provider describes them.

use serde_json::{Map, Value};

use super::failure::{Failed, SsoError};
use super::provider::Provider;
use crate::fields::{Email, Name};

/// What fits into an index, and more than the standard allows.
const SUBJECT_MOST: usize = 255;

/// Somebody whom a provider vouches for.
#[derive(Clone)]
pub(super) struct Person {
    pub subject: String,
    pub email: Email,
    /// Whether the provider has seen that the address is theirs; `None` if it does not say.
    pub email_verified: Option<bool>,
    pub names: (Name, Name),
    /// `None` where groups are not asked for.
    pub groups: Option<Vec<String>>,
}

impl Person {
    /// Whether a token leaves something open that the provider may tell elsewhere.
    pub fn wants_more(claims: &Map<String, Value>, provider: &Provider) -> bool {
        let groups = provider.group_claim.as_ref();
        !claims.contains_key("email")
            || !(claims.contains_key("given_name") || claims.contains_key("name"))
            || groups.is_some_and(|claim| find(claims, claim).is_none())
    }

    /// The person that claims describe.
    pub fn of(claims: &Map<String, Value>, provider: &Provider) -> Result<Self, SsoError> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let subject = text("sub").filter(|subject| !subject.is_empty() && subject.len() <= SUBJECT_MOST);
        let subject = subject.ok_or_else(|| SsoError::not_believed("the person has no usable id"))?;
        let email = text("email").and_then(|email| Email::parse("/email", email).ok());
        let email = email.ok_or(Failed::NoAddress)?;
        let groups = provider.group_claim.as_ref();
        Ok(Self {
            subject: subject.to_owned(),
            email_verified: is_true(claims.get("email_verified")),
            names: names(&text, &email, &provider.label),
            groups: groups.map(|claim| listed(find(claims, claim))),
            email,
        })
    }
}

/// Some providers write it as a text.
fn is_true(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Bool(is_verified) => Some(*is_verified),
        Value::String(text) => Some(text == "true"),
        _ => Some(false),
    }
}

/// First and last name; the provider's own stands in for what it does not tell.
fn names<'a>(text: &impl Fn(&str) -> Option<&'a str>, email: &Email, label: &str) -> (Name, Name) {
    let name = |text: &str| Name::parse("/name", text).ok();
    let whole = text("name").unwrap_or_default().trim();
    let (first, last) = whole.rsplit_once(' ').unwrap_or((whole, ""));
    let local = email.as_str().split('@').next().unwrap_or_default();
    let pick = |told: Option<&str>, guessed: &str, else_this: &str| {
        name(told.unwrap_or_default())
            .or_else(|| name(guessed))
            .or_else(|| name(else_this))
            .or_else(|| name("?"))
            .expect("a question mark is a name")
    };
    (
        pick(text("given_name"), first, local),
        pick(text("family_name"), last, label),
    )
}

/// A claim by its name, or, if there is none, by a path with dots.
fn find<'a>(claims: &'a Map<String, Value>, claim: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(claim) {
        return Some(value);
    }
    let (first, rest) = claim.split_once('.')?;
    find(claims.get(first)?.as_object()?, rest)
}

/// Groups come as a list, as one text, or as the names of an object's fields.
fn listed(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Object(fields)) => fields.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn groups(claims: &Value, claim: &str) -> Vec<String> {
        let claims = claims.as_object().unwrap();
        listed(find(claims, claim))
    }

    #[test]
    fn groups_are_found_in_every_shape_that_providers_have() {
        assert_eq!(groups(&json!({"groups": ["a", 7, "b"]}), "groups"), ["a", "b"]);
        assert_eq!(groups(&json!({"group": "a"}), "group"), ["a"]);
        let roles = json!({"urn:zitadel:iam:org:project:roles": {"admin": {"1": "x"}, "staff": {}}});
        assert_eq!(
            groups(&roles, "urn:zitadel:iam:org:project:roles"),
            ["admin", "staff"]
        );
        let nested = json!({"realm_access": {"roles": ["a"]}});
        assert_eq!(groups(&nested, "realm_access.roles"), ["a"]);
        assert!(groups(&nested, "realm_access.groups").is_empty());
    }

    #[test]
    fn somebody_without_names_gets_some() {
        let told = |claims: Value| {
            let claims = claims.as_object().unwrap().clone();
            let text = |name: &str| claims.get(name).and_then(Value::as_str);
            let email = Email::parse("/", "ada@example.org").unwrap();
            let (first, last) = names(&text, &email, "Home");
            (first.as_str().to_owned(), last.as_str().to_owned())
        };
        let pair = |first: &str, last: &str| (first.to_owned(), last.to_owned());
        assert_eq!(
            told(json!({"given_name": "Ada", "family_name": "Byron", "name": "X Y"})),
            pair("Ada", "Byron")
        );
        assert_eq!(told(json!({"name": "Ada King Noel"})), pair("Ada King", "Noel"));
        assert_eq!(told(json!({"name": "Ada"})), pair("Ada", "Home"));
        assert_eq!(told(json!({})), pair("ada", "Home"));
    }

    #[test]
    fn an_address_counts_as_verified_only_if_the_provider_says_so() {
        assert_eq!(is_true(None), None);
        assert_eq!(is_true(Some(&json!(true))), Some(true));
        assert_eq!(is_true(Some(&json!("true"))), Some(true));
        for not in [json!(false), json!("false"), json!(1), json!(null)] {
            assert_eq!(is_true(Some(&not)), Some(false), "{not}");
        }
    }
}
