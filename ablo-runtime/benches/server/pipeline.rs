use std::time::{Duration, Instant};

use crate::socket::Socket;
use crate::{Child, Kind, TITLE, create, quantiles};

/// As many commits as a connection may have in flight.
const IN_FLIGHT: usize = 256;

/// Commits per second over one socket that does not wait for answers.
pub async fn run(kind: Kind) {
    let child = Child::start(kind);
    let mut socket = Socket::ready(child.addr, &child.key).await;
    let (start, length) = (Instant::now(), Duration::from_secs(5));
    let (mut sent_at, mut delays) = (Vec::new(), Vec::new());
    while start.elapsed() < length || delays.len() < sent_at.len() {
        while start.elapsed() < length && sent_at.len() - delays.len() < IN_FLIGHT {
            sent_at.push(Instant::now());
            socket.send(create(&format!("t{}", sent_at.len()), TITLE)).await;
        }
        // Answers come in order.
        if socket.text().await.starts_with(r#"{"type":"mutation_result""#) {
            delays.push(u64::try_from(sent_at[delays.len()].elapsed().as_nanos()).unwrap());
        }
    }
    let (count, seconds) = (delays.len() as f64, start.elapsed().as_secs_f64());
    let (median, late) = quantiles(delays);
    println!(
        "{kind:?}: {:.0} commits/s over one socket with {IN_FLIGHT} in flight; p50 {:.1} ms, p99 {:.1} ms; {:.1} us of processor",
        count / seconds,
        median / 1e3,
        late / 1e3,
        child.processor() / count
    );
}
