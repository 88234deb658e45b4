use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::child::announce;

#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: String,
    payload: Payload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    client_tx_id: String,
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
struct Operation {
    model: String,
    id: String,
    input: Map<String, Value>,
}

#[derive(Default)]
struct Room {
    head: AtomicU64,
    peers: Mutex<HashMap<u64, UnboundedSender<Utf8Bytes>>>,
}

/// Serves until it is killed.
pub async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    announce(listener.local_addr().unwrap(), "none");
    let room = Arc::new(Room::default());
    for id in 0.. {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(socket(id, stream, Arc::clone(&room)));
    }
}

async fn socket(id: u64, stream: TcpStream, room: Arc<Room>) {
    stream.set_nodelay(true).unwrap();
    let config = WebSocketConfig::default().read_buffer_size(4 << 10).write_buffer_size(16 << 10);
    let mut socket = tokio_tungstenite::accept_async_with_config(stream, Some(config)).await.unwrap();
    let (sender, mut texts) = unbounded_channel();
    room.peers.lock().unwrap().insert(id, sender);
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let answer = commit(&room, &text);
                    socket.send(Message::Text(answer.into())).await.unwrap();
                }
                Some(Ok(_)) => {}
                _ => break,
            },
            Some(text) = texts.recv() => {
                let mut next = Some(text);
                while let Some(text) = next {
                    socket.feed(Message::Text(text)).await.unwrap();
                    next = texts.try_recv().ok();
                }
                socket.flush().await.unwrap();
            }
        }
    }
    room.peers.lock().unwrap().remove(&id);
}

/// Sends one text to everyone and answers.
fn commit(room: &Room, text: &str) -> String {
    let Ok(frame) = serde_json::from_str::<Frame>(text) else { return r#"{"type":"sync_response"}"#.to_owned() };
    assert_eq!(frame.kind, "commit");
    let mut head = 0;
    for operation in frame.payload.operations {
        head = room.head.fetch_add(1, Ordering::Relaxed) + 1;
        // The whole row, so that as much is sent as the protocol sends.
        let (now, who) = ("2026-01-01T00:00:00.000Z", "sys_0123456789abcdef01234567");
        let mut row = json!({
            "id": operation.id, "title": null, "status": null, "priority": null, "urgent": null, "dueAt": null,
            "meta": null, "orderKey": null, "projectId": null, "createdAt": now, "updatedAt": now,
            "organizationId": "org_dev", "createdBy": who,
        });
        for (field, value) in operation.input {
            row[field] = value;
        }
        let delta = json!({"type": "delta", "payload": {
            "id": head, "actionType": "I", "modelName": operation.model, "modelId": operation.id, "data": row,
            "syncGroups": ["org:org_dev", format!("user:{who}")], "createdAt": now,
        }});
        let text = Utf8Bytes::from(delta.to_string());
        for peer in room.peers.lock().unwrap().values() {
            let _ = peer.send(text.clone());
        }
    }
    json!({"type": "mutation_result", "payload":
        {"clientTxId": frame.payload.client_tx_id, "success": true, "lastSyncId": head}})
    .to_string()
}
