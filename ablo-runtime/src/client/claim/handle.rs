use std::{fmt, ops::Deref};

use ablo_schema::{
    error::AbloError,
    typed::{Id, Model, Row},
    wire::{ClaimId, FencingToken, OnStale, SyncId},
};

use super::lease::Lease;
use crate::client::{
    proxy::ModelProxy,
    session::LeaseNews,
    verb::{Delete, Update, missing},
};

/// How a lease ended without its holder's doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimLoss {
    /// It ran out: its holder gave no sign of life for too long.
    Expired,
    /// The conflict policy put somebody else first.
    Preempted,
}

impl ClaimLoss {
    pub(super) fn of(news: LeaseNews) -> Option<Self> {
        match news {
            LeaseNews::Expired => Some(Self::Expired),
            LeaseNews::Preempted => Some(Self::Preempted),
            LeaseNews::Waiting | LeaseNews::Granted => None,
        }
    }
}

/// A row that is held. Derefs to the row as it was when the lease began; nobody else writes it while the lease lasts.
///
/// Dropping it hands the lease back at once, without blocking; [`Claim::release`] waits until that is so.
#[must_use = "the claim is handed back when this is dropped"]
pub struct Claim<M: Model> {
    proxy: ModelProxy<M>,
    lease: Lease,
    row: Row<M>,
}

impl<M: Model + fmt::Debug> fmt::Debug for Claim<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("claim", self.lease.claim()).field("row", &self.row).finish_non_exhaustive()
    }
}

impl<M: Model> Deref for Claim<M> {
    type Target = Row<M>;

    fn deref(&self) -> &Row<M> {
        &self.row
    }
}

impl<M: Model> Claim<M> {
    pub(super) fn new(proxy: ModelProxy<M>, lease: Lease, row: Row<M>) -> Self {
        Self { proxy, lease, row }
    }

    /// The claim's own id, which others see.
    #[must_use]
    pub fn claim_id(&self) -> &ClaimId {
        self.lease.claim()
    }

    /// Grows with every lease on the row.
    #[must_use]
    pub fn token(&self) -> FencingToken {
        self.lease.token()
    }

    /// Changes the row under the claim. Refused once the lease is over, and when somebody changed the row although it
    /// was held.
    pub fn update(&self, patch: M::Patch) -> Update<M> {
        let update = self.proxy.update(self.id(), patch).under(self.lease.claim().clone());
        update.read_at(self.stamp()).on_stale(OnStale::Reject)
    }

    /// Removes the row under the claim.
    pub fn delete(&self) -> Delete<M> {
        let delete = self.proxy.delete(self.id()).under(self.lease.claim().clone());
        delete.read_at(self.stamp()).on_stale(OnStale::Reject)
    }

    /// Reads the row again.
    ///
    /// # Errors
    /// `entity_not_found` when it is gone.
    pub async fn refresh(&mut self) -> Result<&Row<M>, AbloError> {
        let id: Id<M> = self.row.model.id().clone();
        let row = self.proxy.retrieve(&id).await?;
        self.row = row.ok_or_else(|| missing(self.proxy.key(), id.as_str()))?;
        Ok(&self.row)
    }

    /// How the lease was lost, if that is known by now.
    #[must_use]
    pub fn loss(&self) -> Option<ClaimLoss> {
        self.lease.loss()
    }

    /// Returns when the lease is lost; select on it beside slow work.
    pub async fn lost(&self) -> ClaimLoss {
        self.lease.lost().await
    }

    /// Hands the lease back and returns when the next in line may have it.
    ///
    /// # Errors
    /// When the engine is not reached. A lease that is over already is no error.
    pub async fn release(self) -> Result<(), AbloError> {
        self.lease.release().await
    }

    fn stamp(&self) -> SyncId {
        SyncId(self.row.meta.sync_id)
    }
}
