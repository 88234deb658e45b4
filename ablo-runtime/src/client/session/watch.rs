use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, Weak},
};

use super::Session;
use crate::lock::lock;

/// Told after changes of a table.
pub(crate) trait Watcher: Send + Sync {
    /// The table may have changed.
    fn changed(&self, session: &Session);
}

/// Who listens, in the order they came.
#[derive(Default)]
pub(super) struct Watchers {
    next: u64,
    all: BTreeMap<u64, (usize, Arc<dyn Watcher>)>,
}

/// Listens until dropped.
#[must_use = "listening ends when this is dropped"]
pub struct Watch {
    session: Weak<Session>,
    id: u64,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(session) = self.session.upgrade() {
            // Dropped after the lock: a callback may own the guard of another.
            let removed = lock(&session.watchers).all.remove(&self.id);
            drop(removed);
        }
    }
}

pub(super) fn add(session: &Arc<Session>, table: usize, watcher: Arc<dyn Watcher>) -> Watch {
    let mut watchers = lock(&session.watchers);
    let id = watchers.next;
    watchers.next += 1;
    watchers.all.insert(id, (table, watcher));
    Watch { session: Arc::downgrade(session), id }
}

/// Tells whoever listens to one of these tables, without holding the list: they may add to it, or leave.
pub(super) fn tell(watchers: &Mutex<Watchers>, session: &Session, changed: &BTreeSet<usize>) {
    if changed.is_empty() {
        return;
    }
    let concerned: Vec<Arc<dyn Watcher>> = {
        let watchers = lock(watchers);
        let of_tables = watchers.all.values().filter(|(table, _)| changed.contains(table));
        of_tables.map(|(_, watcher)| watcher.clone()).collect()
    };
    for watcher in concerned {
        watcher.changed(session);
    }
}
