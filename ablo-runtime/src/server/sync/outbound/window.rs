use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ablo_schema::wire::DeltaAction;

use super::QUIET_MS;
use super::merge::{concerns_row, merge};

/// How deltas are handed to a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stream {
    /// A row at most once per window, merged.
    #[default]
    Windowed,
    /// Every delta, as it happened.
    Ordered,
}

/// A row: model and id.
pub type RowKey = (Arc<str>, Arc<str>);

/// One delta on its way to a connection. `P` is whatever the caller needs to write it out.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta<P> {
    /// Its sync id.
    pub id: u64,
    /// What it does.
    pub letter: DeltaAction,
    /// The row.
    pub row: RowKey,
    /// Whether this very connection wrote it.
    pub own: bool,
    /// The caller's.
    pub payload: P,
}

/// A delta to be sent now.
#[derive(Clone, Debug, PartialEq)]
pub struct Parcel<P> {
    /// The last of what was merged, with the letter of the whole.
    pub delta: Delta<P>,
    /// It stands for several deltas, so its text is not the last one's and names no transaction.
    pub merged: bool,
    /// The row's unsaved marks on the client are to be cleared, because it changed behind the client's back.
    pub settle: bool,
    /// The client has to apply it although it wrote it itself: its own value was cleared meanwhile.
    pub reapply: bool,
}

/// Most rows whose unsaved marks are remembered per connection.
const MAX_MARKS: usize = 4_096;

/// What a client believes about its own writes to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// Fields it wrote hide what others write to them.
    Unsaved,
    /// It was told to take the server's row.
    Settled,
}

/// The outbound side of one connection: deltas in, in log order; deltas out, in log order.
#[derive(Debug)]
pub struct Outbound<P> {
    stream: Stream,
    settling: bool,
    /// By id, at most one entry per row unless it cannot be merged.
    waiting: BTreeMap<u64, Parcel<P>>,
    /// The last waiting id of a row.
    newest_of: HashMap<RowKey, u64>,
    /// Rows the client may not have applied yet, with the id they were sent under.
    in_flight: HashMap<RowKey, u64>,
    marks: HashMap<RowKey, Mark>,
    last_sent_at: u64,
    sent_through: u64,
    held: bool,
}

impl<P> Outbound<P> {
    /// Nothing sent yet; the client knows everything up to `cursor`.
    #[must_use]
    pub fn new(stream: Stream, cursor: u64) -> Self {
        Self {
            stream,
            settling: true,
            waiting: BTreeMap::new(),
            newest_of: HashMap::new(),
            in_flight: HashMap::new(),
            marks: HashMap::new(),
            last_sent_at: 0,
            sent_through: cursor,
            held: false,
        }
    }

    /// Whether marks are settled, which changes what the client is sent by one unused member.
    pub fn set_settling(&mut self, settling: bool) {
        self.settling = settling;
    }

    /// Changes how deltas are handed out from now on.
    pub fn set_stream(&mut self, stream: Stream) {
        self.stream = stream;
        if stream == Stream::Ordered {
            self.in_flight.clear();
        }
    }

    /// Holds everything back, or stops doing so.
    pub fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// The delta of a row that the client may not have applied yet.
    #[must_use]
    pub fn unapplied(&self, row: &RowKey) -> Option<u64> {
        self.newest_of.get(row).or_else(|| self.in_flight.get(row)).copied()
    }

    /// The last id handed out, or moved past.
    #[must_use]
    pub fn sent_through(&self) -> u64 {
        self.sent_through
    }

