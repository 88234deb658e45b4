//! Sections 3.4 and 3.5: claims on a row, and intents, for callers without a socket.

use serde_json::{Value, json};

use super::Api;
use crate::served::uuid;

const CLAIM: &str = "/api/v1/models/tasks/t/claim";

/// A server with one row, and two people.
async fn contended() -> (Api, String, String) {
    let api = Api::start().await;
    api.row("tasks", "t", json!({ "title": "one" })).await;
    let ann = api.session(json!({ "participantKind": "user", "participantId": "ann" })).await;
    let bob = api.session(json!({ "participantKind": "user", "participantId": "bob" })).await;
    (api, ann, bob)
}

/// How long a claim lasts, in milliseconds.
fn millis_left(claim: &Value) -> i64 {
    let end: ablo_schema::time::Timestamp = claim["expiresAt"].as_str().unwrap().parse().unwrap();
    end.as_millisecond() - ablo_schema::time::Timestamp::now().as_millisecond()
}

/// 3.4: A free row is claimed with 201; the answer is the claim, with its id in every place a client looks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_free_row_is_claimed() {
    let (api, ann, _) = contended().await;
    let body = json!({ "action": "editing", "ttl": "30s", "description": "d", "meta": { "q": 1, "description": "d" }, "queue": true });
    let made = api.post(CLAIM, &body).token(&ann).await.is(201);
    let id = made.body["id"].clone();
    assert!(id.as_str().is_some_and(|id| id.starts_with("int_")), "{}", made.text);
    let claim = json!({ "object": "intent", "id": id, "status": "active", "action": "editing", "heldBy": "ann", "actor": "ann",
        "participantKind": "human", "description": "d", "meta": { "q": 1, "description": "d" },
        "target": { "type": "tasks", "model": "tasks", "id": "t", "meta": { "q": 1, "description": "d" } } });
    let made = made.reads(claim.clone()).reads(json!({ "intent": claim }));
    assert!(made.body["createdAt"].as_str().unwrap().parse::<u64>().is_ok(), "{}", made.text);
    assert!((10_000..=30_000).contains(&millis_left(&made.body)), "{}", made.text);
    // Then the client reads the row, which says who holds it.
    api.get("/api/v1/models/tasks/t").token(&ann).await.is(200).reads(json!({ "claims": [claim] }));
}

/// 3.4: A `ttl` is seconds as a number, or text in `ms`, `s`, `m` or `h`; without one the server chooses; a longer one than it allows is shortened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lengths_of_claims() {
    let (api, ann, _) = contended().await;
    for (ttl, most) in [
        (json!(45), 45_000),
        (json!(45.5), 45_500),
        (json!("50000ms"), 50_000),
        (json!("30s"), 30_000),
        (json!("3m"), 180_000),
        (json!("1h"), 3_600_000),
        (json!("24h"), 3_600_000),
        (json!(null), 60_000),
    ] {
        let made = api.post(CLAIM, &json!({ "ttl": ttl })).token(&ann).await.is(201);
        assert!((most - 20_000..=most).contains(&millis_left(&made.body)), "{ttl}: {}", made.text);
        api.call("DELETE", CLAIM).token(&ann).await.is(200);
    }
    for ttl in [json!("soon"), json!("-1s"), json!(-1), json!("5d"), json!(true), json!(""), json!(0), json!("0s")] {
        api.post(CLAIM, &json!({ "ttl": ttl })).token(&ann).await.is(400);
    }
}

/// 3.4: Who claims again has its claim already: the same id, for longer. This is how a claim without a socket is renewed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claiming_again_renews() {
    let (api, ann, bob) = contended().await;
    let first = api.post(CLAIM, &json!({ "ttl": "30s" })).token(&ann).await.is(201);
    let again = api.post(CLAIM, &json!({ "ttl": "3m", "queue": false })).token(&ann).await.is(201);
    assert_eq!(again.body["id"], first.body["id"]);
    assert!(millis_left(&again.body) > 60_000, "{}", again.text);
    // The same for a place in line.
    let waits = api.post(CLAIM, &json!({ "queue": true })).token(&bob).await.is(202);
    let still = api.post(CLAIM, &json!({ "queue": true })).token(&bob).await.is(202);
    assert_eq!(still.body, waits.body);
    let queue = api.get("/api/v1/intents?model=tasks&id=t").await.is(200);
    queue.reads(json!({ "queue": [{ "heldBy": "bob", "status": "queued", "position": 0 }] }));
}

