use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use ablo_schema::ir::{FieldType, ModelIndex};
use ablo_schema::time::Timestamp;
use ablo_schema::wire::SyncId;
use serde_json::Value;

use super::history::History;
use crate::claims::RowClaims;
use crate::engine::{LogEntry, StoredReceipt, StoredRow, compare_values};
use crate::store::{Count, Field, KeyMap, Loaded, Match, ReadSet, ReceiptKey, RowKey, Scan, WriteSet};

/// Everything of one organization.
#[derive(Debug, Default)]
pub(super) struct Organization {
    pub trimmed: SyncId,
    log: VecDeque<Arc<LogEntry>>,
    rows: Vec<BTreeMap<Arc<str>, Arc<StoredRow>>>,
    pub history: History,
    by_value: KeyMap<Match, BTreeSet<Arc<str>>>,
    claims: KeyMap<RowKey, RowClaims>,
    pub due: BTreeSet<(u64, RowKey)>,
    receipts: KeyMap<ReceiptKey, Arc<StoredReceipt>>,
    /// When each answer was remembered, in that order.
    remembered: VecDeque<(Timestamp, ReceiptKey)>,
}

impl Organization {
    /// An empty one, of so many models.
    pub fn new(models: usize) -> Self {
        Self { rows: vec![BTreeMap::new(); models], ..Self::default() }
    }

    pub fn head(&self) -> SyncId {
        SyncId(self.trimmed.0 + self.log.len() as u64)
    }

    pub fn load(&self, wanted: &ReadSet, loaded: &mut Loaded, types: &[Vec<FieldType>]) {
        self.load_rows(wanted, loaded, types);
        for key in &wanted.claims {
            loaded.claims.insert(key.clone(), self.claims.get(key).cloned().unwrap_or_default());
        }
        for key in &wanted.receipts {
            loaded.receipts.insert(key.clone(), self.receipts.get(key).cloned());
        }
        for id in &wanted.entries {
            loaded.entries.insert(*id, self.entry(*id).cloned());
        }
        if let Some(range) = wanted.log {
            let skip = range.after.0.saturating_sub(self.trimmed.0) as usize;
            let entries = self.log.iter().skip(skip).cloned().map(Ok::<_, Infallible>);
            loaded.log = range.taken(entries).unwrap_or_else(|never| match never {});
        }
        if let Some(old) = &wanted.old_receipts {
            // In the order of time there is nothing to pass over.
            let keys = self.remembered.iter().take(old.limit).take_while(|(at, _)| *at < old.before);
            let keys: Vec<ReceiptKey> = keys.map(|(_, key)| key.clone()).collect();
            let next = keys.last().filter(|_| keys.len() == old.limit).cloned();
            loaded.old_receipts = (keys, next);
        }
        if let Some(count) = wanted.due {
            loaded.due = self.due.iter().take(count).cloned().collect();
        }
        loaded.counts.extend(wanted.counts.iter().map(|count| (*count, self.count(*count))));
    }

    /// What is wanted of rows, as they are or were at the head that `loaded` is of.
    pub fn load_rows(&self, wanted: &ReadSet, loaded: &mut Loaded, types: &[Vec<FieldType>]) {
        let head = loaded.head;
        for key in wanted.rows.iter().chain(&wanted.new_rows) {
            let row = self.rows[key.model.get()].get(&key.id).filter(|row| row.sync_id <= head);
            loaded.rows.insert(key.clone(), row.or_else(|| self.history.row(key, head)).cloned());
        }
        for wish in &wanted.matches {
            loaded.matches.insert(wish.clone(), self.matching(wish, head));
        }
        if !wanted.scans.is_empty() {
            let scan = |scan: &Scan| self.scan(scan, &types[scan.model.get()], head);
            loaded.scans = wanted.scans.iter().map(scan).collect();
        }
    }

    fn count(&self, count: Count) -> u64 {
        match count {
            Count::Rows => self.rows.iter().map(BTreeMap::len).sum::<usize>() as u64,
            Count::Claims => self.claims.values().map(RowClaims::handle_count).sum::<usize>() as u64,
            Count::LogBytes(through) => {
                self.log.iter().take_while(|entry| entry.id() <= through).map(|entry| entry.bytes()).sum()
            }
        }
    }

    fn entry(&self, id: SyncId) -> Option<&Arc<LogEntry>> {
        self.log.get(id.0.checked_sub(self.trimmed.0 + 1)? as usize)
    }

    fn matching(&self, wish: &Match, head: SyncId) -> Vec<Arc<StoredRow>> {
        let ids = self.by_value.get(wish).into_iter().flatten();
        let current = ids.filter_map(|id| self.rows[wish.model.get()].get(id)).filter(|row| row.sync_id <= head);
        let held = |row: &&Arc<StoredRow>| {
            row.values.get(wish.slot).is_some_and(|it| Match::new(wish.model, wish.slot, it) == *wish)
        };
        merge(current, self.history.range(wish.model, None, head).filter(held)).cloned().collect()
    }

