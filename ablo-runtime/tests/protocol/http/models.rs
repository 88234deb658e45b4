//! Sections 1.3 and 3.1 to 3.3: rows over HTTP.

use serde_json::{Value, json};

use super::Api;
use crate::served::uuid;

/// Six tasks with every type of field, null where the number is missing.
async fn tasks(api: &Api) {
    let rows = [
        (
            "a",
            json!({ "title": "Apple", "status": "todo", "priority": 2, "urgent": true, "dueAt": "2026-01-03T00:00:00.000Z",
            "assigneeName": "Ann", "order": 3, "meta": { "k": 1 } }),
        ),
        (
            "b",
            json!({ "title": "apricot", "status": "doing", "priority": 1, "urgent": false,
            "dueAt": "2026-01-01T00:00:00.000Z", "assigneeName": "Bob", "order": 1 }),
        ),
        (
            "c",
            json!({ "title": "Banana", "status": "todo", "priority": 2.5, "dueAt": "2026-01-02T00:00:00.500Z", "order": 2 }),
        ),
        ("d", json!({ "title": "cherry", "status": "done", "priority": -1, "urgent": true })),
        ("e", json!({ "title": "date" })),
        ("f", json!({ "title": "elder", "priority": 2, "urgent": false, "dueAt": "2026-01-03T00:00:00.000Z" })),
    ];
    for (id, data) in rows {
        api.row("tasks", id, data).await;
        // No two are made in one millisecond.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}

/// The ids a list answers.
async fn ids(api: &Api, query: &str) -> String {
    let answer = api.get(format!("/api/v1/models/tasks?{query}")).await.is(200);
    answer.column("id").iter().map(|id| id.as_str().unwrap()).collect()
}

/// 1.3: A model is found by its schema key, its typename, either in any case, and its typename without `Model`; the answer echoes the spelling.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_in_every_spelling() {
    let api = Api::start().await;
    api.row("plans", "p1", json!({ "text": "a" })).await;
    for name in ["plans", "Plans", "PLANS", "PlanModel", "planmodel", "PLANMODEL", "plan", "Plan"] {
        let row = api.get(format!("/api/v1/models/{name}/p1")).await.is(200);
        row.reads(json!({ "object": "model", "model": name, "id": "p1", "data": { "text": "a" } }));
        let list = api.get(format!("/api/v1/models/{name}")).await.is(200);
        list.reads(json!({ "object": "list", "model": name, "data": [{ "id": "p1" }] }));
        api.write("PATCH", format!("/api/v1/models/{name}/p1"), json!({ "data": { "text": "a" } })).await.is(200);
        let id = uuid();
        api.row(name, &id, json!({})).await;
        api.write("DELETE", format!("/api/v1/models/{name}/{id}"), json!({})).await.is(200);
        let operations = json!([{ "action": "update", "model": name, "id": "p1", "data": { "text": "a" } }]);
        api.post("/api/v1/commits", &json!({ "clientTxId": uuid(), "operations": operations })).await.is(200);
        api.get(format!("/api/v1/intents?model={name}")).await.is(200);
        let query = json!({ "queries": [{ "model": name, "where": [] }] });
        api.post("/api/sync/query", &query).await.is(200).reads(json!({ "results": [[{ "id": "p1" }]] }));
        api.get(format!("/api/sync/entity/{name}/p1")).await.is(200);
        // Keys of a bootstrap are typenames, however the model was asked for.
        let bootstrap = api.get(format!("/api/sync/bootstrap?models={name}")).await.is(200);
        bootstrap.reads(json!({ "models": { "PlanModel": [{ "id": "p1" }] }, "failedModels": [] }));
    }
    for name in ["planmodels", "PlanModelModel", "unknown", "tasks%20"] {
        api.get(format!("/api/v1/models/{name}")).await.fails(400, "unknown_model");
        api.write("POST", format!("/api/v1/models/{name}"), json!({ "data": {} })).await.fails(400, "unknown_model");
    }
}

/// 1.3: Rows travel by the names of their fields, whatever the columns are called.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_written_in_field_names() {
    let api = Api::start().await;
    tasks(&api).await;
    let row = api.get("/api/v1/models/tasks/a").await.is(200);
    row.reads(json!({ "data": { "assigneeName": "Ann", "dueAt": "2026-01-03T00:00:00.000Z", "meta": { "k": 1 },
        "organizationId": "org_dev" } }));
    for path in ["/api/v1/models/tasks?assigneeName=Ann", "/api/sync/bootstrap?models=Task"] {
        let text = api.get(path).await.is(200).text;
        assert!(!text.contains("\"who\"") && !text.contains("due_at"), "{text}");
    }
    let column = json!({ "data": { "who": "Eve" } });
    api.write("PATCH", "/api/v1/models/tasks/a", column).await.fails(400, "unknown_field");
}

