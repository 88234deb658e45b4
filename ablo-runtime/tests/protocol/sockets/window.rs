//! What a client loses when it is sent a row twice in one go, and what the server does about it. Clients gather deltas for
//! 100 ms, then keep the first of several that look alike.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{Client, create, remove, update};
use crate::{served, served::Served};

/// A row is written and written again; whether the second delta came only after the server had asked whether the first has
/// arrived. In between, the client says everything but that.
async fn is_asked_between(served: &Served, client: &mut Client, row: &str) -> bool {
    served.commit(&json!([update(row, json!({ "title": "one" }))])).await;
    let first = client.next("delta", |delta| delta["modelId"] == row).await["id"].as_u64().unwrap();
    client.send("presence_update", &json!({ "status": "online", "timezone": "UTC" })).await;
    client.ack(first - 1).await;
    client.request(None, first - 1).await;
    client.send_raw(Message::Ping(b"x".to_vec().into())).await;
    client.settle().await;
    let asked = client.pings;
    served.commit(&json!([update(row, json!({ "title": "two" }))])).await;
    let second = client.next("delta", |delta| delta["modelId"] == row).await;
    assert_eq!(second["data"]["title"], "two");
    let is_asked = client.pings > asked;
    client.ack(second["id"].as_u64().unwrap()).await;
    client.settle().await;
    is_asked
}

/// 10.15: A row that was sent is not sent again before its client has acknowledged it or been asked whether it arrived;
/// nothing else the client says stands for that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_its_own_answer_ends_a_window() {
    let served = served().await;
    served.commit(&json!([create("task", "t1", json!({ "title": "a" }))])).await;
    let mut client = Client::user(&served, "u1").await;
    client.primed().await;
    // What has been silent for two seconds is taken for applied, so one round in time is enough; without a window there is
    // nothing to ask in any.
    for _ in 0..5 {
        if is_asked_between(&served, &mut client, "t1").await {
            return;
        }
    }
    panic!("the row is sent again whether or not the first was applied");
}

/// What a client applies of what it is sent until nothing comes for 100 ms: of each row the first that looks like others. It
/// acknowledges the last of them.
async fn flush(client: &mut Client) -> Vec<Value> {
    let mut gathered = vec![client.next("delta", |_| true).await];
    let debounce = std::time::Duration::from_millis(100);
    while let Ok(delta) = tokio::time::timeout(debounce, client.next("delta", |_| true)).await {
        gathered.push(delta);
    }
    let looks = |delta: &Value| [&delta["modelId"], &delta["actionType"], &delta["data"]["status"]].map(Value::clone);
    let mut applied: Vec<Value> = Vec::new();
    for delta in gathered {
        if !applied.iter().any(|before| looks(before) == looks(&delta)) {
            applied.push(delta);
        }
    }
    client.ack(applied.last().unwrap()["id"].as_u64().unwrap()).await;
    applied
}

/// 10.2: A client that gathers what it is sent, and keeps the first of what looks alike, ends with what was written last.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_drops_look_alikes_ends_with_the_newest() {
    let served = served().await;
    let rows = ["t1", "t2"];
    let made: Vec<Value> = rows.iter().map(|id| create("task", id, json!({ "title": "a" }))).collect();
    served.commit(&json!(made)).await;
    let mut client = Client::user(&served, "u1").await;
    client.primed().await;
    for at in 0..10 {
        for row in rows {
            served.commit(&json!([update(row, json!({ "title": format!("{at}") }))])).await;
        }
    }
    let mut shown = ["a", "a"].map(Value::from);
    while shown != ["9", "9"] {
        for delta in flush(&mut client).await {
            let at = rows.iter().position(|row| delta["modelId"] == *row).unwrap();
            shown[at] = delta["data"]["title"].clone();
        }
    }
}

/// 4.8: A catch-up has each row once, in the order of ids, with what became of it: changed, put away, gone, new.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catch_up_has_each_row_once() {
    let served = served().await;
    let rows: Vec<Value> = ["t1", "t2", "t3"].iter().map(|id| create("task", id, json!({ "title": "a" }))).collect();
    served.commit(&json!(rows)).await;
    let client = Client::agent(&served, "agent:w", Value::Null).await;
    let archive = |id: &str| json!({ "type": "ARCHIVE", "model": "task", "id": id });
    for operation in [
        update("t1", json!({ "title": "b" })),
        update("t2", json!({ "title": "b" })),
        create("task", "t4", json!({ "title": "a" })),
        archive("t2"),
        update("t3", json!({ "title": "b" })),
        remove("t3"),
        create("task", "t5", json!({ "title": "a" })),
        remove("t5"),
        update("t1", json!({ "title": "c" })),
        update("t4", json!({ "title": "d" })),
    ] {
        served.commit(&json!([operation])).await;
    }
    let cursor = client.cursor_at(&served, 3).await;
    let mut again = client.again(&served, &cursor).await;
    let answer = again.ready(Some(&cursor), 3).await;
    let deltas: Vec<(u64, String)> = answer["deltas"]
        .as_array()
        .unwrap()
        .iter()
        .map(|delta| {
            let named = format!("{} {} {}", delta["actionType"], delta["modelId"], delta["data"]["title"]);
            (delta["id"].as_u64().unwrap(), named.replace('"', ""))
        })
        .collect();
    let expected = [(7, "A t2 b"), (9, "D t3 null"), (11, "D t5 null"), (12, "U t1 c"), (13, "I t4 d")];
    assert_eq!(deltas, expected.map(|(id, named)| (id, named.to_owned())), "{answer}");
    again.ack(13).await;
    served.commit(&json!([update("t1", json!({ "title": "e" }))])).await;
    assert_eq!(again.delta("t1").await["id"], 14, "and goes on from there");
}

/// 4.8: Deltas reach a socket in the order of their ids, over all kinds of frames and whoever wrote them: a client drops
/// what comes late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_only_grow() {
    let served = served().await;
    let rows: Vec<Value> = (0..8).map(|at| create("task", &format!("t{at}"), json!({ "title": "a" }))).collect();
    served.commit(&json!(rows)).await;
    let mut client = Client::user(&served, "u1").await;
    let mut other = Client::user(&served, "u2").await;
    for round in 0..6 {
        for at in 0..8 {
            let write = json!([update(&format!("t{at}"), json!({ "title": format!("{round}") }))]);
            let client = if (round + at) % 2 == 0 { &mut client } else { &mut other };
            client.send("commit", &json!({ "clientTxId": crate::served::uuid(), "operations": write })).await;
        }
    }
    for client in [&mut client, &mut other] {
        let mut last = 0;
        while last < 56 {
            let id = client.next("delta", |_| true).await["id"].as_u64().unwrap();
            assert!(id > last, "{id} after {last}");
            last = id;
            // A client that flushes now and then.
            if id % 3 == 0 {
                client.ack(id).await;
            }
        }
    }
}
