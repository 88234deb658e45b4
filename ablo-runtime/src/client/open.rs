use std::{fmt, future::IntoFuture, marker::PhantomData, sync::Arc};

use ablo_schema::{
    error::AbloError,
    ir::ValidSchema,
    typed::Schema,
    wire::{Group, OrganizationId, ParticipantKind, ParticipantRef},
};
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{ablo::Ablo, local::LocalTransport, session::Session, transport::Transport};
#[cfg(feature = "sqlite")]
use crate::store::{Durability, SqliteStore};
use crate::{
    engine::{Engine, EngineOptions, Operations, Participant},
    store::MemoryStore,
};

/// The id of the application's own participant.
pub(crate) const SYSTEM: &str = "system";

/// Where participants meet: one engine, or one server.
#[derive(Clone)]
pub(crate) struct Hub {
    pub schema: ValidSchema,
    pub organization: OrganizationId,
    pub connect: Arc<dyn Fn(Participant) -> Arc<dyn Transport> + Send + Sync>,
}

/// Where the rows are kept.
enum Place {
    Memory,
    #[cfg(feature = "sqlite")]
    File(std::path::PathBuf, Durability),
}

/// Shared state to be opened in this process, awaited to become an [`Ablo`].
#[must_use = "nothing is opened until this is awaited"]
pub struct Open<S> {
    place: Place,
    organization: OrganizationId,
    options: EngineOptions,
    schema: PhantomData<fn() -> S>,
}

impl<S> fmt::Debug for Open<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").field("organization", &self.organization).finish_non_exhaustive()
    }
}

impl<S: Schema> Open<S> {
    fn new(place: Place) -> Self {
        Self { place, organization: "local".into(), options: EngineOptions::default(), schema: PhantomData }
    }

    pub(crate) fn in_memory() -> Self {
        Self::new(Place::Memory)
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn embedded(path: std::path::PathBuf) -> Self {
        Self::new(Place::File(path, Durability::Full))
    }

    /// The organization whose state this is; `local` unless said otherwise.
    pub fn organization(mut self, organization: impl Into<OrganizationId>) -> Self {
        self.organization = organization.into();
        self
    }

    /// What a crash of the machine may cost. Without a file there is nothing to keep.
    #[cfg(feature = "sqlite")]
    pub fn durability(mut self, durability: Durability) -> Self {
        if let Place::File(_, of_file) = &mut self.place {
            *of_file = durability;
        }
        self
    }

    /// How the engine runs.
    pub fn options(mut self, options: EngineOptions) -> Self {
        self.options = options;
        self
    }

    async fn run(self) -> Result<Ablo<S>, AbloError> {
        let schema = S::schema()?;
        let engine = match self.place {
            Place::Memory => Engine::open(schema.clone(), MemoryStore::new(), self.options).await?,
            #[cfg(feature = "sqlite")]
            Place::File(path, durability) => {
                Engine::open(schema.clone(), SqliteStore::new(path, durability), self.options).await?
            }
        };
        let connect =
            Arc::new(move |participant| -> Arc<dyn Transport> { Arc::new(LocalTransport::new(&engine, participant)) });
        Join::new(Hub { schema, organization: self.organization, connect }, ParticipantKind::System, SYSTEM.into())
            .await
    }
}

impl<S: Schema> IntoFuture for Open<S> {
    type Output = Result<Ablo<S>, AbloError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// A participant to be, awaited to become an [`Ablo`].
#[must_use = "nobody joins until this is awaited"]
pub struct Join<S> {
    hub: Hub,
    participant: Participant,
    schema: PhantomData<fn() -> S>,
}

impl<S> fmt::Debug for Join<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join").field("participant", &self.participant).finish_non_exhaustive()
    }
}

impl<S: Schema> Join<S> {
    pub(crate) fn new(hub: Hub, kind: ParticipantKind, id: String) -> Self {
        let organization = hub.organization.clone();
        let participant = match kind {
            ParticipantKind::User => Participant::user(organization, id),
            ParticipantKind::Agent => Participant::agent(organization, id),
            ParticipantKind::System => Participant::system(organization, id),
        };
        Self { hub, participant, schema: PhantomData }
    }

    /// The person it acts for. Every change it makes says so.
    pub fn on_behalf_of(mut self, user: impl Into<String>) -> Self {
        let principal = ParticipantRef { kind: ParticipantKind::User, id: user.into().into() };
        self.participant.on_behalf_of = Some(principal);
        self
    }

    /// A member of its identity, which the schema's identity roles turn into groups: `.identity("teamIds", ["red"])`.
    pub fn identity(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.participant.identity.insert(member.to_owned(), value.into());
        self
    }

    /// Only these of its groups.
    pub fn groups(mut self, groups: impl IntoIterator<Item = Group>) -> Self {
        self.participant.groups = Some(groups.into_iter().collect());
        self
    }

    /// Only these operations, such as `tasks.update`.
    pub fn operations<I: IntoIterator<Item: Into<String>>>(mut self, allowed: I) -> Self {
        self.participant.operations = Operations::allow(allowed);
        self
    }

    async fn run(self) -> Result<Ablo<S>, AbloError> {
        let transport = (self.hub.connect)(self.participant);
        let keys = S::SPEC.models.iter().map(|(key, _)| *key).collect();
        let session = Session::open(self.hub.schema.clone(), keys, transport).await?;
        Ok(Ablo::of(session, self.hub))
    }
}

impl<S: Schema> IntoFuture for Join<S> {
    type Output = Result<Ablo<S>, AbloError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
