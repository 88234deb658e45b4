//! What one participant's proxies share: a transport, a replica, and what listens to it.

mod follow;
mod submit;
mod watch;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use ablo_schema::{
    error::{AbloError, Code},
    ir::{LoadStrategy, ValidSchema},
    wire::{ClaimId, ParticipantRef, SyncId},
};
use tokio::{runtime::Handle, sync::watch as channel, task::AbortHandle};

use super::{
    replica::{Keeps, Replica},
    transport::{Query, RowText, Rows, Transport},
};
pub use submit::Wait;
pub(crate) use submit::{Draft, Plan, Started};
pub use watch::Watch;
pub(crate) use watch::Watcher;

use crate::lock::lock;

/// What became of a lease, told to its handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeaseNews {
    /// Nothing yet.
    Waiting,
    /// It is held.
    Granted,
    /// It ran out.
    Expired,
    /// Somebody else was put first.
    Preempted,
}

/// What is called with every write that was refused after its caller stopped waiting for it.
type RefusalHook = Arc<dyn Fn(&AbloError) + Send + Sync>;

/// How long the feed may be silent before the log is read instead.
const PATIENCE: Duration = Duration::from_millis(5);

/// One participant at work.
pub(crate) struct Session {
    transport: Arc<dyn Transport>,
    schema: ValidSchema,
    /// Schema keys by table.
    keys: Vec<&'static str>,
    runtime: Handle,
    replica: Mutex<Replica>,
    /// Follows the replica's cursor.
    cursor: channel::Sender<u64>,
    watchers: Mutex<watch::Watchers>,
    leases: Mutex<HashMap<ClaimId, channel::Sender<LeaseNews>>>,
    resyncs: channel::Sender<u64>,
    claim_changes: channel::Sender<u64>,
    refusals: Mutex<BTreeMap<u64, RefusalHook>>,
    /// One reads the log, the others wait for it.
    catching_up: tokio::sync::Mutex<()>,
    follower: Mutex<Option<AbortHandle>>,
}

impl Session {
    /// Reads what the participant sees and follows it from there on.
    pub async fn open(
        schema: ValidSchema,
        keys: Vec<&'static str>,
        transport: Arc<dyn Transport>,
    ) -> Result<Arc<Self>, AbloError> {
        let runtime = Handle::try_current().map_err(|_| {
            AbloError::new(Code::InvalidOptions, "no Tokio runtime is running here; open clients inside one")
        })?;
        let tables = schema.models().map(|model| {
            let keeps = if model.load == LoadStrategy::Instant { Keeps::All } else { Keeps::Asked };
            (model.typename.clone(), keeps, model.required_fields.clone().unwrap_or_default())
        });
        let session = Arc::new(Self {
            replica: Mutex::new(Replica::new(tables)),
            transport,
            schema,
            keys,
            runtime,
            cursor: channel::Sender::new(0),
            watchers: Mutex::default(),
            leases: Mutex::default(),
            resyncs: channel::Sender::new(0),
            claim_changes: channel::Sender::new(0),
            refusals: Mutex::default(),
            catching_up: tokio::sync::Mutex::default(),
            follower: Mutex::default(),
        });
        let feed = session.transport.follow().await?;
        session.bootstrap().await?;
        let follower = session.runtime.spawn(follow::follow(Arc::downgrade(&session), feed));
        *lock(&session.follower) = Some(follower.abort_handle());
        Ok(session)
    }

    pub fn schema(&self) -> &ValidSchema {
        &self.schema
    }

    /// The schema keys, by table.
    pub fn keys(&self) -> &[&'static str] {
        &self.keys
    }

    pub fn transport(&self) -> &Arc<dyn Transport> {
        &self.transport
    }

    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    pub fn participant(&self) -> ParticipantRef {
        self.transport.participant()
    }

    /// Looks at the replica.
    pub fn read<T>(&self, look: impl FnOnce(&Replica) -> T) -> T {
        look(&lock(&self.replica))
    }

