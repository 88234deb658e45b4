//! A client that does not read costs the others nothing: it is passed over, told to catch up from the log, and cut.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/served.rs"]
mod served;

use std::sync::atomic::Ordering;
use std::time::Duration;

use ablo_runtime::server::ServeOptions;
use ablo_schema::ir::SchemaDef;
use serde_json::{Value, json};
use served::{Served, Socket, uuid};

/// Commits of so many rows of eight kibibytes, more than a connection's buffers hold in a hundred.
const ROWS: u64 = 100;

async fn serve(write_timeout: Duration) -> Served {
    let artifact = include_str!("../../tests/conformance/schema.json");
    let mut options = ServeOptions::dev(SchemaDef::from_artifact(artifact).unwrap().validate().unwrap());
    options.server.limits.write_timeout = write_timeout;
    // Who does not read does not answer either.
    options.server.limits.idle_timeout = Duration::from_secs(3_600);
    options.server.limits.idle_ping = Duration::from_secs(3_600);
    options.server.relayed = kinds();
    options.server.relayed.push("cursor_move".to_owned());
    Served::start(options, None).await
}

async fn write(server: &Served) {
    let title = "x".repeat(8 << 10);
    let row = |_| json!({ "type": "CREATE", "model": "task", "id": uuid(), "input": { "title": title } });
    server.commit(&(0..ROWS).map(row).collect::<Value>()).await;
}

/// Hears every delta of these ids, none twice and none out of turn.
async fn hears(socket: &mut Socket, ids: std::ops::Range<u64>) {
    for id in ids {
        assert_eq!(socket.next("delta", |_| true).await["id"], id);
    }
}

/// A client that gets a row at most once at a time, merged.
async fn windowed(server: &Served) -> Socket {
    let mut socket = server.open(&server.key, &[]).await;
    socket.send("sync_request", &json!({ "cursor": null, "versions": {}, "lastSyncId": 0, "capabilities": [] })).await;
    socket.next("sync_response", |_| true).await;
    socket
}

#[tokio::test]
async fn who_reads_again_misses_nothing_and_nobody_else_notices() {
    let server = serve(Duration::from_secs(3_600)).await;
    let mut reading = server.ready(&server.key, &[], 0).await;
    let mut stalled = [server.ready(&server.key, &[], 0).await, windowed(&server).await];
    let head = ROWS * 40;
    for at in (0..head).step_by(usize::try_from(ROWS).unwrap()) {
        write(&server).await;
        hears(&mut reading, at + 1..at + ROWS + 1).await;
    }
    for stalled in &mut stalled {
        hears(stalled, 1..head + 1).await;
    }
    // What does not fit into a connection's queue was given up, and read from the log.
    assert!(server.server.metrics.resyncs.load(Ordering::Relaxed) >= 2);
    assert_eq!(server.server.metrics.slow_cuts.load(Ordering::Relaxed), 0);
    write(&server).await;
    for socket in stalled.iter_mut().chain([&mut reading]) {
        hears(socket, head + 1..head + ROWS + 1).await;
    }
}

#[tokio::test]
async fn who_never_reads_is_cut() {
    let server = serve(Duration::from_millis(200)).await;
    let mut reading = server.ready(&server.key, &[], 0).await;
    let mut stalled = server.ready(&server.key, &[], 0).await;
    let metrics = &server.server.metrics;
    let mut head = 0;
    let reached = async {
        while metrics.slow_cuts.load(Ordering::Relaxed) == 0 {
            write(&server).await;
            hears(&mut reading, head + 1..head + ROWS + 1).await;
            head += ROWS;
        }
        while metrics.sockets.load(Ordering::Relaxed) > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), reached).await.expect("it is cut");
    assert_eq!(metrics.slow_cuts.load(Ordering::Relaxed), 1);
    // What had left for it arrives in order; then it is over, and it is told so if it reads in time.
    let code = stalled.closed().await;
    assert!([None, Some(1013)].contains(&code), "{code:?}");
    let deltas = stalled.frames.iter().filter(|frame| frame["type"] == "delta");
    let ids: Vec<u64> = deltas.map(|delta| delta["payload"]["id"].as_u64().unwrap()).collect();
    assert!(ids.iter().copied().eq(1..=ids.len() as u64) && (ids.len() as u64) < head);
    write(&server).await;
    hears(&mut reading, head + 1..head + ROWS + 1).await;
}

