use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// A row's value: `None` when it does not exist. The number is its content.
type Rows = BTreeMap<u8, u32>;

/// Which row, and its content.
type Write = (u8, u32);

impl Payload for Write {
    fn same_row(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn bytes(&self) -> u64 {
        300
    }
}

/// Everything that may be sent now.
fn poll(out: &mut Outbound<Write>, now: u64) -> Vec<Parcel<Write>> {
    std::iter::from_fn(|| out.pop(now)).collect()
}

/// The receiving side as clients of version 0.9.0 do it: collect for 100 ms or 50 deltas, keep the first of look-alikes,
/// never update a row by an insertion.
#[derive(Default)]
struct OldClient {
    rows: Rows,
    highest: u64,
    pending: Vec<(u64, DeltaAction, u8, u32)>,
    flush_at: Option<u64>,
}

impl OldClient {
    fn receive(&mut self, parcel: &Parcel<Write>, now: u64) -> Option<u64> {
        let delta = &parcel.delta;
        assert!(delta.id > self.highest, "ids have to grow");
        self.highest = delta.id;
        self.pending.push((delta.id, delta.letter, delta.payload.0, delta.payload.1));
        self.flush_at = Some(now + 100);
        if self.pending.len() >= 50 { self.flush() } else { None }
    }

    fn tick(&mut self, now: u64) -> Option<u64> {
        if self.flush_at.is_some_and(|at| at <= now) { self.flush() } else { None }
    }

