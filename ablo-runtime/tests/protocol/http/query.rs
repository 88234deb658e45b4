//! Section 4.2: queries.

use serde_json::{Value, json};

use super::Api;

async fn rows() -> Api {
    let api = Api::start().await;
    api.row("projects", "p1", json!({ "name": "Apollo", "ownerId": "o" })).await;
    api.row("projects", "p2", json!({ "name": "Gemini" })).await;
    api.row("plans", "plan1", json!({ "text": "go", "projectId": "p1" })).await;
    let tasks = [
        (
            "a",
            json!({ "title": "Apple", "status": "todo", "priority": 2, "urgent": true, "dueAt": "2026-01-03T00:00:00.000Z",
            "assigneeName": "Ann", "projectId": "p1", "meta": { "k": 1 } }),
        ),
        (
            "b",
            json!({ "title": "apricot", "status": "doing", "priority": 1, "urgent": false, "dueAt": "2026-01-01T00:00:00.000Z",
            "assigneeName": "Bob", "projectId": "p1" }),
        ),
        ("c", json!({ "title": "Banana_100%", "status": "todo", "priority": 2.5, "projectId": "p2" })),
        ("d", json!({ "title": "date" })),
    ];
    for (id, data) in tasks {
        api.row("tasks", id, data).await;
        // No two are made in one millisecond.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    api
}

/// The ids a query of tasks answers.
async fn ids(api: &Api, query: Value) -> String {
    let mut query = query;
    query["model"] = json!("Task");
    let answer = api.post("/api/sync/query", &json!({ "queries": [query] })).await.is(200);
    answer.body["results"][0].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect()
}

/// 4.2: A query as the client sends it: tuples, an order, a limit, relations; the answer has rows per query and how new they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query() {
    let api = rows().await;
    let body = json!({ "queries": [{ "model": "Task", "where": [["project_id", "IN", ["p1", "x"]], ["title", "ILIKE", "%a%"]],
        "orderBy": "created_at", "order": "desc", "limit": 5, "related": ["project"] }] });
    let answer = api.post("/api/sync/query", &body).await.is(200);
    answer.reads(json!({ "lastSyncId": 7, "results": [[
        { "id": "b", "projectId": "p1", "project": { "id": "p1", "name": "Apollo" } },
        { "id": "a", "assigneeName": "Ann", "meta": { "k": 1 }, "project": { "id": "p1" } }]] }));
}

/// 4.2: Every operator, on every type it has a meaning for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators() {
    let api = rows().await;
    let table = [
        (json!(["title", "Apple"]), "a"),
        (json!(["title", "=", "Apple"]), "a"),
        (json!(["title", "!=", "Apple"]), "bcd"),
        (json!(["priority", "<", 2]), "b"),
        (json!(["priority", "<=", 2]), "ab"),
        (json!(["priority", ">", 2]), "c"),
        (json!(["priority", ">=", 2]), "ac"),
        (json!(["title", "<", "B"]), "a"),
        (json!(["due_at", ">", "2026-01-01T00:00:00.000Z"]), "a"),
        (json!(["due_at", ">", "2026-01-02"]), "a"),
        (json!(["due_at", "2026-01-01T01:00:00+01:00"]), "b"),
        (json!(["urgent", true]), "a"),
        (json!(["urgent", "!=", true]), "b"),
        (json!(["urgent", "IS", true]), "a"),
        (json!(["status", "IN", ["todo", "done"]]), "ac"),
        (json!(["status", "IN", []]), ""),
        (json!(["status", "NOT IN", ["todo"]]), "b"),
        (json!(["status", "NOT IN", []]), "abcd"),
        (json!(["priority", "IN", [1, 2.5]]), "bc"),
        (json!(["title", "LIKE", "A%"]), "a"),
        (json!(["title", "LIKE", "a%"]), "b"),
        (json!(["title", "NOT LIKE", "A%"]), "bcd"),
        (json!(["title", "ILIKE", "a%"]), "ab"),
        (json!(["title", "NOT ILIKE", "a%"]), "cd"),
        (json!(["title", "LIKE", "_a_e"]), "d"),
        (json!(["title", "LIKE", "%100%"]), "c"),
        (json!(["title", "like", "A%"]), "a"),
        (json!(["meta", "IS NOT", null]), "a"),
        (json!(["id", "=", "c"]), "c"),
        (json!(["id", "c"]), "c"),
        (json!(["organization_id", "org_dev"]), "abcd"),
    ];
    for (condition, expected) in table {
        assert_eq!(ids(&api, json!({ "where": [condition] })).await, expected, "{condition}");
    }
}

