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
        (false, "althing: --password has at least 12 characters")
    );
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
