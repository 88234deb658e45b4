//! Sections 4.1 and 4.3: the rows a realtime client starts from, and one row by itself.

use serde_json::json;

use super::Api;
use crate::served::uuid;

async fn rows() -> Api {
    let api = Api::start().await;
    api.row("projects", "p1", json!({ "name": "Apollo" })).await;
    api.row("projects", "p2", json!({ "name": "Gemini" })).await;
    let task = json!({ "title": "one", "projectId": "p1", "dueAt": "2026-01-02T03:04:05.000Z", "meta": { "a": 1 } });
    api.row("tasks", "t1", task).await;
    api.row("tasks", "t2", json!({ "title": "two", "projectId": "p2" })).await;
    api.row("notes", "n1", json!({ "body": "lazy" })).await;
    api
}

/// 4.1: A bootstrap is full: typenames to rows, the head they are of, the time, and the models that failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bootstrap() {
    let api = rows().await;
    let path = "/api/sync/bootstrap?syncGroups=org%3Aorg_dev&models=Project%2CTask";
    let call =
        api.get(path).header("Cache-Control", "no-cache, no-store, must-revalidate").header("Pragma", "no-cache");
    let answer = call.await.is(200).reads(json!({ "type": "full", "lastSyncId": 5, "failedModels": [],
        "models": {
            "Project": [{ "id": "p1", "name": "Apollo" }, { "id": "p2" }],
            "Task": [{ "id": "t1", "title": "one", "dueAt": "2026-01-02T03:04:05.000Z", "meta": { "a": 1 } }, { "id": "t2" }] } }));
    assert!(answer.body["timestamp"].as_u64().is_some_and(|time| time > 1_700_000_000_000), "{}", answer.text);
    let row = &answer.body["models"]["Task"][0];
    for member in ["createdAt", "updatedAt"] {
        let time: Result<ablo_schema::time::Timestamp, _> = row[member].as_str().unwrap().parse();
        assert!(time.is_ok(), "{row}");
    }
    assert_eq!(answer.body["models"].as_object().unwrap().len(), 2, "only what was asked for");
}

/// 4.1: Without `models` every model that is loaded at once comes; lazy and manual ones only when they are named.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_of_a_bootstrap() {
    let api = rows().await;
    let names = async |query: &str| {
        let answer = api.get(format!("/api/sync/bootstrap{query}")).await.is(200);
        let mut names: Vec<String> = answer.body["models"].as_object().unwrap().keys().cloned().collect();
        names.sort();
        (names.join(" "), answer.body["failedModels"].to_string())
    };
    assert_eq!(names("").await, ("PlanModel Project Task".to_owned(), "[]".to_owned()));
    assert_eq!(names("?models=notes%2CFact").await, ("Fact notes".to_owned(), "[]".to_owned()));
    assert_eq!(names("?models=").await, (String::new(), "[]".to_owned()));
    // A model of another schema is one whose rows the client keeps.
    assert_eq!(names("?models=Task%2CLegacy").await, ("Task".to_owned(), "[\"Legacy\"]".to_owned()));
}

/// 4.1: A model without rows is there with none, so that a client that had some forgets them; archived rows are there, deleted ones not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_a_bootstrap() {
    let api = rows().await;
    let operations = json!([{ "action": "delete", "model": "tasks", "id": "t1" }, { "action": "archive", "model": "tasks", "id": "t2" }]);
    api.post("/api/v1/commits", &json!({ "clientTxId": uuid(), "operations": operations })).await.is(200);
    let answer = api.get("/api/sync/bootstrap?models=Task%2CPlanModel").await.is(200);
    let answer = answer.reads(json!({ "models": { "PlanModel": [], "Task": [{ "id": "t2" }] } }));
    assert!(answer.body["models"]["Task"][0]["archivedAt"].is_string(), "{}", answer.text);
}

/// 4.1: The groups asked for narrow what comes, and never widen it; a group nobody knows is passed over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_of_a_bootstrap() {
    let api = rows().await;
    let asked = json!({ "participantKind": "agent", "participantId": "a", "syncGroups": ["project:p1"] });
    let token = api.session(asked).await;
    let one = json!({ "models": { "Project": [{ "id": "p1" }], "Task": [{ "id": "t1" }] } });
    for groups in
        ["", "&syncGroups=project%3Ap1", "&syncGroups=project%3Ap1&syncGroups=project%3Ap2&syncGroups=nonsense"]
    {
        let path = format!("/api/sync/bootstrap?models=Project%2CTask{groups}");
        api.get(path).token(&token).await.is(200).reads(one.clone());
    }
    let path = "/api/sync/bootstrap?models=Project%2CTask&syncGroups=project%3Ap2";
    api.get(path).token(&token).await.is(200).reads(json!({ "models": { "Project": [], "Task": [] } }));
}

/// 4.1: A client that knows a position is answered in full as well, and never with 304 unless it asked for that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bootstrap_is_always_full() {
    let api = rows().await;
    for query in ["&lastSyncId=3", "&lastSyncId=5", "&lastSyncId=999", "&lastSyncId=x"] {
        let answer = api.get(format!("/api/sync/bootstrap?models=Task{query}")).await.is(200);
        answer.reads(json!({ "type": "full", "lastSyncId": 5, "models": { "Task": [{}, {}] } }));
    }
}

/// 4.1: A bootstrap that is refused says so with a code: a bare 401 or 403 would end the client's login.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_bootstrap_has_a_code() {
    let api = Api::start().await;
    api.get("/api/sync/bootstrap").without_token().await.fails(401, "auth_no_credentials");
    api.get("/api/sync/bootstrap").token("sk_test_old").await.fails(401, "apikey_invalid");
}

/// 4.3: One row by its typename and id is the bare row; one that is not there, or not seen, is 404.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_entity() {
    let api = rows().await;
    let row = api
        .get("/api/sync/entity/Task/t1")
        .await
        .is(200)
        .reads(json!({ "id": "t1", "title": "one", "projectId": "p1" }));
    assert!(row.body.get("data").is_none() && row.body["createdAt"].is_string(), "{}", row.text);
    api.get("/api/sync/entity/Task/nope").await.fails(404, "entity_not_found");
    api.get("/api/sync/entity/Nope/t1").await.fails(400, "unknown_model");
    let asked = json!({ "participantKind": "agent", "participantId": "a", "syncGroups": ["project:p2"] });
    let token = api.session(asked).await;
    api.get("/api/sync/entity/Task/t1").token(&token).await.fails(404, "entity_not_found");
}