/// 3.1: An answer is JSON; a request's `Content-Type` is not looked at, and a bodiless request may have one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn content_types() {
    let api = Api::start().await;
    api.row("tasks", "t1", json!({ "title": "one" })).await;
    let answer = api.get("/api/v1/models/tasks/t1").await.is(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let call = api.call("DELETE", "/api/v1/models/tasks/t1/claim").await.is(200);
    assert_eq!(call.header("content-type"), Some("application/json"));
    let plain = api.keyed("PATCH", "/api/v1/models/tasks/t1", "k", json!({ "data": { "title": "two" } }));
    plain.header("Content-Type", "text/plain").await.is(200);
}

/// 3.2: A list has the rows, whether there are more, where they start, and how new it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list() {
    let api = Api::start().await;
    tasks(&api).await;
    let query = "limit=2&order_by=createdAt&order=desc&status=todo&priority=2&dq=1";
    let answer = api.get(format!("/api/v1/models/tasks?{query}")).await.is(200);
    assert_eq!(answer.body["data"].as_array().unwrap().len(), 1);
    answer.reads(json!({ "object": "list", "model": "tasks", "data": [{ "id": "a", "title": "Apple" }],
        "has_more": false, "next_cursor": null, "stamp": 6 }));
    let more = api.get("/api/v1/models/tasks?limit=2").await.is(200).reads(json!({ "has_more": true }));
    assert!(more.body["next_cursor"].is_string());
}

/// 3.2: A list has 20 rows unless more are asked for, and never more than 100.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_bounded() {
    let api = Api::start().await;
    let operations: Vec<Value> = (0..130)
        .map(|n| json!({ "action": "create", "model": "notes", "id": format!("n{n:03}"), "data": { "body": "x" } }))
        .collect();
    api.post("/api/v1/commits", &json!({ "clientTxId": uuid(), "operations": operations })).await.is(200);
    for (query, count) in [("", 20), ("?limit=1", 1), ("?limit=100", 100), ("?limit=101", 100), ("?limit=1000000", 100)]
    {
        let answer = api.get(format!("/api/v1/models/notes{query}")).await.is(200);
        assert_eq!((answer.body["data"].as_array().unwrap().len(), &answer.body["has_more"]), (count, &json!(true)));
    }
    for limit in ["0", "-1", "x", "1.5"] {
        let answer = api.get(format!("/api/v1/models/notes?limit={limit}")).await.fails(400, "invalid_request");
        answer.reads(json!({ "param": "limit" }));
    }
}

/// 3.2: A name of the query that is a field is an equality, its text read as the field's type says; all must hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_by_type() {
    let api = Api::start().await;
    tasks(&api).await;
    let table = [
        ("title=Apple", "a"),
        ("title=apple", ""),
        ("status=todo", "ac"),
        ("status=nonsense", ""),
        ("priority=2", "af"),
        ("priority=2.0", "af"),
        ("priority=2.5", "c"),
        ("priority=-1", "d"),
        ("urgent=true", "ad"),
        ("urgent=false", "bf"),
        ("dueAt=2026-01-03T00:00:00.000Z", "af"),
        ("dueAt=2026-01-03T00:00:00Z", "af"),
        ("dueAt=2026-01-03T01%3A00%3A00%2B01%3A00", "af"),
        ("dueAt=2026-01-03", "af"),
        ("dueAt=2026-01-02T00:00:00.500Z", "c"),
        ("assigneeName=Ann", "a"),
        ("id=c", "c"),
        ("organizationId=org_dev", "abcdef"),
        ("organizationId=org_other", ""),
        ("status=todo&priority=2", "a"),
        ("status=todo&status=done", ""),
        ("meta=%7B%22k%22%3A1%7D", "a"),
        // Names that are no fields, among them columns.
        ("who=Ann", "abcdef"),
        ("nope=1", "abcdef"),
    ];
    for (query, expected) in table {
        assert_eq!(ids(&api, query).await, expected, "{query}");
    }
    for query in ["priority=x", "urgent=maybe", "dueAt=soon"] {
        api.get(format!("/api/v1/models/tasks?{query}")).await.fails(400, "invalid_type");
    }
}