    /// Changes the replica and tells whoever listens. They are called outside the lock.
    pub fn change<T>(&self, change: impl FnOnce(&mut Replica) -> T) -> T {
        let (result, changed, cursor) = {
            let mut replica = lock(&self.replica);
            let result = change(&mut replica);
            (result, replica.take_changed(), replica.cursor())
        };
        self.cursor.send_if_modified(|seen| std::mem::replace(seen, cursor.max(*seen)) < cursor);
        watch::tell(&self.watchers, self, &changed);
        result
    }

    /// Calls `watcher` after every change of its table, until the guard is dropped.
    pub fn watch(self: &Arc<Self>, table: usize, watcher: Arc<dyn Watcher>) -> Watch {
        watch::add(self, table, watcher)
    }

    /// Reads rows where they are and keeps them.
    pub async fn query(&self, query: Query, table: usize) -> Result<Rows, AbloError> {
        let rows = self.transport.query(query).await?;
        let kept = rows.rows.iter().cloned().map(RowText::into_read);
        self.change(|replica| replica.hydrate(table, rows.head.0, kept));
        Ok(rows)
    }

    /// Reads everything anew.
    pub async fn bootstrap(&self) -> Result<(), AbloError> {
        let _one = self.catching_up.lock().await;
        self.read_anew().await
    }

    /// Reads everything anew, until it is no older than what came by the feed meanwhile.
    async fn read_anew(&self) -> Result<(), AbloError> {
        let instant = self.schema.models().filter(|model| model.load == LoadStrategy::Instant);
        let models: Vec<String> = instant.map(|model| model.key().to_owned()).collect();
        loop {
            let read = self.transport.bootstrap(models.clone()).await?;
            let rows = read.models.into_iter().flat_map(|(key, rows)| {
                let table = self.schema.model(&key).map(|model| model.index().get());
                rows.into_iter().filter_map(move |row| Some((table?, row.into_read())))
            });
            if self.change(|replica| replica.bootstrap(read.head.0, rows)) {
                return Ok(());
            }
        }
    }

    /// Returns when every visible delta up to `target` is applied, reading the log if the feed is behind.
    pub async fn catch_up(&self, target: SyncId) -> Result<(), AbloError> {
        // The feed is usually on its way; reading the log too would be work done twice.
        let mut cursor = self.cursor.subscribe();
        while *cursor.borrow_and_update() < target.0 && target.0 < u64::MAX {
            match tokio::time::timeout(PATIENCE, cursor.changed()).await {
                Ok(Ok(())) => {}
                _ => break,
            }
        }
        let _one = self.catching_up.lock().await;
        while self.read(Replica::cursor) < target.0 {
            let after = SyncId(self.read(Replica::cursor));
            match self.transport.log(after).await {
                Ok(page) => {
                    self.change(|replica| {
                        for entry in &page.deltas {
                            follow::apply(replica, &entry.delta);
                        }
                        replica.advance(page.reached.0);
                    });
                    if page.reached <= after && page.head <= after {
                        // A receipt ahead of the log: nothing more can be known here.
                        return Ok(());
                    }
                }
                Err(error) if error.is(Code::MustBootstrap) => self.read_anew().await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Follows the news of a lease.
    pub fn expect(&self, claim: &ClaimId) -> channel::Receiver<LeaseNews> {
        let mut leases = lock(&self.leases);
        leases.entry(claim.clone()).or_insert_with(|| channel::Sender::new(LeaseNews::Waiting)).subscribe()
    }

    /// No more news of a lease.
    pub fn forget(&self, claim: &ClaimId) {
        lock(&self.leases).remove(claim);
    }

    /// Passes news of a lease on.
    pub fn tell_lease(&self, claim: &ClaimId, news: LeaseNews) {
        if let Some(lease) = lock(&self.leases).get(claim) {
            lease.send_replace(news);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(follower) = lock(&self.follower).take() {
            follower.abort();
        }
    }
}
