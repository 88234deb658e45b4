//! How often a commit allocates: `cargo bench -p ablo-runtime --bench allocations`. A program of its own, because counting
//! slows every allocation down.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

#[path = "engine/rows.rs"]
mod rows;
#[path = "../tests/support/mod.rs"]
mod support;

use std::alloc::System;

use serde_json::json;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use support::*;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let engine = memory().await;
    let session = system(&engine);
    rows::fill(&session).await;
    let requests: Vec<_> = (0..1000)
        .map(|at| keyed(&format!("k{at}"), [update("tasks", &format!("row_{at}"), json!({"title": "x"}))]))
        .collect();
    let region = Region::new(ALLOCATOR);
    for request in requests {
        session.commit(request).await.unwrap();
    }
    let count = region.change().allocations as f64 / 1000.0;
    println!("allocations per update commit, memory, from the request to the receipt: {count:.1}");
}
