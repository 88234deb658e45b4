//! A file is copied while it is written to, and what is made of the copy is never taken for the original.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ablo_runtime::claims::{Acquire, ClaimCommand, ClaimReply};
use ablo_runtime::engine::{Engine, EngineOptions, Participant, Query, Session};
use ablo_runtime::store::{CopyProgress, Durability, SqliteStore, backup_sqlite, restore_sqlite};
use ablo_schema::wire::{Commit, SyncId};
use serde_json::json;
use support::*;

async fn open(path: &Path) -> Engine {
    let store = SqliteStore::new(path, Durability::Normal);
    Engine::open(schema(), store, EngineOptions::default()).await.unwrap()
}

/// Two rows, together or not at all.
fn pair(at: u64) -> Commit {
    let row = |side: &str| create("tasks", &format!("{side}{at}"), json!({"title": "x"}));
    keyed(&format!("pair-{at}"), [row("a"), row("b")])
}

fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with("a.db"))
        .collect();
    names.sort();
    names
}

/// How many pairs there are, none of them broken.
async fn pairs(session: &Session) -> u64 {
    let count = async |side: &str| {
        let rows = session.query(&[Query::of("tasks")]).await.unwrap().pages.remove(0).rows;
        rows.iter().filter(|found| found.row.id.starts_with(side)).count() as u64
    };
    let (a, b) = (count("a").await, count("b").await);
    assert_eq!(a, b);
    a
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_under_load_is_one_moment_and_a_history_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| -> PathBuf { folder.path().join(name) };
    let engine = open(&at("a.db")).await;
    let session = system(&engine);
    // Enough that it is not copied in one go.
    let large = "x".repeat(100_000);
    for row in 0..80 {
        session.commit(commit([create("tasks", &format!("large{row}"), json!({"title": large}))])).await.unwrap();
    }
    let written = Arc::new(AtomicU64::new(0));
    let is_over = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (session, written, is_over) = (session.clone(), written.clone(), is_over.clone());
        async move {
            for at in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                session.commit(pair(at)).await.unwrap();
                written.store(at + 1, Ordering::Relaxed);
            }
        }
    });
    let progress = |target: u64| {
        let begun = Instant::now();
        while written.load(Ordering::Relaxed) < target {
            assert!(begun.elapsed() < Duration::from_secs(60), "the writer waits for the copy");
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    progress(20);
    let before = written.load(Ordering::Relaxed);
    let mut steps = Vec::new();
    let bytes = tokio::task::block_in_place(|| {
        backup_sqlite(&at("a.db"), &at("backup.db"), &mut |step| {
            steps.push(step);
            progress(written.load(Ordering::Relaxed) + 10);
        })
    });
    assert_eq!(bytes.unwrap(), std::fs::metadata(at("backup.db")).unwrap().len());
    assert!(steps.len() > 1, "{steps:?}");
    let CopyProgress { done, total } = *steps.last().unwrap();
    assert_eq!(done, total);
    progress(written.load(Ordering::Relaxed) + 20);
    is_over.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    let (all, seen) = (written.load(Ordering::Relaxed), session.head().await.unwrap());
    assert_eq!(names(folder.path()), ["backup.db"], "one file, and nothing beside it");

    tokio::task::block_in_place(|| restore_sqlite(&at("backup.db"), &at("restored.db"), &mut |_| {})).unwrap();
    let restored = open(&at("restored.db")).await;
    let again = system(&restored);
    let kept = pairs(&again).await;
    assert!((before..=before + 10).contains(&kept), "{kept} of {all}; {before} were answered before");
    assert_ne!(restored.epoch(), engine.epoch());
    assert!(again.head().await.unwrap() > seen, "positions do not come again");
    for place in [SyncId(0), SyncId(5), seen] {
        let error = again.log(place, 10).await.unwrap_err();
        assert_eq!(error.code().as_str(), "must_bootstrap", "{place}");
    }
    // What the copy knows is repeated as it was; what it does not know is done again.
    for at in 0..all {
        let (first, second) = (session.commit(pair(at)).await.unwrap(), again.commit(pair(at)).await.unwrap());
        assert_eq!((first.replayed, second.replayed), (true, at < kept), "{at}");
        assert_eq!(first.receipt.last_sync_id == second.receipt.last_sync_id, at < kept, "{at}");
    }
    assert_eq!(pairs(&again).await, all);
    // A row that was read in the other history may have been another one.
    let blind = update("tasks", "a0", json!({"title": "y"})).read_at(seen);
    assert_eq!(again.commit(commit([blind])).await.unwrap_err().code().as_str(), "stale_context");

    let epoch = restored.epoch();
    drop((again, restored));
    assert_eq!(open(&at("restored.db")).await.epoch(), epoch, "opening it again changes nothing");
    let direct = open(&at("backup.db")).await;
    assert!(direct.epoch() != epoch && direct.epoch() != engine.epoch(), "a copy may also be opened itself");
}

#[tokio::test]
async fn what_was_held_is_free_and_its_token_never_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let (file, backup) = (folder.path().join("a.db"), folder.path().join("backup.db"));
    let engine = open(&file).await;
    let session = system(&engine);
    session.commit(commit([create("tasks", "t", json!({"title": "x"}))])).await.unwrap();
    let claim = async |session: &Session| {
        let wish = Acquire {
            claim: "c".into(),
            details: Default::default(),
            ttl_ms: Some(3_600_000),
            wait: true,
            max_queue_depth: None,
        };
        session.claim("tasks", "t", ClaimCommand::Acquire(wish)).await.unwrap()
    };
    let ClaimReply::Granted(first) = claim(&session).await else { panic!("it was free") };
    backup_sqlite(&file, &backup, &mut |_| {}).unwrap();
    // After the copy was made the row is handed on, and on.
    let release = ClaimCommand::Release { claim: None, token: None };
    let mut last = first;
    for _ in 0..3 {
        session.claim("tasks", "t", release.clone()).await.unwrap();
        if let ClaimReply::Granted(next) = claim(&session).await {
            last = next;
        }
    }
    let copy = open(&backup).await;
    let session = system(&copy);
    let claims = session.claims("tasks", "t").await.unwrap();
    assert!(claims.lease().is_none() && claims.queue().is_empty(), "{claims:?}");
    let ClaimReply::Granted(grant) = claim(&session).await else { panic!("it is free") };
    assert!(grant.token > last.token, "{grant:?} after {last:?}");
}

