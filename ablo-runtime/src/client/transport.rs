//! How a client reaches an engine.

use std::sync::Arc;

use ablo_schema::{
    error::AbloError,
    typed::Condition,
    wire::{Commit, JsonText, ParticipantRef, Receipt, SyncId},
};
pub use futures_util::future::BoxFuture;

use super::{Scope, replica::Read};
use crate::{
    claims::{ClaimCommand, ClaimEvent, ClaimReply, RowClaims},
    engine::LogEntry,
};

/// What a transport owes: it does not borrow the transport, so it outlives the call that started it.
pub type Answer<T> = BoxFuture<'static, Result<T, AbloError>>;

/// One participant's way to an engine, in this process or over a network.
///
/// What every transport guarantees:
/// - The first poll of an answer sends the request. Commits polled first are in line first.
/// - An error of a commit means that nothing was applied. A transport that can lose answers repeats the request under
///   the same idempotency key until it knows.
/// - A feed gives deltas in log order. It may leave some out, but never silently: it then says [`Push::Resync`] or
///   [`Push::Bootstrap`].
pub trait Transport: Send + Sync + 'static {
    /// Who acts.
    fn participant(&self) -> ParticipantRef;

    /// The organization it acts in.
    fn organization(&self) -> &str;

    /// Applies the operations together, or none.
    fn commit(&self, commit: Commit) -> Answer<Receipt>;

    /// Reads rows.
    fn query(&self, query: Query) -> Answer<Rows>;

    /// Reads every visible row of these models, by schema key, together.
    fn bootstrap(&self, models: Vec<String>) -> Answer<Bootstrap>;

    /// Reads the visible part of the log after a position, or some of it. Fails with `must_bootstrap` when it was
    /// trimmed past there.
    fn log(&self, after: SyncId) -> Answer<LogPage>;

    /// What happens from now on. Nothing committed after this answers is missing from it.
    fn follow(&self) -> Answer<Box<dyn Feed>>;

    /// Sends a command about the claims of a row.
    fn claim(&self, row: RowKey, command: ClaimCommand) -> Answer<ClaimReply>;

    /// The claims of a row.
    fn claims(&self, row: RowKey) -> Answer<RowClaims>;
}

/// A row, by the schema key of its model and its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey {
    /// The schema key.
    pub model: String,
    /// The row's id.
    pub id: String,
}

/// Which rows to read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// The schema key.
    pub model: String,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// The wire name of the field to order by, and whether the largest comes first.
    pub order: Option<(String, bool)>,
    /// At most this many.
    pub limit: Option<usize>,
    /// Archived or not.
    pub scope: Scope,
}

/// A row as it travels.
#[derive(Clone, Debug)]
pub struct RowText {
    /// Its id.
    pub id: String,
    /// Its JSON.
    pub text: JsonText,
    /// The last delta that changed it.
    pub sync_id: SyncId,
}

/// The answer to a [`Query`].
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// In the order asked for.
    pub rows: Vec<RowText>,
    /// The head of the log when they were read.
    pub head: SyncId,
}

/// Every visible row of some models, read together.
#[derive(Clone, Debug, Default)]
pub struct Bootstrap {
    /// Rows by schema key.
    pub models: Vec<(String, Vec<RowText>)>,
    /// The head of the log when they were read.
    pub head: SyncId,
}

/// A stretch of the log.
#[derive(Clone, Debug, Default)]
pub struct LogPage {
    /// What the participant may see of it.
    pub deltas: Vec<Arc<LogEntry>>,
    /// How far it reaches; the next page starts after it.
    pub reached: SyncId,
    /// The head of the log.
    pub head: SyncId,
}

/// What a transport says on its own.
#[derive(Clone, Debug)]
pub enum Push {
    /// The next visible delta.
    Delta(Arc<LogEntry>),
    /// Deltas or claim events are missing here; the log has the deltas.
    Resync,
    /// What the participant may see changed: everything is to be read anew.
    Bootstrap,
    /// What happened to the claims of a row, in order.
    Claims(Vec<ClaimEvent>),
}

/// A stream of [`Push`]es.
pub trait Feed: Send {
    /// The next one; `None` when there will be none.
    fn next(&mut self) -> BoxFuture<'_, Option<Push>>;
}

impl RowText {
    pub(crate) fn into_read(self) -> Read {
        Read { id: self.id, text: self.text, stamp: self.sync_id.0 }
    }
}
