use std::{fmt, future::IntoFuture, sync::Arc};

use ablo_schema::{
    error::AbloError,
    typed::{Id, Model},
    wire::{Action, IdempotencyKey, OnStale, Receipt, SyncId},
};
use futures_util::future::BoxFuture;
use serde_json::Map;

use super::{
    claim::Claim,
    history::History,
    proxy::find,
    session::{Draft, Plan, Session, Wait},
    verb::{of_model, of_patch},
};

/// Several writes that apply together or not at all, to be awaited.
#[must_use = "nothing is written until this is awaited"]
pub struct Transaction {
    session: Arc<Session>,
    plan: Plan,
    refused: Option<AbloError>,
    record: Option<History>,
    label: Option<String>,
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl Transaction {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self { session, plan: Plan::default(), refused: None, record: None, label: None }
    }

    /// Makes a row.
    pub fn create<M: Model>(self, model: &M) -> Self {
        let id = model.id().clone();
        self.then(&id, Action::Create, |key| of_model(model, key))
    }

    /// Sets what the patch sets.
    pub fn update<M: Model>(self, id: &Id<M>, patch: M::Patch) -> Self {
        self.then(id, Action::Update, |key| of_patch::<M>(&patch.into(), key))
    }

    /// Removes a row.
    pub fn delete<M: Model>(self, id: &Id<M>) -> Self {
        self.then(id, Action::Delete, |_| Ok(Map::new()))
    }

    /// Takes a row out of the live ones.
    pub fn archive<M: Model>(self, id: &Id<M>) -> Self {
        self.then(id, Action::Archive, |_| Ok(Map::new()))
    }

    /// Brings an archived row back.
    pub fn unarchive<M: Model>(self, id: &Id<M>) -> Self {
        self.then(id, Action::Unarchive, |_| Ok(Map::new()))
    }

    /// Says how much of the log the writes know: a snapshot's stamp. It guards every write added so far, but for those
    /// that make rows.
    pub fn read_at(mut self, stamp: impl Into<SyncId>) -> Self {
        let stamp = stamp.into();
        for draft in self.plan.drafts.iter_mut().filter(|draft| draft.action != Action::Create) {
            draft.read_at = Some(stamp);
        }
        self
    }

    /// What happens to stale writes among those added so far.
    pub fn on_stale(mut self, on_stale: OnStale) -> Self {
        for draft in self.plan.drafts.iter_mut().filter(|draft| draft.action != Action::Create) {
            draft.on_stale = Some(on_stale);
        }
        self
    }

    /// What the answer waits for.
    pub fn wait(mut self, wait: Wait) -> Self {
        self.plan.wait = wait;
        self
    }

    /// Makes repeated requests one request.
    pub fn idempotency_key(mut self, key: impl Into<IdempotencyKey>) -> Self {
        self.plan.key = Some(key.into());
        self
    }

    /// Writes under a claim: refused once its lease is over.
    pub fn under<M: Model>(mut self, claim: &Claim<M>) -> Self {
        self.plan.claim = Some(claim.claim_id().clone());
        self
    }

    /// Makes it possible to undo this.
    pub fn record(mut self, history: &History) -> Self {
        self.record = Some(history.clone());
        self
    }

    /// What undoing it is called.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    fn then<M: Model>(
        mut self,
        id: &Id<M>,
        action: Action,
        input: impl FnOnce(&str) -> Result<Map<String, serde_json::Value>, AbloError>,
    ) -> Self {
        let draft =
            find::<M>(&self.session).and_then(|(table, key)| Ok(Draft::new(action, table, id.as_str(), input(key)?)));
        match draft {
            Ok(draft) => self.plan.drafts.push(draft),
            Err(error) => self.refused = self.refused.or(Some(error)),
        }
        self
    }
}

impl IntoFuture for Transaction {
    type Output = Result<Receipt, AbloError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            match (self.refused, self.record) {
                (Some(error), _) => Err(error),
                (None, Some(history)) => history.commit(self.plan, self.label).await,
                (None, None) => self.session.submit(self.plan).await,
            }
        })
    }
}
