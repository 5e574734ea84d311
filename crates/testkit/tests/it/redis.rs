//! Redis: what survives what, and who gets in.

use althing_testkit::Redis;

use crate::is_open;

#[tokio::test]
async fn what_is_appended_survives_a_kill() {
    let redis = Redis::options().appendonly().start().await;
    redis.command(&["SET", "word", "kept"]).await;
    redis.kill().await;
    assert!(!is_open(&redis.url()));
    redis.start_again().await;
    assert_eq!(redis.command(&["GET", "word"]).await, "kept");
    redis.stop().await;
    redis.start_again().await;
    assert_eq!(redis.command(&["GET", "word"]).await, "kept");
}

#[tokio::test]
async fn nothing_is_kept_unless_asked_for() {
    let redis = Redis::start().await;
    redis.command(&["SET", "word", "lost"]).await;
    redis.stop().await;
    redis.start_again().await;
    assert_eq!(redis.command(&["EXISTS", "word"]).await, "0");
}

#[tokio::test]
async fn it_asks_for_a_password_over_tls() {
    let redis = Redis::options().password("open sesame").tls().start().await;
    assert!(
        redis.url().starts_with("rediss://:open%20sesame@127.0.0.1:"),
        "{}",
        redis.url()
    );
    assert_eq!(redis.command(&["PING"]).await, "PONG");
    let port = redis
        .url()
        .rsplit(':')
        .next()
        .unwrap()
        .trim_end_matches('/')
        .to_owned();
    let stranger = tokio::process::Command::new("redis-cli")
        .args(["-h", "127.0.0.1", "-p", &port, "--tls", "--cacert"])
        .arg(redis.ca_file())
        .arg("PING")
        .output()
        .await
        .unwrap();
    let answer = String::from_utf8_lossy(&stranger.stdout).into_owned();
    assert!(answer.starts_with("NOAUTH"), "{answer}");
    let names = tokio::process::Command::new("openssl")
        .args([
            "verify",
            "-verify_ip",
            "127.0.0.1",
            "-verify_hostname",
            "localhost",
            "-CAfile",
        ])
        .args([redis.ca_file(), redis.ca_file().with_file_name("server.crt")])
        .output()
        .await
        .unwrap();
    assert!(names.status.success(), "{names:?}");
}
