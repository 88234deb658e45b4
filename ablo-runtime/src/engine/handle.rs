use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ablo_schema::error::AbloError;
use ablo_schema::ir::ValidSchema;
use ablo_schema::wire::{OrganizationId, SyncId};
use tokio::sync::{mpsc, oneshot};

use super::read::{self, ReadOldReceipts};
use super::request::Request;
use super::rules::Rules;
use super::seat::Seat;
use super::writer::Alarm;
use super::{EngineOptions, Participant, Session, Writer, sweeper};
use crate::store::{Epoch, Opened, ReceiptKey, Store};

/// Serves organizations over one store. Clones share it; the last one to go shuts it down.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    rules: Arc<Rules>,
    store: Arc<dyn Store>,
    epoch: Epoch,
    writers: Mutex<HashMap<OrganizationId, Arc<Writer>>>,
    alarms: mpsc::UnboundedSender<Alarm>,
    sweeper: tokio::task::JoinHandle<()>,
}

impl Engine {
    /// Opens a store for a schema. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub async fn open(schema: ValidSchema, store: impl Store, options: EngineOptions) -> Result<Self, AbloError> {
        let store: Arc<dyn Store> = Arc::new(store);
        let Opened { epoch, due } = store.open(&schema, &options.clock).await?;
        let (alarms, ringing) = mpsc::unbounded_channel();
        let sweeper = tokio::spawn(sweeper::run(options.clock.clone(), ringing));
        let rules = Arc::new(Rules::new(schema, options));
        let engine = Self(Arc::new(Inner { rules, store, epoch, writers: Mutex::default(), alarms, sweeper }));
        for (organization, at) in due {
            // The receiver is the task just spawned.
            let _ = engine.0.alarms.send((at, engine.writer(&organization)));
        }
        Ok(engine)
    }

    /// The schema.
    #[must_use]
    pub fn schema(&self) -> &ValidSchema {
        &self.0.rules.schema
    }

    /// The options.
    #[must_use]
    pub fn options(&self) -> &EngineOptions {
        &self.0.rules.options
    }

    /// Seats a participant.
    #[must_use]
    pub fn session(&self, participant: Participant) -> Session {
        let writer = self.writer(&participant.organization);
        let seat = Seat::new(self.schema(), participant);
        Session::new(self.clone(), writer, Arc::new(seat))
    }

    /// Trims an organization's log up to and including a delta. Whoever has not read that far must bootstrap. The answer
    /// is how far the log was trimmed.
    ///
    /// # Errors
    /// When the store fails or the queue is full.
    pub async fn trim(&self, organization: &OrganizationId, through: SyncId) -> Result<SyncId, AbloError> {
        let (reply, answer) = oneshot::channel();
        self.writer(organization).enqueue(Request::Trim { through, reply })?;
        answer.await.map_err(|_| gone())?
    }

    /// Looks at some of an organization's remembered answers, those after `after`, and forgets what is older than the
    /// options say; see [`EngineOptions::remember`]. The answer is after which one to look on; `None` when all have been
    /// looked at.
    ///
    /// # Errors
    /// When the store fails or the queue is full.
    pub async fn forget_answers(
        &self,
        organization: &OrganizationId,
        after: Option<ReceiptKey>,
    ) -> Result<Option<ReceiptKey>, AbloError> {
        let reader = ReadOldReceipts::new(self.rules(), after);
        let (before, keys, next) = read::run(reader, |reading| self.store().read(organization, reading)).await?;
        if !keys.is_empty() {
            let (reply, answer) = oneshot::channel();
            self.writer(organization).enqueue(Request::Forget { before, keys, reply })?;
            answer.await.map_err(|_| gone())??;
        }
        Ok(next)
    }

    /// Makes sure that the store can be read and written, now.
    ///
    /// # Errors
    /// Why it cannot.
    pub async fn check(&self) -> Result<(), AbloError> {
        self.0.store.check().await?;
        self.session(Participant::system("", "ablo")).head().await.map(|_| ())
    }

    /// The organizations whose logs hold more than this many deltas.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn organizations(&self, longer_than: u64) -> Result<Vec<OrganizationId>, AbloError> {
        self.0.store.organizations(longer_than).await
    }

    /// What the positions of every log are of.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.0.epoch
    }

    /// Takes no more requests and ends every subscription. Requests that wait are still answered.
    pub fn shut_down(&self) {
        self.0.shut_down();
    }

    pub(crate) fn rules(&self) -> &Arc<Rules> {
        &self.0.rules
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.0.store
    }

    /// What an organization is known to keep.
    #[cfg(test)]
    pub(crate) fn usage(&self, organization: &OrganizationId) -> super::quota::Usage {
        self.writer(organization).usage()
    }

    fn writer(&self, organization: &OrganizationId) -> Arc<Writer> {
        let inner = &self.0;
        let mut writers = inner.writers.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = writers.entry(organization.clone()).or_insert_with(|| {
            Writer::new(organization.clone(), Arc::clone(&inner.rules), Arc::clone(&inner.store), inner.alarms.clone())
        });
        Arc::clone(writer)
    }
}

impl Inner {
    fn shut_down(&self) {
        self.sweeper.abort();
        for writer in self.writers.lock().unwrap_or_else(PoisonError::into_inner).values() {
            writer.close();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shut_down();
        self.store.close();
    }
}

/// A request whose answer will not come.
pub(crate) fn gone() -> AbloError {
    AbloError::new(
        ablo_schema::error::Code::StoreUnavailable,
        "the store ended before it answered; the outcome is not known: repeat the request with the same key",
    )
}
