use std::fmt::Write;

use ablo_runtime::engine::Session;
use ablo_runtime::server::{ServeOptions, Shared, router, start};
use ablo_schema::ir::{SchemaDef, ValidSchema};
use ablo_schema::wire::{Action, Commit, CommitOperation, JsonText};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

/// A schema with every kind of field and relation.
pub fn schema() -> ValidSchema {
    let artifact = include_str!("../../ablo-schema/tests/data/studio.json");
    SchemaDef::from_artifact(artifact).unwrap().validate().unwrap()
}

pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A server with some rows, asked without a network.
pub struct World {
    pub runtime: Runtime,
    router: Router,
    pub server: Shared,
    pub key: String,
}

thread_local! {
    static WORLD: World = World::new();
}

/// Runs with this thread's server. Nothing that is run may change its rows.
pub fn with<T>(run: impl FnOnce(&World) -> T) -> T {
    WORLD.with(run)
}

impl World {
    fn new() -> Self {
        let runtime = runtime();
        let running = runtime.block_on(start(ServeOptions::dev(schema()))).unwrap();
        let key = running.ready.secret_key.unwrap();
        let session = runtime.block_on(running.server.caller(Some(&key))).unwrap().session;
        runtime.block_on(fill(&session));
        Self { runtime, router: router(&running.server), server: running.server, key }
    }

    /// Sends a request and gives status and body.
    pub fn ask(&self, method: Method, path: &str, body: &[u8]) -> (u16, String) {
        let request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", self.key));
        let request = request.body(Body::from(body.to_vec())).unwrap();
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            assert!(status < 500, "{path} answers {status}: {body}");
            if status >= 400 {
                let answer: Value = serde_json::from_str(&body).unwrap();
                assert!(answer["code"].is_string() || answer["error"]["code"].is_string(), "{path} answers {body}");
            }
            (status, body)
        })
    }
}

/// How many tasks there are.
pub const TASKS: usize = 12;

async fn fill(session: &Session) {
    let create = |model: &str, id: String, input: Value| {
        let mut operation = CommitOperation::new(Action::Create, model, id);
        operation.input = Some(JsonText::of(&input).unwrap());
        operation
    };
    let mut operations = vec![
        create("workspaces", "w1".into(), json!({"name": "Äcker & Wiesen"})),
        create(
            "projects",
            "p1".into(),
            json!({"workspaceId": "w1", "name": "100%_\\", "budget": 9_007_199_254_740_991_i64}),
        ),
    ];
    for at in 0..TASKS {
        let due = (at % 3 == 0).then(|| format!("2026-0{}-01T00:00:00.000Z", at % 9 + 1));
        let status =
            session.engine().schema().model("tasks").unwrap().def().fields["status"].enum_values.clone().unwrap();
        operations.push(create(
            "tasks",
            format!("t{at}"),
            json!({
                "projectId": "p1", "title": format!("title {}", at % 4), "status": status[at % status.len()],
                "rank": at as f64 / 2.0 - 1.0, "done": at % 2 == 0, "dueAt": due, "notes": {"at": [at, null]},
                "parentTaskId": (at > 6).then(|| format!("t{}", at - 6)),
            }),
        ));
    }
    for (at, operation) in operations.into_iter().enumerate() {
        let commit = Commit {
            operations: vec![operation],
            client_tx_id: format!("fill{at}").as_str().into(),
            idempotency_key: None,
            intent: None,
            caused_by_task_id: None,
        };
        session.commit(commit).await.unwrap();
    }
}

/// Bytes as a value of a query string.
pub fn percent(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "%{byte:02X}");
        text
    })
}
