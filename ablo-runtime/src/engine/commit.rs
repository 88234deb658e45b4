use std::sync::Arc;

use ablo_schema::wire::{Commit, FencingToken, Receipt, SyncId};
use serde::Serialize;

use super::LogEntry;

/// A commit as a participant asks for it.
#[derive(Clone, Debug)]
pub struct CommitRequest {
    /// The operations, and the claim they are made under.
    pub commit: Commit,
    /// The token of that claim's lease. A lease that has passed on refuses it.
    pub token: Option<FencingToken>,
    /// What the writer knew at places of the log that it says it had read: more than that, because clients count only what
    /// changed something for them.
    pub known: Vec<(SyncId, SyncId)>,
}

impl CommitRequest {
    /// What the writer knew that says it had read this far.
    pub(crate) fn known_at(&self, read_at: SyncId) -> SyncId {
        let known = self.known.iter().filter(|(at, _)| *at == read_at).map(|(_, known)| *known).max();
        known.map_or(read_at, |known| known.max(read_at))
    }
}

impl From<Commit> for CommitRequest {
    fn from(commit: Commit) -> Self {
        Self { commit, token: None, known: Vec::new() }
    }
}

/// A commit that was applied.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The receipt.
    pub receipt: Receipt,
    /// Its deltas, also those the participant is not subscribed to. Empty when replayed: they are in the log.
    pub deltas: Vec<Arc<LogEntry>>,
    /// Whether this is the first answer to a repeated request.
    pub replayed: bool,
    /// Conflicts that `flag` let through.
    pub flagged: Vec<StaleConflict>,
}

/// A row that changed after the writer had read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StaleConflict {
    /// The model's schema key.
    pub model: String,
    /// The row.
    pub id: String,
    /// The newest delta in conflict.
    pub observed_sync_id: SyncId,
    /// The fields that both changed; empty when the whole row is concerned.
    pub conflicting_fields: Vec<String>,
}
