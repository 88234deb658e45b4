use ablo_schema::wire::SyncId;

use super::{Actor, Holder};

/// Lengths and bounds of claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimLimits {
    /// Lease length when the claimant names none: two of the protocol's 30 s heartbeats, one of which may be lost.
    pub default_ttl_ms: u64,
    /// Longest lease. Longer work renews; a holder that vanished blocks the row no longer than this.
    pub max_ttl_ms: u64,
    /// How long a waiter counts as alive without a sign of life: three heartbeats.
    pub waiter_ttl_ms: u64,
    /// Longest line of one row, whatever a claimant allows.
    pub max_queue: u32,
    /// Most handles sharing one participant's place.
    pub max_handles: u32,
}

impl Default for ClaimLimits {
    fn default() -> Self {
        Self { default_ttl_ms: 60_000, max_ttl_ms: 3_600_000, waiter_ttl_ms: 90_000, max_queue: 1_000, max_handles: 64 }
    }
}

impl ClaimLimits {
    /// The length of a lease for which `wish` was asked.
    #[must_use]
    pub fn ttl(&self, wish: Option<u64>) -> u64 {
        wish.unwrap_or(self.default_ttl_ms).clamp(1, self.max_ttl_ms.max(1))
    }
}

/// Two participants meet on one row.
#[derive(Clone, Copy)]
pub enum Conflict<'a> {
    /// The committer wants to hold or write a row that another participant holds.
    ClaimHeld {
        /// The model, by schema key.
        model: &'a str,
        /// The row.
        id: &'a str,
        /// The lease in the way.
        holder: &'a Holder,
        /// Who meets it.
        committer: Actor<'a>,
    },
    /// The committer writes on knowledge older than the row.
    Stale {
        /// The model, by schema key.
        model: &'a str,
        /// The row.
        id: &'a str,
        /// What the committer had read.
        read_at: SyncId,
        /// The newest conflicting delta.
        observed: SyncId,
        /// The fields both changed; empty when the whole row is concerned.
        fields: &'a [&'a str],
        /// Who writes.
        committer: Actor<'a>,
    },
}

/// What becomes of a [`Conflict`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The committer loses. A reason of its own reaches it as the code `policy:<reason>`.
    Reject {
        /// The reason.
        reason: Option<String>,
    },
    /// The write goes through. A row has one holder, so a claim is refused or waits as if rejected.
    Allow,
    /// The committer takes the lease over, ahead of everyone waiting. For a write: the same as [`Decision::Allow`].
    Preempt,
}

/// Decides conflicts. A pure function of what it is given: it runs inside the store's transaction.
pub trait ConflictPolicy: Send + Sync {
    /// Decides one conflict.
    fn decide(&self, conflict: &Conflict<'_>) -> Decision;
}

/// The default: every conflict is rejected.
#[derive(Clone, Copy, Debug, Default)]
pub struct RejectConflicts;

impl ConflictPolicy for RejectConflicts {
    fn decide(&self, _conflict: &Conflict<'_>) -> Decision {
        Decision::Reject { reason: None }
    }
}

/// Claims of participants that may perform [`PreemptByOperation::OPERATION`] take precedence; the rest is rejected. To the
/// engine those are whose operations name it, and backends without an allowlist.
#[derive(Clone, Copy, Debug, Default)]
pub struct PreemptByOperation;

impl PreemptByOperation {
    /// The operation that preempts.
    pub const OPERATION: &'static str = "intent.preempt";
}

impl ConflictPolicy for PreemptByOperation {
    fn decide(&self, conflict: &Conflict<'_>) -> Decision {
        match conflict {
            Conflict::ClaimHeld { committer, .. } if (committer.allows)(Self::OPERATION) => Decision::Preempt,
            _ => Decision::Reject { reason: None },
        }
    }
}
