//! Memory and SQLite do what the reference model says, over random histories; and every planted defect is noticed.
//!
//! The histories are the same every time; the variables ask for more of them, and for others, by any number:
//!
//! ```sh
//! PROPTEST_RNG_SEED=7 ABLO_TEST_HISTORIES_MEMORY=2000 ABLO_TEST_HISTORIES_SQLITE=1000 \
//!     cargo test -p ablo-runtime --all-features --lib engine::tests::model
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::reference::{Delta, Groups, Key, Op, Problem, Reference, Refusal, fields};
use crate::claims::{Acquire, ClaimCommand, ClaimDetails, ClaimReply};
use crate::engine::defect::Defect;
use crate::engine::{
    Archived, Clock, Engine, EngineOptions, Event, LogEntry, Participant, Query, Session, Subscription,
};
use crate::store::MemoryStore;
use crate::support::*;
use ablo_schema::error::AbloError;
use ablo_schema::wire::{Action, ClaimId, OnStale, SyncId};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

const MODELS: [&str; 7] = ["decks", "slides", "layers", "members", "people", "tasks", "facts"];
const PEOPLE: [&str; 3] = ["sys", "u1", "u2"];

#[derive(Clone, Debug)]
enum Step {
    Commit { who: &'static str, token: &'static str, ops: Vec<Wish> },
    Claim { who: &'static str, key: Key },
    Release { who: &'static str, key: Key },
}

/// An operation whose `readAt` is so many deltas before the head.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub op: Op,
    pub back: Option<u64>,
}

pub(super) fn a_key() -> impl Strategy<Value = Key> {
    (select(&MODELS[..]), 1..3u8).prop_map(|(model, id)| {
        let id = if model == "people" { format!("u{id}") } else { format!("{}{id}", &model[..1]) };
        (model, id)
    })
}

fn a_value(model: &str, field: &str) -> BoxedStrategy<Value> {
    let values = match (model, field) {
        (_, "deckId") => vec![json!("d1"), json!("d2"), json!("d3")],
        (_, "slideId") => vec![json!("s1"), json!("s2"), json!("s3")],
        (_, "personId" | "bossId") => vec![json!("u1"), json!("u2"), Value::Null],
        (_, "email") => vec![json!("e1"), json!("e2"), Value::Null],
        (_, "inboxId") => vec![json!("i1"), json!("i2"), Value::Null],
        (_, "points" | "position" | "count") => {
            vec![json!(1), json!(1.0), json!(2.5), json!(-7), json!(9_007_199_254_740_993_u64), json!("1")]
        }
        (_, "done") => vec![json!(true), json!(false), json!("yes")],
        (_, "due") => vec![
            json!("2026-01-02T03:04:05.678Z"),
            json!("2026-01-02T03:04:05+01:00"),
            json!("2026-01-02T03:04:05.1234567Z"),
            json!("tomorrow"),
        ],
        (_, "status") => vec![json!("todo"), json!("done"), json!("never"), json!(1)],
        (_, "extra") => vec![json!({"a": [1, null]}), json!(3.5), json!("x"), Value::Null],
        (_, "createdAt" | "typo") => vec![json!("x")],
        _ => vec![json!("a"), json!("b"), json!("Å%_"), Value::Null, json!(5)],
    };
    // Most inputs are good, or little would happen.
    prop_oneof![3 => Just(values[0].clone()), 3 => Just(values[1 % values.len()].clone()), 1 => select(values)].boxed()
}

fn an_input(model: &'static str, whole: bool) -> impl Strategy<Value = Value> {
    let wishes: Vec<_> = fields(model)
        .iter()
        .map(|(name, optional)| {
            let likely = if whole && !optional { 0.97 } else { 0.35 };
            (Just(*name), proptest::option::weighted(likely, a_value(model, name)))
        })
        .collect();
    let odd = proptest::option::weighted(0.03, select(vec!["createdAt", "typo"]));
    (wishes, odd).prop_map(|(wishes, odd)| {
        let mut input: Map<String, Value> =
            wishes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        input.extend(odd.map(|name| (name.to_owned(), json!("x"))));
        Value::Object(input)
    })
}

pub(super) fn a_wish() -> impl Strategy<Value = Wish> {
    let actions = prop_oneof![
        4 => Just("create"), 5 => Just("update"), 1 => Just("delete"), 1 => Just("archive"), 1 => Just("unarchive"),
    ];
    let guard = (
        proptest::option::weighted(0.4, 0..8_u64),
        proptest::option::weighted(0.3, select(vec!["reject", "force", "flag"])),
        proptest::option::weighted(0.3, select(vec!["t1", "t2"])),
    );
    (a_key(), actions, guard).prop_flat_map(|(key, action, (back, on_stale, transaction))| {
        let input = match action {
            "create" | "update" => an_input(key.0, action == "create").prop_map(Some).boxed(),
            _ => Just(None).boxed(),
        };
        let transaction = transaction.map(str::to_owned);
        input.prop_map(move |input| {
            let (key, transaction) = (key.clone(), transaction.clone());
            Wish { op: Op { action, key, input, read_at: None, on_stale, transaction }, back }
        })
    })
}

fn a_step() -> impl Strategy<Value = Step> {
    let who = || prop_oneof![3 => Just("sys"), 1 => Just("u1"), 1 => Just("u2")];
    let token = prop_oneof![6 => Just(""), 1 => Just("k1"), 1 => Just("k2")];
    prop_oneof![
        8 => (who(), token, vec(a_wish(), 1..4))
            .prop_map(|(who, token, ops)| Step::Commit { who, token, ops }),
        1 => (who(), a_key()).prop_map(|(who, key)| Step::Claim { who, key }),
        1 => (who(), a_key()).prop_map(|(who, key)| Step::Release { who, key }),
    ]
}

/// An engine and its participants.
struct Subject {
    name: &'static str,
    engine: Engine,
    _folder: Option<tempfile::TempDir>,
}

impl Subject {
    fn session(&self, who: &str) -> Session {
        self.engine.session(match who {
            "sys" => Participant::system("org_1", who),
            "u1" => Participant::user("org_1", who).identity("inboxIds", json!(["i1"])),
            _ => Participant::user("org_1", who),
        })
    }

