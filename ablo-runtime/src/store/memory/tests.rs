use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::*;
use crate::engine::{Engine, EngineOptions};
use crate::support::*;

/// Counts how often evaluation is begun, once for every reading and once more.
#[derive(Debug, Default)]
struct Counting(MemoryStore, Arc<AtomicUsize>);

impl Store for Counting {
    fn open<'a>(&'a self, schema: &'a ValidSchema, clock: &'a Clock) -> BoxFuture<'a, Result<Opened, AbloError>> {
        self.0.open(schema, clock)
    }

    fn submit(&self, writer: Arc<Writer>) {
        while let Some(mut batch) = writer.begin() {
            let outcome = lock(&self.0.0).transact(writer.organization(), |loaded| {
                self.1.fetch_add(1, Ordering::Relaxed);
                batch.step(loaded)
            });
            writer.finish(batch, outcome);
        }
    }

    fn read(&self, organization: &OrganizationId, reading: Box<dyn Reading>) -> BoxFuture<'_, Result<(), AbloError>> {
        self.0.read(organization, reading)
    }

    fn check(&self) -> BoxFuture<'_, Result<(), AbloError>> {
        self.0.check()
    }

    fn organizations(&self, longer_than: u64) -> BoxFuture<'_, Result<Vec<OrganizationId>, AbloError>> {
        self.0.organizations(longer_than)
    }

    fn snapshot(&self, organization: &OrganizationId) -> BoxFuture<'_, Result<Box<dyn Snapshot>, AbloError>> {
        self.0.snapshot(organization)
    }
}

/// Rows whose parents are elsewhere are read together, or a commit would cost the square of its operations.
#[tokio::test]
async fn what_many_operations_need_is_read_at_once() {
    let store = Counting::default();
    let evaluations = store.1.clone();
    let engine = Engine::open(schema(), store, EngineOptions::default()).await.unwrap();
    let mut counts = Vec::new();
    for count in [2, 100] {
        let id = |at: usize| format!("{count}-{at}");
        let slide = |at| create("slides", &id(at), json!({"deckId": format!("d{at}")}));
        system(&engine).commit(commit((0..count).map(slide))).await.unwrap();
        let before = evaluations.load(Ordering::Relaxed);
        let layer = |at| create("layers", &id(at), json!({"slideId": id(at)}));
        system(&engine).commit(commit((0..count).map(layer))).await.unwrap();
        counts.push(evaluations.load(Ordering::Relaxed) - before);
    }
    assert_eq!(counts[0], counts[1], "however many they are");
}
