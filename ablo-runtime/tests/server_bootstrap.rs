//! A bootstrap is sent as fast as it is taken, holds nobody up, and is whole or visibly broken.
#![cfg(all(feature = "server", feature = "sqlite"))]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/served.rs"]
mod served;
mod support;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ablo_runtime::engine::{Clock, Engine, EngineOptions, Writer};
use ablo_runtime::server::auth::{Book, MemoryAuth};
use ablo_runtime::server::{
    DEV_ORGANIZATION, Limits, ServeOptions, Server, ServerOptions, Shared, StoreChoice, mint_key, router,
};
use ablo_runtime::store::{MemoryStore, Opened, Reading, Snapshot, Store};
use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::ValidSchema;
use ablo_schema::wire::{KeyEnv, KeyKind, OrganizationId};
use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use serde_json::json;
use served::Served;
use support::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tower::ServiceExt;

const LONG: Duration = Duration::from_secs(60);
/// As many bytes of rows as no buffer between server and client holds.
const BYTES: usize = 8 << 20;

/// A server over each store, with the file of that store.
async fn servers(limits: &Limits) -> Vec<(Served, Option<std::path::PathBuf>)> {
    let mut servers = Vec::new();
    for on_disk in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        let mut options = ServeOptions::dev(schema());
        options.server.limits = limits.clone();
        if on_disk {
            options.store = StoreChoice::Sqlite(file.clone());
        }
        let served = Served::start(options, Some(folder)).await;
        let session = served.server.caller(Some(&served.key)).await.unwrap().session;
        let text = "x".repeat(64 << 10);
        for rows in 0..BYTES / (text.len() * 32) {
            let rows = (0..32).map(|at| create("tasks", &format!("t{}", rows * 32 + at), json!({"title": text})));
            session.commit(commit(rows)).await.unwrap();
        }
        servers.push((served, on_disk.then_some(file)));
    }
    servers
}

/// Asks for a bootstrap and reads where it begins.
async fn begin(server: &Served) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 << 10).unwrap();
    let mut stream = socket.connect(server.addr).await.unwrap();
    let head = format!(
        "GET /api/sync/bootstrap?models=TaskModel HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\n\r\n",
        server.key
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    tokio::time::timeout(LONG, stream.read_exact(&mut start)).await.unwrap().unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
    stream
}

fn under_way(server: &Served) -> i64 {
    server.server.metrics.bootstraps.load(Ordering::Relaxed)
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONG, waiting).await.expect(what);
}

/// Nobody reads an old moment of the file: all of its write-ahead log can be taken over.
async fn is_let_go(file: &Path) {
    let connection = rusqlite::Connection::open(file).unwrap();
    until("a transaction is still open", || {
        let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        busy.unwrap_or(1) == 0
    })
    .await;
}

