//! The same row write and log insert, written by hand; with a key also the answer to a request, in the same table.

use std::path::Path;
use std::sync::mpsc;

use ablo_runtime::store::Durability;
use rusqlite::{Connection, params};
use serde::Serialize;
use tokio::sync::oneshot;

#[derive(Clone)]
pub struct ByHand(mpsc::Sender<Request>);

struct Request {
    id: String,
    title: String,
    is_new: bool,
    key: Option<String>,
    reply: oneshot::Sender<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    id: &'a str,
    title: &'a str,
    note: &'a str,
    points: i64,
    count: Option<i64>,
    done: bool,
    due: Option<&'a str>,
    status: Option<&'a str>,
    extra: Option<&'a str>,
    inbox_id: Option<&'a str>,
    created_at: &'a str,
    updated_at: &'a str,
    organization_id: &'a str,
    created_by: &'a str,
}

const NOTE: &str = "a note of a usual length, as people write them";

impl ByHand {
    pub fn open(path: &Path, durability: Durability) -> Self {
        let (by_hand, writing) = Self::prepare(path, durability);
        std::thread::spawn(writing);
        by_hand
    }

    /// With what the writing thread has to run.
    pub fn prepare(path: &Path, durability: Durability) -> (Self, impl FnOnce() + Send + 'static) {
        let connection = Connection::open(path).unwrap();
        let synchronous = if durability == Durability::Full { "FULL" } else { "NORMAL" };
        connection
            .execute_batch(&format!(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA cache_size = -65536; \
                 PRAGMA temp_store = MEMORY;"
            ))
            .unwrap();
        connection.set_prepared_statement_cache_capacity(64);
        let (sender, receiver) = mpsc::channel();
        (Self(sender), move || write(&connection, &receiver))
    }

    pub async fn create(self, key: Option<String>, id: String) {
        self.send(key, id.clone(), id, true).await;
    }

    pub async fn update(self, key: Option<String>, id: String, title: String) {
        self.send(key, id, title, false).await;
    }

    async fn send(&self, key: Option<String>, id: String, title: String, is_new: bool) {
        let (reply, answer) = oneshot::channel();
        self.0.send(Request { id, title, is_new, key, reply }).unwrap();
        answer.await.unwrap();
    }
}

fn write(connection: &Connection, requests: &mpsc::Receiver<Request>) {
    while let Ok(first) = requests.recv() {
        let mut batch = vec![first];
        batch.extend(requests.try_iter().take(63));
        connection.prepare_cached("BEGIN IMMEDIATE").unwrap().execute([]).unwrap();
        let mut head: i64 = connection
            .prepare_cached("SELECT head FROM ablo_heads WHERE organization_id = 'org_1'")
            .unwrap()
            .query_row([], |row| row.get(0))
            .unwrap();
        let now = format!("{:.3}", ablo_schema::time::Timestamp::now());
        for request in &batch {
            if is_first(connection, request, head + 1, &now) {
                head += 1;
                one(connection, request, head, &now);
            }
        }
        let sql = "UPDATE ablo_heads SET head = ?1 WHERE organization_id = 'org_1'";
        connection.prepare_cached(sql).unwrap().execute([head]).unwrap();
        connection.prepare_cached("COMMIT").unwrap().execute([]).unwrap();
        for request in batch {
            let _ = request.reply.send(head);
        }
    }
}

/// Remembers the answer; a request that has been answered is not done again.
fn is_first(connection: &Connection, request: &Request, head: i64, now: &str) -> bool {
    let Some(key) = &request.key else { return true };
    let sql = "INSERT INTO ablo_idempotency (organization_id, scope, \"key\", request_hash, receipt, created_at) \
        VALUES ('org_1', 'system:sys', ?1, '', ?2, ?3) ON CONFLICT DO NOTHING";
    let answer = format!("{{\"lastSyncId\":{head}}}");
    connection.prepare_cached(sql).unwrap().execute(params![key, answer, now]).unwrap() == 1
}

fn one(connection: &Connection, request: &Request, head: i64, now: &str) {
    let Request { id, title, is_new, .. } = request;
    let sql = if *is_new {
        "INSERT INTO tasks (organization_id, id, title, note, points, count, done, due, status, extra, \"inbox_id\", \
         created_at, updated_at, created_by, archived_at, ablo_sync_id, ablo_created_id) \
         VALUES ('org_1', ?1, ?2, ?3, 3, NULL, 0, NULL, NULL, NULL, NULL, ?4, ?4, 'sys', NULL, ?5, ?5)"
    } else {
        "UPDATE tasks SET title = ?2, note = ?3, points = 3, count = NULL, done = 0, due = NULL, \
         extra = NULL, \"inbox_id\" = NULL, updated_at = ?4, created_by = 'sys', archived_at = NULL, ablo_sync_id = ?5 \
         WHERE organization_id = 'org_1' AND id = ?1"
    };
    let changed = connection.prepare_cached(sql).unwrap().execute(params![id, title, NOTE, now, head]).unwrap();
    assert_eq!(changed, 1);
    let data = serde_json::to_string(&Row {
        id,
        title,
        note: NOTE,
        points: 3,
        count: None,
        done: false,
        due: None,
        status: None,
        extra: None,
        inbox_id: None,
        created_at: now,
        updated_at: now,
        organization_id: "org_1",
        created_by: "sys",
    })
    .unwrap();
    let previous = (!is_new).then(|| format!("{{\"title\":{}}}", serde_json::to_string(title).unwrap()));
    let sql = "INSERT INTO ablo_deltas (organization_id, id, action_type, model_name, model_id, data, previous_data, \
        sync_groups, created_at, transaction_id, created_by, actor_id, actor_kind, on_behalf_of_id, on_behalf_of_kind, \
        capability_id, confirmation_state, backfill_provenance, caused_by_task_id, previous_id, hidden_from) \
        VALUES ('org_1', ?1, ?2, 'TaskModel', ?3, ?4, ?5, ?6, ?7, NULL, 'sys', 'sys', 'system', NULL, NULL, NULL, 'auto', \
        NULL, NULL, ?8, NULL)";
    let letter = if *is_new { "I" } else { "U" };
    let groups = "[\"user:sys\"]";
    let values = params![head, letter, id, data, previous, groups, now, head - 1];
    connection.prepare_cached(sql).unwrap().execute(values).unwrap();
}
