use ablo_runtime::engine::Session;
use serde_json::json;

use super::support::*;

pub fn task(id: &str) -> serde_json::Value {
    json!({"title": id, "note": "a note of a usual length, as people write them", "points": 3, "done": false})
}

/// A thousand rows.
pub async fn fill(session: &Session) {
    for chunk in 0..10 {
        let rows = (0..100).map(|at| {
            let id = format!("row_{}", chunk * 100 + at);
            create("tasks", &id, task(&id))
        });
        session.commit(commit(rows)).await.unwrap();
    }
}
