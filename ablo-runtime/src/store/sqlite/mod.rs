//! Everything in one SQLite file: rows in typed tables, and beside them the log, claims and answers, so that one
//! transaction of the file is one transaction of the engine.

mod cell;
mod copy;
mod count;
mod database;
mod epoch;
mod guesses;
mod insert;
mod load;
mod log;
mod recent;
mod snapshot;
mod tables;
mod upgrade;
mod write;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::ValidSchema;
use ablo_schema::wire::OrganizationId;
use futures_util::future::BoxFuture;
use rusqlite::ErrorCode;
use tokio::sync::oneshot;

#[cfg(feature = "server")]
pub(crate) use self::copy::hold;
pub use self::copy::{CopyProgress, backup_sqlite, restore_sqlite};
use self::database::Database;
use self::snapshot::Snapshots;
use self::tables::Tables;
pub use self::upgrade::SqliteUpgrade;
use super::{Opened, Reading, Snapshot, Step, Store, WriteSet};
use crate::engine::{Clock, Writer};

/// What a commit survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Loss of power: every commit is synced to the disk before it is answered.
    #[default]
    Full,
    /// The end of the process, however it ends. Loss of power may take the last commits back, never a part of one.
    Normal,
}

/// Keeps everything in one SQLite file.
///
/// The file is this store's alone: a lock beside it refuses a second process or a second store. It uses two threads, one
/// that writes and one that reads; a reader never waits for a writer. A snapshot has a connection of its own.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    durability: Durability,
    threads: Mutex<Option<Threads>>,
}

#[derive(Debug)]
struct Threads {
    writer: mpsc::Sender<Work>,
    reader: mpsc::Sender<Question>,
    handles: Vec<JoinHandle<()>>,
    snapshots: Arc<Snapshots>,
    /// Held for as long as the store is open.
    lock: File,
}

/// Something for the thread that writes.
enum Work {
    Transactions(Arc<Writer>),
    Check(oneshot::Sender<Result<(), AbloError>>),
}

/// Something for the thread that reads.
type Question = Box<dyn FnOnce(&mut Database) + Send>;

impl SqliteStore {
    /// The store in this file, which is made when it is not there.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, durability: Durability) -> Self {
        Self { path: path.into(), durability, threads: Mutex::default() }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn start(&self, schema: &ValidSchema, clock: &Clock) -> Result<Opened, AbloError> {
        let lock = lock(&self.path)?;
        let tables = Arc::new(Tables::new(schema));
        let mut writing = Database::open(&self.path, self.durability, &tables, clock)?;
        writing.provision(&self.path, schema)?;
        let opened = Opened { epoch: writing.epoch()?, due: writing.first_due()? };
        let mut reading = Database::open(&self.path, self.durability, &tables, clock)?;
        let floor = writing.stored_floor()?;
        (writing.floor, reading.floor) = (floor, floor);
        let snapshots = Snapshots::new(self.path.clone(), &tables, clock, floor);
        let (writer, writers) = mpsc::channel::<Work>();
        let (reader, questions) = mpsc::channel::<Question>();
        let handles = vec![
            spawn("ablo-sqlite-write", move || {
                while let Ok(work) = writers.recv() {
                    match work {
                        Work::Transactions(writer) => while run(&mut writing, &writer) {},
                        // Whoever asked may have gone.
                        Work::Check(reply) => drop(reply.send(writing.check())),
                    }
                }
            })?,
            spawn("ablo-sqlite-read", move || {
                while let Ok(question) = questions.recv() {
                    question(&mut reading);
                }
            })?,
        ];
        *self.threads() = Some(Threads { writer, reader, handles, snapshots, lock });
        Ok(opened)
    }

    /// Asks the thread that reads.
    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Database) -> Result<T, AbloError> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, AbloError>> {
        let (reply, answer) = oneshot::channel();
        if let Some(threads) = self.threads().as_ref() {
            // The thread ends only after this sender, and whoever asked may have gone.
            let _ = threads.reader.send(Box::new(move |database| drop(reply.send(question(database)))));
        }
        Box::pin(async move { answer.await.map_err(|_| AbloError::from(Code::StoreUnavailable))? })
    }

    fn threads(&self) -> std::sync::MutexGuard<'_, Option<Threads>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn run(database: &mut Database, writer: &Arc<Writer>) -> bool {
    let Some(mut batch) = writer.begin() else { return false };
    let outcome = database.transact(writer.organization(), |loaded| batch.step(loaded));
    writer.finish(batch, outcome);
    true
}

