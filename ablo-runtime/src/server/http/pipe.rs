//! Answers that are written while they are taken.

use std::sync::atomic::Ordering;

use ablo_schema::error::{AbloError, Code};
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use crate::server::state::Shared;
use crate::server::telemetry;

/// Bytes that are handed over at once.
const CHUNK: usize = 64 << 10;

/// The writing end of an answer, as fast as the client takes it.
pub struct Pipe {
    server: Shared,
    chunks: mpsc::Sender<Bytes>,
    deadline: Instant,
    /// What has been written and not handed over.
    pub text: Vec<u8>,
}

/// An answer that `write` writes. When that fails, the answer is broken off in the middle of the transfer: it is never
/// taken for a whole one.
pub fn answer<F>(server: &Shared, write: impl FnOnce(Pipe) -> F) -> Response
where
    F: Future<Output = Result<(), AbloError>> + Send + 'static,
{
    let (chunks, taken) = mpsc::channel(1);
    let deadline = Instant::now() + server.options.limits.bootstrap_timeout;
    let writing = write(Pipe { server: server.clone(), chunks, deadline, text: Vec::new() });
    let written = tokio::spawn(async { writing.await.map_err(telemetry::told) }.in_current_span());
    let body = stream::unfold(Some((taken, written)), |state| async {
        let (mut taken, written) = state?;
        match taken.recv().await {
            Some(chunk) => Some((Ok(chunk), Some((taken, written)))),
            // Only what ended well ends the answer.
            None => match written.await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some((Err(error), None)),
                Err(_) => Some((Err(Code::InternalError.into()), None)),
            },
        }
    });
    ([(CONTENT_TYPE, "application/json")], Body::from_stream(body)).into_response()
}

impl Pipe {
    /// Whether enough has been written to be handed over.
    pub fn is_full(&self) -> bool {
        self.text.len() >= CHUNK
    }

    /// Lets others have their turn, before more is read for somebody who still waits for it.
    pub async fn turn(&self) -> Result<(), AbloError> {
        tokio::task::yield_now().await;
        match self.chunks.is_closed() || Instant::now() >= self.deadline {
            true => Err(self.cut()),
            false => Ok(()),
        }
    }

    /// Hands over what has been written, when what came before has been taken.
    pub async fn send(&mut self) -> Result<(), AbloError> {
        let chunk = std::mem::replace(&mut self.text, Vec::with_capacity(CHUNK * 2));
        let until = self.deadline.min(Instant::now() + self.server.options.limits.write_timeout);
        match timeout_at(until, self.chunks.send(chunk.into())).await {
            Ok(Ok(())) => Ok(()),
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
