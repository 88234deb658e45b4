//! How much an organization may keep. That what is counted is what is kept, whatever happened, is tested in the crate.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::num::NonZeroU64;

use ablo_runtime::claims::{Acquire, ClaimCommand, ClaimDetails, ClaimReply};
use ablo_runtime::engine::{Engine, EngineOptions, Participant, Query, Quotas, Session};
use ablo_runtime::store::MemoryStore;
use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{CommitOperation, OrganizationId, SyncId};
use futures_util::future::join_all;
use serde_json::json;
use support::*;

fn rows(count: u64) -> Quotas {
    Quotas { rows: NonZeroU64::new(count), ..Quotas::default() }
}

fn options(quotas: Quotas) -> EngineOptions {
    EngineOptions { quotas, ..EngineOptions::default() }
}

async fn memory_with(quotas: Quotas) -> Engine {
    Engine::open(schema(), MemoryStore::new(), options(quotas)).await.unwrap()
}

fn task(id: &str) -> CommitOperation {
    create("tasks", id, json!({ "title": "x" }))
}

async fn write(session: &Session, operations: impl IntoIterator<Item = CommitOperation>) -> Result<(), AbloError> {
    session.commit(commit(operations)).await.map(drop)
}

#[track_caller]
fn refused(answer: &Result<(), AbloError>, quota: &str, limit: u64, used: u64) {
    let error = answer.as_ref().unwrap_err();
    assert!(error.is(Code::QuotaExceeded), "{error:?}");
    let said = ["quota", "limit", "used"].map(|name| error.details[name].clone());
    assert_eq!(said, [json!(quota), json!(limit), json!(used)], "{error:?}");
    assert_eq!((error.status(), error.retryable()), (429, true));
}

async fn commits_at_once(engine: &Engine) {
    let session = system(engine);
    let ids: Vec<String> = (0..200).map(|at| format!("t{at}")).collect();
    let answers = join_all(ids.iter().map(|id| write(&session, [task(id)]))).await;
    let (made, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.is_ok());
    assert_eq!(made.len(), 10);
    others.into_iter().for_each(|answer| refused(answer, "rows", 10, 10));
    assert_eq!(session.count(&Query::of("tasks")).await.unwrap(), 10);
    assert_eq!(session.head().await.unwrap(), SyncId(10), "what was refused left no trace");
}

#[tokio::test]
async fn commits_that_are_written_together_do_not_pass_together() {
    commits_at_once(&memory_with(rows(10)).await).await;
    #[cfg(feature = "sqlite")]
    {
        let (engine, _folder) = sqlite(options(rows(10))).await;
        commits_at_once(&engine).await;
    }
}

#[tokio::test]
async fn a_commit_is_refused_as_a_whole_and_judged_by_what_it_comes_to() {
    let session = system(&memory_with(rows(2)).await);
    refused(&write(&session, [task("a"), task("b"), task("c")]).await, "rows", 2, 0);
    assert_eq!((session.head().await.unwrap(), session.count(&Query::of("tasks")).await.unwrap()), (SyncId(0), 0));
    write(&session, [task("a"), task("b")]).await.unwrap();
    refused(&write(&session, [task("c")]).await, "rows", 2, 2);
    refused(&write(&session, [create("decks", "d", json!({ "title": "x" }))]).await, "rows", 2, 2);
    write(&session, [task("c"), delete("tasks", "a")]).await.unwrap();
    write(&session, [update("tasks", "b", json!({ "title": "y" }))]).await.unwrap();
    // A member of its transaction that fails for another reason takes no room.
    let wrong = create("tasks", "e", json!({ "title": 5 }));
    assert!(write(&session, [delete("tasks", "c"), wrong]).await.is_err());
    refused(&write(&session, [task("d")]).await, "rows", 2, 2);
    write(&session, [delete("tasks", "c")]).await.unwrap();
    write(&session, [task("d")]).await.unwrap();
}

#[tokio::test]
async fn the_same_commit_again_gets_its_answer_although_nothing_more_fits() {
    let session = system(&memory_with(rows(1)).await);
    let again = keyed("k", [task("a")]);
    let first = session.commit(again.clone()).await.unwrap();
    assert_eq!(session.commit(again).await.unwrap().receipt, first.receipt);
    // And one that was refused is tried anew.
    let later = keyed("l", [task("b")]);
    assert!(session.commit(later.clone()).await.is_err());
    write(&session, [delete("tasks", "a")]).await.unwrap();
    session.commit(later).await.unwrap();
}

