use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use ablo_schema::error::AbloError;
use ablo_schema::wire::{DeltaAction, JsonText, ParticipantId, ServerFrame, TransactionId};
use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures_util::SinkExt;

use super::closing::End;
use super::connection::Connection;
use super::project;
use crate::engine::{LogEntry, Rest};
use crate::server::sync::outbound::{Delta, Parcel, Payload, RowKey};
use crate::server::telemetry;

impl Connection {
    /// Hands out the deltas that may be sent now.
    pub(super) async fn pass_on(&mut self) -> Result<(), End> {
        let now = self.server.ticks();
        while let Some(parcel) = self.out.pop(now) {
            let frame = self.frame_of(&parcel);
            self.feed(Message::Text(frame)).await?;
        }
        Ok(())
    }

    /// Takes in a delta and what was published together with it.
    pub(super) async fn hear_run(&mut self, first: &Arc<LogEntry>) -> Result<(), End> {
        // What may be merged with another is not sent before that one has been taken in.
        let (rest, are_apart) = self.events.rest_of_run();
        let now = self.server.ticks();
        for entry in std::iter::once(first).chain(rest.iter().flat_map(Rest::entries)) {
            if are_apart && self.passes(entry, now) {
                let frame = project::shared_frame(entry, &self.server.metrics);
                self.feed(Message::Text(frame)).await?;
            } else {
                self.hear(Arc::clone(entry)).await?;
            }
        }
        Ok(())
    }

    fn passes(&mut self, entry: &LogEntry, now: u64) -> bool {
        let core = &entry.delta.core;
        let is_own = is_own(entry, &self.own, &self.caller.session.participant().id);
        !self.behind.is_behind()
            && self.out.pass(core.id.0, core.action, RowKey::of(&core.model_name, &core.model_id), is_own, now)
    }

    /// Takes a delta in.
    pub(super) fn offer(&mut self, entry: Arc<LogEntry>) {
        self.out.offer(delta_of(entry, &self.own, &self.caller.session.participant().id));
    }

    /// The frame of a delta for this client.
    pub(super) fn frame_of(&self, parcel: &Parcel<Arc<LogEntry>>) -> Utf8Bytes {
        project::frame(parcel, &self.server.schema, &self.server.metrics)
    }

    /// Tells who is present and who waits for what.
    pub(super) async fn send_snapshot(&mut self) -> Result<(), End> {
        let mut after = None;
        loop {
            let (frames, last) = self.room.present_after(self.id, after.as_ref(), self.server.millis());
            for frame in frames {
                self.feed(Message::Text(frame)).await?;
            }
            if last.is_none() {
                break;
            }
            after = last;
        }
        for frame in self.room.lines(self.id) {
            self.feed(Message::Text(frame)).await?;
        }
        Ok(())
    }

    /// Sends a text with whatever else this step sends.
    pub(super) async fn send(&mut self, text: String) -> Result<(), End> {
        self.feed(Message::Text(text.into())).await
    }

    /// Puts a message into the write buffer. When that is full, waits until the client has taken it, as long as it may
    /// take for that.
    pub(super) async fn feed(&mut self, message: Message) -> Result<(), End> {
        self.in_time(|socket, cx| socket.poll_ready_unpin(cx)).await?;
        self.tally.sent += u64::from(matches!(message, Message::Text(_)));
        self.is_flushed = false;
        Ok(self.socket.start_send_unpin(message)?)
    }

    /// Hands the write buffer over.
    pub(super) async fn flush(&mut self) -> Result<(), End> {
        if !self.is_flushed {
            self.in_time(|socket, cx| socket.poll_flush_unpin(cx)).await?;
            self.is_flushed = true;
        }
        Ok(())
    }

    async fn in_time(
        &mut self,
        mut poll: impl FnMut(&mut WebSocket, &mut Context<'_>) -> Poll<Result<(), axum::Error>>,
    ) -> Result<(), End> {
        // A timer is made for what has to wait, not for every message.
        let at_once = poll_fn(|cx| Poll::Ready(poll(&mut self.socket, cx))).await;
        if let Poll::Ready(done) = at_once {
            return Ok(done?);
        }
        let limit = self.server.options.limits.write_timeout;
        match Box::pin(tokio::time::timeout(limit, poll_fn(|cx| poll(&mut self.socket, cx)))).await {
            Ok(done) => Ok(done?),
            Err(_) => Err(self.slow()),
        }
    }

    /// It is cut for being slow.
    pub(super) fn slow(&self) -> End {
        self.server.metrics.slow_cuts.fetch_add(1, Ordering::Relaxed);
        End::Slow
    }

    pub(super) async fn send_frame(&mut self, frame: &ServerFrame<JsonText>) -> Result<(), End> {
        match frame.encode() {
            Ok(text) => self.send(text).await,
            Err(_) => Ok(()),
        }
    }

    /// What the client is told of a frame it is refused, and by which id the log knows it.
    pub(super) fn told(&self, kind: &str, frame: u64, error: AbloError) -> (AbloError, String) {
        let (error, id) = (telemetry::told(error), self.start.request.frame(frame));
        telemetry::frame_refused(kind, &id, &error);
        self.server.metrics.failed(&error);
        (error, id)
    }
}

/// A log entry on its way to a client of `me` that made the writes `own` itself.
pub(super) fn delta_of(entry: Arc<LogEntry>, own: &HashSet<TransactionId>, me: &ParticipantId) -> Delta<Arc<LogEntry>> {
    let core = &entry.delta.core;
    Delta {
        id: core.id.0,
        letter: core.action,
        row: RowKey::of(&core.model_name, &core.model_id),
        own: is_own(&entry, own, me),
        payload: entry,
    }
}

fn is_own(entry: &LogEntry, own: &HashSet<TransactionId>, me: &ParticipantId) -> bool {
    let core = &entry.delta.core;
    let is_written = core.transaction_id.as_ref().is_some_and(|id| own.contains(id));
    // Who created a row has it, also when this connection is not the one it was created through.
    let is_created = || entry.delta.attribution.actor.as_ref().is_some_and(|who| who.id == *me);
    is_written || (core.action == DeltaAction::Insert && is_created())
}

impl Payload for Arc<LogEntry> {
    fn same_row(&self, other: &Self) -> bool {
        let (a, b) = (&self.delta.core, &other.delta.core);
        (&a.model_name, &a.model_id) == (&b.model_name, &b.model_id)
    }

    fn bytes(&self) -> u64 {
        LogEntry::bytes(self)
    }
}
