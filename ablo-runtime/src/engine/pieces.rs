//! Answers to queries that may be long, read piece by piece.

use std::fmt;
use std::sync::Arc;

use ablo_schema::error::AbloError;
use ablo_schema::wire::SyncId;

use super::read::{Job, Pause, ReadAccess, Reader, encode_cursor, place, run, visible, with_view};
use super::rules::Rules;
use super::seat::Seat;
use super::view::Halt;
use super::{Access, Found, Query};
use crate::store::{Field, Loaded, ReadSet, Snapshot};

/// Rows looked at at once.
const PIECE: usize = 256;
/// The same in another order than that of ids, in which everything is sorted for each piece.
const SORTED: usize = 4_096;

/// Some of the rows that a query has.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryPiece {
    /// Rows; perhaps none, when the participant sees none of those that were looked at.
    pub rows: Vec<Found>,
    /// What asks for the rest; `None` when there is nothing more to look at.
    pub rest: Option<Query>,
    /// The head of the log when they were read.
    pub head: SyncId,
}

/// Answers queries, all of one moment, a piece of the rows at a time, while others write. The moment is kept until this
/// is dropped.
pub struct QueryReader {
    rules: Arc<Rules>,
    seat: Arc<Seat>,
    snapshot: Box<dyn Snapshot>,
    head: SyncId,
}

impl QueryReader {
    pub(crate) async fn start(
        rules: &Arc<Rules>,
        seat: &Arc<Seat>,
        mut snapshot: Box<dyn Snapshot>,
    ) -> Result<Self, AbloError> {
        let (_, head) = run(ReadAccess::new(rules, seat), |reading| snapshot.read(reading)).await?;
        Ok(Self { rules: Arc::clone(rules), seat: Arc::clone(seat), snapshot, head })
    }

    /// The head of the log when all of it was as it is told here.
    #[must_use]
    pub fn head(&self) -> SyncId {
        self.head
    }

    /// The first piece of what a query asks for.
    ///
    /// # Errors
    /// What is wrong with the query, or the store's failure.
    pub async fn piece(&mut self, query: Query) -> Result<QueryPiece, AbloError> {
        let reader = ReadPiece::new(&self.rules, &self.seat, query)?;
        run(reader, |reading| self.snapshot.read(reading)).await
    }
}

impl fmt::Debug for QueryReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryReader").field("head", &self.head).finish_non_exhaustive()
    }
}

/// Reads one piece.
pub(crate) struct ReadPiece {
    rules: Arc<Rules>,
    access: ReadAccess,
    job: Job,
}

impl ReadPiece {
    pub fn new(rules: &Arc<Rules>, seat: &Arc<Seat>, query: Query) -> Result<Self, AbloError> {
        let job = Job::new(&rules.schema, query)?;
        Ok(Self { rules: Arc::clone(rules), access: ReadAccess::new(rules, seat), job })
    }

    /// How many rows are looked at.
    fn size(&self, access: &Access) -> usize {
        let most = match self.job.scan.order {
            Field::Id => PIECE,
            Field::Slot(_) => SORTED,
        };
        match access {
            Access::All => self.job.query.limit.map_or(most, |limit| limit.min(most)),
            Access::Groups(_) => most,
        }
    }
}

impl Reader for ReadPiece {
    type Output = QueryPiece;

    fn step(&mut self, loaded: &Loaded) -> Result<QueryPiece, Pause> {
        let (access, head) = self.access.step(loaded)?;
        let limit = self.job.query.limit.unwrap_or(usize::MAX);
        if limit == 0 {
            return Ok(QueryPiece { rows: Vec::new(), rest: None, head });
        }
        let size = self.size(&access);
        let Some(scanned) = loaded.scans.first() else {
            self.job.scan.limit = Some(size);
            return Err(Pause::Read(ReadSet { scans: vec![self.job.scan.clone()], ..ReadSet::default() }.into()));
        };
        let job = &self.job;
        let rows = with_view(&self.rules, loaded, |view| {
            let mut seen = visible(view, &access, job.scan.model, scanned.iter().cloned())?;
            seen.truncate(limit);
            seen.into_iter().map(|row| job.found(view, &access, row)).collect::<Result<Vec<Found>, Halt>>()
        })?;
        let last = scanned.last().filter(|_| scanned.len() >= size && rows.len() < limit);
        let rest = last.map(|last| Query {
            limit: job.query.limit.map(|limit| limit - rows.len()),
            after: Some(encode_cursor(&place(job.scan.order, last), &last.id)),
            ..job.query.clone()
        });
        Ok(QueryPiece { rows, rest, head })
    }
}
