use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ablo_schema::wire::DeltaAction;
use foldhash::HashMap;

use super::merge::{concerns_row, merge};
use super::parcel::{Delta, Parcel, Payload, RowKey};
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

/// Most rows whose unsaved marks are remembered per connection; of others the worst is assumed from then on.
const MAX_MARKS: usize = 1_024;
/// So many rows may be under way before the client is asked whether it got them.
const MAX_IN_FLIGHT: usize = 1_024;
/// So many deltas, or bytes of them, may wait until the rest is left in the log.
const MAX_WAITING: usize = 1_024;
const MAX_BYTES: u64 = 1 << 20;
/// Most places of a client that are remembered.
const MAX_PLACES: usize = 128;
/// How many rows or deltas there is room for, even when there are none.
const KEPT: usize = 64;

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

/// Where a row of a [`Stream::Windowed`] stands.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    /// The last of its deltas that waits, or zero.
    waiting: u64,
    /// The one the client may not have applied yet, or zero.
    in_flight: u64,
}

/// The outbound side of one connection: deltas in, in log order; deltas out, in log order.
#[derive(Debug)]
pub struct Outbound<P> {
    stream: Stream,
    settling: bool,
    /// By id, at most one per row unless it cannot be merged. What was merged into a later one leaves a gap.
    waiting: VecDeque<(u64, Option<Parcel<P>>)>,
    gaps: usize,
    /// What waits takes about so many bytes.
    bytes: u64,
    /// Insertions that something later of their row stands for as well: their ids, and the one they wait under.
    insertions: BTreeMap<u64, u64>,
    /// Everything up to here goes out with what has just gone.
    clear_through: u64,
    rows: HashMap<RowKey, Standing>,
    /// How many rows the client may not have applied yet.
    in_flight: usize,
    marks: HashMap<RowKey, Mark>,
    /// What holds for rows of which nothing is remembered.
    assumed: Option<Mark>,
    begins_at: u64,
    last_sent_at: u64,
    /// The question that is open or was answered, if nothing was sent after it.
    asked: Option<u64>,
    questions: u64,
    /// When the client answered that everything sent so far has arrived.
    arrived_at: Option<u64>,
    sent_through: u64,
    held: bool,
    /// How far the bootstraps reach that the client may have loaded, as far as that matters for what waits or may come.
    loaded: BTreeSet<u64>,
    /// The newest delta that the client says it has applied.
    acked: u64,
    /// What the client had been given to apply, at the latest, while it stood at a place: what it passes over does not
    /// move it.
    places: VecDeque<(u64, u64)>,
}

impl<P: Payload> Outbound<P> {
    /// Nothing sent yet; the client knows everything up to `cursor`.
    #[must_use]
    pub fn new(stream: Stream, cursor: u64) -> Self {
        Self {
            stream,
            settling: true,
            waiting: VecDeque::new(),
            gaps: 0,
            bytes: 0,
            insertions: BTreeMap::new(),
            clear_through: 0,
            rows: HashMap::default(),
            in_flight: 0,
            marks: HashMap::default(),
            assumed: None,
            begins_at: 0,
            last_sent_at: 0,
            asked: None,
            questions: 0,
            arrived_at: None,
            sent_through: cursor,
            held: false,
            loaded: BTreeSet::new(),
            acked: 0,
            places: VecDeque::new(),
        }
    }

    /// Whether marks are settled, which changes what the client is sent by one unused member.
    pub fn set_settling(&mut self, settling: bool) {
        self.settling = settling;
    }

    /// The client was connected before, and goes on hiding what others write to the fields it wrote then, whichever these
    /// are. What it was last sent there it may still be collecting.
    pub fn returns(&mut self, now: u64) {
        self.assumed = Some(Mark::Unsaved);
        self.begins_at = now.saturating_add(QUIET_MS);
    }

    /// When a client may be sent the first deltas.
    #[must_use]
    pub fn begins_at(&self) -> u64 {
        if self.stream == Stream::Windowed { self.begins_at } else { 0 }
    }

    /// An update of the client's was refused: it takes its values back, but goes on hiding what others write to the fields.
    pub fn refused(&mut self, row: RowKey) {
        if self.stream == Stream::Windowed && self.settling {
            let was_settled = matches!(self.marks.get(&row), Some(Mark::Settled | Mark::WrittenAgain));
            self.remember(row, if was_settled { Mark::WrittenAgain } else { Mark::Unsaved });
        }
    }

