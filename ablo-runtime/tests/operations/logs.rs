//! What a server says of itself: the lines of docs/logs.md, and nothing it was told in confidence.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use ablo_runtime::claims::PreemptByOperation;
use ablo_runtime::engine::{Clock, Engine, EngineOptions, Writer};
use ablo_runtime::server::auth::{Book, MemoryAuth};
use ablo_runtime::server::{Retention, Server, ServerOptions, mint_key, router};
use ablo_runtime::store::{MemoryStore, Opened, Reading, Snapshot, Store};
use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::ValidSchema;
use ablo_schema::time::{SignedDuration, Timestamp};
use ablo_schema::wire::{KeyEnv, KeyKind, OrganizationId};
use axum::body::Body;
use axum::http::Request;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tower::ServiceExt;
use tracing_subscriber::layer::SubscriberExt;

use crate::support::{Answer, PATIENCE, TestServer, schema};

/// Everything that was logged on this test's thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Listens as `ablo serve --log-format json --log-level trace` does.
    fn listen() -> (Self, tracing::subscriber::DefaultGuard) {
        // With one subscriber alone, a line that another test's thread is the first to write is off for good: that thread
        // is asked, and it has none.
        static SECOND: LazyLock<tracing::Dispatch> = LazyLock::new(|| tracing_subscriber::registry().into());
        LazyLock::force(&SECOND);
        let log = Self::default();
        let writer = log.clone();
        let lines = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
        let lines = lines.json().flatten_event(true).with_span_list(false);
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines));
        (log, guard)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Our lines; every line is an object.
    fn lines(&self) -> Vec<Value> {
        let lines: Vec<Value> = self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.into_iter().filter(|line| line["target"].as_str().unwrap().starts_with("ablo::")).collect()
    }

    /// The lines that say this.
    fn all(&self, message: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["message"] == message).collect()
    }

    /// The line that says this with this member, as soon as there is one.
    async fn line(&self, message: &str, pointer: &str, value: &Value) -> Value {
        let waiting = async {
            loop {
                let lines = self.all(message);
                match lines.into_iter().find(|line| line.pointer(pointer) == Some(value)) {
                    Some(line) => return line,
                    None => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, waiting).await;
        found.unwrap_or_else(|_| panic!("no `{message}` with {pointer} {value} in\n{}", self.text()))
    }
}

/// What must never be in a log.
const CANARY: &str = "canary";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn secret(text: &str) -> String {
    format!("{CANARY}-{text}")
}

fn create(id: &str) -> Value {
    json!({ "type": "CREATE", "model": "task", "id": id, "input": { "title": secret("title") } })
}

fn level(line: &Value) -> (&str, &Value) {
    (line["level"].as_str().unwrap(), &line["span"]["code"])
}

#[tokio::test]
async fn every_request_and_socket_has_its_line_and_none_has_a_secret() {
    let (log, _guard) = Log::listen();
    let mut server = TestServer::with(|options| {
        options.server.limits.sockets_per_credential = 1;
        options.server.limits.write_timeout = Duration::from_millis(500);
        options.server.limits.body_bytes = 4 << 20;
        options.server.limits.message_bytes = 4 << 10;
        options.server.limits.operations = 10_000;
    })
    .await;
    let mut secrets = vec![CANARY.to_owned(), server.key.clone()];
    requests(&server, &log).await;
    secrets.extend(sockets(&server, &log).await);
    resyncs(&server, &log).await;
    rates(&log).await;
    preempted_and_failed(&log).await;
    trimmed(&server).await;
    server.tell();
    server.stop().await;

    let text = log.text();
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret}: {}", text.lines().find(|line| line.contains(&secret)).unwrap());
    }
    let lines = log.lines();
    assert_eq!(said(&lines), documented());
    let of_sockets = lines.iter().filter(|line| line["span"]["name"] == "socket").count();
    assert!(of_sockets < 100, "{of_sockets} lines, while over 5000 deltas were sent");
}

