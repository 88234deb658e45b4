use std::sync::Arc;
use std::sync::atomic::Ordering;

use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::ObjectWriter;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::caller::Caller;
use super::failure::Failure;
use super::input::Params;
use crate::engine::{BootstrapReader, Piece};
use crate::server::auth::Credential;
use crate::server::state::Shared;
use crate::server::telemetry;

/// Bytes that are handed over at once.
const CHUNK: usize = 64 << 10;

/// `GET /sync/bootstrap`: every row of the models asked for, of one moment, with the head of that moment.
///
/// The rows are read and written piece by piece, as fast as the client takes them. When that takes too long, or the
/// store fails, the answer is broken off in the middle of the transfer: it is never taken for a whole one.
pub async fn bootstrap(State(server): State<Shared>, caller: Caller, params: Params) -> Result<Response, Failure> {
    let names: Option<Vec<&str>> =
        params.get("models").map(|names| names.split(',').filter(|name| !name.is_empty()).collect());
    let (known, failed): (Vec<&str>, Vec<&str>) =
        names.into_iter().flatten().partition(|name| server.schema.resolve(name).is_some());
    let asked: Vec<&str> = params.all("syncGroups").collect();
    let groups = server.asked(&caller.credential, &asked);
    let models = params.get("models").map(|_| known.as_slice());
    let rows = caller.session.read_bootstrap(models, groups).await?;
    let head = rows.head().0;
    let failed = serde_json::to_string(&failed).unwrap_or_default();
    let start = format!(
        "{{\"type\":\"full\",\"lastSyncId\":{head},\"timestamp\":{},\"failedModels\":{failed},\"models\":{{",
        server.millis()
    );
    server.bootstrapped(&caller.credential, head);
    let (chunks, taken) = mpsc::channel(1);
    let deadline = Instant::now() + server.options.limits.bootstrap_timeout;
    server.metrics.bootstraps.fetch_add(1, Ordering::Relaxed);
    let sending = Sending { server, credential: caller.credential, rows, chunks, deadline };
    let sending = async move { sending.run(start.into_bytes()).await.map_err(telemetry::told) };
    let sent = tokio::spawn(sending.in_current_span());
    let body = stream::unfold(Some((taken, sent)), |state| async {
        let (mut taken, sent) = state?;
        match taken.recv().await {
            Some(chunk) => Some((Ok(chunk), Some((taken, sent)))),
            // Only what ended well ends the answer.
            None => match sent.await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some((Err(error), None)),
                Err(_) => Some((Err(Code::InternalError.into()), None)),
            },
        }
    });
    Ok(([(CONTENT_TYPE, "application/json")], Body::from_stream(body)).into_response())
}

/// Writes rows as they are read.
struct Sending {
    server: Shared,
    credential: Arc<Credential>,
    rows: BootstrapReader,
    chunks: mpsc::Sender<Bytes>,
    deadline: Instant,
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.server.metrics.bootstraps.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Sending {
    async fn run(mut self, mut text: Vec<u8>) -> Result<(), AbloError> {
        let schema = Arc::clone(&self.server.schema);
        let broken = |_| AbloError::new(Code::InternalError, "A stored row has no JSON form.");
        let mut before_model = "";
        // `None` between two models.
        let mut before_row = None;
        while let Some(piece) = self.read().await? {
            let model = schema.at(piece.model);
            let mut comma = before_row.unwrap_or_else(|| {
                let name = serde_json::Value::from(model.def().typename.as_str());
                text.extend_from_slice(format!("{before_model}{name}:[").as_bytes());
                before_model = ",";
                ""
            });
            for row in &piece.rows {
                text.extend_from_slice(comma.as_bytes());
                comma = ",";
                let mut object = ObjectWriter::begin(&mut text);
                row.write(model.shape(), &mut object).map_err(broken)?;
                object.end();
                if text.len() >= CHUNK {
                    self.send(std::mem::replace(&mut text, Vec::with_capacity(CHUNK * 2))).await?;
                }
            }
            before_row = (!piece.is_last).then_some(comma);
            if piece.is_last {
                text.push(b']');
            }
        }
        text.extend_from_slice(b"}}");
        self.send(text).await
    }

    /// The next rows, as long as somebody waits for them. Others have their turn before.
    async fn read(&mut self) -> Result<Option<Piece>, AbloError> {
        tokio::task::yield_now().await;
        match self.chunks.is_closed() || Instant::now() >= self.deadline {
            true => Err(self.cut()),
            false => self.rows.next().await,
        }
    }

    /// Hands a chunk over, when the one before has been taken.
    async fn send(&mut self, chunk: Vec<u8>) -> Result<(), AbloError> {
        let until = self.deadline.min(Instant::now() + self.server.options.limits.write_timeout);
        match timeout_at(until, self.chunks.send(chunk.into())).await {
            Ok(Ok(())) => {
                self.server.bootstrapping(&self.credential, self.rows.head().0);
                Ok(())
            }
            _ => Err(self.cut()),
        }
    }

    /// The client is too slow, or has gone.
    fn cut(&self) -> AbloError {
        if !self.chunks.is_closed() {
            self.server.metrics.slow_cuts.fetch_add(1, Ordering::Relaxed);
        }
        AbloError::new(Code::BootstrapFetchTimeout, "the rows were not taken in time; ask for them again")
    }
}
