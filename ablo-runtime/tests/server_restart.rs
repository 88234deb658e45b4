//! Claims outlive the server that granted them; who waits does not.
#![cfg(all(feature = "server", feature = "sqlite"))]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/served.rs"]
mod served;
mod support;

use ablo_runtime::claims::{Acquire, ClaimCommand, ClaimReply, Grant};
use ablo_runtime::engine::{Engine, EngineOptions, Session};
use ablo_runtime::server::{ServeOptions, StoreChoice};
use ablo_runtime::store::{Durability, SqliteStore};
use ablo_schema::ir::{SchemaDef, ValidSchema};
use serde_json::{Value, json};
use served::{Served, Socket};

#[tokio::test]
async fn a_lease_is_in_the_file_and_the_line_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let open = async || {
        let store = SqliteStore::new(folder.path().join("a.db"), Durability::Normal);
        Engine::open(support::schema(), store, EngineOptions::default()).await.unwrap()
    };
    let claim = async |session: &Session, name: &str| {
        let details = Default::default();
        let wish = Acquire { claim: name.into(), details, ttl_ms: Some(600_000), wait: true, max_queue_depth: None };
        session.claim("decks", "d", ClaimCommand::Acquire(wish)).await.unwrap()
    };
    let engine = open().await;
    let holder = support::system(&engine);
    holder.commit(support::commit([support::create("decks", "d", json!({ "title": "x" }))])).await.unwrap();
    let ClaimReply::Granted(Grant { token, expires_at, .. }) = claim(&holder, "held").await else {
        panic!("it was free")
    };
    let other = engine.session(ablo_runtime::engine::Participant::system("org_1", "other"));
    assert!(matches!(claim(&other, "waits").await, ClaimReply::Queued { .. }));
    // As a process that is killed: nobody says goodbye.
    drop((holder, other, engine));

    let engine = open().await;
    let holder = support::system(&engine);
    let claims = holder.claims("decks", "d").await.unwrap();
    let lease = claims.lease().unwrap();
    assert_eq!((lease.token, lease.entry.expires_at), (token, expires_at), "its time runs on");
    assert!(claims.queue().is_empty(), "{claims:?}");
    let ClaimReply::Granted(again) = claim(&holder, "held").await else { panic!("it is still its own") };
    assert_eq!(again.token, token);
    assert!(again.expires_at >= expires_at);
    let released = ClaimCommand::Release { claim: None, token: None };
    holder.claim("decks", "d", released).await.unwrap();
    assert!(holder.claims("decks", "d").await.unwrap().lease().is_none(), "nobody is left who waited");
}

fn schema() -> ValidSchema {
    let artifact = include_str!("../../tests/conformance/schema.json");
    SchemaDef::from_artifact(artifact).unwrap().validate().unwrap()
}

fn begin(claim: &str, id: &str) -> Value {
    json!({ "intentId": claim, "entityType": "tasks", "entityId": id, "action": "editing", "estimatedMs": 600_000 })
}

/// Waits until the socket is shown that a participant holds exactly these claims.
async fn sees(socket: &mut Socket, who: &str, claims: &[&str]) {
    let held = |update: &Value| -> Vec<String> {
        let intents = update["activeIntents"].as_array().cloned().unwrap_or_default();
        intents.iter().map(|intent| intent["intentId"].as_str().unwrap().to_owned()).collect()
    };
    socket.next("presence_update", |update| update["userId"] == who && held(update) == claims).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_are_shown_again_and_stay_with_their_holders() {
    let folder = tempfile::tempdir().unwrap();
    let over = async || {
        let store = StoreChoice::Sqlite(folder.path().join("a.db"));
        Served::start(ServeOptions { store, ..ServeOptions::dev(schema()) }, None).await
    };
    let server = over().await;
    let key = server.key.clone();
    let token = async |name: &str| {
        server.session(&json!({ "participantKind": "user", "participantId": name, "ttlSeconds": 900 })).await.0
    };
    let [holder, watcher, other] = [token("holder").await, token("watcher").await, token("other").await];
    for id in ["t1", "t2"] {
        server.commit(&json!([{ "type": "CREATE", "model": "tasks", "id": id, "input": { "title": id } }])).await;
    }
    let mut socket = server.ready(&holder, &[], 0).await;
    socket.send("intent_begin", &begin("c1", "t1")).await;
    let granted = socket.next("intent_acquired", |_| true).await;
    let (status, http) = server.post("/api/v1/models/tasks/t2/claim", &other, &json!({ "ttl": "10m" })).await;
    assert_eq!(status, 201, "{http}");
    let by_http = http["id"].as_str().unwrap();
    drop(socket);
    server.stop().await;

    let server = over().await;
    let mut watching = server.ready(&watcher, &[], 0).await;
    sees(&mut watching, "holder", &["c1"]).await;
    let mut again = server.ready(&watcher, &[], 0).await;
    sees(&mut again, "other", &[by_http]).await;
    let held = async || {
        let answer = server.get("/v1/intents", &key).await;
        let mut held: Vec<String> = answer["intents"]
            .as_array()
            .unwrap()
            .iter()
            .map(|intent| intent["id"].as_str().unwrap().to_owned())
            .collect();
        held.sort();
        assert_eq!(answer["queue"], json!([]));
        held
    };
    let mut both = vec!["c1".to_owned(), by_http.to_owned()];
    both.sort();
    assert_eq!(held().await, both);

    watching.send("intent_begin", &begin("w1", "t1")).await;
    let refused = watching.next("intent_rejected", |_| true).await;
    assert_eq!((&refused["heldBy"], &refused["heldByIntentId"]), (&json!("holder"), &json!("c1")), "{refused}");
    // It comes back and announces what it believes to hold.
    let mut socket = server.ready(&holder, &[], 0).await;
    socket.send("intent_begin", &begin("c1", "t1")).await;
    let still = socket.next("intent_acquired", |_| true).await;
    assert!(still["expiresAt"].as_i64() >= granted["expiresAt"].as_i64(), "{still} after {granted}");
    assert_eq!(held().await, both, "the same claim, not a second one");
    let abandon = json!({ "intentId": "c1", "entityType": "tasks", "entityId": "t1" });
    socket.send("intent_abandon", &abandon).await;
    sees(&mut watching, "holder", &[]).await;
    let (_, _, released) = server.request("DELETE", "/api/v1/models/tasks/t2/claim", &other, &Value::Null).await;
    assert_eq!(released["released"], true, "{released}");
    sees(&mut watching, "other", &[]).await;
    assert_eq!(held().await, Vec::<String>::new());
}
