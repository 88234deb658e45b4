//! A file that a newer program wrote is left as it is.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use ablo_runtime::engine::{Engine, EngineOptions};
use ablo_runtime::store::{Durability, SqliteStore};
use support::*;

#[tokio::test]
async fn a_newer_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ablo.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("PRAGMA user_version = 1000").unwrap();
    let opened = Engine::open(schema(), SqliteStore::new(&path, Durability::Full), EngineOptions::default()).await;
    let error = opened.unwrap_err();
    assert_eq!(error.code().as_str(), "store_version_unsupported", "{error}");
    let tables: i64 = other.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 0, "nothing was made in it");
}