async fn requests(server: &TestServer, log: &Log) {
    let ask = |id: &str, method: &str, path: &str, key: &str, body: Value| {
        let (method, path, key, body) = (method.to_owned(), path.to_owned(), key.to_owned(), body.to_string());
        let headers = format!("x-request-id: {id}\r\ntraceparent: {PARENT}\r\n");
        async move { server.request(&method, &path, &key, &headers, &body).await }
    };
    let row = json!({ "id": secret("row"), "data": { "title": secret("title") } });
    let made = ask("r1", "POST", "/api/v1/models/tasks", &server.key, row).await;
    assert_eq!((made.status, made.header("x-request-id")), (200, Some("r1")));
    let line = log.line("request answered", "/span/request_id", &json!("r1")).await;
    let span = &line["span"];
    assert_eq!((&line["level"], &span["status"]), (&json!("INFO"), &json!(200)), "{line}");
    assert_eq!((&span["method"], &span["route"]), (&json!("POST"), &json!("/api/v1/models/{model}")));
    assert_eq!(span["trace_id"], TRACE);
    assert!(span["credential"].as_str().unwrap().starts_with("key_") && span["organization"] != Value::Null, "{line}");
    assert!(line["duration_ms"].as_f64().unwrap() > 0.0, "{line}");
    // The commit leads from its delta to this request.
    let committed = log.line("committed", "/span/request_id", &json!("r1")).await;
    assert_eq!((&committed["sync_id"], &committed["deltas"]), (&json!(1), &json!(1)), "{committed}");

    let path = format!("/api/v1/models/tasks/{}?title={}", secret("row"), secret("query"));
    let nowhere = format!("/{}", secret("path"));
    let wrong = format!("sk_test_{}", secret("key"));
    let bad = json!({ "data": { secret("field"): secret("value") } });
    let cases = [
        ("r2", "GET", path.as_str(), server.key.as_str(), Value::Null, 200, "INFO"),
        ("r3", "GET", &path, &wrong, Value::Null, 401, "WARN"),
        ("r4", "POST", "/api/v1/models/tasks", &server.key, bad, 400, "INFO"),
        ("r5", "GET", &nowhere, &server.key, Value::Null, 404, "INFO"),
        ("r6", "POST", "/api/v1/commits", &server.key, json!("x".repeat(4 << 20)), 413, "WARN"),
        ("r7", "GET", "/livez", "", Value::Null, 200, "DEBUG"),
        ("r8", "POST", "/api/v1/datasource", &server.key, json!({ "connectionString": secret("url") }), 200, "INFO"),
    ];
    for (id, method, path, key, body, status, severity) in cases {
        let answer = ask(id, method, path, key, body).await;
        assert_eq!(answer.status, status, "{id}: {answer:?}");
        let line = log.line("request answered", "/span/request_id", &json!(id)).await;
        let code = if status < 400 { Value::Null } else { answer.json()["code"].clone() };
        assert_eq!(level(&line), (severity, &code), "{line}");
        assert_eq!(line["span"]["status"], status);
        if status >= 400 {
            assert_eq!(answer.json()["request_id"], id);
        }
    }
    log.line("database not used", "/span/request_id", &json!("r8")).await;
    // What is no harmless id is replaced.
    let given: Answer = ask(&format!("{CANARY} {CANARY}"), "GET", "/livez", "", Value::Null).await;
    assert!(given.header("x-request-id").unwrap().starts_with("req_"), "{given:?}");
}

