//! The rows a client starts from, read piece by piece.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use ablo_schema::error::AbloError;
use ablo_schema::ir::{LoadStrategy, ModelIndex, ModelRef, ValidSchema};
use ablo_schema::wire::{Group, SyncId};
use serde_json::Value;

use super::read::{Pause, ReadAccess, Reader, place, run, visible, with_view};
use super::request::unknown_model;
use super::rules::Rules;
use super::seat::Seat;
use super::{Access, StoredRow, query};
use crate::store::{Field, Loaded, ReadSet, Scan, Snapshot};

/// Rows looked at at once.
const PIECE: usize = 256;

/// The rows a client starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrap {
    /// The head of the log when they were read.
    pub head: SyncId,
    /// Rows by model.
    pub models: Vec<(ModelIndex, Vec<Arc<StoredRow>>)>,
}

/// Reads the rows a client starts from: all of one moment, a piece of them at a time, while others write. The moment is
/// kept until this is dropped.
pub struct BootstrapReader {
    rules: Arc<Rules>,
    access: Arc<Access>,
    snapshot: Box<dyn Snapshot>,
    head: SyncId,
    tables: std::vec::IntoIter<Table>,
    current: Option<Table>,
}

/// Some rows of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// The model.
    pub model: ModelIndex,
    /// Rows; none when the participant sees none of those that were looked at.
    pub rows: Vec<Arc<StoredRow>>,
    /// Whether these are the last ones of the model.
    pub is_last: bool,
}

/// The rows of one model, as far as they have not been read.
pub(crate) struct Table {
    scan: Scan,
    /// How many may follow.
    left: usize,
}

impl BootstrapReader {
    pub(crate) async fn start(
        rules: &Arc<Rules>,
        seat: &Arc<Seat>,
        mut snapshot: Box<dyn Snapshot>,
        tables: Vec<Table>,
        groups: Option<HashSet<Group>>,
    ) -> Result<Self, AbloError> {
        let (mut access, head) = run(ReadAccess::new(rules, seat), |reading| snapshot.read(reading)).await?;
        if let Some(groups) = groups {
            access = access.narrowed(&groups);
        }
        let tables = tables.into_iter();
        Ok(Self { rules: Arc::clone(rules), access: Arc::new(access), snapshot, head, tables, current: None })
    }

    /// The head of the log when they were as they are told here.
    #[must_use]
    pub fn head(&self) -> SyncId {
        self.head
    }

    /// The next piece, model by model; `None` after the last one.
    ///
    /// # Errors
    /// When the store fails. What was read so far is not everything.
    pub async fn next(&mut self) -> Result<Option<Piece>, AbloError> {
        let Some(mut table) = self.current.take().or_else(|| self.tables.next()) else { return Ok(None) };
        let model = table.scan.model;
        let part =
            ReadPart { rules: Arc::clone(&self.rules), access: Arc::clone(&self.access), scan: table.next_scan() };
        let (mut rows, next) = run(part, |reading| self.snapshot.read(reading)).await?;
        rows.truncate(table.left);
        table.left -= rows.len();
        let is_last = next.is_none() || table.left == 0;
        if !is_last {
            table.scan.after = next;
            self.current = Some(table);
        }
        Ok(Some(Piece { model, rows, is_last }))
    }
}

impl fmt::Debug for BootstrapReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BootstrapReader").field("head", &self.head).finish_non_exhaustive()
    }
}

impl Table {
    /// What is read of the models a client starts from: those it names, else those that are loaded at start.
    pub fn all(schema: &ValidSchema, models: Option<&[&str]>) -> Result<Vec<Self>, AbloError> {
        match models {
            Some(names) => {
                names.iter().map(|name| Self::new(schema.resolve(name).ok_or_else(|| unknown_model(name))?)).collect()
            }
            None => schema.models().filter(|model| model.def().load == LoadStrategy::Instant).map(Self::new).collect(),
        }
    }

    fn new(model: ModelRef<'_>) -> Result<Self, AbloError> {
        let limit = model.def().bootstrap_limit.as_ref().and_then(serde_json::Number::as_u64);
        // The order decides which rows a limit leaves; what is read whole comes by id.
        let order = model.def().bootstrap_order_by.as_deref().filter(|_| limit.is_some()).map(split_order);
        let (order, descending) = match order {
            Some((name, descending)) => (query::order(model, name)?, descending),
            None => (Field::Id, false),
        };
        let scan = Scan { model: model.index(), tests: Vec::new(), order, descending, after: None, limit: None };
        Ok(Self { scan, left: limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX)) })
    }

    fn next_scan(&self) -> Scan {
        // In the order of ids a piece begins where the one before ended; in any other, everything is sorted for each.
        let limit = match self.scan.order {
            Field::Id => self.left.min(PIECE),
            Field::Slot(_) => self.left.max(PIECE),
        };
        Scan { limit: Some(limit), ..self.scan.clone() }
    }
}

/// `created_at DESC` as a field and whether the largest comes first.
fn split_order(text: &str) -> (&str, bool) {
    match text.trim().rsplit_once(' ') {
        Some((field, direction)) => (field.trim(), direction.eq_ignore_ascii_case("desc")),
        None => (text.trim(), false),
    }
}

/// Reads what a scan finds and a participant sees of it, and where the rest begins.
struct ReadPart {
    rules: Arc<Rules>,
    access: Arc<Access>,
    scan: Scan,
}

impl Reader for ReadPart {
    type Output = (Vec<Arc<StoredRow>>, Option<(Value, String)>);

    fn step(&mut self, loaded: &Loaded) -> Result<Self::Output, Pause> {
        let Some(found) = loaded.scans.first() else {
            return Err(Pause::Read(ReadSet { scans: vec![self.scan.clone()], ..ReadSet::default() }.into()));
        };
        let rows =
            with_view(&self.rules, loaded, |view| visible(view, &self.access, self.scan.model, found.iter().cloned()))?;
        let last = found.last().filter(|_| self.scan.limit.is_some_and(|limit| found.len() >= limit));
        Ok((rows, last.map(|row| (place(self.scan.order, row), row.id.clone()))))
    }
}
