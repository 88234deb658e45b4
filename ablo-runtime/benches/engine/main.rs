//! What a commit costs, against the same writes by hand: `cargo bench -p ablo-runtime --features sqlite --bench engine`.
//!
//! By hand means: one thread with a rusqlite connection, a queue of requests drained up to 64 at a time into one
//! transaction, one row write and one insert into the same log table per request, prepared statements, an answer after
//! the commit. It knows every value beforehand and reads and guards nothing. With a key, which is one as the typed client
//! makes them, it also inserts the answer into the same table, and a conflict there says that the request was answered.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

#[path = "../../tests/support/mod.rs"]
mod support;

#[cfg(feature = "sqlite")]
mod by_hand;
#[cfg(feature = "sqlite")]
mod count;
mod rows;

use std::future::Future;
use std::time::{Duration, Instant};

use ablo_runtime::engine::Session;
use ablo_schema::typed::Id;
use ablo_schema::wire::WireDelta;
use rows::{fill, task};
use serde::{Deserialize, Serialize};
use serde_json::json;
use support::*;

fn main() {
    #[cfg(feature = "sqlite")]
    if let [_, command, who, verb, key, commits] = std::env::args().collect::<Vec<_>>().as_slice()
        && command == "count"
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(count::run(who, verb, key, commits));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        println!("{:<44} {:>12}", "commits per second", "");
        memory_commits().await;
        #[cfg(feature = "sqlite")]
        sqlite_commits().await;
        deltas().await;
    });
}

/// How often per second `one` is done by so many at once.
async fn rate<F: Future<Output = ()> + Send>(
    writers: usize,
    length: Duration,
    one: impl Fn(usize, usize) -> F + Clone + Send + 'static,
) -> f64 {
    let start = Instant::now();
    let tasks = (0..writers).map(|writer| {
        let one = one.clone();
        async move {
            let mut done = 0;
            while start.elapsed() < length {
                one(writer, done).await;
                done += 1;
            }
            done
        }
    });
    let done: usize = futures_util::future::join_all(tasks).await.into_iter().sum();
    done as f64 / start.elapsed().as_secs_f64()
}

/// The key under which the answer is remembered, so that the commit can be repeated.
fn new_key(key: bool) -> Option<String> {
    key.then(|| Id::<()>::new().into_string())
}

fn new_id(tag: &str, key: bool, writer: usize, at: usize) -> String {
    format!("{tag}{}_{writer}_{at}", u8::from(key))
}

fn old_id(writer: usize, at: usize) -> String {
    format!("row_{}", (writer * 31 + at) % 1000)
}

async fn create_one(session: Session, key: Option<String>, id: String) {
    let key = key.unwrap_or_default();
    session.commit(keyed(&key, [create("tasks", &id, task(&id))])).await.unwrap();
}

async fn update_one(session: Session, key: Option<String>, id: String, title: String) {
    let key = key.unwrap_or_default();
    session.commit(keyed(&key, [update("tasks", &id, json!({"title": title}))])).await.unwrap();
}

const LENGTH: Duration = Duration::from_millis(1000);

async fn memory_commits() {
    for writers in [1, 64] {
        let engine = memory().await;
        let session = system(&engine);
        fill(&session).await;
        let one = session.clone();
        let create = move |writer, at| create_one(one.clone(), new_key(true), new_id("c", true, writer, at));
        let created = rate(writers, LENGTH, create).await;
        let one = session.clone();
        let update =
            move |writer, at| update_one(one.clone(), new_key(true), old_id(writer, at), new_id("u", true, writer, at));
        let updated = rate(writers, LENGTH, update).await;
        println!("memory, {writers:>2} writers: create {created:>9.0}   update {updated:>9.0}");
    }
}

