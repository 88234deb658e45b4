//! A server with a port of its own, and a client of its wire protocol that hides nothing.
#![allow(dead_code)]

use std::time::Duration;

use ablo_runtime::server::{Running, ServeOptions, Shared, StoreChoice, start};
use ablo_schema::ir::ValidSchema;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;

/// Nothing that is waited for takes nearly this long.
const LONG: Duration = Duration::from_secs(60);

/// A server that runs until this is dropped.
pub struct Served {
    pub server: Shared,
    pub addr: std::net::SocketAddr,
    pub key: String,
    stop: tokio::sync::oneshot::Sender<()>,
    serving: Serving,
    _folder: Option<tempfile::TempDir>,
}

impl Served {
    /// The same server over each store there is.
    pub async fn over_every_store(schema: impl Fn() -> ValidSchema) -> Vec<Self> {
        let mut servers = vec![Self::start(ServeOptions::dev(schema()), None).await];
        if cfg!(feature = "sqlite") {
            let folder = tempfile::tempdir().unwrap();
            let mut options = ServeOptions::dev(schema());
            options.store = StoreChoice::Sqlite(folder.path().join("a.db"));
            servers.push(Self::start(options, Some(folder)).await);
        }
        servers
    }

    pub async fn start(options: ServeOptions, folder: Option<tempfile::TempDir>) -> Self {
        let running: Running = start(options).await.unwrap();
        let (server, addr) = (running.server.clone(), running.ready.addr);
        let key = running.ready.secret_key.clone().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(async move { running.until(async { drop(stopped.await) }).await.unwrap() });
        Self { server, addr, key, stop, serving: Serving(serving), _folder: folder }
    }

    /// Stops it as a signal would, and waits until it is gone, its store with it.
    pub async fn stop(self) {
        let Self { server, stop, mut serving, .. } = self;
        drop((server, stop));
        tokio::time::timeout(LONG, &mut serving.0).await.unwrap().unwrap();
    }

    /// A request: status, headers in lower case, and body.
    pub async fn request(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, String, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n");
        let (status, head, body) = self.exchange(method, path, &headers, &body).await;
        (status, head, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    /// A request with these header lines: status, headers in lower case, and the body's text.
    pub async fn exchange(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String, String) {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: test\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        tokio::time::timeout(LONG, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let head = head.to_lowercase();
        let body = if head.contains("transfer-encoding: chunked") { unchunked(body) } else { body.to_owned() };
        (status, head, body)
    }

    pub async fn get(&self, path: &str, token: &str) -> Value {
        self.request("GET", path, token, &Value::Null).await.2
    }

    pub async fn post(&self, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let (status, _, body) = self.request("POST", path, token, body).await;
        (status, body)
    }

    /// A session: its token and its groups.
    pub async fn session(&self, body: &Value) -> (String, Vec<String>) {
        let (status, body) = self.post("/api/auth/capability", &self.key, body).await;
        assert_eq!(status, 200, "{body}");
        let groups = body["scope"]["syncGroups"].as_array().unwrap();
        (body["token"].as_str().unwrap().to_owned(), groups.iter().map(|g| g.as_str().unwrap().to_owned()).collect())
    }

    /// Commits over HTTP with the secret key.
    pub async fn commit(&self, operations: &Value) {
        let body = json!({ "clientTxId": uuid(), "operations": operations });
        let (status, body) = self.post("/api/v1/commits", &self.key, &body).await;
        assert_eq!(status, 200, "{body}");
    }

    /// Opens a socket as clients do, without saying anything yet.
    pub async fn open(&self, token: &str, groups: &[String]) -> Socket {
        let groups: String = groups.iter().map(|group| format!("&syncGroups={}", group.replace(':', "%3A"))).collect();
        let (socket, selected) =
            self.handshake(&format!("cursor={groups}"), &format!("ablo.bearer.{token}, ablo.sync.v1")).await;
        assert_eq!(selected, "ablo.sync.v1");
        socket
    }

    /// Opens a socket with a credential that may not work any more.
    pub async fn knock(&self, token: &str) -> Option<Socket> {
        let mut request = format!("ws://{}/api/sync/ws?cursor=", self.addr).into_client_request().unwrap();
        let protocols = format!("ablo.bearer.{token}, ablo.sync.v1");
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocols.parse().unwrap());
        let stream = TcpStream::connect(self.addr).await.unwrap();
        let (stream, _) = tokio_tungstenite::client_async(request, stream).await.ok()?;
        Some(Socket { stream, frames: Vec::new(), pings: 0 })
    }

    /// A handshake with this query that offers these subprotocols: the socket, and which one was selected.
    pub async fn handshake(&self, query: &str, protocols: &str) -> (Socket, String) {
        let mut request = format!("ws://{}/api/sync/ws?{query}", self.addr).into_client_request().unwrap();
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocols.parse().unwrap());
        let stream = TcpStream::connect(self.addr).await.unwrap();
        let (stream, response) = tokio_tungstenite::client_async(request, stream).await.unwrap();
        let selected = response.headers()[SEC_WEBSOCKET_PROTOCOL].to_str().unwrap().to_owned();
        (Socket { stream, frames: Vec::new(), pings: 0 }, selected)
    }

    /// Opens a socket and asks for everything after a sync id, as a client that gets every delta.
    pub async fn ready(&self, token: &str, groups: &[String], after: u64) -> Socket {
        let mut socket = self.open(token, groups).await;
        let asked = json!({ "cursor": null, "versions": {}, "lastSyncId": after, "capabilities": ["orderedStream"] });
        socket.send("sync_request", &asked).await;
        socket.next("sync_response", |_| true).await;
        socket
    }
}

struct Serving(tokio::task::JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        whole.push_str(&rest[..size]);
        body = rest[size..].trim_start_matches("\r\n");
    }
    whole
}

