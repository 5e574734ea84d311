//! The command line, beside a running server and on a folder at rest.

use althing_testkit::TestApp;
use serde_json::{Value, json};

use crate::{BINARY, app};

#[tokio::test]
async fn history_shows_what_happened_without_what_it_said() {
    let mut app = app().await;
    let owner = app.owner().user_id().to_owned();
    let lines = app.command(&["events", "history", "--json"]).await.lines();
    let types: Vec<&str> = lines
        .iter()
        .map(|line| line["event_type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "identity.user_registered",
            "identity.user_confirmed",
            "identity.user_logged_in"
        ]
    );
    assert_eq!(
        lines
            .iter()
            .map(|line| line["position"].clone())
            .collect::<Vec<_>>(),
        [json!(1), json!(2), json!(3)]
    );
    assert!(
        lines
            .iter()
            .all(|line| line["actor_id"] == owner && line.get("data").is_none())
    );

    assert!(app.stop().await.success());
    let after = app
        .command(&["events", "history", "--json", "--after", "1", "--limit", "1"])
        .await
        .lines();
    assert_eq!(
        (after.len(), &after[0]["position"]),
        (1, &json!(2)),
        "the folder is at rest"
    );
    let typed = app
        .command(&["events", "history", "--json", "--type", "identity.user_confirmed"])
        .await
        .lines();
    assert_eq!((typed.len(), &typed[0]["aggregate_seq"]), (1, &json!(2)));
    let aggregate = format!("user/{owner}");
    assert_eq!(
        app.command(&["events", "history", "--json", "--aggregate", &aggregate])
            .await
            .lines()
            .len(),
        3
    );
    let unknown = app
        .command(&["events", "history", "--json", "--type", "nothing.happened"])
        .await;
    assert!(unknown.ok && unknown.stdout.is_empty());
}

#[tokio::test]
async fn payloads_are_shown_and_personal_fields_opened_only_if_asked_for() {
    let app = app().await;
    let sealed = app.command(&["events", "show", "1", "--json", "--payload"]).await;
    assert!(
        !sealed.stdout.contains("ada@example.org") && sealed.stdout.contains("sealed:"),
        "{}",
        sealed.stdout
    );
    let opened = &app
        .command(&["events", "show", "1", "--json", "--payload", "--open-personal"])
        .await
        .lines()[0];
    assert_eq!(
        (&opened["data"]["email"], &opened["data"]["first_name"]),
        (&json!("ada@example.org"), &json!("Ada"))
    );
    let id = opened["event_id"].as_str().unwrap();
    assert_eq!(
        app.command(&["events", "show", id, "--json"]).await.lines()[0]["position"],
        1
    );
    assert!(
        !app.command(&["events", "show", "1", "--open-personal"]).await.ok,
        "it needs --payload"
    );
    let missing = app.command(&["events", "show", "99"]).await;
    assert_eq!(
        (missing.ok, missing.stderr.trim()),
        (false, "althing: there is no such event")
    );
}

#[tokio::test]
async fn accounts_are_made_and_listed() {
    let app = app().await;
    app.user("Bob").await;
    let users = app.command(&["admin", "list-users", "--json"]).await.lines();
    let seen: Vec<(&Value, &Value)> = users
        .iter()
        .map(|user| (&user["email"], &user["instance_role"]))
        .collect();
    assert_eq!(
        seen,
        [
            (&json!("ada@example.org"), &json!("owner")),
            (&json!("bob@example.org"), &json!("user"))
        ]
    );
    let make = async |email: &str, password: &str| {
        let arguments = [
            "admin",
            "create-user",
            "--email",
            email,
            "--first-name",
            "B",
            "--last-name",
            "T",
            "--password-stdin",
        ];
        app.command_with(&arguments, password).await
    };
    let taken = make("Bob@example.org", "another password").await;
    assert_eq!(
        (taken.ok, taken.stderr.trim()),
        (false, "althing: another account has this address")
    );
    let short = make("carol@example.org", "short").await;
    assert_eq!(
        (short.ok, short.stderr.trim()),
        (false, "althing: --password must have at least 12 characters")
    );
}

#[tokio::test]
async fn an_operator_makes_a_link_for_whoever_forgot_their_password() {
    let app = app().await;
    let bob = app.user("Bob").await;
    let made = app.command(&["admin", "reset-password", "Bob@Example.org"]).await;
    let (page, token) = made.stdout.trim().split_once('#').expect("a link");
    assert!(page.starts_with("http://") && page.ends_with("/reset"), "{page}");
    let new = "a much better password";
    let body = json!({"token": token, "password": new, "confirmation": new});
    let set = app
        .anonymous()
        .post("/api/auth/password/reset", body.clone())
        .await;
    assert_eq!(set.status, 204);
    assert_eq!(bob.get("/api/me").await.refusal(), (401, "unauthenticated"));
    let again = app.anonymous().post("/api/auth/password/reset", body).await;
    assert_eq!(again.refusal(), (422, "invalid_token"));
    assert!(!app.log().contains(token), "links are in no log");
    let unknown = app.command(&["admin", "reset-password", "eve@example.org"]).await;
    assert_eq!(
        (unknown.ok, unknown.stderr.trim()),
        (false, "althing: no account has this address")
    );
    let no_address = app.command(&["admin", "reset-password", "eve"]).await;
    assert!(
        no_address.stderr.contains("is not an e-mail address"),
        "{}",
        no_address.stderr
    );
}

