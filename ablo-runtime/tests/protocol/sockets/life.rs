//! Signs of life.

use std::time::Duration;

use serde_json::json;

use super::{Client, create};
use crate::{served, served_with};

/// 4.10: A client is heard from every 30 s; before the server gives one up it asks it, and an answer is enough.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_client_is_asked() {
    let usual = ablo_runtime::server::ServerOptions::default().limits;
    assert!(usual.idle_timeout >= Duration::from_secs(40) && usual.idle_ping < usual.idle_timeout, "{usual:?}");
    let served = served_with(|options| options.server.limits.idle_ping = Duration::from_millis(20)).await;
    let mut client = Client::user(&served, "u1").await;
    // It says nothing of its own accord, it only reads.
    while client.pings < 4 {
        client.read().await;
    }
    client.settle().await;
}

/// 4.10: Who does not even answer that is closed with 4000, which is no end of a login.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_answer_is_given_up() {
    let served = served_with(|options| {
        options.server.limits.idle_ping = Duration::from_millis(50);
        options.server.limits.idle_timeout = Duration::from_millis(1_500);
    })
    .await;
    let client = Client::user(&served, "u1").await;
    let token = client.token.clone();
    let heard = client.socket.deaf().await;
    let close = 4_000_u16.to_be_bytes();
    // The frame of a close begins with 0x88 and its length.
    assert!(heard.windows(4).any(|bytes| bytes[0] == 0x88 && bytes[2..] == close), "{heard:?}");
    assert_eq!(served.request("HEAD", "/api/auth/check", &token, &serde_json::Value::Null).await.0, 204);
}

/// 4.10: A `ping` is answered while a commit waits for the store: a client that hears nothing for 10 s hangs up.
#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ping_is_answered_while_the_store_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    let served = served_with(|options| options.store = ablo_runtime::server::StoreChoice::Sqlite(file.clone())).await;
    let mut client = Client::user(&served, "u1").await;
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let operations = json!([create("task", "t1", json!({ "title": "a" }))]);
    client.send("commit", &json!({ "clientTxId": "c1", "operations": operations })).await;
    for _ in 0..3 {
        client.settle().await;
    }
    assert!(client.frames.iter().all(|frame| frame["type"] != "mutation_result"), "it waits");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(client.next("mutation_result", |_| true).await["success"], true);
}

/// 4.10: What was sent before a client went is carried out, although nobody is there for the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_words_of_a_client_count() {
    let served = served().await;
    let mut watcher = Client::user(&served, "u1").await;
    let mut client = Client::user(&served, "u2").await;
    let operations = json!([create("task", "t1", json!({ "title": "last" }))]);
    client.send("commit", &json!({ "clientTxId": "c1", "operations": operations })).await;
    client.socket.hang_up().await;
    assert_eq!(watcher.delta("t1").await["data"]["title"], "last");
}
