//! A request that finds nobody writing is written at once; only what comes meanwhile is written together.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::sync::{Arc, Mutex};

use ablo_runtime::engine::{Clock, Engine, EngineOptions, Writer};
use ablo_runtime::store::{Epoch, Opened, Reading, Snapshot, Store};
use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::ValidSchema;
use ablo_schema::wire::OrganizationId;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all, ready};
use serde_json::json;
use support::*;

/// A store that only remembers who asked it to write.
#[derive(Clone, Debug, Default)]
struct Asked(Arc<Mutex<Vec<Arc<Writer>>>>);

impl Store for Asked {
    fn open<'a>(&'a self, _: &'a ValidSchema, _: &'a Clock) -> BoxFuture<'a, Result<Opened, AbloError>> {
        Box::pin(ready(Epoch::draw().map(|epoch| Opened { epoch, due: Vec::new() })))
    }

    fn submit(&self, writer: Arc<Writer>) {
        self.0.lock().unwrap().push(writer);
    }

    fn read(&self, _: &OrganizationId, _: Box<dyn Reading>) -> BoxFuture<'_, Result<(), AbloError>> {
        Box::pin(ready(Ok(())))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), AbloError>> {
        Box::pin(ready(Ok(())))
    }

    fn organizations(&self, _: u64) -> BoxFuture<'_, Result<Vec<OrganizationId>, AbloError>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn snapshot(&self, _: &OrganizationId) -> BoxFuture<'_, Result<Box<dyn Snapshot>, AbloError>> {
        Box::pin(ready(Err(Code::StoreUnavailable.into())))
    }
}

/// Polls once.
fn waits(future: &mut (impl Future + Unpin)) -> bool {
    future.now_or_never().is_none()
}

#[tokio::test]
async fn idle_writes_are_flushed_at_once_and_only_load_is_batched() {
    let store = Asked::default();
    let asked = || store.0.lock().unwrap().len();
    let options = EngineOptions::default();
    let most = options.batch;
    let engine = Engine::open(schema(), store.clone(), options).await.unwrap();
    let session = system(&engine);
    let write =
        |at: usize| Box::pin(session.commit(commit([create("tasks", &format!("t{at}"), json!({"title": "x"}))])));

    // Nobody is writing: the store is asked before the caller even waits.
    let mut first = write(0);
    assert!(waits(&mut first));
    assert_eq!(asked(), 1);
    let writer = store.0.lock().unwrap()[0].clone();
    let batch = writer.begin().unwrap();
    assert_eq!(batch.len(), 1);

    // Somebody is: what comes meanwhile gathers, without asking again.
    let mut others: Vec<_> = (1..=most + 5).map(write).collect();
    for other in &mut others {
        assert!(waits(other));
    }
    assert_eq!(asked(), 1);
    let refused = || Err(AbloError::from(Code::StoreUnavailable));
    writer.finish(batch, refused());
    let sizes: Vec<usize> = std::iter::from_fn(|| {
        let batch = writer.begin()?;
        let size = batch.len();
        writer.finish(batch, refused());
        Some(size)
    })
    .collect();
    assert_eq!(sizes, [most, 5]);
    assert!(first.await.is_err() && join_all(others).await.iter().all(Result::is_err));

    // And when it is idle again, the next one is written at once.
    let mut last = write(most + 6);
    assert!(waits(&mut last));
    assert_eq!((asked(), writer.begin().map(|batch| batch.len())), (2, Some(1)));
}
