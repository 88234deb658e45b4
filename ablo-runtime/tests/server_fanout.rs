//! A commit goes to every socket that may hear of it, and is turned into text once.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/socket.rs"]
mod socket;

use std::sync::atomic::Ordering;

use ablo_runtime::server::{ServeOptions, start};
use ablo_schema::ir::SchemaDef;
use socket::Socket;

#[tokio::test]
async fn a_commit_is_encoded_once_for_all_sockets() {
    let artifact = include_str!("../../tests/conformance/schema.json");
    let mut options = ServeOptions::dev(SchemaDef::from_artifact(artifact).unwrap().validate().unwrap());
    options.server.limits.sockets_per_credential = 1_000;
    let running = start(options).await.unwrap();
    let (addr, server, key) = (running.ready.addr, running.server.clone(), running.ready.secret_key.clone().unwrap());
    tokio::spawn(running.until(std::future::pending()));

    let mut sockets = Vec::new();
    for _ in 0..100 {
        sockets.push(Socket::ready(addr, &key).await);
    }
    let counts = || {
        let load = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        (load(&server.metrics.deltas_encoded), load(&server.metrics.deltas_sent))
    };
    assert_eq!(counts(), (0, 0));
    for at in 1..=3 {
        let text = format!(
            r#"{{"clientTxId":"c{at}","operations":[{{"type":"CREATE","model":"task","id":"t{at}","input":{{"title":"x"}}}}]}}"#
        );
        sockets[0].send(socket::commit(&text)).await;
        let first = sockets[0].delta().await;
        for other in &mut sockets[1..] {
            assert_eq!(other.delta().await, first);
        }
        assert_eq!(counts(), (at, at * 100));
    }
}
