//! Sections 2.6 and 2.7: capabilities, tasks and turns.

use serde_json::{Value, json};

use super::Api;
use crate::served::uuid;

const MINT: &str = "/api/v1/capabilities";

fn agent() -> Value {
    json!({ "participantKind": "agent", "participantId": "agent:z", "syncGroups": ["default"], "operations": ["task.update"],
        "ttlSeconds": 600, "label": "lab", "userMeta": { "e": 1 } })
}

/// 2.6: A capability is minted as asked for, under both names of its id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capability_is_minted() {
    let api = Api::start().await;
    let made = api.post(MINT, &agent()).await.is(200).reads(json!({
        "organizationId": "org_dev",
        "scope": { "organizationId": "org_dev", "syncGroups": ["default"], "operations": ["task.update"],
            "participantKind": "agent", "participantId": "agent:z" },
        "userMeta": { "e": 1 } }));
    assert_eq!(made.body["id"], made.body["capabilityId"]);
    assert!(made.body["token"].as_str().unwrap().starts_with("rk_test_"), "{}", made.text);
    // The older names of the arrays, and a life computed with a fraction.
    let older = json!({ "allowedSyncGroups": ["project:p"], "allowedOperations": ["tasks.read"], "ttlSeconds": 0.5 });
    let scope = json!({ "syncGroups": ["project:p"], "operations": ["tasks.read"], "participantKind": "agent" });
    api.post(MINT, &older).await.is(200).reads(json!({ "scope": scope }));
    let wide = json!({ "wideScope": true, "participantKind": "system", "participantId": "sys" });
    api.post(MINT, &wide).await.is(200).reads(json!({ "scope": { "operations": ["*"], "participantKind": "system" } }));
}

/// 2.6: What may not be minted: people, no limits at all unless a secret key says so, anything by a publishable key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn capabilities_that_are_refused() {
    let api = Api::start().await;
    let table = [
        (json!({ "participantKind": "user", "syncGroups": ["default"] }), 400, "invalid_participant_kind"),
        (json!({ "participantKind": "agent" }), 400, "narrow_scope_required"),
        (json!({ "syncGroups": [] }), 400, "narrow_scope_required"),
        (json!({ "wideScope": false, "operations": ["tasks.read"] }), 400, "narrow_scope_required"),
    ];
    for (body, status, code) in table {
        api.post(MINT, &body).await.fails(status, code);
    }
    let token = api.session(json!({ "participantKind": "agent", "participantId": "a" })).await;
    api.post(MINT, &json!({ "wideScope": true })).token(&token).await.fails(403, "wide_scope_forbidden");
}

/// 2.6: What a session mints reaches no further and lives no longer than the session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_hands_on_what_it_has() {
    let api = Api::start().await;
    let asked = json!({ "participantKind": "agent", "participantId": "a", "syncGroups": ["project:p1"],
        "operations": ["tasks.update", "tasks.read"], "ttlSeconds": 60 });
    let parent = api.post("/api/auth/capability", &asked).await.is(200).body;
    let token = parent["token"].as_str().unwrap();
    // `default` is all it has; an operation may spell its model in any way; the rest is not its to give.
    let child = json!({ "participantId": "b", "syncGroups": ["default"], "operations": ["task.update", "tasks.delete"],
        "ttlSeconds": 6000 });
    let made = api.post(MINT, &child).token(token).await.is(200);
    let made = made.reads(json!({ "scope": { "syncGroups": ["project:p1"], "operations": ["task.update"] } }));
    assert!(made.body["expiresAt"].as_str().unwrap() <= parent["expiresAt"].as_str().unwrap(), "{}", made.text);
}

/// 2.6: A capability is read by its id: who it is for, whether it works, since when and until when; unset is null.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capability_is_read() {
    let api = Api::start().await;
    let made = api.post(MINT, &agent()).await.is(200).body;
    let path = format!("{MINT}/{}", made["id"].as_str().unwrap());
    let read = api.get(&path).await.is(200).reads(json!({ "id": made["id"], "organizationId": "org_dev",
        "participantKind": "agent", "participantId": "agent:z", "label": "lab", "status": "active",
        "expiresAt": made["expiresAt"], "revokedAt": null, "lastUsedAt": null, "operations": ["task.update"],
        "syncGroups": ["default"] }));
    assert!(read.body["issuedAt"].is_string());
    let token = made["token"].as_str().unwrap();
    // Its holder may read it too; others learn nothing.
    let read = api.get(&path).token(token).await.is(200);
    assert!(read.body["lastUsedAt"].is_string(), "{}", read.text);
    let other = api.session(json!({ "participantKind": "agent", "participantId": "o" })).await;
    api.get(&path).token(&other).await.fails(404, "capability_not_found");
    api.get(format!("{MINT}/cap_nope")).await.fails(404, "capability_not_found");
}

