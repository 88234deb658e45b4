//! Readings: what participants ask without changing anything.

use std::sync::Arc;

use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::{BaseField, FieldType, ModelIndex, ModelRef, RelationKind, ValidSchema};
use ablo_schema::time::{SignedDuration, Timestamp};
use ablo_schema::typed::Compare;
use ablo_schema::wire::{Group, SyncId};
use serde_json::Value;
use tokio::sync::oneshot;

use super::handle::gone;
use super::request::unknown_model;
use super::rules::Rules;
use super::seat::Seat;
use super::view::{Halt, View};
use super::{Access, Archived, Found, LogEntry, Page, Query, Related, StoredRow, Test, query, test};
use crate::claims::RowClaims;
use crate::store::{Field, Loaded, LogRange, OldReceipts, ReadSet, Reading, ReceiptKey, RowKey, Scan};

/// A stretch of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogPage {
    /// What the participant hears, oldest first.
    pub entries: Vec<Arc<LogEntry>>,
    /// Where to go on. Equal to the head when there is no more.
    pub cursor: SyncId,
    /// The head of the log.
    pub head: SyncId,
}

/// A reading with a result.
pub(crate) trait Reader: Send + 'static {
    type Output: Send;

    /// The result, or what is missing for it.
    fn step(&mut self, loaded: &Loaded) -> Result<Self::Output, Pause>;
}

/// Why a reader has no result yet.
pub(crate) enum Pause {
    Read(Box<ReadSet>),
    Failed(AbloError),
}

/// A reader under way in a store.
struct Running<R: Reader> {
    reader: R,
    reply: Option<oneshot::Sender<R::Output>>,
}

impl<R: Reader> Reading for Running<R> {
    fn step(&mut self, loaded: &Loaded) -> Result<Option<ReadSet>, AbloError> {
        match self.reader.step(loaded) {
            Ok(output) => {
                if let Some(reply) = self.reply.take() {
                    // Whoever asked may have gone.
                    let _ = reply.send(output);
                }
                Ok(None)
            }
            Err(Pause::Read(wanted)) => Ok(Some(*wanted)),
            Err(Pause::Failed(error)) => Err(error),
        }
    }
}

/// Runs a reader where readings run.
pub(crate) async fn run<R: Reader, F: Future<Output = Result<(), AbloError>>>(
    reader: R,
    read: impl FnOnce(Box<dyn Reading>) -> F,
) -> Result<R::Output, AbloError> {
    let (reply, mut answer) = oneshot::channel();
    read(Box::new(Running { reader, reply: Some(reply) })).await?;
    answer.try_recv().map_err(|_| gone())
}