    fn flush(&mut self) -> Option<u64> {
        self.flush_at = None;
        let pending = std::mem::take(&mut self.pending);
        let rows: BTreeSet<u8> = pending.iter().map(|(_, _, row, _)| *row).collect();
        let mut applied = None;
        for row in rows {
            let of_row: Vec<_> = pending.iter().filter(|delta| delta.2 == row).collect();
            if let Some(last) = of_row.iter().rev().find(|delta| delta.1 == DeltaAction::Delete) {
                self.rows.remove(&row);
                applied = applied.max(Some(last.0));
                continue;
            }
            let mut before = None;
            for (id, letter, _, value) in of_row {
                if before == Some(*letter) {
                    continue;
                }
                before = Some(*letter);
                match letter {
                    DeltaAction::Insert | DeltaAction::Cover => {
                        self.rows.entry(row).or_insert(*value);
                        applied = applied.max(Some(*id));
                    }
                    DeltaAction::Update if self.rows.contains_key(&row) => {
                        self.rows.insert(row, *value);
                        applied = applied.max(Some(*id));
                    }
                    _ => {}
                }
            }
        }
        applied
    }
}

fn delta(id: u64, letter: DeltaAction, row: u8, value: u32) -> Delta<Write> {
    Delta { id, letter, row: delta_row(row), own: false, payload: (row, value) }
}

fn delta_row(row: u8) -> RowKey {
    RowKey::of("Task", &row.to_string())
}

/// One write of the model: which row, and whether it deletes.
fn write(server: &mut Rows, row: u8, delete: bool, value: u32) -> DeltaAction {
    let existed = server.contains_key(&row);
    match (delete, existed) {
        (true, _) => {
            server.remove(&row);
            DeltaAction::Delete
        }
        (false, true) => {
            server.insert(row, value);
            DeltaAction::Update
        }
        (false, false) => {
            server.insert(row, value);
            DeltaAction::Insert
        }
    }
}

/// Runs a history against the old client and says whether it ended where the server is.
fn converges(history: &[(u8, bool, u64)], acks: bool, stream: Stream) -> bool {
    let history: Vec<_> = history.iter().map(|(row, delete, wait)| (*row, *delete, *wait, None)).collect();
    converges_with(&history, acks, stream)
}

/// The same with bootstraps before some of the writes: this client's, or one of somebody else with the same credential,
/// which is learned of some writes later.
fn converges_with(history: &[(u8, bool, u64, Option<Option<u64>>)], acks: bool, stream: Stream) -> bool {
    let (mut server, mut client, mut out) = (Rows::new(), OldClient::default(), Outbound::new(stream, 0));
    out.set_settling(false);
    let mut now = 1_000;
    let mut id: u64 = 0;
    let step = |client: &mut OldClient, out: &mut Outbound<Write>, now: u64| {
        let mut acked = client.tick(now);
        for parcel in poll(out, now) {
            acked = acked.max(client.receive(&parcel, now));
        }
        if let Some(question) = out.question(false) {
            out.answered(question, now);
        }
        if acks && let Some(acked) = acked {
            out.acked(acked);
        }
    };
    for (row, delete, wait, bootstrap) in history {
        for _ in 0..*wait {
            now += 20;
            step(&mut client, &mut out, now);
        }
        match bootstrap {
            None => {}
            Some(Some(later)) => out.loaded(id.saturating_sub(*later)),
            Some(None) => {
                out.loaded(id);
                client.rows.clone_from(&server);
            }
        }
        id += 1;
        let value = u32::try_from(id).unwrap();
        let letter = write(&mut server, *row, *delete, value);
        out.offer(delta(id, letter, *row, value));
        step(&mut client, &mut out, now);
    }
    for _ in 0..5_000 {
        now += 20;
        step(&mut client, &mut out, now);
        if out.waiting() == 0 && client.pending.is_empty() {
            break;
        }
    }
    assert_eq!(out.waiting(), 0, "everything is sent in the end");
    assert_eq!(out.sent_through(), id);
    client.rows == server
}

proptest! {
    #[test]
    fn an_old_client_ends_where_the_server_is(
        history in prop::collection::vec((0u8..4, prop::bool::weighted(0.15), 0u64..12), 0..60),
        acks in any::<bool>(),
    ) {
        prop_assert!(converges(&history, acks, Stream::Windowed));
    }

    #[test]
    fn bootstraps_that_are_learned_late_change_nothing_in_that(
        history in prop::collection::vec(
            (0u8..4, prop::bool::weighted(0.3), 0u64..3, prop::option::weighted(0.4, prop::option::of(0u64..4))),
            20..60,
        ),
        acks in any::<bool>(),
    ) {
        prop_assert!(converges_with(&history, acks, Stream::Windowed));
    }
}

const LETTERS: [DeltaAction; 7] = [
    DeltaAction::Insert,
    DeltaAction::Update,
    DeltaAction::Delete,
    DeltaAction::Archive,
    DeltaAction::Unarchive,
    DeltaAction::Cover,
    DeltaAction::GroupAdded,
];

proptest! {
    #[test]
    fn what_passes_would_have_been_sent_as_it_is(
        history in prop::collection::vec((0u8..4, prop::sample::select(&LETTERS), any::<bool>(), 0u64..3, 0u64..8), 0..60),
        ordered in prop::bool::weighted(0.1),
        returns in any::<bool>(),
    ) {
        let stream = if ordered { Stream::Ordered } else { Stream::Windowed };
        let mut windows = [true, false].map(|passes| (passes, Outbound::new(stream, 0)));
        let mut now = 1_000;
        if returns {
            windows.iter_mut().for_each(|(_, out)| out.returns(now));
        }
        for (id, (row, letter, own, wait, next)) in (3..).zip(history) {
            now += wait * 90;
            let sent = windows.each_mut().map(|(passes, out)| {
                out.hold(next == 0);
                match next {
                    1 => out.acked(out.sent_through()),
                    2 => if let Some(question) = out.question(true) { out.answered(question, now) },
                    3 => out.loaded(id - wait),
                    4 => out.refused(delta_row(row)),
                    _ => {}
                }
                let delta = Delta { own, ..delta(id, letter, row, 0) };
                let mut sent = Vec::new();
                if *passes && out.pass(id, letter, delta.row, own, now) {
                    sent.push(Parcel::new(delta));
                } else {
                    out.offer(delta);
                }
                sent.extend(poll(out, now));
                (sent, out.loaded.clone(), out.applied(), out.next_due(true), [0, 1, 2, 3].map(|row| out.unapplied(delta_row(row))))
            });
            let [passed, offered] = sent;
            prop_assert_eq!(passed, offered);
        }
    }
}

#[test]
fn the_plain_stream_loses_updates_on_an_old_client() {
    // The model of the client is worth nothing unless it shows the loss the window exists for.
    let history = [(0, false, 0), (0, false, 20), (0, false, 0)];
    assert!(!converges(&history, true, Stream::Ordered));
    assert!(converges(&history, true, Stream::Windowed));
}

#[test]
fn a_capable_client_gets_every_delta() {
    let mut out = Outbound::new(Stream::Ordered, 0);
    for id in 1..=5 {
        out.offer(delta(id, DeltaAction::Update, 0, 0));
    }
    let ids: Vec<u64> = poll(&mut out, 0).iter().map(|parcel| parcel.delta.id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5]);
}

