//! A replica beside a server that is nothing but a log, under random interleavings.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A row of the model: two members.
type Fields = (i64, i64);

#[derive(Clone, Debug)]
enum Operation {
    Create(u8, Fields),
    SetA(u8, i64),
    SetB(u8, i64),
    Delete(u8),
}

#[derive(Clone, Debug)]
enum Step {
    /// The replica's owner writes.
    Write(Vec<Operation>),
    /// The server handles the oldest write it has not seen; `false`: it refuses.
    Serve(bool),
    /// The oldest receipt arrives.
    Receipt,
    /// The next delta arrives.
    Deliver,
    /// A delta that was delivered before arrives again.
    Repeat,
    /// Somebody else writes.
    Foreign(Operation),
    /// The stream broke: the rest of the log is read.
    CatchUp,
    /// The log was trimmed: everything is read anew. The answer may be from a while ago.
    Bootstrap(u8),
    /// A query's answer arrives, read now or earlier.
    Hydrate(u8, u8),
}

fn operation() -> impl Strategy<Value = Operation> {
    let row = 0u8..4;
    prop_oneof![
        (row.clone(), 0i64..9, 0i64..9).prop_map(|(row, a, b)| Operation::Create(row, (a, b))),
        (row.clone(), 0i64..9).prop_map(|(row, a)| Operation::SetA(row, a)),
        (row.clone(), 0i64..9).prop_map(|(row, b)| Operation::SetB(row, b)),
        row.prop_map(Operation::Delete),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop::collection::vec(operation(), 1..4).prop_map(Step::Write),
        4 => prop::bool::weighted(0.8).prop_map(Step::Serve),
        3 => Just(Step::Receipt),
        5 => Just(Step::Deliver),
        1 => Just(Step::Repeat),
        3 => operation().prop_map(Step::Foreign),
        1 => Just(Step::CatchUp),
        1 => (0u8..3).prop_map(Step::Bootstrap),
        1 => (0u8..4, 0u8..3).prop_map(|(row, ago)| Step::Hydrate(row, ago)),
    ]
}

#[derive(Clone, Debug)]
struct Logged {
    id: u64,
    row: u8,
    /// The row after it; `None` when it is gone.
    after: Option<Fields>,
    transaction: Option<String>,
}

#[derive(Default)]
struct Server {
    rows: BTreeMap<u8, Fields>,
    log: Vec<Logged>,
    /// The rows after each delta; the first is before any.
    history: Vec<BTreeMap<u8, Fields>>,
}

impl Server {
    fn new() -> Self {
        Self { history: vec![BTreeMap::new()], ..Self::default() }
    }

    fn head(&self) -> u64 {
        self.log.len() as u64
    }

    /// All or nothing; what is impossible is refused.
    fn commit(&mut self, operations: &[Operation], transaction: Option<&str>) -> bool {
        let mut after = self.rows.clone();
        let mut logged = Vec::new();
        for operation in operations {
            let Some((row, result)) = apply(&after, operation) else { return false };
            match result {
                Some(fields) => drop(after.insert(row, fields)),
                None => drop(after.remove(&row)),
            }
            logged.push((row, result, after.clone()));
        }
        for (row, after, rows) in logged {
            let id = self.head() + 1;
            self.log.push(Logged { id, row, after, transaction: transaction.map(str::to_owned) });
            self.history.push(rows);
        }
        self.rows = after;
        true
    }
}

/// The row an operation touches and what it makes of it; `None` when it cannot be done.
fn apply(rows: &BTreeMap<u8, Fields>, operation: &Operation) -> Option<(u8, Option<Fields>)> {
    match *operation {
        Operation::Create(row, fields) => (!rows.contains_key(&row)).then_some((row, Some(fields))),
        Operation::SetA(row, a) => rows.get(&row).map(|(_, b)| (row, Some((a, *b)))),
        Operation::SetB(row, b) => rows.get(&row).map(|(a, _)| (row, Some((*a, b)))),
        Operation::Delete(row) => rows.get(&row).map(|_| (row, None)),
    }
}

fn text(row: u8, (a, b): Fields) -> JsonText {
    JsonText::of(&json!({ "id": row.to_string(), "a": a, "b": b })).unwrap()
}

