//! A client of version 0.9.0 that is far behind is told everything in order, and little of it is held for it meanwhile.
//! Alone in its binary: it counts what the whole process allocates.
#![cfg(all(feature = "server", feature = "sqlite"))]
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "support/served.rs"]
mod served;

use std::collections::HashMap;

use ablo_runtime::server::{ServeOptions, StoreChoice};
use ablo_schema::ir::SchemaDef;
use peak_alloc::PeakAlloc;
use serde_json::{Value, json};
use served::Served;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Rows of a kibibyte, far more than may wait or be under way at once.
const ROWS: u64 = 16_000;
/// Most bytes that its way through them may add: a page of the log, what waits, what is under way, and what the client
/// makes of it in the same process. Everything would be several times as much.
const MOST: usize = 16 << 20;

#[tokio::test]
async fn who_is_far_behind_is_told_everything_in_order_and_little_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let artifact = include_str!("../../tests/conformance/schema.json");
    let mut options = ServeOptions::dev(SchemaDef::from_artifact(artifact).unwrap().validate().unwrap());
    options.store = StoreChoice::Sqlite(folder.path().join("a.db"));
    let server = Served::start(options, Some(folder)).await;
    let projects =
        ["p1", "p2"].map(|id| json!({ "type": "CREATE", "model": "project", "id": id, "input": { "name": id } }));
    server.commit(&projects.into_iter().collect()).await;
    let title = "x".repeat(1 << 10);
    for first in (0..ROWS).step_by(200) {
        let row = |at| json!({ "type": "CREATE", "model": "task", "id": format!("t{at}"), "input": { "title": title, "projectId": "p1" } });
        server.commit(&(first..first + 200).map(row).collect::<Value>()).await;
    }
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    // It asked for one project only, and writes to another one as well.
    let mut socket = server.open(&server.key, &["project:p1".to_owned()]).await;
    socket.send("sync_request", &json!({ "cursor": null, "versions": {}, "lastSyncId": 2, "capabilities": [] })).await;
    let mut response = socket.next("sync_response", |_| true).await;
    let own = json!([{ "type": "CREATE", "model": "task", "id": "own", "transactionId": "tx_own",
        "input": { "title": "own", "projectId": "p2" } }]);
    let written = socket.commit(&own).await["lastSyncId"].as_u64().unwrap();
    // What is new is published while it is still far behind, and what is old is changed.
    let others = json!([
        { "type": "UPDATE", "model": "task", "id": "t0", "input": { "title": "changed", "projectId": "p1" } },
        { "type": "UPDATE", "model": "task", "id": format!("t{}", ROWS - 1), "input": { "title": "changed" } },
        { "type": "CREATE", "model": "task", "id": "last", "input": { "title": "last", "projectId": "p1" } }]);
    server.commit(&others).await;
    let first = std::mem::take(response["deltas"].as_array_mut().unwrap());
    let (mut told, mut highest) = (HashMap::new(), 2);
    let mut take = |delta: Value| {
        let (id, row) = (delta["id"].as_u64().unwrap(), delta["modelId"].as_str().unwrap().to_owned());
        assert!(id > highest, "{id} after {highest}");
        highest = id;
        told.insert(row, (delta["data"]["title"].as_str().unwrap().len(), id));
        highest
    };
    first.into_iter().for_each(|delta| _ = take(delta));
    while take(socket.next("delta", |_| true).await) < written + 3 {}
    let peak = MEMORY.peak_usage() - before;
    println!("{peak} bytes more");
    assert!(peak < MOST, "{peak} bytes more");
    assert_eq!(told.len() as u64, ROWS + 2);
    assert_eq!(told["own"], ("own".len(), written), "what it wrote and does not hear");
    for changed in [0, ROWS - 1] {
        assert_eq!(told[&format!("t{changed}")].0, "changed".len());
    }
}