#[tokio::test]
async fn a_log_that_is_full_takes_deletes_and_room_comes_by_trimming() {
    let quotas = Quotas { log_bytes: NonZeroU64::new(4_000), ..Quotas::default() };
    let engine = memory_with(quotas).await;
    let session = system(&engine);
    let long = json!({ "title": "x".repeat(1_000) });
    let mut count = 0;
    let full = loop {
        match write(&session, [create("tasks", &format!("t{count}"), long.clone())]).await {
            Ok(()) => count += 1,
            refused => break refused,
        }
    };
    let used: u64 = session.log(SyncId(0), 100).await.unwrap().entries.iter().map(|entry| entry.bytes()).sum();
    assert!(count > 1 && (2_000..=4_000).contains(&used), "{used}");
    refused(&full, "log_bytes", 4_000, used);
    refused(&write(&session, [update("tasks", "t0", long.clone())]).await, "log_bytes", 4_000, used);
    refused(&write(&session, [delete("tasks", "t0"), task("small")]).await, "log_bytes", 4_000, used);
    let all = (0..count).map(|at| delete("tasks", &format!("t{at}")));
    write(&session, all).await.unwrap();
    assert!(write(&session, [task("small")]).await.is_err());
    engine.trim(&OrganizationId::from("org_1"), session.head().await.unwrap()).await.unwrap();
    write(&session, [task("small"), create("tasks", "again", long)]).await.unwrap();
}

#[tokio::test]
async fn an_organizations_test_space_and_other_organizations_have_a_quota_of_their_own() {
    let engine = memory_with(rows(1)).await;
    let live = OrganizationId::from("org_1");
    for space in [live.clone(), live.test_space(), OrganizationId::from("org_2")] {
        let session = engine.session(Participant::system(space, "sys"));
        write(&session, [task("a")]).await.unwrap();
        refused(&write(&session, [task("b")]).await, "rows", 1, 1);
    }
}

fn acquire(claim: &str) -> ClaimCommand {
    let details = ClaimDetails { action: "editing".into(), ..ClaimDetails::default() };
    ClaimCommand::Acquire(Acquire { claim: claim.into(), details, ttl_ms: None, wait: true, max_queue_depth: None })
}

#[tokio::test]
async fn claims_are_counted_whether_they_hold_or_wait() {
    let quotas = Quotas { claims: NonZeroU64::new(2), ..Quotas::default() };
    let engine = memory_with(quotas).await;
    let (sys, ada) = (system(&engine), engine.session(Participant::system("org_1", "ada")));
    write(&sys, [task("a"), task("b")]).await.unwrap();
    let claim = async |who: &Session, id: &str, command: ClaimCommand| who.claim("tasks", id, command).await;
    assert!(matches!(claim(&ada, "a", acquire("held")).await, Ok(ClaimReply::Granted(_))));
    assert!(matches!(claim(&sys, "a", acquire("waits")).await, Ok(ClaimReply::Queued { .. })));
    let mut events = sys.subscribe(None).await.unwrap();
    for (who, id) in [(&sys, "b"), (&ada, "a"), (&sys, "a")] {
        let answer = claim(who, id, acquire("third")).await.map(drop);
        refused(&answer, "claims", 2, 2);
    }
    assert!(events.try_next().await.unwrap().is_none(), "nobody is told of a claim that was not made");
    // What is there goes on: announced again, renewed, handed over, written under.
    assert!(matches!(claim(&ada, "a", acquire("held")).await, Ok(ClaimReply::Granted(_))));
    write(&ada, [update("tasks", "a", json!({ "title": "y" }))]).await.unwrap();
    claim(&ada, "a", ClaimCommand::Release { claim: None, token: None }).await.unwrap();
    assert!(matches!(claim(&ada, "b", acquire("third")).await, Ok(ClaimReply::Granted(_))));
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_quota_below_what_is_kept_takes_nothing_away_and_survives_a_restart() {
    use ablo_runtime::store::{Durability, SqliteStore};
    let folder = tempfile::tempdir().unwrap();
    let open = async |quotas| {
        let store = SqliteStore::new(folder.path().join("ablo.db"), Durability::Normal);
        Engine::open(schema(), store, options(quotas)).await.unwrap()
    };
    {
        let engine = open(Quotas::default()).await;
        write(&system(&engine), [task("a"), task("b"), task("c")]).await.unwrap();
        system(&engine).claim("tasks", "a", acquire("held")).await.unwrap();
    }
    let few = NonZeroU64::new(1);
    let engine = open(Quotas { rows: few, claims: few, log_bytes: None }).await;
    let session = system(&engine);
    refused(&write(&session, [task("d")]).await, "rows", 1, 3);
    refused(&session.claim("tasks", "b", acquire("more")).await.map(drop), "claims", 1, 1);
    write(&session, [update("tasks", "a", json!({ "title": "y" }))]).await.unwrap();
    write(&session, [delete("tasks", "b"), task("d")]).await.unwrap();
    write(&session, [delete("tasks", "c")]).await.unwrap();
    refused(&write(&session, [task("e")]).await, "rows", 1, 2);
    session.claim("tasks", "a", ClaimCommand::Release { claim: None, token: None }).await.unwrap();
    drop((session, engine));
    let engine = open(rows(3)).await;
    write(&system(&engine), [task("e")]).await.unwrap();
    refused(&write(&system(&engine), [task("f")]).await, "rows", 3, 3);
}

#[tokio::test]
async fn without_quotas_nothing_is_refused() {
    let session = system(&memory().await);
    let many = (0..400).map(|at| create("tasks", &format!("t{at}"), json!({ "title": "x".repeat(100) })));
    write(&session, many).await.unwrap();
}
