//! Text with rules, parsed at the door: names, addresses, new passwords.

use std::fmt;

use althing_events::UserId;
use althing_web::FieldProblem;
use serde::{Deserialize, Serialize};

/// A first or last name: 1–255 characters after trimming.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(String);

/// An address: at most 160 characters, one `@` with something on both sides, no
/// white space, comma or semicolon; in lower case.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

/// A password that somebody wants to have: 12–128 characters, not trimmed.
#[derive(Clone)]
pub struct NewPassword(String);

const NAME_MOST: usize = 255;
const EMAIL_MOST: usize = 160;
const PASSWORD_LEAST: usize = 12;
const PASSWORD_MOST: usize = 128;

impl Name {
    /// Checks and trims; `field` is its pointer in the request.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldProblem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FieldProblem::new(field, "required", "is required"));
        }
        if text.chars().count() > NAME_MOST {
            return Err(FieldProblem::new(
                field,
                "too_long",
                format!("must have at most {NAME_MOST} characters"),
            ));
        }
        if text.chars().any(char::is_control) {
            return Err(FieldProblem::new(
                field,
                "invalid",
                "contains characters that cannot be shown",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// What somebody is called whose account is gone.
    pub(crate) fn gone() -> (Self, Self) {
        (Self("deleted".to_owned()), Self("user".to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Email {
    /// Checks and puts into lower case; `field` is its pointer in the request.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldProblem> {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return Err(FieldProblem::new(field, "required", "is required"));
        }
        if text.chars().count() > EMAIL_MOST {
            return Err(FieldProblem::new(
                field,
                "too_long",
                format!("must have at most {EMAIL_MOST} characters"),
            ));
        }
        let whole = text
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
        let forbidden = |sign: char| sign.is_whitespace() || sign.is_control() || sign == ',' || sign == ';';
        if !whole || text.chars().any(forbidden) {
            return Err(FieldProblem::new(field, "invalid", "is not an e-mail address"));
        }
        Ok(Self(text))
    }

    /// What stands in the place of the address of an account that is gone: nobody's, and
    /// unlike any other.
    pub(crate) fn gone(id: UserId) -> Self {
        Self(format!("{id}@deleted.invalid"))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl NewPassword {
    /// Checks the length; `field` is its pointer in the request.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldProblem> {
        match text.chars().count() {
            0 => Err(FieldProblem::new(field, "required", "is required")),
            length if length < PASSWORD_LEAST => Err(FieldProblem::new(
                field,
                "too_short",
                format!("must have at least {PASSWORD_LEAST} characters"),
            )),
            length if length > PASSWORD_MOST => Err(FieldProblem::new(
                field,
                "too_long",
                format!("must have at most {PASSWORD_MOST} characters"),
            )),
            _ => Ok(Self(text.to_owned())),
        }
    }

    pub(crate) fn reveal(self) -> String {
        self.0
    }
}

/// Everything a new account needs, checked.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// First name.
    pub first_name: Name,
    /// Last name.
    pub last_name: Name,
    /// The address.
    pub email: Email,
    /// The password, until it is hashed.
    pub password: NewPassword,
}

impl NewAccount {
    /// Checks all fields at once, so that a form can show all that is wrong.
    pub fn parse(
        first_name: &str,
        last_name: &str,
        email: &str,
        password: &str,
    ) -> Result<Self, Vec<FieldProblem>> {
        let parsed = (
            Name::parse("/first_name", first_name),
            Name::parse("/last_name", last_name),
            Email::parse("/email", email),
            NewPassword::parse("/password", password),
        );
        match parsed {
            (Ok(first_name), Ok(last_name), Ok(email), Ok(password)) => Ok(Self {
                first_name,
                last_name,
                email,
                password,
            }),
            (first_name, last_name, email, password) => {
                Err([first_name.err(), last_name.err(), email.err(), password.err()]
                    .into_iter()
                    .flatten()
                    .collect())
            }
        }
    }
}

/// What is personal or secret never reaches a log.
macro_rules! hidden {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        }
    )+};
}
hidden!(Name, Email, NewPassword);

#[cfg(test)]
mod tests {
    use super::*;

    fn code<T: fmt::Debug>(parsed: Result<T, FieldProblem>) -> String {
        parsed.unwrap_err().code
    }

    #[test]
    fn addresses_are_checked_and_lowered() {
        assert_eq!(
            Email::parse("/email", " Ada@Example.ORG ").unwrap().as_str(),
            "ada@example.org"
        );
        for wrong in [
            "ada",
            "@example.org",
            "ada@",
            "a@b@c",
            "a b@c",
            "a,b@c",
            "a;b@c",
            "a@b\u{7}",
        ] {
            assert_eq!(code(Email::parse("/email", wrong)), "invalid", "{wrong}");
        }
        let longest = format!("{}@b", "a".repeat(158));
        assert_eq!(Email::parse("/email", &longest).unwrap().as_str().len(), 160);
        assert_eq!(code(Email::parse("/email", &format!("a{longest}"))), "too_long");
        assert_eq!(code(Email::parse("/email", "  ")), "required");
    }

    #[test]
    fn lengths_count_characters_not_bytes() {
        assert_eq!(
            Name::parse("/n", &"é".repeat(255))
                .unwrap()
                .as_str()
                .chars()
                .count(),
            255
        );
        assert_eq!(code(Name::parse("/n", &"é".repeat(256))), "too_long");
        assert_eq!(code(Name::parse("/n", " \t ")), "required");
        assert!(NewPassword::parse("/p", &"ü".repeat(12)).is_ok());
        assert_eq!(code(NewPassword::parse("/p", &"ü".repeat(11))), "too_short");
        assert!(NewPassword::parse("/p", &"ü".repeat(128)).is_ok());
        assert_eq!(code(NewPassword::parse("/p", &"ü".repeat(129))), "too_long");
    }

    #[test]
    fn all_fields_are_checked_at_once_and_debug_tells_nothing() {
        let problems = NewAccount::parse("", "L", "nobody", "short").unwrap_err();
        let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["/first_name", "/email", "/password"]);
        let account = NewAccount::parse("Ada", "L", "ada@example.org", "a long password").unwrap();
        assert!(!format!("{account:?}").contains("Ada") && !format!("{account:?}").contains("long password"));
    }
}