/// 2.6: A capability that was taken back works no more, says so when it is read, and takes what was made from it along.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capability_is_revoked() {
    let api = Api::start().await;
    let made = api.post(MINT, &agent()).await.is(200).body;
    let (id, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let child = api.post(MINT, &json!({ "syncGroups": ["default"] })).token(token).await.is(200).body;
    for _ in 0..2 {
        let gone = api.call("DELETE", format!("{MINT}/{id}")).await.is(200);
        gone.reads(json!({ "id": id, "deleted": true, "activeSessionsClosed": 0 }));
    }
    for token in [token, child["token"].as_str().unwrap()] {
        let answer = api.get("/api/auth/identity").token(token).await.fails(401, "apikey_revoked");
        assert_eq!(answer.header("x-auth-failure"), Some("apikey_revoked"));
    }
    let read = api.get(format!("{MINT}/{id}")).await.is(200).reads(json!({ "status": "revoked" }));
    assert!(read.body["revokedAt"].is_string(), "{}", read.text);
    api.post(format!("{MINT}/{id}/rotate"), &json!({})).await.fails(403, "capability_invalid");
}

/// 2.6: A capability is rotated: the same for its new token; the old one works for the grace, and at once no more without one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capability_is_rotated() {
    let api = Api::start().await;
    let made = api.post(MINT, &agent()).await.is(200).body;
    let (id, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let rotated =
        api.post(format!("{MINT}/{id}/rotate"), &json!({ "graceSeconds": 60, "ttlSeconds": 300 })).await.is(200);
    let rotated =
        rotated.reads(json!({ "scope": made["scope"], "userMeta": { "e": 1 }, "rotatedFrom": { "capabilityId": id } }));
    assert!(
        rotated.body["rotatedFrom"]["expiresAt"].is_string() && rotated.body["id"] != made["id"],
        "{}",
        rotated.text
    );
    let new = rotated.body["token"].as_str().unwrap();
    for token in [token, new] {
        api.get("/api/auth/identity").token(token).await.is(200).reads(json!({ "participantId": "agent:z" }));
    }
    let id = rotated.body["id"].as_str().unwrap();
    let last = api.call("POST", format!("{MINT}/{id}/rotate")).await.is(200).body;
    api.get("/api/auth/identity").token(new).await.fails(401, "apikey_expired");
    api.get(format!("{MINT}/{id}")).await.is(200).reads(json!({ "status": "expired" }));
    api.get("/api/auth/identity").token(last["token"].as_str().unwrap()).await.is(200);
    // Nobody rotates itself into a longer life.
    let asked = json!({ "participantKind": "agent", "participantId": "a", "ttlSeconds": 60 });
    let short = api.post("/api/auth/capability", &asked).await.is(200).body;
    let path = format!("{MINT}/{}/rotate", short["capabilityId"].as_str().unwrap());
    let longer =
        api.post(path, &json!({ "ttlSeconds": 6000, "graceSeconds": 60 })).token(short["token"].as_str().unwrap());
    let longer = longer.await.is(200);
    assert!(longer.body["expiresAt"].as_str().unwrap() <= short["expiresAt"].as_str().unwrap(), "{}", longer.text);
}

/// 2.7: A task and a turn are the same thing under two paths: opened with a prompt, closed with what it cost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_and_turns() {
    let api = Api::start().await;
    for base in ["/api/v1/tasks", "/v1/tasks", "/api/agent/turn"] {
        let body =
            json!({ "prompt": "do it", "surface": "chat", "metadata": { "a": { "b": [1] } }, "parentTaskId": null });
        let opened = api.post(base, &body).await.is(200);
        let id = opened.body["id"].as_str().unwrap().to_owned();
        assert!(opened.body["turnId"] == id.as_str() && opened.body["promptHash"].is_string(), "{}", opened.text);
        assert!(opened.body["openedAt"].is_string(), "{}", opened.text);
        let child = api.post(base, &json!({ "prompt": "part of it", "parentTaskId": id })).await.is(200);
        // Costs as clients compute them.
        let cost = json!({ "costInputTokens": 5, "costOutputTokens": 0, "costComputeMs": 123.456 });
        let closed = api.post(format!("{base}/{id}/close"), &cost).await.is(200);
        let closed = closed.reads(json!({ "id": id, "closed": true, "alreadyClosed": false }));
        let again = api.post(format!("{base}/{id}/close"), &cost).await.is(200);
        again.reads(json!({ "alreadyClosed": true, "endedAt": closed.body["endedAt"] }));
        api.call("POST", format!("{base}/{}/close", child.body["id"].as_str().unwrap())).await.is(200);
    }
}

