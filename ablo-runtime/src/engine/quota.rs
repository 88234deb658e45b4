//! How much an organization may keep.

use std::num::NonZeroU64;

use ablo_schema::error::{AbloError, Code};
use serde_json::json;

/// How much one organization may keep. Its test space and its live space each have all of it. Nothing is counted of what
/// no quota is set on; the default sets none.
///
/// A quota that is used up refuses what would add to it with `quota_exceeded`, and nothing else: a quota that is set below
/// what is kept already takes nothing away. Commits that only delete always pass, also when the log is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Rows of all models together, archived ones included.
    pub rows: Option<NonZeroU64>,
    /// The log's size, in bytes as [`LogEntry::bytes`](super::LogEntry::bytes) counts them. It shrinks only when it is
    /// trimmed.
    pub log_bytes: Option<NonZeroU64>,
    /// Claims that are held or wait, each handle for itself.
    pub claims: Option<NonZeroU64>,
}

/// What a quota can be set on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Rows,
    LogBytes,
    Claims,
}

/// How much an organization keeps; nothing of what is not counted, or not known yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage([Option<u64>; 3]);

impl Kept {
    pub const ALL: [Self; 3] = [Self::Rows, Self::LogBytes, Self::Claims];

    /// Its name in options, errors and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::LogBytes => "log_bytes",
            Self::Claims => "claims",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Rows => "delete rows that are no longer needed",
            Self::LogBytes => "wait until the log is trimmed",
            Self::Claims => "release claims that are no longer needed",
        }
    }
}

impl Quotas {
    pub(crate) fn of(&self, kept: Kept) -> Option<u64> {
        let quota = match kept {
            Kept::Rows => self.rows,
            Kept::LogBytes => self.log_bytes,
            Kept::Claims => self.claims,
        };
        quota.map(NonZeroU64::get)
    }

    /// Whether a request that adds may turn one usage into another.
    pub(crate) fn allow(&self, kept: Kept, before: Usage, after: Usage) -> Result<(), AbloError> {
        let Some(((limit, used), wanted)) = self.of(kept).zip(before.of(kept)).zip(after.of(kept)) else {
            return Ok(());
        };
        if wanted <= limit {
            return Ok(());
        }
        let (name, advice) = (kept.name(), kept.advice());
        let message = format!(
            "this would make {wanted} `{name}`; the organization has {used}, and may have {limit}: {advice}, or have the \
             quota raised"
        );
        let error = AbloError::new(Code::QuotaExceeded, message);
        Err(error.detail("quota", name).detail("limit", json!(limit)).detail("used", json!(used)))
    }
}

impl Usage {
    pub fn of(&self, kept: Kept) -> Option<u64> {
        self.0[kept as usize]
    }

    pub fn set(&mut self, kept: Kept, count: Option<u64>) {
        self.0[kept as usize] = count;
    }

    /// Adds what came and takes off what went.
    pub fn change(&mut self, kept: Kept, came: u64, went: u64) {
        if let Some(count) = &mut self.0[kept as usize] {
            *count = (*count + came).saturating_sub(went);
        }
    }
}
