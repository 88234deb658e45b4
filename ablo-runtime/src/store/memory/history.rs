use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use ablo_schema::ir::ModelIndex;
use ablo_schema::wire::SyncId;

use crate::engine::StoredRow;
use crate::store::RowKey;

/// What rows were at the moments that somebody still reads. Costs nothing while nobody does.
#[derive(Debug, Default)]
pub(super) struct History {
    /// How many read at each head.
    readers: BTreeMap<SyncId, usize>,
    /// What rows were before they changed, oldest first. Only what a reader may ask for.
    rows: BTreeMap<RowKey, Vec<Version>>,
}

/// What a row was from its own sync id on.
#[derive(Debug)]
pub(super) struct Version {
    row: Arc<StoredRow>,
    /// The last head at which it was that.
    last: SyncId,
}

impl Version {
    fn was_at(&self, head: SyncId) -> bool {
        self.row.sync_id <= head && head <= self.last
    }
}

impl History {
    /// Somebody begins to read at this head.
    pub fn enter(&mut self, head: SyncId) {
        *self.readers.entry(head).or_default() += 1;
    }

    /// Somebody stops. The answer is what nobody can ask for any more, to be freed where it holds nobody up.
    #[must_use]
    pub fn leave(&mut self, head: SyncId) -> BTreeMap<RowKey, Vec<Version>> {
        let was_oldest = self.readers.first_key_value().is_some_and(|(oldest, _)| *oldest == head);
        let left = self.readers.get_mut(&head).map_or(0, |readers| {
            *readers -= 1;
            *readers
        });
        if left > 0 {
            return BTreeMap::new();
        }
        self.readers.remove(&head);
        match self.readers.first_key_value() {
            None => return std::mem::take(&mut self.rows),
            // What only this reader could ask for goes with the oldest one: a look at everything each time is too much.
            Some((oldest, _)) if was_oldest => self.rows.retain(|_, versions| {
                versions.retain(|version| version.last >= *oldest);
                !versions.is_empty()
            }),
            Some(_) => {}
        }
        BTreeMap::new()
    }

    /// A row is about to change that was `before` up to the head `last`.
    pub fn keep(&mut self, key: &RowKey, before: &Arc<StoredRow>, last: SyncId) {
        if self.readers.range(before.sync_id..).next().is_some() {
            self.rows.entry(key.clone()).or_default().push(Version { row: Arc::clone(before), last });
        }
    }

    /// A row as it was at a head, when it changed since.
    pub fn row(&self, key: &RowKey, head: SyncId) -> Option<&Arc<StoredRow>> {
        if self.rows.is_empty() { None } else { at(self.rows.get(key)?, head) }
    }

    /// The rows of a model that changed since a head, as they were then, by ascending id, from beyond `after` on.
    pub fn range(&self, model: ModelIndex, after: Option<&str>, head: SyncId) -> impl Iterator<Item = &Arc<StoredRow>> {
        // Ids are not empty: this one comes before all of them.
        let start = Excluded(RowKey::new(model, after.unwrap_or_default()));
        let versions = self.rows.range((start, Unbounded)).take_while(move |(key, _)| key.model == model);
        versions.filter_map(move |(_, versions)| at(versions, head))
    }
}

fn at(versions: &[Version], head: SyncId) -> Option<&Arc<StoredRow>> {
    versions.iter().find(|version| version.was_at(head)).map(|version| &version.row)
}
