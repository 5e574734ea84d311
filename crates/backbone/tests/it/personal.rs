//! Personal fields and their erasure (promise 10).

use althing_backbone::kit::TestKit;
use althing_backbone::*;
use serde::{Deserialize, Serialize};

use crate::support::*;

/// Somebody joined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "club.member_joined",
    version = 1,
    context = "club",
    aggregate = "Member"
)]
pub struct MemberJoined {
    #[event(aggregate_id, subject)]
    pub member_id: Uuid,
    #[event(personal)]
    pub email: String,
    #[event(personal)]
    pub nickname: Option<String>,
    pub plan: String,
}

pub fn members(failing: bool) -> SubscriptionBuilder<kind::Projection> {
    let table = "CREATE TABLE {members} (id TEXT PRIMARY KEY, email TEXT NOT NULL, plan TEXT NOT NULL);";
    projection("members").table("members", table).on(move |Event(member): Event<MemberJoined>, tx: Tx| async move {
        if failing {
            return Err(HandlerError::permanent(anyhow::anyhow!("not today")));
        }
        let insert = "INSERT INTO {members} VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET email = excluded.email";
        tx.execute(sql(insert).bind(member.member_id).bind(member.email).bind(member.plan)).await;
        Ok(())
    })
}

pub fn joined(member_id: Uuid, email: &str) -> MemberJoined {
    MemberJoined {
        member_id,
        email: email.into(),
        nickname: None,
        plan: "gold".into(),
    }
}

async fn emails(db: &Db) -> Vec<String> {
    sql("SELECT email FROM members ORDER BY id")
        .all(db)
        .await
        .unwrap()
}

#[tokio::test]
async fn handlers_read_personal_fields_and_nobody_else_does() {
    let kit = TestKit::new(|| vec![members(false).into()]).await;
    let member = kit.ids().next();
    // Two first events of one person in one commit share their key.
    let two = [
        joined(member, "ada@example.org"),
        MemberJoined {
            nickname: Some("Ada".into()),
            ..joined(member, "ada@example.com")
        },
    ];
    kit.given(two.clone()).await;
    kit.deliver_twice("members").await.assert_same_state();
    kit.crash_at_every_point("members")
        .await
        .assert_nothing_lost_or_doubled();
    kit.settle().await;
    assert_eq!(emails(kit.db()).await, ["ada@example.com"]);
    let log = kit.log().await;
    for (event, original) in log.iter().zip(&two) {
        assert!(
            !event.data.contains("ada@") && !event.data.contains("Ada"),
            "{}",
            event.data
        );
        let blank: MemberJoined = event.decode().unwrap();
        assert_eq!((blank.email.as_str(), blank.plan.as_str()), (ERASED, "gold"));
        assert_eq!(
            kit.backbone().open_event::<MemberJoined>(event).await.unwrap(),
            *original
        );
    }
    assert_eq!(
        sql("SELECT count(*) FROM subject_key")
            .one::<i64>(kit.db())
            .await
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn erasure_reaches_the_log_dead_letters_and_rebuilds_also_from_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("club.db");
    let (db, clock) = (Db::open(&path).await.unwrap(), clock());
    let backbone = start(
        &db,
        &clock,
        vec![
            members(false).into(),
            reaction("dead")
                .on(|_: Event<MemberJoined>| async { Err(HandlerError::permanent(anyhow::anyhow!("no"))) })
                .into(),
        ],
    )
    .await;
    let (ada, bob) = (backbone.ids().next(), backbone.ids().next());
    record(&backbone, joined(ada, "ada@example.org")).await;
    record(&backbone, joined(bob, "bob@example.org")).await;
    backbone.settled(SECONDS).await.unwrap();
    let mut before = emails(&db).await;
    before.sort();
    assert_eq!(before, ["ada@example.org", "bob@example.org"]);
    let key = sql("SELECT key FROM subject_key WHERE subject_id = $1")
        .bind(ada)
        .one::<Vec<u8>>(&db)
        .await
        .unwrap();

    // Another process erases; this one must not remember the key.
    let other = Backbone::builder(Db::open(&path).await.unwrap())
        .open()
        .await
        .unwrap();
    other.erase_subject(ada).await.unwrap();
    let event = backbone.log().at(1).await.unwrap().unwrap();
    assert_eq!(
        backbone.open_event::<MemberJoined>(&event).await.unwrap().email,
        ERASED
    );
    backbone.operator("ada").rebuild("members").await.unwrap();
    backbone.wake();
    eventually("the rebuild is over", || async {
        emails(&db).await.iter().any(|email| email == ERASED)
    })
    .await;
    let mut after = emails(&db).await;
    after.sort();
    assert_eq!(after, ["bob@example.org", ERASED]);
    let letters = sql("SELECT count(*) FROM parked_event WHERE error LIKE '%@%'")
        .one::<i64>(&db)
        .await
        .unwrap();
    assert_eq!(letters, 0);

    // The key itself is gone from a copy of the file, and the address never was in it.
    let copy = folder.path().join("copy.db");
    db.copy_to(&copy).await.unwrap();
    let bytes = std::fs::read(&copy).unwrap();
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(!holds(&key));
    assert!(!holds(b"ada@example.org"));
    assert!(holds(b"bob@example.org"), "the projection of a person who stayed");

    // Who comes back begins with a new key.
    record(&backbone, joined(ada, "ada@example.net")).await;
    backbone.settled(SECONDS).await.unwrap();
    assert!(emails(&db).await.contains(&"ada@example.net".to_owned()));
}

#[tokio::test]
async fn a_sealed_event_that_fails_leaves_no_personal_data_with_the_operator() {
    let kit = TestKit::new(|| vec![members(true).into()]).await;
    kit.given([joined(kit.ids().next(), "ada@example.org")]).await;
    kit.settle().await;
    let letters = serde_json::to_string(&kit.operator().dead_letters(None).await.unwrap()).unwrap();
    assert!(
        letters.contains("not today") && !letters.contains("ada@"),
        "{letters}"
    );
    let outward = kit.log().await[0].to_cloud_event("/club", 1).to_string();
    assert!(!outward.contains("ada@"), "{outward}");
}