/// Claims a row, that nobody holds, some times over: the last token.
async fn hand_on(session: &Session, row: &str, times: u64) -> u64 {
    let mut last = 0;
    for _ in 0..times {
        let wish = Acquire {
            claim: "c".into(),
            details: Default::default(),
            ttl_ms: None,
            wait: false,
            max_queue_depth: None,
        };
        let ClaimReply::Granted(grant) = session.claim("tasks", row, ClaimCommand::Acquire(wish)).await.unwrap() else {
            panic!("it was free")
        };
        assert!(grant.token.0 > last);
        last = grant.token.0;
        let release = ClaimCommand::Release { claim: None, token: None };
        session.claim("tasks", row, release).await.unwrap();
    }
    last
}

#[tokio::test]
async fn what_a_copy_knows_nothing_of_does_not_begin_again_either() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| -> PathBuf { folder.path().join(name) };
    let engine = open(&at("a.db")).await;
    // The first copy is of nothing at all.
    backup_sqlite(&at("a.db"), &at("empty.db"), &mut |_| {}).unwrap();
    let session = system(&engine);
    session.commit(commit([create("tasks", "t", json!({"title": "x"}))])).await.unwrap();
    backup_sqlite(&at("a.db"), &at("backup.db"), &mut |_| {}).unwrap();
    assert_eq!(hand_on(&session, "t", 3).await, 3, "a file that is no copy begins at one");
    let stranger = |engine: &Engine| engine.session(Participant::system("org_2", "sys"));
    let row = |id: &str| commit([create("tasks", id, json!({"title": "x"}))]);
    for id in ["s1", "s2", "s3"] {
        stranger(&engine).commit(row(id)).await.unwrap();
    }
    for copy in ["empty.db", "backup.db"] {
        let copy = open(&at(copy)).await;
        let session = system(&copy);
        if session.retrieve("tasks", "t").await.unwrap().0.is_none() {
            session.commit(row("t")).await.unwrap();
        }
        let token = hand_on(&session, "t", 1).await;
        assert!(token > 3, "{token}");
        let stranger = stranger(&copy);
        assert!(stranger.commit(row("s1")).await.unwrap().receipt.last_sync_id > SyncId(3));
        assert_eq!(stranger.bootstrap(None, None).await.unwrap().head, stranger.head().await.unwrap());
        let log = stranger.log(SyncId(0), 10).await.unwrap_err();
        assert_eq!(log.code().as_str(), "must_bootstrap", "whoever heard of the other three");
    }
    // Nor does a copy of a copy, or the same file opened again.
    let again = open(&at("backup.db")).await;
    let (token, unclaimed) = (hand_on(&system(&again), "t", 1).await, {
        system(&again).commit(row("u")).await.unwrap();
        hand_on(&system(&again), "u", 2).await
    });
    restore_sqlite(&at("backup.db"), &at("third.db"), &mut |_| {}).unwrap();
    let third = open(&at("third.db")).await;
    assert!(hand_on(&system(&third), "t", 1).await > token);
    system(&third).commit(row("v")).await.unwrap();
    assert!(hand_on(&system(&third), "v", 1).await > unclaimed);
}