/// 3.2: A model may have a field called like a control of the list; what cannot be the control is the filter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_called_order() {
    let api = Api::start().await;
    tasks(&api).await;
    assert_eq!(ids(&api, "order=2").await, "c");
    assert_eq!(ids(&api, "order_by=order&order=desc&order=3").await, "a");
    assert_eq!(ids(&api, "order_by=order&limit=3&order=desc").await, "acb");
    api.row("notes", "n", json!({})).await;
    api.get("/api/v1/models/notes?order=2").await.fails(400, "invalid_request");
}

/// 3.2: Rows are ordered by a field of any type but JSON, smallest first unless `order=desc`, null being the smallest; between equals the id decides, smallest first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders() {
    let api = Api::start().await;
    tasks(&api).await;
    let table = [
        ("", "abcdef"),
        ("order=desc", "fedcba"),
        ("order_by=id&order=desc", "fedcba"),
        ("order_by=title", "acbdef"),
        ("order_by=title&order=asc", "acbdef"),
        ("order_by=priority", "edbafc"),
        ("order_by=priority&order=desc", "cafbde"),
        ("order_by=dueAt", "debcaf"),
        ("order_by=due_at", "debcaf"),
        ("order_by=urgent", "cebfad"),
        ("order_by=status", "efbdac"),
        ("order_by=createdAt", "abcdef"),
        ("order_by=created_at&order=desc", "fedcba"),
        ("order_by=who&order=desc", "bacdef"),
    ];
    for (query, expected) in table {
        assert_eq!(ids(&api, query).await, expected, "{query}");
    }
    api.get("/api/v1/models/tasks?order_by=meta").await.fails(400, "query_unsupported_operator");
    api.get("/api/v1/models/tasks?order_by=nope").await.fails(400, "query_invalid_identifier");
    api.get("/api/v1/models/notes?order_by=body&order=up").await.fails(400, "invalid_request");
}

/// 3.2: `starting_after` takes the cursor of a page and goes on behind it, in every order, either way, with nulls and equals.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages() {
    let api = Api::start().await;
    tasks(&api).await;
    for field in ["id", "title", "priority", "dueAt", "urgent", "status", "createdAt", "assigneeName", "order"] {
        for way in ["asc", "desc"] {
            for limit in 1..=4 {
                let base = format!("order_by={field}&order={way}");
                let whole = ids(&api, &base).await;
                let (mut paged, mut after) = (String::new(), String::new());
                loop {
                    let path = format!("/api/v1/models/tasks?{base}&limit={limit}{after}");
                    let page = api.get(path).await.is(200);
                    paged.extend(page.column("id").iter().map(|id| id.as_str().unwrap()));
                    let Some(cursor) = page.body["next_cursor"].as_str() else { break };
                    assert_eq!(page.body["has_more"], true);
                    after = format!("&starting_after={cursor}");
                }
                assert_eq!(paged, whole, "{base} by {limit}");
            }
        }
    }
}

/// 3.2: A page goes on behind a row that was deleted, changed or archived in the meantime; a row's id is as good as a cursor.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_a_changing_list() {
    let api = Api::start().await;
    tasks(&api).await;
    let first = api.get("/api/v1/models/tasks?order_by=title&limit=2").await.is(200);
    assert_eq!(first.column("id"), ["a", "c"]);
    let after = first.body["next_cursor"].as_str().unwrap().to_owned();
    let next = format!("order_by=title&limit=2&starting_after={after}");
    api.write("DELETE", "/api/v1/models/tasks/c", json!({})).await.is(200);
    assert_eq!(ids(&api, &next).await, "bd");
    api.write("PATCH", "/api/v1/models/tasks/b", json!({ "data": { "title": "Aaa" } })).await.is(200);
    assert_eq!(ids(&api, &next).await, "de");
    let archive = json!([{ "action": "archive", "model": "tasks", "id": "d" }]);
    api.post("/api/v1/commits", &json!({ "clientTxId": uuid(), "operations": archive })).await.is(200);
    assert_eq!(ids(&api, &next).await, "ef");
    // The id of the last row seen, as callers of other interfaces write it.
    assert_eq!(ids(&api, "order_by=title&limit=2&starting_after=a").await, "ef");
    assert_eq!(ids(&api, "starting_after=c").await, "ef", "by id, a row need not be there any more");
    api.get("/api/v1/models/tasks?order_by=title&starting_after=nope").await.fails(400, "invalid_cursor");
}

