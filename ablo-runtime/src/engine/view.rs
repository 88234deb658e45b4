use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ablo_schema::error::AbloError;
use ablo_schema::ir::{BaseField, ModelIndex};
use ablo_schema::wire::{Group, SyncId};
use serde_json::Value;

use super::defect::Defect;
use super::quota::{Kept, Usage};
use super::rules::Rules;
use super::seat::Seat;
use super::{Access, LogEntry, Record, StoredRow};
use crate::claims::RowClaims;
use crate::store::{Count, KeyMap, Loaded, Match, ReadSet, ReceiptKey, RowKey};

/// Why evaluation stops.
#[derive(Debug)]
pub(crate) enum Halt {
    /// Something has to be read first; it has been noted.
    Missing,
    /// The request is refused.
    Refused(AbloError),
}

impl<E: Into<AbloError>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// What changed on top of what was loaded.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    pub rows: KeyMap<RowKey, Option<Arc<StoredRow>>>,
    pub claims: KeyMap<RowKey, RowClaims>,
    pub receipts: KeyMap<ReceiptKey, Arc<super::StoredReceipt>>,
    pub log: Vec<Arc<LogEntry>>,
}

/// The organization as a request sees it: what was loaded, the batch so far, the request so far.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub rules: &'a Rules,
    pub loaded: &'a Loaded,
    pub missing: ReadSet,
    /// Requests of the batch that are through.
    pub batch: Overlay,
    /// The request being evaluated; given up when it fails.
    pub member: Overlay,
    /// What the organization keeps, the batch so far included.
    pub usage: Usage,
    /// The groups of the last row's organization and creator, and those two: many rows of a batch have the same.
    minted: Option<([Option<Value>; 2], Vec<Group>)>,
}

impl<'a> View<'a> {
    pub fn new(rules: &'a Rules, loaded: &'a Loaded) -> Self {
        // About what was asked for is what will change.
        let batch = Overlay {
            rows: KeyMap::with_capacity_and_hasher(loaded.rows.len(), Default::default()),
            receipts: KeyMap::with_capacity_and_hasher(loaded.receipts.len(), Default::default()),
            log: Vec::with_capacity(loaded.rows.len()),
            ..Overlay::default()
        };
        Self {
            rules,
            loaded,
            missing: ReadSet::default(),
            batch,
            member: Overlay::default(),
            usage: Usage::default(),
            minted: None,
        }
    }

    /// Begins to count what quotas are set on, from what is known; the rest is asked for.
    pub fn count(&mut self, known: Usage) {
        self.usage = known;
        for kept in Kept::ALL {
            if self.rules.options.quotas.of(kept).is_some() && known.of(kept).is_none() {
                let count = match kept {
                    Kept::Rows => Count::Rows,
                    Kept::LogBytes => Count::LogBytes(self.loaded.head),
                    Kept::Claims => Count::Claims,
                };
                let found = self.loaded.counts.get(&count).copied();
                self.usage.set(kept, found);
                self.missing.counts.extend(found.is_none().then_some(count));
            }
        }
    }

    /// The last delta, as this request sees it.
    pub fn head(&self) -> SyncId {
        SyncId(self.loaded.head.0 + (self.batch.log.len() + self.member.log.len()) as u64)
    }

    /// What the organization keeps once this request is through.
    fn usage_after(&self) -> Usage {
        let mut usage = self.usage;
        let Overlay { rows, claims, log, .. } = &self.member;
        for (key, after) in rows.iter().filter(|_| self.usage.of(Kept::Rows).is_some()) {
            let before = self.batch.rows.get(key).or_else(|| self.loaded.rows.get(key));
            let went = before.is_some_and(Option::is_some) && !self.rules.planted(Defect::CountDeletedRows);
            usage.change(Kept::Rows, after.is_some().into(), went.into());
        }
        usage.change(Kept::LogBytes, log.iter().map(|entry| entry.bytes()).sum(), 0);
        for (key, after) in claims.iter().filter(|_| self.usage.of(Kept::Claims).is_some()) {
            let before = self.batch.claims.get(key).or_else(|| self.loaded.claims.get(key));
            let before = before.filter(|_| !self.rules.planted(Defect::CountEndedClaims));
            let before = before.map_or(0, RowClaims::handle_count);
            usage.change(Kept::Claims, after.handle_count() as u64, before as u64);
        }
        usage
    }

    /// Whether the quotas allow what the request adds. The log grows also by what makes room, and takes that in.
    pub fn check_quotas(&self, only_deletes: bool) -> Result<(), AbloError> {
        let after = self.usage_after();
        for kept in Kept::ALL {
            let grows = after.of(kept) > self.usage.of(kept) || self.rules.planted(Defect::QuotaRefusesAll);
            let is_free = only_deletes && kept == Kept::LogBytes || self.rules.planted(Defect::IgnoreQuotas);
            if grows && !is_free {
                self.rules.options.quotas.allow(kept, self.usage, after)?;
            }
        }
        Ok(())
    }

