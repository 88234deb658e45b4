use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::{ModelIndex, ModelRef};
use ablo_schema::typed::Compare;
use ablo_schema::wire::{ClaimId, Group, SyncId};
use tokio::sync::{oneshot, watch};

use super::bootstrap::Table;
use super::handle::gone;
use super::pieces::ReadPiece;
use super::read::{self, ReadQueries};
use super::request::{ClaimJob, CommitJob, Request, unknown_model};
use super::seat::Seat;
use super::{
    Access, Answers, Archived, Bootstrap, BootstrapReader, ClaimsChange, CommitRequest, Committed, Engine,
    EngineOptions, Found, LogPage, Participant, Query, QueryPiece, QueryReader, StoredRow, Subscription, Writer,
};
use crate::claims::{ClaimCommand, ClaimEvent, ClaimReply, RowClaims};
use crate::store::{LogRange, RowKey};

/// A participant at an engine. Clones share the seat.
#[derive(Clone)]
pub struct Session {
    engine: Engine,
    writer: Arc<Writer>,
    seat: Arc<Seat>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("participant", &self.seat.who).finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(engine: Engine, writer: Arc<Writer>, seat: Arc<Seat>) -> Self {
        Self { engine, writer, seat }
    }

    /// Who it is.
    #[must_use]
    pub fn participant(&self) -> &Participant {
        &self.seat.who
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Commits operations: all of them, or none. Repeating the request with the same key gives the same answer.
    ///
    /// # Errors
    /// Why nothing was applied. After an error that is [`retryable`](AbloError::retryable) the outcome may be unknown;
    /// repeating the request tells.
    pub async fn commit(&self, request: impl Into<CommitRequest>) -> Result<Committed, AbloError> {
        let (reply, answer) = oneshot::channel();
        let job = CommitJob::new(self.engine.rules(), Arc::clone(&self.seat), request.into(), reply);
        self.writer.enqueue(Request::Commit(job.map_err(|(error, _)| error)?))?;
        answer.await.map_err(|_| gone())?
    }

    /// Lets what is requested meanwhile share a transaction, as far as one reaches.
    #[cfg(feature = "server")]
    pub(crate) fn together<T>(&self, requests: impl FnOnce() -> T) -> T {
        let _held = self.writer.hold();
        requests()
    }

    /// Sends a command to the claims of a row. What it answers may be overtaken by events: follow the handle first, with
    /// [`Self::follow_claim`], to miss none.
    ///
    /// # Errors
    /// When the model or row is unknown, the credential does not allow it, or the store fails. A claim that is refused is
    /// an answer, [`ClaimReply::Refused`]; see [`Refusal::into_error`](crate::claims::Refusal::into_error).
    pub async fn claim(&self, model: &str, id: &str, command: ClaimCommand) -> Result<ClaimReply, AbloError> {
        let (reply, answer) = oneshot::channel();
        let job = ClaimJob { seat: Arc::clone(&self.seat), key: self.key(model, id)?, command, reply };
        self.writer.enqueue(Request::Claim(job))?;
        answer.await.map_err(|_| gone())?
    }

    /// Hands something back without waiting for the answer, as a dropped handle does.
    pub fn claim_detached(&self, model: &str, id: &str, command: ClaimCommand) {
        let Ok(key) = self.key(model, id) else { return };
        let (reply, _) = oneshot::channel();
        // A full queue leaves the lease to its expiry.
        let _ = self.writer.enqueue(Request::Claim(ClaimJob { seat: Arc::clone(&self.seat), key, command, reply }));
    }

    /// Follows one of the participant's handles on a claim.
    #[must_use]
    pub fn follow_claim(&self, claim: &ClaimId) -> ClaimWatch {
        ClaimWatch(self.writer.hub.follow(self.seat.reference.clone(), claim.clone()))
    }

    /// The claims of a row.
    ///
    /// # Errors
    /// When the model is unknown, the row is not seen, or the store fails.
    pub async fn claims(&self, model: &str, id: &str) -> Result<RowClaims, AbloError> {
        let reader = read::ReadClaims::one(self.engine.rules(), &self.seat, self.key(model, id)?);
        let found = self.read(reader).await?;
        found.into_iter().next().map(|found| found.claims).ok_or_else(|| {
            AbloError::new(Code::EntityNotFound, format!("there is no `{model}` `{id}`")).param(format!("{model}.id"))
        })
    }

    /// Every row the participant sees that is claimed now, and its claims.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn all_claims(&self) -> Result<Vec<(RowKey, RowClaims)>, AbloError> {
        let found = self.read(read::ReadClaims::all(self.engine.rules(), &self.seat)).await?;
        Ok(found.into_iter().map(|found| (found.key, found.claims)).collect())
    }

