//! Every limit, with the code of each.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Socket, TestServer};

async fn server() -> TestServer {
    TestServer::with(|_| {}).await
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!([inner]))
}

#[tokio::test]
async fn a_message_over_256_kib_closes_the_socket_with_1009() {
    let server = server().await;
    let mut socket = server.ready("u").await;
    let frame = |length: usize| {
        let empty = json!({ "type": "noise", "payload": "" }).to_string().len();
        json!({ "type": "noise", "payload": "x".repeat(length - empty) }).to_string()
    };
    socket.text(frame(256 << 10)).await;
    socket.say("ping", Value::Null).await;
    socket.next("pong").await;
    socket.text(frame((256 << 10) + 1)).await;
    assert_eq!(socket.closed().await.0, 1009);
}

#[tokio::test]
async fn a_message_far_over_the_limit_is_not_kept_in_memory() {
    let server = server().await;
    let mut socket = server.ready("u").await;
    // It breaks the connection before it is read as a whole, so what is left of it cannot be sent.
    let _ = futures_util::SinkExt::send(&mut socket.0, Message::Text("x".repeat(64 << 20).into())).await;
    let ended = async {
        while let Some(Ok(message)) = futures_util::StreamExt::next(&mut socket.0).await {
            if message.is_close() {
                break;
            }
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, ended).await.unwrap();
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let server = TestServer::with(|options| options.server.limits.body_bytes = 1_000).await;
    let body = json!({ "data": { "title": "x".repeat(1_000) } });
    let answer = server.http("POST", "/api/v1/models/tasks", &body).await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "body_too_large"));
}

#[tokio::test]
async fn a_commit_of_over_500_operations_is_refused_everywhere() {
    let server = server().await;
    let operations = |count: usize| -> Vec<Value> {
        let create =
            |at| json!({ "type": "CREATE", "model": "task", "id": format!("t{at}"), "input": { "title": "x" } });
        (0..count).map(create).collect()
    };
    let mut socket = server.ready("u").await;
    for (count, refused) in [(501, Some("commit_too_many_operations")), (500, None)] {
        socket.say("commit", json!({ "clientTxId": format!("c{count}"), "operations": operations(count) })).await;
        let receipt = socket.next("mutation_result").await;
        assert_eq!(receipt["error"]["code"].as_str(), refused, "{receipt}");
    }
    let answer =
        server.http("POST", "/api/v1/commits", &json!({ "clientTxId": "h", "operations": operations(501) })).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "commit_too_many_operations"));
}

#[tokio::test]
async fn json_deeper_than_32_levels_is_refused_everywhere() {
    let server = server().await;
    let mut socket = server.ready("u").await;
    // Five brackets stand around the value: frame, payload, operations, operation, input.
    for (levels, refused) in [(28, Some("invalid_json")), (27, None)] {
        let input = json!({ "title": "x", "meta": nested(levels) });
        let operation = json!({ "type": "CREATE", "model": "task", "id": format!("d{levels}"), "input": input });
        socket.say("commit", json!({ "clientTxId": format!("c{levels}"), "operations": [operation] })).await;
        let receipt = socket.next("mutation_result").await;
        let code = receipt["error"]["code"].as_str();
        assert_eq!(code == Some("invalid_json"), refused.is_some(), "{receipt}");
    }
    socket.say("presence_update", nested(40)).await;
    socket.say("ping", Value::Null).await;
    socket.next("pong").await;
    let answer = server.http("POST", "/api/v1/models/tasks", &json!({ "data": nested(32) })).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_json"));
}

#[tokio::test]
async fn no_more_commits_are_read_than_may_wait_for_an_answer_that_is_held_back() {
    let server = TestServer::with(|options| options.server.limits.commits_in_flight = 8).await;
    let mut holder = server.ready("holder").await;
    holder.create("t1", "x").await;
    assert_eq!(holder.next("mutation_result").await["success"], true);
    holder
        .say("intent_begin", json!({ "intentId": "i", "entityType": "task", "entityId": "t1", "action": "edits" }))
        .await;
    holder.next("intent_acquired").await;
    let mut socket = server.ready("other").await;
    let held_back = || server.server.metrics.paced.load(std::sync::atomic::Ordering::Relaxed);
    for at in 0..500 {
        let update = json!({ "type": "UPDATE", "model": "task", "id": "t1", "input": { "title": "y" } });
        socket.say("commit", json!({ "clientTxId": format!("c{at}"), "operations": [update] })).await;
    }
    for _ in 0..2 {
        let receipt = socket.next("mutation_result").await;
        assert_eq!(receipt["error"]["code"], "entity_claimed", "{receipt}");
    }
    // Eight at once; each has to wait a while, and the later ones two seconds.
    assert!((1..250).contains(&held_back()), "{} are held back", held_back());
}

