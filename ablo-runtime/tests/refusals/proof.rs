//! How a refusal is judged: its code, what it blames, and that nothing has changed.

use std::{
    collections::BTreeSet,
    fmt,
    future::Future,
    num::NonZeroU64,
    sync::{Arc, Mutex},
};

use ablo_runtime::{
    engine::{Archived, Clock, CommitRequest, Engine, EngineOptions, Participant, Query, Quotas, Session, Writer},
    store::{Opened, Reading, Snapshot, Store},
};
use ablo_schema::{
    error::{AbloError, Code},
    ir::ValidSchema,
    wire::{CommitOperation, OrganizationId},
};
use futures_util::future::{BoxFuture, ready};
use serde_json::json;

use crate::support::*;

/// What a store does.
#[derive(Clone, Debug, Default)]
pub enum Mood {
    /// As a store should.
    #[default]
    Works,
    /// It lets writers wait.
    Holds,
    /// Its transactions fail.
    Fails,
    /// It forgets what it was to read.
    Forgets,
}

/// A store that works or does not, as it is told.
#[derive(Clone, Debug)]
pub struct Moody {
    store: Arc<dyn Store>,
    mood: Arc<Mutex<Mood>>,
    held: Arc<Mutex<Vec<Arc<Writer>>>>,
}

impl Moody {
    fn mood(&self) -> Mood {
        self.mood.lock().unwrap().clone()
    }
}

impl Store for Moody {
    fn open<'a>(&'a self, schema: &'a ValidSchema, clock: &'a Clock) -> BoxFuture<'a, Result<Opened, AbloError>> {
        self.store.open(schema, clock)
    }

    fn submit(&self, writer: Arc<Writer>) {
        match self.mood() {
            Mood::Holds => self.held.lock().unwrap().push(writer),
            Mood::Fails => {
                while let Some(batch) = writer.begin() {
                    writer.finish(batch, Err(Code::StoreUnavailable.into()));
                }
            }
            Mood::Works | Mood::Forgets => self.store.submit(writer),
        }
    }

    fn read(&self, organization: &OrganizationId, reading: Box<dyn Reading>) -> BoxFuture<'_, Result<(), AbloError>> {
        match self.mood() {
            Mood::Forgets => Box::pin(ready(Ok(()))),
            _ => self.store.read(organization, reading),
        }
    }

    fn check(&self) -> BoxFuture<'_, Result<(), AbloError>> {
        self.store.check()
    }

    fn organizations(&self, longer_than: u64) -> BoxFuture<'_, Result<Vec<OrganizationId>, AbloError>> {
        self.store.organizations(longer_than)
    }

    fn snapshot(&self, organization: &OrganizationId) -> BoxFuture<'_, Result<Box<dyn Snapshot>, AbloError>> {
        self.store.snapshot(organization)
    }

    fn close(&self) {
        self.store.close();
    }
}

/// An engine with a task, two people, a deck and a shelf; and the codes that were seen there.
pub struct Proof {
    pub engine: Engine,
    store: Moody,
    seen: BTreeSet<Code>,
}

impl Proof {
    pub async fn on(store: impl Store) -> Self {
        let store = Moody { store: Arc::new(store), mood: Arc::default(), held: Arc::default() };
        let quotas = Quotas { rows: NonZeroU64::new(6), ..Quotas::default() };
        let options = EngineOptions { max_operations: 3, queue: 1, quotas, ..EngineOptions::default() };
        let engine = Engine::open(odd_schema(), store.clone(), options).await.unwrap();
        let rows = [
            create("tasks", "t1", json!({"title": "a", "note": "n"})),
            create("people", "p1", json!({"name": "P", "email": "p@x"})),
            create("people", "p2", json!({"name": "Q", "bossId": "p1"})),
        ];
        system(&engine).commit(commit(rows)).await.unwrap();
        let others = [create("decks", "d1", json!({"title": "D"})), create("shelves", "s1", json!({}))];
        system(&engine).commit(commit(others)).await.unwrap();
        // So that a stamp of 5 is stale.
        system(&engine).commit(commit([update("tasks", "t1", json!({"title": "b"}))])).await.unwrap();
        Self { engine, store, seen: BTreeSet::new() }
    }

    /// The owner of everything.
    pub fn system(&self) -> Session {
        system(&self.engine)
    }

    /// The whole organization: rows, log and claims.
    pub async fn everything(&self) -> String {
        let session = self.system();
        let models: Vec<Query> =
            self.engine.schema().models().map(|model| Query::of(model.key()).archived(Archived::All)).collect();
        let rows = session.query(&models).await.unwrap();
        let (trimmed, _) = session.log_bounds().await.unwrap();
        let log = session.log(trimmed, usize::MAX).await.unwrap();
        let claims = session.all_claims().await.unwrap();
        format!("{rows:?} {:?} {claims:?}", log.entries.iter().map(|entry| &entry.delta).collect::<Vec<_>>())
    }

    /// The attempt fails with this code, blames what is at this path, and leaves everything as it was.
    pub async fn refused<T: fmt::Debug>(
        &mut self,
        code: &str,
        path: impl Into<Option<&str>>,
        attempt: impl Future<Output = Result<T, AbloError>>,
    ) -> AbloError {
        let before = self.everything().await;
        let error = attempt.await.unwrap_err();
        assert_eq!((error.code().as_str(), error.param.as_deref()), (code, path.into()), "{error}");
        // Longer than a word: it says what to do.
        assert!(error.message.len() > 20, "the message helps: {error}");
        assert_eq!(before, self.everything().await, "{code} changed something");
        self.seen.extend(error.code().known());
        error
    }

    /// The same of a commit of one operation.
    pub async fn refused_operation(&mut self, code: &str, path: &str, operation: CommitOperation) -> AbloError {
        self.refused_commit(code, path, commit([operation])).await
    }

    /// The same of a commit.
    pub async fn refused_commit(
        &mut self,
        code: &str,
        path: impl Into<Option<&str>>,
        request: impl Into<CommitRequest>,
    ) -> AbloError {
        let session = self.system();
        self.refused(code, path, session.commit(request)).await
    }

    /// The same of somebody else's commit.
    pub async fn refused_to(&mut self, who: Participant, code: &str, path: &str, operation: CommitOperation) {
        let session = self.engine.session(who);
        self.refused(code, path, session.commit(commit([operation]))).await;
    }

    /// Tells the store what to do from now on; writers that it held are let go when it works again.
    pub fn set_mood(&self, mood: Mood) {
        *self.store.mood.lock().unwrap() = mood;
        if matches!(self.store.mood(), Mood::Works) {
            for writer in self.store.held.lock().unwrap().drain(..) {
                self.store.store.submit(writer);
            }
        }
    }

    /// Nothing that is raised below these folders was left out.
    pub fn is_complete(&self, folders: &[&str], exempt: &[Code]) {
        let raised: BTreeSet<Code> = folders.iter().flat_map(|folder| raised::raised(folder)).collect();
        assert!(raised.len() > 30, "the sources were not read: {raised:?}");
        let left: Vec<_> = raised.difference(&self.seen).filter(|code| !exempt.contains(code)).collect();
        assert!(left.is_empty(), "raised, and not shown to blame what is wrong and to change nothing: {left:?}");
    }
}