#[cfg(feature = "sqlite")]
async fn sqlite_commits() {
    use ablo_runtime::engine::{Engine, EngineOptions};
    use ablo_runtime::store::{Durability, SqliteStore};
    use by_hand::ByHand;

    for durability in [Durability::Full, Durability::Normal] {
        for writers in [1, 64] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ours.db");
            let store = SqliteStore::new(&path, durability);
            let engine = Engine::open(schema(), store, EngineOptions::default()).await.unwrap();
            let session = system(&engine);
            fill(&session).await;
            let theirs_path = folder.path().join("theirs.db");
            let prepare = SqliteStore::new(&theirs_path, durability);
            let prepare = Engine::open(schema(), prepare, EngineOptions::default()).await.unwrap();
            fill(&system(&prepare)).await;
            drop(prepare);
            let hand = ByHand::open(&theirs_path, durability);
            // By whether there is a key: create and update by hand, then create and update by the engine.
            let mut rates: [[Vec<f64>; 4]; 2] = Default::default();
            // Alternating, so that the machine's other work weighs on all alike; the median counts.
            for tag in ["r0", "r1", "r2", "r3", "r4"] {
                for key in [false, true] {
                    let rates = &mut rates[usize::from(key)];
                    let one = hand.clone();
                    let create = move |writer, at| one.clone().create(new_key(key), new_id(tag, key, writer, at));
                    rates[0].push(rate(writers, LENGTH, create).await);
                    let one = session.clone();
                    let create = move |writer, at| create_one(one.clone(), new_key(key), new_id(tag, key, writer, at));
                    rates[2].push(rate(writers, LENGTH, create).await);
                    let one = hand.clone();
                    let update = move |writer, at| {
                        one.clone().update(new_key(key), old_id(writer, at), new_id(tag, key, writer, at))
                    };
                    rates[1].push(rate(writers, LENGTH, update).await);
                    let one = session.clone();
                    let update = move |writer, at| {
                        update_one(one.clone(), new_key(key), old_id(writer, at), new_id(tag, key, writer, at))
                    };
                    rates[3].push(rate(writers, LENGTH, update).await);
                }
            }
            let [plain, keyed] = rates.map(|rates| rates.map(median));
            for (name, at) in [("create", 0), ("update", 1)] {
                let share =
                    |[hand, ours]: [f64; 2]| format!("by hand {hand:>6.0}, engine {ours:>6.0} ({:.2})", ours / hand);
                println!(
                    "sqlite {durability:?}, {writers:>2} writers, {name}: {}   with key: {} ({:.2} of by hand without)",
                    share([plain[at], plain[at + 2]]),
                    share([keyed[at], keyed[at + 2]]),
                    keyed[at + 2] / plain[at]
                );
            }
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A delta as someone would write it by hand for this one purpose.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HandDelta {
    id: u64,
    action_type: String,
    model_name: String,
    model_id: String,
    data: Option<Box<serde_json::value::RawValue>>,
    sync_groups: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transaction_id: Option<String>,
    created_at: Option<ablo_schema::time::Timestamp>,
}

async fn deltas() {
    let engine = memory().await;
    let session = system(&engine);
    let committed = session.commit(commit([create("tasks", "t1", task("t1")).transaction("tx_1")])).await.unwrap();
    let stored = committed.deltas[0].delta.clone();
    let text = serde_json::to_string(&stored.for_client()).unwrap();
    let hand: HandDelta = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&hand).unwrap(), text, "the same bytes");
    let wire: WireDelta = stored.for_client();
    let times: [Vec<f64>; 4] = std::array::from_fn(|_| Vec::new());
    let times = (0..9).fold(times, |mut times, _| {
        times[0].push(nanos(|| {
            let mut text = Vec::with_capacity(128); // as serde begins
            wire.write_json(&mut text).unwrap();
            drop(std::hint::black_box(text));
        }));
        times[1].push(nanos(|| drop(std::hint::black_box(serde_json::to_vec(&hand).unwrap()))));
        times[2].push(nanos(|| drop(std::hint::black_box(serde_json::from_str::<WireDelta>(&text).unwrap()))));
        times[3].push(nanos(|| drop(std::hint::black_box(serde_json::from_str::<HandDelta>(&text).unwrap()))));
        times
    });
    let [encode, hand_encode, decode, hand_decode] = times.map(median);
    println!(
        "delta of {} bytes: encode {encode:.0} ns / by hand {hand_encode:.0} ns = {:.2}   decode {decode:.0} ns / by hand \
         {hand_decode:.0} ns = {:.2}",
        text.len(),
        encode / hand_encode,
        decode / hand_decode
    );
}

fn nanos(mut body: impl FnMut()) -> f64 {
    const TIMES: u32 = 50_000;
    let start = Instant::now();
    for _ in 0..TIMES {
        body();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(TIMES)
}
