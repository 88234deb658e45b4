//! What a client is sent of others' writes, and of its own.

use serde_json::{Value, json};

use super::{Client, create, remove, update};
use crate::served;

fn letters(deltas: &[Value]) -> Vec<(u64, &str)> {
    deltas.iter().map(|delta| (delta["id"].as_u64().unwrap(), delta["actionType"].as_str().unwrap())).collect()
}

/// 4.8: A delta has a growing number, the exact typename, the whole row in camelCase, its groups and its time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delta_carries_the_whole_row() {
    let served = served().await;
    let mut client = Client::user(&served, "u1").await;
    let input = json!({ "title": "one", "status": "todo", "dueAt": "2026-05-05T00:00:00.000Z", "meta": { "a": [1] } });
    served.commit(&json!([create("project", "p1", json!({ "name": "One" }))])).await;
    served
        .commit(&json!([create("task", "t1", {
            let mut input = input.clone();
            input["projectId"] = "p1".into();
            input
        })]))
        .await;
    client.delta("p1").await;
    let inserted = client.delta("t1").await;
    assert_eq!(
        (&inserted["id"], &inserted["actionType"], &inserted["modelName"]),
        (&json!(2), &json!("I"), &json!("Task"))
    );
    for group in ["project:p1", "org:org_dev"] {
        assert!(inserted["syncGroups"].as_array().unwrap().contains(&json!(group)), "{inserted}");
    }
    for member in ["title", "status", "dueAt", "meta"] {
        assert_eq!(inserted["data"][member], input[member], "{member}");
    }
    for member in ["createdAt", "updatedAt"] {
        assert!(inserted["data"][member].is_string(), "{member}: {inserted}");
    }
    assert!(inserted["createdAt"].is_string() && inserted.get("organizationId").is_none());
    served.commit(&json!([update("t1", json!({ "title": "two" }))])).await;
    let updated = client.delta("t1").await;
    assert_eq!(
        (&updated["actionType"], &updated["data"]["title"], &updated["data"]["status"]),
        (&json!("U"), &json!("two"), &json!("todo"))
    );
    served.commit(&json!([remove("t1")])).await;
    let removed = client.delta("t1").await;
    assert_eq!((&removed["id"], &removed["actionType"], &removed["data"]), (&json!(4), &json!("D"), &Value::Null));
}

/// 4.8: An archived row is sent whole and with its time; one that is brought back as `V` and then as a `U` that says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archiving_and_back() {
    let served = served().await;
    let mut client = Client::user(&served, "u1").await;
    let change = |kind: &str| json!([{ "type": kind, "model": "task", "id": "t1" }]);
    served.commit(&json!([create("task", "t1", json!({ "title": "a" }))])).await;
    client.delta("t1").await;
    served.commit(&change("ARCHIVE")).await;
    let archived = client.delta("t1").await;
    assert_eq!((&archived["actionType"], &archived["data"]["title"]), (&json!("A"), &json!("a")));
    assert!(archived["data"]["archivedAt"].is_string());
    // An update would bring it back on clients.
    served.commit(&json!([update("t1", json!({ "title": "b" }))])).await;
    let changed = client.delta("t1").await;
    assert_eq!((&changed["actionType"], &changed["data"]["title"]), (&json!("A"), &json!("b")));
    served.commit(&change("UNARCHIVE")).await;
    let back = client.next("delta", |delta| delta["actionType"] == "U").await;
    assert_eq!((&back["id"], &back["data"]["archivedAt"]), (&json!(5), &Value::Null));
    assert!(back["data"].as_object().unwrap().contains_key("archivedAt"), "said, not left out: {back}");
}

