use std::sync::Arc;

use ablo_schema::wire::{Group, SyncId};

use super::LogEntry;
use crate::claims::{ClaimEvent, RowClaims};

/// What a subscription yields.
#[derive(Clone, Debug)]
pub enum Event {
    /// A delta, in log order.
    Delta(Arc<LogEntry>),
    /// A row's claims changed.
    Claims(Arc<ClaimsChange>),
    /// Events were given up, or the participant's groups changed. Deltas up to `head` will not come: fetch them from the
    /// log, or bootstrap; claims are to be asked for again.
    Resync {
        /// Why.
        reason: ResyncReason,
        /// The last delta that was yielded; the log is read from here.
        after: SyncId,
        /// The first delta yielded from now on is the one after this.
        head: SyncId,
    },
}

/// Why a subscription starts over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResyncReason {
    /// The reader was too slow. Reading the log from `after` catches up.
    TooSlow,
    /// The participant's groups changed. The log after `after` says what that covered and took away.
    AccessChanged,
}

/// A row's claims changed.
#[derive(Clone, Debug)]
pub struct ClaimsChange {
    /// The model's schema key.
    pub model: String,
    /// The row.
    pub id: String,
    /// Who hears of it: the groups of the row.
    pub groups: Vec<Group>,
    /// The claims as they are now.
    pub claims: RowClaims,
    /// What happened, in order.
    pub events: Vec<ClaimEvent>,
}
