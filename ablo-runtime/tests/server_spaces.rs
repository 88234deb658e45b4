//! Test keys and live keys of one organization do not meet, anywhere.
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
    let mut seen = String::new();
    for path in [
        format!("/v1/models/tasks/{id}"),
        "/v1/models/tasks".to_owned(),
        "/v1/models/tasks?organizationId=org_dev&order_by=organizationId".to_owned(),
        format!("/v1/intents?model=tasks&id={id}"),
        "/v1/intents".to_owned(),
        format!("/api/sync/entity/TaskModel/{id}"),
        "/api/sync/bootstrap".to_owned(),
        format!("/v1/capabilities/{capability}"),
        "/api/presence".to_owned(),
    ] {
        seen.push_str(&server.get(&path, key).await.to_string());
    }
    let query = json!({ "queries": [{ "model": "TaskModel", "where": [["organization_id", "org_dev"]] }] });
    seen.push_str(&server.post("/api/sync/query", key, &query).await.1.to_string());
    seen.push_str(&server.post(&format!("/v1/tasks/{turn}/close"), key, &json!({})).await.1.to_string());
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_sees_anything_of_the_other() {
    for server in Served::over_every_store(support::schema).await {
        let live = mint_key(&server.server.book, KeyKind::Secret, KeyEnv::Live, "org_dev").unwrap();
        for (mine, theirs) in [(server.key.clone(), live.clone()), (live, server.key.clone())] {
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
            assert_eq!(capability["organizationId"], "org_dev", "both bear the organization's name");
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
            // The same row there is another one.
            assert_eq!(
                other
                    .commit(&json!([{ "type": "CREATE", "model": "tasks", "id": canary, "input": { "title": "own" } }]))
                    .await["success"],
                true
            );
            other.settle().await;
            let heard = Value::from(other.frames.clone()).to_string();
            let known = [format!("\"modelId\":\"{canary}\""), format!("\"id\":\"{canary}\"")];
            let heard = known.iter().fold(heard, |heard, own| heard.replace(own, ""));
            assert!(!heard.contains(&canary), "{heard}");

            let own = everything(&server, &mine, &canary, id, turn).await;
            assert_eq!(own.matches(&format!("\"title\":\"{canary}\"")).count(), 6, "what is its own it sees: {own}");
            assert!(!own.contains('#'), "and the name of the organization is all it reads: {own}");
        }
    }
}