/// 4.8: A row is sent once until the client acknowledges it; everything later waits, in order, and is merged per row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_is_sent_once_in_a_window() {
    let served = served().await;
    let rows = json!([create("task", "t1", json!({ "title": "a" })), create("task", "t2", json!({ "title": "a" }))]);
    served.commit(&rows).await;
    let mut client = Client::user(&served, "u1").await;
    for title in ["1", "2", "3"] {
        served.commit(&json!([update("t1", json!({ "title": title }))])).await;
    }
    served.commit(&json!([update("t2", json!({ "title": "4" }))])).await;
    served.commit(&json!([remove("t1")])).await;
    served.commit(&json!([create("task", "t1", json!({ "title": "5" }))])).await;
    served.commit(&json!([update("t1", json!({ "title": "6" }))])).await;
    let mut deltas: Vec<Value> = Vec::new();
    while deltas.last().is_none_or(|last| last["id"] != 9) {
        let delta = client.next("delta", |_| true).await;
        let id = delta["id"].as_u64().unwrap();
        assert!(deltas.last().is_none_or(|last| last["id"].as_u64().unwrap() < id), "ids grow: {deltas:?}");
        deltas.push(delta);
        client.ack(id).await;
    }
    let of_t1: Vec<Value> = deltas.iter().filter(|delta| delta["modelId"] == "t1").cloned().collect();
    // How much was merged is a matter of time; the end of each stretch is not.
    let (last, before) = of_t1.split_last().unwrap();
    assert_eq!(last["data"]["title"], "6");
    assert!(letters(before).contains(&(7, "D")) || letters(&of_t1).len() == 2, "{deltas:?}");
    assert!(of_t1.windows(2).all(|pair| pair[0]["id"] != pair[1]["id"]));
    assert_eq!(deltas.iter().find(|delta| delta["modelId"] == "t2").unwrap()["data"]["title"], "4");
}

/// 4.8: What a reconnecting client missed is merged per row: it ends with the newest value, not the oldest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catch_up_is_merged() {
    let served = served().await;
    served.commit(&json!([create("task", "t1", json!({ "title": "a" }))])).await;
    let client = Client::agent(&served, "agent:w", Value::Null).await;
    drop(client.again(&served, "").await);
    for title in ["1", "2", "3"] {
        served.commit(&json!([update("t1", json!({ "title": title }))])).await;
    }
    served.commit(&json!([create("task", "t2", json!({ "title": "new" }))])).await;
    served.commit(&json!([{ "type": "UPDATE", "model": "task", "id": "t2", "input": { "title": "newer" } }])).await;
    let cursor = client.cursor_at(&served, 1).await;
    let mut again = client.again(&served, &cursor).await;
    let answer = again.ready(Some(&cursor), 1).await;
    let deltas = answer["deltas"].as_array().unwrap();
    assert_eq!(letters(deltas), [(4, "U"), (6, "I")], "{answer}");
    assert_eq!((&deltas[0]["data"]["title"], &deltas[1]["data"]["title"]), (&json!("3"), &json!("newer")));
}

/// 4.8: A client that bootstraps when it reconnects keeps what was made anew meanwhile under the same id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_made_anew_survives_a_reconnect() {
    let served = served().await;
    served.commit(&json!([create("task", "t1", json!({ "title": "a" }))])).await;
    let client = Client::user(&served, "u1").await;
    served.commit(&json!([remove("t1")])).await;
    served.commit(&json!([create("task", "t1", json!({ "title": "b" }))])).await;
    served.get("/api/sync/bootstrap?models=Task", &client.token).await;
    let cursor = client.cursor_at(&served, 1).await;
    let mut again = client.again(&served, &cursor).await;
    let answer = again.ready(Some(&cursor), 1).await;
    assert_eq!(letters(answer["deltas"].as_array().unwrap()), [(2, "D")], "{answer}");
    again.ack(2).await;
    let anew = again.delta("t1").await;
    assert_eq!(
        (&anew["actionType"], &anew["data"]["title"]),
        (&json!("I"), &json!("b")),
        "an update would find no row"
    );
}

