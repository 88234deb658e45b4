use std::time::{Duration, Instant};

use crate::socket::Socket;
use crate::{Child, Kind, TITLE, create, quantiles};

/// How long a commit takes to reach another client, when nothing else happens and when another socket keeps 32 commits
/// in flight.
pub async fn run() {
    for kind in [Kind::Memory, Kind::Sqlite] {
        let child = Child::start(kind);
        let (mut writer, mut reader) =
            (Socket::ready(child.addr, &child.key).await, Socket::ready(child.addr, &child.key).await);
        let (median, late) = measure("idle", &mut writer, &mut reader).await;
        println!("{kind:?}: commit to another client, idle: p50 {median:.0} us, p99 {late:.0} us");
        let load = tokio::spawn(keep_busy(Socket::ready(child.addr, &child.key).await));
        // The writer reads too, or it would stall.
        let (median, late) = measure("busy", &mut writer, &mut reader).await;
        println!("{kind:?}: commit to another client, loaded: p50 {median:.0} us, p99 {late:.0} us");
        load.abort();
    }
}

async fn measure(tag: &str, writer: &mut Socket, reader: &mut Socket) -> (f64, f64) {
    let mut delays = Vec::new();
    for at in 0..500 {
        let id = format!("{tag}_{at}_");
        let start = Instant::now();
        writer.send(create(&id, TITLE)).await;
        while !reader.delta().await.contains(&id) {}
        delays.push(u64::try_from(start.elapsed().as_nanos()).unwrap());
        while !writer.delta().await.contains(&id) {}
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    quantiles(delays)
}

async fn keep_busy(mut socket: Socket) {
    for at in 0..32 {
        socket.send(create(&format!("load{at}"), TITLE)).await;
    }
    for at in 32_u64.. {
        while !socket.text().await.contains(r#""mutation_result""#) {}
        socket.send(create(&format!("load{at}"), TITLE)).await;
    }
}