    /// The same for those who missed how it came to this: every row's claims as if its line had just changed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn standing_claims(&self) -> Result<Vec<ClaimsChange>, AbloError> {
        let found = self.read(read::ReadClaims::all(self.engine.rules(), &self.seat)).await?;
        let change = |found: read::Claimed| ClaimsChange {
            model: self.engine.schema().at(found.key.model).key().to_owned(),
            id: (*found.key.id).to_owned(),
            groups: found.groups,
            claims: found.claims,
            events: vec![ClaimEvent::QueueChanged],
        };
        Ok(found.into_iter().map(change).collect())
    }

    /// Answers queries, all of one moment.
    ///
    /// # Errors
    /// What is wrong with the first wrong query, or the store's failure.
    pub async fn query(&self, queries: &[Query]) -> Result<Answers, AbloError> {
        let (head, pages) = self.read(ReadQueries::new(self.engine.rules(), &self.seat, queries)?).await?;
        Ok(Answers { head, pages })
    }

    /// Some of the rows that a query asks for, however many it has, and what asks for the rest of them as they are by then.
    /// [`Self::read_queries`] reads all of one moment.
    ///
    /// # Errors
    /// What is wrong with the query, or the store's failure.
    pub async fn query_piece(&self, query: Query) -> Result<QueryPiece, AbloError> {
        self.read(ReadPiece::new(self.engine.rules(), &self.seat, query)?).await
    }

    /// Begins to answer queries, all of one moment, piece by piece. May wait for others who read theirs.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read_queries(&self) -> Result<QueryReader, AbloError> {
        let snapshot = self.engine.store().snapshot(self.writer.organization()).await?;
        QueryReader::start(self.engine.rules(), &self.seat, snapshot).await
    }

    /// One row, archived or not, and the head of the log when it was read: the stamp of a stale guard.
    ///
    /// # Errors
    /// When the model is unknown or the store fails.
    pub async fn retrieve(&self, model: &str, id: &str) -> Result<(Option<Found>, SyncId), AbloError> {
        let query = Query::of(model).holds("id", Compare::Eq, id).limit(1).archived(Archived::All);
        let mut answers = self.query(&[query]).await?;
        Ok((answers.pages.pop().and_then(|page| page.rows.into_iter().next()), answers.head))
    }

    /// How many rows a query has, whatever its limit.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn count(&self, query: &Query) -> Result<usize, AbloError> {
        let query = Query { limit: None, after: None, related: Vec::new(), ..query.clone() };
        Ok(self.query(&[query]).await?.pages.pop().map_or(0, |page| page.rows.len()))
    }

    /// The rows a client starts from and the head they belong to, as [`Self::read_bootstrap`] reads them.
    ///
    /// # Errors
    /// When a model is unknown or the store fails.
    pub async fn bootstrap(
        &self,
        models: Option<&[&str]>,
        groups: Option<HashSet<Group>>,
    ) -> Result<Bootstrap, AbloError> {
        let mut reader = self.read_bootstrap(models, groups).await?;
        let mut rows: Vec<(ModelIndex, Vec<Arc<StoredRow>>)> = Vec::new();
        while let Some(piece) = reader.next().await? {
            match rows.last_mut() {
                Some((model, rows)) if *model == piece.model => rows.extend(piece.rows),
                _ => rows.push((piece.model, piece.rows)),
            }
        }
        Ok(Bootstrap { head: reader.head(), models: rows })
    }

    /// Begins to read the rows a client starts from. Without `models`: those that are loaded at start. `groups` narrows
    /// to what the client asked for. May wait for others who read theirs.
    ///
    /// # Errors
    /// When a model is unknown or the store fails.
    pub async fn read_bootstrap(
        &self,
        models: Option<&[&str]>,
        groups: Option<HashSet<Group>>,
    ) -> Result<BootstrapReader, AbloError> {
        let tables = Table::all(self.engine.schema(), models)?;
        let snapshot = self.engine.store().snapshot(self.writer.organization()).await?;
        BootstrapReader::start(self.engine.rules(), &self.seat, snapshot, tables, groups).await
    }

    /// What the participant hears of the log after a delta, at most `limit` deltas long before what it does not hear is
    /// left out.
    ///
    /// # Errors
    /// `must_bootstrap` when the log has been trimmed past `after`, or does not reach it; or the store's failure.
    pub async fn log(&self, after: SyncId, limit: usize) -> Result<LogPage, AbloError> {
        self.log_range(LogRange { after, limit, bytes: u64::MAX }).await
    }

    pub(crate) async fn log_range(&self, range: LogRange) -> Result<LogPage, AbloError> {
        self.read(read::ReadLog::new(self.engine.rules(), &self.seat, range)).await
    }

    /// The last delta that was trimmed off the organization's log, zero when none was, and the last delta there is.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn log_bounds(&self) -> Result<(SyncId, SyncId), AbloError> {
        self.read(read::ReadLogBounds).await
    }

    /// The last delta of the organization.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn head(&self) -> Result<SyncId, AbloError> {
        Ok(self.access().await?.1)
    }

    /// The groups the participant is in now, and the last delta of the organization.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn access(&self) -> Result<(Access, SyncId), AbloError> {
        self.read(read::ReadAccess::new(self.engine.rules(), &self.seat)).await
    }

    /// Subscribes to the participant's groups, or to those of them that are asked for.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn subscribe(&self, groups: Option<HashSet<Group>>) -> Result<Subscription, AbloError> {
        Subscription::start(self.clone(), groups).await
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }

    pub(crate) fn options(&self) -> &EngineOptions {
        self.engine.options()
    }

    pub(crate) fn user(&self) -> &str {
        &self.seat.user
    }

    fn model(&self, spelling: &str) -> Result<ModelRef<'_>, AbloError> {
        self.engine.schema().resolve(spelling).ok_or_else(|| unknown_model(spelling))
    }

    fn key(&self, model: &str, id: &str) -> Result<RowKey, AbloError> {
        Ok(RowKey::new(self.model(model)?.index(), id))
    }

    async fn read<R: read::Reader>(&self, reader: R) -> Result<R::Output, AbloError> {
        read::run(reader, |reading| self.engine.store().read(self.writer.organization(), reading)).await
    }
}

/// Follows one handle of a participant on a claim.
#[derive(Clone, Debug)]
pub struct ClaimWatch(watch::Receiver<Option<ClaimEvent>>);

impl ClaimWatch {
    /// The next thing that happens to the handle: it is granted, or it ends. Of things that happen before this is called
    /// only the last one is told. Never returns when nothing happens any more.
    pub async fn next(&mut self) -> ClaimEvent {
        loop {
            if self.0.changed().await.is_err() {
                return std::future::pending().await;
            }
            if let Some(event) = self.0.borrow_and_update().clone() {
                return event;
            }
        }
    }
}