fn read(row: u8, fields: Fields) -> Read {
    Read { id: row.to_string(), text: text(row, fields), stamp: 0 }
}

fn write(operation: &Operation) -> Write {
    let set = |name: &str, value: i64| Change::Set(Map::from_iter([(name.to_owned(), value.into())]));
    let (row, change) = match *operation {
        Operation::Create(row, fields) => (row, Change::Create(text(row, fields))),
        Operation::SetA(row, a) => (row, set("a", a)),
        Operation::SetB(row, b) => (row, set("b", b)),
        Operation::Delete(row) => (row, Change::Delete),
    };
    Write { table: 0, row: row.to_string(), change }
}

fn shown(replica: &Replica) -> BTreeMap<u8, Fields> {
    let rows = replica.rows(0).map(|(row, stored)| {
        let members = members(&stored.text);
        assert_eq!(members["id"], row);
        (row.parse().unwrap(), (members["a"].as_i64().unwrap(), members["b"].as_i64().unwrap()))
    });
    let rows: BTreeMap<u8, Fields> = rows.collect();
    for row in rows.keys() {
        assert!(replica.get(0, &row.to_string()).is_some(), "a row that is listed is found by id");
    }
    rows
}

/// A write of the replica's owner, as the whole world sees it.
struct Own {
    ticket: Ticket,
    transaction: String,
    operations: Vec<Operation>,
    /// The ids of its deltas, once the server took it.
    deltas: Option<Vec<u64>>,
}

struct World {
    server: Server,
    replica: Replica,
    own: Vec<Own>,
    /// Transactions the server has not seen, in order.
    unseen: Vec<String>,
    /// Answers on their way: the last sync id, or a refusal.
    receipts: Vec<(String, Option<u64>)>,
    delivered: usize,
    made: usize,
}

impl World {
    fn new(keeps: Keeps) -> Self {
        Self {
            server: Server::new(),
            replica: Replica::new([("Row".to_owned(), keeps, Vec::new())]),
            own: Vec::new(),
            unseen: Vec::new(),
            receipts: Vec::new(),
            delivered: 0,
            made: 0,
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Write(operations) => {
                self.made += 1;
                let transaction = format!("tx{}", self.made);
                let ticket = self.replica.write(transaction.clone(), operations.iter().map(write).collect());
                self.unseen.push(transaction.clone());
                self.own.push(Own { ticket, transaction, operations: operations.clone(), deltas: None });
            }
            Step::Serve(willing) if !self.unseen.is_empty() => {
                let transaction = self.unseen.remove(0);
                let before = self.server.head();
                let own = self.own.iter_mut().find(|own| own.transaction == transaction).unwrap();
                let taken = *willing && self.server.commit(&own.operations, Some(&transaction));
                let last = taken.then(|| {
                    own.deltas = Some((before + 1..=self.server.head()).collect());
                    self.server.head()
                });
                self.receipts.push((transaction, last));
            }
            Step::Receipt if !self.receipts.is_empty() => {
                let (transaction, last) = self.receipts.remove(0);
                let at = self.own.iter().position(|own| own.transaction == transaction).unwrap();
                match last {
                    Some(last) => self.replica.confirm(self.own[at].ticket, last),
                    None => {
                        let own = self.own.remove(at);
                        self.replica.reject(own.ticket);
                    }
                }
            }
            Step::Deliver => self.deliver(),
            Step::Repeat if self.delivered > 0 => self.feed(self.delivered - 1),
            Step::Foreign(operation) => drop(self.server.commit(std::slice::from_ref(operation), None)),
            Step::CatchUp => {
                while self.delivered < self.server.log.len() {
                    self.deliver();
                }
            }
            Step::Bootstrap(ago) => {
                let head = self.server.head().saturating_sub(u64::from(*ago));
                let at = usize::try_from(head).unwrap();
                let rows = self.server.history[at].iter().map(|(row, fields)| (0, read(*row, *fields)));
                let taken = self.replica.bootstrap(head, rows.collect::<Vec<_>>());
                assert_eq!(taken, at >= self.delivered);
                self.delivered = self.delivered.max(at);
            }
            Step::Hydrate(row, ago) => {
                let as_of = self.server.head().saturating_sub(u64::from(*ago));
                let rows = &self.server.history[usize::try_from(as_of).unwrap()];
                let found = rows.get(row).map(|fields| read(*row, *fields));
                self.replica.hydrate(0, as_of, found);
            }
            Step::Serve(_) | Step::Receipt | Step::Repeat => {}
        }
    }

