use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::{FieldType, ValidSchema};
use ablo_schema::wire::{OrganizationId, SyncId};
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{
    Count, Epoch, Field, KeyMap, Loaded, LogRange, Match, Opened, ReadSet, Reading, ReceiptKey, RowKey, Scan, Step,
    Store, WriteSet, indexed_slots,
};
use crate::claims::RowClaims;
use crate::engine::{Clock, LogEntry, StoredReceipt, StoredRow, Writer, compare_values};

/// Keeps everything in memory: for tests, and for state that need not survive the process.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    clock: Clock,
    epoch: Option<Epoch>,
    /// The slots that are indexed, by model.
    indexed: Vec<Vec<usize>>,
    types: Vec<Vec<FieldType>>,
    organizations: KeyMap<OrganizationId, Organization>,
}

#[derive(Debug, Default)]
struct Organization {
    trimmed: SyncId,
    log: VecDeque<Arc<LogEntry>>,
    rows: Vec<BTreeMap<Arc<str>, Arc<StoredRow>>>,
    by_value: KeyMap<Match, BTreeSet<Arc<str>>>,
    claims: KeyMap<RowKey, RowClaims>,
    due: BTreeSet<(u64, RowKey)>,
    receipts: KeyMap<ReceiptKey, Arc<StoredReceipt>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, writer: &Arc<Writer>) -> bool {
        let Some(mut batch) = writer.begin() else { return false };
        let outcome = self.lock().transact(writer.organization(), |loaded| batch.step(loaded));
        writer.finish(batch, outcome);
        true
    }
}

impl Store for MemoryStore {
    fn open<'a>(&'a self, schema: &'a ValidSchema, clock: &'a Clock) -> BoxFuture<'a, Result<Opened, AbloError>> {
        let mut state = self.lock();
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
        let mut state = self.lock();
        let outcome = state.transact(organization, |loaded| {
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
        let state = self.lock();
        let long = state.organizations.iter().filter(|(_, kept)| kept.log.len() as u64 > longer_than);
        Box::pin(std::future::ready(Ok(long.map(|(id, _)| id.clone()).collect())))
    }
}

impl State {
    fn transact(
        &mut self,
        organization: &OrganizationId,
        mut step: impl FnMut(&Loaded) -> Result<Step, AbloError>,
    ) -> Result<(), AbloError> {
        let Self { clock, indexed, types, organizations, .. } = self;
        if !organizations.contains_key(organization) {
            let rows = vec![BTreeMap::new(); indexed.len()];
            organizations.insert(organization.clone(), Organization { rows, ..Organization::default() });
        }
        let Some(kept) = organizations.get_mut(organization) else { return Err(Code::InternalError.into()) };
        let mut loaded = Loaded::new(clock.now(), kept.head(), kept.trimmed);
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

impl Organization {
    fn head(&self) -> SyncId {
        SyncId(self.trimmed.0 + self.log.len() as u64)
    }

    fn load(&self, wanted: &ReadSet, loaded: &mut Loaded, types: &[Vec<FieldType>]) {
        for key in wanted.rows.iter().chain(&wanted.new_rows) {
            loaded.rows.insert(key.clone(), self.rows[key.model.get()].get(&key.id).cloned());
        }
        for key in &wanted.claims {
            loaded.claims.insert(key.clone(), self.claims.get(key).cloned().unwrap_or_default());
        }
        for key in &wanted.receipts {
            loaded.receipts.insert(key.clone(), self.receipts.get(key).cloned());
        }
        for id in &wanted.entries {
            loaded.entries.insert(*id, self.entry(*id).cloned());
        }
        for wish in &wanted.matches {
            loaded.matches.insert(wish.clone(), self.matching(wish));
        }
        loaded.scans.extend(wanted.scans.iter().map(|scan| self.scan(scan, &types[scan.model.get()])));
        if let Some(LogRange { after, limit }) = wanted.log {
            let skip = after.0.saturating_sub(self.trimmed.0) as usize;
            loaded.log = self.log.iter().skip(skip).take(limit).cloned().collect();
        }
        if let Some(count) = wanted.due {
            loaded.due = self.due.iter().take(count).cloned().collect();
        }
        loaded.counts.extend(wanted.counts.iter().map(|count| (*count, self.count(*count))));
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

    fn matching(&self, wish: &Match) -> Vec<Arc<StoredRow>> {
        let ids = self.by_value.get(wish).into_iter().flatten();
        ids.filter_map(|id| self.rows[wish.model.get()].get(id)).cloned().collect()
    }

    fn scan(&self, scan: &Scan, types: &[FieldType]) -> Vec<Arc<StoredRow>> {
        let ty = match scan.order {
            Field::Id => FieldType::String,
            Field::Slot(slot) => types[slot],
        };
        let place = |row: &StoredRow| match scan.order {
            Field::Id => Value::from(row.id.as_str()),
            Field::Slot(slot) => row.values.get(slot).cloned().unwrap_or(Value::Null),
        };
        let order = |a: (&Value, &str), b: (&Value, &str)| {
            let by_value = compare_values(ty, a.0, b.0);
            let by_value = if scan.descending { by_value.reverse() } else { by_value };
            by_value.then_with(|| a.1.cmp(b.1))
        };
        let is_after = |row: &StoredRow| match &scan.after {
            Some((value, id)) => order((&place(row), &row.id), (value, id)) == Ordering::Greater,
            None => true,
        };
        let rows = self.rows[scan.model.get()].values();
        let mut found: Vec<Arc<StoredRow>> =
            rows.filter(|row| scan.tests.iter().all(|test| test.holds(row)) && is_after(row)).cloned().collect();
        // By id they are in order already.
        if scan.order != Field::Id || scan.descending {
            found.sort_by(|a, b| order((&place(a), &a.id), (&place(b), &b.id)));
        }
        found.truncate(scan.limit.unwrap_or(usize::MAX));
        found
    }

    fn write(&mut self, writes: WriteSet, indexed: &[Vec<usize>]) {
        for write in writes.rows {
            let model = write.key.model;
            let values = |row: &Option<Arc<StoredRow>>| -> Vec<Match> {
                let slots = indexed[model.get()].iter();
                let value = |slot: usize| row.as_ref().and_then(|row| row.values.get(slot));
                slots.filter_map(|slot| Some(Match::new(model, *slot, value(*slot)?))).collect()
            };
            for old in values(&write.before) {
                if let Some(ids) = self.by_value.get_mut(&old) {
                    ids.remove(&write.key.id);
                    if ids.is_empty() {
                        self.by_value.remove(&old);
                    }
                }
            }
            for new in values(&write.after) {
                self.by_value.entry(new).or_default().insert(Arc::clone(&write.key.id));
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
        self.receipts.extend(writes.receipts);
        if let Some(before) = writes.forget {
            self.receipts.retain(|_, receipt| receipt.at >= before);
        }
        while writes.trim.is_some_and(|through| self.trimmed < through) && self.log.pop_front().is_some() {
            self.trimmed.0 += 1;
        }
    }
}