/// 10.1: What somebody else writes over a client's own value makes it take the server's row, once, also when both come in one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_values_do_not_hide_others() {
    let served = served().await;
    served.commit(&json!([create("task", "t1", json!({ "title": "a" }))])).await;
    let mut client = Client::user(&served, "u1").await;
    let mut watcher = Client::user(&served, "u2").await;
    let marked = |delta: &Value| delta["data"].get("unassignedAt").is_some();
    assert_eq!(client.commit(&json!([update("t1", json!({ "title": "mine" }))])).await["success"], true);
    let own = client.delta("t1").await;
    assert!(!marked(&own) && own["transactionId"].is_string());
    // Before the next one, which it might be merged with.
    watcher.next("delta", |delta| delta["id"] == 2).await;
    watcher.ack(2).await;
    for (title, expected) in [("theirs", true), ("again", false)] {
        served.commit(&json!([update("t1", json!({ "title": title }))])).await;
        assert_eq!(marked(&client.delta("t1").await), expected, "{title}");
    }
    client.commit(&json!([update("t1", json!({ "title": "mine" }))])).await;
    assert!(client.delta("t1").await.get("transactionId").is_none(), "its value may have been cleared under way");
    watcher.next("delta", |delta| delta["id"] == 5).await;
    assert!(watcher.frames.iter().all(|frame| !marked(&frame["payload"])), "nobody else is told");
}

/// 10.1: A client goes on hiding others' values of a field it wrote, also when its write was refused; they are shown all the
/// same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_write_does_not_hide_others() {
    let served = served().await;
    served.commit(&json!([create("task", "t1", json!({ "title": "a" }))])).await;
    let mut holder = Client::user(&served, "u1").await;
    let mut other = Client::user(&served, "u2").await;
    holder.hold("c1", "t1").await;
    let refused = other.commit(&json!([update("t1", json!({ "title": "mine" }))])).await;
    assert_eq!(refused["error"]["code"], "entity_claimed");
    for (title, marked) in [("theirs", true), ("again", false)] {
        holder.commit(&json!([update("t1", json!({ "title": title }))])).await;
        let delta = other.delta("t1").await;
        assert_eq!(delta["data"].get("unassignedAt").is_some(), marked, "{delta}");
    }
}

/// 10.1: What a client wrote before it lost its connection hides nothing after it is back: neither what changed meanwhile nor
/// what changes then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_of_an_earlier_connection_do_not_hide_others() {
    let served = served().await;
    for id in ["t1", "t2"] {
        served.commit(&json!([create("task", id, json!({ "title": "a" }))])).await;
    }
    let mut client = Client::user(&served, "u1").await;
    for id in ["t1", "t2"] {
        assert_eq!(client.commit(&json!([update(id, json!({ "title": "mine" }))])).await["success"], true);
        client.delta(id).await;
    }
    let cursor = client.cursor_at(&served, 4).await;
    let mut back = client.again(&served, &cursor).await;
    drop(client);
    served.commit(&json!([update("t1", json!({ "title": "theirs" }))])).await;
    let missed = back.ready(Some(&cursor), 4).await;
    let missed = match missed["deltas"].as_array().unwrap().first() {
        Some(delta) => delta.clone(),
        None => back.delta("t1").await,
    };
    assert_eq!(missed["data"]["title"], "theirs");
    assert!(missed["data"].get("unassignedAt").is_some(), "{missed}");
    for (title, marked) in [("theirs", true), ("again", false)] {
        served.commit(&json!([update("t2", json!({ "title": title }))])).await;
        let delta = back.delta("t2").await;
        assert_eq!(delta["data"].get("unassignedAt").is_some(), marked, "{delta}");
    }
}

/// 10.5: What a client passes over does not move its cursor; a write under a later claim is not stale for that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lagging_cursor_is_not_stale() {
    let served = served().await;
    served.commit(&json!([create("task", "t1", json!({ "title": "a" }))])).await;
    let mut agent = Client::agent(&served, "agent:w", Value::Null).await;
    let primed = agent.primed().await;
    assert_eq!(primed["currentSyncId"], 1);
    agent.ack(1).await;
    // It has not loaded the row, so it passes this over and acknowledges nothing.
    served.commit(&json!([update("t1", json!({ "title": "b" }))])).await;
    agent.next("delta", |delta| delta["id"] == 2).await;
    agent.hold("c1", "t1").await;
    let mut write = update("t1", json!({ "title": "c" }));
    (write["readAt"], write["onStale"]) = (1.into(), "reject".into());
    let receipt = agent.commit(&json!([write])).await;
    assert_eq!(receipt["success"], true, "{receipt}");
}