/// A socket with an id and everything a frame can be refused for. Gives the keys that were used.
async fn sockets(server: &TestServer, log: &Log) -> Vec<String> {
    let (key, other) = (server.session("ann").await, server.session("ben").await);
    let headers = [("x-request-id", "s1"), ("traceparent", PARENT)];
    let mut socket = server.socket_with(&key, &format!("cursor={}", secret("cursor")), &headers).await;
    socket.say("sync_request", json!({ "lastSyncId": 0 })).await;
    socket.next("sync_response").await;
    socket.say("commit", json!({ "clientTxId": secret("tx"), "operations": [create("w1")] })).await;
    assert_eq!(socket.next("mutation_result").await.get("request_id"), None, "only failures have one");

    let stale = json!({ "type": "UPDATE", "model": "task", "id": "w1", "input": { "title": secret("late") },
        "readAt": 1, "onStale": "reject" });
    socket.say("commit", json!({ "clientTxId": secret("tx2"), "operations": [stale] })).await;
    let stale = socket.next("mutation_result").await;
    socket.say("commit", json!({ "clientTxId": secret("tx3"), "operations": secret("operations") })).await;
    let malformed = socket.next("mutation_result").await;
    socket
        .say(
            "claim",
            json!({ "claimId": secret("claim"), "syncGroups": [secret("group")], "capabilityToken": secret("token") }),
        )
        .await;
    let denied = socket.next("claim_ack").await;
    socket
        .say(
            "intent_begin",
            json!({ "intentId": secret("intent"), "entityType": "nothing", "entityId": "x", "action": secret("why") }),
        )
        .await;
    let rejected = socket.next("intent_rejected").await;
    let mut holder = server.socket(&other, "").await;
    holder
        .say("intent_begin", json!({ "intentId": "i1", "entityType": "task", "entityId": "w1", "action": "x" }))
        .await;
    holder.next("intent_acquired").await;
    socket
        .say(
            "intent_begin",
            json!({ "intentId": "i2", "entityType": "task", "entityId": "w1", "action": "x", "queue": false }),
        )
        .await;
    let held = socket.next("intent_rejected").await;
    assert_eq!(held["heldByIntentId"], "i1", "{held}");
    socket.say("presence_update", json!({ "status": "online", "customStatus": secret("status") })).await;
    socket.text(format!("{{\"type\":\"{CANARY}\",\"payload\"")).await;

    let mut seen = BTreeSet::new();
    let frames = [
        (&stale, "commit", stale["error"]["code"].as_str()),
        (&malformed, "commit", malformed["error"]["code"].as_str()),
        (&denied, "claim", denied["error"]["code"].as_str()),
        (&rejected, "intent_begin", Some("malformed_claim")),
        (&held, "intent_begin", Some("claim_conflict")),
    ];
    for (payload, frame, code) in frames {
        let id = payload["request_id"].as_str().unwrap_or_else(|| panic!("no id in {payload}"));
        let line = log.line("frame refused", "/request_id", &json!(id)).await;
        assert_eq!((line["frame"].as_str(), line["code"].as_str()), (Some(frame), code), "{line}");
        let (request, _) = id.rsplit_once('.').unwrap();
        assert_eq!((request, &line["span"]["request_id"]), ("s1", &json!("s1")), "{line}");
        assert_eq!(line["span"]["trace_id"], TRACE);
        assert!(seen.insert(id.to_owned()), "{id} names two frames");
    }
    // What cannot be read has no answer, but a line.
    log.line("frame refused", "/frame", &json!("unknown")).await;

    // A second socket of the key is one too many.
    server.socket(&key, "").await.closed().await;
    let refused = log.line("socket refused", "/close_code", &json!(1013)).await;
    assert_eq!(refused["level"], "WARN");
    drop(holder);
    log.line("socket closed", "/reason", &json!("the client went")).await;
    socket.text("x".repeat(5 << 10)).await;
    assert_eq!(socket.closed().await.0, 1009);
    let closed = log.line("socket closed", "/close_code", &json!(1009)).await;
    assert_eq!((&closed["level"], &closed["commits"]), (&json!("WARN"), &json!(2)), "{closed}");
    assert!(closed["received"].as_u64() >= Some(8) && closed["sent"].as_u64() >= Some(6), "{closed}");
    vec![key, other]
}

