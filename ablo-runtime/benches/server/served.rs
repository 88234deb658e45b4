use ablo_runtime::server::{ServeOptions, StoreChoice, start};
use ablo_schema::ir::SchemaDef;
use ablo_schema::wire::{Action, Commit, CommitOperation, JsonText};

use crate::TITLE;
use crate::bootstrap::ROWS;
use crate::child::{Kind, announce};

/// Serves until it is killed.
pub async fn serve(kind: Kind) {
    let artifact = include_str!("../../../tests/conformance/schema.json");
    let mut options = ServeOptions::dev(SchemaDef::from_artifact(artifact).unwrap().validate().unwrap());
    options.server.limits.sockets_per_credential = 100_000;
    let folder = tempfile::tempdir().unwrap();
    if matches!(kind, Kind::Sqlite | Kind::FilledSqlite) {
        options.store = StoreChoice::Sqlite(folder.path().join("ablo.db"));
    }
    let running = start(options).await.unwrap();
    let key = running.ready.secret_key.clone().unwrap();
    if matches!(kind, Kind::Filled | Kind::FilledSqlite) {
        let session = running.server.caller(Some(&key)).await.unwrap().session;
        for chunk in 0..ROWS / 500 {
            let operations = (0..500).map(|at| {
                let mut operation = CommitOperation::new(Action::Create, "tasks", format!("t{}", chunk * 500 + at));
                let title = format!("{TITLE}, {chunk} {at}");
                operation.input = Some(JsonText::of(&serde_json::json!({"title": title, "priority": at})).unwrap());
                operation
            });
            let commit = Commit {
                operations: operations.collect(),
                client_tx_id: "".into(),
                idempotency_key: None,
                intent: None,
                caused_by_task_id: None,
            };
            session.commit(commit).await.unwrap();
        }
    }
    announce(running.ready.addr, &key);
    running.until(std::future::pending()).await.unwrap();
}