#[tokio::test]
async fn a_file_that_was_copied_by_hand_is_a_copy_once_it_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| -> PathBuf { folder.path().join(name) };
    let engine = open(&at("a.db")).await;
    system(&engine).commit(pair(0)).await.unwrap();
    let epoch = engine.epoch();
    drop(engine);
    std::fs::copy(at("a.db"), at("moved.db")).unwrap();
    restore_sqlite(&at("moved.db"), &at("restored.db"), &mut |_| {}).unwrap();
    assert_eq!(open(&at("moved.db")).await.epoch(), epoch, "as if it had been moved");
    assert_ne!(open(&at("restored.db")).await.epoch(), epoch);
}

#[tokio::test]
async fn nothing_is_overwritten_and_nothing_half_done_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| -> PathBuf { folder.path().join(name) };
    let engine = open(&at("a.db")).await;
    system(&engine).commit(pair(0)).await.unwrap();
    backup_sqlite(&at("a.db"), &at("backup.db"), &mut |_| {}).unwrap();
    let backup = std::fs::read(at("backup.db")).unwrap();
    std::fs::write(at("text.db"), "text").unwrap();
    std::fs::write(at("old.db-wal"), "of a file that was moved away").unwrap();
    let before = names(folder.path());
    let copy = |from: &str, to: &str| backup_sqlite(&at(from), &at(to), &mut |_| {}).unwrap_err();
    let restore = |from: &str, to: &str| restore_sqlite(&at(from), &at(to), &mut |_| {}).unwrap_err();
    for (error, code, says) in [
        (copy("a.db", "backup.db"), "file_unwritable", "is there already"),
        (copy("a.db", "a.db"), "file_unwritable", "is there already"),
        (copy("a.db", "old.db"), "file_unwritable", "old.db-wal"),
        (copy("a.db", "nowhere/b.db"), "file_unwritable", "nowhere"),
        (copy("nothing.db", "b.db"), "file_unreadable", "nothing.db"),
        (copy("text.db", "b.db"), "store_unavailable", "not a database"),
        (restore("backup.db", "a.db"), "store_unavailable", "another store has it open"),
    ] {
        assert_eq!(error.code().as_str(), code, "{error}");
        assert!(error.message.contains(says), "{error}");
    }
    assert_eq!(names(folder.path()), before);
    assert_eq!(std::fs::read(at("backup.db")).unwrap(), backup);
    assert_eq!(pairs(&system(&engine)).await, 1, "and the store goes on");
}
