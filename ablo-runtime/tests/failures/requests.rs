//! Requests that cannot be carried out.

use std::num::NonZeroU64;

use ablo_runtime::server::{ServeOptions, mint_key};
use ablo_schema::wire::{KeyEnv, KeyKind};
use serde_json::{Value, json};

use crate::served::{Served, uuid};
use crate::support;
use crate::told::Told;

/// Operations that are refused, each by itself.
pub fn operations() -> Vec<Value> {
    let create = |model: &str, input: Value| json!({ "type": "CREATE", "model": model, "id": "new", "input": input });
    let task = |input: Value| create("tasks", input);
    vec![
        task(json!({ "title": 5 })),
        task(json!({ "title": "a", "typo": 1, "done": "yes" })),
        task(json!({ "title": "a", "typo": 1 })),
        task(json!({ "title": null })),
        task(json!({ "note": "x" })),
        task(json!({ "title": "a", "status": "never" })),
        task(json!({ "title": "a", "count": 9_007_199_254_740_993_i64 })),
        task(json!({ "title": "a", "due": "soon" })),
        task(json!({ "title": "a", "extra": { "a": "x" } })),
        task(json!({ "title": "a", "createdAt": "2026-01-01T00:00:00Z" })),
        task(json!(["title"])),
        create("people", json!({ "name": "X", "email": "a@x" })),
        create("people", json!({ "name": "X", "bossId": "nobody" })),
        create("facts", json!({})),
        create("nothing", json!({})),
        json!({ "type": "CREATE", "model": "tasks", "id": "t1", "input": { "title": "again" } }),
        json!({ "type": "UPDATE", "model": "tasks", "id": "gone", "input": { "title": "x" } }),
        json!({ "type": "UPDATE", "model": "tasks", "input": { "title": "x" } }),
        json!({ "type": "ARCHIVE", "model": "shelves", "id": "s1" }),
        json!({ "type": "DELETE", "model": "people", "id": "p1" }),
        json!({ "type": "UPSERT", "model": "tasks", "id": "t1" }),
        json!({ "type": "UPDATE", "model": "tasks", "id": "held", "input": { "title": "x" } }),
        json!({ "type": "DELETE", "model": "tasks", "id": "held" }),
        json!({ "type": "UPDATE", "model": "tasks", "id": "t1", "input": { "title": "x" }, "readAt": 1, "onStale": "reject" }),
        json!({ "type": "DELETE", "model": "tasks", "id": "t1", "readAt": 1, "onStale": "reject" }),
        json!({ "type": "CREATE", "model": "tasks", "id": "new", "input": { "title": "a" }, "readAt": "soon" }),
        json!("CREATE"),
    ]
}

/// Commits that are refused as such.
pub fn commits() -> Vec<Value> {
    let row = |at: u32| json!({ "type": "CREATE", "model": "tasks", "id": at.to_string(), "input": { "title": "a" } });
    vec![
        json!({ "clientTxId": uuid(), "operations": [] }),
        json!({ "clientTxId": uuid(), "operations": (0..4).map(row).collect::<Vec<_>>() }),
        json!({ "clientTxId": "k".repeat(256), "operations": [row(1)] }),
        json!({ "clientTxId": uuid(), "operations": "none" }),
        json!({ "clientTxId": uuid(), "causedByTaskId": "turn_none", "operations": [row(1)] }),
        json!({ "clientTxId": "used", "operations": [row(2)] }),
    ]
}

/// A session of its own kind.
pub async fn session(served: &Served, id: &str, more: Value) -> String {
    let mut asked = json!({ "participantKind": "system", "participantId": id });
    asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    served.session(&asked).await.0
}

