//! The example runs, from its first line to its last.

use althing_testkit::Redis;

use crate::support::example;

#[tokio::test]
async fn the_example_copies_a_thousand_orders_and_ends() {
    let redis = Redis::start().await;
    let ran = tokio::process::Command::new(example("relay_to_redis"))
        .arg(redis.url())
        .output()
        .await
        .unwrap();
    let (said, errors) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert!(ran.status.success(), "{errors}");
    assert!(
        said.contains("the office knows of 1000 orders, 500500 cents"),
        "{said}"
    );
}
