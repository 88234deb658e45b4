//! What becomes of writes when the process is told to stop.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;

use crate::serve::Server;

const ROUNDS: usize = 50;
/// How many writes are acknowledged before a round ends.
const ENOUGH: usize = 12;

/// What one writer knows: acknowledged writes, and those whose answer never came.
#[derive(Default)]
struct Known {
    acknowledged: Vec<String>,
    unknown: Vec<String>,
}

#[test]
fn fifty_sigterms_under_load_lose_nothing_and_repeat_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.db");
    let store = format!("sqlite:{}", file.display());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut key = None;
    let mut known = Known::default();
    for round in 0..ROUNDS {
        let mut server = Server::start(&["--store", &store]);
        let addr = server.text("addr").to_owned();
        // The same key all along: what it sent before is remembered as its own.
        let key = key.get_or_insert_with(|| server.text("secretKey").to_owned()).clone();
        runtime.block_on(async {
            for id in std::mem::take(&mut known.unknown) {
                let status = post(&addr, &key, &id).await;
                assert_eq!(status, Some(200), "{id} is repeated after the restart");
                known.acknowledged.push(id);
            }
            let count = Arc::new(AtomicUsize::new(0));
            let http = tokio::spawn(http_writer(addr.clone(), key.clone(), round, count.clone()));
            let socket = tokio::spawn(socket_writer(addr, key, round, count.clone()));
            let busy = async {
                while count.load(Ordering::Relaxed) < ENOUGH {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(60), busy).await.unwrap();
            server.tell_to_stop();
            for writer in [http.await.unwrap(), socket.await.unwrap()] {
                known.acknowledged.extend(writer.acknowledged);
                known.unknown.extend(writer.unknown);
            }
        });
        assert_eq!(server.child.wait().unwrap().code(), Some(0), "round {round}");
    }
    let file = rusqlite::Connection::open(file).unwrap();
    let mut log = file.prepare("SELECT model_id, COUNT(*) FROM ablo_deltas GROUP BY model_id").unwrap();
    let written = log.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let written: HashMap<String, i64> = written.collect::<Result<_, _>>().unwrap();
    for id in &known.acknowledged {
        assert_eq!(written.get(id), Some(&1), "{id} was acknowledged");
    }
    for id in &known.unknown {
        assert!(written.get(id).is_none_or(|times| *times == 1), "{id}");
    }
    let rows: i64 = file.query_row("SELECT COUNT(*) FROM notes", [], |row| row.get(0)).unwrap();
    assert_eq!(usize::try_from(rows).unwrap(), written.len());
    assert!(known.acknowledged.len() >= ROUNDS * ENOUGH);
}

#[test]
fn told_twice_it_ends_at_once() {
    for again in ["-TERM", "-INT"] {
        // Left alone it would go on for an hour.
        let mut server = Server::start(&["--lame-duck-seconds", "3600"]);
        server.tell_to_stop();
        until(|| server.request("GET", "/readyz", "", "").0 == 503, "it is draining");
        assert_eq!(server.request("GET", "/livez", "", "").0, 200);
        server.signal(again);
        until(|| server.child.try_wait().unwrap().is_some(), "it has ended");
        assert_eq!(server.child.wait().unwrap().code(), Some(130), "{again}");
    }
}

/// Waits for something that a process does by itself.
fn until(mut is_so: impl FnMut() -> bool, what: &str) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "not yet: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn commit(id: &str) -> Value {
    json!({ "clientTxId": id, "operations": [{ "type": "CREATE", "model": "notes", "id": id, "input": { "title": "x" } }] })
}

/// The status of a commit; `None` when no whole answer came.
async fn post(addr: &str, key: &str, id: &str) -> Option<u16> {
    let body = commit(id).to_string();
    let length = body.len();
    let head = format!(
        "POST /api/v1/commits HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(addr).await.ok()?;
    stream.write_all(head.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

async fn http_writer(addr: String, key: String, round: usize, count: Arc<AtomicUsize>) -> Known {
    let mut known = Known::default();
    for at in 0.. {
        let id = format!("http-{round}-{at}");
        if post(&addr, &key, &id).await != Some(200) {
            known.unknown.push(id);
            break;
        }
        known.acknowledged.push(id);
        count.fetch_add(1, Ordering::Relaxed);
    }
    known
}

/// Keeps a few commits under way, so that the end finds some in every state.
async fn socket_writer(addr: String, key: String, round: usize, count: Arc<AtomicUsize>) -> Known {
    let mut request = format!("ws://{addr}/api/sync/ws").into_client_request().unwrap();
    let protocols = format!("ablo.bearer.{key}, ablo.sync.v1");
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocols.parse().unwrap());
    let stream = TcpStream::connect(addr).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    let mut known = Known::default();
    let mut next = 0;
    let mut closed = None;
    while closed.is_none() {
        while known.unknown.len() < 8 {
            let id = format!("ws-{round}-{next}");
            next += 1;
            let frame = json!({ "type": "commit", "payload": commit(&id) }).to_string();
            known.unknown.push(id);
            if socket.send(Message::Text(frame.into())).await.is_err() {
                return known;
            }
        }
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                let frame: Value = serde_json::from_str(&text).unwrap();
                let receipt = &frame["payload"];
                if frame["type"] == "mutation_result" && receipt["success"] == true {
                    let id = receipt["clientTxId"].as_str().unwrap().to_owned();
                    known.unknown.retain(|other| *other != id);
                    known.acknowledged.push(id);
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
            Some(Ok(Message::Close(frame))) => closed = frame.map(|frame| u16::from(frame.code)),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return known,
        }
    }
    assert_eq!(closed, Some(1012));
    known
}
