//! Passwords and TLS, by address.

use althing_backbone::bus::BusError;
use althing_backbone::relay::Transport;
use althing_backbone::*;
use althing_testkit::Redis;

async fn fails(stream: &RedisStreams) -> String {
    let error = stream.newest("x").await.unwrap_err();
    format!("{:#}", anyhow::Error::from(error))
}

#[tokio::test]
async fn a_password_goes_with_the_address_and_into_no_message() {
    let redis = Redis::options().password("open sesame").start().await;
    let stream = RedisStreams::connect(&redis.url()).unwrap();
    assert_eq!(stream.newest("x").await.unwrap(), None);
    let without = redis.url().replace(":open%20sesame@", "");
    assert_ne!(without, redis.url());
    fails(&RedisStreams::connect(&without).unwrap()).await;
    let wrong = redis.url().replace("sesame", "barley");
    let stream = RedisStreams::connect(&wrong).unwrap();
    let told = fails(&stream).await + &format!("{stream:?}");
    assert!(!told.contains("barley"), "{told}");
}

#[tokio::test]
async fn tls_is_spoken_with_whom_the_file_vouches_for_and_nobody_else() {
    let redis = Redis::options().tls().password("secret").start().await;
    assert!(redis.url().starts_with("rediss://"));
    let stream = RedisStreams::connect_with_ca(&redis.url(), redis.ca_file()).unwrap();
    assert_eq!(stream.newest("x").await.unwrap(), None);
    // The system knows nothing of this authority.
    let stranger = RedisStreams::connect(&redis.url()).unwrap();
    assert!(matches!(
        stranger.newest("x").await,
        Err(BusError::Unreachable(_) | BusError::Refused(_))
    ));
    // Nor does anybody speak in the clear.
    let clear = redis.url().replace("rediss:", "redis:");
    fails(&RedisStreams::connect(&clear).unwrap()).await;
}

#[tokio::test]
async fn addresses_that_cannot_be_used_are_refused_without_being_quoted() {
    for url in ["http://me:secret@x", "redis://me:secret@x:port", "secret"] {
        let refused = [
            RedisStreams::connect(url).err(),
            NatsJetStream::connect(url).err(),
            RedisStreams::connect_with_ca(url, "/nowhere/secret.pem").err(),
        ];
        for error in refused.into_iter().flatten() {
            assert!(!error.to_string().contains("me:secret"), "{error}");
        }
    }
    assert!(RedisStreams::connect("http://x").is_err());
    assert!(NatsJetStream::connect("http://x").is_err());
    assert!(RedisStreams::connect_with_ca("rediss://x", "/nowhere/ca.pem").is_err());
}
