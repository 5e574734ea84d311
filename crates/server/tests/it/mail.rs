//! Mail: off, on, wrong; and the operator who wants to know.

use althing_testkit::{Smtp, TestApp};
use serde_json::json;

use crate::{BINARY, app};

const TEST: &str = "/api/admin/mail/test";
const FROM: (&str, &str) = ("ALTHING_MAIL_FROM", "Althing <althing@example.org>");

async fn set_up(settings: &[(&str, &str)]) -> (TestApp, althing_testkit::Client) {
    let app = TestApp::start_with(BINARY, settings).await;
    let owner = app.set_up().await;
    (app, owner)
}

#[tokio::test]
async fn without_a_server_mail_is_off_and_all_else_works() {
    let app = app().await;
    let owner = app.owner();
    let status = owner.get("/api/admin/mail").await;
    assert_eq!(
        status.data(),
        &json!({"is_on": false, "server": null, "from": null})
    );
    assert_eq!(owner.post_empty(TEST).await.refusal(), (409, "mail_off"));
    let preferences = owner.get("/api/me/notification-preferences").await;
    assert_eq!(preferences.data()["mail_is_on"], false);
}

#[tokio::test]
async fn a_test_mail_comes_over_starttls_with_user_and_password() {
    let smtp = Smtp::options()
        .credentials("ada", "s3cret")
        .starttls()
        .start()
        .await;
    let (url, authorities) = (smtp.url(), smtp.ca_file().display().to_string());
    let on = [("ALTHING_MAIL_SMTP_URL", url.as_str()), FROM];
    let (app, owner) = set_up(&[on[0], on[1], ("ALTHING_MAIL_CA_FILE", &authorities)]).await;
    let sent = owner.post_empty(TEST).await;
    assert_eq!(sent.status, 204, "{}", sent.text);
    let mail = &smtp.wait_for(1).await[0];
    assert_eq!(mail.to, ["ada@example.org"]);
    assert_eq!((mail.encrypted, mail.user.as_deref()), (true, Some("ada")));
    assert_eq!(mail.header("From"), "Althing <althing@example.org>");
    let status = owner.get("/api/admin/mail").await;
    assert_eq!(status.data()["is_on"], true);
    let settings = app.command(&["config", "check"]).await;
    for said in [&status.text, &settings.stdout, &app.log()] {
        assert!(!said.contains("s3cret"), "{said}");
    }
}

#[tokio::test]
async fn a_server_whose_certificate_nobody_vouches_for_is_not_spoken_to() {
    let smtp = Smtp::options().tls().start().await;
    let (_app, owner) = set_up(&[("ALTHING_MAIL_SMTP_URL", &smtp.url()), FROM]).await;
    let refused = owner.post_empty(TEST).await;
    assert_eq!(refused.refusal(), (502, "mail_failed"));
    assert!(refused.text.contains("certificate"), "{}", refused.text);
    assert!(smtp.mails().is_empty());
}

#[tokio::test]
async fn the_operator_sees_what_the_server_said() {
    let smtp = Smtp::start().await;
    let (app, owner) = set_up(&[("ALTHING_MAIL_SMTP_URL", &smtp.url()), FROM]).await;
    smtp.refuse("550 5.7.1 relaying for ada@example.org denied");
    let refused = owner.post_empty(TEST).await;
    assert_eq!(refused.refusal(), (502, "mail_failed"));
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(
        detail.contains("5.7.1 relaying for ada@example.org denied"),
        "{detail}"
    );
    assert_eq!(refused.body["temporary"], false);
    smtp.refuse("451 4.7.1 greylisted");
    assert_eq!(owner.post_empty(TEST).await.body["temporary"], true);
    smtp.stop().await;
    let away = owner.post_empty(TEST).await;
    assert_eq!((away.status, &away.body["temporary"]), (502, &json!(true)));
    assert!(!app.log().contains("ada@example.org"), "{}", app.log());
}