/// Runs something over a view; what it misses is what is to be read.
pub(super) fn with_view<T>(
    rules: &Rules,
    loaded: &Loaded,
    body: impl FnOnce(&mut View<'_>) -> Result<T, Halt>,
) -> Result<T, Pause> {
    let mut view = View::new(rules, loaded);
    match body(&mut view) {
        Ok(value) if view.missing.is_empty() => Ok(value),
        Ok(_) | Err(Halt::Missing) => Err(Pause::Read(view.missing.into())),
        Err(Halt::Refused(error)) => Err(Pause::Failed(error)),
    }
}

pub(crate) struct ReadAccess {
    rules: Arc<Rules>,
    seat: Arc<Seat>,
}

impl ReadAccess {
    pub fn new(rules: &Arc<Rules>, seat: &Arc<Seat>) -> Self {
        Self { rules: Arc::clone(rules), seat: Arc::clone(seat) }
    }
}

impl Reader for ReadAccess {
    type Output = (Access, SyncId);

    fn step(&mut self, loaded: &Loaded) -> Result<(Access, SyncId), Pause> {
        let access = with_view(&self.rules, loaded, |view| view.access(&self.seat))?;
        Ok((access, loaded.head))
    }
}

pub(crate) struct ReadLogBounds;

impl Reader for ReadLogBounds {
    type Output = (SyncId, SyncId);

    fn step(&mut self, loaded: &Loaded) -> Result<Self::Output, Pause> {
        Ok((loaded.trimmed, loaded.head))
    }
}

pub(crate) struct ReadLog {
    access: ReadAccess,
    range: LogRange,
    is_asked: bool,
}

impl ReadLog {
    pub fn new(rules: &Arc<Rules>, seat: &Arc<Seat>, range: LogRange) -> Self {
        let range = LogRange { limit: range.limit.max(1), ..range };
        Self { access: ReadAccess::new(rules, seat), range, is_asked: false }
    }
}

impl Reader for ReadLog {
    type Output = LogPage;

    fn step(&mut self, loaded: &Loaded) -> Result<LogPage, Pause> {
        let (after, head) = (self.range.after, loaded.head);
        if after < loaded.trimmed || after > head {
            let message = format!("the log reaches from {} to {head}, not to {after}; bootstrap again", loaded.trimmed);
            return Err(Pause::Failed(AbloError::new(Code::MustBootstrap, message).detail("head", head)));
        }
        let (access, _) = self.access.step(loaded)?;
        if !self.is_asked {
            self.is_asked = true;
            let log = Some(self.range);
            return Err(Pause::Read(ReadSet { log, ..ReadSet::default() }.into()));
        }
        let is_cut = self.range.is_met(&loaded.log);
        let cursor = loaded.log.last().filter(|_| is_cut).map_or(head, |entry| entry.id());
        let entries = loaded.log.iter().filter(|entry| access.reads(&self.access.seat.user, entry)).cloned().collect();
        Ok(LogPage { entries, cursor, head })
    }
}

/// Finds answers that need not be remembered any longer, among some of them.
pub(crate) struct ReadOldReceipts {
    remember: SignedDuration,
    after: Option<ReceiptKey>,
    asked: Option<Timestamp>,
}

/// How many answers are looked at at once.
const OLD_RECEIPTS: usize = 1_000;

impl ReadOldReceipts {
    pub fn new(rules: &Rules, after: Option<ReceiptKey>) -> Self {
        let remember = SignedDuration::try_from(rules.options.remember).unwrap_or(SignedDuration::MAX);
        Self { remember, after, asked: None }
    }
}

impl Reader for ReadOldReceipts {
    type Output = (Timestamp, Vec<ReceiptKey>, Option<ReceiptKey>);

    fn step(&mut self, loaded: &Loaded) -> Result<Self::Output, Pause> {
        let Some(before) = self.asked else {
            let before = loaded.now.checked_sub(self.remember).unwrap_or(Timestamp::MIN);
            self.asked = Some(before);
            let old_receipts = Some(OldReceipts { before, after: self.after.take(), limit: OLD_RECEIPTS });
            return Err(Pause::Read(ReadSet { old_receipts, ..ReadSet::default() }.into()));
        };
        let (keys, next) = loaded.old_receipts.clone();
        Ok((before, keys, next))
    }
}

pub(crate) struct ReadClaims {
    access: ReadAccess,
    /// One row, or every row that is claimed.
    key: Option<RowKey>,
    is_asked: bool,
}

impl ReadClaims {
    pub fn one(rules: &Arc<Rules>, seat: &Arc<Seat>, key: RowKey) -> Self {
        Self { access: ReadAccess::new(rules, seat), key: Some(key), is_asked: false }
    }

    pub fn all(rules: &Arc<Rules>, seat: &Arc<Seat>) -> Self {
        Self { access: ReadAccess::new(rules, seat), key: None, is_asked: false }
    }
}

/// The claims of a row, and who hears of them.
pub(crate) struct Claimed {
    pub key: RowKey,
    pub claims: RowClaims,
    pub groups: Vec<Group>,
}

impl Reader for ReadClaims {
    type Output = Vec<Claimed>;

    fn step(&mut self, loaded: &Loaded) -> Result<Self::Output, Pause> {
        let (access, _) = self.access.step(loaded)?;
        if self.key.is_none() && !self.is_asked {
            self.is_asked = true;
            return Err(Pause::Read(ReadSet { due: Some(usize::MAX), ..ReadSet::default() }.into()));
        }
        let keys: Vec<&RowKey> = match &self.key {
            Some(key) => vec![key],
            None => loaded.due.iter().map(|(_, key)| key).collect(),
        };
        with_view(&self.access.rules, loaded, |view| {
            let mut found = Vec::new();
            for key in keys {
                let one = |view: &mut View<'_>| {
                    let claims = view.claims(key)?.clone();
                    let (is_seen, groups) = match view.row(key)? {
                        Some(row) => (
                            view.sees(&access, key.model, &key.id, &row.values)?,
                            view.row_groups(key.model, &key.id, &row.values)?,
                        ),
                        None => (true, view.rules.model(key.model).own_group(&key.id).into_iter().collect()),
                    };
                    Ok(is_seen.then(|| Claimed { key: key.clone(), claims, groups }))
                };
                match one(view) {
                    Ok(claims) => found.extend(claims),
                    Err(Halt::Missing) => {}
                    Err(halt) => return Err(halt),
                }
            }
            Ok(found)
        })
    }
}

pub(crate) struct ReadQueries {
    access: ReadAccess,
    jobs: Vec<Job>,
    /// The jobs that asked for scans and have not seen the answers, in the order these come.
    asked: Vec<usize>,
}

/// One query under way.
pub(super) struct Job {
    pub query: Query,
    pub scan: Scan,
    /// Scanned, and not yet judged.
    pending: Vec<Arc<StoredRow>>,
    seen: Vec<Arc<StoredRow>>,
    /// The scan has nothing more.
    is_through: bool,
}

