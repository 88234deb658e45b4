use std::collections::HashMap;
use std::sync::Arc;

use ablo_schema::error::AbloError;
use ablo_schema::ir::ModelIndex;
use ablo_schema::time::Timestamp;
use ablo_schema::wire::SyncId;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::claims::RowClaims;
use crate::engine::{LogEntry, StoredReceipt, StoredRow, Test};

/// A map by keys that clients choose. Its hash is cheaper than the standard library's for short keys, and starts from a
/// random seed like that one, so that keys that collide cannot be chosen beforehand.
pub type KeyMap<K, V> = HashMap<K, V, foldhash::quality::RandomState>;

/// Names a row of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey {
    /// The model.
    pub model: ModelIndex,
    /// The id.
    pub id: Arc<str>,
}

impl RowKey {
    /// The row of this model with this id.
    #[must_use]
    pub fn new(model: ModelIndex, id: &str) -> Self {
        Self { model, id: id.into() }
    }
}

/// Names a remembered answer: who asked, and under which key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReceiptKey {
    /// Kind and id of the participant.
    pub scope: Arc<str>,
    /// The idempotency key.
    pub key: Arc<str>,
}

/// Rows of a model that hold a text in a slot: children of a parent, rows with a unique value, grants of a participant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Match {
    /// The model.
    pub model: ModelIndex,
    /// The slot; see [`indexed_slots`](super::indexed_slots).
    pub slot: usize,
    /// What it holds, as JSON text.
    pub value: Arc<str>,
}

impl Match {
    /// Rows that hold this value in this slot.
    #[must_use]
    pub fn new(model: ModelIndex, slot: usize, value: &Value) -> Self {
        Self { model, slot, value: value.to_string().into() }
    }
}

/// What a row is compared and ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Its id.
    Id,
    /// A value.
    Slot(usize),
}

/// Rows of one model, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// The model.
    pub model: ModelIndex,
    /// All must hold.
    pub tests: Vec<Test>,
    /// What comes first: null before everything else, text by code point, false before true. The id decides between
    /// equals, always ascending.
    pub order: Field,
    /// Largest first.
    pub descending: bool,
    /// Only what comes after this place.
    pub after: Option<(Value, String)>,
    /// At most this many.
    pub limit: Option<usize>,
}

/// A stretch of the log: what comes after `after`, oldest first, at most `limit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogRange {
    /// The last delta that is not wanted.
    pub after: SyncId,
    /// At most this many.
    pub limit: usize,
    /// No more once they have so many bytes; see [`LogEntry::bytes`].
    pub bytes: u64,
}

impl LogRange {
    /// Whether it ends with these, whatever follows.
    #[must_use]
    pub fn is_met(&self, entries: &[Arc<LogEntry>]) -> bool {
        entries.len() >= self.limit || entries.iter().map(|entry| entry.bytes()).sum::<u64>() >= self.bytes
    }

    /// As much of it as it is to have, of entries in order.
    ///
    /// # Errors
    /// The first one among these.
    pub fn taken<E>(
        &self,
        entries: impl IntoIterator<Item = Result<Arc<LogEntry>, E>>,
    ) -> Result<Vec<Arc<LogEntry>>, E> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        for entry in entries.into_iter().take(self.limit) {
            let entry = entry?;
            bytes += entry.bytes();
            taken.push(entry);
            if bytes >= self.bytes {
                break;
            }
        }
        Ok(taken)
    }
}

/// Answers that were remembered before a time. Many are looked at to find them, so it is said how many, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldReceipts {
    /// The time.
    pub before: Timestamp,
    /// Those up to this one, in the store's own order, have been looked at.
    pub after: Option<ReceiptKey>,
    /// At most so many are looked at.
    pub limit: usize,
}

/// Something an organization keeps, to be counted. Asked once of rows and claims, so it may cost as much as looking at
/// each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Count {
    /// Its rows, of the models of the schema.
    Rows,
    /// The handles of its claims, on rows of the models of the schema.
    Claims,
    /// The bytes of its log up to and including an entry; see [`LogEntry::bytes`].
    LogBytes(SyncId),
}

/// What a unit of work wants to know before it goes on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadSet {
    /// Rows by key.
    pub rows: Vec<RowKey>,
    /// Rows by key that most likely are not there: those that are about to be created. A store may say that they are not
    /// without looking, when it makes sure in the end, and starts over when it was wrong. So may it with `receipts`.
    pub new_rows: Vec<RowKey>,
    /// The claims of rows.
    pub claims: Vec<RowKey>,
    /// Remembered answers.
    pub receipts: Vec<ReceiptKey>,
    /// Log entries by id.
    pub entries: Vec<SyncId>,
    /// Rows by value.
    pub matches: Vec<Match>,
    /// Rows by condition. The answers, in this order, replace [`Loaded::scans`].
    pub scans: Vec<Scan>,
    /// A stretch of the log. The answer replaces [`Loaded::log`].
    pub log: Option<LogRange>,
    /// Remembered answers that are old. The answer replaces [`Loaded::old_receipts`].
    pub old_receipts: Option<OldReceipts>,
    /// The rows whose claims are due next, at most this many. The answer replaces [`Loaded::due`].
    pub due: Option<usize>,
    /// How much is kept.
    pub counts: Vec<Count>,
}

