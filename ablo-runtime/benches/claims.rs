//! How long a claim takes to change hands.
//!
//! `cargo bench -p ablo-runtime --features sqlite --bench claims`. Hand-off: from the moment a holder asks to release
//! until the first waiter, on another task, knows that it holds the row. Round trip: claim a free row and release it.
//! Line: 64 participants in one line, each releasing as soon as it holds.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::time::{Duration, Instant};

use ablo_runtime::claims::{
    Acquire, Actor, ClaimCommand, ClaimDetails, ClaimEvent, ClaimLimits, ClaimReply, Moment, RejectConflicts,
    RowClaims, RowContext,
};
use ablo_runtime::engine::{Engine, EngineOptions, Participant, Session};
#[cfg(feature = "sqlite")]
use ablo_runtime::store::{Durability, SqliteStore};
use ablo_runtime::store::{MemoryStore, Store};
use ablo_schema::ir::{SchemaDef, ValidSchema};
use ablo_schema::wire::{ParticipantKind, ParticipantRef, SyncId};
use serde_json::json;

fn schema() -> ValidSchema {
    let title = json!({"type": "string", "isIndexed": false, "isOptional": false});
    let artifact = json!({"v": 3, "models": {"tasks": {"typename": "Task", "mutable": true, "load": "instant",
        "tenancy": {"kind": "column"}, "plane": "tenant", "relations": {}, "fields": {"title": title}}}});
    SchemaDef::from_artifact(&artifact.to_string()).unwrap().validate().unwrap()
}

fn acquire(claim: &str) -> ClaimCommand {
    let details = ClaimDetails { action: "editing".into(), ..ClaimDetails::default() };
    ClaimCommand::Acquire(Acquire { claim: claim.into(), details, ttl_ms: None, wait: true, max_queue_depth: None })
}

fn release(claim: &str) -> ClaimCommand {
    ClaimCommand::Release { claim: Some(claim.into()), token: None }
}

async fn send(session: &Session, command: ClaimCommand) -> ClaimReply {
    session.claim("tasks", "t1", command).await.unwrap()
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e6;
    println!("{what}: p50 {:.1} us, p99 {:.1} us ({} times)", at(0.5), at(0.99), times.len());
}

async fn hand_off(sessions: &[Session], times: usize) -> Vec<Duration> {
    let mut taken = Vec::with_capacity(times);
    send(&sessions[0], acquire("0")).await;
    for turn in 0..times {
        let (holder, waiter) = (&sessions[turn % 2], sessions[(turn + 1) % 2].clone());
        let mine = (turn + 1).to_string();
        let mut watch = waiter.follow_claim(&mine.as_str().into());
        assert!(matches!(send(&waiter, acquire(&mine)).await, ClaimReply::Queued { .. }));
        let told = tokio::spawn(async move {
            assert!(matches!(watch.next().await, ClaimEvent::Granted { .. }));
            Instant::now()
        });
        tokio::task::yield_now().await;
        let asked = Instant::now();
        send(holder, release(&turn.to_string())).await;
        taken.push(told.await.unwrap() - asked);
    }
    send(&sessions[times % 2], release(&times.to_string())).await;
    taken
}

async fn round_trip(session: &Session, times: usize) -> Vec<Duration> {
    let mut taken = Vec::with_capacity(times);
    for _ in 0..times {
        let asked = Instant::now();
        send(session, acquire("r")).await;
        send(session, release("r")).await;
        taken.push(asked.elapsed());
    }
    taken
}

async fn line(engine: &Engine, rounds: usize) -> f64 {
    let began = Instant::now();
    let members: Vec<_> = (0..64)
        .map(|index| {
            let me = engine.session(Participant::system("org_1", format!("member {index}")));
            tokio::spawn(async move {
                for round in 0..rounds {
                    let claim = format!("{index} {round}");
                    let mut watch = me.follow_claim(&claim.as_str().into());
                    if matches!(send(&me, acquire(&claim)).await, ClaimReply::Queued { .. }) {
                        watch.next().await;
                    }
                    send(&me, release(&claim)).await;
                }
            })
        })
        .collect();
    for member in members {
        member.await.unwrap();
    }
    (64 * rounds) as f64 / began.elapsed().as_secs_f64()
}

async fn measure(name: &str, store: impl Store, times: usize) {
    let engine = Engine::open(schema(), store, EngineOptions::default()).await.unwrap();
    let sessions = ["a", "b"].map(|id| engine.session(Participant::system("org_1", id)));
    report(&format!("{name}, hand-off"), hand_off(&sessions, times).await);
    report(&format!("{name}, round trip"), round_trip(&sessions[0], times).await);
    println!("{name}, line of 64: {:.0} hand-offs/s", line(&engine, times / 100).await);
}

/// The machine alone: one release that promotes the first of a line, and the claimant standing in line again.
fn machine() {
    const STEPS: u32 = 100_000;
    let context = RowContext { model: "tasks", id: "t1", limits: ClaimLimits::default(), policy: &RejectConflicts };
    let at = Moment { now: 0, head: SyncId(0) };
    let who: Vec<_> =
        (0..8).map(|id| ParticipantRef { kind: ParticipantKind::Agent, id: id.to_string().into() }).collect();
    let mut row = RowClaims::default();
    let mut step = |turn: u32, command: &ClaimCommand| {
        let _ = row.step(&Actor { participant: &who[turn as usize % 8], allows: &|_| true }, command, at, &context);
    };
    let (come, go) = (acquire("c"), release("c"));
    (0..8).for_each(|turn| step(turn, &come));
    let began = Instant::now();
    for turn in 0..STEPS {
        step(turn, &go);
        step(turn, &come);
    }
    println!("machine alone, hand-off in a line of 8: {:.0} ns", began.elapsed().as_nanos() as f64 / f64::from(STEPS));
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    machine();
    measure("memory", MemoryStore::new(), 5_000).await;
    #[cfg(feature = "sqlite")]
    for (name, durability) in [("SQLite, normal", Durability::Normal), ("SQLite, full", Durability::Full)] {
        let folder = tempfile::tempdir().unwrap();
        measure(name, SqliteStore::new(folder.path().join("claims.db"), durability), 1_000).await;
    }
}
