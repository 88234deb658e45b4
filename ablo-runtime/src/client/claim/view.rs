use std::fmt;

use ablo_schema::{
    error::AbloError,
    typed::{Id, Model},
    wire::{IntentObject, QueuePlace},
};

use super::lease::refused;
use crate::{
    claims::{ClaimCommand, ClaimReply, RowClaims},
    client::{proxy::ModelProxy, transport::RowKey},
};

/// Who holds the rows of a model, and who waits for them.
pub struct Claims<M: Model> {
    proxy: ModelProxy<M>,
}

impl<M: Model> fmt::Debug for Claims<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").field("model", &self.proxy.key()).finish_non_exhaustive()
    }
}

impl<M: Model> Claims<M> {
    pub(crate) fn new(proxy: ModelProxy<M>) -> Self {
        Self { proxy }
    }

    /// The claim that holds the row, if one does.
    ///
    /// # Errors
    /// When the engine is not reached.
    pub async fn state(&self, id: &Id<M>) -> Result<Option<IntentObject>, AbloError> {
        Ok(self.read(id).await?.state_object(self.proxy.key(), id.as_str()))
    }

    /// The claims that wait for the row, first in line first.
    ///
    /// # Errors
    /// When the engine is not reached.
    pub async fn queue(&self, id: &Id<M>) -> Result<Vec<IntentObject>, AbloError> {
        Ok(self.read(id).await?.queue_objects(self.proxy.key(), id.as_str()))
    }

    /// Hands back whatever this participant holds or waits for on the row. Whether there was anything.
    ///
    /// # Errors
    /// When the engine is not reached.
    pub async fn release(&self, id: &Id<M>) -> Result<bool, AbloError> {
        match self.send(id, ClaimCommand::Release { claim: None, token: None }).await? {
            ClaimReply::Released(any) => Ok(any),
            reply => Err(refused(reply, &self.row(id))),
        }
    }

    /// Moves these waiting claims to the front of the line, in this order; the others stay behind them as they are.
    ///
    /// # Errors
    /// `capability_scope_denied` for participants that may not.
    pub async fn reorder(&self, id: &Id<M>, order: impl IntoIterator<Item = &IntentObject>) -> Result<(), AbloError> {
        let places = order
            .into_iter()
            .map(|waiting| QueuePlace { held_by: waiting.held_by.clone(), intent_id: waiting.id.clone() });
        match self.send(id, ClaimCommand::Reorder { order: places.collect() }).await? {
            ClaimReply::Done => Ok(()),
            reply => Err(refused(reply, &self.row(id))),
        }
    }

    /// Returns when the claims of some row the participant sees have changed since this was called.
    pub async fn changed(&self) {
        // The session is alive as long as this is; were it not, nothing would change any more.
        drop(self.proxy.session().claim_changes().changed().await);
    }

    /// Somebody else's claim that holds the row.
    pub(crate) async fn foreign(&self, id: &Id<M>) -> Result<Option<IntentObject>, AbloError> {
        let claims = self.read(id).await?;
        let us = self.proxy.session().participant();
        let foreign = claims.lease().is_some_and(|lease| lease.entry.participant != us);
        Ok(claims.state_object(self.proxy.key(), id.as_str()).filter(|_| foreign))
    }

    /// Returns when nobody else holds the row.
    pub(crate) async fn free_for_us(&self, id: &Id<M>) -> Result<(), AbloError> {
        let mut changes = self.proxy.session().claim_changes();
        while self.foreign(id).await?.is_some() {
            if changes.changed().await.is_err() {
                break;
            }
        }
        Ok(())
    }

    async fn read(&self, id: &Id<M>) -> Result<RowClaims, AbloError> {
        self.proxy.session().transport().claims(self.row(id)).await
    }

    async fn send(&self, id: &Id<M>, command: ClaimCommand) -> Result<ClaimReply, AbloError> {
        self.proxy.session().transport().claim(self.row(id), command).await
    }

    fn row(&self, id: &Id<M>) -> RowKey {
        RowKey { model: self.proxy.key().to_owned(), id: id.as_str().to_owned() }
    }
}
