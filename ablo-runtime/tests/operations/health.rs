//! What a server says of itself when its file fails it.

use std::time::Duration;

use ablo_runtime::server::StoreChoice;
use rusqlite::Connection;
use serde_json::Value;

use crate::support::{PATIENCE, TestServer};

async fn until_ready_is(server: &TestServer, status: u16) {
    let waiting = async {
        while server.http("GET", "/readyz", &Value::Null).await.status != status {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("/readyz never said {status}"));
}

#[tokio::test]
async fn a_server_whose_file_cannot_be_written_is_not_ready_but_alive() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.db");
    let server = TestServer::with(|options| options.store = StoreChoice::Sqlite(file.clone())).await;
    until_ready_is(&server, 200).await;
    let other = Connection::open(&file).unwrap();
    for (break_it, mend_it) in [
        // Reading works all the while.
        (
            "CREATE TRIGGER full BEFORE UPDATE ON ablo_meta BEGIN SELECT RAISE(FAIL, 'disk full'); END",
            "DROP TRIGGER full",
        ),
        ("BEGIN IMMEDIATE", "ROLLBACK"),
    ] {
        other.execute_batch(break_it).unwrap();
        until_ready_is(&server, 503).await;
        assert_eq!(server.http("GET", "/readyz", &Value::Null).await.text, "the store does not answer");
        assert_eq!(server.http("GET", "/livez", &Value::Null).await.status, 200);
        other.execute_batch(mend_it).unwrap();
        until_ready_is(&server, 200).await;
    }
}