/// 3.2: One row comes with how new it is and who holds it; a row that is not there is `model_not_found`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_row() {
    let api = Api::start().await;
    tasks(&api).await;
    let answer = api.get("/api/v1/models/tasks/a").await.is(200);
    let answer = answer
        .reads(json!({ "object": "model", "model": "tasks", "id": "a", "data": { "id": "a", "title": "Apple" },
        "stamp": 6, "claims": [] }));
    for member in ["createdAt", "updatedAt", "createdBy", "organizationId"] {
        assert!(answer.body["data"][member].is_string(), "{}", answer.text);
    }
    api.get("/api/v1/models/tasks/nope").await.fails(404, "model_not_found");
    api.row("tasks", "a/b c:ü", json!({ "title": "odd" })).await;
    let path = "/api/v1/models/tasks/a%2Fb%20c%3A%C3%BC";
    api.get(path).await.is(200).reads(json!({ "id": "a/b c:ü", "data": { "id": "a/b c:ü" } }));
    api.write("PATCH", path, json!({ "data": { "title": "x" } })).await.is(200);
    api.post(format!("{path}/claim"), &json!({})).await.is(201);
    api.call("DELETE", format!("{path}/claim")).await.is(200);
}

/// 3.2: A write answers with a receipt: its key, the server's name for it, that it is confirmed, and its last delta.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts() {
    let api = Api::start().await;
    let path = "/api/v1/models/tasks";
    let row = json!({ "onStale": "reject", "readAt": 5, "id": "hc", "data": { "title": "n", "dueAt": "2026-01-01T00:00:00.000Z" } });
    let created = api.keyed("POST", path, "k-1", row).await.is(200);
    let created = created.reads(json!({ "object": "commit_receipt", "clientTxId": "k-1", "success": true,
        "status": "confirmed", "lastSyncId": 1, "ops": 1 }));
    assert!(created.body["serverTxId"].as_str().is_some_and(|id| !id.is_empty()), "{}", created.text);
    // An intent nobody made, and knowledge from the future, as recorded.
    let update = json!({ "intent": "int_x", "onStale": "reject", "readAt": 999, "data": { "title": "u" } });
    api.keyed("PATCH", "/api/v1/models/tasks/hc", "k-2", update).await.is(200).reads(json!({ "lastSyncId": 2 }));
    let deleted = api.keyed("DELETE", "/api/v1/models/tasks/hc", "k-3", json!({})).await.is(200);
    deleted.reads(json!({ "clientTxId": "k-3", "lastSyncId": 3, "ops": 1 }));
    api.get("/api/v1/models/tasks/hc").await.fails(404, "model_not_found");
}

