use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{Child, Kind};

pub const ROWS: usize = 1_000_000;

/// A million rows, sent to one client.
pub async fn run(kind: Kind) {
    let child = Child::start(kind);
    let full = child.memory("VmRSS");
    for _ in 0..2 {
        let before = child.memory("VmRSS");
        child.forget_peak();
        let (start, processor) = (Instant::now(), child.processor());
        let mut stream = TcpStream::connect(child.addr).await.unwrap();
        let request = format!(
            "GET /api/sync/bootstrap HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
            child.key
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let (mut buffer, mut bytes) = (vec![0; 256 << 10], 0);
        loop {
            match stream.read(&mut buffer).await.unwrap() {
                0 => break,
                read => bytes += read,
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "bootstrap of {ROWS} rows, {kind:?} ({:.0} MiB kept): {:.0} rows/s, {:.0} MB/s, {:.2} us of processor per row, peak +{:.0} MiB",
            full / 1024.0,
            ROWS as f64 / seconds,
            bytes as f64 / 1e6 / seconds,
            (child.processor() - processor) / ROWS as f64,
            (child.memory("VmHWM") - before) / 1024.0
        );
    }
}
