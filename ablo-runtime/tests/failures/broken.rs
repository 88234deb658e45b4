//! A file that is not what it was, and a server that stops.

use std::path::Path;

use serde_json::{Value, json};

use crate::served::{Served, uuid};
use crate::told::Told;

pub async fn stores_say_nothing_of_themselves(served: Served, file: &Path, told: &mut Told) {
    let mut socket = served.ready(&served.key, &[], 5).await;
    // Somebody takes every table away.
    let other = rusqlite::Connection::open(file).unwrap();
    let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let tables: Vec<String> = {
        let mut names = other.prepare(names).unwrap();
        names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert!(tables.len() > 3, "{tables:?}");
    other.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    tables.iter().for_each(|table| other.execute_batch(&format!("DROP TABLE \"{table}\"")).unwrap());
    let row = json!({ "type": "CREATE", "model": "tasks", "id": "n", "input": { "title": "x" } });
    let queries = json!({ "queries": [{ "model": "TaskModel", "where": [] }] });
    for (method, path, body) in [
        ("GET", "/v1/models/tasks", Value::Null),
        ("GET", "/v1/models/tasks/t1", Value::Null),
        ("POST", "/v1/commits", json!({ "clientTxId": uuid(), "operations": [row] })),
        ("POST", "/v1/models/tasks", json!({ "data": { "title": "x" } })),
        ("POST", "/v1/models/tasks/t1/claim", json!({})),
        ("POST", "/api/sync/query", queries),
        ("GET", "/api/sync/entity/TaskModel/t1", Value::Null),
        ("GET", "/api/sync/bootstrap", Value::Null),
        ("POST", "/v1/capabilities", json!({ "wideScope": true })),
        ("POST", "/v1/tasks", json!({ "prompt": "x" })),
    ] {
        told.request(&served, (method, path, &served.key, &body)).await;
    }
    let name = uuid();
    socket.send("commit", &json!({ "clientTxId": name, "operations": [row] })).await;
    let receipt = socket.next("mutation_result", |receipt| receipt["clientTxId"] == name.as_str()).await;
    told.failure("mutation_result", &receipt["error"]);
    let begin = json!({ "intentId": "i", "entityType": "tasks", "entityId": "t1", "action": "x" });
    socket.send("intent_begin", &begin).await;
    told.reason(&socket.next("intent_rejected", |_| true).await);

    served.server.engine.shut_down();
    let commit = json!({ "clientTxId": uuid(), "operations": [row] });
    told.request(&served, ("POST", "/v1/commits", &served.key, &commit)).await;
}
