//! How a server stops. What the process does when it is told to is tested with the binary.

use std::time::Duration;

use ablo_runtime::engine::Query;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{PATIENCE, TestServer};

#[tokio::test]
async fn a_lame_duck_is_not_ready_but_serves_on() {
    let mut server = TestServer::with(|options| options.server.lame_duck = PATIENCE * 60).await;
    let mut socket = server.ready("before").await;
    assert_eq!(server.http("GET", "/readyz", &Value::Null).await.status, 200);
    server.tell();
    let unready = async {
        while server.http("GET", "/readyz", &Value::Null).await.status != 503 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, unready).await.unwrap();
    assert_eq!(server.http("GET", "/readyz", &Value::Null).await.text, "draining");
    assert_eq!(server.http("GET", "/livez", &Value::Null).await.status, 200);
    socket.create("t1", "still").await;
    assert_eq!(socket.next("mutation_result").await["success"], true);
    let mut late = server.ready("after").await;
    late.create("t2", "served").await;
    assert_eq!(late.next("mutation_result").await["success"], true);
}

#[tokio::test]
async fn sockets_are_asked_to_come_back_each_at_its_own_time() {
    let mut server = TestServer::with(|_| {}).await;
    let mut sockets = Vec::new();
    for at in 0..8 {
        sockets.push(server.ready(&format!("u{at}")).await);
    }
    server.tell();
    let mut times = std::collections::BTreeSet::new();
    for socket in &mut sockets {
        let (code, reason) = socket.closed().await;
        let time = reason.strip_prefix("the server is restarting; retry_after=").unwrap();
        assert_eq!(code, 1012);
        assert!((0.0..=5.0).contains(&time.parse::<f64>().unwrap()), "{reason}");
        times.insert(time.to_owned());
    }
    assert!(times.len() > 1, "{times:?}");
    drop(sockets);
    server.stop().await;
}

#[tokio::test]
async fn what_was_written_before_the_end_is_answered() {
    let mut server = TestServer::with(|_| {}).await;
    let mut socket = server.ready("u").await;
    for at in 0..50 {
        socket.create(&format!("t{at}"), "x").await;
    }
    assert_eq!(socket.next("mutation_result").await["success"], true);
    server.tell();
    let mut confirmed = 1;
    loop {
        match socket.message().await {
            Message::Close(frame) => {
                assert_eq!(frame.map(|frame| u16::from(frame.code)), Some(1012));
                break;
            }
            Message::Text(text) => {
                let frame: Value = serde_json::from_str(&text).unwrap();
                confirmed += usize::from(frame["type"] == "mutation_result" && frame["payload"]["success"] == true);
            }
            _ => {}
        }
    }
    let session = server.server.caller(Some(&server.key)).await.unwrap().session;
    assert_eq!(session.count(&Query::of("tasks")).await.unwrap(), confirmed);
    drop(session);
    server.stop().await;
}