#[tokio::test]
async fn who_is_cut_while_it_only_writes_is_told_so() {
    let server = serve(Duration::from_millis(200)).await;
    let mut writing = server.ready(&server.key, &[], 0).await;
    // Answered with more than the network holds; it reads nothing before all of them are sent.
    let nothing = json!({ "clientTxId": "x".repeat(1 << 10), "operations": [] });
    for _ in 0..20_000 {
        writing.send("commit", &nothing).await;
    }
    assert_eq!(writing.closed().await, Some(1013));
    assert_eq!(server.server.metrics.slow_cuts.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn who_is_revoked_while_it_does_not_read_is_sent_away() {
    let server = serve(Duration::from_secs(3_600)).await;
    let (token, groups) = server.session(&json!({ "participantKind": "user", "participantId": "u1" })).await;
    let mut sender = server.ready(&server.key, &[], 0).await;
    let mut stalled = server.ready(&token, &groups, 0).await;
    // Who is there is told when it comes, when it is ready, and twice later; then nothing is due any more.
    for _ in 0..4 {
        stalled.next("presence_update", |seen| seen["kind"] == "enter").await;
    }
    // More than its buffers and its queue hold: there is no room left to tell it anything.
    let payload = json!({ "at": "x".repeat(32 << 10) });
    for _ in 0..1_500 {
        sender.send("cursor_move", &payload).await;
    }
    sender.settle().await;
    // It is told before this one, which came later.
    let mut other = server.ready(&token, &groups, 0).await;
    server.server.book.revoke(&server.server.book.present(&token).unwrap().id).unwrap();
    assert_eq!(other.closed().await, Some(4001));
    assert_eq!(stalled.closed().await, Some(4001));
}

/// Relayed events of these kinds are all told: there is nothing in them that the next one says as well.
fn kinds() -> Vec<String> {
    (0..64).map(|kind| format!("move_{kind}")).collect()
}

/// Somebody who waits for a row that somebody else holds, and does not read any more.
async fn waiting(server: &Served) -> (Socket, Socket) {
    let (token, groups) = server.session(&json!({ "participantKind": "user", "participantId": "u1" })).await;
    server.commit(&json!([{ "type": "CREATE", "model": "task", "id": "t1", "input": { "title": "" } }])).await;
    let mut holder = server.ready(&server.key, &[], 1).await;
    let mut stalled = server.ready(&token, &groups, 1).await;
    let claim =
        |id: &str| json!({ "intentId": id, "entityType": "tasks", "entityId": "t1", "action": "edits", "queue": true });
    holder.send("intent_begin", &claim("i1")).await;
    holder.next("intent_acquired", |_| true).await;
    stalled.send("intent_begin", &claim("i2")).await;
    stalled.next("intent_queued", |_| true).await;
    // More than its buffers hold.
    let payload = json!({ "at": "x".repeat(32 << 10) });
    for _ in 0..1_500 {
        holder.send("cursor_move", &payload).await;
    }
    holder.settle().await;
    (holder, stalled)
}

fn abandon() -> Value {
    json!({ "intentId": "i1", "entityType": "tasks", "entityId": "t1" })
}

#[tokio::test]
async fn a_grant_reaches_who_did_not_read_for_a_while() {
    let server = serve(Duration::from_secs(3_600)).await;
    let (mut holder, mut stalled) = waiting(&server).await;
    holder.send("intent_abandon", &abandon()).await;
    // It knows of the grant, so the one who waited has been told.
    holder.next("presence_update", |seen| seen["activeIntents"][0]["intentId"] == "i2").await;
    stalled.next("intent_granted", |granted| granted["intentId"] == "i2").await;
    let free = |frame: &Value| frame["type"] == "presence_update" && frame["payload"]["activeIntents"] == json!([]);
    assert!(stalled.frames.iter().rev().any(free), "it found the row free of its last holder");
}

#[tokio::test]
async fn who_cannot_be_told_everything_is_sent_back() {
    let server = serve(Duration::from_secs(3_600)).await;
    let (mut holder, mut stalled) = waiting(&server).await;
    let payload = json!({ "at": "x".repeat(32 << 10) });
    for kind in kinds() {
        holder.send(&kind, &payload).await;
    }
    holder.send("intent_abandon", &abandon()).await;
    holder.next("presence_update", |seen| seen["activeIntents"][0]["intentId"] == "i2").await;
    assert_eq!(stalled.closed().await, Some(1013), "what it waits for is not lost to it in silence");
    assert_eq!(server.server.metrics.slow_cuts.load(Ordering::Relaxed), 1);
}
