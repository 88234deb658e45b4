//! A bootstrap takes as much memory as a piece of it, however many rows there are, and so does the answer to a query. Alone
//! in its binary: it counts what the whole process allocates.
#![cfg(all(feature = "server", feature = "sqlite"))]
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "support/served.rs"]
mod served;
mod support;

use peak_alloc::PeakAlloc;
use serde_json::json;
use served::Served;
use support::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Most bytes that one answer may add: some chunks of text and one piece of rows.
const MOST: usize = 2 << 20;
/// So many that they are more than twice that, in whichever form.
const ROWS: usize = 20_000;

/// Bytes that an answer adds at its peak, and how many it has.
async fn asked(server: &Served, key: &str, request: &str, body: &str) -> (usize, usize) {
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let head = format!(
        "{request} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        key,
        body.len()
    );
    let (mut buffer, mut sent) = (vec![0; 64 << 10], 0);
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    stream.write_all(head.as_bytes()).await.unwrap();
    loop {
        match stream.read(&mut buffer).await.unwrap() {
            0 => return (MEMORY.peak_usage() - before, sent),
            read => sent += read,
        }
    }
}

#[tokio::test]
async fn the_peak_is_of_a_piece_not_of_all_rows() {
    for server in Served::over_every_store(schema).await {
        let session = server.server.caller(Some(&server.key)).await.unwrap().session;
        for rows in 0..ROWS / 100 {
            let some =
                (0..100).map(|at| create("tasks", &format!("t{}", rows * 100 + at), json!({"title": "a title"})));
            session.commit(commit(some)).await.unwrap();
        }
        let query = json!({ "queries": [{ "model": "tasks", "where": [["title", "a title"]] }] }).to_string();
        for (request, body) in [("GET /api/sync/bootstrap", ""), ("POST /api/sync/query", &query)] {
            let (peak, sent) = asked(&server, &server.key, request, body).await;
            println!("{request}: {sent} bytes: {peak} bytes more");
            assert!(sent > 2 * MOST && peak < MOST, "{request}: {sent} bytes: {peak} bytes more");
        }
        // Whoever sees none of them makes the server look at all of them.
        let narrow = json!({ "participantKind": "agent", "participantId": "a", "syncGroups": ["inbox:none"] });
        let (key, _) = server.session(&narrow).await;
        let (peak, sent) = asked(&server, &key, "GET /api/v1/models/tasks?limit=1", "").await;
        println!("a list of nothing: {sent} bytes: {peak} bytes more");
        assert!(sent < 1 << 10 && peak < MOST, "{sent} bytes: {peak} bytes more");
    }
}
