//! Test keys and live keys of one organization do not meet, anywhere; neither do two organizations.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/requests.rs"]
mod requests;
#[path = "support/served.rs"]
mod served;
mod support;

use ablo_runtime::server::mint_key;
use ablo_schema::wire::{KeyEnv, KeyKind};
use requests::{Names, guarded};
use serde_json::{Value, json};
use served::Served;

/// What one key is answered on every route there is, about things of the names given, and to a few questions beside.
async fn everything(server: &Served, key: &str, names: &Names<'_>) -> String {
    let organization = server.get("/api/auth/identity", key).await["accountScope"].as_str().unwrap().to_owned();
    let mut seen = String::new();
    for (method, path, body) in guarded(names) {
        let (status, _, answer) = server.request(method, &path, key, &body).await;
        seen.push_str(&format!("{method} {path} {status} {answer}\n"));
    }
    let query = json!({ "queries": [{ "model": "TaskModel", "where": [["organization_id", organization]] }] });
    seen.push_str(&server.post("/api/sync/query", key, &query).await.1.to_string());
    let child = json!({ "prompt": "x", "parentTaskId": names.turn });
    seen.push_str(&server.post("/v1/tasks", key, &child).await.1.to_string());
    let path = format!("/v1/models/tasks?organizationId={organization}&order_by=organizationId");
    seen + &server.get(&path, key).await.to_string()
}

