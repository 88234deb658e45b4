use std::collections::BTreeMap;

use ablo_schema::wire::JsonText;
use serde_json::{Map, Value};

use super::{Keeps, Ticket, members};

/// A row as text, encoded once by the writer.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// Its JSON.
    pub text: JsonText,
    /// The last delta that changed it: a stamp for stale guards. 0 for a row that only waiting writes know.
    pub stamp: u64,
    /// Everything up to here is in it.
    pub as_of: u64,
}

/// What a write does to a row.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Makes it, whole.
    Create(JsonText),
    /// Sets these members.
    Set(Map<String, Value>),
    /// Takes it away.
    Delete,
}

/// A row with waiting writes.
#[derive(Debug, Default)]
struct Overlay {
    /// In the order they were made.
    writes: Vec<(Ticket, Change)>,
    /// What they make of the row; `None` hides it.
    shown: Option<Stored>,
}

/// The rows of one model: what the log says, and what waiting writes make of some of them.
#[derive(Debug)]
pub(super) struct Table {
    name: String,
    keeps: Keeps,
    /// Members without which a row is passed over.
    required: Vec<String>,
    confirmed: BTreeMap<Box<str>, Stored>,
    overlays: BTreeMap<Box<str>, Overlay>,
}

impl Table {
    pub fn new(name: String, keeps: Keeps, required: Vec<String>) -> Self {
        Self { name, keeps, required, confirmed: BTreeMap::new(), overlays: BTreeMap::new() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a change of this row is of interest.
    pub fn keeps(&self, row: &str) -> bool {
        self.keeps == Keeps::All || self.confirmed.contains_key(row)
    }

    pub fn get(&self, row: &str) -> Option<&Stored> {
        match self.overlays.get(row) {
            Some(overlay) => overlay.shown.as_ref(),
            None => self.confirmed.get(row),
        }
    }

    /// The row as the log has it.
    pub fn confirmed(&self, row: &str) -> Option<&Stored> {
        self.confirmed.get(row)
    }

    /// Every visible row, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Stored)> {
        let mut confirmed = self.confirmed.iter().peekable();
        let mut overlays = self.overlays.iter().peekable();
        std::iter::from_fn(move || {
            loop {
                let overlay = match (confirmed.peek(), overlays.peek()) {
                    (None, None) => return None,
                    (Some(_), None) => false,
                    (None, Some(_)) => true,
                    (Some((plain, _)), Some((over, _))) if plain == over => {
                        confirmed.next();
                        true
                    }
                    (Some((plain, _)), Some((over, _))) => over < plain,
                };
                if !overlay {
                    return confirmed.next().map(|(row, stored)| (&**row, stored));
                }
                if let Some((row, Overlay { shown: Some(stored), .. })) = overlays.next() {
                    return Some((&**row, stored));
                }
            }
        })
    }

    /// Takes the row, unless a later state is known.
    pub fn put(&mut self, row: &str, stored: Stored) {
        if self.is_older(row, stored.as_of) {
            if is_whole(&stored, &self.required) {
                self.confirmed.insert(row.into(), stored);
            } else {
                self.confirmed.remove(row);
            }
        }
    }

    /// Forgets the row, unless a read already saw past the delta that removes it.
    pub fn remove(&mut self, row: &str, id: u64) {
        if self.is_older(row, id) {
            self.confirmed.remove(row);
        }
    }

    fn is_older(&self, row: &str, id: u64) -> bool {
        self.confirmed.get(row).is_none_or(|stored| stored.as_of < id)
    }

    /// Forgets every confirmed row; [`Self::refold`] follows.
    pub fn clear(&mut self) {
        self.confirmed.clear();
    }

    /// Shows a write.
    pub fn add(&mut self, row: &str, ticket: Ticket, change: Change) {
        self.overlays.entry(row.into()).or_default().writes.push((ticket, change));
        self.refold_row(row);
    }

    /// The log has a change of the row, which is the outcome of the first write of `own` to it.
    pub fn arrived(&mut self, row: &str, own: Option<Ticket>) {
        let Some(overlay) = self.overlays.get_mut(row) else { return };
        if let Some(at) = overlay.writes.iter().position(|(ticket, _)| Some(*ticket) == own) {
            overlay.writes.remove(at);
        }
        self.refold_row(row);
    }

    /// Drops every write of this ticket to the row.
    pub fn withdraw(&mut self, row: &str, ticket: Ticket) {
        if let Some(overlay) = self.overlays.get_mut(row) {
            overlay.writes.retain(|(of, _)| *of != ticket);
            self.refold_row(row);
        }
    }

    /// Folds the waiting writes over every row again.
    pub fn refold(&mut self) {
        for (row, overlay) in &mut self.overlays {
            overlay.shown = fold(self.confirmed.get(row), &overlay.writes, &self.required);
        }
    }

    fn refold_row(&mut self, row: &str) {
        let Some(overlay) = self.overlays.get_mut(row) else { return };
        if overlay.writes.is_empty() {
            self.overlays.remove(row);
        } else {
            overlay.shown = fold(self.confirmed.get(row), &overlay.writes, &self.required);
        }
    }
}

/// Whether a row has a value for each of these members.
fn is_whole(row: &Stored, required: &[String]) -> bool {
    if required.is_empty() {
        return true;
    }
    let members = members(&row.text);
    required.iter().all(|name| members.get(name).is_some_and(|value| !value.is_null()))
}

/// The row after these writes, unless it then lacks something required.
fn fold(confirmed: Option<&Stored>, writes: &[(Ticket, Change)], required: &[String]) -> Option<Stored> {
    let row = writes.iter().fold(confirmed.cloned(), |row, (_, change)| match (change, row) {
        (Change::Delete, _) | (Change::Set(_), None) => None,
        // The log already has it, perhaps changed since: what the log says is newer than what was asked for.
        (Change::Create(_), Some(stored)) => Some(stored),
        (Change::Create(text), None) => Some(Stored { text: text.clone(), stamp: 0, as_of: 0 }),
        (Change::Set(set), Some(stored)) => {
            let mut row = members(&stored.text);
            row.extend(set.iter().map(|(name, value)| (name.clone(), value.clone())));
            // Members of a row have a JSON form; were one to have none, the write would not show.
            let text = JsonText::of(&row).unwrap_or_else(|_| stored.text.clone());
            Some(Stored { text, ..stored })
        }
    });
    row.filter(|row| is_whole(row, required))
}