    fn deliver(&mut self) {
        if self.delivered < self.server.log.len() {
            self.delivered += 1;
            self.feed(self.delivered - 1);
        }
    }

    fn feed(&mut self, at: usize) {
        let logged = &self.server.log[at];
        let effect = match logged.after {
            Some(fields) => Effect::Put(text(logged.row, fields)),
            None => Effect::Remove,
        };
        let row = logged.row.to_string();
        let transaction = logged.transaction.as_deref();
        self.replica.apply(&Entry { id: logged.id, model: "Row", row: &row, effect, transaction });
    }

    /// What readers must see, computed the slow way: the log up to the cursor, then every own operation that is not in
    /// it. Nothing while a snapshot or a read ran ahead of a receipt: then the replica cannot know which are in it.
    fn expected(&self) -> BTreeMap<u8, Fields> {
        let cursor = self.replica.cursor();
        let mut rows = self.server.history[usize::try_from(cursor).unwrap()].clone();
        for own in &self.own {
            for (at, operation) in own.operations.iter().enumerate() {
                let is_logged = own.deltas.as_ref().is_some_and(|deltas| deltas[at] <= cursor);
                if is_logged {
                    continue;
                }
                match apply(&rows, operation) {
                    Some((row, Some(fields))) => drop(rows.insert(row, fields)),
                    Some((row, None)) => drop(rows.remove(&row)),
                    None => {}
                }
            }
        }
        rows
    }

    /// Everything on its way arrives.
    fn quiesce(&mut self) {
        while !self.unseen.is_empty() {
            self.step(&Step::Serve(true));
        }
        while !self.receipts.is_empty() {
            self.step(&Step::Receipt);
        }
        self.step(&Step::CatchUp);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_readers_see_is_the_log_and_the_writes_that_wait(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new(Keeps::All);
        for step in &steps {
            if matches!(step, Step::Bootstrap(_) | Step::Hydrate(..)) {
                continue;
            }
            world.step(step);
            prop_assert_eq!(shown(&world.replica), world.expected(), "after {:?}", step);
        }
    }

    #[test]
    fn whatever_happens_the_replica_ends_up_as_the_server(steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::new(Keeps::All);
        for step in &steps {
            let cursor = world.replica.cursor();
            world.step(step);
            prop_assert!(world.replica.cursor() >= cursor, "the cursor never goes back");
        }
        world.quiesce();
        prop_assert_eq!(shown(&world.replica), world.server.rows.clone());
        prop_assert_eq!(world.replica.waiting(), 0);
    }

    #[test]
    fn rows_asked_for_stay_right(steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::new(Keeps::Asked);
        for step in &steps {
            world.step(step);
        }
        world.quiesce();
        for (row, fields) in shown(&world.replica) {
            prop_assert_eq!(Some(&fields), world.server.rows.get(&row));
        }
        prop_assert_eq!(world.replica.waiting(), 0);
    }
}

#[test]
fn a_row_that_was_read_fresh_does_not_go_back() {
    let mut replica = Replica::new([("Row".to_owned(), Keeps::All, Vec::new())]);
    replica.hydrate(0, 3, [read(1, (3, 3))]);
    for id in 1..=3 {
        let effect = if id == 2 { Effect::Remove } else { Effect::Put(text(1, (id.try_into().unwrap(), 0))) };
        replica.apply(&Entry { id, model: "Row", row: "1", effect, transaction: None });
        assert_eq!(shown(&replica), BTreeMap::from([(1, (3, 3))]));
    }
    replica.apply(&Entry { id: 4, model: "Row", row: "1", effect: Effect::Remove, transaction: None });
    assert_eq!(shown(&replica), BTreeMap::new());
}