    async fn commit(&self, who: &str, token: &str, ops: &[Op]) -> Result<u64, AbloError> {
        let operations = ops.iter().map(|wish| {
            let action = Action::parse(wish.action).unwrap();
            let mut operation = op(action, wish.key.0, &wish.key.1, wish.input.clone().unwrap_or_default());
            operation.read_at = wish.read_at.map(SyncId);
            operation.on_stale = wish.on_stale.map(|word| match word {
                "reject" => OnStale::Reject,
                "force" => OnStale::Force,
                _ => OnStale::Flag,
            });
            operation.transaction_id = wish.transaction.as_deref().map(Into::into);
            operation
        });
        let committed = self.session(who).commit(keyed(token, operations)).await?;
        Ok(committed.receipt.last_sync_id.0)
    }
}

/// Where rows are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Memory,
    #[cfg(feature = "sqlite")]
    Sqlite,
}

async fn subject(place: Place, defect: Option<Defect>) -> Subject {
    let (clock, _) = Clock::manual("2026-11-22T09:00:00Z".parse().unwrap());
    let options = EngineOptions { clock, defect, ..EngineOptions::default() };
    match place {
        Place::Memory => {
            let engine = Engine::open(schema(), MemoryStore::new(), options).await.unwrap();
            Subject { name: "memory", engine, _folder: None }
        }
        #[cfg(feature = "sqlite")]
        Place::Sqlite => {
            let (engine, folder) = sqlite(options).await;
            Subject { name: "sqlite", engine, _folder: Some(folder) }
        }
    }
}

fn refusal(error: &AbloError) -> (String, Vec<(String, String)>) {
    let mut problems: Vec<_> =
        error.problems.iter().map(|problem| (problem.code.as_str().to_owned(), problem.path.clone())).collect();
    if problems.is_empty() {
        problems.extend(error.param.iter().map(|path| (error.code().as_str().to_owned(), path.clone())));
    }
    (error.code().as_str().to_owned(), problems)
}

