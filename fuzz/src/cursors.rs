//! Cursors: a real one goes on where the page ended, and any other text is refused or is a place of its own.

use std::collections::HashSet;

use axum::http::Method;
use serde_json::Value;

use super::world::{self, World};

const ORDERS: [&str; 5] = ["id", "title", "rank", "dueAt", "done"];

/// The first byte chooses order and page size; the rest is the cursor.
pub fn check(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let order = ORDERS[usize::from(choice % 5)];
    let direction = if choice & 0x80 == 0 { "asc" } else { "desc" };
    let limit = usize::from(choice >> 4 & 7) + 1;
    let path = format!("/v1/models/tasks?order_by={order}&order={direction}&limit={limit}");
    world::with(|world| {
        let Some((first, next)) = page(world, &format!("{path}&starting_after={}", world::percent(rest))) else {
            return;
        };
        assert!(first.len() <= limit);
        let mut seen: HashSet<String> = first.into_iter().collect();
        let mut next = next;
        while let Some(cursor) = next {
            // A cursor the server gave is good, and pages do not overlap.
            let (ids, after) =
                page(world, &format!("{path}&starting_after={}", world::percent(cursor.as_bytes()))).unwrap();
            for id in ids {
                assert!(seen.insert(id), "{path} after {cursor}");
            }
            next = after;
        }
        assert!(seen.len() <= world::TASKS);
    });
}

fn page(world: &World, path: &str) -> Option<(Vec<String>, Option<String>)> {
    let (status, body) = world.ask(Method::GET, path, b"");
    let answer: Value = serde_json::from_str(&body).unwrap();
    let ids = (status == 200).then(|| answer["data"].as_array().unwrap().clone())?;
    let ids: Vec<String> = ids.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    Some((ids, answer["next_cursor"].as_str().map(str::to_owned)))
}
