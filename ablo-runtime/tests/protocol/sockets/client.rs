//! A realtime client's side of the socket: it sends what version 0.9.0 sends and in its order.

use std::ops::{Deref, DerefMut};

use serde_json::{Value, json};

use crate::served::{Served, Socket, uuid};

/// What it says that it can take.
const CAPABILITIES: [&str; 4] = ["partialBootstrap", "compressedDeltas", "streamingBootstrap", "batchedDeltas"];

pub struct Client {
    pub socket: Socket,
    pub token: String,
    groups: Vec<String>,
    is_agent: bool,
}

impl Deref for Client {
    type Target = Socket;
    fn deref(&self) -> &Socket {
        &self.socket
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Socket {
        &mut self.socket
    }
}

impl Client {
    /// A person's client, started: bootstrap, socket, first frames, first answer.
    pub async fn user(served: &Served, id: &str) -> Self {
        let (token, groups) = served.session(&json!({ "participantKind": "user", "participantId": id })).await;
        Self::start(served, token, groups, false).await
    }

    /// An agent's client, started: it does not bootstrap.
    pub async fn agent(served: &Served, id: &str, limits: Value) -> Self {
        let mut asked = json!({ "participantKind": "agent", "participantId": id });
        asked.as_object_mut().unwrap().extend(limits.as_object().cloned().unwrap_or_default());
        let (token, groups) = served.session(&asked).await;
        Self::start(served, token, groups, true).await
    }

    pub async fn start(served: &Served, token: String, groups: Vec<String>, is_agent: bool) -> Self {
        if !is_agent {
            served.get("/api/sync/bootstrap?models=Project%2CTask%2CPlanModel", &token).await;
        }
        let socket = Self::open(served, &token, &groups, is_agent, "").await;
        let mut client = Self { socket, token, groups, is_agent };
        client.ready(None, 0).await;
        client
    }

    /// The same client on a new socket, which has not said anything yet.
    pub async fn again(&self, served: &Served, cursor: &str) -> Self {
        let socket = Self::open(served, &self.token, &self.groups, self.is_agent, cursor).await;
        Self { socket, token: self.token.clone(), groups: self.groups.clone(), is_agent: self.is_agent }
    }

    /// The cursor of a position: what the server says of its head, with another number.
    pub async fn cursor_at(&self, served: &Served, id: u64) -> String {
        let answer = self.again(served, "").await.request(None, 0).await;
        let cursor = answer["newCursor"].as_str().unwrap();
        format!("{}-{id}", cursor.split_once('-').unwrap().0)
    }

    async fn open(served: &Served, token: &str, groups: &[String], is_agent: bool, cursor: &str) -> Socket {
        let kind = if is_agent { "&kind=agent" } else { "" };
        let groups: String = groups.iter().map(|group| format!("&syncGroups={}", group.replace(':', "%3A"))).collect();
        let query = format!("cursor={cursor}{kind}{groups}");
        served.handshake(&query, &format!("ablo.bearer.{token}, ablo.sync.v1")).await.0
    }

    /// What it sends when its socket opens, and the answer.
    pub async fn ready(&mut self, cursor: Option<&str>, applied: u64) -> Value {
        self.send("presence_update", &json!({ "status": "online", "timezone": "UTC" })).await;
        if applied > 0 {
            self.ack(applied).await;
        }
        self.request(cursor, applied).await
    }

    pub async fn request(&mut self, cursor: Option<&str>, applied: u64) -> Value {
        let versions = json!({ "project": 0, "task": 0, "notes": 0 });
        let request =
            json!({ "cursor": cursor, "versions": versions, "lastSyncId": applied, "capabilities": CAPABILITIES });
        self.send("sync_request", &request).await;
        self.next("sync_response", |_| true).await
    }

    /// The frame that moves its cursor from zero.
    pub async fn primed(&mut self) -> Value {
        self.next("sync_response", |answer| answer["deltas"][0]["modelId"] == "__cursor__").await
    }

    pub async fn ack(&mut self, id: u64) {
        self.send("ack", &json!({ "lastSyncId": id, "versions": { "project": 0, "task": 0, "notes": 0 } })).await;
    }

    /// The next delta of a row. It is acknowledged, as everything before it.
    pub async fn delta(&mut self, row: &str) -> Value {
        let delta = self.next("delta", |delta| delta["modelId"] == row).await;
        self.ack(delta["id"].as_u64().unwrap()).await;
        delta
    }

    /// Announces a claim, under the schema key as `ablo.tasks.claim` does.
    pub async fn begin(&mut self, claim: &str, row: &str, more: Value) {
        let mut begin = json!({ "intentId": claim, "entityType": "tasks", "entityId": row, "action": "editing" });
        begin.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        self.send("intent_begin", &begin).await;
    }

    /// Holds a row.
    pub async fn hold(&mut self, claim: &str, row: &str) {
        self.begin(claim, row, json!({ "queue": true })).await;
        self.next("intent_acquired", |acquired| acquired["intentId"] == claim).await;
    }

    /// Stands in line for a row, at this place.
    pub async fn wait(&mut self, claim: &str, row: &str, position: u64) {
        self.begin(claim, row, json!({ "queue": true })).await;
        let queued = self.next("intent_queued", |queued| queued["intentId"] == claim).await;
        assert_eq!(queued["position"], position, "{queued}");
    }

    pub async fn abandon(&mut self, claim: &str, row: &str) {
        self.send("intent_abandon", &json!({ "intentId": claim, "entityType": "tasks", "entityId": row })).await;
    }

    /// The frames of these types since they were last asked for, after everything under way has been read.
    pub async fn seen(&mut self, kinds: &[&str]) -> Vec<Value> {
        self.settle().await;
        let frames = std::mem::take(&mut self.socket.frames);
        frames.into_iter().filter(|frame| kinds.contains(&frame["type"].as_str().unwrap())).collect()
    }
}

pub fn create(model: &str, id: &str, input: Value) -> Value {
    json!({ "type": "CREATE", "model": model, "id": id, "input": input, "transactionId": format!("tx_{}", uuid()) })
}

pub fn update(id: &str, input: Value) -> Value {
    json!({ "type": "UPDATE", "model": "task", "id": id, "input": input, "transactionId": format!("tx_{}", uuid()) })
}

pub fn remove(id: &str) -> Value {
    json!({ "type": "DELETE", "model": "task", "id": id, "transactionId": format!("tx_{}", uuid()) })
}