/// 4.2: Null: `IS` finds it, so does a value left null without an operator; a comparison with it holds for nothing, and for
/// no row that has none; only an empty list leaves no row out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nulls() {
    let api = rows().await;
    let table = [
        (json!([["status", "IS", null]]), "d"),
        (json!([["status", "IS NOT", null]]), "abc"),
        (json!([["status", null]]), "d"),
        (json!({ "status": null }), "d"),
        (json!({ "project_id": null, "title": "date" }), "d"),
        (json!([["status", "=", null]]), ""),
        (json!([["status", "!=", null]]), ""),
        (json!([["status", "!=", "todo"]]), "b"),
        (json!([["priority", "<", null]]), ""),
        (json!([["status", "IN", ["todo", null]]]), "ac"),
        (json!([["status", "NOT IN", ["todo", null]]]), ""),
        (json!([["status", "NOT IN", ["todo"]]]), "b"),
        (json!([["assignee_name", "NOT LIKE", "A%"]]), "b"),
        (json!([["assignee_name", "NOT ILIKE", "A%"]]), "b"),
    ];
    for (conditions, expected) in table {
        assert_eq!(ids(&api, json!({ "where": conditions })).await, expected, "{conditions}");
    }
}

/// 4.2: A column is a field's name, its name in snake case, or the column it is mapped to, in conditions and in the order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns() {
    let api = rows().await;
    for column in ["assigneeName", "assignee_name", "who"] {
        assert_eq!(ids(&api, json!({ "where": [[column, "Ann"]] })).await, "a", "{column}");
        let query = json!({ "where": [[column, "IS NOT", null]], "orderBy": column, "order": "desc" });
        assert_eq!(ids(&api, query).await, "ba", "{column}");
    }
    for order in ["createdAt", "created_at"] {
        assert_eq!(ids(&api, json!({ "where": [], "orderBy": order, "order": "desc" })).await, "dcba");
    }
}

/// 4.2: `where` may be empty, absent, null or an object; `limit` counts before relations are nested; the default order is the id's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_of_a_query() {
    let api = rows().await;
    let table = [
        (json!({}), "abcd"),
        (json!({ "where": [] }), "abcd"),
        (json!({ "where": null, "orderBy": null, "order": null, "limit": null, "related": null }), "abcd"),
        (json!({ "where": { "project_id": "p1", "status": ["todo", "doing"] } }), "ab"),
        (json!({ "where": [], "limit": 2 }), "ab"),
        (json!({ "where": [["id", "a"]], "limit": 1, "related": [] }), "a"),
        (json!({ "where": [], "orderBy": "priority", "order": "asc", "limit": 3 }), "dba"),
        (json!({ "ids": ["c", "a", "nope"] }), "ac"),
    ];
    for (query, expected) in table {
        assert_eq!(ids(&api, query.clone()).await, expected, "{query}");
    }
    // The oldest caller, which names its organization too.
    let old = json!({ "organizationId": "org_dev", "queries": [{ "model": "Task", "ids": ["a"] }] });
    api.post("/api/sync/query", &old).await.is(200).reads(json!({ "results": [[{ "id": "a" }]] }));
}

/// 4.2: Relations nest under their names: a list of children in their order, one parent, one child, or null.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relations() {
    let api = rows().await;
    let body = json!({ "queries": [
        { "model": "Project", "where": [], "related": ["tasks", "plan"] },
        { "model": "Task", "where": [["id", "IN", ["a", "d"]]], "related": ["project"] },
        { "model": "PlanModel", "where": [], "limit": 1, "related": ["project"] }] });
    let answer = api.post("/api/sync/query", &body).await.is(200);
    answer.reads(json!({ "results": [
        [{ "id": "p1", "tasks": [{ "id": "a" }, { "id": "b" }], "plan": { "id": "plan1" } },
            { "id": "p2", "tasks": [{ "id": "c" }], "plan": null }],
        [{ "id": "a", "project": { "id": "p1", "name": "Apollo" } }, { "id": "d", "project": null }],
        [{ "id": "plan1", "project": { "id": "p1" } }]] }));
    // Related rows are read as their reader may read them.
    let asked = json!({ "participantKind": "agent", "participantId": "x", "syncGroups": ["project:p2"] });
    let token = api.session(asked).await;
    let answer = api.post("/api/sync/query", &body).token(&token).await.is(200);
    answer.reads(json!({ "results": [[{ "id": "p2", "tasks": [{ "id": "c" }] }], [], []] }));
}