/// Nothing of what a key's owner has was read or changed by what others asked.
async fn is_untouched(server: &Served, key: &str, names: &Names<'_>, secret: &str) {
    let row = server.get(&format!("/v1/models/tasks/{}", names.row), key).await;
    assert_eq!((&row["data"]["title"], &row["claims"][0]["id"]), (&json!(secret), &json!(names.claim)), "{row}");
    let capability = server.get(&format!("/v1/capabilities/{}", names.capability), key).await;
    assert_eq!((&capability["status"], &capability["label"]), (&json!("active"), &json!(secret)), "{capability}");
    let present = server.get("/api/presence", key).await;
    assert!(present.to_string().contains(secret), "{present}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_sees_anything_of_the_other() {
    for server in Served::over_every_store(support::schema).await {
        let key = |env, organization| mint_key(&server.server.book, KeyKind::Secret, env, organization).unwrap();
        let (test, live) = (server.key.clone(), key(KeyEnv::Live, "org_dev"));
        let foreign = key(KeyEnv::Test, "org_other");
        let pairs = [(&test, &live), (&live, &test), (&test, &foreign), (&foreign, &live)];
        for (mine, theirs) in pairs.map(|(mine, theirs)| (mine.clone(), theirs.clone())) {
            let organization = if mine == foreign { "org_other" } else { "org_dev" };
            // The ids the others may name; what is secret they never say themselves.
            let (canary, secret) = (served::uuid(), served::uuid());
            let row = json!({ "type": "CREATE", "model": "tasks", "id": canary, "input": { "title": secret } });
            let ready = async |key: &str| {
                let head = server.get("/api/sync/bootstrap", key).await["lastSyncId"].as_u64().unwrap();
                server.ready(key, &[], head).await
            };
            let mut own = ready(&mine).await;
            let mut other = ready(&theirs).await;
            let asked = json!({ "participantKind": "agent", "participantId": secret, "label": secret });
            let (_, capability) = server.post("/api/auth/capability", &mine, &asked).await;
            let (_, turn) = server.post("/v1/tasks", &mine, &json!({ "prompt": secret })).await;
            assert_eq!(capability["organizationId"], organization, "both spaces bear the organization's name");
            let mut agent = server.open(capability["token"].as_str().unwrap(), &[]).await;
            agent.send("presence_update", &json!({ "status": "online", "customStatus": secret })).await;
            assert_eq!(own.commit(&json!([row])).await["success"], true);
            let claim = json!({ "intentId": canary, "entityType": "tasks", "entityId": canary, "action": secret });
            own.send("intent_begin", &claim).await;
            own.next("intent_acquired", |_| true).await;
            own.send("slide_cursor", &json!({ "x": secret })).await;
            own.settle().await;
            agent.next("slide_cursor", |_| true).await;

            let names = Names {
                row: &canary,
                capability: capability["capabilityId"].as_str().unwrap(),
                turn: turn["id"].as_str().unwrap(),
                claim: &canary,
            };
            let told = everything(&server, &theirs, &names).await;
            assert!(!told.contains(&secret), "{told}");
            let changes = ["PATCH /v1/models/tasks", "POST /v1/commits", "DELETE /v1/capabilities", "POST /v1/tasks/"];
            let changes =
                told.lines().filter(|line| changes.iter().any(|change| line.replace("/api", "").starts_with(change)));
            assert!(changes.clone().count() >= 8 && changes.clone().all(|line| line.contains(" 404 ")), "{told}");
            is_untouched(&server, &mine, &names, &secret).await;
            let refused = other
                .commit(&json!([{ "type": "UPDATE", "model": "tasks", "id": canary, "input": { "title": "x" } }]))
                .await;
            assert_eq!(refused["error"]["code"], "entity_not_found");
            // Every frame there is, about what is not theirs.
            let target = json!({ "entityType": "tasks", "entityId": canary, "intentId": canary });
            let wish =
                json!({ "intentId": "w", "entityType": "tasks", "entityId": canary, "action": "x", "queue": true });
            let frames = [
                ("sync_request", json!({ "cursor": "1", "versions": {}, "lastSyncId": 0, "capabilities": [] })),
                ("ack", json!({ "lastSyncId": 1, "versions": {} })),
                ("claim", json!({ "claimId": "s1", "syncGroups": [format!("org:{organization}"), "inbox:s1"] })),
                (
                    "claim",
                    json!({ "claimId": "s2", "syncGroups": ["inbox:x"], "capabilityToken": capability["token"] }),
                ),
                ("release", json!({ "claimId": canary })),
                ("intent_abandon", target.clone()),
                (
                    "intent_reorder",
                    json!({ "entityType": "tasks", "entityId": canary, "order": [{ "heldBy": "x", "intentId": canary }] }),
                ),
                ("presence_update", json!({ "status": "online" })),
                ("slide_cursor", json!({ "x": "theirs" })),
                ("bootstrap_request", json!({ "entities": ["TaskModel"], "versions": {}, "capabilities": {} })),
                ("mutation", json!({ "mutatorName": "x", "input": {}, "clientTxId": "x" })),
                ("intent_begin", wish),
            ];
            for (kind, payload) in frames {
                other.send(kind, &payload).await;
            }
            other.next("intent_acquired", |granted| granted["intentId"] == "w").await;
            let denied = other.next("claim_ack", |ack| ack["claimId"] == "s2").await;
            assert_eq!(denied["success"], false, "a token of elsewhere widens nothing: {denied}");
            other.send("intent_abandon", &json!({ "intentId": "w", "entityType": "tasks", "entityId": canary })).await;
            own.settle().await;
            assert!(!Value::from(own.frames.clone()).to_string().contains("theirs"), "nothing comes back either");
            // The same row there is another one.
            assert_eq!(
                other
                    .commit(&json!([{ "type": "CREATE", "model": "tasks", "id": canary, "input": { "title": "own" } }]))
                    .await["success"],
                true
            );
            other.settle().await;
            let heard = Value::from(other.frames.clone()).to_string();
            assert!(!heard.contains(&secret), "{heard}");

            is_untouched(&server, &mine, &names, &secret).await;
            let closed = server.post(&format!("/v1/tasks/{}/close", names.turn), &mine, &json!({})).await.1;
            assert_eq!(closed["alreadyClosed"], false, "{closed}");
            let own = everything(&server, &mine, &names).await;
            // Bootstrap, query, entity, presence, list and row, before it deletes the row itself.
            assert!(own.lines().filter(|line| line.contains(&secret)).count() >= 6, "what is its own it sees: {own}");
            assert!(!own.contains("#test"), "and the name of the organization is all it reads: {own}");
        }
    }
}
