//! One case, for `count.sh` to count its instructions: so many commits wait before the first is written, so that every
//! batch is full, however the threads take turns.

use std::sync::{Arc, Mutex};

use ablo_runtime::engine::{Clock, Engine, EngineOptions, Session, Writer};
use ablo_runtime::store::{Durability, Opened, Reading, Snapshot, SqliteStore, Store};
use ablo_schema::error::AbloError;
use ablo_schema::ir::ValidSchema;
use ablo_schema::wire::OrganizationId;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, JoinAll, join_all};

use super::by_hand::ByHand;
use super::{create_one, fill, new_id, new_key, old_id, schema, system, update_one};

/// Runs what the arguments say: `hand` or `engine`, `create` or `update`, `key` or `plain`, and how many.
pub async fn run(who: &str, verb: &str, key: &str, commits: &str) {
    let (is_new, key) = (verb == "create", key == "key");
    let ids = (0..commits.parse().unwrap()).map(|at| match is_new {
        true => new_id("c", key, at % 64, at / 64),
        false => old_id(at % 64, at / 64),
    });
    let folder = tempfile::tempdir().unwrap();
    let gate = Gate::new(SqliteStore::new(folder.path().join("ablo.db"), Durability::Normal));
    let options = EngineOptions { queue: usize::MAX, ..EngineOptions::default() };
    let engine = Engine::open(schema(), gate.clone(), options).await.unwrap();
    let session = system(&engine);
    fill(&session).await;
    if who == "engine" {
        gate.close_it();
        let one = |id: String| engine_one(session.clone(), is_new, new_key(key), id);
        finish(join_all(ids.map(one)), || gate.open_it()).await;
    } else {
        drop((session, engine));
        let (hand, writing) = ByHand::prepare(&folder.path().join("ablo.db"), Durability::Normal);
        let one = |id: String| hand_one(hand.clone(), is_new, new_key(key), id);
        finish(join_all(ids.map(one)), || drop(std::thread::spawn(writing))).await;
    }
}

async fn engine_one(session: Session, is_new: bool, key: Option<String>, id: String) {
    match is_new {
        true => create_one(session, key, id).await,
        false => update_one(session, key, id.clone(), format!("a title for {id}")).await,
    }
}

async fn hand_one(hand: ByHand, is_new: bool, key: Option<String>, id: String) {
    match is_new {
        true => hand.create(key, id).await,
        false => hand.update(key, id.clone(), format!("a title for {id}")).await,
    }
}

/// Lets every request take its place, then lets them be written.
async fn finish(mut all: JoinAll<impl Future<Output = ()>>, start: impl FnOnce()) {
    let _ = (&mut all).now_or_never();
    start();
    all.await;
}

/// A store that writes nothing while it is closed.
#[derive(Clone, Debug)]
struct Gate(Arc<(SqliteStore, Waiting)>);

/// Who waits for it to open; `None` when it is.
type Waiting = Mutex<Option<Vec<Arc<Writer>>>>;

impl Gate {
    fn new(store: SqliteStore) -> Self {
        Self(Arc::new((store, Mutex::default())))
    }

    fn close_it(&self) {
        *self.0.1.lock().unwrap() = Some(Vec::new());
    }

    fn open_it(&self) {
        let waiting = self.0.1.lock().unwrap().take();
        waiting.into_iter().flatten().for_each(|writer| self.0.0.submit(writer));
    }
}

impl Store for Gate {
    fn open<'a>(&'a self, schema: &'a ValidSchema, clock: &'a Clock) -> BoxFuture<'a, Result<Opened, AbloError>> {
        self.0.0.open(schema, clock)
    }

    fn submit(&self, writer: Arc<Writer>) {
        match &mut *self.0.1.lock().unwrap() {
            Some(waiting) => waiting.push(writer),
            None => self.0.0.submit(writer),
        }
    }

    fn check(&self) -> BoxFuture<'_, Result<(), AbloError>> {
        self.0.0.check()
    }

    fn organizations(&self, longer_than: u64) -> BoxFuture<'_, Result<Vec<OrganizationId>, AbloError>> {
        self.0.0.organizations(longer_than)
    }

    fn read(&self, organization: &OrganizationId, reading: Box<dyn Reading>) -> BoxFuture<'_, Result<(), AbloError>> {
        self.0.0.read(organization, reading)
    }

    fn snapshot(&self, organization: &OrganizationId) -> BoxFuture<'_, Result<Box<dyn Snapshot>, AbloError>> {
        self.0.0.snapshot(organization)
    }

    fn close(&self) {
        self.0.0.close();
    }
}