/// A name nobody else uses.
pub fn uuid() -> String {
    ablo_schema::typed::Id::<()>::new().to_string()
}

/// A socket and everything it was sent.
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    /// What nobody has asked for yet.
    pub frames: Vec<Value>,
    /// How often the server has asked whether it is there. The library answers.
    pub pings: usize,
}

impl Socket {
    pub async fn send(&mut self, kind: &str, payload: &Value) {
        self.send_raw(Message::Text(json!({ "type": kind, "payload": payload }).to_string().into())).await;
    }

    pub async fn send_raw(&mut self, message: Message) {
        self.stream.send(message).await.unwrap();
    }

    /// The next message; `Err` with code and reason when the server closes.
    async fn receive(&mut self) -> Result<Value, Option<(u16, String)>> {
        let told = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(frame(&text)),
                    Some(Ok(Message::Close(frame))) => {
                        return Err(frame.map(|frame| (frame.code.into(), frame.reason.to_string())));
                    }
                    Some(Ok(message)) => self.pings += usize::from(message.is_ping()),
                    Some(Err(_)) | None => return Err(None),
                }
            }
        };
        tokio::time::timeout(LONG, told).await.expect("the server says nothing")
    }

    /// The payload of the next frame of a kind that a test accepts. What came before it stays in `frames`.
    pub async fn next(&mut self, kind: &str, accept: impl Fn(&Value) -> bool) -> Value {
        let matches = |frame: &Value| frame["type"] == kind && accept(&frame["payload"]);
        if let Some(at) = self.frames.iter().position(matches) {
            return self.frames.remove(at)["payload"].take();
        }
        loop {
            let mut frame = self.receive().await.unwrap_or_else(|code| panic!("closed with {code:?} before {kind}"));
            if matches(&frame) {
                return frame["payload"].take();
            }
            self.frames.push(frame);
        }
    }

    /// Everything that was sent before the answer to a ping.
    pub async fn settle(&mut self) {
        self.send_raw(Message::Text(json!({ "type": "ping" }).to_string().into())).await;
        self.next("pong", |_| true).await;
    }

    /// Commits, and gives the receipt.
    pub async fn commit(&mut self, operations: &Value) -> Value {
        let name = uuid();
        self.send("commit", &json!({ "clientTxId": name, "operations": operations })).await;
        self.next("mutation_result", |payload| payload["clientTxId"] == name.as_str()).await
    }

    /// Reads whatever comes next, a question as well.
    pub async fn read(&mut self) {
        let message = tokio::time::timeout(LONG, self.stream.next()).await.expect("the server says nothing");
        self.pings += usize::from(message.unwrap().unwrap().is_ping());
    }

    /// Reads to the end without understanding or answering anything.
    pub async fn deaf(self) -> Vec<u8> {
        let (mut stream, mut heard) = (self.stream.into_inner(), Vec::new());
        tokio::time::timeout(LONG, stream.read_to_end(&mut heard)).await.unwrap().unwrap();
        heard
    }

    /// Goes, after everything that was sent.
    pub async fn hang_up(mut self) {
        self.stream.close(None).await.unwrap();
        while let Some(Ok(_)) = self.stream.next().await {}
    }

    /// Reads until the server closes, and gives the code.
    pub async fn closed(&mut self) -> Option<u16> {
        self.closed_with().await.map(|(code, _)| code)
    }

    /// Reads until the server closes, and gives code and reason.
    pub async fn closed_with(&mut self) -> Option<(u16, String)> {
        loop {
            match self.receive().await {
                Ok(frame) => self.frames.push(frame),
                Err(told) => return told,
            }
        }
    }

    /// This many more deltas as letter and row, in the alphabet's order.
    pub async fn deltas_of(&mut self, count: usize) -> Vec<String> {
        let mut deltas = Vec::new();
        while deltas.len() < count {
            deltas.push(named(&self.next("delta", |_| true).await));
        }
        deltas.sort();
        deltas
    }

    /// The deltas among the frames so far, as letter and row; forgets all frames.
    pub fn deltas(&mut self) -> Vec<String> {
        let frames = std::mem::take(&mut self.frames);
        let deltas = frames.iter().filter(|frame| frame["type"] == "delta").map(|frame| &frame["payload"]);
        deltas.map(named).collect()
    }
}

/// What a message says: a type and, unless there is nothing to say, a payload.
fn frame(text: &str) -> Value {
    let frame: Value = serde_json::from_str(text).unwrap();
    let members = frame.as_object().unwrap();
    assert!(members["type"].is_string() && members.keys().all(|name| name == "type" || name == "payload"), "{frame}");
    frame
}

fn named(delta: &Value) -> String {
    format!("{} {}", delta["actionType"].as_str().unwrap(), delta["modelId"].as_str().unwrap())
}