/// Rows scanned at once for a participant who may not see all of them.
const CHUNK: usize = 256;

impl ReadQueries {
    pub fn new(rules: &Arc<Rules>, seat: &Arc<Seat>, queries: &[Query]) -> Result<Self, AbloError> {
        let jobs = queries.iter().map(|query| Job::new(&rules.schema, query.clone())).collect::<Result<_, _>>()?;
        Ok(Self { access: ReadAccess::new(rules, seat), jobs, asked: Vec::new() })
    }
}

impl Job {
    pub fn new(schema: &ValidSchema, query: Query) -> Result<Self, AbloError> {
        let model = schema.resolve(&query.model).ok_or_else(|| unknown_model(&query.model))?;
        let mut tests: Vec<Test> =
            query.conditions.iter().map(|condition| query::test(model, condition)).collect::<Result<_, _>>()?;
        let archived = match query.archived {
            Archived::Live => Some(Compare::Is),
            Archived::Only => Some(Compare::IsNot),
            Archived::All => None,
        };
        tests.extend(archived.zip(model.shape().slot_of_base(BaseField::ArchivedAt)).map(|(compare, slot)| Test {
            field: Field::Slot(slot),
            ty: FieldType::Date,
            compare,
            value: Value::Null,
        }));
        let order = query.order_field(model)?;
        for relation in &query.related {
            if !model.def().relations.contains_key(relation) {
                let message = format!("`{relation}` is not a relation of `{}`", model.key());
                return Err(AbloError::new(Code::QueryUnknownRelation, message).param(relation));
            }
        }
        let after = query.after.as_deref().map(decode_cursor).transpose()?;
        let descending = query.order.as_ref().is_some_and(|(_, descending)| *descending);
        let scan = Scan { model: model.index(), tests, order, descending, after, limit: None };
        let is_through = query.limit == Some(0);
        Ok(Self { query, scan, pending: Vec::new(), seen: Vec::new(), is_through })
    }

    /// Whether enough rows are known: one more than asked for tells that there is more.
    fn is_done(&self) -> bool {
        self.is_through || self.query.limit.is_some_and(|limit| self.seen.len() > limit)
    }

    /// The next rows to look at.
    fn next_scan(&mut self, access: &Access) -> Scan {
        self.scan.limit = self.query.limit.map(|limit| match access {
            Access::All => limit + 1,
            Access::Groups(_) => (limit + 1).max(CHUNK),
        });
        self.scan.clone()
    }

    fn scanned(&mut self, rows: &[Arc<StoredRow>]) {
        self.is_through = self.scan.limit.is_none_or(|limit| rows.len() < limit);
        if let Some(last) = rows.last() {
            self.scan.after = Some((place(self.scan.order, last), last.id.clone()));
        }
        self.pending = rows.to_vec();
    }

    fn page(&self, view: &mut View<'_>, access: &Access) -> Result<Page, Halt> {
        let limit = self.query.limit.unwrap_or(usize::MAX);
        let shown = &self.seen[..self.seen.len().min(limit)];
        let last = shown.last().filter(|_| self.seen.len() > limit);
        let next = last.map(|row| encode_cursor(&place(self.scan.order, row), &row.id));
        let found = shown.iter().map(|row| self.found(view, access, Arc::clone(row)));
        Ok(Page { rows: found.collect::<Result<_, _>>()?, next })
    }

    /// A row with its related rows. What is missing is noted, and only then is it not whole.
    pub fn found(&self, view: &mut View<'_>, access: &Access, row: Arc<StoredRow>) -> Result<Found, Halt> {
        let mut related = Vec::new();
        for name in &self.query.related {
            match self.related(view, access, &row, name) {
                Ok(found) => related.push((name.clone(), found)),
                Err(Halt::Missing) => {}
                Err(halt) => return Err(halt),
            }
        }
        Ok(Found { row, related })
    }

