//! What is mailed about accounts and invitations.

use althing_events::identity::MemberInvited;
use althing_web::{Mail, Mailer};

/// Somebody is asked into a workspace; the link leads newcomers to a form and members in.
pub(crate) fn invitation(mailer: &Mailer, id: String, invited: &MemberInvited, token: &str) -> Mail {
    let (inviter, workspace) = (&invited.inviter_name, &invited.workspace_name);
    letter(
        mailer,
        id,
        &invited.invitee_email,
        &format!("{inviter} invites you to {workspace}"),
        &format!(
            "{inviter} invites you to the workspace {workspace}, where decisions are taken together. \
             The invitation is good for two weeks."
        ),
        &format!("/invitation#{token}"),
    )
}

/// Somebody registered with this address.
pub(crate) fn confirmation(mailer: &Mailer, id: String, to: &str, token: &str) -> Mail {
    letter(
        mailer,
        id,
        to,
        "Confirm your address",
        "Somebody made an account with this address. If it was you, confirm it with this link within 15 minutes; \
         if not, you need to do nothing.",
        &format!("/confirm#{token}"),
    )
}

/// Somebody registered with an address that has an account.
pub(crate) fn known_already(mailer: &Mailer, id: String, to: &str) -> Mail {
    letter(
        mailer,
        id,
        to,
        "You have an account already",
        "Somebody wanted to make an account with this address, which has one. If it was you, sign in; \
         if not, you need to do nothing.",
        "/sign-in",
    )
}

/// Somebody forgot their password.
pub(crate) fn reset(mailer: &Mailer, id: String, to: &str, token: &str) -> Mail {
    letter(
        mailer,
        id,
        to,
        "Set another password",
        "Somebody asked for another password for your account. If it was you, set it with this link within an hour; \
         if not, you need to do nothing.",
        &format!("/reset#{token}"),
    )
}

/// Somebody wants to sign in.
pub(crate) fn login(mailer: &Mailer, id: String, to: &str, token: &str) -> Mail {
    letter(
        mailer,
        id,
        to,
        "Sign in",
        "Somebody wants to sign in with this address. If it was you, use this link within 15 minutes; it works once. \
         If not, you need to do nothing.",
        &format!("/sign-in/link#{token}"),
    )
}

/// Somebody wants this address for their account.
pub(crate) fn address_change(mailer: &Mailer, id: String, to: &str, token: &str) -> Mail {
    letter(
        mailer,
        id,
        to,
        "Confirm your new address",
        "Somebody wants to use this address for their account from now on. If it was you, confirm it with this link \
         within 7 days; if not, you need to do nothing.",
        &format!("/confirm-email#{token}"),
    )
}

/// Somebody wants an address that has an account.
pub(crate) fn address_wanted(mailer: &Mailer, id: String, to: &str) -> Mail {
    letter(
        mailer,
        id,
        to,
        "You have an account already",
        "Somebody wanted to use this address for another account, but it has one. If it was you, sign in; \
         if not, you need to do nothing.",
        "/sign-in",
    )
}

/// The account of this address has another one now.
pub(crate) fn address_left(mailer: &Mailer, id: String, to: &str) -> Mail {
    letter(
        mailer,
        id,
        to,
        "Your account has another address",
        "Your account is no longer reached at this address, as you asked for with a link that went to the new one. \
         If it was not you, tell whoever runs this instance at once.",
        "/sign-in",
    )
}

fn letter(mailer: &Mailer, id: String, to: &str, subject: &str, body: &str, page: &str) -> Mail {
    let address = mailer.link(page);
    Mail {
        id,
        to: to.to_owned(),
        // A name may hold what a header must not.
        subject: subject.chars().filter(|sign| !sign.is_control()).collect(),
        text: format!("{body}\n\n{address}\n"),
        html: format!(
            "<!doctype html><html><body style=\"font-family: sans-serif\"><p>{}</p><p><a href=\"{address}\">{address}</a></p></body></html>",
            escaped(body)
        ),
        unsubscribe: None,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_no_markup_and_no_header() {
        let mailer = Mailer::new(None, "https://althing.example.org");
        let mail = letter(
            &mailer,
            "x".into(),
            "bob@example.org",
            "A\r\nBcc: eve",
            "<b>Engines</b>",
            "/confirm#abc",
        );
        assert_eq!(mail.subject, "ABcc: eve");
        assert!(mail.html.contains("&lt;b&gt;Engines") && !mail.html.contains("<b>"));
        assert_eq!(
            mail.text,
            "<b>Engines</b>\n\nhttps://althing.example.org/confirm#abc\n"
        );
    }
}