pub async fn are_refused(served: &Served, told: &mut Told) {
    let key = served.key.as_str();
    let none = &Value::Null;
    let used = json!({ "clientTxId": "used", "operations": [{ "type": "CREATE", "model": "tasks", "id": "u", "input": { "title": "a" } }] });
    assert_eq!(served.post("/v1/commits", key, &used).await.0, 200);
    for operation in operations() {
        let commit = json!({ "clientTxId": uuid(), "operations": [operation] });
        told.request(served, ("POST", "/v1/commits", key, &commit)).await;
    }
    for commit in commits() {
        told.request(served, ("POST", "/v1/commits", key, &commit)).await;
    }
    let reader = session(served, "reader", json!({ "operations": ["tasks.read"] })).await;
    let narrow = session(served, "narrow", json!({ "syncGroups": ["deck:none"] })).await;
    let publishable = mint_key(&served.server.book, KeyKind::Publishable, KeyEnv::Test, "org_dev").unwrap();
    let title = json!({ "data": { "title": "x" } });
    let late = json!({ "data": { "title": "x" }, "readAt": 1, "onStale": "reject" });
    let capability = served.post("/v1/capabilities", key, &json!({ "syncGroups": ["deck:d1"] })).await.1;
    let revoked = format!("/v1/capabilities/{}", capability["id"].as_str().unwrap());
    assert_eq!(served.request("DELETE", &revoked, key, none).await.0, 200);
    let rotate = format!("{revoked}/rotate");
    let task = served.post("/v1/tasks", &reader, &json!({ "prompt": "x" })).await.1;
    let task = task["id"].as_str().unwrap();
    let (child, close) = (json!({ "prompt": "x", "parentTaskId": task }), format!("/v1/tasks/{task}/close"));
    let over = served.post("/v1/models/tasks/t1/claim", key, &json!({})).await.1["id"].clone();
    assert_eq!(served.request("DELETE", "/v1/models/tasks/t1/claim", key, none).await.0, 200);
    let query = |query: Value| json!({ "queries": [query] });
    let where_ = |condition: Value| query(json!({ "model": "TaskModel", "where": [condition] }));
    let calls: Vec<(&str, &str, &str, Value)> = vec![
        ("GET", "/nowhere", key, Value::Null),
        ("PUT", "/v1/models/tasks", key, Value::Null),
        ("GET", "/api/sync/ws", key, Value::Null),
        // Models.
        ("GET", "/v1/models/nothing", key, Value::Null),
        ("GET", "/v1/models/tasks/gone", key, Value::Null),
        ("GET", "/v1/models/tasks?limit=few", key, Value::Null),
        ("GET", "/v1/models/tasks?order_by=typo", key, Value::Null),
        ("GET", "/v1/models/tasks?order_by=extra", key, Value::Null),
        ("GET", "/v1/models/tasks?starting_after=zz&order_by=points", key, Value::Null),
        ("GET", "/v1/models/tasks?points=many", key, Value::Null),
        ("GET", "/v1/models/tasks?state=odd", key, Value::Null),
        ("GET", "/v1/models/tasks/t1", &narrow, Value::Null),
        ("PATCH", "/v1/models/tasks/t1", &narrow, title.clone()),
        ("PATCH", "/v1/models/tasks/t1", &reader, title.clone()),
        ("PATCH", "/v1/models/tasks/t1", key, late),
        ("PATCH", "/v1/models/tasks/held", key, title.clone()),
        ("PATCH", "/v1/models/tasks/held", key, json!({ "intent": "int_none", "data": { "title": "x" } })),
        ("PATCH", "/v1/models/tasks/t1", key, json!({ "intent": over, "data": { "title": "x" } })),
        ("POST", "/v1/models/tasks", key, json!({ "data": { "title": 1, "typo": 2 } })),
        ("POST", "/v1/models/tasks", key, json!([])),
        ("DELETE", "/v1/models/people/p1", key, Value::Null),
        // Claims.
        ("POST", "/v1/models/tasks/held/claim", key, json!({ "queue": false })),
        ("POST", "/v1/models/tasks/t1/claim", &reader, json!({})),
        ("POST", "/v1/models/tasks/t1/claim", &narrow, json!({})),
        ("POST", "/v1/models/tasks/t1/claim", key, json!({ "ttl": "soon" })),
        ("POST", "/v1/models/tasks/held/claim/reorder", &reader, json!({ "order": [] })),
        ("POST", "/v1/models/nothing/t1/claim", key, json!({})),
        ("POST", "/v1/intents", key, json!({ "target": { "model": "tasks", "id": "" }, "action": "x" })),
        (
            "POST",
            "/v1/intents",
            key,
            json!({ "target": { "model": "tasks", "id": "held" }, "action": "x", "queue": false }),
        ),
        ("POST", "/v1/intents", key, json!({ "action": "x" })),
        // Reading.
        ("POST", "/api/sync/query", key, json!({})),
        ("POST", "/api/sync/query", key, json!({ "queries": ["all"] })),
        ("POST", "/v1/intents", key, json!({ "target": "t1", "action": "x" })),
        ("POST", "/api/sync/query", key, query(json!({ "model": "Nothing", "where": [] }))),
        ("POST", "/api/sync/query", key, where_(json!(["typo", 1]))),
        ("POST", "/api/sync/query", key, where_(json!(["points", "LIKE", "1%"]))),
        ("POST", "/api/sync/query", key, where_(json!(["points", "~", "1"]))),
        ("POST", "/api/sync/query", key, where_(json!(["points", "IN", 1]))),
        ("POST", "/api/sync/query", key, where_(json!(["points", "=", "x"]))),
        ("POST", "/api/sync/query", key, query(json!({ "model": "TaskModel", "related": ["typo"] }))),
        ("POST", "/api/sync/query", key, query(json!({ "model": "Deck", "related": ["slides"] }))),
        ("GET", "/api/sync/entity/TaskModel/gone", key, Value::Null),
        ("GET", "/api/presence", "", Value::Null),
        ("POST", "/api/presence", key, json!({ "status": "online" })),
        ("POST", "/api/presence", &reader, json!({ "userId": "x", "organizationId": "org_dev", "status": "online" })),
        // Credentials and tasks.
        ("POST", "/api/auth/capability", &publishable, json!({})),
        ("POST", "/api/auth/capability", key, json!({ "participantKind": "robot" })),
        ("POST", "/v1/capabilities", key, json!({ "participantKind": "user", "syncGroups": ["deck:d1"] })),
        ("POST", "/v1/capabilities", key, json!({})),
        ("POST", "/v1/capabilities", &reader, json!({ "wideScope": true })),
        ("GET", "/v1/capabilities/cap_none", key, Value::Null),
        ("POST", &rotate, key, json!({})),
        ("POST", "/v1/tasks", key, json!({ "prompt": 5 })),
        ("POST", "/v1/tasks", key, json!({ "prompt": "x", "parentTaskId": "turn_none" })),
        ("POST", "/v1/tasks", &narrow, child),
        ("POST", &close, &narrow, json!({})),
        ("POST", "/v1/tasks/turn_none/close", key, json!({})),
        ("POST", "/v1/tasks", key, json!({ "prompt": "x".repeat(9 << 10) })),
    ];
    for (method, path, token, body) in &calls {
        told.request(served, (method, path, token, body)).await;
    }
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    for text in ["{", "nonsense", "\"text\"", &deep] {
        told.text(served, "/v1/commits", text).await;
    }
    let headers = format!("authorization: Bearer {key}\r\nidempotency-key: caf\u{e9}\r\n");
    let (_, _, answer) = served.exchange("POST", "/v1/models/tasks", &headers, &title.to_string()).await;
    told.failure("http", &serde_json::from_str(&answer).unwrap());
}

