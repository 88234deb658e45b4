//! Two clients of version 0.9.0, an engine, and a network that delays and cuts, all in one thread and by one clock: after
//! every history both clients show what the server has.

mod client;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use ablo_schema::ir::{SchemaDef, ValidSchema};
use ablo_schema::wire::{Action, Commit, CommitOperation, Group, JsonText, ParticipantId, TransactionId, WireDelta};
use client::{Client, Key, Row};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::project;
use super::writing::delta_of;
use crate::engine::{Engine, EngineOptions, Event, LogEntry, Participant, Session, Subscription};
use crate::server::metrics::Metrics;
use crate::server::sync::outbound::{Outbound, Stream};
use crate::store::MemoryStore;

/// How often everybody looks.
const STEP_MS: u64 = 10;
/// Nothing is under way any more after this long.
const QUIET: u64 = 60_000;
const FIELDS: [&str; 4] = ["title", "status", "priority", "projectId"];

/// What happens next, after some steps of waiting.
#[derive(Clone, Debug)]
struct Happening {
    /// Whose: a client, or a backend (2).
    who: usize,
    what: What,
    row: u8,
    value: u8,
    steps: u64,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Write,
    WriteOther,
    Delete,
    Archive,
    Unarchive,
    Move,
    /// It does nothing for a while, not even read.
    Stall,
    /// Its connection is cut; it comes back after the steps of the value.
    Cut,
    /// It comes up for the first time only now, its bootstrap served before its socket says that it is ready.
    Restart,
}

/// The wire between a client and the server, each way in order.
enum Down {
    Delta(String),
    Question(u64),
}
enum Up {
    Ack(u64),
    Answer(u64),
}

/// One connection, as the server has it.
struct Served {
    events: Subscription,
    out: Outbound<Arc<LogEntry>>,
    own: HashSet<TransactionId>,
    down: VecDeque<(u64, Down)>,
    up: VecDeque<(u64, Up)>,
}

struct Peer {
    session: Session,
    groups: Option<HashSet<Group>>,
    bootstraps: bool,
    client: Client,
    served: Option<Served>,
    /// The last cursor it was given.
    cursor: Option<u64>,
    stalled_until: u64,
    back_at: Option<u64>,
    /// It was connected before: the server has forgotten which of its fields hide what others write.
    has_been_back: bool,
}

struct World {
    schema: ValidSchema,
    metrics: Metrics,
    backend: Session,
    peers: Vec<Peer>,
    /// Heads of bootstraps; the clients share a credential.
    heads: Vec<u64>,
    now: u64,
    count: u64,
    /// Latencies, one after the other.
    latency: u64,
    settling: bool,
    stream: Stream,
}

impl World {
    async fn new(stream: Stream) -> Self {
        let artifact = include_str!("../../../../../tests/conformance/schema.json");
        let schema = SchemaDef::from_artifact(artifact).unwrap().validate().unwrap();
        let engine = Engine::open(schema.clone(), MemoryStore::new(), EngineOptions::default()).await.unwrap();
        let peer = |participant: Participant, bootstraps| Peer {
            session: engine.session(participant),
            groups: None,
            bootstraps,
            client: Client::default(),
            served: None,
            cursor: None,
            stalled_until: 0,
            back_at: Some(0),
            has_been_back: false,
        };
        let narrow = Participant::agent("o", "b").groups(Group::among(["project:p1"]));
        let peers = vec![peer(Participant::user("o", "a"), true), peer(narrow, false)];
        let backend = engine.session(Participant::system("o", "sys"));
        let mut world = Self {
            schema,
            metrics: Metrics::default(),
            backend,
            peers,
            heads: Vec::new(),
            now: 1_000,
            count: 0,
            latency: 0,
            settling: true,
            stream,
        };
        for project in ["p1", "p2"] {
            world.commit(2, Action::Create, ("Project", project), json!({ "name": project })).await;
        }
        world
    }

    /// Commits one operation; whether it was accepted, and under which transaction.
    async fn commit(&mut self, who: usize, action: Action, (model, id): (&str, &str), input: Value) -> Option<String> {
        self.count += 1;
        let transaction = format!("tx_{}", self.count);
        let mut operation = CommitOperation::new(action, model, id);
        operation.input = (!input.is_null()).then(|| JsonText::of(&input).unwrap());
        operation.transaction_id = Some(transaction.as_str().into());
        let commit = Commit {
            operations: vec![operation],
            client_tx_id: transaction.as_str().into(),
            idempotency_key: None,
            intent: None,
            caused_by_task_id: None,
        };
        let session = self.peers.get(who).map_or(&self.backend, |peer| &peer.session).clone();
        let committed = session.commit(commit).await.ok()?;
        if let Some(served) = self.peers.get_mut(who).and_then(|peer| peer.served.as_mut()) {
            served.own.insert(transaction.as_str().into());
            // What it does not hear it is told all the same, being the writer.
            let unheard = committed.deltas.iter().filter(|entry| entry.hidden_from.is_none());
            let unheard: Vec<_> = unheard.filter(|entry| !served.events.hears(entry)).cloned().collect();
            assert!(unheard.is_empty(), "the writers of this history hear what they write");
        }
        Some(transaction)
    }

