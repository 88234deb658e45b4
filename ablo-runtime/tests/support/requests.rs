//! A request of every route the server has, made from the server's own list of them.
#![allow(dead_code)]

use ablo_runtime::server::routes;
use serde_json::{Value, json};

/// What the names in paths stand for.
pub struct Names<'a> {
    pub row: &'a str,
    pub capability: &'a str,
    pub turn: &'a str,
    pub claim: &'a str,
}

/// Every route that asks for a credential: method, path, and a body that would do something.
pub fn guarded(names: &Names<'_>) -> Vec<(&'static str, String, Value)> {
    let mut requests = Vec::new();
    for route in routes().into_iter().filter(|route| route.is_guarded) {
        let path = path(&route.path, names);
        if route.method == "get" {
            requests.extend([("GET", path.clone(), Value::Null), ("HEAD", path, Value::Null)]);
        } else {
            requests.push((method(route.method), path, body(&route.path, names)));
        }
    }
    requests
}

fn method(method: &str) -> &'static str {
    ["POST", "PATCH", "DELETE"].into_iter().find(|known| known.eq_ignore_ascii_case(method)).unwrap()
}

/// The path of a route with its names filled in.
fn path(route: &str, names: &Names<'_>) -> String {
    let id = match route.trim_start_matches("/api").trim_start_matches("/v1") {
        rest if rest.starts_with("/capabilities") => names.capability,
        rest if rest.starts_with("/intents") => names.claim,
        rest if rest.starts_with("/tasks") || rest.starts_with("/agent") => names.turn,
        _ => names.row,
    };
    let path = route.replace("{model}", "tasks").replace("{typename}", "TaskModel").replace("{id}", id);
    assert!(!path.contains('{'), "say what {path} stands for");
    path
}

/// Something to send. A route that is new gets an empty object until it is named here.
fn body(route: &str, names: &Names<'_>) -> Value {
    match route.trim_start_matches("/api") {
        "/v1/models/{model}" => json!({ "id": crate::served::uuid(), "data": { "title": "x" } }),
        "/v1/models/{model}/{id}" => json!({ "data": { "title": "x" } }),
        "/v1/models/{model}/{id}/claim" => json!({ "queue": true }),
        "/v1/models/{model}/{id}/claim/reorder" => json!({ "order": [] }),
        "/v1/commits" => json!({
            "clientTxId": crate::served::uuid(),
            "operations": [{ "type": "UPDATE", "model": "tasks", "id": names.row, "input": { "title": "x" } }],
        }),
        "/v1/intents" => json!({ "target": { "model": "tasks", "id": names.row }, "action": "x" }),
        "/v1/capabilities" => json!({ "wideScope": true }),
        "/v1/tasks" | "/agent/turn" => json!({ "prompt": "x" }),
        "/auth/capability" => json!({ "participantKind": "user", "participantId": "u1" }),
        "/sync/query" => json!({ "queries": [{ "model": "TaskModel", "where": [] }] }),
        "/presence" => json!({ "userId": "x" }),
        _ => json!({}),
    }
}
