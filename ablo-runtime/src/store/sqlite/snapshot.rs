use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Weak};

use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::OrganizationId;
use futures_util::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use super::database::Database;
use super::tables::Tables;
use crate::engine::Clock;
use crate::lock::lock;
use crate::store::{Reading, Snapshot};

/// Most snapshots that are open at once; who wants one more waits for its turn.
const MOST: usize = 32;

/// The snapshots of a file. Each has a connection of its own, in a transaction that lasts as long as it is read.
pub(super) struct Snapshots {
    path: PathBuf,
    tables: Arc<Tables>,
    clock: Clock,
    /// See [`Database::stored_floor`].
    floor: u64,
    places: Arc<Semaphore>,
    /// `None` once the store is closed.
    open: Mutex<Option<Vec<Weak<Place>>>>,
}

/// Where a snapshot has its connection; empty once the store is closed.
type Place = Mutex<Option<Held>>;

/// A connection in its transaction.
struct Held {
    database: Database,
    organization: OrganizationId,
    _place: OwnedSemaphorePermit,
}

impl fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshots").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Snapshots {
    pub fn new(path: PathBuf, tables: &Arc<Tables>, clock: &Clock, floor: u64) -> Arc<Self> {
        let open = Mutex::new(Some(Vec::new()));
        let places = Arc::new(Semaphore::new(MOST));
        Arc::new(Self { path, tables: Arc::clone(tables), clock: clock.clone(), floor, places, open })
    }

    pub async fn begin(self: Arc<Self>, organization: OrganizationId) -> Result<Box<dyn Snapshot>, AbloError> {
        let closed = || AbloError::from(Code::ShuttingDown);
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| closed())?;
        let held = spawn_blocking(move || {
            let mut database = Database::open_reader(&self.path, &self.tables, &self.clock)?;
            database.floor = self.floor;
            database.begin_reading(&organization)?;
            let held = Arc::new(Mutex::new(Some(Held { database, organization, _place: place })));
            let mut open = lock(&self.open);
            let open = open.as_mut().ok_or_else(closed)?;
            open.retain(|held| held.strong_count() > 0);
            open.push(Arc::downgrade(&held));
            Ok::<_, AbloError>(held)
        });
        Ok(Box::new(SqliteSnapshot(held.await.map_err(|_| AbloError::from(Code::StoreUnavailable))??)))
    }

    /// Ends every snapshot, each after what it is reading just now.
    pub fn close(&self) {
        self.places.close();
        let open = lock(&self.open).take();
        for held in open.into_iter().flatten().filter_map(|held| held.upgrade()) {
            drop(lock(&held).take());
        }
    }
}

/// One moment of the file.
struct SqliteSnapshot(Arc<Place>);

impl Snapshot for SqliteSnapshot {
    fn read(&mut self, mut reading: Box<dyn Reading>) -> BoxFuture<'_, Result<(), AbloError>> {
        let held = Arc::clone(&self.0);
        let done = spawn_blocking(move || match &mut *lock(&held) {
            Some(Held { database, organization, .. }) => database.read_on(organization, |loaded| reading.step(loaded)),
            None => Err(Code::ShuttingDown.into()),
        });
        Box::pin(async move { done.await.map_err(|_| AbloError::from(Code::StoreUnavailable))? })
    }
}
