//! What a client starts from is one moment, however long it takes to read it and whoever writes meanwhile: with the log
//! from its head on it is what everybody else has.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::BTreeMap;

use ablo_runtime::engine::{BootstrapReader, Engine, Participant, Session};
use ablo_schema::wire::{CommitOperation, DeltaAction, SyncId};
use serde_json::{Value, json};
use support::*;

const MODELS: [&str; 3] = ["tasks", "slides", "layers"];
const DECKS: [&str; 3] = ["d1", "d2", "d3"];

/// Rows by typename and id.
type Rows = BTreeMap<(String, String), Value>;

/// A run of numbers that is the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn of<'a>(&mut self, names: &[&'a str]) -> &'a str {
        names[self.roll(names.len() as u64) as usize]
    }

    /// Something that happens to one of so many rows. It may be refused: the row is there already, or is not.
    fn operation(&mut self, rows: u64) -> CommitOperation {
        let (model, number) = (self.of(&MODELS), self.roll(rows));
        let id = format!("{}{number:05}", &model[..1]);
        let data = match model {
            "tasks" => json!({"title": format!("{}", self.roll(1_000)), "inboxId": self.of(&["i1", "i2"])}),
            "slides" => json!({"deckId": self.of(&DECKS)}),
            _ => json!({"slideId": format!("s{:05}", self.roll(rows)), "text": format!("{}", self.roll(1_000))}),
        };
        match self.roll(4) {
            0 => create(model, &id, data),
            1 => delete(model, &id),
            _ => update(model, &id, data),
        }
    }
}

/// Writes one after the other; those that do not fit are refused.
async fn write(session: &Session, dice: &mut Dice, rows: u64, count: usize) {
    for _ in 0..count {
        let _ = session.commit(commit([dice.operation(rows)])).await;
    }
}

/// Decks, one of which is shared with a person, and as many rows of everything else.
async fn fill(engine: &Engine, rows: u64) {
    let session = system(engine);
    let decks = DECKS.map(|deck| create("decks", deck, json!({"title": deck})));
    session.commit(commit(decks)).await.unwrap();
    session.commit(commit([create("members", "m1", json!({"personId": "u1", "deckId": "d1"}))])).await.unwrap();
    let all = (0..rows).flat_map(|at| {
        let (deck, inbox) = (DECKS[(at % 3) as usize], if at % 2 == 0 { "i1" } else { "i2" });
        [
            create("tasks", &format!("t{at:05}"), json!({"title": "first", "inboxId": inbox})),
            create("slides", &format!("s{at:05}"), json!({"deckId": deck})),
            create("layers", &format!("l{at:05}"), json!({"slideId": format!("s{:05}", rows - 1 - at)})),
        ]
    });
    let all: Vec<CommitOperation> = all.collect();
    for some in all.chunks(30) {
        session.commit(commit(some.to_vec())).await.unwrap();
    }
}

/// Sees one inbox and one deck.
fn person(engine: &Engine) -> Session {
    engine.session(Participant::user("org_1", "u1").identity("inboxIds", json!(["i1"])))
}

/// Whether the person sees a row, among those there are.
fn is_seen(rows: &Rows, typename: &str, row: &Value) -> bool {
    match typename {
        "TaskModel" => row["inboxId"] == "i1",
        "Slide" => row["deckId"] == "d1",
        _ => {
            let slide = ("Slide".to_owned(), row["slideId"].as_str().unwrap().to_owned());
            rows.get(&slide).is_some_and(|slide| slide["deckId"] == "d1")
        }
    }
}

/// A bootstrap under way, and what has been read of it.
struct Reading {
    reader: BootstrapReader,
    rows: Rows,
    is_person: bool,
}

impl Reading {
    async fn start(engine: &Engine, is_person: bool) -> Self {
        let session = if is_person { person(engine) } else { system(engine) };
        let reader = session.read_bootstrap(Some(&MODELS), None).await.unwrap();
        Self { reader, rows: Rows::new(), is_person }
    }

    /// Reads a piece; false when there is none.
    async fn go_on(&mut self, engine: &Engine) -> bool {
        let Some(piece) = self.reader.next().await.unwrap() else { return false };
        let model = engine.schema().at(piece.model);
        for row in piece.rows {
            let value = serde_json::from_str(row.to_json(model.shape()).unwrap().get()).unwrap();
            let twice = self.rows.insert((model.def().typename.clone(), row.id.clone()), value);
            assert_eq!(twice, None, "read twice");
        }
        true
    }

    /// What is read is what the log says of that moment, and with the rest of the log what is there in the end.
    fn check(self, log: &Log, last: &Rows) {
        let head = self.reader.head();
        let mut expected = log.replay(Rows::new(), SyncId(0), head);
        if self.is_person {
            let all = expected.clone();
            expected.retain(|(typename, _), row| is_seen(&all, typename, row));
        }
        assert!(self.rows == expected, "at {head}, a person: {}", self.is_person);
        if !self.is_person {
            assert!(log.replay(self.rows, head, SyncId(u64::MAX)) == *last, "from {head} on");
        }
    }
}