/// 3.4: A held row: 202 and a place in line for who waits, 409 `claim_conflict` with the holder for who does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_row() {
    let (api, ann, bob) = contended().await;
    let held = api.post(CLAIM, &json!({})).token(&ann).await.is(201).body["id"].clone();
    for body in [json!({ "queue": false }), json!({ "queue": null }), json!({})] {
        let refused = api.post(CLAIM, &body).token(&bob).await.fails(409, "claim_conflict");
        refused.reads(json!({ "type": "AbloClaimedError", "heldBy": "ann", "heldByIntentId": held }));
    }
    let first = api.post(CLAIM, &json!({ "action": "editing", "queue": true })).token(&bob).await.is(202);
    let intent = first.body["intentId"].clone();
    assert_eq!(first.body, json!({ "status": "queued", "intentId": intent, "position": 0 }));
    let second = api.post(CLAIM, &json!({ "queue": true })).await.is(202);
    second.reads(json!({ "status": "queued", "position": 1 }));
    // Foreign writes are refused as long as it is held, the holder's are not.
    let title = || json!({ "data": { "title": "two" } });
    let foreign = api.write("PATCH", "/api/v1/models/tasks/t", title()).token(&bob).await;
    foreign.fails(409, "entity_claimed").reads(json!({ "heldBy": "ann" }));
    api.write("DELETE", "/api/v1/models/tasks/t", json!({})).token(&bob).await.fails(409, "entity_claimed");
    api.write("PATCH", "/api/v1/models/tasks/t", title()).token(&ann).await.is(200);
    let mut under = title();
    under["intent"] = held;
    api.write("PATCH", "/api/v1/models/tasks/t", under).token(&ann).await.is(200);
    // When it is free, it is the first in line's.
    api.call("DELETE", CLAIM).token(&ann).await.is(200);
    let now = api.post(CLAIM, &json!({})).token(&bob).await.is(201);
    assert_eq!(now.body["id"], intent);
}

/// 3.4: A release hands back the caller's claim or place in line, is harmless when there is none, and leaves the others alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn releases() {
    let (api, ann, bob) = contended().await;
    api.post(CLAIM, &json!({})).token(&ann).await.is(201);
    api.post(CLAIM, &json!({ "queue": true })).token(&bob).await.is(202);
    for _ in 0..2 {
        let answer = api.call("DELETE", CLAIM).token(&bob).await.is(200);
        answer.reads(json!({ "ok": true, "released": true }));
    }
    let left = api.get("/api/v1/intents?model=tasks&id=t").await;
    left.reads(json!({ "intents": [{ "heldBy": "ann" }], "queue": [] }));
    api.call("DELETE", "/api/v1/models/tasks/never/claim").token(&ann).await.is(200);
    api.call("DELETE", "/api/v1/models/nope/t/claim").token(&ann).await.fails(400, "unknown_model");
}

/// 3.4: Writing under a claim is claim, write with its id, release; also for a row that is not there yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writing_under_a_claim() {
    let (api, ann, bob) = contended().await;
    let claim = "/api/v1/models/tasks/new/claim";
    let intent = api.post(claim, &json!({ "queue": true })).token(&ann).await.is(201).body["id"].clone();
    let row = json!({ "id": "new", "intent": intent, "data": { "title": "x" } });
    api.write("POST", "/api/v1/models/tasks", row).token(&ann).await.is(200);
    let two = json!({ "intent": intent, "data": { "title": "y" } });
    api.write("PATCH", "/api/v1/models/tasks/new", two).token(&ann).await.is(200);
    api.call("DELETE", claim).token(&ann).await.is(200);
    // Written under a claim that is over: it may have been anybody's since.
    let late = json!({ "intent": intent, "data": { "title": "z" } });
    api.write("PATCH", "/api/v1/models/tasks/new", late).token(&ann).await.fails(409, "claim_lost");
    // One that was never made says nothing.
    let odd = json!({ "intent": "int_x", "data": { "title": "z" } });
    api.write("PATCH", "/api/v1/models/tasks/new", odd).token(&bob).await.is(200);
}

/// 3.4: A claim made by one spelling of the model guards the row under every other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_guards_every_spelling() {
    let (api, ann, bob) = contended().await;
    for claimed in ["tasks", "Task", "task", "TASKS"] {
        let claim = format!("/api/v1/models/{claimed}/t/claim");
        let made = api.post(&claim, &json!({})).token(&ann).await.is(201);
        made.reads(json!({ "target": { "type": claimed, "model": claimed } }));
        for written in ["tasks", "Task", "task", "TASK"] {
            let title = json!({ "data": { "title": "x" } });
            let path = format!("/api/v1/models/{written}/t");
            api.write("PATCH", path, title).token(&bob).await.fails(409, "entity_claimed");
            let held = api.get(format!("/api/v1/intents?model={written}&id=t")).await;
            held.reads(json!({ "intents": [{ "heldBy": "ann", "target": { "type": claimed } }] }));
        }
        api.call("DELETE", "/api/v1/models/task/t/claim").token(&ann).await.is(200);
    }
}

