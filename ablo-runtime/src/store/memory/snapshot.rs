use std::sync::{Arc, Mutex};

use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{OrganizationId, SyncId};
use futures_util::future::BoxFuture;

use super::State;
use crate::lock::lock;
use crate::store::{Loaded, Reading, Snapshot};

/// The rows of an organization at one head. Whatever changes meanwhile is kept as it was until this is dropped.
#[derive(Debug)]
pub(super) struct MemorySnapshot {
    state: Arc<Mutex<State>>,
    organization: OrganizationId,
    head: SyncId,
    trimmed: SyncId,
}

impl MemorySnapshot {
    pub fn new(state: &Arc<Mutex<State>>, organization: &OrganizationId) -> Result<Self, AbloError> {
        let (head, trimmed) = {
            let mut state = lock(state);
            let kept = state.organization(organization)?;
            kept.history.enter(kept.head());
            (kept.head(), kept.trimmed)
        };
        Ok(Self { state: Arc::clone(state), organization: organization.clone(), head, trimmed })
    }

    /// The lock is held only while rows are looked up, not while they are judged.
    fn run(&self, reading: &mut dyn Reading) -> Result<(), AbloError> {
        let now = lock(&self.state).clock.now();
        let mut loaded = Loaded::new(now, self.head, self.trimmed);
        while let Some(wanted) = reading.step(&loaded)? {
            let State { types, organizations, .. } = &*lock(&self.state);
            let kept = organizations.get(&self.organization).ok_or(Code::InternalError)?;
            kept.load_rows(&wanted, &mut loaded, types);
        }
        Ok(())
    }
}

impl Snapshot for MemorySnapshot {
    fn read(&mut self, mut reading: Box<dyn Reading>) -> BoxFuture<'_, Result<(), AbloError>> {
        let outcome = self.run(&mut *reading);
        Box::pin(std::future::ready(outcome))
    }
}

impl Drop for MemorySnapshot {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        let unused = state.organizations.get_mut(&self.organization).map(|kept| kept.history.leave(self.head));
        drop(state);
        drop(unused);
    }
}