    async fn happen(&mut self, happening: &Happening) {
        let Happening { who, what, row, value, .. } = *happening;
        let key: Key = ("Task".to_owned(), format!("t{row}"));
        let known = self.peers.get(who).and_then(|peer| peer.client.pool.get(&key)).cloned();
        let shown = known.as_ref().filter(|shown| !shown.is_archived);
        let target = ("Task", key.1.as_str());
        let status = ["todo", "doing", "done"][usize::from(value % 3)];
        let project = ["p1", "p2"][usize::from(value % 2)];
        let change = match what {
            What::Write => json!({ "title": format!("v{value}") }),
            What::WriteOther => json!({ "priority": value, "status": status }),
            What::Move => json!({ "projectId": project }),
            What::Stall => {
                if let Some(peer) = self.peers.get_mut(who) {
                    peer.stalled_until = self.now + u64::from(value) * 30;
                }
                return;
            }
            What::Cut => {
                if let Some(peer) = self.peers.get_mut(who) {
                    peer.served = None;
                    peer.has_been_back = true;
                    peer.back_at = Some(self.now + u64::from(value) * STEP_MS * 4);
                }
                return;
            }
            What::Restart => {
                if let Some(peer) = self.peers.get_mut(who) {
                    *peer = Peer {
                        session: peer.session.clone(),
                        groups: peer.groups.clone(),
                        client: Client::default(),
                        served: None,
                        ..*peer
                    };
                    (peer.has_been_back, peer.cursor, peer.back_at) =
                        (false, None, Some(self.now + u64::from(value) * STEP_MS));
                }
                return;
            }
            What::Delete | What::Archive | What::Unarchive => Value::Null,
        };
        let action = match what {
            What::Delete => Action::Delete,
            What::Archive => Action::Archive,
            What::Unarchive => Action::Unarchive,
            _ => Action::Update,
        };
        if who == 2 {
            let is_there = self.backend.retrieve("Task", &key.1).await.unwrap().0.is_some();
            let (action, change) = match (is_there, change) {
                (false, Value::Object(change)) => (Action::Create, created(change)),
                (_, change) => (action, change),
            };
            self.commit(2, action, target, change).await;
            return;
        }
        if self.peers[who].served.is_none() {
            return;
        }
        match (shown, change) {
            (Some(shown), Value::Object(change)) => {
                // Every field it ever changed goes along.
                let mut sent: Row = shown.dirty.iter().map(|name| (name.clone(), shown.row[name].clone())).collect();
                sent.extend(change.clone());
                if let Some(transaction) = self.commit(who, Action::Update, target, sent.into()).await {
                    self.peers[who].client.wrote(&key, &transaction, |shown| {
                        shown.dirty.extend(change.keys().cloned());
                        shown.row.extend(change);
                    });
                }
            }
            (None, Value::Object(change)) if known.is_none() => {
                let mut change = created(change);
                if who == 1 {
                    change["projectId"] = "p1".into();
                }
                if let Some(transaction) = self.commit(who, Action::Create, target, change.clone()).await {
                    self.peers[who].client.wrote(&key, &transaction, |shown| {
                        shown.row = change.as_object().unwrap().clone();
                        shown.row.insert("id".to_owned(), key.1.clone().into());
                    });
                }
            }
            (Some(_), _) if action == Action::Delete => {
                if let Some(transaction) = self.commit(who, action, target, Value::Null).await {
                    self.peers[who].client.deleted(&key, &transaction);
                }
            }
            _ => {}
        }
    }