/// 3.2: A create without an id gets one; an update of nothing changes nothing but is confirmed; nulls are values.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_writes() {
    let api = Api::start().await;
    api.write("POST", "/api/v1/models/tasks", json!({ "id": null, "data": { "title": "x" } })).await.is(200);
    api.write("POST", "/api/v1/models/tasks", json!({ "data": { "title": "y" } })).await.is(200);
    assert_eq!(api.get("/api/v1/models/tasks").await.body["data"].as_array().unwrap().len(), 2);
    api.row("tasks", "t", json!({ "title": "z", "status": "todo", "meta": { "a": [1, null, { "b": "c" }] } })).await;
    api.write("PATCH", "/api/v1/models/tasks/t", json!({ "data": {} })).await.is(200);
    api.write("PATCH", "/api/v1/models/tasks/t", json!({ "data": { "status": null } })).await.is(200);
    let row = api.get("/api/v1/models/tasks/t").await.is(200);
    row.reads(json!({ "data": { "title": "z", "status": null, "meta": { "a": [1, null, { "b": "c" }] } } }));
    api.write("PATCH", "/api/v1/models/tasks/t", json!({ "data": { "title": null } }))
        .await
        .fails(400, "not_null_violation");
    api.write("PATCH", "/api/v1/models/tasks/t", json!({})).await.fails(400, "invalid_body");
    api.write("POST", "/api/v1/models/tasks", json!({ "id": "", "data": { "title": "x" } })).await.is(400);
    let nulls = json!({ "intent": null, "onStale": null, "readAt": null, "data": { "title": "w" } });
    api.write("PATCH", "/api/v1/models/tasks/t", nulls).await.is(200);
    api.write("PATCH", "/api/v1/models/tasks/nope", json!({ "data": { "title": "x" } }))
        .await
        .fails(404, "entity_not_found");
    api.row("tasks", "day", json!({ "title": "d", "dueAt": "2026-02-03" })).await;
    api.get("/api/v1/models/tasks/day").await.reads(json!({ "data": { "dueAt": "2026-02-03T00:00:00.000Z" } }));
}

/// 3.2: A rejected write is no success: the client looks at the status alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejection_is_a_status() {
    let api = Api::start().await;
    api.row("tasks", "t", json!({ "title": "one" })).await;
    api.write("POST", "/api/v1/models/tasks", json!({ "id": "t", "data": { "title": "x" } }))
        .await
        .fails(409, "unique_violation");
    api.write("POST", "/api/v1/models/tasks", json!({ "data": {} })).await.fails(400, "not_null_violation");
    api.write("POST", "/api/v1/models/facts", json!({ "data": {} })).await.fails(403, "model_not_mutable");
    api.write("PATCH", "/api/v1/models/tasks/t", json!({ "onStale": "never", "data": {} }))
        .await
        .fails(400, "invalid_body");
}

/// 3.2: A delete carries a JSON body, or none; of a row that is not there it succeeds with `lastSyncId: 0`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deletes() {
    let api = Api::start().await;
    for id in ["a", "b"] {
        api.row("tasks", id, json!({ "title": "one" })).await;
    }
    api.keyed("DELETE", "/api/v1/models/tasks/a", "k", json!({})).await.is(200).reads(json!({ "lastSyncId": 3 }));
    api.keyed("DELETE", "/api/v1/models/tasks/a", "k", json!({})).await.is(200).reads(json!({ "lastSyncId": 3 }));
    let again = api.keyed("DELETE", "/api/v1/models/tasks/a", "k2", json!({})).await.is(200);
    again.reads(json!({ "success": true, "status": "confirmed", "lastSyncId": 0 }));
    api.call("DELETE", "/api/v1/models/tasks/b").await.is(200).reads(json!({ "lastSyncId": 4 }));
    api.call("DELETE", "/api/v1/models/tasks/never").await.is(200).reads(json!({ "lastSyncId": 0 }));
}

/// 3.2: The stale guard: what was read at which delta, and what to do about a newer one, in every combination.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stale_guards() {
    let api = Api::start().await;
    let table = [
        (json!(0), json!("reject"), "title", 200),
        (json!(-1), json!("reject"), "title", 200),
        (json!(null), json!("reject"), "title", 200),
        (json!("old"), json!(null), "title", 409),
        (json!("old"), json!("reject"), "title", 409),
        (json!("old"), json!("reject"), "priority", 200),
        (json!("old"), json!("force"), "title", 200),
        (json!("old"), json!("flag"), "title", 200),
        (json!("old"), json!("merge"), "title", 200),
        (json!("new"), json!("reject"), "title", 200),
        (json!("new"), json!(null), "title", 200),
        (json!(1_000_000), json!("reject"), "title", 200),
        (json!("old"), json!("reject"), "", 409),
        (json!("old"), json!("force"), "", 200),
        (json!("new"), json!("reject"), "", 200),
    ];
    for (read_at, on_stale, field, status) in table {
        let id = uuid();
        let path = format!("/api/v1/models/tasks/{id}");
        let old = api.row("tasks", &id, json!({ "title": "one" })).await.body["lastSyncId"].clone();
        let new = api.write("PATCH", &path, json!({ "data": { "title": "two" } })).await.body["lastSyncId"].clone();
        let read_at = match read_at.as_str() {
            Some("old") => old.clone(),
            Some(_) => new.clone(),
            None => read_at,
        };
        let mut body = json!({ "readAt": read_at, "onStale": on_stale });
        let value = if field == "priority" { json!(7) } else { json!("three") };
        let call = if field.is_empty() {
            api.write("DELETE", &path, body.clone())
        } else {
            body["data"] = json!({ field: value });
            api.write("PATCH", &path, body.clone())
        };
        let answer = call.await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        if status == 409 {
            let conflict = json!({ "model": "tasks", "id": id, "observedSyncId": new });
            answer.reads(json!({ "code": "stale_context", "readAt": old, "conflicts": [conflict] }));
            api.get(&path).await.reads(json!({ "data": { "title": "two" } }));
        }
    }
}