impl ReadSet {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What has been read so far inside one transaction.
#[derive(Debug)]
pub struct Loaded {
    /// The store's time, in whole milliseconds.
    pub now: Timestamp,
    /// The organization's last delta.
    pub head: SyncId,
    /// The last delta that has been trimmed off the log; zero when none has.
    pub trimmed: SyncId,
    /// Rows by key; `None` when there is none.
    pub rows: KeyMap<RowKey, Option<Arc<StoredRow>>>,
    /// Claims by row; for one that was never claimed, what [`RowClaims::beyond`] makes of the last token it may have had.
    pub claims: KeyMap<RowKey, RowClaims>,
    /// Remembered answers; `None` when there is none.
    pub receipts: KeyMap<ReceiptKey, Option<Arc<StoredReceipt>>>,
    /// Log entries; `None` when trimmed off or never written.
    pub entries: KeyMap<SyncId, Option<Arc<LogEntry>>>,
    /// Rows by value, by ascending id.
    pub matches: KeyMap<Match, Vec<Arc<StoredRow>>>,
    /// Rows by condition, as they were asked for last.
    pub scans: Vec<Vec<Arc<StoredRow>>>,
    /// A stretch of the log.
    pub log: Vec<Arc<LogEntry>>,
    /// Old answers, and after which one to look on; `None` when all have been looked at.
    pub old_receipts: (Vec<ReceiptKey>, Option<ReceiptKey>),
    /// The rows whose claims are due next and when, the earliest first.
    pub due: Vec<(u64, RowKey)>,
    /// How much is kept.
    pub counts: KeyMap<Count, u64>,
}

impl Loaded {
    /// The start of a transaction: nothing but the head is known.
    #[must_use]
    pub fn new(now: Timestamp, head: SyncId, trimmed: SyncId) -> Self {
        Self {
            now: Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now),
            head,
            trimmed,
            rows: KeyMap::default(),
            claims: KeyMap::default(),
            receipts: KeyMap::default(),
            entries: KeyMap::default(),
            matches: KeyMap::default(),
            scans: Vec::new(),
            log: Vec::new(),
            old_receipts: (Vec::new(), None),
            due: Vec::new(),
            counts: KeyMap::default(),
        }
    }
}

/// What becomes of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct RowWrite {
    /// Which.
    pub key: RowKey,
    /// As it was; `None` when it is new.
    pub before: Option<Arc<StoredRow>>,
    /// As it is; `None` when it is gone.
    pub after: Option<Arc<StoredRow>>,
}

/// Everything a unit of work changes. A store applies all of it, or nothing.
#[derive(Debug, Default)]
pub struct WriteSet {
    /// Rows, each once, by ascending key.
    pub rows: Vec<RowWrite>,
    /// New log entries: dense, from the head on.
    pub log: Vec<Arc<LogEntry>>,
    /// Claims, each row once, to be found by [`RowClaims::next_due`].
    pub claims: Vec<(RowKey, RowClaims)>,
    /// Answers to remember, each key once, in ascending order.
    pub receipts: Vec<(ReceiptKey, Arc<StoredReceipt>)>,
    /// Log entries up to this one are no longer needed.
    pub trim: Option<SyncId>,
    /// Those of these answers that were remembered before this time are no longer needed.
    pub forget: Option<(Timestamp, Vec<ReceiptKey>)>,
}

/// What a unit of work does next.
#[derive(Debug)]
pub enum Step {
    /// It wants to know more.
    Read(ReadSet),
    /// It is through; this is what it changes.
    Write(WriteSet),
}

/// Reading that runs inside one transaction and sees one moment of the store.
pub trait Reading: Send {
    /// Goes on with what is known; `None` when it is through.
    ///
    /// # Errors
    /// When the reading cannot be done.
    fn step(&mut self, loaded: &Loaded) -> Result<Option<ReadSet>, AbloError>;
}

/// One moment of an organization's rows. It is kept until this is dropped, or the store is closed.
pub trait Snapshot: Send {
    /// Runs a reading at that moment. It may ask for rows only: by key, by value, by condition.
    ///
    /// # Errors
    /// When the reading fails, or the database does.
    fn read(&mut self, reading: Box<dyn Reading>) -> BoxFuture<'_, Result<(), AbloError>>;
}