/// Limits that nothing in these tests reaches.
fn patient() -> Limits {
    let hour = Duration::from_secs(3600);
    Limits { write_timeout: hour, bootstrap_timeout: hour, ..Limits::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_go_on_while_nobody_reads_and_the_reader_gets_its_moment() {
    for (server, _) in servers(&patient()).await {
        let mut stalled = begin(&server).await;
        for at in 0..20 {
            let write = json!([{ "type": "UPDATE", "model": "tasks", "id": format!("t{at}"), "input": {"title": "new"} },
                { "type": "CREATE", "model": "tasks", "id": format!("u{at}"), "input": {"title": "new"} }]);
            tokio::time::timeout(LONG, server.commit(&write)).await.unwrap();
        }
        assert_eq!(under_way(&server), 1);
        let mut rest = Vec::new();
        while !rest.ends_with(b"\r\n0\r\n\r\n") {
            let read = tokio::time::timeout(LONG, stalled.read_buf(&mut rest)).await.unwrap().unwrap();
            assert!(read > 0, "broken off");
        }
        assert!(rest.len() > BYTES);
        let new = rest.windows(12).filter(|text| text == b"\"title\":\"new").count();
        assert_eq!(new, 0, "of a later moment");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hangs_up_ends_the_work() {
    for (server, file) in servers(&patient()).await {
        let stream = begin(&server).await;
        assert_eq!(under_way(&server), 1);
        drop(stream);
        until("it goes on", || under_way(&server) == 0).await;
        if let Some(file) = file {
            is_let_go(&file).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_is_broken_off() {
    let short = Duration::from_millis(300);
    let idle = Limits { write_timeout: short, ..patient() };
    let whole = Limits { bootstrap_timeout: short, ..patient() };
    for limits in [idle, whole] {
        for (server, file) in servers(&limits).await {
            let mut stalled = begin(&server).await;
            until("it is kept", || under_way(&server) == 0).await;
            assert_eq!(server.server.metrics.slow_cuts.load(Ordering::Relaxed), 1);
            if let Some(file) = file {
                is_let_go(&file).await;
            }
            let mut rest = Vec::new();
            let _ = tokio::time::timeout(LONG, stalled.read_to_end(&mut rest)).await.expect("it is not closed");
            assert!(rest.len() < BYTES && !rest.ends_with(b"0\r\n\r\n"), "{}", rest.len());
        }
    }
}

/// A store that counts what is read of its snapshots, which fail when that becomes too much.
#[derive(Debug)]
struct Watched {
    inner: MemoryStore,
    reads: Arc<AtomicUsize>,
    most: usize,
}

struct WatchedSnapshot {
    inner: Box<dyn Snapshot>,
    reads: Arc<AtomicUsize>,
    most: usize,
}

impl Store for Watched {
    fn open<'a>(&'a self, schema: &'a ValidSchema, clock: &'a Clock) -> BoxFuture<'a, Result<Opened, AbloError>> {
        self.inner.open(schema, clock)
    }

    fn submit(&self, writer: Arc<Writer>) {
        self.inner.submit(writer);
    }

    fn read(&self, organization: &OrganizationId, reading: Box<dyn Reading>) -> BoxFuture<'_, Result<(), AbloError>> {
        self.inner.read(organization, reading)
    }

    fn check(&self) -> BoxFuture<'_, Result<(), AbloError>> {
        self.inner.check()
    }

    fn organizations(&self, longer_than: u64) -> BoxFuture<'_, Result<Vec<OrganizationId>, AbloError>> {
        self.inner.organizations(longer_than)
    }

    fn snapshot(&self, organization: &OrganizationId) -> BoxFuture<'_, Result<Box<dyn Snapshot>, AbloError>> {
        let inner = self.inner.snapshot(organization);
        let (reads, most) = (Arc::clone(&self.reads), self.most);
        Box::pin(async move { Ok(Box::new(WatchedSnapshot { inner: inner.await?, reads, most }) as Box<dyn Snapshot>) })
    }
}

impl Snapshot for WatchedSnapshot {
    fn read(&mut self, reading: Box<dyn Reading>) -> BoxFuture<'_, Result<(), AbloError>> {
        if self.reads.fetch_add(1, Ordering::Relaxed) < self.most {
            return self.inner.read(reading);
        }
        Box::pin(std::future::ready(Err(Code::StoreUnavailable.into())))
    }
}

/// A server over such a store with so many rows, a key of it, and its count.
async fn watched(most: usize, rows: usize) -> (Shared, String, Arc<AtomicUsize>) {
    let reads = Arc::<AtomicUsize>::default();
    let store = Watched { inner: MemoryStore::new(), reads: Arc::clone(&reads), most };
    let engine = Engine::open(schema(), store, EngineOptions::default()).await.unwrap();
    let book = Book::open(Box::new(MemoryAuth), Clock::system()).unwrap();
    let key = mint_key(&book, KeyKind::Secret, KeyEnv::Test, DEV_ORGANIZATION).unwrap();
    let server = Server::new(engine, Arc::new(schema()), book, ServerOptions::default());
    let session = server.caller(Some(&key)).await.unwrap().session;
    let rows: Vec<_> = (0..rows).map(|at| create("tasks", &format!("t{at}"), json!({"title": "x"}))).collect();
    for some in rows.chunks(500) {
        session.commit(commit(some.to_vec())).await.unwrap();
    }
    (server, key, reads)
}