    /// Comes up: a bootstrap or none, a socket, and the first request, as the connection answers it.
    async fn connect(&mut self, who: usize) {
        let (stream, settling) = (self.stream, self.settling);
        let peer = &mut self.peers[who];
        peer.back_at = None;
        let first = peer.client.highest == 0;
        // On the first start the socket is there before the bootstrap, and what happens meanwhile waits.
        let mut events = None;
        if first || !peer.bootstraps {
            events = Some(peer.session.subscribe(peer.groups.clone()).await.unwrap());
        }
        if peer.bootstraps {
            let rows = peer.session.bootstrap(None, peer.groups.clone()).await.unwrap();
            self.heads.push(rows.head.0);
            for (model, rows) in &rows.models {
                let model = self.schema.at(*model);
                let rows: Vec<Row> = rows
                    .iter()
                    .map(|row| serde_json::from_str(row.to_json(model.shape()).unwrap().get()).unwrap())
                    .collect();
                peer.client.bootstrap(&model.def().typename, &rows);
            }
        }
        // Somebody else writes just now, and bootstraps with the same credential.
        let row = format!("t{}", self.count % 4);
        let is_there = self.backend.retrieve("Task", &row).await.unwrap().0.is_some();
        let action = if is_there { Action::Update } else { Action::Create };
        let change = json!({ "title": format!("at {}", self.count), "projectId": "p1" });
        self.commit(2, action, ("Task", &row), change).await;
        let peer = &mut self.peers[who];
        let head = peer.session.head().await.unwrap().0;
        self.heads.push(head);
        let events = match events {
            Some(events) => events,
            None => peer.session.subscribe(peer.groups.clone()).await.unwrap(),
        };
        let mut out = Outbound::new(stream, events.start_head().0);
        out.set_settling(settling);
        let heads: &[u64] = if peer.bootstraps { &self.heads } else { &[] };
        let heads = &heads[heads.len().saturating_sub(4)..];
        heads.iter().for_each(|head| out.loaded(*head));
        let known = match peer.client.applied {
            0 => peer.cursor.into_iter().chain(heads.iter().min().copied()).min(),
            applied => Some(applied),
        };
        let from = known.filter(|known| *known < out.sent_through());
        let mut served = Served { events, out, own: HashSet::new(), down: VecDeque::new(), up: VecDeque::new() };
        if let Some(from) = from {
            served.out.rewind(from);
            let page = served.events.log(from.into(), usize::MAX).await.unwrap();
            page.entries.into_iter().for_each(|entry| served.offer(entry, &peer.session.participant().id));
        }
        served.out.acked(peer.client.applied);
        peer.cursor = Some(served.out.sent_through());
        peer.served = Some(served);
    }

    async fn step(&mut self) {
        self.now += STEP_MS;
        for who in 0..self.peers.len() {
            if self.peers[who].back_at.is_some_and(|at| at <= self.now) {
                self.connect(who).await;
            }
            self.latency = (self.latency * 31 + 7) % 61;
            let (now, latency) = (self.now, self.latency);
            let peer = &mut self.peers[who];
            let reads = now >= peer.stalled_until;
            let acked =
                if reads && peer.client.flush_at.is_some_and(|at| at <= now) { peer.client.flush() } else { None };
            let Some(served) = &mut peer.served else { continue };
            served.up.extend(acked.map(|id| (now + latency, Up::Ack(id))));
            while reads && served.down.front().is_some_and(|(at, _)| *at <= now) {
                match served.down.pop_front().unwrap().1 {
                    Down::Question(question) => served.up.push_back((now + latency, Up::Answer(question))),
                    Down::Delta(text) => {
                        let delta: WireDelta = serde_json::from_str(project::delta(&text)).unwrap();
                        let acked = peer.client.receive(delta, now);
                        served.up.extend(acked.map(|id| (now + latency, Up::Ack(id))));
                    }
                }
            }
            while served.up.front().is_some_and(|(at, _)| *at <= now) {
                match served.up.pop_front().unwrap().1 {
                    Up::Ack(id) => served.out.acked(id),
                    Up::Answer(question) => served.out.answered(question, now),
                }
            }
            while let Some(event) = served.events.try_next().await.unwrap() {
                match event {
                    Event::Delta(entry) => served.offer(entry, &peer.session.participant().id),
                    Event::Claims(_) => {}
                    Event::Resync { .. } => panic!("nobody is that slow"),
                }
            }
            let sent: Vec<_> = std::iter::from_fn(|| served.out.pop(now)).collect();
            let frames = sent.iter().map(|parcel| project::frame(parcel, &self.schema, &self.metrics).to_string());
            // In order: what is sent later does not arrive earlier.
            let arrives = served.down.back().map_or(now, |(at, _)| *at).max(now + latency);
            served.down.extend(frames.map(|frame| (arrives, Down::Delta(frame))));
            served.down.extend(served.out.question(false).map(|question| (arrives, Down::Question(question))));
        }
    }

    fn is_quiet(&self) -> bool {
        self.peers.iter().all(|peer| {
            let served = peer.served.as_ref();
            served.is_some_and(|served| served.out.waiting() == 0 && served.down.is_empty() && served.up.is_empty())
                && peer.client.flush_at.is_none()
        })
    }