    /// The log is trimmed up to here, and was up to there.
    pub fn trimmed(&mut self, through: SyncId, before: SyncId) -> Result<(), Halt> {
        let is_planted = self.rules.planted(Defect::CountTrimmedLog);
        if self.usage.of(Kept::LogBytes).is_none() || through <= before || is_planted {
            return Ok(());
        }
        let bytes = self.log_bytes(through)? - self.log_bytes(before)?;
        self.usage.change(Kept::LogBytes, 0, bytes);
        Ok(())
    }

    /// The bytes of the log up to and including an entry, what is trimmed with this batch included.
    fn log_bytes(&mut self, through: SyncId) -> Result<u64, Halt> {
        let stored = match through.min(self.loaded.head) {
            stored if stored <= self.loaded.trimmed => 0,
            stored => match self.loaded.counts.get(&Count::LogBytes(stored)) {
                Some(bytes) => *bytes,
                None => {
                    self.missing.counts.push(Count::LogBytes(stored));
                    return Err(Halt::Missing);
                }
            },
        };
        let fresh = self.batch.log.iter().take_while(|entry| entry.id() <= through);
        Ok(stored + fresh.map(|entry| entry.bytes()).sum::<u64>())
    }

    /// Keeps what the request did.
    pub fn keep(&mut self) {
        if !self.rules.planted(Defect::QuotaOfBatch) {
            self.usage = self.usage_after();
        }
        // Drained, so that the next request finds the room that this one made.
        let Overlay { rows, claims, receipts, log } = &mut self.member;
        self.batch.rows.extend(rows.drain());
        self.batch.claims.extend(claims.drain());
        self.batch.receipts.extend(receipts.drain());
        self.batch.log.append(log);
    }

    /// Gives up what the request did.
    pub fn discard(&mut self) {
        if self.rules.planted(Defect::KeepFailedMember) {
            return self.keep();
        }
        if self.rules.planted(Defect::CountFailedMember) {
            self.usage = self.usage_after();
        }
        let log = std::mem::take(&mut self.member).log;
        if self.rules.planted(Defect::GapInLog) {
            self.batch.log.extend(log);
        }
    }

    pub fn row(&mut self, key: &RowKey) -> Result<Option<Arc<StoredRow>>, Halt> {
        let known =
            self.member.rows.get(key).or_else(|| self.batch.rows.get(key)).or_else(|| self.loaded.rows.get(key));
        match known {
            Some(row) => Ok(row.clone()),
            None => {
                self.missing.rows.push(key.clone());
                Err(Halt::Missing)
            }
        }
    }

    pub fn claims(&mut self, key: &RowKey) -> Result<&RowClaims, Halt> {
        let known =
            self.member.claims.get(key).or_else(|| self.batch.claims.get(key)).or_else(|| self.loaded.claims.get(key));
        match known {
            Some(claims) => Ok(claims),
            None => {
                self.missing.claims.push(key.clone());
                Err(Halt::Missing)
            }
        }
    }

    /// A log entry; `None` when it has been trimmed off.
    pub fn entry(&mut self, id: SyncId) -> Result<Option<Arc<LogEntry>>, Halt> {
        if id > self.loaded.head {
            let at = (id.0 - self.loaded.head.0 - 1) as usize;
            return Ok(self.batch.log.iter().chain(&self.member.log).nth(at).cloned());
        }
        match self.loaded.entries.get(&id) {
            Some(entry) => Ok(entry.clone()),
            None => {
                self.missing.entries.push(id);
                Err(Halt::Missing)
            }
        }
    }

    /// Rows that hold a value in a slot, by ascending id.
    pub fn matches(&mut self, model: ModelIndex, slot: usize, value: &Value) -> Result<Vec<Arc<StoredRow>>, Halt> {
        let wanted = Match::new(model, slot, value);
        let Some(found) = self.loaded.matches.get(&wanted) else {
            self.missing.matches.push(wanted);
            return Err(Halt::Missing);
        };
        let changed = self.batch.rows.iter().chain(&self.member.rows).filter(|(key, _)| key.model == model);
        let mut rows: BTreeMap<&str, &Arc<StoredRow>> = found.iter().map(|row| (row.id.as_str(), row)).collect();
        for (key, row) in changed {
            match row {
                Some(row) if row.values.get(slot) == Some(value) => rows.insert(&key.id, row),
                _ => rows.remove(&*key.id),
            };
        }
        Ok(rows.into_values().cloned().collect())
    }

