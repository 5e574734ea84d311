//! Mail, as operators see it: whether it is on, and whether it works.

use althing_web::{Actor, Answer, AppState, Code, Data, Mail, MailError, Mailer, NoContent, Problem};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

/// Where mails go. Never how one signs in there.
#[derive(Serialize, JsonSchema)]
pub(super) struct MailStatus {
    is_on: bool,
    /// Host and port.
    server: Option<String>,
    from: Option<String>,
}

pub(super) async fn status(State(state): State<AppState>) -> Data<MailStatus> {
    let mailer: Mailer = state.get();
    let (server, from) = mailer.facts().unzip();
    Data(MailStatus {
        is_on: mailer.is_on(),
        server,
        from,
    })
}

pub(super) async fn test(State(state): State<AppState>, actor: Actor) -> Answer<NoContent> {
    let mailer: Mailer = state.get();
    let link = mailer.link("/admin");
    let mail = Mail {
        id: format!("test/{}", state.backbone.ids().next()),
        to: actor.email,
        subject: "Althing can send mail".to_owned(),
        text: format!("This is the test mail that you asked for at {link}.\n"),
        html: format!("<p>This is the test mail that you asked for at <a href=\"{link}\">{link}</a>.</p>"),
        unsubscribe: None,
    };
    match mailer.send(&mail).await {
        Ok(()) => Ok(NoContent),
        Err(MailError::Off) => Err(Problem::new(
            Code::MailOff,
            "this instance has no mail server; set mail.smtp_url and mail.from",
        )),
        // Word for word: it is the operator's own mail, and they need to mend it.
        Err(error) => {
            Err(Problem::new(Code::MailFailed, error.said()).with_member("temporary", !error.is_permanent()))
        }
    }
}