/// A socket that falls behind, then takes nothing at all.
async fn resyncs(server: &TestServer, log: &Log) {
    let _slow = server.ready("slow").await;
    let commit = |operations: Value| {
        let body = json!({ "clientTxId": fresh(), "operations": operations });
        async move { assert_eq!(server.http("POST", "/api/v1/commits", &body).await.status, 200) }
    };
    let task = || json!({ "type": "CREATE", "model": "task", "id": fresh(), "input": { "title": "x" } });
    commit((0..5_000).map(|_| task()).collect()).await;
    let behind = log.line("socket resyncs", "/reason", &json!("too slow")).await;
    assert_eq!(behind["span"]["name"], "socket", "{behind}");
    let large = "x".repeat(1 << 20);
    let full = async {
        while log.all("socket closed").iter().all(|line| line["reason"] != "the client does not take what it is sent") {
            let mut row = task();
            row["input"]["title"] = json!(large);
            commit(json!([row])).await;
        }
    };
    tokio::time::timeout(PATIENCE * 2, full).await.unwrap();
    let cut = log.line("socket closed", "/reason", &json!("the client does not take what it is sent")).await;
    assert_eq!((&cut["level"], cut.get("close_code")), (&json!("WARN"), None), "{cut}");
}

async fn rates(log: &Log) {
    let server = TestServer::with(|options| options.server.limits.requests_per_second = 1).await;
    let key = server.session("fast").await;
    let hurrying = async { while server.request("GET", "/api/v1/models/tasks", &key, "", "").await.status != 429 {} };
    tokio::time::timeout(PATIENCE, hurrying).await.unwrap();
    let line = log.line("request answered", "/span/code", &json!("rate_limited")).await;
    assert_eq!((&line["level"], &line["span"]["status"]), (&json!("WARN"), &json!(429)), "{line}");
}

fn fresh() -> String {
    ablo_schema::typed::Id::<()>::new().to_string()
}

/// A store that fails when told to, with words that are nobody else's.
#[derive(Debug)]
struct Failing(MemoryStore, Arc<AtomicBool>);

impl Store for Failing {
    fn open<'a>(&'a self, schema: &'a ValidSchema, clock: &'a Clock) -> BoxFuture<'a, Result<Opened, AbloError>> {
        self.0.open(schema, clock)
    }

    fn submit(&self, writer: Arc<Writer>) {
        self.0.submit(writer);
    }

    fn read(&self, organization: &OrganizationId, reading: Box<dyn Reading>) -> BoxFuture<'_, Result<(), AbloError>> {
        if self.1.load(Ordering::Relaxed) {
            let error = AbloError::new(Code::StoreUnavailable, "/var/lib/rows.db: disk I/O error");
            return Box::pin(std::future::ready(Err(error)));
        }
        self.0.read(organization, reading)
    }

    fn check(&self) -> BoxFuture<'_, Result<(), AbloError>> {
        self.0.check()
    }

    fn organizations(&self, longer_than: u64) -> BoxFuture<'_, Result<Vec<OrganizationId>, AbloError>> {
        self.0.organizations(longer_than)
    }

    fn snapshot(&self, organization: &OrganizationId) -> BoxFuture<'_, Result<Box<dyn Snapshot>, AbloError>> {
        self.0.snapshot(organization)
    }
}

