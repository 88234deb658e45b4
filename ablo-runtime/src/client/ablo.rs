use std::{fmt, ops::Deref, sync::Arc};

use ablo_schema::{
    error::AbloError,
    typed::{Model, ModelFamily, Schema},
    wire::{OrganizationId, ParticipantKind, ParticipantRef, SyncId},
};

use super::{
    history::History,
    open::{Hub, Join, Open, SYSTEM},
    proxy::ModelProxy,
    session::Session,
    snapshot::Snapshotting,
    transaction::Transaction,
    transport::{LogPage, Transport},
};
use crate::engine::Participant;

/// Shared state, as one participant sees and changes it.
///
/// Its members are those of the schema's struct: `ablo.weather_reports` is the [`ModelProxy`] of `WeatherReport`.
/// Participants made with [`Ablo::as_user`], [`Ablo::as_agent`] and [`Ablo::as_system`] share one engine.
pub struct Ablo<S: Schema> {
    session: Arc<Session>,
    hub: Hub,
    models: S::Models<LocalProxies>,
}

impl<S: Schema> Clone for Ablo<S> {
    fn clone(&self) -> Self {
        Self::of(self.session.clone(), self.hub.clone())
    }
}

impl<S: Schema> fmt::Debug for Ablo<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ablo").field("participant", &self.participant()).finish_non_exhaustive()
    }
}

impl<S: Schema> Deref for Ablo<S> {
    type Target = S::Models<LocalProxies>;

    fn deref(&self) -> &Self::Target {
        &self.models
    }
}

impl<S: Schema> Ablo<S> {
    /// Shared state in memory, gone with the process.
    pub fn in_memory() -> Open<S> {
        Open::in_memory()
    }

    /// Shared state in a SQLite file, which is made when it is not there.
    #[cfg(feature = "sqlite")]
    pub fn embedded(path: impl Into<std::path::PathBuf>) -> Open<S> {
        Open::embedded(path.into())
    }

    /// Shared state behind any transport: `connect` makes each participant's.
    ///
    /// # Errors
    /// What is wrong with the schema, all of it.
    pub fn through(
        organization: impl Into<OrganizationId>,
        connect: impl Fn(Participant) -> Arc<dyn Transport> + Send + Sync + 'static,
    ) -> Result<Join<S>, AbloError> {
        let hub = Hub { schema: S::schema()?, organization: organization.into(), connect: Arc::new(connect) };
        Ok(Join::new(hub, ParticipantKind::System, SYSTEM.to_owned()))
    }

    pub(crate) fn of(session: Arc<Session>, hub: Hub) -> Self {
        let models = S::models(&LocalProxies { session: session.clone() });
        Self { session, hub, models }
    }

    /// The same state as a person sees and changes it.
    pub fn as_user(&self, id: impl Into<String>) -> Join<S> {
        Join::new(self.hub.clone(), ParticipantKind::User, id.into())
    }

    /// The same state as an agent sees and changes it; say for whom with [`Join::on_behalf_of`].
    pub fn as_agent(&self, id: impl Into<String>) -> Join<S> {
        Join::new(self.hub.clone(), ParticipantKind::Agent, id.into())
    }

    /// The same state as the application itself sees and changes it: all of the organization.
    pub fn as_system(&self) -> Join<S> {
        Join::new(self.hub.clone(), ParticipantKind::System, SYSTEM.to_owned())
    }

    /// Who this is.
    #[must_use]
    pub fn participant(&self) -> ParticipantRef {
        self.session.participant()
    }

    /// Several writes that apply together or not at all.
    pub fn transaction(&self) -> Transaction {
        Transaction::new(self.session.clone())
    }

    /// A new history of transactions that can be undone.
    #[must_use]
    pub fn history(&self) -> History {
        History::new(self.session.clone())
    }

    /// Rows to be seen together, and guarded together.
    pub fn snapshot(&self) -> Snapshotting {
        Snapshotting::new(self.session.clone())
    }

    /// How far the local replica is in the log.
    #[must_use]
    pub fn stamp(&self) -> SyncId {
        SyncId(self.session.read(super::replica::Replica::cursor))
    }

    /// A page of the log: what happened after this stamp, by whom, and on whose behalf.
    ///
    /// # Errors
    /// `must_bootstrap` when the log was trimmed past there.
    pub async fn log(&self, after: SyncId) -> Result<LogPage, AbloError> {
        self.session.transport().log(after).await
    }

    /// Returns when the local replica has everything that is in the log now.
    ///
    /// # Errors
    /// When the engine is not reached.
    pub async fn synced(&self) -> Result<(), AbloError> {
        self.session.catch_up(SyncId(u64::MAX)).await
    }

    /// Calls back with the error of every write that is refused after [`super::Wait::Queued`], until the guard is
    /// dropped.
    pub fn on_refused(&self, callback: impl Fn(&AbloError) + Send + Sync + 'static) -> Refusals {
        Refusals { id: self.session.on_refused(Arc::new(callback)), session: self.session.clone() }
    }
}

/// Listens to refusals until dropped.
#[must_use = "listening ends when this is dropped"]
pub struct Refusals {
    session: Arc<Session>,
    id: u64,
}

impl fmt::Debug for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusals").finish_non_exhaustive()
    }
}

impl Drop for Refusals {
    fn drop(&mut self) {
        self.session.forget_refused(self.id);
    }
}

/// Puts a [`ModelProxy`] in each model's place.
pub struct LocalProxies {
    session: Arc<Session>,
}

impl fmt::Debug for LocalProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalProxies").finish_non_exhaustive()
    }
}

impl ModelFamily for LocalProxies {
    type Proxy<M> = ModelProxy<M>;

    fn proxy<M: Model>(&self, key: &'static str) -> ModelProxy<M> {
        // A key that is not of the schema cannot happen: both come from one declaration.
        let table = self.session.keys().iter().position(|known| *known == key).unwrap_or(usize::MAX);
        ModelProxy::new(self.session.clone(), table, key)
    }
}
