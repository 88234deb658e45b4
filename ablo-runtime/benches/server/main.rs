//! What the server carries: `cargo bench -p ablo-runtime --features server,sqlite --bench server`, all of it or the parts
//! that are named after `--`: `pipeline`, `latency`, `fanout`, `stalled`, `bootstrap`.
//!
//! Servers run as processes of their own, so that their processor time and memory can be read; the load comes from this
//! one. By hand means: tokio-tungstenite, a list of channels, one text per commit that all sockets share, no rules.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod bootstrap;
mod by_hand;
mod child;
mod fanout;
mod latency;
mod pipeline;
mod served;

#[path = "../../tests/support/socket.rs"]
mod socket;

use child::{Child, Kind};

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        match Kind::asked() {
            Some(Kind::ByHand) => by_hand::serve().await,
            Some(kind) => served::serve(kind).await,
            None => load().await,
        }
    });
}

async fn load() {
    // Cargo adds options of its own.
    let parts: Vec<String> = std::env::args().skip(1).filter(|part| !part.starts_with('-')).collect();
    let asked = |part: &str| parts.is_empty() || parts.iter().any(|asked| asked == part);
    if asked("pipeline") {
        for kind in [Kind::Memory, Kind::Sqlite] {
            pipeline::run(kind).await;
        }
    }
    if asked("latency") {
        latency::run().await;
    }
    if asked("fanout") {
        for sockets in [1_000, 5_000] {
            for kind in [Kind::ByHand, Kind::Memory] {
                fanout::run(kind, sockets).await;
            }
        }
    }
    if asked("stalled") {
        fanout::stalled().await;
    }
    if asked("bootstrap") {
        for kind in [Kind::Filled, Kind::FilledSqlite] {
            bootstrap::run(kind).await;
        }
    }
}

/// The value below which this share of all is.
fn quantile(sorted: &[u64], share: f64) -> f64 {
    let at = ((sorted.len() as f64 * share) as usize).min(sorted.len() - 1);
    sorted[at] as f64 / 1_000.0
}

fn quantiles(mut nanoseconds: Vec<u64>) -> (f64, f64) {
    nanoseconds.sort_unstable();
    (quantile(&nanoseconds, 0.5), quantile(&nanoseconds, 0.99))
}

fn create(id: &str, title: &str) -> String {
    let operation =
        format!(r#"{{"type":"CREATE","model":"task","id":"{id}","input":{{"title":"{title}","priority":3}}}}"#);
    format!(r#"{{"type":"commit","payload":{{"clientTxId":"{id}","operations":[{operation}]}}}}"#)
}

const TITLE: &str = "a title of a usual length, as people write them";
