//! The local copy of the rows a participant sees: a state machine without clock, I/O or tasks.
//!
//! Deltas are applied in log order. Writes that are not in the log yet are kept aside, in order, and folded over the
//! confirmed rows again whenever either changes; a write leaves when its own delta arrives, when its receipt is covered
//! by the cursor, or when it is rejected. What readers see is always `confirmed + waiting writes`.

mod select;
mod table;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use ablo_schema::wire::JsonText;
use serde_json::{Map, Value};

pub use select::Scope;
pub(crate) use select::{Selection, pick};
use table::Table;
pub(crate) use table::{Change, Stored};

/// What a delta does to a row, with the whole row where there is one.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// The row is now this. A table that keeps only the rows asked for takes it when it has the row, or wrote it.
    Put(JsonText),
    /// The row is gone, or no longer visible.
    Remove,
    /// Nothing a row shows.
    None,
}

/// One entry of the log, as the replica needs it.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    /// Its place in the log.
    pub id: u64,
    /// The model's typename.
    pub model: &'a str,
    /// The row.
    pub row: &'a str,
    /// What it does.
    pub effect: Effect,
    /// The transaction that wrote it.
    pub transaction: Option<&'a str>,
}

/// One operation of a commit, as readers see it before the log has it.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    /// The table.
    pub table: usize,
    /// The row.
    pub row: String,
    /// What it does.
    pub change: Change,
}

/// A row as a read gives it.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    /// Its id.
    pub id: String,
    /// Its JSON.
    pub text: JsonText,
    /// The last delta that changed it.
    pub stamp: u64,
}

/// Names a waiting commit. Later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

/// A commit that is not wholly in the log yet, as far as this replica knows. Its writes are with their rows.
#[derive(Debug)]
struct Waiting {
    ticket: Ticket,
    transaction: String,
    rows: BTreeSet<(usize, String)>,
    /// The last sync id of the receipt, once there is one.
    receipt: Option<u64>,
}

/// Which rows a table keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// Every visible row.
    All,
    /// The rows that were asked for.
    Asked,
}

/// The replica of one participant.
#[derive(Debug)]
pub(crate) struct Replica {
    tables: Vec<Table>,
    cursor: u64,
    waiting: Vec<Waiting>,
    next_ticket: u64,
    changed: BTreeSet<usize>,
}

impl Replica {
    /// An empty replica of these models: the typename, which rows are kept, and the members without which one is not.
    pub fn new(models: impl IntoIterator<Item = (String, Keeps, Vec<String>)>) -> Self {
        Self {
            tables: models.into_iter().map(|(name, keeps, required)| Table::new(name, keeps, required)).collect(),
            cursor: 0,
            waiting: Vec::new(),
            next_ticket: 0,
            changed: BTreeSet::new(),
        }
    }