#[test]
fn a_row_waits_for_the_ack_or_for_silence() {
    let mut out = Outbound::new(Stream::Windowed, 0);
    out.offer(delta(1, DeltaAction::Update, 0, 1));
    assert_eq!(poll(&mut out, 1_000).len(), 1);
    out.offer(delta(2, DeltaAction::Update, 0, 2));
    out.offer(delta(3, DeltaAction::Update, 0, 3));
    out.offer(delta(4, DeltaAction::Update, 1, 4));
    assert!(poll(&mut out, 1_100).is_empty(), "the stream is held, not only the row");
    assert_eq!(out.next_due(false), Some(1_000 + SILENCE_MS));
    out.acked(1);
    let parcels = poll(&mut out, 1_110);
    assert_eq!(parcels.iter().map(|p| (p.delta.id, p.merged)).collect::<Vec<_>>(), [(3, true), (4, false)]);
    out.offer(delta(5, DeltaAction::Delete, 1, 0));
    assert!(poll(&mut out, 1_120).is_empty());
    let question = out.question(false).unwrap();
    assert_eq!(out.question(false), None, "asked once");
    out.answered(question + 1, 1_130);
    assert!(poll(&mut out, 1_130 + QUIET_MS).is_empty(), "an answer to something else");
    out.answered(question, 1_150);
    assert_eq!(out.next_due(false), Some(1_150 + QUIET_MS));
    assert!(poll(&mut out, 1_149 + QUIET_MS).is_empty());
    assert_eq!(poll(&mut out, 1_150 + QUIET_MS).len(), 1);
    out.offer(delta(6, DeltaAction::Insert, 1, 0));
    assert!(poll(&mut out, 2_000).is_empty(), "what was answered is not about what was sent since");
    assert_eq!(poll(&mut out, 1_150 + QUIET_MS + SILENCE_MS).len(), 1, "a client may never answer");
}

#[test]
fn an_insertion_takes_updates_in_unless_the_client_may_have_the_row() {
    let letters = |head: Option<u64>, late: Option<u64>, own: bool| {
        let mut out = Outbound::new(Stream::Windowed, 0);
        head.into_iter().for_each(|head| out.loaded(head));
        out.offer(Delta { own, ..delta(11, DeltaAction::Insert, 0, 1) });
        out.offer(delta(12, DeltaAction::Update, 0, 2));
        out.offer(delta(13, DeltaAction::Update, 0, 3));
        late.into_iter().for_each(|head| out.loaded(head));
        let first = poll(&mut out, 1_000);
        out.acked(12);
        let sent = first
            .into_iter()
            .chain(poll(&mut out, 1_001))
            .map(|parcel| (parcel.delta.id, parcel.delta.letter.letter()));
        sent.collect::<Vec<_>>()
    };
    assert_eq!(letters(None, None, false), [(13, "I")]);
    for head in [10, 13, 20] {
        assert_eq!(
            letters(Some(head), None, false),
            [(13, "I")],
            "loaded through {head}: without the row, or with all of it"
        );
    }
    for head in [11, 12] {
        let apart = [(head, "I"), (13, "U")];
        assert_eq!(letters(Some(head), None, false), apart, "loaded through {head}: the row, but not all of it");
        assert_eq!(letters(None, Some(head), false), [(11, "I"), (13, "U")], "also when that is learned late");
    }
    assert_eq!(letters(None, None, true), [(11, "I"), (13, "U")], "its own row it has");
}

#[test]
fn an_insertion_is_never_sent_after_what_came_later() {
    let mut out = Outbound::new(Stream::Windowed, 9);
    out.offer(delta(10, DeltaAction::Delete, 0, 0));
    let mut sent = poll(&mut out, 1_000);
    out.offer(delta(11, DeltaAction::Insert, 0, 1));
    out.offer(delta(12, DeltaAction::Insert, 1, 1));
    out.offer(delta(13, DeltaAction::Update, 0, 2));
    sent.extend(poll(&mut out, 1_010));
    out.loaded(11);
    out.acked(12);
    sent.extend(poll(&mut out, 1_020));
    out.acked(13);
    sent.extend(poll(&mut out, 1_030));
    let sent: Vec<_> = sent.iter().map(|parcel| (parcel.delta.id, parcel.delta.letter.letter())).collect();
    assert_eq!(sent, [(10, "D"), (11, "I"), (12, "I"), (13, "U")]);
}

#[test]
fn an_insertion_goes_by_itself_only_when_something_would_pass_it() {
    // Nothing holds anything back: the row goes once, as it is by now.
    let mut out = Outbound::new(Stream::Windowed, 10);
    out.hold(true);
    for (id, letter, row) in [
        (11, DeltaAction::Insert, 0),
        (12, DeltaAction::Insert, 1),
        (13, DeltaAction::Update, 0),
        (14, DeltaAction::Update, 1),
    ] {
        out.offer(delta(id, letter, row, 1));
    }
    out.hold(false);
    let sent: Vec<_> =
        poll(&mut out, 1_000).iter().map(|parcel| (parcel.delta.id, parcel.delta.letter.letter())).collect();
    assert_eq!(sent, [(13, "I"), (14, "I")]);
}

