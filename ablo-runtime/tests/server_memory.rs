//! What sockets cost in memory: one that is idle, one that floods, one that does not read. The program's allocator counts,
//! so nothing else may run beside these; it is one test.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::alloc::System;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ablo_runtime::server::{ServeOptions, start};
use ablo_schema::ir::SchemaDef;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
/// How long anything is waited for before the test gives up. Nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Bytes of the heap that are in use.
fn in_use() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated.saturating_sub(stats.bytes_deallocated)
}

/// A socket whose frames are made by hand, so that it keeps no memory of its own.
async fn connect(addr: std::net::SocketAddr, key: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    // The network is to hold little of what nobody reads.
    socket.set_recv_buffer_size(4 << 10).unwrap();
    let mut stream = socket.connect(addr).await.unwrap();
    let head = format!(
        "GET /api/sync/ws HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: ablo.bearer.{key}, ablo.sync.v1\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(tokio::time::timeout(PATIENCE, stream.read_u8()).await.unwrap().unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
    stream
}

/// A text frame as clients send it, with a mask of zeros.
fn frame(text: &str) -> Vec<u8> {
    let mut bytes = vec![0x81];
    match text.len() {
        length @ 0..126 => bytes.push(0x80 | u8::try_from(length).unwrap()),
        length @ 126..65_536 => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(text.as_bytes());
    bytes
}

/// Reads until a text has come so many times.
async fn read_until(stream: &mut TcpStream, text: &[u8], mut times: usize) {
    let (mut buffer, mut kept) = (vec![0; 16 * KIB], Vec::new());
    while times > 0 {
        let count = tokio::time::timeout(PATIENCE, stream.read(&mut buffer)).await.unwrap().unwrap();
        assert!(count > 0, "the socket ended");
        kept.extend_from_slice(&buffer[..count]);
        let found = kept.windows(text.len()).filter(|window| *window == text).count();
        times = times.saturating_sub(found);
        // Half a text may stand at the end; a whole one has been counted.
        let whole = kept.ends_with(text);
        kept.drain(..kept.len().saturating_sub(if whole { 0 } else { text.len() - 1 }));
    }
}

const PONG: &[u8] = br#""type":"pong""#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_cost_little_whatever_they_do() {
    let artifact = include_str!("../../tests/conformance/schema.json");
    let mut options = ServeOptions::dev(SchemaDef::from_artifact(artifact).unwrap().validate().unwrap());
    options.server.limits.sockets_per_credential = 1_000;
    // Whoever does not read is to be seen, not to be cut.
    options.server.limits.write_timeout = PATIENCE * 10;
    options.server.limits.idle_timeout = PATIENCE * 10;
    let running = start(options).await.unwrap();
    let (addr, key) = (running.ready.addr, running.ready.secret_key.clone().unwrap());
    tokio::spawn(running.until(std::future::pending()));
    let ping = frame(r#"{"type":"ping"}"#);

    let mut first = connect(addr, &key).await;
    first.write_all(&ping).await.unwrap();
    read_until(&mut first, PONG, 1).await;
    let before = in_use();
    let mut idle = Vec::new();
    for _ in 0..200 {
        let mut stream = connect(addr, &key).await;
        stream.write_all(&ping).await.unwrap();
        read_until(&mut stream, PONG, 1).await;
        idle.push(stream);
    }
    let each = in_use().saturating_sub(before) / idle.len();
    // Four of these are for what is read; the client's end of each, which this program keeps as well, is counted in.
    assert!(each < 12 * KIB, "an idle socket takes {each} bytes");
    drop(idle);

    // What is of no concern is read and dropped.
    let before = in_use();
    let noise = frame(&format!(r#"{{"type":"noise","payload":"{}"}}"#, "x".repeat(200 * KIB)));
    let mut most = 0;
    for _ in 0..400 {
        first.write_all(&noise).await.unwrap();
        most = most.max(in_use().saturating_sub(before));
    }
    first.write_all(&ping).await.unwrap();
    read_until(&mut first, PONG, 1).await;
    assert!(most < 2 * MIB, "{most} bytes while 80 MiB were read");

    // Whoever asks without reading what is answered is not read any further. When nothing moves for a while all that the
    // network takes has been taken; looked at too early there would be less to see, not more.
    const COMMITS: usize = 100_000;
    let commit = frame(&format!(r#"{{"type":"commit","payload":{{"clientTxId":"{}"}}}}"#, "x".repeat(KIB)));
    let before = in_use();
    let (mut read, mut write) = first.into_split();
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let flood = tokio::spawn(async move {
        while count.load(Ordering::SeqCst) < COMMITS && write.write_all(&commit).await.is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let (mut most, mut still, mut last) = (0, 0, 0);
    while still < 200 && last < COMMITS {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let now = sent.load(Ordering::SeqCst);
        still = if now == last { still + 1 } else { 0 };
        last = now;
        most = most.max(in_use().saturating_sub(before));
    }
    assert!(most < 2 * MIB, "{most} bytes while {last} commits were sent and no answer read");
    assert!(last < COMMITS, "nobody was held back");
    let mut buffer = vec![0; 16 * KIB];
    assert!(read.read(&mut buffer).await.unwrap() > 0, "it goes on where it stood");
    flood.abort();
}
