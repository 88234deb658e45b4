//! A process that is killed leaves a prefix of its commits, and every commit it was told of.
#![cfg(all(feature = "sqlite", unix))]
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use ablo_runtime::engine::{Engine, EngineOptions};
use ablo_runtime::store::{Durability, SqliteStore};
use ablo_schema::wire::{Action, SyncId};
use serde_json::{Value, json};
use support::*;

const FILE: &str = "ABLO_CRASH_FILE";
const ROUND: &str = "ABLO_CRASH_ROUND";

async fn open(path: &Path) -> Engine {
    let store = SqliteStore::new(path, Durability::Full);
    Engine::open(schema(), store, EngineOptions::default()).await.unwrap()
}

/// The process that is killed: four writers at once, each telling what it was answered.
#[test]
fn victim() {
    let (Ok(path), Ok(round)) = (std::env::var(FILE), std::env::var(ROUND)) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let engine = open(Path::new(&path)).await;
        println!("ready");
        let writers = (0..4).map(|writer| {
            let session = system(&engine);
            let round = &round;
            async move {
                for at in 0.. {
                    let id = format!("{round}_{writer}_{at}");
                    // Two rows at once: half a commit would show.
                    let pair = [create("tasks", &id, json!({"title": id})), create("decks", &id, json!({"title": id}))];
                    let receipt = session.commit(keyed(&id, pair)).await.unwrap().receipt;
                    println!("ack {id} {}", receipt.last_sync_id);
                }
            }
        });
        futures_util::future::join_all(writers).await;
    });
}

#[test]
fn two_hundred_kills_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ablo.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut acknowledged: Vec<(String, u64)> = Vec::new();
    let mut killed_at_work = 0;
    for round in 0..200_u64 {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "victim", "--nocapture", "--test-threads=1"])
            .env(FILE, &path)
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
        assert!(lines.by_ref().any(|line| line.unwrap().ends_with("ready")), "the victim started");
        let ack = |line: String| {
            let (id, at) = line.strip_prefix("ack ")?.split_once(' ')?;
            Some((id.to_owned(), at.parse().ok()?))
        };
        // Killed before its first answer, or some time after a few of them.
        let some: Vec<_> = lines.by_ref().take(round as usize % 8).filter_map(|line| ack(line.unwrap())).collect();
        std::thread::sleep(Duration::from_micros(round * 7919 % 3_000));
        victim.kill().unwrap();
        victim.wait().unwrap();
        let acks = some.into_iter().chain(lines.filter_map(|line| ack(line.ok()?)));
        let before = acknowledged.len();
        acknowledged.extend(acks);
        killed_at_work += usize::from(acknowledged.len() > before);
        // Looking every time would take long; what an earlier kill lost does not come back.
        if round % 10 == 9 {
            runtime.block_on(check(&path, &acknowledged));
        }
    }
    assert!(killed_at_work >= 175, "only {killed_at_work} of 200 were killed while they wrote");
}

/// The log is dense, the rows are what the log says, no commit is there by half, and every answer holds.
async fn check(path: &Path, acknowledged: &[(String, u64)]) {
    let engine = open(path).await;
    let session = system(&engine);
    let log = session.log(SyncId(0), usize::MAX).await.unwrap();
    let ids: Vec<u64> = log.entries.iter().map(|entry| entry.id().0).collect();
    assert_eq!(ids, (1..=log.head.0).collect::<Vec<_>>(), "the log is dense and as long as its head says");
    let mut from_log: Vec<(String, String)> = Vec::new();
    for pair in log.entries.chunks(2) {
        let [task, deck] = pair else { panic!("half a commit") };
        assert_eq!(task.delta.core.model_id, deck.delta.core.model_id, "half a commit");
        for entry in pair {
            from_log.push((entry.delta.core.model_name.clone(), entry.delta.core.model_id.clone()));
        }
    }
    let rows = session.bootstrap(Some(&["tasks", "decks"]), None).await.unwrap();
    let mut kept: Vec<(String, String)> = Vec::new();
    for (model, rows) in rows.models {
        let typename = &engine.schema().at(model).def().typename;
        kept.extend(rows.iter().map(|row| (typename.clone(), row.id.clone())));
    }
    from_log.sort_unstable();
    kept.sort_unstable();
    assert_eq!(from_log, kept, "rows and log belong together");
    for (id, at) in acknowledged {
        let entry = &log.entries[usize::try_from(*at).unwrap() - 1];
        assert_eq!(entry.delta.core.model_id, *id, "an acknowledged commit is where its receipt says");
    }
    // An answer is still given again, and a repeated request still is one.
    if let Some((id, at)) = acknowledged.last() {
        let pair = [create("tasks", id, json!({"title": id})), create("decks", id, json!({"title": id}))];
        let again = session.commit(keyed(id, pair)).await.unwrap();
        assert!(again.replayed && again.receipt.last_sync_id.0 == *at);
    }
}

#[tokio::test]
async fn a_file_opens_again_with_everything_and_only_once_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ablo.db");
    let engine = open(&path).await;
    let session = system(&engine);
    let values = json!({"title": "a", "points": 2.5, "count": 7, "done": true, "due": "2026-01-02T03:04:05.678Z",
        "status": "done", "extra": {"a": [1, null, "\u{0}"]}, "note": "\u{0}é"});
    session.commit(commit([create("tasks", "t1", values)])).await.unwrap();
    session.commit(commit([op(Action::Archive, "tasks", "t1", Value::Null)])).await.unwrap();
    let (row, _) = session.retrieve("tasks", "t1").await.unwrap();
    let second = Engine::open(schema(), SqliteStore::new(&path, Durability::Full), EngineOptions::default()).await;
    assert_eq!(second.unwrap_err().code().as_str(), "store_unavailable");
    drop((session, engine));
    let engine = open(&path).await;
    assert_eq!(system(&engine).retrieve("tasks", "t1").await.unwrap(), (row, SyncId(2)));
}

#[tokio::test]
async fn a_closed_file_opens_while_processes_are_started() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ablo.db");
    let starting = std::thread::spawn(|| {
        for _ in 0..2000 {
            assert!(Command::new("true").status().unwrap().success());
        }
    });
    while !starting.is_finished() {
        drop(open(&path).await);
    }
    starting.join().unwrap();
}
