mod history;
mod organization;
mod snapshot;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::sync::{Arc, Mutex};

use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::{FieldType, ValidSchema};
use ablo_schema::wire::OrganizationId;
use futures_util::future::BoxFuture;

use self::organization::Organization;
use self::snapshot::MemorySnapshot;
use super::{Epoch, KeyMap, Loaded, Opened, Reading, Snapshot, Step, Store, WriteSet, indexed_slots};
use crate::engine::{Clock, Writer};
use crate::lock::lock;

/// Keeps everything in memory: for tests, and for state that need not survive the process.
#[derive(Debug, Default)]
pub struct MemoryStore(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    clock: Clock,
    epoch: Option<Epoch>,
    /// The slots that are indexed, by model.
    indexed: Vec<Vec<usize>>,
    types: Vec<Vec<FieldType>>,
    organizations: KeyMap<OrganizationId, Organization>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn run(&self, writer: &Arc<Writer>) -> bool {
        let Some(mut batch) = writer.begin() else { return false };
        let outcome = lock(&self.0).transact(writer.organization(), |loaded| batch.step(loaded));
        writer.finish(batch, outcome);
        true
    }
}

impl Store for MemoryStore {
    fn open<'a>(&'a self, schema: &'a ValidSchema, clock: &'a Clock) -> BoxFuture<'a, Result<Opened, AbloError>> {
        let mut state = lock(&self.0);
        state.clock = clock.clone();
        state.indexed = schema.models().map(|model| indexed_slots(schema, model.index())).collect();
        state.types =
            schema.models().map(|model| model.shape().slots().iter().map(|slot| slot.def.ty).collect()).collect();
        let due = state.organizations.iter().filter_map(|(id, kept)| Some((id.clone(), kept.due.first()?.0))).collect();
        let epoch = state.epoch.map_or_else(Epoch::draw, Ok);
        state.epoch = epoch.as_ref().ok().copied();
        Box::pin(std::future::ready(epoch.map(|epoch| Opened { epoch, due })))
    }

    /// Runs on the caller's thread: nothing here waits for anything but the lock.
    fn submit(&self, writer: Arc<Writer>) {
        while self.run(&writer) {}
    }

    fn read(
        &self,
        organization: &OrganizationId,
        mut reading: Box<dyn Reading>,
    ) -> BoxFuture<'_, Result<(), AbloError>> {
        let outcome = lock(&self.0).transact(organization, |loaded| {
            Ok(match reading.step(loaded)? {
                Some(wanted) => Step::Read(wanted),
                None => Step::Write(WriteSet::default()),
            })
        });
        Box::pin(std::future::ready(outcome))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), AbloError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn organizations(&self, longer_than: u64) -> BoxFuture<'_, Result<Vec<OrganizationId>, AbloError>> {
        let state = lock(&self.0);
        let long = state.organizations.iter().filter(|(_, kept)| kept.head().0 - kept.trimmed.0 > longer_than);
        Box::pin(std::future::ready(Ok(long.map(|(id, _)| id.clone()).collect())))
    }

    fn snapshot(&self, organization: &OrganizationId) -> BoxFuture<'_, Result<Box<dyn Snapshot>, AbloError>> {
        let snapshot = MemorySnapshot::new(&self.0, organization);
        Box::pin(std::future::ready(snapshot.map(|snapshot| Box::new(snapshot) as Box<dyn Snapshot>)))
    }
}

impl State {
    /// An organization, which is there from the first time it is asked for.
    fn organization(&mut self, id: &OrganizationId) -> Result<&mut Organization, AbloError> {
        if !self.organizations.contains_key(id) {
            self.organizations.insert(id.clone(), Organization::new(self.indexed.len()));
        }
        self.organizations.get_mut(id).ok_or_else(|| Code::InternalError.into())
    }

    fn transact(
        &mut self,
        organization: &OrganizationId,
        mut step: impl FnMut(&Loaded) -> Result<Step, AbloError>,
    ) -> Result<(), AbloError> {
        let now = self.clock.now();
        self.organization(organization)?;
        let Self { indexed, types, organizations, .. } = self;
        let Some(kept) = organizations.get_mut(organization) else { return Err(Code::InternalError.into()) };
        let mut loaded = Loaded::new(now, kept.head(), kept.trimmed);
        loop {
            match step(&loaded)? {
                Step::Read(wanted) => kept.load(&wanted, &mut loaded, types),
                Step::Write(writes) => {
                    kept.write(writes, indexed);
                    return Ok(());
                }
            }
        }
    }
}