#[tokio::test]
async fn an_operator_opens_a_suspended_account_again() {
    let app = app().await;
    let bob = app.user("Bob").await;
    let id = bob.user()["id"].as_str().expect("an id").to_owned();
    let suspend = format!("/api/admin/users/{id}/suspend");
    assert_eq!(app.owner().post(&suspend, json!({})).await.status, 204);
    let body = json!({"email": "bob@example.org", "password": althing_testkit::PASSWORD});
    let log_in = async || app.anonymous().post("/api/auth/login", body.clone()).await;
    assert_eq!(log_in().await.refusal(), (401, "invalid_credentials"));
    let opened = app.command(&["admin", "reactivate", "Bob@example.org"]).await;
    assert!(opened.ok, "{}", opened.stderr);
    assert_eq!(log_in().await.status, 200);
    let unknown = app.command(&["admin", "reactivate", "eve@example.org"]).await;
    assert_eq!(unknown.stderr.trim(), "althing: no account has this address");
}

#[tokio::test]
async fn an_operator_gives_somebody_a_tier() {
    let app = app().await;
    app.user("Bob").await;
    let tier = async |arguments: &[&str]| {
        let all = [&["admin", "tier"], arguments].concat();
        app.command(&all).await
    };
    let given = tier(&["bob@example.org", "monthly", "--until", "2098-12-31"]).await;
    assert_eq!(
        given.stdout.trim(),
        "bob@example.org is monthly until 2099-01-01T00:00:00.000000Z."
    );
    let listed = app.command(&["admin", "list-users", "--json"]).await.lines();
    assert_eq!(
        (&listed[1]["tier"], &listed[1]["valid_until"]),
        (&json!("monthly"), &json!("2099-01-01T00:00:00.000000Z"))
    );
    let taken = tier(&["bob@example.org", "default"]).await;
    assert!(taken.ok, "{}", taken.stderr);
    let listed = app.command(&["admin", "list-users", "--json"]).await.lines();
    assert_eq!(listed[1]["tier"], Value::Null);
    assert!(!tier(&["bob@example.org", "gold"]).await.ok);
    let unknown = tier(&["eve@example.org", "free"]).await;
    assert_eq!(unknown.stderr.trim(), "althing: no account has this address");
}

#[tokio::test]
async fn before_the_setup_there_are_no_further_accounts() {
    let app = TestApp::start_empty(BINARY).await;
    let arguments = [
        "admin",
        "create-user",
        "--email",
        "b@x.org",
        "--first-name",
        "B",
        "--last-name",
        "T",
        "--password-stdin",
    ];
    let refused = app.command_with(&arguments, "a long password").await;
    assert!(
        !refused.ok && refused.stderr.contains("set up the instance first"),
        "{}",
        refused.stderr
    );
}

#[tokio::test]
async fn remedies_name_what_does_not_exist() {
    let app = app().await;
    let catalogue = app.command(&["events", "catalogue", "--json"]).await.lines();
    assert!(
        catalogue
            .iter()
            .any(|event| event["event_type"] == "session.created")
    );
    assert_eq!(
        app.command(&["events", "dead-letters", "--json"]).await.stdout,
        ""
    );
    for (arguments, said) in [
        (vec!["events", "redeliver", "a:1"], "there is no such dead letter"),
        (
            vec!["events", "skip", "a:1", "--reason", "old"],
            "there is no such dead letter",
        ),
        (
            vec!["events", "rebuild", "nothing"],
            "there is no subscription called nothing",
        ),
    ] {
        let refused = app.command(&arguments).await;
        assert_eq!(
            (refused.ok, refused.stderr.trim().trim_start_matches("althing: ")),
            (false, said)
        );
    }
}

#[tokio::test]
async fn a_folder_without_data_is_not_made_by_looking_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("none");
    let output = std::process::Command::new(BINARY)
        .args(["events", "history", "--data"])
        .arg(&data)
        .env_clear()
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no data in"));
    assert!(!data.exists());
}

#[tokio::test]
async fn a_configuration_is_checked_without_starting() {
    let folder = tempfile::tempdir().unwrap();
    let check = |toml: &str| {
        std::fs::write(folder.path().join("althing.toml"), toml).unwrap();
        let output = std::process::Command::new(BINARY)
            .args(["config", "check", "--data"])
            .arg(folder.path())
            .env_clear()
            .env("ALTHING_SETUP_TOKEN", "a-secret-that-is-long")
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (ok, said) = check("[log]\nformat = 'json'");
    assert!(ok && said.contains("The configuration is fine."), "{said}");
    assert!(said.contains("(hidden)") && !said.contains("a-secret"), "{said}");
    let (ok, said) = check("[log]\nfromat = 'json'");
    assert_eq!(
        (ok, said.trim()),
        (
            false,
            "althing: there is no setting called log.fromat; did you mean log.format?"
        )
    );
}

#[tokio::test]
async fn the_password_of_a_database_is_told_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let url = "postgres://ada:s3cret-password@127.0.0.1:1/althing?application_name=s3cret-option";
    for arguments in [
        vec!["serve", "--listen", "127.0.0.1:0"],
        vec!["events", "history"],
        vec!["admin", "list-users"],
        vec!["config", "check"],
    ] {
        let output = std::process::Command::new(BINARY)
            .args(&arguments)
            .env_clear()
            .env("ALTHING_DATA", folder.path())
            .env("ALTHING_DATABASE_URL", url)
            .env("ALTHING_LOG_LEVEL", "trace")
            .output()
            .unwrap();
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("s3cret"), "{arguments:?}: {said}");
        assert!(said.contains("127.0.0.1:1/althing"), "{arguments:?}: {said}");
        assert_eq!(output.status.success(), arguments[0] == "config", "{said}");
    }
}