/// 2.7: A task that cannot be: no prompt, one too long, a parent that is not there or another participant's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_that_are_refused() {
    let api = Api::start().await;
    let agent = async |id: &str| api.session(json!({ "participantKind": "agent", "participantId": id })).await;
    let (one, two) = (agent("one").await, agent("two").await);
    api.post("/api/v1/tasks", &json!({})).await.fails(400, "invalid_body");
    api.post("/api/v1/tasks", &json!({ "prompt": "x".repeat(256_000) })).await.is(200);
    api.post("/api/v1/tasks", &json!({ "prompt": "x".repeat(256_001) })).await.fails(422, "turn_validation_failed");
    let child = json!({ "prompt": "x", "parentTaskId": "turn_nope" });
    api.post("/api/v1/tasks", &child).await.fails(404, "parent_turn_not_found");
    let opened = api.post("/api/v1/tasks", &json!({ "prompt": "x", "surface": "agent" })).token(&one).await.is(200);
    let id = opened.body["id"].as_str().unwrap();
    let child = json!({ "prompt": "x", "parentTaskId": id });
    api.post("/api/v1/tasks", &child).token(&two).await.fails(403, "parent_turn_foreign_agent");
    api.call("POST", format!("/api/v1/tasks/{id}/close")).token(&two).await.fails(403, "turn_foreign_agent");
    api.call("POST", "/api/v1/tasks/turn_nope/close").await.fails(404, "turn_not_found");
    let bad = json!({ "costInputTokens": -1 });
    api.post(format!("/api/v1/tasks/{id}/close"), &bad).token(&one).await.fails(400, "invalid_body");
    // A commit is attributed to a task that is open, and one's own.
    let commit = |task: &str| {
        json!({ "clientTxId": uuid(), "causedByTaskId": task,
            "operations": [{ "action": "create", "model": "tasks", "data": { "title": "x" } }] })
    };
    api.post("/api/v1/commits", &commit(id)).token(&one).await.is(200);
    api.post("/api/v1/commits", &commit(id)).token(&two).await.fails(403, "turn_foreign_agent");
    api.call("POST", format!("/api/v1/tasks/{id}/close")).token(&one).await.is(200);
    api.post("/api/v1/commits", &commit(id)).token(&one).await.fails(404, "turn_not_found");
    api.post("/api/v1/commits", &commit("turn_nope")).token(&one).await.fails(404, "turn_not_found");
}

/// 2.7: An agent's whole run, request by request, with the key that each is made with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agents_run() {
    let api = Api::start().await;
    api.row("tasks", "h1", json!({ "title": "one" })).await;
    let asked = json!({ "participantKind": "agent", "participantId": "agent:runner", "syncGroups": ["default"],
        "operations": ["task.update"], "ttlSeconds": 600, "label": "agent:runner" });
    let made = api.post(MINT, &asked).await.is(200).body;
    let token = made["token"].as_str().unwrap();
    let task = api.post("/api/v1/tasks", &json!({ "prompt": "go", "surface": "agent" })).token(token).await.is(200);
    let task = task.body["id"].as_str().unwrap().to_owned();
    let free = api.get("/api/v1/intents?model=task&id=h1&field=title").await.is(200);
    free.reads(json!({ "intents": [], "queue": [] }));
    let intent = format!("int_{}", uuid());
    let body = json!({ "intentId": intent, "target": { "model": "task", "id": "h1", "field": "title" }, "action": "edit", "ttl": "2m" });
    let held = api.post("/api/v1/intents", &body).token(token).await.is(201);
    held.reads(json!({ "intent": { "id": intent, "heldBy": "agent:runner", "participantKind": "agent" } }));
    let write = json!({ "intent": intent, "data": { "title": "agent" } });
    api.write("PATCH", "/api/v1/models/task/h1", write).token(token).await.is(200);
    api.call("DELETE", format!("/api/v1/intents/{intent}")).token(token).await.is(200);
    let cost = json!({ "costInputTokens": 0, "costOutputTokens": 0, "costComputeMs": 0 });
    api.post(format!("/api/v1/tasks/{task}/close"), &cost).token(token).await.is(200).reads(json!({ "closed": true }));
    api.call("DELETE", format!("{MINT}/{}", made["id"].as_str().unwrap())).await.is(200);
    api.get("/api/v1/models/tasks/h1").await.reads(json!({ "data": { "title": "agent" }, "claims": [] }));
}
