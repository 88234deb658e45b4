//! Every refusal of the client itself says its code and what is to blame, and leaves everything as it was: rows, log,
//! claims and what each participant's replica shows.

use std::{collections::BTreeSet, fmt, future::IntoFuture, sync::Arc, task::Poll};

use ablo::{
    claims::{ClaimCommand, ClaimReply, RowClaims},
    client::{
        LocalTransport,
        transport::{Answer, Bootstrap, Feed, LogPage, Query, RowKey, Rows, Transport},
    },
    engine::{Clock, Engine, EngineOptions, Participant},
    error::{AbloError, Code},
    prelude::*,
    store::{Durability, MemoryStore, SqliteStore, Store},
    wire::{Commit, JsonText, ParticipantRef, Receipt},
};
use serde_json::json;

use crate::{raised::raised, support::*};

/// What is not brought about here. Values of JSON have a JSON form, and models are looked up before they are used; without
/// a runtime nobody joins, and there is nothing to change; and who stopped its client's runtime in the middle is told
/// that the outcome is not known.
const EXEMPT: [Code; 5] =
    [Code::InternalError, Code::InvalidBody, Code::UnknownModel, Code::InvalidOptions, Code::ShuttingDown];

/// A way to an engine that answers claims with something that is no answer, and queries with rows that have no fields.
struct Odd {
    way: LocalTransport,
}

impl Transport for Odd {
    fn participant(&self) -> ParticipantRef {
        self.way.participant()
    }

    fn organization(&self) -> &str {
        self.way.organization()
    }

    fn commit(&self, commit: Commit) -> Answer<Receipt> {
        self.way.commit(commit)
    }

    fn query(&self, query: Query) -> Answer<Rows> {
        let rows = self.way.query(query);
        Box::pin(async move {
            let mut rows = rows.await?;
            for row in &mut rows.rows {
                row.text = JsonText::of(&json!({"id": row.id})).unwrap();
            }
            Ok(rows)
        })
    }

    fn bootstrap(&self, models: Vec<String>) -> Answer<Bootstrap> {
        self.way.bootstrap(models)
    }

    fn log(&self, after: SyncId) -> Answer<LogPage> {
        self.way.log(after)
    }

    fn follow(&self) -> Answer<Box<dyn Feed>> {
        self.way.follow()
    }

    fn claim(&self, _: RowKey, _: ClaimCommand) -> Answer<ClaimReply> {
        Box::pin(async { Ok(ClaimReply::Done) })
    }

    fn claims(&self, row: RowKey) -> Answer<RowClaims> {
        self.way.claims(row)
    }
}

/// A model of no schema.
#[derive(AbloModel, Clone, Debug, PartialEq)]
struct Stranger {
    id: Id<Stranger>,
}

/// What clients have been refused.
struct Proof {
    ablo: Ablo<Work>,
    other: Ablo<Work>,
    seen: BTreeSet<Code>,
}

impl Proof {
    async fn everything(&self) -> String {
        let mut all = String::new();
        for ablo in [&self.ablo, &self.other] {
            ablo.synced().await.unwrap();
            let log = ablo.log(SyncId(0)).await.unwrap();
            all += &format!("{:?} {:?} ", ablo.tasks.get_all().rows(), ablo.projects.get_all().rows());
            all += &format!("{:?} ", log.deltas.iter().map(|entry| &entry.delta).collect::<Vec<_>>());
        }
        for row in self.ablo.tasks.get_all().rows() {
            let claims = self.ablo.tasks.claims();
            all += &format!("{:?} {:?}", claims.state(&row.id).await.unwrap(), claims.queue(&row.id).await.unwrap());
        }
        all
    }

    async fn refused<T: fmt::Debug>(
        &mut self,
        code: &str,
        path: &str,
        attempt: impl IntoFuture<Output = Result<T, AbloError>>,
    ) {
        let before = self.everything().await;
        let error = attempt.await.unwrap_err();
        assert_eq!((error.code().as_str(), error.param.as_deref()), (code, Some(path)), "{error}");
        assert_eq!(before, self.everything().await, "{code} changed something");
        self.seen.extend(error.code().known());
    }
}

