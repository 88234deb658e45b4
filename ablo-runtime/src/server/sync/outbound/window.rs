use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use ablo_schema::wire::DeltaAction;

use super::merge::{concerns_row, merge};
use super::{QUIET_MS, SILENCE_MS};

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
    /// Whether this very connection wrote it, or for an insertion, whether its participant did.
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
    /// This connection wrote some of it.
    is_partly_own: bool,
    /// The insertion that was merged in.
    insertion: Option<Box<Delta<P>>>,
}

impl<P> Parcel<P> {
    /// The first id it stands for, when it begins with an insertion.
    fn first(&self) -> u64 {
        self.insertion.as_ref().map_or(self.delta.id, |insertion| insertion.id)
    }

    /// A delta by itself.
    pub fn new(delta: Delta<P>) -> Self {
        let is_partly_own = delta.own;
        Self { delta, merged: false, settle: false, reapply: false, is_partly_own, insertion: None }
    }
}

/// Most rows whose unsaved marks are remembered per connection.
const MAX_MARKS: usize = 4_096;
/// So many rows may be under way before the client is asked whether it got them.
const MAX_IN_FLIGHT: usize = 1_024;
/// Most places of a client that are remembered.
const MAX_PLACES: usize = 128;

/// What a client believes about its own writes to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// Fields it wrote hide what others write to them.
    Unsaved,
    /// It was told to take the server's row.
    Settled,
    /// The same, and it has written since, perhaps before it was told.
    WrittenAgain,
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
    /// The question that is open or was answered, if nothing was sent after it.
    asked: Option<u64>,
    questions: u64,
    /// When the client answered that everything sent so far has arrived.
    arrived_at: Option<u64>,
    sent_through: u64,
    held: bool,
    /// How far the bootstraps reach that the client may have loaded.
    loaded: Vec<u64>,
    /// The newest delta that the client says it has applied.
    acked: u64,
    /// What the client had been given to apply, at the latest, while it stood at a place: what it passes over does not
    /// move it.
    places: VecDeque<(u64, u64)>,
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
            asked: None,
            questions: 0,
            arrived_at: None,
            sent_through: cursor,
            held: false,
            loaded: Vec::new(),
            acked: 0,
            places: VecDeque::new(),
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
        let mut parcel = Parcel::new(delta);
        if self.stream == Stream::Windowed && concerns_row(parcel.delta.letter) {
            // What is still under way may undo for the client what it has just shown.
            parcel.reapply = parcel.delta.own && self.unapplied(&parcel.delta.row).is_some();
            let earlier = self.newest_of.insert(parcel.delta.row.clone(), parcel.delta.id);
            if let Some(id) = earlier
                && let Some(before) = self.waiting.get(&id)
                && let Some(letter) = merge(before.delta.letter, parcel.delta.letter)
                && (letter != DeltaAction::Insert || self.is_new(before, &parcel.delta))
                && let Some(before) = self.waiting.remove(&id)
            {
                parcel.merged = true;
                parcel.delta.letter = letter;
                parcel.is_partly_own |= before.is_partly_own;
                if letter == DeltaAction::Insert {
                    parcel.insertion = before.insertion.or_else(|| Some(Box::new(before.delta)));
                }
            }
        }
        self.waiting.insert(parcel.delta.id, parcel);
    }

    /// A bootstrap that reaches this far was served, perhaps to this client. An insertion changes nothing in a client that
    /// has loaded the row, so an update it has not loaded must come by itself.
    pub fn loaded(&mut self, head: u64) {
        if self.loaded.contains(&head) {
            return;
        }
        self.loaded.push(head);
        let within = |(id, parcel): (&u64, &Parcel<P>)| {
            (parcel.insertion.is_some() && (parcel.first()..*id).contains(&head)).then_some(*id)
        };
        let torn: Vec<u64> = self.waiting.iter().filter_map(within).collect();
        for id in torn {
            if let Some(parcel) = self.waiting.get_mut(&id)
                && let Some(insertion) = parcel.insertion.take()
            {
                parcel.delta.letter = DeltaAction::Update;
                self.waiting.insert(insertion.id, Parcel::new(*insertion));
            }
        }
    }

    /// Whether a client that is to get an insertion and this in one has not got the row already, without this.
    fn is_new(&self, insertion: &Parcel<P>, next: &Delta<P>) -> bool {
        let is_loaded = self.loaded.iter().any(|head| (insertion.first()..next.id).contains(head));
        let is_made_here = insertion.delta.own && !next.own;
        !is_loaded && !is_made_here
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
        self.acked = self.acked.max(id);
        self.in_flight.retain(|_, sent| *sent > id);
        self.note();
    }

    /// Through which delta the client has applied everything, or passed it over.
    #[must_use]
    pub fn applied(&self) -> u64 {
        let first = self.in_flight.values().chain(self.waiting.keys()).min();
        first.map_or(self.sent_through, |first| first - 1).max(self.acked)
    }

    /// What a client knew that says it stood at this place.
    #[must_use]
    pub fn known_at(&self, place: u64) -> u64 {
        let known = self.places.iter().find(|(at, _)| *at == place).map(|(_, through)| *through);
        known.map_or(place, |through| through.max(place))
    }

    fn note(&mut self) {
        if self.acked == 0 || self.stream == Stream::Ordered {
            return;
        }
        let through = self.in_flight.values().min().map_or(self.sent_through, |first| first - 1);
        match self.places.back_mut() {
            Some((at, known)) if *at == self.acked => *known = through.max(*known),
            _ => self.places.push_back((self.acked, through)),
        }
        if self.places.len() > MAX_PLACES {
            self.places.pop_front();
        }
    }

    /// A question for the client: whether all that was sent has arrived. Asked once, when something waits for the answer;
    /// `is_awaited` says that something besides deltas does.
    pub fn question(&mut self, is_awaited: bool) -> Option<u64> {
        let waits = is_awaited || !self.waiting.is_empty();
        if self.in_flight.is_empty() || !waits || self.held || self.asked.is_some() {
            return None;
        }
        self.questions += 1;
        self.asked = Some(self.questions);
        self.asked
    }

    /// The client has answered a question.
    pub fn answered(&mut self, question: u64, now: u64) {
        if self.asked == Some(question) && self.arrived_at.is_none() {
            self.arrived_at = Some(now);
        }
    }

    /// From when on the client has applied what was sent, or passed over it.
    fn applied_at(&self) -> u64 {
        let silent = self.last_sent_at.saturating_add(SILENCE_MS);
        self.arrived_at.map_or(silent, |at| silent.min(at.saturating_add(QUIET_MS)))
    }

    /// Everything that may be sent now, in order.
    pub fn poll(&mut self, now: u64) -> Vec<Parcel<P>> {
        if self.held {
            return Vec::new();
        }
        if !self.in_flight.is_empty() && now >= self.applied_at() {
            self.in_flight.clear();
            self.note();
        }
        let mut ready = Vec::new();
        while let Some((id, parcel)) = self.waiting.pop_first() {
            let windowed = self.stream == Stream::Windowed && concerns_row(parcel.delta.letter);
            let full = self.in_flight.len() >= MAX_IN_FLIGHT;
            if windowed && (full || self.in_flight.contains_key(&parcel.delta.row)) {
                self.waiting.insert(id, parcel);
                break;
            }
            if self.newest_of.get(&parcel.delta.row) == Some(&id) {
                self.newest_of.remove(&parcel.delta.row);
            }
            let parcel = self.mark(parcel);
            if windowed {
                // Before anything is said to be known through this id.
                self.in_flight.insert(parcel.delta.row.clone(), id);
            }
            self.sent_through = self.sent_through.max(id);
            ready.push(parcel);
        }
        if !ready.is_empty() {
            self.last_sent_at = now;
            self.asked = None;
            self.arrived_at = None;
        }
        ready
    }

    /// When [`Outbound::poll`] may have more to give, or less may be under way, without anything else happening.
    #[must_use]
    pub fn next_due(&self, is_awaited: bool) -> Option<u64> {
        let waits = is_awaited || !self.waiting.is_empty();
        (waits && !self.held && !self.in_flight.is_empty()).then(|| self.applied_at())
    }

    /// Keeps track of the fields the client hides from others, and of who has to be told what.
    fn mark(&mut self, mut parcel: Parcel<P>) -> Parcel<P> {
        if self.stream != Stream::Windowed || !self.settling || !concerns_row(parcel.delta.letter) {
            return parcel;
        }
        let before = self.marks.get(&parcel.delta.row).copied();
        let is_unsaved = before.is_some_and(|mark| mark != Mark::Settled);
        let mark = match (parcel.delta.letter, parcel.delta.own) {
            (DeltaAction::Delete, _) => {
                self.marks.remove(&parcel.delta.row);
                None
            }
            (DeltaAction::Update, true) => {
                let was_settled = matches!(before, Some(Mark::Settled | Mark::WrittenAgain));
                parcel.reapply |= was_settled;
                // What is merged goes without its transaction, and when the row is archived, it settles.
                Some(if was_settled || parcel.merged { Mark::WrittenAgain } else { Mark::Unsaved })
            }
            (DeltaAction::Update, false) => {
                parcel.settle = parcel.is_partly_own || is_unsaved;
                parcel.settle.then_some(Mark::Settled)
            }
            // With an update of its own.
            (DeltaAction::Insert, true) if parcel.merged => Some(Mark::Unsaved),
            // It settles by itself, also what the client has written meanwhile.
            (DeltaAction::Archive, false) => Some(Mark::Settled),
            _ => None,
        };
        if let Some(mark) = mark {
            if self.marks.len() >= MAX_MARKS && before.is_none() {
                self.marks.clear();
            }
            self.marks.insert(parcel.delta.row.clone(), mark);
        }
        parcel
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