    fn scan(&self, scan: &Scan, types: &[FieldType], head: SyncId) -> Vec<Arc<StoredRow>> {
        let limit = scan.limit.unwrap_or(usize::MAX);
        let order = |a: (&Value, &str), b: (&Value, &str)| {
            let by_value = match scan.order {
                Field::Id => a.1.cmp(b.1),
                Field::Slot(slot) => compare_values(types[slot], a.0, b.0),
            };
            let by_value = if scan.descending { by_value.reverse() } else { by_value };
            by_value.then_with(|| a.1.cmp(b.1))
        };
        let is_by_id = scan.order == Field::Id && !scan.descending;
        let (start, after) = match &scan.after {
            Some((_, id)) if is_by_id => (Some(id.as_str()), None),
            after => (None, after.as_ref()),
        };
        let is_after = |row: &StoredRow| {
            after.is_none_or(|(value, id)| order(place(scan.order, row), (value, id)) == Ordering::Greater)
        };
        let rows = self.rows_at(scan.model, start, head);
        let rows = rows.filter(|row| scan.tests.iter().all(|test| test.holds(row)) && is_after(row)).cloned();
        if is_by_id {
            return rows.take(limit).collect();
        }
        let order = |a: &Arc<StoredRow>, b: &Arc<StoredRow>| order(place(scan.order, a), place(scan.order, b));
        let mut found = Vec::new();
        for row in rows {
            found.push(row);
            // Never many more than are asked for.
            if found.len() >= limit.saturating_mul(2).max(64) {
                found.select_nth_unstable_by(limit, order);
                found.truncate(limit);
            }
        }
        found.sort_unstable_by(order);
        found.truncate(limit);
        found
    }

    /// The rows of a model at a head, by ascending id, from beyond `after` on.
    fn rows_at(&self, model: ModelIndex, after: Option<&str>, head: SyncId) -> impl Iterator<Item = &Arc<StoredRow>> {
        let start = after.map_or(Unbounded, Excluded);
        let current = self.rows[model.get()].range::<str, _>((start, Unbounded));
        let current = current.map(|(_, row)| row).filter(move |row| row.sync_id <= head);
        merge(current, self.history.range(model, after, head))
    }

    pub fn write(&mut self, writes: WriteSet, indexed: &[Vec<usize>]) {
        let last = self.head();
        for write in writes.rows {
            if let Some(before) = &write.before {
                self.history.keep(&write.key, before, last);
            }
            let model = write.key.model;
            for slot in &indexed[model.get()] {
                let rows = [&write.before, &write.after];
                let [old, new] = rows.map(|row| row.as_ref().and_then(|row| row.values.get(*slot)));
                if old == new {
                    continue;
                }
                if let Some(old) = old.map(|old| Match::new(model, *slot, old))
                    && let Some(ids) = self.by_value.get_mut(&old)
                {
                    ids.remove(&write.key.id);
                    if ids.is_empty() {
                        self.by_value.remove(&old);
                    }
                }
                if let Some(new) = new.map(|new| Match::new(model, *slot, new)) {
                    self.by_value.entry(new).or_default().insert(Arc::clone(&write.key.id));
                }
            }
            let rows = &mut self.rows[model.get()];
            match write.after {
                Some(row) => rows.insert(write.key.id, row),
                None => rows.remove(&write.key.id),
            };
        }
        self.log.extend(writes.log);
        for (key, claims) in writes.claims {
            let next = claims.next_due();
            let before = self.claims.insert(key.clone(), claims).and_then(|claims| claims.next_due());
            if let Some(due) = before {
                self.due.remove(&(due, key.clone()));
            }
            self.due.extend(next.map(|due| (due, key)));
        }
        self.remembered.extend(writes.receipts.iter().map(|(key, receipt)| (receipt.at, key.clone())));
        self.receipts.extend(writes.receipts);
        if let Some((before, keys)) = writes.forget {
            for key in keys {
                if self.receipts.get(&key).is_some_and(|receipt| receipt.at < before) {
                    self.receipts.remove(&key);
                }
            }
            while let Some((at, key)) = self.remembered.front()
                && self.receipts.get(key).is_none_or(|receipt| receipt.at != *at)
            {
                self.remembered.pop_front();
            }
        }
        while writes.trim.is_some_and(|through| self.trimmed < through) && self.log.pop_front().is_some() {
            self.trimmed.0 += 1;
        }
    }
}

/// What decides a row's place in an order.
fn place(order: Field, row: &StoredRow) -> (&Value, &str) {
    static NULL: Value = Value::Null;
    let value = match order {
        Field::Id => None,
        Field::Slot(slot) => row.values.get(slot),
    };
    (value.unwrap_or(&NULL), &row.id)
}

/// Two sequences by ascending id as one; no id is in both.
fn merge<'a>(
    current: impl Iterator<Item = &'a Arc<StoredRow>>,
    previous: impl Iterator<Item = &'a Arc<StoredRow>>,
) -> impl Iterator<Item = &'a Arc<StoredRow>> {
    let (mut current, mut previous) = (current.peekable(), previous.peekable());
    std::iter::from_fn(move || match (current.peek(), previous.peek()) {
        (Some(a), Some(b)) if b.id < a.id => previous.next(),
        (None, _) => previous.next(),
        _ => current.next(),
    })
}
