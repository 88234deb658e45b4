//! How a client of version 0.9.0 takes deltas in, with the time passed in.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use ablo_schema::wire::{DeltaAction, WireDelta};
use serde_json::{Map, Value};

pub type Row = Map<String, Value>;
pub type Key = (String, String);

/// How long it collects after the last delta.
const DEBOUNCE_MS: u64 = 100;
/// So many are not collected any longer.
const BATCH: usize = 50;
/// A value in one of these makes it take the server's row and forget what it has changed itself.
const CLEARING: [&str; 3] = ["deletedAt", "archivedAt", "unassignedAt"];

/// A row as the application sees it.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    pub row: Row,
    /// Fields it has ever changed itself: what others write to them is not shown.
    pub dirty: BTreeSet<String>,
    pub is_archived: bool,
}

/// The rows of a client. It survives its connections.
#[derive(Debug, Default)]
pub struct Client {
    store: HashMap<Key, Row>,
    pub pool: BTreeMap<Key, Shown>,
    own: HashSet<String>,
    pub highest: u64,
    /// What it says it has applied: `lastSyncId`.
    pub applied: u64,
    pending: Vec<WireDelta>,
    pub flush_at: Option<u64>,
}

impl Client {
    /// It wrote something: shown at once.
    pub fn wrote(&mut self, key: &Key, transaction: &str, change: impl FnOnce(&mut Shown)) {
        self.own.insert(transaction.to_owned());
        change(self.pool.entry(key.clone()).or_default());
    }

    pub fn deleted(&mut self, key: &Key, transaction: &str) {
        self.own.insert(transaction.to_owned());
        self.pool.remove(key);
    }

    /// A whole bootstrap: what is not in it is gone.
    pub fn bootstrap(&mut self, model: &str, rows: &[Row]) {
        let named = |row: &Row| (model.to_owned(), row["id"].as_str().unwrap().to_owned());
        let there: BTreeSet<Key> = rows.iter().map(named).collect();
        self.pool.retain(|key, _| key.0 != model || there.contains(key));
        self.store.retain(|key, _| key.0 != model || there.contains(key));
        for row in rows {
            self.store.insert(named(row), row.clone());
            self.pool.entry(named(row)).or_default().take(row, row);
        }
    }

    /// A delta arrives. Answers what is to be acknowledged.
    pub fn receive(&mut self, delta: WireDelta, now: u64) -> Option<u64> {
        if delta.id.0 <= self.highest {
            return None;
        }
        self.highest = delta.id.0;
        if matches!(delta.action_type, DeltaAction::GroupAdded | DeltaAction::GroupRemoved) {
            return None;
        }
        self.pending.push(delta);
        self.flush_at = Some(now + DEBOUNCE_MS);
        if self.pending.len() >= BATCH { self.flush() } else { None }
    }

    /// Applies what it has collected.
    pub fn flush(&mut self) -> Option<u64> {
        self.flush_at = None;
        let mut by_row: BTreeMap<Key, Vec<WireDelta>> = BTreeMap::new();
        for delta in std::mem::take(&mut self.pending) {
            by_row.entry((delta.model_name.clone(), delta.model_id.clone())).or_default().push(delta);
        }
        let mut last = None;
        for (key, mut deltas) in by_row {
            deltas.sort_by_key(|delta| delta.id);
            if let Some(at) = deltas.iter().rposition(|delta| delta.action_type == DeltaAction::Delete) {
                deltas = vec![deltas.swap_remove(at)];
            }
            let mut before = None;
            for delta in deltas {
                let data: Row =
                    delta.data.as_ref().map_or_else(Row::new, |data| serde_json::from_str(data.get()).unwrap());
                let told = ["status", "state", "isActive"].map(|name| data.get(name).cloned());
                let signature = Some((delta.action_type, told));
                if before == signature {
                    continue;
                }
                before = signature;
                if self.apply(&key, &delta, data) {
                    last = last.max(Some(delta.id.0));
                }
            }
        }
        self.applied = last.unwrap_or(0).max(self.applied);
        last.map(|_| self.applied)
    }

    /// Whether it changed anything.
    fn apply(&mut self, key: &Key, delta: &WireDelta, data: Row) -> bool {
        let is_own = delta.transaction_id.as_ref().is_some_and(|id| self.own.remove(id.as_str()));
        match delta.action_type {
            DeltaAction::Insert | DeltaAction::Cover => {
                self.store.insert(key.clone(), data.clone());
                if !is_own && !self.pool.contains_key(key) {
                    let is_archived = data.get("archivedAt").is_some_and(|at| !at.is_null());
                    self.pool.insert(key.clone(), Shown { row: data, is_archived, ..Shown::default() });
                }
            }
            DeltaAction::Update => {
                let Some(stored) = self.store.get_mut(key) else { return false };
                stored.extend(data.clone());
                let stored = stored.clone();
                if let Some(shown) = self.pool.get_mut(key).filter(|_| !is_own) {
                    shown.take(&stored, &data);
                    shown.is_archived = false;
                }
            }
            DeltaAction::Archive => {
                self.store.insert(key.clone(), data.clone());
                if let Some(shown) = self.pool.get_mut(key).filter(|_| !is_own) {
                    shown.take(&data, &data);
                    shown.is_archived = true;
                }
            }
            DeltaAction::Delete => {
                self.store.remove(key);
                if !is_own {
                    self.pool.remove(key);
                }
            }
            _ => return false,
        }
        true
    }
}

impl Shown {
    /// Takes a row, except for what was changed here; all of it when the delta says so.
    fn take(&mut self, row: &Row, delta: &Row) {
        if CLEARING.iter().any(|name| delta.get(*name).is_some_and(|value| !value.is_null())) {
            self.dirty.clear();
        }
        for (name, value) in row.iter().filter(|(name, _)| !self.dirty.contains(*name)) {
            self.row.insert(name.clone(), value.clone());
        }
    }
}
