use std::collections::HashMap;
use std::sync::Arc;

use ablo_schema::wire::{OrganizationId, SyncId};

use crate::engine::StoredRow;
use crate::store::{RowKey, RowWrite};

/// Heads, and rows as they were last read or written, so that they are not read again. It starts over when it is full.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// The last delta, and the last one trimmed off.
    heads: HashMap<OrganizationId, (SyncId, SyncId)>,
    rows: HashMap<OrganizationId, HashMap<RowKey, Arc<StoredRow>>>,
    count: usize,
}

/// How many rows are kept.
const FULL: usize = 4096;

impl Recent {
    pub fn get(&self, organization: &OrganizationId, key: &RowKey) -> Option<Arc<StoredRow>> {
        self.rows.get(organization)?.get(key).cloned()
    }

    pub fn head(&self, organization: &OrganizationId) -> Option<(SyncId, SyncId)> {
        self.heads.get(organization).copied()
    }

    /// Keeps a row as it is.
    pub fn keep(&mut self, organization: &OrganizationId, key: &RowKey, row: &Arc<StoredRow>) {
        if self.count >= FULL {
            *self = Self::default();
        }
        if !self.rows.contains_key(organization) {
            self.rows.insert(organization.clone(), HashMap::new());
        }
        let rows = self.rows.get_mut(organization);
        let old = rows.and_then(|rows| rows.insert(key.clone(), Arc::clone(row)));
        self.count += usize::from(old.is_none());
    }

    /// Takes in what a transaction does.
    pub fn apply(&mut self, organization: &OrganizationId, writes: &[RowWrite], head: (SyncId, SyncId)) {
        for RowWrite { key, after, .. } in writes {
            match after {
                Some(row) => self.keep(organization, key, row),
                None => {
                    let gone = self.rows.get_mut(organization).and_then(|rows| rows.remove(key));
                    self.count -= usize::from(gone.is_some());
                }
            }
        }
        match self.heads.get_mut(organization) {
            Some(known) => *known = head,
            None => drop(self.heads.insert(organization.clone(), head)),
        }
    }
}