/// Asks without a socket between: whoever has the body reads when they please.
async fn body(server: &Shared, key: &str) -> Body {
    asked(server, key, Request::get("/api/sync/bootstrap?models=TaskModel"), Body::empty()).await
}

/// The same of a query of every row.
async fn query(server: &Shared, key: &str) -> Body {
    let request = Request::post("/api/sync/query").header("content-type", "application/json");
    asked(server, key, request, json!({ "queries": [{ "model": "TaskModel", "where": [] }] }).to_string().into()).await
}

async fn asked(server: &Shared, key: &str, request: Builder, body: Body) -> Body {
    let request = request.header("authorization", format!("Bearer {key}"));
    let response = router(server).oneshot(request.body(body).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    response.into_body()
}

#[tokio::test]
async fn a_failure_in_the_middle_breaks_the_answer_off() {
    // The first reading is of what the caller may see, then come two pieces of 256 rows.
    for (rows, is_whole) in [(500, true), (600, false)] {
        let (server, key, _) = watched(3, rows).await;
        let text = axum::body::to_bytes(body(&server, &key).await, usize::MAX).await;
        assert_eq!(text.is_ok(), is_whole, "{rows} rows");
        assert!(text.is_err() || text.is_ok_and(|text| text.ends_with(b"}]}}")), "{rows} rows");
    }
}

#[tokio::test]
async fn no_more_is_read_than_is_taken() {
    let (server, key, reads) = watched(usize::MAX, 20_000).await;
    let body = body(&server, &key).await;
    let begun = || server.metrics.bootstraps.load(Ordering::Relaxed);
    let mut chunks = body.into_data_stream();
    chunks.next().await.unwrap().unwrap();
    // Everything else that runs here has nothing left to do once this has had its turn so often.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(begun(), 1);
    drop(chunks);
    until("it goes on", || begun() == 0).await;
    let reads = reads.load(Ordering::Relaxed);
    assert!(reads < 10, "{reads} pieces of 80");
}

#[tokio::test]
async fn a_long_answer_to_a_query_is_whole_or_broken_off() {
    // As above, with three pieces in either case; a look at some rows comes first and is not of a snapshot.
    for (most, is_whole) in [(4, true), (3, false)] {
        let (server, key, _) = watched(most, 600).await;
        let text = axum::body::to_bytes(query(&server, &key).await, usize::MAX).await;
        assert_eq!(text.is_ok(), is_whole, "{most} readings");
        let Ok(text) = text else { continue };
        let answer: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(answer["results"][0].as_array().unwrap().len(), 600);
        assert_eq!(answer["lastSyncId"], 600);
    }
}

#[tokio::test]
async fn a_long_answer_to_a_query_is_of_one_moment_and_read_as_it_is_taken() {
    let (server, key, reads) = watched(usize::MAX, 20_000).await;
    let mut chunks = query(&server, &key).await.into_data_stream();
    let mut text = chunks.next().await.unwrap().unwrap().to_vec();
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    let count = reads.load(Ordering::Relaxed);
    assert!(count < 10, "{count} pieces of 80");
    let session = server.caller(Some(&key)).await.unwrap().session;
    let later = ["t0", "t9999"].map(|id| update("tasks", id, json!({"title": "new"})));
    session.commit(commit(later)).await.unwrap();
    while let Some(chunk) = chunks.next().await {
        text.extend_from_slice(&chunk.unwrap());
    }
    let answer: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let rows = answer["results"][0].as_array().unwrap();
    assert_eq!((rows.len(), &answer["lastSyncId"]), (20_000, &json!(20_000)));
    assert!(rows.iter().all(|row| row["title"] == "x"), "of a later moment");
}
