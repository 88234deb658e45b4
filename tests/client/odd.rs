//! What only callers meet that go about it in an odd way.

use std::{future::IntoFuture, sync::Arc, task::Poll};

use ablo::{
    claims::{ClaimCommand, ClaimReply, RowClaims},
    client::{
        LocalTransport,
        transport::{Answer, Bootstrap, Feed, LogPage, Query, RowKey, Rows, Transport},
    },
    engine::{Engine, EngineOptions, Participant},
    prelude::*,
    store::MemoryStore,
    wire::{Commit, ParticipantRef, Receipt},
};

use crate::support::*;

/// A way to an engine that answers claims with something that is no answer.
struct Confused(LocalTransport);

impl Transport for Confused {
    fn participant(&self) -> ParticipantRef {
        self.0.participant()
    }

    fn organization(&self) -> &str {
        self.0.organization()
    }

    fn commit(&self, commit: Commit) -> Answer<Receipt> {
        self.0.commit(commit)
    }

    fn query(&self, query: Query) -> Answer<Rows> {
        self.0.query(query)
    }

    fn bootstrap(&self, models: Vec<String>) -> Answer<Bootstrap> {
        self.0.bootstrap(models)
    }

    fn log(&self, after: SyncId) -> Answer<LogPage> {
        self.0.log(after)
    }

    fn follow(&self) -> Answer<Box<dyn Feed>> {
        self.0.follow()
    }

    fn claim(&self, _: RowKey, _: ClaimCommand) -> Answer<ClaimReply> {
        Box::pin(async { Ok(ClaimReply::Done) })
    }

    fn claims(&self, row: RowKey) -> Answer<RowClaims> {
        self.0.claims(row)
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_refused() {
    let engine = Engine::open(Work::schema().unwrap(), MemoryStore::new(), EngineOptions::default()).await.unwrap();
    let connect =
        move |who: Participant| -> Arc<dyn Transport> { Arc::new(Confused(LocalTransport::new(&engine, who))) };
    let ablo = Ablo::<Work>::through("local", connect).unwrap().await.unwrap();
    let apollo = project(&ablo, "Apollo").await;
    assert_eq!(code(ablo.projects.claim(&apollo.id).await), "response_malformed");
    assert!(ablo.projects.claims().state(&apollo.id).await.unwrap().is_none(), "and nothing is held");
}

#[test]
fn outside_of_a_runtime_nobody_joins() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ablo = runtime.block_on(Ablo::<Work>::in_memory().into_future()).unwrap();
    let mut joining = ablo.as_user("ann").into_future();
    let polled = joining.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    let Poll::Ready(Err(error)) = polled else { panic!("it waits for a runtime") };
    assert_eq!(error.code().as_str(), "invalid_options");
}

#[test]
fn a_model_of_another_schema_is_not_written() {
    #[derive(AbloModel, Clone, Debug, PartialEq)]
    struct Stranger {
        id: Id<Stranger>,
    }
    over_both(|ablo| async move {
        let before = ablo.stamp();
        let apollo = Project { id: Id::new(), name: "Apollo".into() };
        let mixed = ablo.transaction().create(&apollo).create(&Stranger { id: Id::new() });
        assert_eq!(code(mixed.await), "model_not_registered");
        ablo.synced().await.unwrap();
        assert_eq!((ablo.stamp(), ablo.projects.count()), (before, 0));
    });
}
