//! A request whose answer was lost can be repeated.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::future::{Future, poll_fn};
use std::task::Poll;

use ablo_runtime::engine::{Engine, EngineOptions, Participant};
use ablo_runtime::store::MemoryStore;
use ablo_schema::error::Code;
use ablo_schema::wire::SyncId;
use serde_json::json;
use support::*;

async fn engines() -> Vec<(Engine, Option<tempfile::TempDir>)> {
    let memory = Engine::open(schema(), MemoryStore::new(), EngineOptions::default()).await.unwrap();
    let mut engines = vec![(memory, None)];
    #[cfg(feature = "sqlite")]
    {
        let (engine, folder) = sqlite(EngineOptions::default()).await;
        engines.push((engine, Some(folder)));
    }
    engines
}

/// Callers give up waiting at random moments, before and after their commit is applied, and ask again. Whatever became
/// of the first attempt, each commit has effect once, and all its answers are the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abandoned_commits_take_effect_once() {
    for (engine, _folder) in engines().await {
        let tasks: Vec<_> = (0..8)
            .map(|worker| {
                let session = system(&engine);
                tokio::spawn(async move {
                    let mut abandoned = 0;
                    for at in 0..50_usize {
                        let id = format!("t{worker}_{at}");
                        let request = || keyed(&format!("key-{id}"), [create("tasks", &id, json!({"title": id}))]);
                        // Poll a few times and let go: the request is in the queue, the answer is lost.
                        let mut attempt = Box::pin(session.commit(request()));
                        let polls = at % 3;
                        for _ in 0..polls {
                            let is_pending =
                                poll_fn(|context| Poll::Ready(attempt.as_mut().poll(context).is_pending()));
                            if is_pending.await {
                                tokio::task::yield_now().await;
                            } else {
                                break;
                            }
                        }
                        abandoned += usize::from(polls > 0);
                        drop(attempt);
                        let first = session.commit(request()).await.unwrap();
                        let second = session.commit(request()).await.unwrap();
                        assert!(second.replayed);
                        assert_eq!(first.receipt, second.receipt);
                    }
                    abandoned
                })
            })
            .collect();
        let mut abandoned = 0;
        for task in tasks {
            abandoned += task.await.unwrap();
        }
        assert!(abandoned * 5 >= 8 * 50, "at least every fifth answer was lost");
        let log = system(&engine).log(SyncId(0), usize::MAX).await.unwrap();
        assert_eq!(log.entries.len(), 8 * 50, "each commit is in the log once");
        assert_eq!(log.head, SyncId(8 * 50), "and the log has no gap");
    }
}

#[tokio::test]
async fn a_key_is_for_one_body_and_one_participant() {
    for (engine, _folder) in engines().await {
        let body = |title: &str| keyed("k", [create("tasks", title, json!({"title": title}))]);
        let first = system(&engine).commit(body("a")).await.unwrap();
        let error = system(&engine).commit(body("b")).await.unwrap_err();
        assert_eq!(error.code().as_str(), "idempotency_conflict");
        assert_eq!(system(&engine).commit(body("a")).await.unwrap().receipt, first.receipt);
        user(&engine, "u1").commit(body("c")).await.unwrap();
        // A refusal is remembered too, even when it would succeed by now.
        let missing = || keyed("m", [update("tasks", "later", json!({"title": "x"}))]);
        let error = system(&engine).commit(missing()).await.unwrap_err();
        system(&engine).commit(commit([create("tasks", "later", json!({"title": "y"}))])).await.unwrap();
        assert_eq!(system(&engine).commit(missing()).await.unwrap_err(), error);
    }
}

/// The same create under another key, as clients send it after a lost answer, is recognised by its transaction.
#[tokio::test]
async fn a_create_sent_again_is_one_create() {
    for (engine, _folder) in engines().await {
        let again = |key: &str| keyed(key, [create("tasks", "t1", json!({"title": "a"})).transaction("tx_1")]);
        let first = system(&engine).commit(again("k1")).await.unwrap();
        let second = system(&engine).commit(again("k2")).await.unwrap();
        assert_eq!(first.receipt.last_sync_id, second.receipt.last_sync_id);
        assert!(second.deltas.is_empty());
        assert_eq!(system(&engine).head().await.unwrap(), SyncId(1));
        // The name of a transaction is its writer's own.
        let other = engine.session(Participant::system("org_1", "other")).commit(again("k3")).await;
        assert!(other.unwrap_err().is(Code::UniqueViolation));
    }
}

#[tokio::test]
async fn a_full_queue_refuses_and_a_failing_member_poisons_nobody() {
    let options = EngineOptions { queue: 1, ..EngineOptions::default() };
    #[cfg(feature = "sqlite")]
    {
        let (engine, _folder) = sqlite(options).await;
        let session = system(&engine);
        let commits = (0..64).map(|at| {
            let model = if at % 2 == 0 { "tasks" } else { "nothing" };
            session.commit(commit([create(model, &format!("t{at}"), json!({"title": "a"}))]))
        });
        let answers = futures_util::future::join_all(commits).await;
        let codes: Vec<&str> =
            answers.iter().filter_map(|answer| Some(answer.as_ref().err()?.code().as_str())).collect();
        assert!(codes.contains(&"instance_at_capacity"), "{codes:?}");
        let applied = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(session.head().await.unwrap(), SyncId(applied as u64));
    }
    #[cfg(not(feature = "sqlite"))]
    drop(options);
}