    /// Changes how deltas are handed out from now on.
    pub fn set_stream(&mut self, stream: Stream) {
        self.stream = stream;
        if stream == Stream::Ordered {
            self.rows = HashMap::default();
            self.in_flight = 0;
        }
    }

    /// Holds everything back, or stops doing so.
    pub fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// The delta of a row that the client may not have applied yet.
    #[must_use]
    pub fn unapplied(&self, row: RowKey) -> Option<u64> {
        let standing = self.rows.get(&row)?;
        [standing.waiting, standing.in_flight].into_iter().find(|id| *id > 0)
    }

    /// The last id handed out, or moved past.
    #[must_use]
    pub fn sent_through(&self) -> u64 {
        self.sent_through
    }

    /// How many deltas are waiting.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len() - self.gaps
    }

    /// Whether so much waits that more is better left in the log until the client has applied some of it.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.waiting() >= MAX_WAITING || self.bytes >= MAX_BYTES
    }

    /// The last id that was taken in.
    #[must_use]
    pub fn newest(&self) -> u64 {
        self.waiting.back().map_or(self.sent_through, |(id, _)| self.sent_through.max(*id))
    }

    /// Takes a delta in. Ids have to grow; what was already taken in is ignored.
    pub fn offer(&mut self, delta: Delta<P>) {
        if delta.id <= self.newest() {
            return;
        }
        let mut parcel = Parcel::new(delta);
        if self.stream == Stream::Windowed && concerns_row(parcel.delta.letter) {
            // What is still under way may undo for the client what it has just shown.
            parcel.reapply = parcel.delta.own && self.unapplied(parcel.delta.row).is_some();
            let standing = self.rows.entry(parcel.delta.row).or_default();
            let earlier = std::mem::replace(&mut standing.waiting, parcel.delta.id);
            if earlier > 0 {
                self.merge_into(&mut parcel, earlier);
            }
        }
        self.bytes += parcel.bytes();
        self.waiting.push_back((parcel.delta.id, Some(parcel)));
    }

    /// Lets a delta stand for an earlier one of its row as well, if it can.
    fn merge_into(&mut self, parcel: &mut Parcel<P>, earlier: u64) {
        let Ok(at) = self.waiting.binary_search_by_key(&earlier, |(id, _)| *id) else { return };
        let Some((_, Some(before))) = self.waiting.get(at) else { return };
        let letter = merge(before.delta.letter, parcel.delta.letter)
            .filter(|_| before.delta.payload.same_row(&parcel.delta.payload))
            .filter(|letter| *letter != DeltaAction::Insert || self.is_new(before, &parcel.delta));
        let Some(letter) = letter else { return };
        let Some(before) = self.waiting.get_mut(at).and_then(|(_, slot)| slot.take()) else { return };
        self.bytes -= before.bytes();
        parcel.merged = true;
        parcel.delta.letter = letter;
        parcel.is_partly_own |= before.is_partly_own;
        let merged_before = before.insertion.as_ref().map(|insertion| insertion.id);
        if letter == DeltaAction::Insert {
            let insertion = before.insertion.unwrap_or_else(|| Box::new(before.delta));
            self.insertions.insert(insertion.id, parcel.delta.id);
            parcel.insertion = Some(insertion);
        } else if let Some(id) = merged_before {
            self.insertions.remove(&id);
        }
        self.gaps += 1;
        if self.gaps > KEPT && self.gaps > self.waiting.len() / 2 {
            self.waiting.retain(|(_, parcel)| parcel.is_some());
            self.gaps = 0;
        }
    }

    /// A bootstrap that reaches this far was served, perhaps to this client. An insertion changes nothing in a client that
    /// has loaded the row, so an update it has not loaded must come by itself.
    pub fn loaded(&mut self, head: u64) {
        if !self.loaded.insert(head) {
            return;
        }
        let torn: Vec<u64> =
            self.insertions.range(..=head).filter(|(_, under)| **under > head).map(|(id, _)| *id).collect();
        torn.into_iter().for_each(|id| self.tear(id));
    }

    /// Takes an insertion out of what stands for it as well.
    fn tear(&mut self, id: u64) {
        let Some(under) = self.insertions.remove(&id) else { return };
        let Ok(at) = self.waiting.binary_search_by_key(&under, |(id, _)| *id) else { return };
        let Some((_, Some(parcel))) = self.waiting.get_mut(at) else { return };
        let Some(insertion) = parcel.insertion.take() else { return };
        parcel.delta.letter = DeltaAction::Update;
        let slot = (id, Some(Parcel::new(*insertion)));
        match self.waiting.binary_search_by_key(&id, |(id, _)| *id) {
            Ok(gap) => {
                if let Some(gap) = self.waiting.get_mut(gap) {
                    *gap = slot;
                    self.gaps -= 1;
                }
            }
            Err(at) => self.waiting.insert(at, slot),
        }
    }

    /// The first id that waits. Insertions that came before it and wait under a later one are made sure of: they can be
    /// taken out again, should a bootstrap be learned of, only while nothing after them has gone. So unless everything up
    /// to there goes at once, they go by themselves.
    fn front(&mut self) -> Option<u64> {
        loop {
            while let Some((_, None)) = self.waiting.front() {
                self.waiting.pop_front();
                self.gaps -= 1;
            }
            let front = self.waiting.front()?.0;
            if self.stream == Stream::Ordered || front <= self.clear_through {
                return Some(front);
            }
            let passed = self.insertions.range(..front).filter(|(_, under)| **under > front);
            let Some((id, under)) = passed.max_by_key(|(_, under)| **under).map(|(id, under)| (*id, *under)) else {
                return Some(front);
            };
            if self.all_may_go(under) {
                self.clear_through = under;
                return Some(front);
            }
            self.tear(id);
        }
    }

    /// Whether everything that waits up to an id may be sent now.
    fn all_may_go(&self, through: u64) -> bool {
        let waiting = self.waiting.iter().take_while(|(id, _)| *id <= through);
        let mut in_flight = self.in_flight;
        waiting.filter_map(|(_, parcel)| parcel.as_ref()).all(|parcel| {
            let delta = &parcel.delta;
            if !concerns_row(delta.letter) {
                return true;
            }
            in_flight += 1;
            // A later one of its row would have to wait for it.
            let is_free = |standing: &Standing| standing.in_flight == 0 && standing.waiting == delta.id;
            in_flight <= MAX_IN_FLIGHT && self.rows.get(&delta.row).is_some_and(is_free)
        })
    }

    /// Whether a client that is to get an insertion and this in one has not got the row already, without this.
    fn is_new(&self, insertion: &Parcel<P>, next: &Delta<P>) -> bool {
        let is_loaded = self.loaded.range(insertion.first()..next.id).next().is_some();
        let is_made_here = insertion.delta.own && !next.own;
        !is_loaded && !is_made_here
    }

    /// Goes back to an earlier place, from which everything is offered again.
    pub fn rewind(&mut self, at: u64) {
        self.sent_through = at;
        self.waiting.clear();
        self.insertions.clear();
        (self.gaps, self.bytes, self.clear_through) = (0, 0, 0);
        self.rows.retain(|_, standing| {
            standing.waiting = 0;
            standing.in_flight > 0
        });
    }

    /// How deltas are handed out.
    #[must_use]
    pub fn stream(&self) -> Stream {
        self.stream
    }

    /// The client has applied everything up to this id.
    pub fn acked(&mut self, id: u64) {
        self.acked = self.acked.max(id);
        self.arrived(|sent| sent <= id);
        self.note();
    }

    /// Forgets of rows in flight what the client has applied, or passed over.
    fn arrived(&mut self, is_applied: impl Fn(u64) -> bool) {
        if self.in_flight == 0 {
            return;
        }
        self.in_flight = 0;
        let in_flight = &mut self.in_flight;
        self.rows.retain(|_, standing| {
            if is_applied(standing.in_flight) {
                standing.in_flight = 0;
            }
            *in_flight += usize::from(standing.in_flight > 0);
            standing.in_flight > 0 || standing.waiting > 0
        });
        // After a rush of rows little is kept for the next one.
        if self.rows.capacity() > 4 * KEPT && self.rows.len() < KEPT {
            self.rows.shrink_to(KEPT);
        }
    }

    /// The first id that is under way.
    fn first_in_flight(&self) -> Option<u64> {
        self.rows.values().map(|standing| standing.in_flight).filter(|id| *id > 0).min()
    }

    /// Through which delta the client has applied everything, or passed it over.
    #[must_use]
    pub fn applied(&self) -> u64 {
        let waiting = self.waiting.iter().find_map(|(id, parcel)| parcel.as_ref().map(|_| *id));
        let first = self.first_in_flight().into_iter().chain(waiting).min();
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
        let through = self.first_in_flight().map_or(self.sent_through, |first| first - 1);
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
        let waits = is_awaited || self.waiting() > 0;
        if self.in_flight == 0 || !waits || self.held || self.asked.is_some() {
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

    /// Whether a delta may be sent now and as it is, as nearly all may: what [`Outbound::offer`] and [`Outbound::pop`] would
    /// come to. If not, nothing has happened, and it is to be offered.
    pub fn pass(&mut self, id: u64, letter: DeltaAction, row: RowKey, own: bool, now: u64) -> bool {
        let leaves_marks = match (letter, own) {
            (DeltaAction::Update, true) | (DeltaAction::Archive, false) => false,
            (DeltaAction::Update, false) | (DeltaAction::Delete, _) => self.marks.is_empty() && self.assumed.is_none(),
            _ => true,
        };
        let is_next = !self.held && self.waiting.is_empty() && id > self.sent_through;
        if self.stream != Stream::Windowed || !concerns_row(letter) || !leaves_marks || !is_next {
            return false;
        }
        self.forget_applied(now);
        if self.in_flight >= MAX_IN_FLIGHT {
            return false;
        }
        let Entry::Vacant(standing) = self.rows.entry(row) else { return false };
        standing.insert(Standing { waiting: 0, in_flight: id });
        self.in_flight += 1;
        self.forget_loaded(id);
        self.note_sent(id, now);
        true
    }

    /// Forgets of bootstraps what is earlier than everything that waits or may come.
    fn forget_loaded(&mut self, oldest: u64) {
        if self.loaded.first().is_some_and(|head| *head < oldest) {
            self.loaded = self.loaded.split_off(&oldest);
        }
    }

    fn note_sent(&mut self, id: u64, now: u64) {
        self.sent_through = self.sent_through.max(id);
        self.last_sent_at = now;
        self.asked = None;
        self.arrived_at = None;
    }

    fn forget_applied(&mut self, now: u64) {
        if self.in_flight > 0 && now >= self.applied_at() {
            self.arrived(|_| true);
            self.note();
        }
    }

    /// The next delta that may be sent now.
    pub fn pop(&mut self, now: u64) -> Option<Parcel<P>> {
        if self.held {
            return None;
        }
        self.forget_applied(now);
        let id = self.front()?;
        let next = self.waiting.front()?.1.as_ref()?;
        if self.stream == Stream::Windowed && concerns_row(next.delta.letter) {
            let standing = self.rows.entry(next.delta.row).or_default();
            if self.in_flight >= MAX_IN_FLIGHT || standing.in_flight > 0 {
                return None;
            }
            // Before anything is said to be known through this id.
            standing.in_flight = id;
            self.in_flight += 1;
            if standing.waiting == id {
                standing.waiting = 0;
            }
        }
        let parcel = self.waiting.pop_front()?.1?;
        self.bytes -= parcel.bytes();
        if let Some(insertion) = &parcel.insertion {
            self.insertions.remove(&insertion.id);
        }
        let oldest = self.insertions.first_key_value().map_or(id, |(insertion, _)| *insertion);
        self.forget_loaded(oldest);
        if self.waiting.is_empty() && self.waiting.capacity() > KEPT {
            self.waiting = VecDeque::new();
        }
        self.note_sent(id, now);
        Some(self.mark(parcel))
    }

    /// When [`Outbound::pop`] may have more to give, or less may be under way, without anything else happening.
    #[must_use]
    pub fn next_due(&self, is_awaited: bool) -> Option<u64> {
        let waits = is_awaited || self.waiting() > 0;
        (waits && !self.held && self.in_flight > 0).then(|| self.applied_at())
    }

    /// Keeps track of the fields the client hides from others, and of who has to be told what.
    fn mark(&mut self, mut parcel: Parcel<P>) -> Parcel<P> {
        if self.stream != Stream::Windowed || !self.settling || !concerns_row(parcel.delta.letter) {
            return parcel;
        }
        let before = self.marks.get(&parcel.delta.row).copied().or(self.assumed);
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
            self.remember(parcel.delta.row, mark);
        }
        parcel
    }

    fn remember(&mut self, row: RowKey, mark: Mark) {
        if self.marks.len() >= MAX_MARKS && !self.marks.contains_key(&row) {
            self.marks.clear();
            self.assumed = Some(Mark::WrittenAgain);
        }
        self.marks.insert(row, mark);
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
