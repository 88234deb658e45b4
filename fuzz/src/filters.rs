//! Filters of lists and queries: whatever is asked for is answered, or refused with a code.

use axum::http::Method;
use serde_json::Value;

use super::world;

/// The first byte chooses the route; the rest is a query string, or a batch of queries.
pub fn check(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    world::with(|world| {
        if choice % 2 == 0 {
            let (status, body) = world.ask(Method::POST, "/api/sync/query", rest);
            if status == 200 {
                let answer: Value = serde_json::from_str(&body).unwrap();
                assert!(answer["results"].as_array().unwrap().iter().all(Value::is_array), "{body}");
            }
            return;
        }
        // What a URL cannot hold is escaped; the rest is up to the sender.
        let query: String = rest
            .iter()
            .map(|byte| match byte {
                b'!' | b'$'..=b';' | b'=' | b'?'..=b'Z' | b'_' | b'a'..=b'z' | b'~' => char::from(*byte).to_string(),
                byte => world::percent(&[*byte]),
            })
            .collect();
        let (status, body) = world.ask(Method::GET, &format!("/v1/models/tasks?{query}"), b"");
        if status == 200 {
            let answer: Value = serde_json::from_str(&body).unwrap();
            assert!(answer["data"].as_array().unwrap().len() <= world::TASKS, "{body}");
        }
    });
}