/// 4.2: A query that fails in a batch has no rows and the others are answered; alone it fails with its code.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_that_fail() {
    let api = rows().await;
    let table = [
        (json!({ "model": "Nope", "where": [] }), "unknown_model"),
        (json!({ "model": "Task", "where": [["title", "~", "x"]] }), "query_unsupported_operator"),
        (json!({ "model": "Task", "where": [["meta", "<", 1]] }), "query_unsupported_operator"),
        (json!({ "model": "Task", "where": [["priority", "LIKE", "1%"]] }), "query_unsupported_operator"),
        (json!({ "model": "Task", "where": [], "related": ["nope"] }), "query_unknown_relation"),
        (json!({ "model": "Task", "where": [["nope", 1]] }), "query_invalid_identifier"),
        (json!({ "model": "Task", "where": [["title\"; --", 1]] }), "query_invalid_identifier"),
        (json!({ "model": "Task", "where": [], "orderBy": "nope" }), "query_invalid_identifier"),
        (json!({ "model": "Task", "where": [["title"]] }), "invalid_body"),
        (json!({ "model": "Task", "where": "title" }), "invalid_body"),
        (json!({ "model": "Task", "where": [["title", "IN", "x"]] }), "invalid_body"),
        (json!({ "model": "Task", "where": [["title", "=", ["x"]]] }), "invalid_body"),
        (json!({ "where": [] }), "invalid_body"),
        (json!({ "model": "Task", "where": [["priority", "much"]] }), "invalid_type"),
    ];
    for (query, code) in table {
        api.post("/api/sync/query", &json!({ "queries": [query] })).await.fails(400, code);
        let good = json!({ "model": "Task", "where": [["id", "a"]] });
        let batch = json!({ "queries": [good, query, good] });
        let answer = api.post("/api/sync/query", &batch).await.is(200);
        answer.reads(json!({ "results": [[{ "id": "a" }], [], [{ "id": "a" }]], "lastSyncId": 7 }));
    }
    for body in [json!({}), json!({ "queries": [] }), json!({ "queries": null })] {
        api.post("/api/sync/query", &body).await.fails(400, "queries_required");
    }
    let many: Vec<Value> = (0..17).map(|_| json!({ "model": "Task", "where": [] })).collect();
    api.post("/api/sync/query", &json!({ "queries": many })).await.fails(400, "invalid_body");
    let most: Vec<Value> = many.into_iter().take(16).collect();
    let answer = api.post("/api/sync/query", &json!({ "queries": most })).await.is(200);
    assert_eq!(answer.body["results"].as_array().unwrap().len(), 16);
}

/// 4.2: A long answer has every row of its moment, in its order, within its limit and its reader's reach.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_answers() {
    let api = rows().await;
    let task = |at: u64| {
        let input = json!({ "title": "many", "priority": 10_000 - at, "projectId": format!("p{}", at % 2 + 1) });
        json!({ "type": "CREATE", "model": "tasks", "id": format!("t{at:04}"), "input": input })
    };
    for first in (0..5_000).step_by(500) {
        api.served.commit(&(first..first + 500).map(task).collect::<Value>()).await;
    }
    let many = |rest: Value| {
        let mut query = json!({ "model": "Task", "where": [["title", "many"]] });
        query.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        query
    };
    let batch = json!({ "queries": [
        many(json!({ "related": ["project"] })),
        { "model": "Nope", "where": [] },
        many(json!({ "orderBy": "priority" })),
        many(json!({ "orderBy": "priority", "limit": 4_500 })),
        many(json!({ "limit": 700 })),
        { "model": "Task", "where": [], "limit": 0 },
        { "model": "Project", "where": [] }] });
    let answer = api.post("/api/sync/query", &batch).await.is(200);
    assert_eq!(answer.body["lastSyncId"], 5_007);
    let ids = |at: usize| -> Vec<u64> {
        let rows = answer.body["results"][at].as_array().unwrap();
        rows.iter().map(|row| row["id"].as_str().unwrap()[1..].parse().unwrap()).collect()
    };
    assert!(ids(0).into_iter().eq(0..5_000));
    assert_eq!(answer.body["results"][0][4_999]["project"]["name"], "Gemini");
    assert!(ids(2).into_iter().eq((0..5_000).rev()));
    assert!(ids(3).into_iter().eq((500..5_000).rev()));
    assert!(ids(4).into_iter().eq(0..700));
    assert_eq!([1, 5, 6].map(|at| answer.body["results"][at].as_array().unwrap().len()), [0, 0, 2]);
    // Who sees few of many rows gets all of those, and as many as it asked for.
    let asked = json!({ "participantKind": "agent", "participantId": "x", "syncGroups": ["project:p2"] });
    let token = api.session(asked).await;
    let body = json!({ "queries": [many(json!({})), many(json!({ "limit": 300 }))] });
    let answer = api.post("/api/sync/query", &body).token(&token).await.is(200);
    for (at, count) in [(0, 2_500), (1, 300)] {
        let rows = answer.body["results"][at].as_array().unwrap();
        assert_eq!(rows.len(), count);
        assert!(rows.iter().all(|row| row["projectId"] == "p2"));
    }
}
