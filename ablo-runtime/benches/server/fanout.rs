use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::socket::Socket;
use crate::{Child, Kind, TITLE, create, quantiles};

/// What the readers of all sockets share.
struct Heard {
    base: Instant,
    sent_at: AtomicU64,
    count: AtomicU64,
    wanted: AtomicU64,
    all: Notify,
    delays: std::sync::Mutex<Vec<u64>>,
}

struct Crowd {
    heard: Arc<Heard>,
    size: u64,
    writer: SplitSink<WebSocketStream<TcpStream>, Message>,
    written: u64,
    /// Kept open.
    _others: Vec<SplitSink<WebSocketStream<TcpStream>, Message>>,
}

async fn connect(kind: Kind, child: &Child) -> Socket {
    if kind == Kind::ByHand {
        let stream = TcpStream::connect(child.addr).await.unwrap();
        stream.set_nodelay(true).unwrap();
        return Socket(tokio_tungstenite::client_async(format!("ws://{}/", child.addr), stream).await.unwrap().0);
    }
    Socket::ready(child.addr, &child.key).await
}

impl Crowd {
    async fn gather(kind: Kind, child: &Child, size: u64) -> Self {
        let heard = Arc::new(Heard {
            base: Instant::now(),
            sent_at: AtomicU64::new(0),
            count: AtomicU64::new(0),
            wanted: AtomicU64::new(u64::MAX),
            all: Notify::new(),
            delays: std::sync::Mutex::default(),
        });
        let mut sinks = Vec::new();
        for _ in 0..size {
            let (sink, mut frames) = connect(kind, child).await.0.split();
            let heard = Arc::clone(&heard);
            tokio::spawn(async move {
                while let Some(Ok(message)) = frames.next().await {
                    let Message::Text(text) = message else { continue };
                    if text.starts_with(r#"{"payload":{"action"#) || text.starts_with(r#"{"type":"delta""#) {
                        let now = u64::try_from(heard.base.elapsed().as_nanos()).unwrap();
                        heard.delays.lock().unwrap().push(now - heard.sent_at.load(Ordering::Relaxed));
                        if heard.count.fetch_add(1, Ordering::Relaxed) + 1 == heard.wanted.load(Ordering::Relaxed) {
                            heard.all.notify_one();
                        }
                    }
                }
            });
            sinks.push(sink);
        }
        Self { heard, size, writer: sinks.pop().unwrap(), written: 0, _others: sinks }
    }

    /// Commits so many at once and waits until everybody has heard of all.
    async fn round(&mut self, commits: u64, title: &str) {
        let heard = Arc::clone(&self.heard);
        heard.wanted.store((self.written + commits) * self.size, Ordering::Relaxed);
        heard.sent_at.store(u64::try_from(heard.base.elapsed().as_nanos()).unwrap(), Ordering::Relaxed);
        for _ in 0..commits {
            self.written += 1;
            let frame = create(&format!("t{}", self.written), title);
            self.writer.feed(Message::Text(frame.into())).await.unwrap();
        }
        self.writer.flush().await.unwrap();
        tokio::time::timeout(Duration::from_secs(120), heard.all.notified()).await.unwrap();
    }

    fn delays(&self) -> (f64, f64) {
        quantiles(std::mem::take(&mut *self.heard.delays.lock().unwrap()))
    }
}

/// One commit to so many sockets, and a pipeline of them.
pub async fn run(kind: Kind, sockets: u64) {
    let child = Child::start(kind);
    let before = child.memory("VmRSS");
    let mut crowd = Crowd::gather(kind, &child, sockets).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!(
        "{kind:?}, {sockets} sockets: {:.1} KiB for an idle one",
        (child.memory("VmRSS") - before) / sockets as f64
    );
    crowd.round(1, TITLE).await;
    crowd.delays();

    let rounds = 100_000 / sockets;
    let processor = child.processor();
    for _ in 0..rounds {
        crowd.round(1, TITLE).await;
    }
    let per_message = (child.processor() - processor) / (rounds * sockets) as f64;
    let (median, late) = crowd.delays();
    println!(
        "  one commit: p50 {:.1} ms, p99 {:.1} ms; {per_message:.2} us of processor per message",
        median / 1e3,
        late / 1e3
    );

    let commits = 200_000 / sockets;
    let (mut processor, mut seconds) = (0.0, 0.0);
    for _ in 0..PIPELINES {
        // So long clients may take to apply what came before; a window does not carry over.
        tokio::time::sleep(Duration::from_millis(2_200)).await;
        let (before, start) = (child.processor(), Instant::now());
        crowd.round(commits, TITLE).await;
        seconds += start.elapsed().as_secs_f64();
        processor += child.processor() - before;
    }
    let messages = (PIPELINES * commits * sockets) as f64;
    println!(
        "  {PIPELINES} times {commits} in a pipeline: {:.0} messages/s; {:.2} us of processor per message",
        messages / seconds,
        processor / messages
    );
}

/// Pipelines one after the other: processor time is counted in hundredths of a second.
const PIPELINES: u64 = 5;

/// Pairs of rounds, with and without a stalled socket.
const ROUNDS: usize = 15;

/// What others notice of one that does not read.
pub async fn stalled() {
    let child = Child::start(Kind::Memory);
    let mut crowd = Crowd::gather(Kind::Memory, &child, 1_000).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let title = "x".repeat(8 << 10);
    crowd.round(5, &title).await;
    crowd.delays();
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let mut late = [0.0; 2];
        // Which of the two comes first changes, so that what drifts with time helps neither.
        for stalls in [round % 2 == 1, round % 2 == 0] {
            let stalled = if stalls { Some(silent(&child).await) } else { None };
            for _ in 0..60 {
                crowd.round(1, &title).await;
            }
            late[usize::from(stalls)] = crowd.delays().1;
            drop(stalled);
        }
        ratios.push(late[1] / late[0]);
    }
    ratios.sort_by(f64::total_cmp);
    let at = |share: usize| ratios[ROUNDS * share / 4];
    println!(
        "1000 sockets, 8 KiB, p99 with one more that does not read to p99 without, {ROUNDS} pairs of 60 commits: median {:.3}, half of them from {:.3} to {:.3}",
        at(2),
        at(1),
        at(3)
    );
}

/// A socket with a small window that never reads again.
async fn silent(child: &Child) -> TcpStream {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 << 10).unwrap();
    let mut stream = socket.connect(child.addr).await.unwrap();
    let request = format!(
        "GET /api/sync/ws?cursor= HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: ablo.bearer.{}, ablo.sync.v1\r\n\r\n",
        child.key
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    // Masked by zeros: a sync_request, so that deltas are sent at once.
    let payload = br#"{"type":"sync_request","payload":{"versions":{}}}"#;
    let mut frame = vec![0x81, 0x80 | u8::try_from(payload.len()).unwrap(), 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    let _ = stream.read(&mut [0; 512]).await.unwrap();
    stream.write_all(&frame).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    stream
}
