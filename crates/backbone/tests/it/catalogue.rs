//! Versions, the registry and golden samples (promise 9).

use std::path::Path;

use althing_backbone::kit::TestKit;
use althing_backbone::*;
use serde::{Deserialize, Serialize};

use crate::shop::*;
use crate::support::*;

/// A parcel was sent, as the first version told it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "shop.parcel_sent",
    version = 1,
    context = "shop",
    aggregate = "Parcel"
)]
#[event(superseded)]
pub struct ParcelSentV1 {
    #[event(aggregate_id)]
    pub parcel_id: Uuid,
    pub weight_kilos: i64,
}

/// A parcel was sent, as the second version told it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "shop.parcel_sent",
    version = 2,
    context = "shop",
    aggregate = "Parcel"
)]
#[event(superseded)]
#[event(upcast_from = ParcelSentV1)]
pub struct ParcelSentV2 {
    #[event(aggregate_id)]
    pub parcel_id: Uuid,
    pub weight_grams: i64,
}

/// A parcel was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "shop.parcel_sent",
    version = 3,
    context = "shop",
    aggregate = "Parcel"
)]
#[event(upcast_from = ParcelSentV2)]
pub struct ParcelSent {
    #[event(aggregate_id)]
    pub parcel_id: Uuid,
    pub weight_grams: i64,
    pub carrier: Option<String>,
}

impl From<ParcelSentV1> for ParcelSentV2 {
    fn from(old: ParcelSentV1) -> Self {
        Self {
            parcel_id: old.parcel_id,
            weight_grams: old.weight_kilos * 1000,
        }
    }
}

impl From<ParcelSentV2> for ParcelSent {
    fn from(old: ParcelSentV2) -> Self {
        Self {
            parcel_id: old.parcel_id,
            weight_grams: old.weight_grams,
            carrier: None,
        }
    }
}

/// The same type as a newer build might know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "shop.parcel_sent",
    version = 4,
    context = "shop",
    aggregate = "Parcel"
)]
#[event(superseded)]
pub struct ParcelSentFuture {
    #[event(aggregate_id)]
    pub parcel_id: Uuid,
    pub anything: bool,
}

/// The same type and version, but no such shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "shop.parcel_sent",
    version = 3,
    context = "shop",
    aggregate = "Parcel"
)]
#[event(superseded)]
pub struct ParcelSentDamaged {
    #[event(aggregate_id)]
    pub parcel_id: Uuid,
    pub weight_grams: String,
}

/// Something that no subscription here knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    type = "shop.window_cleaned",
    version = 1,
    context = "shop",
    aggregate = "Window"
)]
#[event(superseded)]
pub struct WindowCleaned {
    #[event(aggregate_id)]
    pub window_id: Uuid,
}

fn weights() -> SubscriptionBuilder<kind::Projection> {
    async fn sent(Event(parcel): Event<ParcelSent>, tx: Tx) -> HandlerResult {
        tx.execute(sql("INSERT INTO {weights} (grams) VALUES ($1)").bind(parcel.weight_grams))
            .await;
        Ok(())
    }
    projection("weights")
        .table(
            "weights",
            "CREATE TABLE {weights} (n INTEGER PRIMARY KEY, grams BIGINT NOT NULL);",
        )
        .on(sent)
}

async fn grams(db: &Db) -> Vec<i64> {
    sql("SELECT grams FROM weights ORDER BY n").all(db).await.unwrap()
}