async fn prove(store: impl Store) {
    // Time stands still, so that renewed claims look as they did.
    let (clock, _hand) = Clock::manual(ablo::time::Timestamp::from_second(1_800_000_000).unwrap());
    let options = EngineOptions { clock, ..EngineOptions::default() };
    let engine = Engine::open(Work::schema().unwrap(), store, options).await.unwrap();
    let through = engine.clone();
    let connect = move |who: Participant| -> Arc<dyn Transport> { Arc::new(LocalTransport::new(&through, who)) };
    let ablo = Ablo::<Work>::through("local", connect).unwrap().await.unwrap();
    let oddly = move |who| -> Arc<dyn Transport> { Arc::new(Odd { way: LocalTransport::new(&engine, who) }) };
    let apollo = project(&ablo, "Apollo").await;
    let row = task(&ablo, &apollo.id, "Shared", 0).await;
    let (ann, bo) = (member(&ablo, "ann", &apollo.id).await, member(&ablo, "bo", &apollo.id).await);
    let mut proof = Proof { ablo: ablo.clone(), other: bo.clone(), seen: BTreeSet::new() };
    let (id, at) = (&row.id, &*format!("tasks.{}", row.id));
    let gone = Id::<Task>::new();
    let nowhere = &*format!("tasks.{gone}");

    let big = || Task::patch().points(1 << 60);
    let too_big = "number_not_representable";
    proof.refused(too_big, "tasks.points", bo.tasks.update(id, big())).await;
    proof.refused(too_big, "tasks.points", bo.transaction().update(id, big())).await;
    proof.refused(too_big, "tasks", bo.tasks.create(a_task(&apollo.id, "Big", i64::MAX))).await;
    proof.refused(too_big, "tasks", bo.tasks.edit(id, |task| task.points = i64::MAX)).await;
    proof.refused("entity_not_found", nowhere, bo.tasks.edit(&gone, |task| task.points = 1)).await;
    proof.refused("entity_not_found", nowhere, bo.tasks.claim(&gone)).await;
    proof.refused("malformed_claim", "meta", bo.tasks.claim(id).meta(3)).await;
    let unseen = bo.transaction().update(&gone, Task::patch().points(3)).record(&bo.history());
    proof.refused("undo_entry_invalid", nowhere, unseen).await;

    let held = ann.tasks.claim(id).await.unwrap();
    proof.refused("entity_claimed", at, bo.tasks.claim(id).wait(false)).await;
    proof.refused("entity_claimed", at, bo.tasks.retrieve(id).if_claimed(IfClaimed::Fail)).await;
    let given_up = async {
        let (waiter, own) = (bo.clone(), id.clone());
        let waiting = tokio::spawn(async move { waiter.tasks.claim(&own).await });
        eventually("bo waits", async || ann.tasks.claims().queue(id).await.unwrap().len() == 1).await;
        assert!(bo.tasks.claims().release(id).await.unwrap());
        waiting.await.unwrap()
    };
    proof.refused("claim_lost", at, Box::pin(given_up)).await;
    held.release().await.unwrap();

    let stranger = bo.transaction().create(&a_task(&apollo.id, "Mine", 1)).create(&Stranger { id: Id::new() });
    proof.refused("model_not_registered", "Stranger", stranger).await;
    let odd = Ablo::<Work>::through("local", oddly).unwrap().await.unwrap();
    odd.synced().await.unwrap();
    proof.refused("response_malformed", at, odd.tasks.claim(id)).await;
    proof.refused("row_mismatch", "Task", odd.tasks.list()).await;

    let is_seen = |code: &Code| proof.seen.contains(code) || EXEMPT.contains(code);
    let raised = raised("ablo-runtime/src/client");
    assert!(raised.len() > 10, "the sources were not read: {raised:?}");
    let left: Vec<_> = raised.into_iter().filter(|code| !is_seen(code)).collect();
    assert!(left.is_empty(), "raised, and not shown to blame what is wrong and to change nothing: {left:?}");
}

#[tokio::test]
async fn refusals_in_memory_change_nothing() {
    prove(MemoryStore::new()).await;
}

#[tokio::test]
async fn refusals_on_sqlite_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    prove(SqliteStore::new(folder.path().join("work.db"), Durability::Normal)).await;
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
fn who_stops_the_runtime_is_told_that_the_outcome_is_not_known() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ablo = runtime.block_on(Ablo::<Work>::in_memory().into_future()).unwrap();
    let write = ablo.projects.create(Project { id: Id::new(), name: "Apollo".into() }).into_future();
    drop(runtime);
    let error = tokio::runtime::Runtime::new().unwrap().block_on(write).unwrap_err();
    assert!(error.is(Code::ShuttingDown) && error.message.contains("not known"), "{error}");
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_says_which_and_what_to_name_instead() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("letter.txt");
    std::fs::write(&other, "Dear database, ".repeat(100)).unwrap();
    let cases = [
        (other, "file is not a database; name a file that this program made, or one that is not there yet"),
        (folder.path().to_owned(), "name a file, in a folder that may be written to"),
        (folder.path().join("no/work.db"), "check that its folder is there and may be written to"),
    ];
    for (path, advice) in cases {
        let said = Ablo::<Work>::embedded(path.clone()).await.unwrap_err().to_string();
        let start = format!("store_unavailable: `{}` cannot be opened: ", path.display());
        assert!(said.starts_with(&start) && said.ends_with(advice), "{said}");
    }
}
