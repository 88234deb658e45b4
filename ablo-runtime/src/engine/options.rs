use std::{fmt, sync::Arc, time::Duration};

use super::{Clock, Quotas};
use crate::claims::{ClaimLimits, ConflictPolicy, RejectConflicts};

/// How an engine runs. The default suits one process.
#[derive(Clone)]
pub struct EngineOptions {
    /// The time.
    pub clock: Clock,
    /// How many requests of one organization may wait to be written. More are refused with `instance_at_capacity`.
    pub queue: usize,
    /// How many requests share one transaction.
    pub batch: usize,
    /// How many operations one commit may have.
    pub max_operations: usize,
    /// How many events a subscription may be behind before it is told to resync.
    pub buffer: usize,
    /// For how long a repeated request gets its first answer.
    pub remember: Duration,
    /// How much an organization may keep.
    pub quotas: Quotas,
    /// Lengths and bounds of claims.
    pub claims: ClaimLimits,
    /// Decides conflicts.
    pub policy: Arc<dyn ConflictPolicy>,
    #[cfg(test)]
    pub(crate) defect: Option<super::defect::Defect>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            queue: 4096,
            batch: 64,
            max_operations: 500,
            buffer: 1024,
            remember: Duration::from_secs(30 * 24 * 60 * 60),
            quotas: Quotas::default(),
            claims: ClaimLimits::default(),
            policy: Arc::new(RejectConflicts),
            #[cfg(test)]
            defect: None,
        }
    }
}

impl fmt::Debug for EngineOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineOptions")
            .field("clock", &self.clock)
            .field("queue", &self.queue)
            .field("batch", &self.batch)
            .field("max_operations", &self.max_operations)
            .field("buffer", &self.buffer)
            .field("remember", &self.remember)
            .field("quotas", &self.quotas)
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}