#[tokio::test]
async fn events_of_every_version_reach_handlers_in_the_newest() {
    let kit = TestKit::new(|| vec![weights().into()]).await;
    let parcel_id = kit.ids().next();
    kit.given([ParcelSentV1 {
        parcel_id,
        weight_kilos: 2,
    }])
    .await;
    kit.given([ParcelSentV2 {
        parcel_id,
        weight_grams: 30,
    }])
    .await;
    kit.given([ParcelSent {
        parcel_id,
        weight_grams: 4,
        carrier: Some("pigeon".into()),
    }])
    .await;
    kit.settle().await;
    assert_eq!(grams(kit.db()).await, [2000, 30, 4]);
    let stored: Vec<(u32, String)> = sql("SELECT event_version, data FROM event_log")
        .all(kit.db())
        .await
        .unwrap();
    assert_eq!(
        stored[0],
        (1, format!(r#"{{"parcel_id":"{parcel_id}","weight_kilos":2}}"#)),
        "stored events are never rewritten"
    );
}

#[tokio::test]
async fn a_newer_version_is_parked_and_never_guessed_and_unknown_fields_do_no_harm() {
    let kit = TestKit::new(|| vec![weights().into()]).await;
    let (newer, other) = (kit.ids().next(), kit.ids().next());
    kit.given([ParcelSentFuture {
        parcel_id: newer,
        anything: true,
    }])
    .await;
    kit.given([ParcelSent {
        parcel_id: newer,
        weight_grams: 1,
        carrier: None,
    }])
    .await;
    kit.given([ParcelSent {
        parcel_id: other,
        weight_grams: 2,
        carrier: None,
    }])
    .await;
    kit.settle().await;
    assert_eq!(grams(kit.db()).await, [2], "its key waits");
    let letter = kit.operator().dead_letters(None).await.unwrap().remove(0);
    assert_eq!(
        letter.error,
        "shop.parcel_sent is stored in version 4, this build knows versions up to 3"
    );
    // A newer build delivers it again. Here the operator skips instead, and the key goes on.
    kit.operator().redeliver(&letter.id).await.unwrap();
    kit.settle().await;
    assert_eq!(grams(kit.db()).await, [2]);
    kit.operator().skip(&letter.id, "made up").await.unwrap();
    kit.settle().await;
    assert_eq!(grams(kit.db()).await, [2, 1]);
    let with_more = format!(r#"{{"parcel_id":"{other}","weight_grams":5,"carrier":null,"colour":"red"}}"#);
    assert_eq!(ParcelSent::decode(3, &with_more).unwrap().weight_grams, 5);
}

#[tokio::test]
async fn an_undecodable_event_is_a_dead_letter_at_once_and_unknown_types_are_ignored() {
    let kit = TestKit::new(|| vec![weights().into()]).await;
    let parcel_id = kit.ids().next();
    kit.given([ParcelSentDamaged {
        parcel_id,
        weight_grams: "heavy".into(),
    }])
    .await;
    kit.given([WindowCleaned { window_id: parcel_id }]).await;
    kit.settle().await;
    let letter = kit
        .operator()
        .dead_letters(Some("weights"))
        .await
        .unwrap()
        .remove(0);
    assert_eq!((letter.position, letter.attempts), (1, 1));
    assert!(
        letter
            .error
            .starts_with("shop.parcel_sent cannot be read (line 1, column"),
        "{}",
        letter.error
    );
    assert!(!letter.error.contains("heavy"));
    let status = kit.operator().subscriptions().await.unwrap().remove(0);
    assert_eq!((status.position, status.lag), (2, 0));
    let topics = topics::topics_of(&kit.log().await[1], kit.backbone().registry());
    assert!(topics.is_empty());
}

fn samples() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples"))
}

#[test]
fn golden_samples_of_every_version_are_readable() {
    let registry = EventRegistry::from_descriptors([EventDescriptor::of::<ParcelSent>()]).unwrap();
    assert_eq!(registry.check_samples(samples()), Vec::<String>::new());
    assert_eq!(registry.events().next().unwrap().chain().len(), 3);
}

#[test]
fn a_schema_that_changed_without_a_new_version_is_caught() {
    /// A parcel was sent, with a field that was slipped in.
    #[derive(Serialize, Deserialize, JsonSchema, DomainEvent)]
    #[event(
        type = "shop.parcel_sent",
        version = 3,
        context = "shop",
        aggregate = "Parcel"
    )]
    #[event(superseded)]
    #[event(upcast_from = ParcelSentV2)]
    struct Slipped {
        #[event(aggregate_id)]
        parcel_id: Uuid,
        weight_grams: i64,
        carrier: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        insured: Option<bool>,
    }
    impl From<ParcelSentV2> for Slipped {
        fn from(old: ParcelSentV2) -> Self {
            Self {
                parcel_id: old.parcel_id,
                weight_grams: old.weight_grams,
                carrier: None,
                insured: None,
            }
        }
    }
    let registry = EventRegistry::from_descriptors([EventDescriptor::of::<Slipped>()]).unwrap();
    let faults = registry.check_samples(samples());
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].ends_with("the schema changed; give the event a new version and an upcast"),
        "{}",
        faults[0]
    );
}