#[test]
fn heads_are_forgotten_once_everything_is_past_them() {
    let mut out = Outbound::new(Stream::Windowed, 0);
    for id in 1..10_000 {
        out.loaded(id - 1);
        out.offer(delta(id, DeltaAction::Update, 0, 1));
        poll(&mut out, id * 10_000);
    }
    assert!(out.loaded.len() <= 2, "{}", out.loaded.len());
}

#[test]
fn what_a_client_passes_over_it_knows_all_the_same() {
    let mut out = Outbound::new(Stream::Windowed, 4);
    out.acked(4);
    out.offer(delta(5, DeltaAction::Update, 0, 1));
    poll(&mut out, 1_000);
    assert_eq!((out.known_at(4), out.applied()), (4, 4), "it may still be collecting");
    let question = out.question(true).unwrap();
    out.answered(question, 1_010);
    poll(&mut out, 1_010 + QUIET_MS);
    assert_eq!((out.known_at(4), out.applied()), (5, 5), "it applied nothing, so it stands where it stood");
    out.offer(delta(6, DeltaAction::Insert, 1, 1));
    poll(&mut out, 2_000);
    out.acked(6);
    assert_eq!((out.known_at(4), out.known_at(5), out.known_at(6), out.known_at(0)), (5, 5, 6, 0));
}

#[test]
fn old_and_repeated_ids_are_ignored() {
    let mut out = Outbound::new(Stream::Windowed, 5);
    for id in [4, 5, 6, 6] {
        out.offer(delta(id, DeltaAction::Insert, u8::try_from(id).unwrap(), 0));
    }
    assert_eq!(poll(&mut out, 0).len(), 1);
    assert_eq!(out.sent_through(), 6);
}

#[test]
fn a_held_connection_sends_nothing() {
    let mut out = Outbound::new(Stream::Windowed, 0);
    out.hold(true);
    out.offer(delta(1, DeltaAction::Insert, 0, 0));
    assert!(poll(&mut out, 9_999).is_empty());
    assert_eq!(out.next_due(false), None);
    out.hold(false);
    assert_eq!(poll(&mut out, 10_000).len(), 1);
}

#[test]
fn what_others_change_behind_an_unsaved_mark_is_settled_once() {
    let mut out = Outbound::new(Stream::Windowed, 0);
    let mut send = |id: u64, own: bool| {
        out.offer(Delta { own, ..delta(id, DeltaAction::Update, 0, 0) });
        let parcels = poll(&mut out, 1_000);
        out.acked(id);
        (parcels[0].settle, parcels[0].reapply)
    };
    assert_eq!(send(1, false), (false, false), "not written by this client");
    assert_eq!(send(2, true), (false, false));
    assert_eq!(send(3, false), (true, false));
    assert_eq!(send(4, false), (false, false), "settled already");
    assert_eq!(send(5, true), (false, true), "it was cleared while this write was under way");
    assert_eq!(send(6, true), (false, true), "and this one, for all that is known");
    assert_eq!(send(7, false), (true, false));
}

#[test]
fn what_a_refused_update_hides_is_settled() {
    let mut out = Outbound::new(Stream::Windowed, 0);
    let mut id = 0;
    let mut send = |out: &mut Outbound<Write>, own: bool| {
        id += 1;
        out.offer(Delta { own, ..delta(id, DeltaAction::Update, 0, 0) });
        let parcels = poll(out, 1_000);
        out.acked(id);
        (parcels[0].settle, parcels[0].reapply)
    };
    let row = delta(0, DeltaAction::Update, 0, 0).row;
    out.refused(row);
    assert_eq!(send(&mut out, false), (true, false));
    assert_eq!(send(&mut out, false), (false, false));
    out.refused(row);
    assert_eq!(send(&mut out, true), (false, true), "settled before, so cleared perhaps");
    assert_eq!(send(&mut out, false), (true, false));
}

