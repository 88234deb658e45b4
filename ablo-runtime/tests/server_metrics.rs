//! Each metric of docs/metrics.md moves when that happens which it counts.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/served.rs"]
mod served;
mod support;

use std::collections::BTreeSet;
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use ablo_runtime::server::ServeOptions;
use serde_json::{Value, json};
use served::Served;
use tokio::{io::AsyncWriteExt, net::TcpStream};

fn create(model: &str, id: &str, input: Value) -> Value {
    json!({ "type": "CREATE", "model": model, "id": id, "input": input })
}

/// What the metrics say now: samples with their labels.
fn said(server: &Served) -> Vec<(String, u64)> {
    let text = server.server.metrics.render();
    let samples = text.lines().filter(|line| !line.starts_with('#')).map(|line| line.rsplit_once(' ').unwrap());
    samples.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

fn value(server: &Served, sample: &str) -> u64 {
    said(server).into_iter().find(|(name, _)| name == sample).map_or(0, |(_, value)| value)
}

async fn reaches(server: &Served, sample: &str, least: u64) {
    let begun = Instant::now();
    while value(server, sample) < least {
        assert!(begun.elapsed() < Duration::from_secs(60), "{sample}: {:?}", said(server));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_metric_moves() {
    let mut options = ServeOptions::dev(support::schema());
    options.server.limits.write_timeout = Duration::from_secs(1);
    options.server.quotas.claims = NonZeroU64::new(1);
    let server = Served::start(options, None).await;
    assert!(said(&server).iter().all(|(_, value)| *value == 0), "{:?}", said(&server));

    server
        .commit(&json!([
            create("people", "u1", json!({ "name": "U" })),
            create("decks", "d1", json!({ "title": "one" })),
            create("tasks", "t1", json!({ "title": "one" })),
        ]))
        .await;
    assert_eq!(value(&server, r#"ablo_http_responses_total{status="200"}"#), 1);
    assert_eq!(value(&server, r#"ablo_commits_total{outcome="confirmed"}"#), 1);
    let (status, ..) = server.request("GET", "/v1/models/nothing", &server.key, &Value::Null).await;
    assert_eq!(value(&server, &format!(r#"ablo_http_responses_total{{status="{status}"}}"#)), 1, "{status}");
    assert_eq!(said(&server).iter().filter(|(name, _)| name.starts_with("ablo_failures_total")).count(), 1);

    for (path, status) in [("/v1/models/decks/d1/claim", 201), ("/v1/models/tasks/t1/claim", 429)] {
        assert_eq!(server.post(path, &server.key, &json!({})).await.0, status);
    }
    assert_eq!(value(&server, r#"ablo_quota_refusals_total{quota="claims"}"#), 1);

    let mut socket = server.ready(&server.key, &[], 3).await;
    assert_eq!(value(&server, "ablo_ws_connections"), 1);
    socket.commit(&json!([{ "type": "UPDATE", "model": "tasks", "id": "t1", "input": { "title": "two" } }])).await;
    assert_eq!((value(&server, "ablo_deltas_sent_total"), value(&server, "ablo_deltas_encoded_total")), (1, 1));
    assert_eq!(value(&server, r#"ablo_commits_total{outcome="confirmed"}"#), 2);
    // The same mistake twice.
    let stale = json!([{ "type": "UPDATE", "model": "tasks", "id": "t1", "input": { "title": "three" }, "readAt": 3, "onStale": "reject" }]);
    for paced in [0, 1] {
        let receipt = socket.commit(&stale).await;
        assert_eq!(receipt["success"], false, "{receipt}");
        assert_eq!(value(&server, "ablo_paced_rejections_total"), paced);
    }
    assert_eq!(value(&server, r#"ablo_commits_total{outcome="rejected"}"#), 2);
    assert_eq!(value(&server, r#"ablo_failures_total{code="stale_context"}"#), 2);

    let (token, groups) = server.session(&json!({ "participantKind": "user", "participantId": "u1" })).await;
    let mut person = server.ready(&token, &groups, 4).await;
    assert_eq!(value(&server, "ablo_resyncs_total"), 0);
    server.commit(&json!([create("members", "m1", json!({ "personId": "u1", "deckId": "d1" }))])).await;
    person.next("delta", |delta| delta["actionType"] == "G").await;
    reaches(&server, "ablo_resyncs_total", 1).await;

    // The first socket takes nothing more: what the network holds for it is full at some time.
    let large = "x".repeat(1 << 20);
    let begun = Instant::now();
    while value(&server, "ablo_slow_consumer_cuts_total") == 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", said(&server));
        server.commit(&json!([create("tasks", &served::uuid(), json!({ "title": large }))])).await;
    }
    // Somebody begins to load all that, and does not read it.
    let mut loading = TcpStream::connect(server.addr).await.unwrap();
    let head = format!("GET /api/sync/bootstrap HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\r\n", server.key);
    loading.write_all(head.as_bytes()).await.unwrap();
    reaches(&server, "ablo_bootstraps", 1).await;
    let mut moved: BTreeSet<String> = said(&server)
        .into_iter()
        .filter(|(_, value)| *value > 0)
        .map(|(name, _)| name.split('{').next().unwrap().to_owned())
        .collect();
    // It may have been cut off meanwhile.
    moved.insert("ablo_bootstraps".to_owned());
    let page = include_str!("../../docs/metrics.md");
    let named: BTreeSet<String> = page.split('`').filter(|name| name.starts_with("ablo_")).map(str::to_owned).collect();
    assert_eq!(moved, named);
}

/// Over HTTP and over sockets, and for every organization in one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_refusal_for_the_sake_of_a_quota_is_counted() {
    let quota = |name: &str| format!("ablo_quota_refusals_total{{quota=\"{name}\"}}");
    let small = |change: fn(&mut ServeOptions)| async move {
        let mut options = ServeOptions::dev(support::schema());
        change(&mut options);
        let server = Served::start(options, None).await;
        let socket = server.ready(&server.key, &[], 0).await;
        (server, socket)
    };
    let rows = json!([create("tasks", "a", json!({ "title": "x" })), create("tasks", "b", json!({ "title": "x" }))]);

    let (server, mut socket) = small(|options| options.server.quotas.rows = NonZeroU64::new(1)).await;
    assert_eq!(socket.commit(&rows).await["error"]["code"], "quota_exceeded");
    let commit = json!({ "clientTxId": served::uuid(), "operations": rows });
    assert_eq!(server.post("/v1/commits", &server.key, &commit).await.0, 429);
    assert_eq!(value(&server, &quota("rows")), 2);
    // Refused for another reason.
    assert_eq!(socket.commit(&json!([create("tasks", "a", json!({}))])).await["success"], false);
    assert_eq!(said(&server).iter().filter(|(name, _)| name.starts_with("ablo_quota")).count(), 1);

    let (server, mut socket) = small(|options| options.server.quotas.log_bytes = NonZeroU64::new(1)).await;
    assert_eq!(socket.commit(&rows).await["error"]["code"], "quota_exceeded");
    assert_eq!(value(&server, &quota("log_bytes")), 1);

    let (server, mut socket) = small(|options| options.server.quotas.claims = NonZeroU64::new(1)).await;
    assert_eq!(socket.commit(&rows).await["success"], true);
    for (row, answer) in [("a", "intent_acquired"), ("b", "intent_rejected")] {
        let begin = json!({ "intentId": row, "entityType": "tasks", "entityId": row, "action": "x" });
        socket.send("intent_begin", &begin).await;
        socket.next(answer, |_| true).await;
    }
    assert_eq!(value(&server, &quota("claims")), 1);

    let (server, _socket) = small(|options| options.server.limits.sockets_per_organization = 1).await;
    assert_eq!(server.open(&server.key, &[]).await.closed().await, Some(1013));
    assert_eq!(value(&server, &quota("sockets")), 1);
    let (server, _socket) = small(|options| options.server.limits.sockets_per_credential = 1).await;
    assert_eq!(server.open(&server.key, &[]).await.closed().await, Some(1013));
    assert_eq!(value(&server, &quota("sockets")), 0, "a key is no organization");
}