    fn related(&self, view: &mut View<'_>, access: &Access, row: &StoredRow, name: &str) -> Result<Related, Halt> {
        let rules = view.rules;
        let model = rules.model(self.scan.model);
        let unknown =
            || AbloError::new(Code::QueryRelationTargetUnknown, format!("`{name}` leads nowhere")).param(name);
        let relation = model.def().relations.get(name).ok_or_else(unknown)?;
        let target = rules.schema.model(&relation.target).ok_or_else(unknown)?;
        if relation.kind == RelationKind::BelongsTo {
            let slot = model.shape().slot_of(&relation.foreign_key).ok_or_else(unknown)?;
            let Some(id) = row.values.text(slot) else { return Ok(Related::One(None)) };
            let parent = view.row(&RowKey::new(target.index(), id))?;
            return Ok(Related::One(visible(view, access, target.index(), parent)?.pop()));
        }
        let slot = target.shape().slot_of(&relation.foreign_key).ok_or_else(unknown)?;
        let children = view.matches(target.index(), slot, &row.id.as_str().into())?;
        let archived = target.shape().slot_of_base(BaseField::ArchivedAt);
        let is_archived = |row: &StoredRow| archived.is_some_and(|slot| row.values.text(slot).is_some());
        let wanted = self.query.archived;
        let children = children.into_iter().filter(|child| match wanted {
            Archived::All => true,
            Archived::Live => !is_archived(child),
            Archived::Only => is_archived(child),
        });
        let mut children = visible(view, access, target.index(), children)?;
        if let Some(slot) = relation.order_by.as_deref().and_then(|field| target.shape().slot_of(field)) {
            let ty = target.shape().slots()[slot].def.ty;
            let value = |row: &StoredRow| row.values.get(slot).cloned().unwrap_or(Value::Null);
            children.sort_by(|a, b| test::compare(ty, &value(a), &value(b)));
        }
        Ok(match relation.kind {
            RelationKind::HasOne => Related::One(children.into_iter().next()),
            _ => Related::Many(children),
        })
    }
}

/// The rows among these that are seen. Everything that is missing is noted before giving up.
pub(super) fn visible(
    view: &mut View<'_>,
    access: &Access,
    model: ModelIndex,
    rows: impl IntoIterator<Item = Arc<StoredRow>>,
) -> Result<Vec<Arc<StoredRow>>, Halt> {
    let mut seen = Vec::new();
    let mut is_missing = false;
    for row in rows {
        match view.sees(access, model, &row.id, &row.values) {
            Ok(true) => seen.push(row),
            Ok(false) => {}
            Err(Halt::Missing) => is_missing = true,
            Err(halt) => return Err(halt),
        }
    }
    if is_missing { Err(Halt::Missing) } else { Ok(seen) }
}

impl Reader for ReadQueries {
    type Output = (SyncId, Vec<Page>);

    fn step(&mut self, loaded: &Loaded) -> Result<Self::Output, Pause> {
        let (access, _) = self.access.step(loaded)?;
        let rules = Arc::clone(&self.access.rules);
        for (at, rows) in self.asked.drain(..).zip(&loaded.scans) {
            self.jobs[at].scanned(rows);
        }
        with_view(&rules, loaded, |view| {
            for job in &mut self.jobs {
                match visible(view, &access, job.scan.model, job.pending.iter().cloned()) {
                    Ok(seen) => {
                        job.seen.extend(seen);
                        job.pending.clear();
                    }
                    Err(Halt::Missing) => {}
                    Err(halt) => return Err(halt),
                }
            }
            Ok(())
        })?;
        let mut wanted = ReadSet::default();
        for (at, job) in self.jobs.iter_mut().enumerate().filter(|(_, job)| !job.is_done()) {
            wanted.scans.push(job.next_scan(&access));
            self.asked.push(at);
        }
        if !wanted.scans.is_empty() {
            return Err(Pause::Read(wanted.into()));
        }
        let pages = with_view(&rules, loaded, |view| {
            self.jobs.iter().map(|job| job.page(view, &access)).collect::<Result<Vec<_>, _>>()
        })?;
        Ok((loaded.head, pages))
    }
}

/// The value that decides a row's place.
pub(super) fn place(order: Field, row: &StoredRow) -> Value {
    match order {
        Field::Id => Value::from(row.id.as_str()),
        Field::Slot(slot) => row.values.get(slot).cloned().unwrap_or(Value::Null),
    }
}

impl Query {
    /// What decides the order.
    fn order_field(&self, model: ModelRef<'_>) -> Result<Field, AbloError> {
        self.order.as_ref().map_or(Ok(Field::Id), |(name, _)| query::order(model, name))
    }

    /// Only what comes after the row of this id. By id it need not be there; in any other order it does.
    #[must_use]
    pub fn after_row(mut self, model: ModelRef<'_>, id: &str, row: Option<&StoredRow>) -> Option<Self> {
        let value = match self.order_field(model).ok()? {
            Field::Id => Value::from(id),
            order => place(order, row?),
        };
        self.after = Some(encode_cursor(&value, id));
        Some(self)
    }
}

/// A place in an order as text: the hexadecimal digits of its JSON, which travel in a URL as they are.
pub(super) fn encode_cursor(value: &Value, id: &str) -> String {
    let json = Value::from(vec![value.clone(), id.into()]).to_string();
    json.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn decode_cursor(text: &str) -> Result<(Value, String), AbloError> {
    let message = "the cursor is not one of this query's; start without it";
    let wrong = || AbloError::new(Code::InvalidCursor, message).param("after");
    let digits = text.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> =
        digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    serde_json::from_slice(&bytes.ok_or_else(wrong)?).map_err(|_| wrong())
}