#[test]
fn of_a_client_that_returns_or_wrote_too_many_rows_the_worst_is_assumed() {
    let mut out = Outbound::new(Stream::Windowed, 0);
    let mut id = 0;
    let mut send = |out: &mut Outbound<Write>, own: bool, row: RowKey| {
        id += 1;
        out.offer(Delta { own, row, ..delta(id, DeltaAction::Update, 0, 0) });
        let parcels = poll(out, 1_000);
        out.acked(id);
        (parcels[0].settle, parcels[0].reapply)
    };
    let row = |number: usize| RowKey::of("task", &number.to_string());
    out.returns(0);
    assert_eq!(send(&mut out, false, row(0)), (true, false), "it may have written this before");
    assert_eq!(send(&mut out, false, row(0)), (false, false), "settled already");
    assert_eq!(send(&mut out, true, row(1)), (false, false));

    let mut out = Outbound::new(Stream::Windowed, 0);
    for number in 0..=MAX_MARKS {
        assert_eq!(send(&mut out, true, row(number)), (false, false), "{number}");
    }
    assert_eq!(send(&mut out, false, row(0)), (true, false), "forgotten, but hidden all the same");
    assert_eq!(send(&mut out, true, row(1)), (false, true), "it may have been settled");
}

#[test]
fn what_is_merged_settles_when_somebody_else_wrote_last() {
    let merged = |first: bool, last: bool| {
        let mut out = Outbound::new(Stream::Windowed, 0);
        out.offer(Delta { own: first, ..delta(1, DeltaAction::Update, 0, 0) });
        out.offer(Delta { own: last, ..delta(2, DeltaAction::Update, 0, 0) });
        let parcels = poll(&mut out, 1_000);
        assert_eq!((parcels.len(), parcels[0].merged), (1, true));
        parcels[0].settle
    };
    assert!(merged(true, false), "its own value hides what came after");
    assert!(!merged(false, true) && !merged(true, true) && !merged(false, false));
}

#[test]
fn deletion_and_recreation_are_two_windows() {
    let mut out = Outbound::new(Stream::Windowed, 0);
    out.offer(delta(1, DeltaAction::Delete, 0, 0));
    out.offer(delta(2, DeltaAction::Insert, 0, 7));
    assert_eq!(poll(&mut out, 1_000).iter().map(|p| p.delta.letter).collect::<Vec<_>>(), [DeltaAction::Delete]);
    out.acked(1);
    assert_eq!(poll(&mut out, 1_001).iter().map(|p| p.delta.letter).collect::<Vec<_>>(), [DeltaAction::Insert]);
}

#[test]
fn rows_of_one_hash_wait_for_each_other_and_are_not_merged() {
    let same = |id, row| Delta { row: RowKey::of("Task", "shared"), ..delta(id, DeltaAction::Update, row, row.into()) };
    let mut out = Outbound::new(Stream::Windowed, 0);
    for (id, row) in [(1, 0), (2, 1), (3, 0)] {
        out.offer(same(id, row));
    }
    let mut sent = Vec::new();
    for now in [1_000, 4_000, 7_000] {
        sent.extend(poll(&mut out, now).iter().map(|parcel| parcel.delta.payload));
    }
    assert_eq!(sent, [(0, 0), (1, 1), (0, 0)]);
}

#[test]
fn gaps_are_closed() {
    let mut out = Outbound::new(Stream::Windowed, 0);
    out.offer(delta(1, DeltaAction::Update, 0, 0));
    assert_eq!(poll(&mut out, 1_000).len(), 1);
    for id in 2..10_000 {
        out.offer(delta(id, DeltaAction::Update, u8::try_from(id % 2).unwrap(), u32::try_from(id).unwrap()));
    }
    assert_eq!(out.waiting(), 2);
    assert!(out.waiting.len() < 200, "what was merged away is forgotten: {}", out.waiting.len());
    let ids: Vec<u64> = poll(&mut out, 1_000 + SILENCE_MS).iter().map(|parcel| parcel.delta.id).collect();
    assert_eq!(ids, [9_998, 9_999]);
}

#[test]
fn what_a_client_still_collects_when_it_returns_costs_it_nothing() {
    let mut client = OldClient { rows: Rows::from([(0, 0)]), ..OldClient::default() };
    let mut earlier = Outbound::new(Stream::Windowed, 0);
    earlier.offer(delta(1, DeltaAction::Update, 0, 1));
    for parcel in poll(&mut earlier, 50) {
        client.receive(&parcel, 50);
    }
    // It is back before its 100 ms are over.
    let mut out = Outbound::new(Stream::Windowed, 0);
    out.returns(60);
    out.offer(delta(2, DeltaAction::Update, 0, 2));
    for now in 60..600 {
        client.tick(now);
        if now >= out.begins_at() {
            for parcel in poll(&mut out, now) {
                client.receive(&parcel, now);
            }
        }
    }
    assert_eq!(client.rows, Rows::from([(0, 2)]));
    out.set_stream(Stream::Ordered);
    assert_eq!(out.begins_at(), 0, "who loses nothing does not wait");
}