/// 3.4: A line is re-ranked by who may do `intent.reorder`; anybody else is denied, and the line stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reorders() {
    let (api, ann, bob) = contended().await;
    api.post(CLAIM, &json!({})).await.is(201);
    let mut waiting = Vec::new();
    for (who, token) in [("ann", &ann), ("bob", &bob)] {
        let place = api.post(CLAIM, &json!({ "queue": true })).token(token).await.is(202).body["intentId"].clone();
        waiting.push(json!({ "heldBy": who, "intentId": place }));
    }
    let path = format!("{CLAIM}/reorder");
    let order = json!({ "order": [waiting[1]] });
    let line = async || {
        let line = api.get("/api/v1/intents?model=tasks&id=t").await.is(200);
        line.body["queue"]
            .as_array()
            .unwrap()
            .iter()
            .map(|place| place["heldBy"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    for operations in [json!(null), json!(["tasks.update"]), json!([])] {
        let asked = json!({ "participantKind": "user", "participantId": "x", "operations": operations });
        let token = api.session(asked).await;
        let denied = api.post(&path, &order).token(&token).await.fails(403, "capability_scope_denied");
        denied.reads(json!({ "requiredCapability": { "scope": "intent.reorder" } }));
        assert_eq!(line().await, ["ann", "bob"]);
    }
    let asked =
        json!({ "participantKind": "agent", "participantId": "x", "operations": ["intent.reorder", "tasks.read"] });
    let token = api.session(asked).await;
    api.post(&path, &order).token(&token).await.is(200);
    assert_eq!(line().await, ["bob", "ann"]);
    // A backend's key may; places that are not in line are passed over.
    let odd = json!({ "order": [{ "heldBy": "nobody", "intentId": "x" }, waiting[0]] });
    api.post(&path, &odd).await.is(200);
    assert_eq!(line().await, ["ann", "bob"]);
    api.post(&path, &json!({ "order": [] })).await.is(200);
    api.post(&path, &json!({ "order": "x" })).await.fails(400, "invalid_body");
}

/// 3.5: Intents are listed for a row, a model or everything, under every name their readers use.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn intents_are_listed() {
    let (api, ann, bob) = contended().await;
    let none = json!({ "object": "list", "data": [], "intents": [], "queue": [] });
    assert_eq!(api.get("/api/v1/intents").await.is(200).body, none);
    let field = json!({ "intentId": "int_1", "target": { "model": "tasks", "id": "t", "field": "title" }, "action": "update", "ttl": "2m" });
    api.post("/api/v1/intents", &field).token(&ann).await.is(201);
    api.post(CLAIM, &json!({ "queue": true })).token(&bob).await.is(202);
    api.row("projects", "p", json!({ "name": "x" })).await;
    api.post("/api/v1/models/projects/p/claim", &json!({})).token(&bob).await.is(201);
    let held = json!({ "object": "intent", "id": "int_1", "status": "active", "action": "update", "heldBy": "ann", "actor": "ann",
        "participantKind": "human", "field": "title",
        "target": { "type": "tasks", "model": "tasks", "id": "t", "field": "title" } });
    let waits =
        json!({ "object": "intent", "status": "queued", "position": 0, "heldBy": "bob", "target": { "id": "t" } });
    for query in [
        "model=tasks&id=t",
        "model=tasks&id=t&field=title",
        "resource=tasks&id=t",
        "model=Task",
        "model=task&id=t",
        "id=t",
        "id=t&dq=1",
        "model=&id=t&field=",
    ] {
        let answer = api.get(format!("/api/v1/intents?{query}")).await.is(200);
        answer.reads(json!({ "object": "list", "data": [held], "intents": [held], "queue": [waits] }));
    }
    // Another field: not the claim of the title, but whoever is about the whole row.
    let other = api.get("/api/v1/intents?model=tasks&id=t&field=status").await.is(200);
    other.reads(json!({ "intents": [], "queue": [{ "heldBy": "bob" }] }));
    let all = api.get("/api/v1/intents").await.is(200);
    assert_eq!((all.body["intents"].as_array().unwrap().len(), all.body["queue"].as_array().unwrap().len()), (2, 1));
    for query in ["model=tasks&id=nope", "model=plans"] {
        assert_eq!(api.get(format!("/api/v1/intents?{query}")).await.is(200).body, none, "{query}");
    }
    api.get("/api/v1/intents?model=nope").await.fails(400, "unknown_model");
}

/// 3.5: An intent is made under the caller's own id, once however often it is sent; another participant's is in the way or ahead in line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn intents_are_made() {
    let (api, ann, bob) = contended().await;
    let id = format!("int_{}", uuid());
    let body = json!({ "intentId": id, "target": { "model": "task", "id": "t", "field": "title" }, "action": "update", "ttl": "2m" });
    for _ in 0..2 {
        let made = api.post("/api/v1/intents", &body).token(&ann).await.is(201);
        made.reads(json!({ "id": id, "intent": { "id": id, "target": { "type": "task" } }, "heldBy": "ann" }));
    }
    let listed = api.get("/api/v1/intents").await;
    assert_eq!(listed.body["intents"].as_array().unwrap().len(), 1);
    let mut other = body.clone();
    other["intentId"] = json!("int_2");
    api.post("/api/v1/intents", &other)
        .token(&bob)
        .await
        .fails(409, "claim_conflict")
        .reads(json!({ "heldBy": "ann" }));
    other["queue"] = json!(true);
    for _ in 0..2 {
        let waits = api.post("/api/v1/intents", &other).token(&bob).await.is(202);
        assert_eq!(waits.body, json!({ "status": "queued", "intentId": "int_2", "position": 0 }));
    }
    // The older name of the model, notes that stand in the target, and an id made by the server.
    let older = json!({ "target": { "resource": "tasks", "id": "u", "meta": { "q": 1 } }, "action": "update" });
    let made = api.post("/api/v1/intents", &older).token(&bob).await.is(201).reads(json!({ "meta": { "q": 1 } }));
    assert!(made.body["id"].as_str().is_some_and(|id| id.starts_with("int_")), "{}", made.text);
    for body in [
        json!({}),
        json!({ "target": { "id": "t" } }),
        json!({ "target": { "model": "tasks" } }),
        json!({ "target": { "model": "tasks", "id": "" } }),
        json!({ "target": { "model": "nope", "id": "t" } }),
    ] {
        api.post("/api/v1/intents", &body).token(&ann).await.is(400);
    }
}