    /// Where a client shows something else than the server has.
    async fn differences(&self) -> Vec<String> {
        let mut differences = Vec::new();
        for (who, peer) in self.peers.iter().enumerate() {
            let query = crate::engine::Query::of("Task").limit(1_000).archived(crate::engine::Archived::All);
            let answers = peer.session.query(&[query]).await.unwrap();
            let shape = self.schema.resolve("Task").unwrap().shape();
            let rows = answers.pages[0].rows.iter().map(|found| {
                let row: Row = serde_json::from_str(found.row.to_json(shape).unwrap().get()).unwrap();
                (("Task".to_owned(), found.row.id.clone()), row)
            });
            let rows: std::collections::BTreeMap<Key, Row> = rows.collect();
            for (key, row) in &rows {
                let is_archived = row.get("archivedAt").is_some_and(|at| !at.is_null());
                let Some(shown) = peer.client.pool.get(key) else {
                    if !is_archived && peer.bootstraps {
                        differences.push(format!("{who} misses {}", key.1));
                    }
                    continue;
                };
                if shown.is_archived != is_archived && peer.bootstraps {
                    differences.push(format!("{who} has {} archived: {}", key.1, shown.is_archived));
                }
                let is_stamped = shown.row.get("archivedAt").is_some_and(|at| !at.is_null());
                if is_stamped && !is_archived {
                    differences.push(format!("{who} shows {} with a time of archiving", key.1));
                }
                for name in FIELDS {
                    let none = &Value::Null;
                    let (theirs, ours) = (shown.row.get(name).unwrap_or(none), row.get(name).unwrap_or(none));
                    // Known: fields written before a reconnect hide what others write to them.
                    let hides = (peer.has_been_back || !self.settling) && shown.dirty.contains(name);
                    if theirs != ours && !hides {
                        differences.push(format!("{who} shows {} {name} {theirs}, not {ours}", key.1));
                    }
                }
            }
            let gone = peer.client.pool.keys().filter(|key| key.0 == "Task" && !rows.contains_key(*key));
            differences.extend(gone.map(|key| format!("{who} still shows {}", key.1)));
        }
        differences
    }

    async fn run(history: &[Happening], stream: Stream) -> Vec<String> {
        let mut world = Self::new(stream).await;
        world.step().await;
        for happening in history {
            for _ in 0..happening.steps {
                world.step().await;
            }
            world.happen(happening).await;
        }
        let end = world.now + QUIET;
        // What was published last is taken in first.
        world.step().await;
        while world.now < end && !world.is_quiet() {
            world.step().await;
        }
        assert!(world.is_quiet(), "everything is sent and acknowledged in the end");
        world.differences().await
    }
}

fn created(mut change: Row) -> Value {
    change.entry("title").or_insert("new".into());
    change.entry("projectId").or_insert("p1".into());
    change.into()
}

impl Served {
    fn offer(&mut self, entry: Arc<LogEntry>, me: &ParticipantId) {
        self.out.offer(delta_of(entry, &self.own, me));
    }
}

fn histories() -> impl Strategy<Value = Vec<Happening>> {
    let what = prop_oneof![
        6 => Just(What::Write),
        4 => Just(What::WriteOther),
        2 => Just(What::Delete),
        1 => Just(What::Archive),
        1 => Just(What::Unarchive),
        2 => Just(What::Move),
        1 => Just(What::Stall),
        1 => Just(What::Cut),
        1 => Just(What::Restart),
    ];
    let happening = (0..3usize, what, 0..4u8, 0..40u8, prop_oneof![3 => Just(0u64), 2 => 1..30u64])
        .prop_map(|(who, what, row, value, steps)| Happening { who, what, row, value, steps });
    proptest::collection::vec(happening, 1..40)
}

fn tell(history: &[Happening], stream: Stream) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(World::run(history, stream))
}

#[test]
fn clients_end_where_the_server_is() {
    let cases = std::env::var("ABLO_HISTORIES_CLIENTS").ok().and_then(|cases| cases.parse().ok()).unwrap_or(150);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&histories(), |history| {
        let differences = tell(&history, Stream::Windowed);
        prop_assert!(differences.is_empty(), "{differences:?}");
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// The simulated client is worth nothing unless it loses what clients lose.
#[test]
fn without_a_window_they_do_not() {
    let write = |value| Happening { who: 2, what: What::Write, row: 0, value, steps: 1 };
    let history: Vec<Happening> = (0..6).map(write).collect();
    assert!(!tell(&history, Stream::Ordered).is_empty());
    assert!(tell(&history, Stream::Windowed).is_empty());
}