impl Store for SqliteStore {
    fn open<'a>(&'a self, schema: &'a ValidSchema, clock: &'a Clock) -> BoxFuture<'a, Result<Opened, AbloError>> {
        Box::pin(std::future::ready(self.start(schema, clock)))
    }

    fn submit(&self, writer: Arc<Writer>) {
        let sender = self.threads().as_ref().map(|threads| threads.writer.clone());
        // A store that is not open never answers; whoever waits is told when its queue goes.
        drop(sender.map(|sender| sender.send(Work::Transactions(writer))));
    }

    fn read(
        &self,
        organization: &OrganizationId,
        mut reading: Box<dyn Reading>,
    ) -> BoxFuture<'_, Result<(), AbloError>> {
        let organization = organization.clone();
        self.ask(move |database| database.read(&organization, |loaded| reading.step(loaded)))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), AbloError>> {
        let (reply, answer) = oneshot::channel();
        if let Some(threads) = self.threads().as_ref() {
            let _ = threads.writer.send(Work::Check(reply));
        }
        Box::pin(async move { answer.await.map_err(|_| AbloError::from(Code::StoreUnavailable))? })
    }

    fn organizations(&self, longer_than: u64) -> BoxFuture<'_, Result<Vec<OrganizationId>, AbloError>> {
        self.ask(move |database| database.organizations(longer_than))
    }

    fn snapshot(&self, organization: &OrganizationId) -> BoxFuture<'_, Result<Box<dyn Snapshot>, AbloError>> {
        let snapshots = self.threads().as_ref().map(|threads| Arc::clone(&threads.snapshots));
        let organization = organization.clone();
        Box::pin(async move { snapshots.ok_or(Code::StoreUnavailable)?.begin(organization).await })
    }

    fn close(&self) {
        let Some(Threads { writer, reader, handles, snapshots, lock }) = self.threads().take() else { return };
        snapshots.close();
        drop((writer, reader));
        for handle in handles {
            // The store may be let go by the very thread that writes, with the last request it answered.
            if handle.thread().id() != std::thread::current().id() {
                // A thread that panicked has said so.
                let _ = handle.join();
            }
        }
        // Said, because a process that is being started has a copy of the handle for a moment, and keeps it locked.
        let _ = lock.unlock();
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, AbloError> {
    std::thread::Builder::new().name(name.into()).spawn(body).map_err(|error| {
        AbloError::new(Code::StoreUnavailable, format!("no thread could be started for the store: {error}"))
    })
}

/// Locks a file beside the database: closing another handle of the database file itself would end SQLite's own locks.
fn lock(path: &Path) -> Result<File, AbloError> {
    let mut name = path.as_os_str().to_owned();
    name.push("-lock");
    let name = PathBuf::from(name);
    let refused = |why: String| {
        let message = format!("`{}` cannot be opened: {why}", path.display());
        AbloError::new(Code::StoreUnavailable, message)
    };
    let file = File::options()
        .create(true)
        .append(true)
        .open(&name)
        .map_err(|error| refused(format!("{error}; check that its folder is there and may be written to")))?;
    file.try_lock().map_err(|_| refused("another store has it open; close that one, or connect to it".into()))?;
    Ok(file)
}

/// The failure of the database, as whoever waits for it is told.
fn failed(error: rusqlite::Error) -> AbloError {
    told("SQLite failed", &error)
}

fn told(what: &str, error: &rusqlite::Error) -> AbloError {
    let advice = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "name a file that this program made, or one that is not there yet",
        Some(ErrorCode::CannotOpen) => "name a file, in a folder that may be written to",
        _ => "try again",
    };
    AbloError::new(Code::StoreUnavailable, format!("{what}: {error}; {advice}"))
}

/// A step that only reads.
fn reading_step(wanted: Option<super::ReadSet>) -> Step {
    wanted.map_or_else(|| Step::Write(WriteSet::default()), Step::Read)
}