/// 3.5: An intent is given back by its id, as often as one likes, and only by who made it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn intents_are_given_back() {
    let (api, ann, bob) = contended().await;
    let body = json!({ "intentId": "int_1", "target": { "model": "tasks", "id": "t" }, "action": "update" });
    api.post("/api/v1/intents", &body).token(&ann).await.is(201);
    let released = json!({ "object": "intent", "id": "int_1", "released": true });
    api.call("DELETE", "/api/v1/intents/int_1").token(&bob).await.is(200).reads(released.clone());
    api.get("/api/v1/intents").await.reads(json!({ "intents": [{ "id": "int_1" }] }));
    for _ in 0..2 {
        api.call("DELETE", "/api/v1/intents/int_1").token(&ann).await.is(200).reads(released.clone());
        api.get("/api/v1/intents").await.reads(json!({ "intents": [] }));
    }
}

/// 3.5: What holds a row is a person or an agent to its readers: users and systems are `human`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kinds_of_holders() {
    let (api, ..) = contended().await;
    for (kind, word) in [("user", "human"), ("system", "human"), ("agent", "agent")] {
        let token = api.session(json!({ "participantKind": kind, "participantId": "x" })).await;
        api.post(CLAIM, &json!({})).token(&token).await.is(201).reads(json!({ "participantKind": word }));
        api.call("DELETE", CLAIM).token(&token).await.is(200);
    }
}

/// 10.10: A contended claim over HTTP leaves a place in line that nobody polls; it does not keep the row from others for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_nobody_polls() {
    let (api, ann, bob) = contended().await;
    api.post(CLAIM, &json!({})).token(&ann).await.is(201);
    api.post(CLAIM, &json!({ "queue": true, "ttl": "200ms" })).token(&bob).await.is(202);
    api.call("DELETE", CLAIM).token(&ann).await.is(200);
    // It is now bob's, who never asks, for as long as he wanted it.
    let claimed = async || api.post(CLAIM, &json!({ "queue": false })).token(&ann).await.status;
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    while claimed().await != 201 {
        assert!(tokio::time::Instant::now() < deadline, "the row stays with who is gone");
        tokio::task::yield_now().await;
    }
}