fn expect_same(context: &str, expected: &Result<u64, Refusal>, found: &Result<u64, AbloError>) {
    match (expected, found) {
        (Ok(expected), Ok(found)) => assert_eq!(expected, found, "{context}: last sync id"),
        (Err(expected), Err(error)) => {
            let (code, problems) = refusal(error);
            if expected.problems.is_empty() {
                assert_eq!(expected.code, code, "{context}: {error}");
                return;
            }
            // Which of several problems comes first depends on the order of the input's members.
            let owned = |(code, path): &Problem| ((*code).to_owned(), path.clone());
            let expected: BTreeSet<_> = expected.problems.iter().map(owned).collect();
            assert_eq!(problems.first().map(|(code, _)| code), Some(&code), "{context}: {error}");
            assert_eq!(expected, problems.into_iter().collect(), "{context}: {error}");
        }
        (expected, found) => panic!("{context}: expected {expected:?}, found {found:?}"),
    }
}

/// A delta in the terms of the reference.
fn told(engine: &Engine, entry: &LogEntry) -> Delta {
    let wire = serde_json::to_value(entry.delta.for_server()).unwrap();
    let typename = |model: &str| &engine.schema().resolve(model).unwrap().def().typename;
    let model = *MODELS.iter().find(|model| *typename(model) == entry.delta.core.model_name).unwrap();
    let declared = |value: &Value| -> Option<Map<String, Value>> {
        let object = value.as_object()?;
        let known = object.iter().filter(|(name, _)| fields(model).iter().any(|(field, _)| field == name));
        Some(known.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    let groups = |groups: &[ablo_schema::wire::Group]| groups.iter().map(ToString::to_string).collect::<Groups>();
    let letters = ["I", "U", "D", "A", "V", "C", "G"];
    Delta {
        letter: letters.into_iter().find(|letter| wire["actionType"] == *letter).unwrap(),
        key: (model, entry.delta.core.model_id.clone()),
        data: declared(&wire["data"]),
        previous: wire.get("previousData").and_then(declared),
        groups: groups(&entry.delta.core.sync_groups),
        hidden: entry.hidden_from.as_deref().map(groups),
        only: entry.only_for.clone(),
        who: wire["actor"]["id"].as_str().unwrap().to_owned(),
        transaction: entry.delta.core.transaction_id.as_ref().map(ToString::to_string),
    }
}

/// What a participant keeps by listening alone.
struct Replica {
    session: Session,
    events: Subscription,
    rows: BTreeMap<Key, Map<String, Value>>,
}

impl Replica {
    async fn new(session: Session) -> Self {
        Self { events: session.subscribe(None).await.unwrap(), session, rows: BTreeMap::new() }
    }

    async fn catch_up(&mut self, engine: &Engine) {
        while let Some(event) = self.events.try_next().await.unwrap() {
            match event {
                Event::Delta(entry) => self.apply(told(engine, &entry)),
                Event::Claims(_) => {}
                Event::Resync { after, .. } => {
                    for entry in self.session.log(after, usize::MAX).await.unwrap().entries {
                        self.apply(told(engine, &entry));
                    }
                }
            }
        }
    }

    /// As clients do: only rows that are there change.
    fn apply(&mut self, delta: Delta) {
        let Delta { letter, key, data, .. } = delta;
        match (letter, data) {
            ("D", _) => drop(self.rows.remove(&key)),
            ("I" | "C", Some(data)) => drop(self.rows.insert(key, data)),
            ("U" | "A", Some(data)) if self.rows.contains_key(&key) => drop(self.rows.insert(key, data)),
            _ => {}
        }
    }
}

async fn compare_states(reference: &Reference, subject: &Subject) {
    let name = subject.name;
    let log = subject.session("sys").log(SyncId(0), usize::MAX).await.unwrap();
    // Those who see everything hear of no move.
    let expected: Vec<(u64, Delta)> =
        (1..).zip(reference.log.iter().cloned()).filter(|(_, delta)| delta.hidden.is_none()).collect();
    let found: Vec<(u64, Delta)> =
        log.entries.iter().map(|entry| (entry.id().0, told(&subject.engine, entry))).collect();
    assert_eq!(expected, found, "{name}: the log");
    assert_eq!(reference.log.len() as u64, log.head.0, "{name}: the head");
    for who in PEOPLE {
        let session = subject.session(who);
        let rows = session.bootstrap(Some(&MODELS), None).await.unwrap();
        assert_eq!(rows.head, log.head);
        let mut seen = BTreeSet::new();
        for (model, rows) in rows.models {
            let model = subject.engine.schema().at(model);
            let shape = model.shape();
            let model = *MODELS.iter().find(|key| **key == model.key()).unwrap();
            for row in rows {
                let key = (model, row.id.clone());
                let expected = &reference.rows[&key];
                let json: Map<String, Value> = row.to_json(shape).unwrap().read().unwrap();
                for (field, value) in &expected.fields {
                    assert_eq!(json.get(field), Some(value), "{name}: {key:?} {field}");
                }
                assert_eq!(json["id"], row.id);
                assert_eq!(json["createdBy"], expected.creator, "{name}: {key:?}");
                assert_eq!(json.contains_key("archivedAt"), expected.archived, "{name}: {key:?}");
                assert_eq!(row.sync_id.0, expected.sync, "{name}: {key:?}");
                seen.insert(key);
            }
        }
        assert_eq!(reference.visible(who), seen, "{name}: what {who} sees");
        let heard: Vec<u64> =
            session.log(SyncId(0), usize::MAX).await.unwrap().entries.iter().map(|entry| entry.id().0).collect();
        if let Some(access) = reference.access(who) {
            // What was hidden because the row was seen is told again: now the participant may see other rows than then.
            let reads = |delta: &Delta| {
                let is_lost = delta.only.is_some() && delta.letter == "D";
                (is_lost || !access.is_disjoint(&delta.groups))
                    && delta.only.as_deref().is_none_or(|only| only == who)
                    && (delta.letter == "C" || delta.hidden.as_ref().is_none_or(|hidden| access.is_disjoint(hidden)))
            };
            let expected: Vec<u64> =
                (1..).zip(&reference.log).filter(|(_, delta)| reads(delta)).map(|(id, _)| id).collect();
            assert_eq!(expected, heard, "{name}: what {who} hears");
        }
    }
    let title = subject.engine.schema().model("tasks").unwrap().shape().slot_of("title").unwrap();
    let query = Query::of("tasks").order_by("title", true).archived(Archived::All);
    let titles: Vec<String> = subject.session("sys").query(&[query]).await.unwrap().pages[0]
        .rows
        .iter()
        .map(|found| found.row.values.text(title).unwrap().to_owned())
        .collect();
    let mut expected: Vec<String> = reference
        .rows
        .iter()
        .filter(|((model, _), _)| *model == "tasks")
        .map(|(_, row)| row.fields["title"].as_str().unwrap().to_owned())
        .collect();
    expected.sort_by(|a, b| b.cmp(a));
    assert_eq!(expected, titles, "{name}: order");
}

async fn run(steps: Vec<Step>, place: Place, defect: Option<Defect>) {
    let subject = subject(place, defect).await;
    let order = subject.engine.schema().models().map(|model| model.key().to_owned()).collect();
    let mut reference = Reference::of(order);
    let mut replicas = Vec::new();
    for who in PEOPLE {
        replicas.push((who, Replica::new(subject.session(who)).await));
    }
    for (at, step) in steps.into_iter().enumerate() {
        // Some changes are heard of one by one, some in a heap.
        if at % 3 == 0 {
            for (_, replica) in &mut replicas {
                replica.catch_up(&subject.engine).await;
            }
        }
        match step {
            Step::Commit { who, token, ops } => {
                let head = reference.log.len() as u64;
                let ops: Vec<Op> = ops
                    .into_iter()
                    .map(|wish| Op { read_at: wish.back.map(|back| head.saturating_sub(back)), ..wish.op })
                    .collect();
                let expected = reference.commit(who, token, &ops);
                let found = subject.commit(who, token, &ops).await;
                expect_same(&format!("{} step {at}: {who} {ops:?}", subject.name), &expected, &found);
            }
            Step::Claim { who, key } => {
                let expected = reference.claim(who, &key);
                let wish = Acquire {
                    claim: ClaimId::from("c"),
                    details: ClaimDetails { action: "editing".into(), ..ClaimDetails::default() },
                    ttl_ms: None,
                    wait: false,
                    max_queue_depth: None,
                };
                let found = subject.session(who).claim(key.0, &key.1, ClaimCommand::Acquire(wish)).await;
                let found = found.map(|reply| u64::from(matches!(reply, ClaimReply::Granted(_))));
                expect_same(&format!("{} step {at}: claim", subject.name), &expected.clone().map(u64::from), &found);
            }
            Step::Release { who, key } => {
                reference.release(who, &key);
                let command = ClaimCommand::Release { claim: None, token: None };
                drop(subject.session(who).claim(key.0, &key.1, command).await);
            }
        }
    }
    compare_states(&reference, &subject).await;
    for (who, mut replica) in replicas {
        replica.catch_up(&subject.engine).await;
        let expected: BTreeMap<Key, Map<String, Value>> =
            reference.visible(who).into_iter().map(|key| (key.clone(), reference.rows[&key].fields.clone())).collect();
        assert_eq!(expected, replica.rows, "{}: the replica of {who}", subject.name);
    }
}

pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Histories of up to a hundred steps, as many as `usual` or as the variable says.
fn histories(place: Place, variable: &str, usual: u32) {
    let runtime = runtime();
    let cases = std::env::var(variable).map_or(usual, |count| count.parse().unwrap());
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let seed = config.rng_seed;
    let outcome = TestRunner::new(config).run(&vec(a_step(), 1..=100), |steps| {
        runtime.block_on(run(steps, place, None));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("PROPTEST_RNG_SEED {seed:?}: {failure}");
    }
}

#[test]
fn memory_does_what_the_reference_says() {
    histories(Place::Memory, "ABLO_TEST_HISTORIES_MEMORY", 150);
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_does_what_the_reference_says() {
    histories(Place::Sqlite, "ABLO_TEST_HISTORIES_SQLITE", 50);
}

/// How many of these histories it takes to notice a defect; `None` when they do not.
fn histories_until_noticed(defect: Defect) -> Option<u32> {
    let runtime = runtime();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    (1..=1000).find(|_| {
        let steps = vec(a_step(), 20..40).new_tree(&mut runner).unwrap().current();
        catch_unwind(AssertUnwindSafe(|| runtime.block_on(run(steps, Place::Memory, Some(defect))))).is_err()
    })
}

/// One test per defect, so that they run side by side.
macro_rules! planted {
    ($($name:ident: $defect:ident;)*) => {$(
        #[test]
        fn $name() {
            assert!(histories_until_noticed(Defect::$defect).is_some(), "{:?} goes unnoticed", Defect::$defect);
        }
    )*};
}

planted! {
    notices_a_failed_member_that_is_kept: KeepFailedMember;
    notices_a_gap_in_the_log: GapInLog;
    notices_a_stale_guard_that_is_off_by_one: StaleOffByOne;
    notices_a_stale_guard_that_ignores_fields: StaleIgnoresFields;
    notices_that_only_the_first_problem_is_told: FirstProblemOnly;
    notices_that_answers_are_forgotten: ForgetAnswers;
    notices_that_another_body_gets_the_first_answer: SameAnswerForOtherBody;
    notices_that_data_is_only_the_patch: PartialData;
    notices_that_previous_values_are_the_new_ones: PreviousIsNew;
    notices_that_groups_do_not_follow_parents: NoParentGroups;
    notices_that_a_lost_row_is_not_deleted: NoDeleteOnMove;
    notices_that_children_stay_behind: ChildrenStay;
    notices_that_claims_are_ignored: IgnoreClaims;
    notices_that_access_is_ignored: IgnoreAccess;
    notices_that_unarchiving_is_one_delta: UnarchiveOnce;
    notices_that_nobody_is_told_of_a_grant: NoGrantDeltas;
    notices_that_deleting_nothing_fails: StrictDelete;
}
