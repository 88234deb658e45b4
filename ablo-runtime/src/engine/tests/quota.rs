//! What the engine knows an organization to keep is what the store keeps, and no quota is passed: over random histories,
//! on memory and SQLite, with claims, trims and new starts in between; and every planted defect is noticed.

use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::model::{self, Wish};
use crate::claims::{Acquire, ClaimCommand, ClaimDetails};
use crate::engine::defect::Defect;
use crate::engine::quota::{Kept, Usage};
use crate::engine::{Clock, ClockHand, Engine, EngineOptions, Participant, Quotas, Session, Writer};
use crate::store::{Count, Loaded, MemoryStore, Opened, ReadSet, Reading, Snapshot, Store};
use crate::support::*;
use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::ValidSchema;
use ablo_schema::wire::{Action, CommitOperation, OrganizationId, SyncId};
use futures_util::future::{BoxFuture, join_all};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

#[derive(Clone, Debug)]
enum Step {
    /// Commits that wait at the same time, so that they may share a transaction.
    Commits(Vec<Vec<Wish>>),
    Acquire {
        who: &'static str,
        row: (&'static str, String),
        claim: &'static str,
        wait: bool,
    },
    Release {
        who: &'static str,
        row: (&'static str, String),
    },
    /// Claims run out.
    Later(Duration),
    /// All but so many deltas go.
    Trim(u64),
    /// The engine starts anew with these quotas.
    Start(Limits),
}

type Limits = [Option<u64>; 3];

fn quotas([rows, log_bytes, claims]: Limits) -> Quotas {
    let quota = |count: Option<u64>| count.and_then(NonZeroU64::new);
    Quotas { rows: quota(rows), log_bytes: quota(log_bytes), claims: quota(claims) }
}

fn limits() -> impl Strategy<Value = Limits> {
    let one = |counts: Vec<u64>| prop_oneof![1 => Just(None), 4 => select(counts).prop_map(Some)];
    (one(vec![2, 4, 7, 1_000]), one(vec![2_000, 6_000, 20_000, 1_000_000]), one(vec![1, 2, 3, 1_000]))
        .prop_map(|(rows, log_bytes, claims)| [rows, log_bytes, claims])
}

fn a_step() -> impl Strategy<Value = Step> {
    let who = || select(vec!["u1", "u2", "sys"]);
    let wishes = || vec(model::a_wish(), 1..4);
    prop_oneof![
        8 => vec(wishes(), 1..5).prop_map(Step::Commits),
        4 => (who(), model::a_key(), select(vec!["c1", "c2", "c3"]), any::<bool>())
            .prop_map(|(who, row, claim, wait)| Step::Acquire { who, row, claim, wait }),
        2 => (who(), model::a_key()).prop_map(|(who, row)| Step::Release { who, row }),
        1 => (1..100_u64).prop_map(|seconds| Step::Later(Duration::from_secs(seconds))),
        2 => (0..9_u64).prop_map(Step::Trim),
        2 => limits().prop_map(Step::Start),
    ]
}

/// A store in memory that outlives its engine.
#[derive(Debug)]
struct Lasting(Arc<MemoryStore>);

impl Store for Lasting {
    fn open<'a>(&'a self, schema: &'a ValidSchema, clock: &'a Clock) -> BoxFuture<'a, Result<Opened, AbloError>> {
        self.0.open(schema, clock)
    }