async fn preempted_and_failed(log: &Log) {
    let failing = Arc::new(AtomicBool::new(false));
    let options = EngineOptions { policy: Arc::new(PreemptByOperation), ..EngineOptions::default() };
    let store = Failing(MemoryStore::default(), failing.clone());
    let engine = Engine::open(schema(), store, options).await.unwrap();
    let book = Book::open(Box::new(MemoryAuth), Clock::system()).unwrap();
    let server = Server::new(engine, Arc::new(schema()), book, ServerOptions::default());
    let ask = async |key: &str, method: &str, path: &str, body: Value| {
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {key}"));
        let answer = router(&server).oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        (status, String::from_utf8(axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap())
    };
    let chief = mint_key(&server.book, KeyKind::Secret, KeyEnv::Live, "org_1").unwrap();
    let (_, minted) = ask(
        &chief,
        "POST",
        "/api/auth/capability",
        json!({ "participantKind": "agent", "participantId": secret("agent"),
        "operations": ["tasks.create", "tasks.update", "tasks.claim"], "wideScope": true }),
    )
    .await;
    let agent = serde_json::from_str::<Value>(&minted).unwrap()["token"].as_str().unwrap().to_owned();
    let row = json!({ "id": secret("held"), "data": { "title": secret("title") } });
    assert_eq!(ask(&chief, "POST", "/v1/models/tasks", row).await.0, 200);
    let claim = format!("/v1/models/tasks/{}/claim", secret("held"));
    // Claims are followed from soon after the first one on.
    let taking_over = async {
        while log.all("claim preempted").is_empty() {
            for (key, description) in [(&agent, secret("claim")), (&chief, String::new())] {
                let (status, body) = ask(key, "POST", &claim, json!({ "description": description })).await;
                assert_eq!(status, 201, "{body}");
            }
            assert_eq!(ask(&chief, "DELETE", &claim, json!({})).await.0, 200);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, taking_over).await.unwrap();
    let line = &log.all("claim preempted")[0];
    assert_eq!((&line["organization"], &line["model"]), (&json!("org_1"), &json!("tasks")), "{line}");
    assert!(line["token"].as_u64() >= Some(1), "{line}");

    failing.store(true, Ordering::Relaxed);
    let (status, body) = ask(&chief, "GET", "/v1/models/tasks", Value::Null).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &body["code"]), (503, &json!("store_unavailable")));
    assert_eq!(body["message"], Code::StoreUnavailable.message(), "the cause is not the caller's affair");
    let line = log.line("internal failure", "/span/request_id", &body["request_id"]).await;
    assert_eq!((&line["level"], &line["code"]), (&json!("ERROR"), &json!("store_unavailable")), "{line}");
    assert_eq!(line["cause"], "/var/lib/rows.db: disk I/O error");
    let line = log.line("request answered", "/span/request_id", &body["request_id"]).await;
    assert_eq!(level(&line), ("ERROR", &json!("store_unavailable")), "{line}");
}

async fn trimmed(server: &TestServer) {
    let later = Timestamp::now() + SignedDuration::from_hours(24);
    let retention = Retention { age: Some(Duration::from_secs(60)), deltas: 1 };
    for organization in server.server.engine.organizations(0).await.unwrap() {
        retention.apply(&server.server.engine, &organization, later).await.unwrap();
    }
}

/// Every kind of line, with every field it was seen with.
type Lines = BTreeMap<String, BTreeSet<String>>;

fn said(lines: &[Value]) -> Lines {
    let mut said = Lines::new();
    for line in lines {
        let target = line["target"].as_str().unwrap();
        let mut note = |name: String, members: &Value, common: &[&str]| {
            let fields = members.as_object().unwrap().keys().filter(|field| !common.contains(&field.as_str()));
            said.entry(name).or_default().extend(fields.cloned());
        };
        let message = line["message"].as_str().unwrap();
        note(format!("{target} {message}"), line, &["timestamp", "level", "target", "message", "span"]);
        if let Some(span) = line.get("span") {
            note(format!("span {}", span["name"].as_str().unwrap()), span, &["name"]);
        }
    }
    said
}

/// The same, as docs/logs.md has it.
fn documented() -> Lines {
    let mut documented = Lines::new();
    for row in include_str!("../../../docs/logs.md").lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let (name, fields) = match cells[..] {
            [target, message, _, fields, _] => (format!("{} {}", words(target)[0], words(message)[0]), words(fields)),
            [span, field, _] => (format!("span {}", words(span)[0]), words(field)),
            _ => panic!("{row}"),
        };
        documented.entry(name).or_default().extend(fields);
    }
    documented
}
