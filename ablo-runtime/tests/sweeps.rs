//! Claims that run out together, however many.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ablo_runtime::claims::{Acquire, ClaimCommand, ClaimDetails, ClaimEvent, End};
use ablo_runtime::engine::{Clock, Engine, EngineOptions, Event, Writer};
use ablo_runtime::store::{MemoryStore, Opened, Reading, Snapshot, Store};
use ablo_schema::error::AbloError;
use ablo_schema::ir::ValidSchema;
use ablo_schema::wire::OrganizationId;
use futures_util::future::BoxFuture;
use support::*;

/// A store that counts how often it is asked to write.
#[derive(Debug, Default)]
struct Counting(MemoryStore, Arc<AtomicUsize>);

impl Store for Counting {
    fn open<'a>(&'a self, schema: &'a ValidSchema, clock: &'a Clock) -> BoxFuture<'a, Result<Opened, AbloError>> {
        self.0.open(schema, clock)
    }

    fn submit(&self, writer: Arc<Writer>) {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.submit(writer);
    }

    fn read(&self, organization: &OrganizationId, reading: Box<dyn Reading>) -> BoxFuture<'_, Result<(), AbloError>> {
        self.0.read(organization, reading)
    }

    fn check(&self) -> BoxFuture<'_, Result<(), AbloError>> {
        self.0.check()
    }

    fn snapshot(&self, organization: &OrganizationId) -> BoxFuture<'_, Result<Box<dyn Snapshot>, AbloError>> {
        self.0.snapshot(organization)
    }

    fn organizations(&self, longer_than: u64) -> BoxFuture<'_, Result<Vec<OrganizationId>, AbloError>> {
        self.0.organizations(longer_than)
    }
}

async fn all_end(store: impl Store, written: Option<&AtomicUsize>) {
    const CLAIMS: usize = 600;
    let (clock, hand) = Clock::manual("2026-11-22T09:00:00Z".parse().unwrap());
    let engine = Engine::open(schema(), store, EngineOptions { clock, ..EngineOptions::default() }).await.unwrap();
    let session = system(&engine);
    let mut events = session.subscribe(None).await.unwrap();
    for at in 0..CLAIMS {
        let wish = Acquire {
            claim: format!("c{at}").as_str().into(),
            details: ClaimDetails { action: "editing".into(), ..ClaimDetails::default() },
            ttl_ms: Some(1_000),
            wait: false,
            max_queue_depth: None,
        };
        session.claim("tasks", &format!("t{at}"), ClaimCommand::Acquire(wish)).await.unwrap();
    }
    let before = written.map(|written| written.load(Ordering::SeqCst));
    hand.advance(Duration::from_secs(2));
    let mut ended = 0;
    while ended < CLAIMS {
        let event = tokio::time::timeout(Duration::from_secs(60), events.next()).await.unwrap().unwrap().unwrap();
        match event {
            Event::Claims(change) => {
                let expired = |event: &&ClaimEvent| matches!(event, ClaimEvent::Ended { end: End::Expired, .. });
                ended += change.events.iter().filter(expired).count();
            }
            Event::Resync { .. } => panic!("it listens"),
            Event::Delta(_) => {}
        }
    }
    if let Some((written, before)) = written.zip(before) {
        let sweeps = written.load(Ordering::SeqCst) - before;
        assert_eq!(sweeps, CLAIMS.div_ceil(256), "each takes on 256 rows at most, so that others get their turn");
    }
}

#[tokio::test]
async fn many_claims_end_in_several_transactions() {
    let store = Counting::default();
    let written = Arc::clone(&store.1);
    all_end(store, Some(&written)).await;
    #[cfg(feature = "sqlite")]
    {
        use ablo_runtime::store::{Durability, SqliteStore};
        let folder = tempfile::tempdir().unwrap();
        all_end(SqliteStore::new(folder.path().join("ablo.db"), Durability::Normal), None).await;
    }
}
