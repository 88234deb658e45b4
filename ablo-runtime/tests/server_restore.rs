//! Clients that come back to a server whose log is another one than they knew.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/served.rs"]
mod served;

use ablo_runtime::server::ServeOptions;
use ablo_schema::ir::{SchemaDef, ValidSchema};
use serde_json::{Value, json};
use served::{Served, Socket};

fn schema() -> ValidSchema {
    let artifact = include_str!("../../tests/conformance/schema.json");
    SchemaDef::from_artifact(artifact).unwrap().validate().unwrap()
}

fn task(id: &str) -> Value {
    json!([{ "type": "CREATE", "model": "tasks", "id": id, "input": { "title": id } }])
}

/// Asks what was missed, as a client that knows the log up to here and keeps this cursor.
async fn ask(socket: &mut Socket, cursor: &Value, last: u64) -> Value {
    let asked = json!({ "cursor": cursor, "versions": {}, "lastSyncId": last, "capabilities": [] });
    socket.send("sync_request", &asked).await;
    socket.next("sync_response", |_| true).await
}

fn ids(deltas: &Value) -> Vec<u64> {
    deltas.as_array().unwrap().iter().map(|delta| delta["id"].as_u64().unwrap()).collect()
}

fn rows(bootstrap: &Value) -> Vec<&str> {
    let rows = bootstrap["models"]["Task"].as_array().unwrap();
    rows.iter().map(|row| row["id"].as_str().unwrap()).collect()
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restore_everybody_reads_everything_anew() {
    use ablo_runtime::server::StoreChoice;
    use ablo_runtime::store::{backup_sqlite, restore_sqlite};

    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let over = async |name: &str| {
        let options = ServeOptions { store: StoreChoice::Sqlite(at(name)), ..ServeOptions::dev(schema()) };
        Served::start(options, None).await
    };
    let server = over("a.db").await;
    let key = server.key.clone();
    let token = async |kind: &str, name: &str| {
        let asked = json!({ "participantKind": kind, "participantId": name, "ttlSeconds": 900 });
        server.session(&asked).await.0
    };
    let tokens = [token("user", "loads").await, token("user", "resumes").await, token("agent", "agent:a").await];
    let mut sockets = Vec::new();
    for token in &tokens {
        sockets.push(server.open(token, &[]).await);
    }
    for (token, socket) in tokens.iter().zip(&mut sockets) {
        server.get("/api/sync/bootstrap", token).await;
        ask(socket, &Value::Null, 0).await;
    }
    let commit = |id: &str| json!({ "clientTxId": format!("tx-{id}"), "operations": task(id) });
    for id in ["kept-1", "kept-2"] {
        server.post("/api/v1/commits", &key, &commit(id)).await;
    }
    tokio::task::block_in_place(|| backup_sqlite(&at("a.db"), &at("backup.db"), &mut |_| {})).unwrap();
    let mut last = 0;
    for id in ["lost-1", "lost-2", "lost-3"] {
        let (status, receipt) = server.post("/api/v1/commits", &key, &commit(id)).await;
        assert_eq!(status, 200, "{receipt}");
        last = receipt["lastSyncId"].as_u64().unwrap();
    }
    let mut cursors = Vec::new();
    for socket in &mut sockets {
        socket.next("delta", |delta| delta["id"] == last).await;
        cursors.push(ask(socket, &Value::Null, last).await["newCursor"].clone());
    }
    drop(sockets);
    server.stop().await;
    tokio::task::block_in_place(|| restore_sqlite(&at("backup.db"), &at("restored.db"), &mut |_| {})).unwrap();

    let server = over("restored.db").await;
    let [loads, resumes, agent] = &tokens;
    // As version 0.9.0 does when it comes back: it loads everything, and only then opens its socket.
    let bootstrap = server.get("/api/sync/bootstrap", loads).await;
    assert_eq!(rows(&bootstrap), ["kept-1", "kept-2"]);
    let (_, receipt) = server.post("/api/v1/commits", &key, &commit("between")).await;
    let mut socket = server.open(loads, &[]).await;
    let answer = ask(&mut socket, &cursors[0], last).await;
    assert_eq!(answer["requiresBootstrap"], false, "{answer}");
    assert_eq!(ids(&answer["deltas"]), [receipt["lastSyncId"].as_u64().unwrap()], "{answer}");
    assert!(ids(&answer["deltas"])[0] > last, "it drops deltas below those it has seen");

    // One that loads only when it is told to, and one that never loads.
    for (token, cursor, is_agent) in [(resumes, &cursors[1], false), (agent, &cursors[2], true)] {
        for place in [(cursor, last), (cursor, 0), (&Value::Null, last), (&json!("7"), 0)] {
            let query = if is_agent { "cursor=&kind=agent" } else { "cursor=" };
            let (mut socket, _) = server.handshake(query, &format!("ablo.bearer.{token}, ablo.sync.v1")).await;
            let answer = ask(&mut socket, place.0, place.1).await;
            assert_eq!(
                (&answer["requiresBootstrap"], &answer["deltas"]),
                (&json!(true), &json!([])),
                "{place:?} {answer}"
            );
            assert_eq!(
                (&answer["newCursor"], &answer["bootstrapHint"]["code"]),
                (&Value::Null, &json!("must_bootstrap"))
            );
            if is_agent {
                // What it reads from here on is of here, and its claims are to say so.
                let moved = socket.next("sync_response", |_| true).await;
                assert_eq!(
                    (&moved["deltas"][0]["modelId"], &moved["deltas"][0]["id"]),
                    (&json!("__cursor__"), &answer["currentSyncId"])
                );
            }
        }
    }

    // What the backup knows is not done again.
    for (id, again) in [("kept-1", true), ("lost-1", false)] {
        let (status, receipt) = server.post("/api/v1/commits", &key, &commit(id)).await;
        assert_eq!((status, receipt["lastSyncId"].as_u64().unwrap() < last), (200, again), "{receipt}");
    }
    assert_eq!(rows(&server.get("/api/sync/bootstrap", loads).await), ["between", "kept-1", "kept-2", "lost-1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_in_a_log_that_is_gone_is_not_one_in_the_next() {
    let mut cursor = Value::Null;
    for round in 0..2 {
        // In memory: the log goes with the server.
        let server = Served::start(ServeOptions::dev(schema()), None).await;
        for at in 0..3 {
            server.commit(&task(&format!("t{at}"))).await;
        }
        let mut socket = server.open(&server.key, &[]).await;
        let answer = ask(&mut socket, &cursor, 2).await;
        assert_eq!(answer["requiresBootstrap"], round > 0, "{answer}");
        if round == 0 {
            assert_eq!(ids(&answer["deltas"]), [3]);
            cursor = answer["newCursor"].clone();
            let again = ask(&mut server.open(&server.key, &[]).await, &cursor, 2).await;
            assert_eq!(
                (&again["requiresBootstrap"], ids(&again["deltas"])),
                (&json!(false), vec![3]),
                "it is the same log"
            );
        }
        server.stop().await;
    }
}
