//! A running server, and small clients of it.

use ablo_runtime::server::{Running, ServeOptions, Shared, start};
use ablo_schema::ir::{SchemaDef, ValidSchema};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;

/// How long anything is waited for before a test gives up. Nothing is measured by it.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

pub fn schema() -> ValidSchema {
    let artifact = include_str!("../../../tests/conformance/schema.json");
    SchemaDef::from_artifact(artifact).unwrap().validate().unwrap()
}

pub struct TestServer {
    pub addr: std::net::SocketAddr,
    pub key: String,
    pub server: Shared,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl TestServer {
    pub async fn with(change: impl FnOnce(&mut ServeOptions)) -> Self {
        let mut options = ServeOptions::dev(schema());
        change(&mut options);
        Self::of(start(options).await.unwrap())
    }

    pub fn of(running: Running) -> Self {
        let (addr, key) = (running.ready.addr, running.ready.secret_key.clone().unwrap());
        let server = running.server.clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move { running.until(async move { drop(stopped.await) }).await.unwrap() });
        Self { addr, key, server, stop: Some(stop), task }
    }

    /// Tells it to stop.
    pub fn tell(&mut self) {
        drop(self.stop.take());
    }

    /// Stops it and waits until it is gone, its store with it.
    pub async fn stop(mut self) {
        self.tell();
        drop(self.server);
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap();
    }

    pub async fn http(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.request(method, path, &self.key, "", &body.to_string()).await
    }

    pub async fn request(&self, method: &str, path: &str, key: &str, headers: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\n{headers}\
             content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), text: body.to_owned() }
    }

    /// A socket of a session of its own, which has said that it is ready.
    pub async fn ready(&self, user: &str) -> Socket {
        let mut socket = self.socket(&self.session(user).await, "").await;
        socket.say("sync_request", json!({ "lastSyncId": 0 })).await;
        socket.next("sync_response").await;
        socket
    }

    pub async fn session(&self, user: &str) -> String {
        let body = json!({ "participantKind": "user", "participantId": user, "ttlSeconds": 900 });
        let answer = self.http("POST", "/api/auth/capability", &body).await;
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    pub async fn socket(&self, key: &str, query: &str) -> Socket {
        self.socket_with(key, query, &[]).await
    }

    pub async fn socket_with(&self, key: &str, query: &str, headers: &[(&'static str, &str)]) -> Socket {
        let mut request = format!("ws://{}/api/sync/ws?{query}", self.addr).into_client_request().unwrap();
        let protocols = format!("ablo.bearer.{key}, ablo.sync.v1");
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocols.parse().unwrap());
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(self.addr).await.unwrap();
        Socket(tokio_tungstenite::client_async(request, stream).await.unwrap().0)
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// In lower case.
    pub head: String,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }
}

pub struct Socket(pub WebSocketStream<TcpStream>);

impl Socket {
    pub async fn say(&mut self, kind: &str, payload: Value) {
        self.text(json!({ "type": kind, "payload": payload }).to_string()).await;
    }

    pub async fn text(&mut self, text: String) {
        self.0.send(Message::Text(text.into())).await.unwrap();
    }

    pub async fn create(&mut self, id: &str, title: &str) {
        let operation = json!({ "type": "CREATE", "model": "task", "id": id, "input": { "title": title } });
        self.say("commit", json!({ "clientTxId": id, "operations": [operation] })).await;
    }

    pub async fn message(&mut self) -> Message {
        tokio::time::timeout(PATIENCE, self.0.next()).await.unwrap().unwrap().unwrap()
    }

    /// The payload of the next frame of this kind; others are passed over.
    pub async fn next(&mut self, kind: &str) -> Value {
        loop {
            match self.message().await {
                Message::Text(text) => {
                    let mut frame: Value = serde_json::from_str(&text).unwrap();
                    if frame["type"] == kind {
                        return frame["payload"].take();
                    }
                }
                Message::Close(frame) => panic!("closed while waiting for {kind}: {frame:?}"),
                _ => {}
            }
        }
    }

    /// The code and reason it is closed with.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(frame) = self.message().await {
                let frame = frame.unwrap();
                return (frame.code.into(), frame.reason.to_string());
            }
        }
    }
}