    fn submit(&self, writer: Arc<Writer>) {
        self.0.submit(writer);
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

#[derive(Clone, Copy)]
enum Place {
    Memory,
    #[cfg(feature = "sqlite")]
    Sqlite,
}

/// Where rows are kept while engines come and go.
struct Home {
    place: Place,
    memory: Arc<MemoryStore>,
    folder: tempfile::TempDir,
    clock: Clock,
    hand: ClockHand,
    defect: Option<Defect>,
}

impl Home {
    fn new(place: Place, defect: Option<Defect>) -> Self {
        let (clock, hand) = Clock::manual("2026-11-22T09:00:00Z".parse().unwrap());
        Self { place, memory: Arc::default(), folder: tempfile::tempdir().unwrap(), clock, hand, defect }
    }

    async fn start(&self, limits: Limits) -> Engine {
        let quotas = quotas(limits);
        let options = EngineOptions { clock: self.clock.clone(), quotas, defect: self.defect, ..Default::default() };
        match self.place {
            Place::Memory => Engine::open(schema(), Lasting(Arc::clone(&self.memory)), options).await.unwrap(),
            #[cfg(feature = "sqlite")]
            Place::Sqlite => {
                let path = self.folder.path().join("ablo.db");
                let store = crate::store::SqliteStore::new(path, crate::store::Durability::Normal);
                Engine::open(schema(), store, options).await.unwrap()
            }
        }
    }
}

/// Counts what the store keeps.
#[derive(Clone, Default)]
struct Recount(Arc<Mutex<Usage>>);

impl Reading for Recount {
    fn step(&mut self, loaded: &Loaded) -> Result<Option<ReadSet>, AbloError> {
        let counts = [Count::Rows, Count::LogBytes(loaded.head), Count::Claims];
        if loaded.counts.is_empty() {
            return Ok(Some(ReadSet { counts: counts.to_vec(), ..ReadSet::default() }));
        }
        for (kept, count) in Kept::ALL.into_iter().zip(&counts) {
            self.0.lock().unwrap().set(kept, loaded.counts.get(count).copied());
        }
        Ok(None)
    }
}

fn organization() -> OrganizationId {
    OrganizationId::from("org_1")
}

/// What is kept. What the engine knows of it says the same, once claims that ran out have been swept.
async fn kept(engine: &Engine, context: &str) -> Usage {
    for last in (0..500).rev() {
        let recount = Recount::default();
        engine.store().read(&organization(), Box::new(recount.clone())).await.unwrap();
        let (there, known) = (*recount.0.lock().unwrap(), engine.usage(&organization()));
        if Kept::ALL.iter().all(|kept| known.of(*kept).is_none_or(|known| Some(known) == there.of(*kept))) {
            return there;
        }
        assert!(last > 0, "{context}: there is {there:?}, known is {known:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    unreachable!()
}

fn session(engine: &Engine, who: &str) -> Session {
    engine.session(match who {
        "sys" => Participant::system("org_1", who),
        _ => Participant::user("org_1", who),
    })
}

fn operations(wishes: &[Wish], head: u64) -> Vec<CommitOperation> {
    let operation = |Wish { op: wish, back }: &Wish| {
        let action = Action::parse(wish.action).unwrap();
        let mut operation = op(action, wish.key.0, &wish.key.1, wish.input.clone().unwrap_or_default());
        operation.read_at = back.map(|back| SyncId(head.saturating_sub(back)));
        operation.transaction_id = wish.transaction.as_deref().map(Into::into);
        operation
    };
    wishes.iter().map(operation).collect()
}

/// Only what adds is refused, and it is told what is used up.
fn expect_fair(error: &AbloError, limits: Limits, wishes: &[Wish]) {
    let says = |name: &str| error.details[name].as_u64().unwrap();
    let name = error.details["quota"].as_str().unwrap();
    let at = Kept::ALL.iter().position(|kept| kept.name() == name).unwrap();
    assert_eq!(limits[at], Some(says("limit")), "{error:?}");
    assert!(error.message.contains(&says("used").to_string()), "{error:?}");
    let actions: Vec<&str> = wishes.iter().map(|wish| wish.op.action).collect();
    match Kept::ALL[at] {
        Kept::Rows => assert!(actions.contains(&"create"), "{actions:?} {error:?}"),
        Kept::LogBytes => assert!(actions.iter().any(|action| *action != "delete"), "{actions:?} {error:?}"),
        Kept::Claims => panic!("commits make no claims: {error:?}"),
    }
}

/// Whether what is kept is within the quotas, or at least not more than before. A commit that only deleted may have grown
/// the log.
fn expect_within(limits: Limits, before: Usage, after: Usage, only_deletes: bool, context: &str) {
    for (kept, limit) in Kept::ALL.into_iter().zip(limits) {
        let grew = after.of(kept) > before.of(kept);
        let is_free = only_deletes && kept == Kept::LogBytes;
        assert!(
            !grew || is_free || limit.is_none_or(|limit| after.of(kept).unwrap() <= limit),
            "{context}: {before:?} became {after:?}, which {limits:?} does not allow"
        );
    }
}

async fn run(first: Limits, steps: Vec<Step>, place: Place, defect: Option<Defect>) {
    let home = Home::new(place, defect);
    let mut limits = first;
    let mut engine = home.start(limits).await;
    for (at, step) in steps.into_iter().enumerate() {
        let context = format!("step {at}: {step:?}");
        let before = kept(&engine, &context).await;
        let mut only_deletes = false;
        match step {
            Step::Commits(commits) => {
                let head = session(&engine, "sys").head().await.unwrap().0;
                let wished = || commits.iter().map(|wishes| operations(wishes, head));
                only_deletes = wished().any(|ops| ops.iter().all(|operation| operation.action == Action::Delete));
                let sys = session(&engine, "sys");
                let answers = join_all(wished().map(|operations| sys.commit(commit(operations)))).await;
                for (wishes, answer) in commits.iter().zip(&answers) {
                    if let Err(error) = answer
                        && error.is(Code::QuotaExceeded)
                    {
                        expect_fair(error, limits, wishes);
                    }
                }
                if answers.iter().all(Result::is_err) {
                    let after = kept(&engine, &context).await;
                    for kept in [Kept::Rows, Kept::LogBytes] {
                        assert_eq!(before.of(kept), after.of(kept), "{context}: refused, but not without a trace");
                    }
                }
            }
            Step::Acquire { who, row, claim, wait } => {
                let wish = Acquire {
                    claim: claim.into(),
                    details: ClaimDetails { action: "editing".into(), ..ClaimDetails::default() },
                    ttl_ms: Some(30_000),
                    wait,
                    max_queue_depth: None,
                };
                let reply = session(&engine, who).claim(row.0, &row.1, ClaimCommand::Acquire(wish)).await;
                if let Err(error) = reply
                    && error.is(Code::QuotaExceeded)
                {
                    assert_eq!((&error.details["quota"], limits[2].is_some()), (&"claims".into(), true));
                }
            }
            Step::Release { who, row } => {
                let command = ClaimCommand::Release { claim: None, token: None };
                drop(session(&engine, who).claim(row.0, &row.1, command).await);
            }
            Step::Later(by) => home.hand.advance(by),
            Step::Trim(back) => {
                let head = session(&engine, "sys").head().await.unwrap().0;
                engine.trim(&organization(), SyncId(head.saturating_sub(back))).await.unwrap();
            }
            Step::Start(next) => {
                limits = next;
                drop(engine);
                engine = home.start(limits).await;
            }
        }
        let after = kept(&engine, &context).await;
        expect_within(limits, before, after, only_deletes, &context);
    }
}

fn histories(place: Place, cases: u32) {
    let runtime = model::runtime();
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&(limits(), vec(a_step(), 1..=60)), |(limits, steps)| {
        runtime.block_on(run(limits, steps, place, None));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[test]
fn memory_keeps_what_is_counted() {
    histories(Place::Memory, 60);
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_keeps_what_is_counted() {
    histories(Place::Sqlite, 20);
}

fn is_noticed(defect: Defect) -> bool {
    let runtime = model::runtime();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    (0..300).any(|_| {
        let (limits, steps) = (limits(), vec(a_step(), 20..40)).new_tree(&mut runner).unwrap().current();
        let run = || runtime.block_on(run(limits, steps, Place::Memory, Some(defect)));
        catch_unwind(AssertUnwindSafe(run)).is_err()
    })
}

/// One test per defect, so that they run side by side.
macro_rules! planted {
    ($($name:ident: $defect:ident;)*) => {$(
        #[test]
        fn $name() {
            assert!(is_noticed(Defect::$defect), "{:?} goes unnoticed", Defect::$defect);
        }
    )*};
}

planted! {
    notices_that_quotas_are_ignored: IgnoreQuotas;
    notices_that_a_used_up_quota_refuses_everything: QuotaRefusesAll;
    notices_that_a_batch_passes_together: QuotaOfBatch;
    notices_that_a_failed_member_is_counted: CountFailedMember;
    notices_that_deleted_rows_are_counted: CountDeletedRows;
    notices_that_trimmed_entries_are_counted: CountTrimmedLog;
    notices_that_ended_claims_are_counted: CountEndedClaims;
}
