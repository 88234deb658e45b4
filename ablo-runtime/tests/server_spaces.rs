//! Test keys and live keys of one organization do not meet, anywhere; neither do two organizations.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/served.rs"]
mod served;
mod support;

use ablo_runtime::server::mint_key;
use ablo_schema::wire::{KeyEnv, KeyKind};
use serde_json::{Value, json};
use served::Served;

/// What one key sees of everything there is to see.
async fn everything(server: &Served, key: &str, id: &str, capability: &str, turn: &str) -> String {
    let organization = server.get("/api/auth/identity", key).await["accountScope"].as_str().unwrap().to_owned();
    let mut seen = String::new();
    for path in [
        format!("/v1/models/tasks/{id}"),
        "/v1/models/tasks".to_owned(),
        format!("/v1/models/tasks?organizationId={organization}&order_by=organizationId"),
        format!("/v1/intents?model=tasks&id={id}"),
        "/v1/intents".to_owned(),
        format!("/api/sync/entity/TaskModel/{id}"),
        "/api/sync/bootstrap".to_owned(),
        format!("/v1/capabilities/{capability}"),
        "/api/presence".to_owned(),
    ] {
        seen.push_str(&server.get(&path, key).await.to_string());
    }
    let query = json!({ "queries": [{ "model": "TaskModel", "where": [["organization_id", organization]] }] });
    seen.push_str(&server.post("/api/sync/query", key, &query).await.1.to_string());
    seen.push_str(&server.post(&format!("/v1/tasks/{turn}/close"), key, &json!({})).await.1.to_string());
    seen
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
            let canary = served::uuid();
            let row = json!({ "type": "CREATE", "model": "tasks", "id": canary, "input": { "title": canary } });
            let ready = async |key: &str| {
                let head = server.get("/api/sync/bootstrap", key).await["lastSyncId"].as_u64().unwrap();
                server.ready(key, &[], head).await
            };
            let mut own = ready(&mine).await;
            let mut other = ready(&theirs).await;
            let asked = json!({ "participantKind": "agent", "participantId": canary });
            let (_, capability) = server.post("/api/auth/capability", &mine, &asked).await;
            let (_, turn) = server.post("/v1/tasks", &mine, &json!({ "prompt": canary })).await;
            assert_eq!(capability["organizationId"], organization, "both spaces bear the organization's name");
            let mut agent = server.open(capability["token"].as_str().unwrap(), &[]).await;
            agent.send("presence_update", &json!({ "status": "online", "customStatus": canary })).await;
            assert_eq!(own.commit(&json!([row])).await["success"], true);
            let claim = json!({ "intentId": canary, "entityType": "tasks", "entityId": canary, "action": "editing" });
            own.send("intent_begin", &claim).await;
            own.next("intent_acquired", |_| true).await;
            own.send("slide_cursor", &json!({ "x": canary })).await;
            own.settle().await;
            agent.next("slide_cursor", |_| true).await;

            let (id, turn) = (capability["capabilityId"].as_str().unwrap(), turn["id"].as_str().unwrap());
            let told = everything(&server, &theirs, &canary, id, turn).await;
            let told = told.replace(&format!("the id `{canary}`"), "").replace(&format!("`{id}`"), "");
            assert!(!told.contains(&canary) && !told.contains(id), "{told}");
            for (method, path) in
                [("PATCH", format!("/v1/models/tasks/{canary}")), ("DELETE", format!("/v1/capabilities/{id}"))]
            {
                assert_eq!(
                    server.request(method, &path, &theirs, &json!({ "data": { "title": "x" } })).await.0,
                    404,
                    "{path}"
                );
            }
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
            let known = ["modelId", "id", "entityId", "claimId"].map(|name| format!("\"{name}\":\"{canary}\""));
            let heard = known.iter().fold(heard, |heard, own| heard.replace(own, ""));
            assert!(!heard.contains(&canary), "{heard}");

            let own = everything(&server, &mine, &canary, id, turn).await;
            assert_eq!(own.matches(&format!("\"title\":\"{canary}\"")).count(), 6, "what is its own it sees: {own}");
            assert!(!own.contains('#'), "and the name of the organization is all it reads: {own}");
        }
    }
}