#[test]
fn a_version_that_was_stored_and_then_forgotten_is_caught() {
    /// A parcel was sent; its older versions were deleted from the code.
    #[derive(Serialize, Deserialize, JsonSchema, DomainEvent)]
    #[event(
        type = "shop.parcel_sent",
        version = 3,
        context = "shop",
        aggregate = "Parcel"
    )]
    #[event(superseded)]
    struct Forgetful {
        #[event(aggregate_id)]
        parcel_id: Uuid,
        weight_grams: i64,
        carrier: Option<String>,
    }
    let registry = EventRegistry::from_descriptors([EventDescriptor::of::<Forgetful>()]).unwrap();
    let faults = registry.check_samples(samples());
    let missing: Vec<bool> = faults
        .iter()
        .map(|fault| fault.ends_with("its upcast is missing"))
        .collect();
    assert_eq!(missing, [true, true], "{faults:?}");
    let none = EventRegistry::from_descriptors([])
        .unwrap()
        .check_samples(samples());
    assert_eq!(none.len(), 3);
    assert!(none[0].ends_with("no event is called shop.parcel_sent any more, but it was stored once"));
}

#[test]
fn missing_schemas_are_written_and_existing_ones_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let registry = EventRegistry::from_descriptors([EventDescriptor::of::<ParcelSent>()]).unwrap();
    assert_eq!(
        registry.check_samples(folder.path()).len(),
        3,
        "no samples at all"
    );
    assert_eq!(registry.write_missing_schemas(folder.path()).unwrap(), 3);
    let path = folder.path().join("shop/shop.parcel_sent.v3.schema.json");
    std::fs::write(&path, "{}").unwrap();
    assert_eq!(registry.write_missing_schemas(folder.path()).unwrap(), 0);
    assert_eq!(std::fs::read_to_string(path).unwrap(), "{}");
}

#[tokio::test]
async fn what_is_wrong_with_the_catalogue_is_found_at_the_start() {
    let twice = EventRegistry::from_descriptors([
        EventDescriptor::of::<OrderPaid>(),
        EventDescriptor::of::<OrderPaid>(),
    ]);
    assert!(matches!(twice, Err(RegistryError::Duplicate("shop.order_paid"))));

    /// A version that skips one.
    #[derive(Serialize, Deserialize, JsonSchema, DomainEvent)]
    #[event(
        type = "shop.parcel_sent",
        version = 3,
        context = "shop",
        aggregate = "Parcel"
    )]
    #[event(superseded)]
    #[event(upcast_from = ParcelSentV1)]
    struct Gap {
        #[event(aggregate_id)]
        parcel_id: Uuid,
    }
    impl From<ParcelSentV1> for Gap {
        fn from(old: ParcelSentV1) -> Self {
            Self {
                parcel_id: old.parcel_id,
            }
        }
    }
    let gap = EventRegistry::from_descriptors([EventDescriptor::of::<Gap>()]);
    assert!(matches!(
        gap,
        Err(RegistryError::BrokenChain {
            version: 3,
            wanted: 2,
            ..
        })
    ));

    let db = Db::temporary().await.unwrap();
    let few = EventRegistry::from_descriptors([EventDescriptor::of::<OrderPaid>()]).unwrap();
    let unknown = Backbone::builder(db.clone())
        .registry(few)
        .subscribe(turnover())
        .start()
        .await
        .err()
        .unwrap();
    let text = format!("{:#}", anyhow::Error::from(unknown));
    assert!(
        text.contains("subscription turnover listens to shop.order_placed, which no event is called"),
        "{text}"
    );

    let twins = Backbone::builder(db.clone())
        .subscribe(turnover())
        .subscribe(turnover())
        .start()
        .await
        .err()
        .unwrap();
    assert!(
        matches!(twins, Error::Registry(RegistryError::DuplicateSubscription(name)) if name == "turnover")
    );
    let untouched = sql("SELECT count(*) FROM sqlite_master")
        .on_postgres("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        .one::<i64>(&db)
        .await
        .unwrap();
    assert_eq!(untouched, 0, "found before anything was written");
}

#[tokio::test]
async fn the_catalogue_knows_descriptions_schemas_and_consumers() {
    let backbone = start(
        &Db::temporary().await.unwrap(),
        &clock(),
        vec![orders().into(), turnover().into()],
    )
    .await;
    let event = backbone.registry().get("shop.order_placed").unwrap();
    assert_eq!(
        (event.description, event.context, event.version),
        ("An order was placed.", "shop", 1)
    );
    assert_eq!(event.schema()["properties"]["cents"]["type"], "integer");
    assert_eq!(backbone.consumers_of("shop.order_placed"), ["orders", "turnover"]);
    assert_eq!(backbone.consumers_of("shop.order_paid"), ["orders"]);
    let names: Vec<&str> = backbone
        .subscriptions()
        .iter()
        .map(|subscription| subscription.name())
        .collect();
    assert_eq!(names, ["orders", "turnover"]);
}
