//! A commit that SQLite refuses at the very end leaves nothing behind, neither in the file nor in what is kept of it.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use ablo_runtime::engine::EngineOptions;
use ablo_schema::error::Code;
use serde_json::{Value, json};
use support::*;

#[tokio::test]
async fn a_commit_that_fails_is_forgotten() {
    let (engine, folder) = sqlite(EngineOptions::default()).await;
    let session = system(&engine);
    session.commit(commit([create("tasks", "t", json!({"title": "first", "points": 1}))])).await.unwrap();

    // A deferred key is looked at by the COMMIT itself, after every write has succeeded.
    let other = rusqlite::Connection::open(folder.path().join("ablo.db")).unwrap();
    other
        .execute_batch(
            "CREATE TABLE parent (id INTEGER PRIMARY KEY);
             CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
             CREATE TRIGGER refuse AFTER UPDATE ON tasks WHEN NEW.title = 'refused' BEGIN
               INSERT INTO child VALUES (1);
             END;",
        )
        .unwrap();

    let refused = session.commit(commit([update("tasks", "t", json!({"title": "refused"}))])).await.unwrap_err();
    assert!(refused.is(Code::StoreUnavailable), "{refused:?}");

    let done = session.commit(commit([update("tasks", "t", json!({"points": 2}))])).await.unwrap();
    let data: Value = serde_json::from_str(done.deltas[0].delta.core.data.as_ref().unwrap().get()).unwrap();
    assert_eq!((&data["title"], &data["points"]), (&json!("first"), &json!(2)));
    assert_eq!(done.receipt.last_sync_id.0, 2, "the refused commit took no place in the log");
}