/// What happened to rows, oldest first; `None` when they were deleted.
struct Log(Vec<(SyncId, (String, String), Option<Value>)>);

impl Log {
    async fn read(engine: &Engine) -> Self {
        let page = system(engine).log(SyncId(0), usize::MAX).await.unwrap();
        let deltas = page.entries.iter().map(|entry| &entry.delta.core);
        let ours = deltas.filter(|core| ["TaskModel", "Slide", "Layer"].contains(&&*core.model_name));
        let changes = ours.map(|core| {
            let row = core.data.as_ref().filter(|_| core.action != DeltaAction::Delete);
            (core.id, (core.model_name.clone(), core.model_id.clone()), row.map(|row| row.read().unwrap()))
        });
        Self(changes.collect())
    }

    /// Applies a stretch of it.
    fn replay(&self, mut rows: Rows, after: SyncId, through: SyncId) -> Rows {
        for (_, key, row) in self.0.iter().filter(|(id, ..)| after < *id && *id <= through) {
            match row {
                Some(row) => rows.insert(key.clone(), row.clone()),
                None => rows.remove(key),
            };
        }
        rows
    }
}

/// What is there now, by queries.
async fn whole(engine: &Engine) -> Rows {
    let queries = MODELS.map(ablo_runtime::engine::Query::of);
    let answers = system(engine).query(&queries).await.unwrap();
    let mut rows = Rows::new();
    for (name, page) in MODELS.iter().zip(answers.pages) {
        let model = engine.schema().resolve(name).unwrap();
        for found in page.rows {
            let value = serde_json::from_str(found.row.to_json(model.shape()).unwrap().get()).unwrap();
            rows.insert((model.def().typename.clone(), found.row.id.clone()), value);
        }
    }
    rows
}

async fn engines() -> Vec<(Engine, Option<tempfile::TempDir>)> {
    let mut engines = vec![(memory().await, None)];
    #[cfg(feature = "sqlite")]
    {
        let (engine, folder) = sqlite(ablo_runtime::engine::EngineOptions::default()).await;
        engines.push((engine, Some(folder)));
    }
    engines
}

/// Readings begin, go on and are given up between writes to few rows, so that every row has many pasts.
#[tokio::test]
async fn readings_at_many_heads_each_see_their_own() {
    for (engine, _folder) in engines().await {
        fill(&engine, 12).await;
        for seed in 0..2 {
            let mut dice = Dice(seed);
            let (mut readings, mut done) = (Vec::new(), Vec::new());
            for _ in 0..250 {
                write(&system(&engine), &mut dice, 12, 2).await;
                match dice.roll(6) {
                    0 if readings.len() < 8 => readings.push(Reading::start(&engine, dice.roll(2) == 0).await),
                    1 if !readings.is_empty() => {
                        let at = dice.roll(readings.len() as u64) as usize;
                        if dice.roll(4) == 0 {
                            readings.swap_remove(at);
                        } else if !readings[at].go_on(&engine).await {
                            done.push(readings.swap_remove(at));
                        }
                    }
                    _ => {}
                }
            }
            for mut reading in readings {
                while reading.go_on(&engine).await {}
                done.push(reading);
            }
            let (log, last) = (Log::read(&engine).await, whole(&engine).await);
            assert!(done.len() > 8, "{}", done.len());
            done.into_iter().for_each(|reading| reading.check(&log, &last));
        }
    }
}

/// Several clients read far more than a piece while several others write; each reader sees writes between its pieces.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_while_others_write_is_one_moment() {
    const ROWS: u64 = 400;
    for (engine, _folder) in engines().await {
        fill(&engine, ROWS).await;
        let writers = (0..2).map(|seed| {
            let session = system(&engine);
            tokio::spawn(async move { write(&session, &mut Dice(seed), ROWS, 60).await })
        });
        let writers: Vec<_> = writers.collect();
        let readers = (0..4).map(|seed| {
            let engine = engine.clone();
            tokio::spawn(async move {
                let mut dice = Dice(100 + seed);
                let mut reading = Reading::start(&engine, seed % 2 == 0).await;
                while reading.go_on(&engine).await {
                    write(&system(&engine), &mut dice, ROWS, 10).await;
                }
                reading
            })
        });
        let readers: Vec<_> = readers.collect();
        for writer in writers {
            writer.await.unwrap();
        }
        let read = futures_util::future::join_all(readers).await;
        let (log, last) = (Log::read(&engine).await, whole(&engine).await);
        read.into_iter().for_each(|reading| reading.unwrap().check(&log, &last));
    }
}
