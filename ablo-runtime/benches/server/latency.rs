use std::time::{Duration, Instant};

use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::socket::Socket;
use crate::{Child, Kind, TITLE, create, quantiles};

type Writer = SplitSink<WebSocketStream<TcpStream>, Message>;

/// Commits that the load makes at once, and how often: less than every socket can take, or all would fall further and
/// further behind.
const AT_ONCE: usize = 32;
const EVERY: Duration = Duration::from_millis(5);

/// How long a commit takes to reach another client, when nothing else happens and when another socket commits as well.
pub async fn run() {
    for kind in [Kind::Memory, Kind::Sqlite] {
        let child = Child::start(kind);
        let (mut writer, mut reader) = (writer(&child).await, Socket::ready(child.addr, &child.key).await);
        let (median, late) = measure("idle", &mut writer, &mut reader).await;
        println!("{kind:?}: commit to another client, idle: p50 {median:.0} us, p99 {late:.0} us");
        let load = tokio::spawn(keep_busy(Socket::ready(child.addr, &child.key).await));
        let (median, late) = measure("busy", &mut writer, &mut reader).await;
        let rate = AT_ONCE as f64 / EVERY.as_secs_f64();
        println!("{kind:?}: the same beside {rate:.0} commits/s: p50 {median:.0} us, p99 {late:.0} us");
        load.abort();
    }
}

/// A socket that reads whatever comes: one that did not would be cut.
async fn writer(child: &Child) -> Writer {
    let (sink, mut frames) = Socket::ready(child.addr, &child.key).await.0.split();
    tokio::spawn(async move { while let Some(Ok(_)) = frames.next().await {} });
    sink
}

async fn measure(tag: &str, writer: &mut Writer, reader: &mut Socket) -> (f64, f64) {
    let mut delays = Vec::new();
    for at in 0..500 {
        let id = format!("{tag}_{at}_");
        let start = Instant::now();
        writer.send(Message::Text(create(&id, TITLE).into())).await.unwrap();
        let delta = loop {
            let delta = reader.delta().await;
            if delta.contains(&id) {
                break delta;
            }
        };
        delays.push(u64::try_from(start.elapsed().as_nanos()).unwrap());
        // As clients do that have applied it; rows they may not have applied are held back when there are many.
        let delta: serde_json::Value = serde_json::from_str(&delta).unwrap();
        let ack = serde_json::json!({"type": "ack", "payload": {"lastSyncId": delta["payload"]["id"]}});
        reader.send(ack.to_string()).await;
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    quantiles(delays)
}

async fn keep_busy(mut socket: Socket) {
    let mut ticks = tokio::time::interval(EVERY);
    for at in 0.. {
        ticks.tick().await;
        for commit in 0..AT_ONCE {
            socket.send(create(&format!("load{at}_{commit}"), TITLE)).await;
        }
        for _ in 0..AT_ONCE {
            while !socket.text().await.starts_with(r#"{"type":"mutation_result""#) {}
        }
    }
}