/// 3.3: The same key and body get the first answer, also when the row is long gone; another body is `idempotency_conflict`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_make_repeats_one_request() {
    let api = Api::start().await;
    let row = json!({ "id": "t", "data": { "title": "one" } });
    let path = "/api/v1/models/tasks";
    let first = api.keyed("POST", path, "k", row.clone()).await.is(200).body;
    assert_eq!(api.keyed("POST", path, "k", row.clone()).await.is(200).body, first);
    assert_eq!(
        api.keyed("POST", "/v1/models/Task", "k2", json!({ "id": "u", "data": { "title": "x" } })).await.status,
        200
    );
    let others = [
        ("POST", path, json!({ "id": "t", "data": { "title": "two" } })),
        ("POST", path, json!({ "id": "t2", "data": { "title": "one" } })),
        ("PATCH", "/api/v1/models/tasks/t", json!({ "data": { "title": "one" } })),
        ("DELETE", "/api/v1/models/tasks/t", json!({})),
        ("POST", "/api/v1/models/projects", json!({ "id": "t", "data": { "name": "one" } })),
        ("POST", path, json!({ "id": "t", "readAt": 1, "data": { "title": "one" } })),
    ];
    for (method, path, body) in others {
        api.keyed(method, path, "k", body).await.fails(409, "idempotency_conflict");
    }
    // The header alone, and the body alone, are the same key.
    let header = api.call("POST", path).header("Idempotency-Key", "k").body(&row).await.is(200);
    assert_eq!(header.body, first);
    let mut body = row.clone();
    body["idempotencyKey"] = json!("k");
    assert_eq!(api.post(path, &body).await.is(200).body, first);
    api.write("DELETE", "/api/v1/models/tasks/t", json!({})).await.is(200);
    assert_eq!(api.keyed("POST", path, "k", row.clone()).await.is(200).body, first);
    api.get("/api/v1/models/tasks/t").await.is(404);
    // Another participant's keys are its own.
    let token = api.session(json!({ "participantKind": "user", "participantId": "u" })).await;
    api.keyed("POST", path, "k", row).token(&token).await.is(200);
}

/// 3.3: A key of more than 255 bytes is `idempotency_key_too_long`, wherever it stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_too_long() {
    let api = Api::start().await;
    let (longest, long) = ("k".repeat(255), "k".repeat(256));
    let row = || json!({ "data": { "title": "x" } });
    api.keyed("POST", "/api/v1/models/tasks", &longest, row()).await.is(200);
    api.keyed("POST", "/api/v1/models/tasks", &long, row()).await.fails(400, "idempotency_key_too_long");
    let mut body = row();
    body["idempotencyKey"] = long.as_str().into();
    api.post("/api/v1/models/tasks", &body).await.fails(400, "idempotency_key_too_long");
    let operations = json!([{ "action": "create", "model": "tasks", "data": { "title": "x" } }]);
    for member in ["clientTxId", "idempotencyKey"] {
        let body = json!({ member: long, "operations": operations });
        api.post("/api/v1/commits", &body).await.fails(400, "idempotency_key_too_long");
    }
}