    /// The table of the model with this typename.
    pub fn table(&self, typename: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.name() == typename)
    }

    /// Every delta up to here is applied.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// How many commits wait.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Which tables may have changed since this was last asked.
    pub fn take_changed(&mut self) -> BTreeSet<usize> {
        std::mem::take(&mut self.changed)
    }

    /// The row as readers see it.
    pub fn get(&self, table: usize, row: &str) -> Option<&Stored> {
        self.tables.get(table)?.get(row)
    }

    /// The row as the log has it.
    pub fn confirmed(&self, table: usize, row: &str) -> Option<&Stored> {
        self.tables.get(table)?.confirmed(row)
    }

    /// Every row as readers see it, by id.
    pub fn rows(&self, table: usize) -> impl Iterator<Item = (&str, &Stored)> {
        self.tables.get(table).into_iter().flat_map(Table::iter)
    }

    /// Shows a commit before the log has it.
    pub fn write(&mut self, transaction: String, writes: Vec<Write>) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let mut rows = BTreeSet::new();
        for write in writes {
            let Some(table) = self.tables.get_mut(write.table) else { continue };
            table.add(&write.row, ticket, write.change);
            self.changed.insert(write.table);
            rows.insert((write.table, write.row));
        }
        self.waiting.push(Waiting { ticket, transaction, rows, receipt: None });
        ticket
    }

    /// The log has the commit, up to `last`. What the cursor does not cover yet stays folded in.
    pub fn confirm(&mut self, ticket: Ticket, last: u64) {
        if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.ticket == ticket) {
            waiting.receipt = Some(last);
            self.settle();
        }
    }

    /// The commit was refused: readers no longer see it.
    pub fn reject(&mut self, ticket: Ticket) {
        if let Some(at) = self.waiting.iter().position(|waiting| waiting.ticket == ticket) {
            let refused = self.waiting.remove(at);
            self.withdraw(&refused);
        }
    }

    /// Applies one delta. One that is not past the cursor was applied before and changes nothing.
    pub fn apply(&mut self, entry: &Entry<'_>) {
        if entry.id <= self.cursor {
            return;
        }
        self.cursor = entry.id;
        if let Some(index) = self.table(entry.model) {
            let ticket = self.waiting.iter().find(|waiting| Some(&*waiting.transaction) == entry.transaction);
            let own = ticket.map(|waiting| waiting.ticket);
            let table = &mut self.tables[index];
            let wanted = own.is_some() || table.keeps(entry.row);
            match &entry.effect {
                Effect::Put(text) if wanted => {
                    table.put(entry.row, Stored { text: text.clone(), stamp: entry.id, as_of: entry.id });
                }
                Effect::Remove => table.remove(entry.row, entry.id),
                Effect::Put(_) | Effect::None => {}
            }
            table.arrived(entry.row, own);
            self.changed.insert(index);
        }
        self.settle();
    }

    /// Nothing visible happened up to here.
    pub fn advance(&mut self, cursor: u64) {
        self.cursor = self.cursor.max(cursor);
        self.settle();
    }

    /// Takes rows read together at `head` in place of everything confirmed; `rows` are by table. Waiting writes stay.
    ///
    /// A snapshot older than the cursor is not taken; the answer is whether it was.
    pub fn bootstrap(&mut self, head: u64, rows: impl IntoIterator<Item = (usize, Read)>) -> bool {
        if head < self.cursor {
            return false;
        }
        self.cursor = head;
        self.tables.iter_mut().for_each(Table::clear);
        for (table, row) in rows {
            if let Some(table) = self.tables.get_mut(table) {
                table.put(&row.id, Stored { text: row.text, stamp: row.stamp, as_of: head });
            }
        }
        self.tables.iter_mut().for_each(Table::refold);
        self.changed.extend(0..self.tables.len());
        self.settle();
        true
    }

    /// Takes rows that a query read at `as_of`.
    ///
    /// What the replica knows better stays: a row with a later delta, and every row when the log has moved on since,
    /// because a delta in between may have been passed over here.
    pub fn hydrate(&mut self, table: usize, as_of: u64, rows: impl IntoIterator<Item = Read>) {
        if as_of < self.cursor {
            return;
        }
        let Some(target) = self.tables.get_mut(table) else { return };
        for row in rows {
            target.put(&row.id, Stored { text: row.text, stamp: row.stamp, as_of });
            target.arrived(&row.id, None);
        }
        self.changed.insert(table);
    }

    /// Drops the waiting commits whose receipt the cursor covers.
    fn settle(&mut self) {
        let cursor = self.cursor;
        let covered = self.waiting.extract_if(.., |waiting| waiting.receipt.is_some_and(|last| last <= cursor));
        for waiting in covered.collect::<Vec<_>>() {
            self.withdraw(&waiting);
        }
    }

    fn withdraw(&mut self, waiting: &Waiting) {
        for (table, row) in &waiting.rows {
            self.tables[*table].withdraw(row, waiting.ticket);
            self.changed.insert(*table);
        }
    }
}

/// The members of a row.
pub(crate) fn members(text: &JsonText) -> Map<String, Value> {
    // Rows come from the store or from ourselves; one that is not an object shows no members.
    text.read().unwrap_or_default()
}
