//! What a file holds is found again, also where the store first takes a request to be new.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::path::Path;

use ablo_runtime::engine::{Clock, Engine, EngineOptions, Session};
use ablo_runtime::store::{Durability, SqliteStore, Store};
use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{Commit, SyncId};
use serde_json::json;
use support::*;

async fn open(path: &Path) -> Result<Engine, AbloError> {
    Engine::open(schema(), SqliteStore::new(path, Durability::Normal), EngineOptions::default()).await
}

async fn state(session: &Session) -> String {
    let rows = session.bootstrap(Some(&["tasks"]), None).await.unwrap();
    format!("{rows:?} {:?}", session.log(SyncId(0), usize::MAX).await.unwrap())
}

fn first() -> Commit {
    keyed("first", [create("tasks", "t1", json!({"title": "a"}))])
}

fn second() -> Commit {
    keyed("second", [update("tasks", "t1", json!({"title": "b"})).read_at(SyncId(1))])
}

/// Each request comes to a store that has just been opened, so that nothing of the file is in memory.
#[tokio::test]
async fn what_the_file_holds_is_never_taken_to_be_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ablo.db");
    let engine = open(&path).await.unwrap();
    let session = system(&engine);
    let answers = [first(), second()].map(|request| session.commit(request));
    let answers: Vec<_> = futures_util::future::join_all(answers).await.into_iter().map(Result::unwrap).collect();
    // Refused, and remembered.
    let missing = || keyed("third", [update("tasks", "t2", json!({"title": "x"}))]);
    let refusal = session.commit(missing()).await.unwrap_err();
    let before = state(&session).await;
    drop((session, engine));

    type Check = (Commit, Result<SyncId, &'static str>);
    let checks: Vec<Check> = vec![
        // The same requests again. The second would be refused as stale by now, which is not remembered.
        (first(), Ok(answers[0].receipt.last_sync_id)),
        (second(), Ok(answers[1].receipt.last_sync_id)),
        // A create of a row that is there, alone, under a new key, with one that is refused anyway, and changed after.
        (commit([create("tasks", "t1", json!({"title": "c"}))]), Err("unique_violation")),
        (keyed("fourth", [create("tasks", "t1", json!({"title": "c"}))]), Err("unique_violation")),
        (commit([create("tasks", "t1", json!({}))]), Err("unique_violation")),
        (commit([create("tasks", "t1", json!({"title": "c"})), delete("tasks", "t1")]), Err("unique_violation")),
        // The key of another request.
        (keyed("first", [create("tasks", "t3", json!({"title": "c"}))]), Err("idempotency_conflict")),
    ];
    for (request, expected) in checks {
        let what = format!("{request:?}");
        let engine = open(&path).await.unwrap();
        let session = system(&engine);
        match (session.commit(request).await, expected) {
            (Ok(done), Ok(at)) => assert!(done.replayed && done.receipt.last_sync_id == at, "{what}"),
            (answer, Err(code)) => assert_eq!(answer.unwrap_err().code().as_str(), code, "{what}"),
            (answer, expected) => panic!("{what}: {answer:?}, not {expected:?}"),
        }
        assert_eq!(state(&session).await, before, "{what}");
    }
    let engine = open(&path).await.unwrap();
    let session = system(&engine);
    // A neighbour in the same transaction is not disturbed by a create that has to be looked at again.
    let neighbours = [missing(), commit([create("tasks", "t2", json!({"title": "c"}))]), second()];
    let mut answers = futures_util::future::join_all(neighbours.map(|request| session.commit(request))).await;
    assert!(answers.pop().unwrap().unwrap().replayed);
    assert_eq!(answers.pop().unwrap().unwrap().receipt.last_sync_id, SyncId(3));
    assert_eq!(answers.pop().unwrap().unwrap_err(), refusal);
    assert_eq!(session.head().await.unwrap(), SyncId(3));
}

#[tokio::test]
async fn a_file_of_another_format_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ablo.db");
    let engine = open(&path).await.unwrap();
    system(&engine).commit(first()).await.unwrap();
    drop(engine);
    let version = |set: Option<i64>| -> i64 {
        let connection = rusqlite::Connection::open(&path).unwrap();
        let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        if let Some(set) = set {
            connection.pragma_update(None, "user_version", set).unwrap();
        }
        version
    };
    let own = version(None);
    for other in [own - 1, own + 1] {
        version(Some(other));
        let error = open(&path).await.unwrap_err();
        assert_eq!(error.code().as_str(), "store_version_unsupported", "format {other}");
        assert_eq!(version(None), other);
    }
    version(Some(own));
    let engine = open(&path).await.unwrap();
    assert!(system(&engine).commit(first()).await.unwrap().replayed, "everything is there as it was");
}

#[tokio::test]
async fn a_closed_file_shows_no_more_of_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ablo.db");
    let engine = open(&path).await.unwrap();
    system(&engine).commit(first()).await.unwrap();
    let before = state(&system(&engine)).await;
    drop(engine);
    let store = SqliteStore::new(&path, Durability::Normal);
    store.open(&schema(), &Clock::default()).await.unwrap();
    let closed = store.snapshot(&"org_1".into());
    store.close();
    assert!(closed.await.err().is_some_and(|error| error.is(Code::ShuttingDown)));
    assert_eq!(state(&system(&open(&path).await.unwrap())).await, before);
}
