//! No route answers without a credential that works and reaches far enough, however its path is spelled.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/requests.rs"]
mod requests;
#[path = "support/served.rs"]
mod served;
mod support;

use std::collections::BTreeSet;

use ablo_runtime::server::ServeOptions;
use ablo_runtime::server::auth::{Book, Mint};
use ablo_schema::wire::{KeyEnv, KeyKind, ParticipantKind, ParticipantRef};
use requests::{Names, guarded};
use serde_json::{Value, json};
use served::Served;

const CANARY: &str = "canary-7d1f";

/// A request of every route, about a row that is there.
fn routes() -> Vec<(&'static str, String, Value)> {
    guarded(&Names { row: CANARY, capability: "x", turn: "x", claim: "x" })
}

/// Other spellings of a path.
fn spellings(path: &str) -> Vec<String> {
    let (first, rest) = path[1..].split_once('/').unwrap();
    let last = path.rfind('/').unwrap();
    let escaped = |at: usize| format!("{}%{:02x}{}", &path[..at], path.as_bytes()[at], &path[at + 1..]);
    vec![
        path.to_owned(),
        format!("{path}/"),
        format!("{path}//"),
        format!("/{path}"),
        format!("//{path}"),
        format!("/{first}//{rest}"),
        format!("{}/{}", &path[..last], &path[last..]),
        escaped(1),
        escaped(last + 1),
        escaped(path.len() - 1),
        format!("/{first}%2f{rest}"),
        format!("%2f{}", &path[1..]),
        format!("{path}%2f"),
        format!("/./{}", &path[1..]),
        format!("/{first}/./{rest}"),
        format!("/livez/..{path}"),
        format!("/{first}/x/../{rest}"),
        format!("/livez/%2e%2e{path}"),
        path.to_uppercase(),
        format!("{path};a=b"),
        format!("{path}%00"),
        format!("{path}%20"),
        format!("{path}?x=/livez"),
        format!("{path}.json"),
        format!("\\{}", &path[1..]),
        format!("http://test{path}"),
        format!("{path}/../../../livez"),
    ]
}

fn mint(book: &Book, ttl: Option<std::time::Duration>, narrow: bool) -> String {
    let nothing = narrow.then(Vec::new);
    let wish = Mint {
        operations: nothing.clone(),
        groups: nothing,
        ttl,
        ..Mint::new(
            KeyKind::Restricted,
            KeyEnv::Test,
            "org_dev",
            ParticipantRef { kind: ParticipantKind::Agent, id: "agent".into() },
        )
    };
    book.mint(wish).unwrap().0.secret().to_owned()
}

async fn prepared() -> Served {
    let server = Served::start(ServeOptions::dev(support::schema()), None).await;
    server.commit(&json!([{ "type": "CREATE", "model": "tasks", "id": CANARY, "input": { "title": CANARY } }])).await;
    server
}

async fn is_untouched(server: &Served) {
    let row = server.get("/v1/models/tasks/canary-7d1f", &server.key).await;
    assert_eq!((&row["data"]["title"], &row["claims"]), (&json!(CANARY), &json!([])), "{row}");
    assert_eq!(server.get("/v1/models/tasks", &server.key).await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_spelling_of_a_path_slips_past() {
    let server = prepared().await;
    let mut matched = 0;
    for (method, path, body) in routes() {
        for spelling in spellings(&path) {
            let (status, head, answer) = server.request(method, &spelling, "", &body).await;
            assert!([400, 401, 404, 405].contains(&status), "{method} {spelling}: {status} {answer}");
            assert!(!answer.to_string().contains(CANARY), "{method} {spelling}: {answer}");
            let is_asked_for_a_key = head.contains("x-auth-failure: auth_no_credentials");
            assert_eq!(status == 401, is_asked_for_a_key, "{method} {spelling}: {head}");
            matched += usize::from(is_asked_for_a_key);
        }
    }
    // Each as it is, and with a query, at the least.
    assert!(matched >= 2 * routes().len(), "{matched}");
    is_untouched(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_route_takes_a_credential_that_does_not_work() {
    let server = prepared().await;
    let book = &server.server.book;
    let expired = mint(book, Some(std::time::Duration::ZERO), false);
    let revoked = mint(book, None, false);
    book.revoke(&book.present(&revoked).unwrap().id).unwrap();
    let mistyped =
        format!("{}{}", &server.key[..server.key.len() - 1], if server.key.ends_with('a') { 'b' } else { 'a' });
    for (method, path, body) in routes() {
        for (key, code) in [(&expired, "apikey_expired"), (&revoked, "apikey_revoked"), (&mistyped, "apikey_invalid")] {
            let (status, head, answer) = server.request(method, &path, key, &body).await;
            let is_told = head.contains(&format!("x-auth-failure: {code}"));
            assert!(status == 401 && is_told, "{method} {path} {code}: {status} {head} {answer}");
        }
    }
    is_untouched(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_that_reaches_nothing_gets_nothing() {
    let server = prepared().await;
    let narrow = mint(&server.server.book, None, true);
    let mut reached = BTreeSet::new();
    for (method, path, body) in routes() {
        let (status, _, answer) = server.request(method, &path, &narrow, &body).await;
        assert!(!answer.to_string().replace(&format!("`{CANARY}`"), "").contains(CANARY), "{method} {path}: {answer}");
        if status < 300 && method != "HEAD" {
            reached.insert(format!("{method} {}", path.trim_start_matches("/api").replace(CANARY, "x")));
        }
    }
    // What is about the caller itself, or lists what it sees: nothing. Deleting what is not seen is done already.
    let expected = [
        "DELETE /v1/intents/x",
        "DELETE /v1/models/tasks/x/claim",
        "GET /auth/check",
        "GET /auth/identity",
        "GET /presence",
        "GET /sync/bootstrap",
        "GET /v1/intents",
        "GET /v1/models/tasks",
        "POST /agent/turn",
        "POST /auth/capability",
        "POST /sync/query",
        "POST /v1/datasource",
        "POST /v1/tasks",
    ];
    assert_eq!(reached.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    is_untouched(&server).await;
}

/// A route that is documented is tried above.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_documented_route_is_tried() {
    let server = prepared().await;
    let document = server.get("/v1/openapi.json", "").await;
    let tried: BTreeSet<String> = routes().iter().map(|(method, path, _)| shape(method, path)).collect();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let is_open = operation["security"] == json!([]);
            let is_operation = ["get", "post", "patch", "delete", "head"].contains(&method.as_str());
            let of_a_model = path.replace("/models/decks", "/models/tasks").replace("{model}", "tasks");
            if is_operation && !is_open {
                let wanted = shape(&method.to_uppercase(), &of_a_model);
                let known = ["decks", "slides", "layers", "members", "people", "facts"];
                let is_other = known.iter().any(|model| path.contains(&format!("/models/{model}")));
                assert!(tried.contains(&wanted) || is_other, "{wanted}");
            }
        }
    }
}

/// A route with every name in it left out.
fn shape(method: &str, path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') || part == CANARY { "x" } else { part });
    format!("{method} {}", parts.collect::<Vec<_>>().join("/"))
}