    /// The groups a row has because of what it is and where it lives; its children have them too.
    ///
    /// A model may be its own parent, so rows can lie in each other in a circle or very deep: each is looked at once.
    pub fn inherited(&mut self, model: ModelIndex, id: &str, values: &Record) -> Result<Vec<Group>, Halt> {
        let rules = self.rules;
        let mut found = self.own_groups(model, id, values);
        let mut ahead = if rules.planted(Defect::NoParentGroups) { Vec::new() } else { self.parents(model, values) };
        let mut seen = HashSet::new();
        if !ahead.is_empty() {
            seen.insert(RowKey::new(model, id));
        }
        while let Some(key) = ahead.pop() {
            if !seen.insert(key.clone()) {
                continue;
            }
            match self.row(&key)? {
                Some(row) => {
                    found.extend(self.own_groups(key.model, &key.id, &row.values));
                    ahead.extend(self.parents(key.model, &row.values));
                }
                // A scope root that is not there (yet, or any more) still names its group.
                None => found.extend(rules.model(key.model).own_group(&key.id)),
            }
        }
        dedup(&mut found);
        Ok(found)
    }

    /// The groups a row mints by itself.
    fn own_groups(&self, model: ModelIndex, id: &str, values: &Record) -> Vec<Group> {
        let definition = self.rules.model(model);
        let mut groups = definition.entity_groups(|slot| values.get(slot));
        groups.extend(definition.own_group(id));
        groups
    }

    /// The rows a row lives in.
    fn parents(&self, model: ModelIndex, values: &Record) -> Vec<RowKey> {
        let edges = self.rules.model(model).parents();
        edges.iter().filter_map(|edge| Some(RowKey::new(edge.target, values.text(edge.slot)?))).collect()
    }

    /// The groups of a row's organization and creator.
    pub fn base_groups(&mut self, model: ModelIndex, values: &Record) -> Vec<Group> {
        let shape = self.rules.model(model).shape();
        let source =
            [BaseField::OrganizationId, BaseField::CreatedBy].map(|base| values.get(shape.slot_of_base(base)?));
        if let Some((known, groups)) = &self.minted
            && known.each_ref().map(Option::as_ref) == source
        {
            return groups.clone();
        }
        let groups = self.rules.schema.identity_groups(|field| match field {
            "organizationId" => source[0],
            "userId" => source[1],
            _ => None,
        });
        self.minted = Some((source.map(Option::<&Value>::cloned), groups.clone()));
        groups
    }

    /// Every group of a row.
    pub fn row_groups(&mut self, model: ModelIndex, id: &str, values: &Record) -> Result<Vec<Group>, Halt> {
        let mut found = self.base_groups(model, values);
        found.extend(self.inherited(model, id, values)?);
        dedup(&mut found);
        Ok(found)
    }

    /// Whether a participant sees a row.
    pub fn sees(&mut self, access: &Access, model: ModelIndex, id: &str, values: &Record) -> Result<bool, Halt> {
        if self.rules.planted(Defect::IgnoreAccess) {
            return Ok(true);
        }
        // Most rows are seen for their organization's sake, without a look at their parents.
        Ok(*access == Access::All
            || access.sees(&self.base_groups(model, values))
            || access.sees(&self.inherited(model, id, values)?))
    }

    /// The groups that rows grant to the participant of this id, in order.
    pub fn granted(&mut self, user: &str) -> Result<Vec<Group>, Halt> {
        let rules = self.rules;
        let mut granted = Vec::new();
        for model in rules.schema.models() {
            let Some(grant) = model.grant() else { continue };
            let archived = model.shape().slot_of_base(BaseField::ArchivedAt);
            for row in self.matches(model.index(), grant.subject_slot, &Value::from(user))? {
                let is_archived = archived.is_some_and(|archived| row.values.text(archived).is_some());
                if let (false, Some(scope)) = (is_archived, row.values.text(grant.scope_slot)) {
                    granted.extend(Group::new(&grant.kind, scope));
                }
            }
        }
        dedup(&mut granted);
        Ok(granted)
    }

    /// The groups a participant is in now: its identity's, those that rows grant it, narrowed by its credential.
    pub fn access(&mut self, seat: &Seat) -> Result<Access, Halt> {
        if seat.sees_all() {
            return Ok(Access::All);
        }
        let mut mine: HashSet<Group> = seat.identity.iter().cloned().collect();
        mine.extend(self.granted(&seat.user)?);
        // Every row is in its organization's group: who is in it sees all there is, and may be narrowed to any part of it.
        let is_wide = seat.who.kind == ablo_schema::wire::ParticipantKind::System
            || seat.organization.iter().any(|group| mine.contains(group));
        let access = if is_wide { Access::All } else { Access::Groups(mine) };
        let mut access = match &seat.who.groups {
            Some(narrow) => access.narrowed(&narrow.iter().cloned().collect()),
            None => access,
        };
        if let Access::Groups(mine) = &mut access {
            mine.extend(seat.who.lent.iter().cloned());
        }
        Ok(access)
    }
}

fn dedup(groups: &mut Vec<Group>) {
    groups.sort_unstable();
    groups.dedup();
}