/// What a small server refuses because it is too much.
pub async fn are_too_many(told: &mut Told) {
    let mut options = ServeOptions::dev(support::odd_schema());
    options.server.quotas.rows = NonZeroU64::new(2);
    options.server.quotas.claims = NonZeroU64::new(1);
    let served = Served::start(options, None).await;
    let row = |id: &str| json!({ "id": id, "data": { "title": "x" } });
    for id in ["a", "b"] {
        assert_eq!(served.post("/v1/models/tasks", &served.key, &row(id)).await.0, 200);
    }
    told.request(&served, ("POST", "/v1/models/tasks", &served.key, &row("c"))).await;
    assert_eq!(served.post("/v1/models/tasks/a/claim", &served.key, &json!({})).await.0, 201);
    told.request(&served, ("POST", "/v1/models/tasks/b/claim", &served.key, &json!({}))).await;
    let prompt = json!({ "prompt": "x".repeat(256_001) });
    told.request(&served, ("POST", "/v1/tasks", &served.key, &prompt)).await;

    let mut options = ServeOptions::dev(support::odd_schema());
    options.server.quotas.log_bytes = NonZeroU64::new(1);
    options.server.limits.requests_per_second = 1;
    let served = Served::start(options, None).await;
    told.request(&served, ("POST", "/v1/models/tasks", &served.key, &row("a"))).await;
    loop {
        let (status, head, answer) = served.request("GET", "/v1/models/tasks", &served.key, &Value::Null).await;
        if status != 200 {
            assert!(head.contains("retry-after: "), "{head}");
            told.failure("http", &answer);
            break;
        }
    }
}
