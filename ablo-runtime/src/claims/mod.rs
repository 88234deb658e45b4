//! The claim machine: fair, fenced leases on a row.
//!
//! [`RowClaims`] is everything known about the claims of one row, as one record a store can keep. It performs no I/O
//! and reads no clock: the caller passes the [`Moment`] in, applies a [`ClaimCommand`], persists the record in the same
//! transaction as everything else, indexes it by [`RowClaims::next_due`] and pushes the [`ClaimEvent`]s once the
//! transaction has committed.
//!
//! # One claim's way
//!
//! ```mermaid
//! stateDiagram-v2
//!     [*] --> Holding: acquire, row free (new token)
//!     [*] --> Holding: acquire, the participant holds already (same token)
//!     [*] --> Holding: acquire, policy preempts the holder (new token)
//!     [*] --> Waiting: acquire with wait, held by another
//!     [*] --> [*]: refused (held and no wait, or line too deep)
//!     Waiting --> Waiting: acquire again, renew, reorder
//!     Waiting --> Holding: promoted, still alive, row free (new token)
//!     Waiting --> Holding: acquire again, the participant holds by now (same token)
//!     Waiting --> Holding: acquire again, policy preempts (new token)
//!     Waiting --> [*]: release, disconnect (canceled)
//!     Waiting --> [*]: silent for too long (expired)
//!     Holding --> Holding: acquire again, renew, commit (same token)
//!     Holding --> [*]: release (committed or canceled)
//!     Holding --> [*]: lease ran out (expired)
//!     Holding --> [*]: preempted (canceled)
//! ```
//!
//! What holds after every step, whatever came in:
//!
//! - At most one participant holds the row, and every grant carries a token greater than all earlier ones of the row.
//!   [`RowClaims::may_write`] refuses every other token, so a holder that slept past its lease cannot write.
//! - A claim has at most one place: it holds, or it waits once. Claims of one participant on a row it holds (two tasks
//!   of one agent, two tabs of one person) share the lease; each ends by itself, and the lease with the last of them.
//!   In line each waits for itself.
//! - A free row has nobody waiting. Whoever frees it grants it to the first waiter that is still alive, in the same step.
//! - Handles are known by participant *and* id, so nobody ends, renews or adopts what belongs to someone else, and a late
//!   or repeated release of an earlier claim changes nothing.

mod command;
mod defect;
mod error;
mod event;
mod frames;
mod policy;
mod row;
mod step;
mod view;
mod write;

use ablo_schema::wire::{ParticipantRef, SyncId};

pub use command::{Acquire, ClaimCommand, ClaimDetails, ClaimReply, Grant, Holder, Refusal};
pub use event::{ClaimEvent, End};
pub use policy::{ClaimLimits, Conflict, ConflictPolicy, Decision, PreemptByOperation, RejectConflicts};
pub use row::{Entry, Lease, RowClaims};
pub use write::{WritePass, WriteRefusal};

/// When a step happens: the store's time and how far its log reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since the Unix epoch, by the store's clock.
    pub now: u64,
    /// The organization's last sync id. A lease granted now remembers it.
    pub head: SyncId,
}

/// Who sends a command, and what it is allowed to do.
#[derive(Clone, Copy)]
pub struct Actor<'a> {
    /// Who.
    pub participant: &'a ParticipantRef,
    /// Whether it may perform an operation such as `intent.reorder`.
    pub allows: &'a dyn Fn(&str) -> bool,
}

/// The row, and what its claims are run by.
#[derive(Clone, Copy)]
pub struct RowContext<'a> {
    /// The model, by schema key.
    pub model: &'a str,
    /// The row's id.
    pub id: &'a str,
    /// Lengths and bounds.
    pub limits: ClaimLimits,
    /// Decides when someone wants a row another holds.
    pub policy: &'a dyn ConflictPolicy,
}

#[cfg(test)]
mod tests;
