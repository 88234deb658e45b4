use std::task::{Context, Poll, Waker};

use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{
    Action, ClaimId, ClientFrame, ClientTxId, Commit, Receipt, ServerFrame, SyncId, TransactionId,
};
use futures_util::future::BoxFuture;

use super::closing::{End, close};
use super::connection::Connection;
use crate::engine::{CommitRequest, Committed};
use crate::server::sync::outbound::RowKey;
use crate::server::telemetry;

/// A commit under way.
pub(super) type Finished = BoxFuture<'static, Done>;

/// A commit that ended.
pub(super) struct Done {
    /// Which of its socket's frames asked for it.
    frame: u64,
    attempt: ClientTxId,
    rows: Vec<String>,
    own: Vec<TransactionId>,
    /// What it was to update.
    updates: Vec<RowKey>,
    outcome: Result<Committed, AbloError>,
}

impl Connection {
    /// Takes a commit in. It is made together with the others that are there, before any other frame is looked at.
    pub(super) fn commit(&mut self, commit: Commit) {
        self.tally.commits += 1;
        let frame = self.tally.received;
        let attempt = commit.client_tx_id.clone();
        let rows = commit
            .operations
            .iter()
            .map(|op| format!("{}/{}", op.model, op.id.as_deref().unwrap_or_default()))
            .collect();
        let own: Vec<TransactionId> = commit.operations.iter().filter_map(|op| op.transaction_id.clone()).collect();
        self.own.extend(own.iter().cloned());
        let updates = commit.operations.iter().filter(|op| op.action == Action::Update);
        let updates = updates.filter_map(|op| {
            let model = self.server.schema.resolve(&op.model)?;
            Some(RowKey::of(&model.def().typename, op.id.as_deref()?))
        });
        let updates: Vec<RowKey> = updates.collect();
        let mut request = CommitRequest::from(commit);
        let places = request.commit.operations.iter().filter_map(|operation| operation.read_at);
        request.known =
            places.map(|at| (at, SyncId(self.out.known_at(at.0)))).filter(|(at, known)| at < known).collect();
        let session = self.caller.session.clone();
        let task = match &request.commit.caused_by_task_id {
            Some(task) => self.server.book.open_task_of(&self.caller.credential, task.as_str()),
            None => Ok(()),
        };
        self.taken_in.push(Box::pin(async move {
            let outcome = match task {
                Ok(()) => session.commit(request).await,
                Err(error) => Err(error),
            };
            Done { frame, attempt, rows, own, updates, outcome }
        }));
    }

    /// Makes the commits that were taken in, in their order.
    pub(super) fn make_commits(&mut self) {
        if self.taken_in.is_empty() {
            return;
        }
        let mut taken_in = std::mem::take(&mut self.taken_in);
        let mut cx = Context::from_waker(Waker::noop());
        // The first poll puts each in the organization's queue.
        let at_once = self
            .caller
            .session
            .together(|| taken_in.iter_mut().map(|commit| commit.as_mut().poll(&mut cx)).collect::<Vec<_>>());
        for (commit, at_once) in taken_in.into_iter().zip(at_once) {
            self.finished.push(match at_once {
                Poll::Ready(done) => Box::pin(std::future::ready(done)),
                Poll::Pending => commit,
            });
        }
    }

    /// Answers a commit.
    pub(super) async fn committed(&mut self, done: Done) -> Result<(), End> {
        let Done { frame, attempt, rows, own, updates, outcome } = done;
        match outcome {
            Ok(committed) => {
                self.server.metrics.committed(if committed.replayed { "replayed" } else { "confirmed" });
                telemetry::committed(&committed);
                rows.iter().for_each(|row| self.pacing.accepted(row));
                // Whatever was published before these is taken in first; then what this socket does not hear anyway.
                self.drain_events().await?;
                for entry in &committed.deltas {
                    // What only others are told is not for it either: it may take away what this socket sees.
                    if entry.hidden_from.is_none() && !self.events.hears(entry) {
                        self.hear_own(entry).await?;
                    }
                }
                self.pass_on().await?;
                if committed.deltas.is_empty() || self.own.len() > 10_000 {
                    self.own.retain(|id| !own.contains(id));
                }
                self.send_frame(&ServerFrame::MutationResult(committed.receipt)).await
            }
            Err(error) => {
                self.own.retain(|id| !own.contains(id));
                updates.into_iter().for_each(|row| self.out.refused(row));
                self.server.metrics.committed("rejected");
                let now = self.server.ticks();
                let repeated = [Code::ClaimConflict, Code::EntityClaimed, Code::StaleContext, Code::QuotaExceeded];
                let paced = repeated.into_iter().any(|code| error.is(code));
                let wait =
                    if paced { rows.iter().map(|row| self.pacing.rejected(row, now)).max().unwrap_or(0) } else { 0 };
                let receipt = self.rejected(frame, attempt, error);
                self.answer(receipt, now, wait).await
            }
        }
    }

    /// Answers a commit that is not even looked at.
    pub(super) async fn refuse(&mut self, attempt: ClientTxId, error: AbloError) -> Result<(), End> {
        let receipt = self.rejected(self.tally.received, attempt, error);
        self.send_frame(&ServerFrame::MutationResult(receipt)).await
    }

    /// What is answered to a commit of which nothing was applied.
    fn rejected(&self, frame: u64, attempt: ClientTxId, error: AbloError) -> Receipt {
        let (error, id) = self.told("commit", frame, error);
        Receipt { request_id: Some(id), ..Receipt::rejected(attempt, error) }
    }

    async fn answer(&mut self, receipt: Receipt, now: u64, wait: u64) -> Result<(), End> {
        let frame = ServerFrame::MutationResult(receipt);
        if wait == 0 {
            return self.send_frame(&frame).await;
        }
        self.server.metrics.paced.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if let Ok(text) = frame.encode() {
            self.late_count += 1;
            self.late.insert((now + wait, self.late_count), text);
        }
        Ok(())
    }

    /// A message larger than allowed. A commit is answered: cut off, its sender would come back and send it again.
    pub(super) async fn too_large(&mut self, text: &str) -> Result<(), End> {
        let most = self.server.options.limits.message_bytes;
        let message = format!("The message has {} bytes; send at most {most}, in several commits.", text.len());
        match ClientFrame::attempt(text) {
            Some(attempt) => self.refuse(attempt, AbloError::new(Code::BodyTooLarge, message)).await,
            None => Err(End::Close(close::TOO_LARGE, "the message is too large")),
        }
    }

    /// A frame that could not be read. What a client waits for is answered; anything else is passed over.
    pub(super) async fn malformed(&mut self, error: AbloError) -> Result<(), End> {
        let member = |name: &str| error.details.get(name).and_then(serde_json::Value::as_str);
        if let Some(attempt) = member("clientTxId").map(ClientTxId::from) {
            return self.refuse(attempt, error).await;
        }
        if let Some(claim) = member("intentId").map(ClaimId::from) {
            let [model, row] = ["entityType", "entityId"].map(|name| member(name).unwrap_or_default().to_owned());
            return self.refused(claim, &model, &row, "malformed_claim", error, true).await;
        }
        self.told("unknown", self.tally.received, error);
        Ok(())
    }
}