    /// How many rows are waiting.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Takes a delta in. Ids have to grow; what was already taken in is ignored.
    pub fn offer(&mut self, delta: Delta<P>) {
        let newest = self.waiting.last_key_value().map_or(self.sent_through, |(id, _)| *id);
        if delta.id <= newest.max(self.sent_through) {
            return;
        }
        let mut parcel = Parcel { delta, merged: false, settle: false, reapply: false };
        if self.stream == Stream::Windowed && concerns_row(parcel.delta.letter) {
            let earlier = self.newest_of.insert(parcel.delta.row.clone(), parcel.delta.id);
            if let Some(id) = earlier
                && let Some(before) = self.waiting.get(&id)
                && let Some(letter) = merge(before.delta.letter, parcel.delta.letter)
            {
                parcel.delta.letter = letter;
                parcel.delta.own &= before.delta.own;
                parcel.merged = true;
                self.waiting.remove(&id);
            }
        }
        self.waiting.insert(parcel.delta.id, parcel);
    }

    /// Takes a delta in under another letter than its own.
    pub fn offer_as(&mut self, letter: DeltaAction, delta: Delta<P>) {
        let id = delta.id;
        self.offer(Delta { letter, ..delta });
        if let Some(parcel) = self.waiting.get_mut(&id) {
            parcel.merged = true;
        }
    }

    /// Goes back to an earlier place, from which everything is offered again.
    pub fn rewind(&mut self, at: u64) {
        self.sent_through = at;
        self.newest_of.clear();
        self.waiting.clear();
    }

    /// How deltas are handed out.
    #[must_use]
    pub fn stream(&self) -> Stream {
        self.stream
    }

    /// The client has applied everything up to this id.
    pub fn acked(&mut self, id: u64) {
        self.in_flight.retain(|_, sent| *sent > id);
    }

    /// Moves past ids of which the client needs nothing.
    pub fn skip_to(&mut self, id: u64) {
        if self.waiting.is_empty() {
            self.sent_through = self.sent_through.max(id);
        }
    }

    /// Everything that may be sent now, in order.
    pub fn poll(&mut self, now: u64) -> Vec<Parcel<P>> {
        if self.held {
            return Vec::new();
        }
        if now >= self.last_sent_at.saturating_add(QUIET_MS) {
            self.in_flight.clear();
        }
        let mut ready = Vec::new();
        while let Some((id, parcel)) = self.waiting.pop_first() {
            let windowed = self.stream == Stream::Windowed && concerns_row(parcel.delta.letter);
            if windowed && self.in_flight.contains_key(&parcel.delta.row) {
                self.waiting.insert(id, parcel);
                break;
            }
            if self.newest_of.get(&parcel.delta.row) == Some(&id) {
                self.newest_of.remove(&parcel.delta.row);
            }
            self.sent_through = self.sent_through.max(id);
            let parcel = self.mark(parcel);
            if windowed {
                self.in_flight.insert(parcel.delta.row.clone(), id);
            }
            ready.push(parcel);
        }
        if !ready.is_empty() {
            self.last_sent_at = now;
        }
        ready
    }

    /// When [`Outbound::poll`] may have more to give without anything else happening.
    #[must_use]
    pub fn next_due(&self) -> Option<u64> {
        (!self.waiting.is_empty() && !self.held).then(|| self.last_sent_at.saturating_add(QUIET_MS))
    }

    /// Keeps track of the fields the client hides from others, and of who has to be told what.
    fn mark(&mut self, mut parcel: Parcel<P>) -> Parcel<P> {
        if self.stream != Stream::Windowed || !self.settling || !concerns_row(parcel.delta.letter) {
            return parcel;
        }
        let row = &parcel.delta.row;
        match (parcel.delta.letter, parcel.delta.own) {
            (DeltaAction::Delete, _) => {
                self.marks.remove(row);
            }
            (DeltaAction::Update, true) => {
                if self.marks.len() >= MAX_MARKS && !self.marks.contains_key(row) {
                    self.marks.clear();
                }
                parcel.reapply = self.marks.insert(row.clone(), Mark::Unsaved) == Some(Mark::Settled);
            }
            (DeltaAction::Update, false) => {
                if let Some(mark) = self.marks.get_mut(row) {
                    parcel.settle = *mark == Mark::Unsaved;
                    *mark = Mark::Settled;
                }
            }
            _ => {}
        }
        parcel
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
