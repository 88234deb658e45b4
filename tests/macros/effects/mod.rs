//! What every word of the derives does once something runs: an engine, a client, a file of SQLite, a migration. The test
//! of a word is called after its place and itself, as in `options`, which looks at the artifact.

use ablo::{
    engine::{Committed, Engine, EngineOptions, Participant, Query as Ask, Related, Session},
    prelude::*,
    store::MemoryStore,
    wire::{Action, Commit, CommitOperation, JsonText},
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

mod complete;
mod enums;
mod field;
mod model;
mod query;
mod relation;
mod schema;

/// The application at an engine of its own, below the typed client.
async fn engine<S: Schema>() -> Session {
    let engine = Engine::open(S::schema().unwrap(), MemoryStore::new(), EngineOptions::default()).await.unwrap();
    engine.session(Participant::system("acme", "app"))
}

/// Writes one row as it comes over the wire.
async fn write(session: &Session, action: Action, model: &str, id: &str, input: Value) -> Result<Committed, AbloError> {
    let mut operation = CommitOperation::new(action, model, id);
    operation.input = Some(JsonText::of(&input).unwrap());
    let commit = Commit {
        operations: vec![operation],
        client_tx_id: Id::<()>::new().as_str().into(),
        idempotency_key: None,
        intent: None,
        caused_by_task_id: None,
    };
    session.commit(commit).await
}

/// Makes a row and gives the text of its delta.
async fn create(session: &Session, model: &str, id: &str, input: Value) -> Value {
    let committed = write(session, Action::Create, model, id, input).await.unwrap();
    serde_json::to_value(committed.deltas[0].delta.for_client()).unwrap()
}

/// The groups of the delta that makes a row.
async fn groups(session: &Session, model: &str, id: &str, input: Value) -> Vec<String> {
    let delta = create(session, model, id, input).await;
    delta["syncGroups"].as_array().unwrap().iter().map(|group| group.as_str().unwrap().to_owned()).collect()
}

/// The ids of the rows that a query finds.
async fn found(session: &Session, query: Ask) -> Vec<String> {
    let answers = session.query(&[query]).await.unwrap();
    answers.pages[0].rows.iter().map(|found| found.row.id.clone()).collect()
}

/// The ids of the rows that come along with the first row of a model.
async fn related(session: &Session, model: &str, relation: &str) -> Vec<String> {
    let query = Ask { related: vec![relation.to_owned()], ..Ask::of(model) };
    let answers = session.query(&[query]).await.unwrap();
    match &answers.pages[0].rows[0].related[0].1 {
        Related::One(row) => row.iter().map(|row| row.id.clone()).collect(),
        Related::Many(rows) => rows.iter().map(|row| row.id.clone()).collect(),
    }
}

/// A file of SQLite that an application keeps its rows in, and another look into it.
struct File<S: Schema> {
    ablo: Ablo<S>,
    tables: Connection,
    _folder: TempDir,
}

impl<S: Schema> File<S> {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.db");
        let ablo = Ablo::<S>::embedded(&path).organization("acme").await.unwrap();
        Self { ablo, tables: Connection::open(path).unwrap(), _folder: folder }
    }

    /// The first column of what a statement gives.
    fn texts(&self, sql: &str) -> Vec<String> {
        texts(&self.tables, sql)
    }
}

/// The first column of what a statement gives.
fn texts(tables: &Connection, sql: &str) -> Vec<String> {
    let mut statement = tables.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// The tables of an application's own database, as they are made for it.
fn provisioned<S: Schema>() -> Connection {
    let tables = Connection::open_in_memory().unwrap();
    let options = ablo::sql::Options::sqlite().with_foreign_keys();
    tables.execute_batch(&ablo::sql::provision(&S::schema().unwrap(), &options).to_string()).unwrap();
    tables
}

fn columns(tables: &Connection, table: &str) -> Vec<String> {
    texts(tables, &format!("SELECT name FROM pragma_table_info('{table}')"))
}

fn code<T>(result: Result<T, AbloError>) -> String {
    result.err().unwrap().code().as_str().to_owned()
}

/// Whether a schema's table becomes the next schema's by renaming, with its rows.
fn migrates<Old: Schema, New: Schema>(insert: &str, select: &str) -> Vec<String> {
    let options = ablo::sql::Options::sqlite();
    let tables = Connection::open_in_memory().unwrap();
    tables.execute_batch(&ablo::sql::provision(&Old::schema().unwrap(), &options).to_string()).unwrap();
    tables.execute_batch(insert).unwrap();
    let steps = ablo::migrate::diff(Some(&Old::def()), &New::def(), &ablo::migrate::Hints::default()).unwrap();
    let way = ablo::migrate::migrate(Some(&Old::def()), &New::def(), &steps, &options);
    tables.execute_batch(&way.up.to_string()).unwrap();
    texts(&tables, select)
}

/// Waits for something to become so, as long as it takes within reason.
async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..60_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    panic!("it never came to pass: {what}");
}
