use std::{
    collections::BTreeMap,
    fmt,
    future::IntoFuture,
    sync::{Arc, Mutex},
};

use ablo_schema::{
    error::AbloError,
    typed::{Id, Model, Row},
    wire::{JsonText, SyncId},
};
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::{
    proxy::{ModelProxy, decode, find},
    replica::Stored,
    session::{Session, Watch, Watcher},
};
use crate::lock::lock;

/// Rows to be seen together, to be awaited.
#[must_use = "nothing is read until this is awaited"]
pub struct Snapshotting {
    session: Arc<Session>,
    wanted: Vec<Result<Wanted, AbloError>>,
}

struct Wanted {
    table: usize,
    id: String,
    fetch: BoxFuture<'static, Result<(), AbloError>>,
}

impl fmt::Debug for Snapshotting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshotting").field("rows", &self.wanted.len()).finish_non_exhaustive()
    }
}

impl Snapshotting {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self { session, wanted: Vec::new() }
    }

    /// And this row.
    pub fn of<M: Model>(mut self, id: &Id<M>) -> Self {
        let wanted = find::<M>(&self.session).map(|(table, key)| {
            let proxy = ModelProxy::<M>::new(self.session.clone(), table, key);
            let row = id.clone();
            let fetch = Box::pin(async move { proxy.retrieve(&row).await.map(drop) });
            Wanted { table, id: id.as_str().to_owned(), fetch }
        });
        self.wanted.push(wanted);
        self
    }

    async fn run(self) -> Result<Snapshot, AbloError> {
        let session = self.session;
        let mut rows = BTreeMap::new();
        for wanted in self.wanted {
            let Wanted { table, id, fetch } = wanted?;
            if session.read(|replica| replica.get(table, &id).is_none()) {
                // A row that is not loaded; reading it puts it into the replica.
                fetch.await?;
            }
            rows.insert((table, id), None);
        }
        let state = Arc::new(Seen { rows: Mutex::new(rows), changed: watch::Sender::new(None) });
        let mut tables: Vec<usize> = lock(&state.rows).keys().map(|(table, _)| *table).collect();
        tables.dedup();
        // Listening first: a change between the two is noticed.
        let watches = tables.into_iter().map(|table| session.watch(table, state.clone())).collect();
        let stamp = session.read(|replica| {
            for ((table, id), row) in lock(&state.rows).iter_mut() {
                *row = replica.confirmed(*table, id).cloned();
            }
            SyncId(replica.cursor())
        });
        state.changed.send_replace(None);
        Ok(Snapshot { session, state, stamp, _watches: watches })
    }
}

impl IntoFuture for Snapshotting {
    type Output = Result<Snapshot, AbloError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Rows as they were together at one place in the log. It tells when they no longer are.
pub struct Snapshot {
    session: Arc<Session>,
    state: Arc<Seen>,
    stamp: SyncId,
    _watches: Vec<Watch>,
}

/// A row of a snapshot that is no longer as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outdated {
    /// The schema key of its model.
    pub model: &'static str,
    /// Its id.
    pub id: String,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("stamp", &self.stamp).finish_non_exhaustive()
    }
}

impl Snapshot {
    /// The place in the log; writes made on what the snapshot shows are guarded with it.
    #[must_use]
    pub fn stamp(&self) -> SyncId {
        self.stamp
    }

    /// A row, if it was asked for and was there.
    #[must_use]
    pub fn get<M: Model>(&self, id: &Id<M>) -> Option<Row<M>> {
        let (table, _) = find::<M>(&self.session).ok()?;
        let rows = lock(&self.state.rows);
        rows.get(&(table, id.as_str().to_owned()))?.as_ref().and_then(|row| decode(row).ok())
    }

    /// The first row that is no longer as it was, if one is not. Writes of the snapshot's own participant count.
    #[must_use]
    pub fn outdated(&self) -> Option<Outdated> {
        self.state.changed.borrow().clone().map(|first| self.name(first))
    }

    /// Returns when a row is no longer as it was; select on it beside slow work.
    pub async fn changed(&self) -> Outdated {
        let mut changed = self.state.changed.subscribe();
        let first = changed.wait_for(Option::is_some).await.ok().and_then(|first| first.clone());
        match first {
            Some(first) => self.name(first),
            // The sender lives as long as this does.
            None => std::future::pending().await,
        }
    }

    fn name(&self, (table, id): (usize, String)) -> Outdated {
        Outdated { model: self.session.keys().get(table).copied().unwrap_or_default(), id }
    }
}

/// What a snapshot saw, and whether it still holds.
struct Seen {
    rows: Mutex<BTreeMap<(usize, String), Option<Stored>>>,
    changed: watch::Sender<Option<(usize, String)>>,
}

impl Watcher for Seen {
    fn changed(&self, session: &Session) {
        if self.changed.borrow().is_some() {
            return;
        }
        let rows = lock(&self.rows);
        let first = session.read(|replica| {
            let mut changed = rows.iter().filter(|((table, id), seen)| {
                let text = |row: Option<&Stored>| row.map(|row| row.text.clone());
                let now: Option<JsonText> = text(replica.confirmed(*table, id));
                now != text(seen.as_ref())
            });
            changed.next().map(|(key, _)| key.clone())
        });
        drop(rows);
        if first.is_some() {
            self.changed.send_replace(first);
        }
    }
}