/// 3.3: A commit in the spelling of HTTP, `action` and `data`, and in that of sockets, `type` and `input`, with nulls for what is unset.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_in_both_spellings() {
    let api = Api::start().await;
    let key = uuid();
    let body = json!({ "clientTxId": key, "idempotencyKey": key, "intent": null, "operations": [
        { "action": "create", "model": "tasks", "id": "q9", "data": { "title": "z" }, "transactionId": null,
            "readAt": 4, "onStale": "force" },
        { "action": "create", "model": "tasks", "id": null, "data": { "title": "y" } },
        { "action": "delete", "model": "tasks", "id": "h3", "data": null, "transactionId": null, "readAt": 4,
            "onStale": "force" }] });
    let first = api.post("/api/v1/commits", &body).header("Idempotency-Key", &key).await.is(200);
    let first = first.reads(
        json!({ "object": "commit_receipt", "clientTxId": key, "status": "confirmed", "lastSyncId": 2, "ops": 3 }),
    );
    let again = api.post("/v1/commits", &body).header("Idempotency-Key", &key).await.is(200);
    assert_eq!(again.body, first.body);
    for (action, lower) in
        [("UPDATE", "update"), ("ARCHIVE", "archive"), ("UNARCHIVE", "unarchive"), ("DELETE", "delete")]
    {
        api.row("tasks", action, json!({ "title": "a" })).await;
        api.row("tasks", lower, json!({ "title": "a" })).await;
        let mut operations = vec![
            json!({ "type": action, "model": "task", "id": action }),
            json!({ "action": lower, "model": "Task", "id": lower }),
        ];
        if lower == "update" {
            operations[0]["input"] = json!({ "title": "b" });
            operations[1]["data"] = json!({ "title": "b" });
        }
        api.post("/api/v1/commits", &json!({ "clientTxId": uuid(), "operations": operations })).await.is(200);
    }
}

/// 3.3: A commit applies as a whole or not at all, and says which operation is in the way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_are_atomic() {
    let api = Api::start().await;
    api.row("tasks", "a", json!({ "title": "one" })).await;
    let body = json!({ "clientTxId": uuid(), "operations": [
        { "action": "update", "model": "tasks", "id": "a", "data": { "title": "two" } },
        { "action": "create", "model": "tasks", "id": "b", "data": { "title": "new" } },
        { "action": "update", "model": "tasks", "id": "nope", "data": { "title": "x" } }] });
    let refused = api.post("/api/v1/commits", &body).await.fails(404, "entity_not_found");
    refused.reads(json!({ "operation": 2 }));
    api.get("/api/v1/models/tasks/a").await.reads(json!({ "data": { "title": "one" } }));
    api.get("/api/v1/models/tasks/b").await.is(404);
}

/// 3.3: A commit that says too little or too much is refused with the code for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_that_are_refused() {
    let api = Api::start().await;
    let many: Vec<Value> = (0..501).map(|_| json!({ "action": "delete", "model": "tasks", "id": "x" })).collect();
    let table = [
        (json!({}), "commit_operation_required"),
        (json!({ "operations": [] }), "commit_operation_required"),
        (json!({ "operations": [{ "model": "tasks", "id": "a" }] }), "commit_operation_action_required"),
        (
            json!({ "operations": [{ "action": "upsert", "model": "tasks", "id": "a" }] }),
            "commit_operation_unsupported",
        ),
        (json!({ "operations": [{ "action": "delete", "id": "a" }] }), "commit_operation_model_required"),
        (json!({ "operations": [{ "action": "update", "model": "tasks", "data": {} }] }), "model_identifier_missing"),
        (json!({ "operations": [{ "action": "delete", "model": "nope", "id": "a" }] }), "unknown_model"),
        (json!({ "operations": many }), "commit_too_many_operations"),
        (json!({ "operations": [{ "action": "create", "model": "tasks", "data": [1] }] }), "invalid_body"),
    ];
    for (mut body, code) in table {
        body["clientTxId"] = uuid().into();
        api.post("/api/v1/commits", &body).await.fails(400, code);
    }
    let token =
        api.session(json!({ "participantKind": "agent", "participantId": "a", "operations": ["tasks.read"] })).await;
    let body = json!({ "clientTxId": uuid(), "operations": [{ "action": "create", "model": "tasks", "data": { "title": "x" } }] });
    let denied = api.post("/api/v1/commits", &body).token(&token).await.fails(403, "capability_scope_denied");
    denied.reads(json!({ "requiredCapability": { "scope": "tasks.create" } }));
}