#[tokio::test]
async fn a_list_has_at_most_100_rows_however_many_are_asked_for() {
    let server = server().await;
    let create = |at| json!({ "type": "CREATE", "model": "task", "id": format!("t{at}"), "input": { "title": "x" } });
    let operations: Vec<Value> = (0..101).map(create).collect();
    let commit = json!({ "clientTxId": "many", "operations": operations });
    assert_eq!(server.http("POST", "/api/v1/commits", &commit).await.status, 200);
    for (query, count) in [("?limit=1000000", 100), ("?limit=100", 100), ("?limit=7", 7)] {
        let path = format!("/api/v1/models/tasks{query}");
        let answer = server.request("GET", &path, &server.key, "", "").await.json();
        assert_eq!((answer["data"].as_array().unwrap().len(), &answer["has_more"]), (count, &json!(true)), "{query}");
    }
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn what_follows_a_commit_too_many_is_read_only_once_one_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ablo.db");
    let server = TestServer::with(|options| {
        options.server.limits.commits_in_flight = 2;
        options.store = ablo_runtime::server::StoreChoice::Sqlite(file.clone());
    })
    .await;
    let mut socket = server.ready("u").await;
    // Nothing is written while somebody else has the file.
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    socket.create("t1", "x").await;
    socket.say("ping", Value::Null).await;
    socket.next("pong").await;
    socket.create("t2", "x").await;
    socket.say("ping", Value::Null).await;
    let letting_go = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        other.execute_batch("ROLLBACK").unwrap();
    });
    let mut kinds = Vec::new();
    while kinds.last().is_none_or(|kind| kind != "pong") {
        let Message::Text(text) = socket.message().await else { continue };
        let frame: Value = serde_json::from_str(&text).unwrap();
        kinds.push(frame["type"].as_str().unwrap().to_owned());
    }
    assert!(kinds.contains(&"mutation_result".to_owned()), "{kinds:?}");
    letting_go.await.unwrap();
}

#[tokio::test]
async fn the_65th_group_of_a_socket_is_refused() {
    let server = server().await;
    let groups = |count: usize| (0..count).map(|at| format!("syncGroups=project:p{at}")).collect::<Vec<_>>().join("&");
    let key = server.session("u").await;
    let mut socket = server.socket(&key, &groups(65)).await;
    assert_eq!(socket.closed().await.0, 4008);
    let mut socket = server.socket(&key, &groups(64)).await;
    socket.say("sync_request", json!({ "lastSyncId": 0 })).await;
    socket.next("sync_response").await;
    socket.say("claim", json!({ "claimId": "one-more", "syncGroups": ["org:org_dev"] })).await;
    let ack = socket.next("claim_ack").await;
    assert_eq!((&ack["success"], &ack["error"]["code"]), (&json!(false), &json!("connection_limit_exceeded")), "{ack}");
}

#[tokio::test]
async fn the_21st_socket_of_a_key_is_closed_with_1013() {
    let server = server().await;
    let key = server.session("u").await;
    let mut sockets: Vec<Socket> = Vec::new();
    for _ in 0..20 {
        let mut socket = server.socket(&key, "").await;
        socket.say("ping", Value::Null).await;
        socket.next("pong").await;
        sockets.push(socket);
    }
    assert_eq!(server.socket(&key, "").await.closed().await.0, 1013);
    server.ready("another").await;
    for socket in &mut sockets {
        socket.say("ping", Value::Null).await;
        socket.next("pong").await;
    }
}

#[tokio::test]
async fn a_silent_socket_is_asked_and_then_closed_with_4000() {
    let server = TestServer::with(|options| {
        options.server.limits.idle_ping = Duration::from_millis(50);
        options.server.limits.idle_timeout = Duration::from_millis(1_500);
    })
    .await;
    let mut socket = server.socket(&server.session("u").await, "").await;
    // Reading is what answers a ping, so one that is read is answered.
    while !socket.message().await.is_ping() {}
    // From here on the bytes are read without being understood: nothing answers.
    let mut raw = socket.0.into_inner();
    let mut seen = Vec::new();
    let reading = tokio::io::AsyncReadExt::read_to_end(&mut raw, &mut seen);
    tokio::time::timeout(crate::support::PATIENCE, reading).await.unwrap().unwrap();
    let close = [0x88_u8, 2 + 31, 0x0f, 0xa0];
    assert!(seen.windows(4).any(|bytes| bytes[0] == close[0] && bytes[2..] == close[2..]), "{seen:?}");
}

#[tokio::test]
async fn a_long_catch_up_comes_in_messages_below_a_mebibyte() {
    let server = server().await;
    let title = "x".repeat(100 << 10);
    let mut writer = server.ready("writer").await;
    for at in 0..20 {
        writer.create(&format!("t{at}"), &title).await;
        assert_eq!(writer.next("mutation_result").await["success"], true);
    }
    let mut reader = server.socket(&server.session("reader").await, "").await;
    reader.say("sync_request", json!({ "lastSyncId": 1 })).await;
    let mut last = 1;
    while last < 20 {
        let Message::Text(text) = reader.message().await else { continue };
        assert!(text.len() <= 1 << 20, "{} bytes at once", text.len());
        let frame: Value = serde_json::from_str(&text).unwrap();
        let payload = &frame["payload"];
        let deltas = match frame["type"].as_str().unwrap() {
            "sync_response" => {
                let deltas = payload["deltas"].as_array().unwrap().clone();
                let cursor = format!("{}-{}", server.server.engine.epoch(), deltas.last().unwrap()["id"]);
                assert_eq!(payload["newCursor"], cursor, "as far as it goes itself");
                deltas
            }
            "delta" => vec![payload.clone()],
            _ => continue,
        };
        for delta in deltas {
            assert_eq!(delta["id"], last + 1, "in order, none missing");
            last += 1;
        }
    }
}
