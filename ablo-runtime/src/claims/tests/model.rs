//! A second, plain statement of what claims do, and random histories told to both.
//!
//! The model keeps one list of places. The first place holds the row; a place is promoted by becoming the first. It
//! shares nothing with the machine but the commands.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::claims::defect::{Defect, with};

#[derive(Clone, Debug, PartialEq)]
struct Place {
    who: &'static str,
    /// Each with its end.
    handles: Vec<(&'static str, u64)>,
    lease_ms: u64,
    held: bool,
    wrote: bool,
}

impl Place {
    fn has(&self, handle: &str) -> bool {
        self.handles.iter().any(|(own, _)| *own == handle)
    }
}

#[derive(Default)]
struct Model {
    places: Vec<Place>,
    /// The token of the first place.
    token: u64,
    now: u64,
}

#[derive(Clone, Debug)]
enum Move {
    Pass(u64),
    Tick,
    Acquire { who: usize, handle: usize, ttl_ms: Option<u64>, wait: bool, depth: Option<u32>, preempts: bool },
    Release { who: usize, handle: Option<usize>, token_age: Option<u64> },
    Renew { who: usize, handle: Option<usize>, token_age: Option<u64>, ttl_ms: Option<u64> },
    Disconnect { who: usize, handle: Option<usize> },
    Reorder { who: usize, order: Vec<(usize, usize)> },
    Write { who: usize, handle: Option<usize>, token_age: Option<u64> },
}

const PEOPLE: [&str; 4] = ["a", "b", "c", "d"];
const HANDLES: [&str; 3] = ["h1", "h2", "h3"];
const LIMITS: ClaimLimits =
    ClaimLimits { default_ttl_ms: 10, max_ttl_ms: 25, waiter_ttl_ms: 15, max_queue: 3, max_handles: 2 };

impl Model {
    /// Everyone whose time is over leaves, in line or holding; whoever is first then and was not, begins a lease.
    fn pass_on(&mut self) {
        let now = self.now;
        for place in &mut self.places {
            place.handles.retain(|(_, end)| *end > now);
        }
        self.places.retain(|place| !place.handles.is_empty());
        if let Some(first) = self.places.first_mut().filter(|first| !first.held) {
            self.token += 1;
            first.held = true;
            let end = now + first.lease_ms;
            first.handles.iter_mut().for_each(|handle| handle.1 = end);
        }
    }

    /// The places a participant's handle, or any of its handles, has.
    fn places(&mut self, who: &str, handle: Option<&str>) -> impl Iterator<Item = (usize, &mut Place)> {
        let own = move |place: &Place| place.who == who && handle.is_none_or(|handle| place.has(handle));
        self.places.iter_mut().enumerate().filter(move |(_, place)| own(place))
    }

    /// What the move answers, as one word.
    fn play(&mut self, step: &Move) -> String {
        if let Move::Pass(ms) = step {
            self.now += ms;
            return String::new();
        }
        let told = self.token;
        self.pass_on();
        let answer = self.act(step, told);
        self.pass_on();
        answer
    }

    /// `told` is the token the sender could know, against which the ages in a move count.
    fn act(&mut self, step: &Move, told: u64) -> String {
        let (now, current) = (self.now, self.token);
        let fits = |index: usize, age: Option<u64>| age.is_none_or(|age| index == 0 && told == current + age);
        match *step {
            Move::Pass(_) | Move::Tick => String::new(),
            Move::Acquire { who, handle, ttl_ms, wait, depth, preempts } => {
                self.acquire(PEOPLE[who], HANDLES[handle], ttl_ms, wait, depth, preempts)
            }
            Move::Release { who, handle, token_age } => {
                let handle = handle.map(|handle| HANDLES[handle]);
                let mut released = false;
                for (index, place) in self.places(PEOPLE[who], handle) {
                    if fits(index, token_age) {
                        place.handles.retain(|(own, _)| handle.is_some_and(|handle| handle != *own));
                        released = true;
                    }
                }
                format!("released {released}")
            }
            Move::Renew { who, handle, token_age, ttl_ms } => {
                let mut renewed = false;
                for (index, place) in self.places(PEOPLE[who], handle.map(|handle| HANDLES[handle])) {
                    if !fits(index, token_age) {
                        continue;
                    }
                    renewed = true;
                    if index == 0 {
                        place.lease_ms = ttl_ms.map_or(place.lease_ms, |ms| ms.min(25));
                    }
                    let longer = if index == 0 { place.lease_ms } else { 15 };
                    for (own, end) in &mut place.handles {
                        if handle.is_none_or(|handle| HANDLES[handle] == *own) {
                            *end = (*end).max(now + longer);
                        }
                    }
                }
                if renewed { "renewed".into() } else { "lost".into() }
            }
            Move::Disconnect { who, handle } => {
                let handle = handle.map(|handle| HANDLES[handle]);
                for (_, place) in self.places(PEOPLE[who], handle).filter(|(index, _)| *index > 0) {
                    place.handles.retain(|(own, _)| handle.is_some_and(|handle| handle != *own));
                }
                String::new()
            }
            Move::Reorder { who: 0, ref order } => {
                let mut line = self.places.split_off(self.places.len().min(1));
                let rank = |place: &Place| {
                    let named =
                        |(who, handle): &(usize, usize)| PEOPLE[*who] == place.who && place.has(HANDLES[*handle]);
                    order.iter().position(named).unwrap_or(order.len())
                };
                line.sort_by_key(rank);
                self.places.append(&mut line);
                String::new()
            }
            Move::Reorder { .. } => "unauthorized".into(),
            Move::Write { who, handle, token_age } => {
                let claims = handle.is_some() || token_age.is_some();
                let free = self.places.is_empty();
                match self.places(PEOPLE[who], handle.map(|handle| HANDLES[handle])).next() {
                    Some((0, place)) if fits(0, token_age) => {
                        place.wrote = true;
                        "written".into()
                    }
                    _ if claims => "lost".into(),
                    _ if free => "written".into(),
                    _ => "foreign".into(),
                }
            }
        }
    }

    fn acquire(
        &mut self,
        who: &'static str,
        handle: &'static str,
        ttl_ms: Option<u64>,
        wait: bool,
        depth: Option<u32>,
        preempts: bool,
    ) -> String {
        let lease_ms = ttl_ms.unwrap_or(10).min(25);
        let now = self.now;
        let own = || self.places.iter().filter(|place| place.who == who);
        let known = own().any(|place| place.has(handle));
        if !known && own().flat_map(|place| &place.handles).count() >= 2 {
            return "too many handles".into();
        }
        let mut place = Place { who, handles: vec![(handle, now + lease_ms)], lease_ms, held: false, wrote: false };
        let waiting = self.places.iter().skip(1).position(|place| place.who == who && place.has(handle));
        if let Some(first) = self.places.first_mut().filter(|first| first.who == who) {
            first.lease_ms = first.lease_ms.max(lease_ms);
            match first.handles.iter_mut().find(|(own, _)| *own == handle) {
                Some((_, end)) => *end = (*end).max(now + lease_ms),
                None => first.handles.push((handle, now + lease_ms)),
            }
            waiting.map(|index| self.places.remove(index + 1));
            return format!("granted {}", self.token);
        }
        if self.places.is_empty() || preempts {
            if let Some(index) = waiting {
                place.lease_ms = self.places.remove(index + 1).lease_ms.max(lease_ms);
            }
            self.places.splice(..self.places.len().min(1), [place]);
            self.pass_on();
            return format!("granted {}", self.token);
        }
        if !wait {
            return "held".into();
        }
        if let Some(index) = waiting {
            let place = &mut self.places[index + 1];
            place.lease_ms = place.lease_ms.max(lease_ms);
            place.handles[0].1 = place.handles[0].1.max(now + 15);
            return format!("queued {index}");
        }
        if self.places.len() > depth.unwrap_or(3).min(3) as usize {
            return "too deep".into();
        }
        place.handles[0].1 = now + 15;
        self.places.push(place);
        format!("queued {}", self.places.len() - 2)
    }
}

/// The machine's answer in the model's words.
fn word(reply: &ClaimReply) -> String {
    match reply {
        ClaimReply::Granted(grant) => format!("granted {}", grant.token),
        ClaimReply::Queued { position, .. } => format!("queued {position}"),
        ClaimReply::Renewed { .. } => "renewed".into(),
        ClaimReply::Released(released) => format!("released {released}"),
        ClaimReply::Done => String::new(),
        ClaimReply::Refused(Refusal::Held { .. }) => "held".into(),
        ClaimReply::Refused(Refusal::QueueTooDeep { .. }) => "too deep".into(),
        ClaimReply::Refused(Refusal::TooManyHandles) => "too many handles".into(),
        ClaimReply::Refused(Refusal::Lost) => "lost".into(),
        ClaimReply::Refused(Refusal::Unauthorized) => "unauthorized".into(),
    }
}

fn play(bench: &mut Bench, step: &Move) -> String {
    let last = bench.row.last_token().0;
    let token = |age: Option<u64>| age.map(|age| FencingToken(last.wrapping_sub(age)));
    let named = |index: Option<usize>| index.map(|index| handle(HANDLES[index]));
    bench.allowed = Vec::new();
    let (who, command) = match step.clone() {
        Move::Pass(ms) => {
            bench.now += ms;
            return String::new();
        }
        Move::Tick => {
            let _ = bench.tick();
            return String::new();
        }
        Move::Acquire { who, handle, ttl_ms, wait, depth, preempts } => {
            if preempts {
                bench.allowed.push(PreemptByOperation::OPERATION);
            }
            (who, ClaimCommand::Acquire(Acquire { ttl_ms, wait, max_queue_depth: depth, ..wish(HANDLES[handle]) }))
        }
        Move::Release { who, handle, token_age } => {
            (who, ClaimCommand::Release { claim: named(handle), token: token(token_age) })
        }
        Move::Renew { who, handle, token_age, ttl_ms } => {
            (who, ClaimCommand::Renew { claim: named(handle), token: token(token_age), ttl_ms })
        }
        Move::Disconnect { who, handle } => (who, ClaimCommand::Disconnect { claim: named(handle) }),
        Move::Reorder { who, order } => {
            if who == 0 {
                bench.allowed.push(ClaimCommand::REORDER);
            }
            let place = |(who, claim): (usize, usize)| QueuePlace {
                held_by: PEOPLE[who].into(),
                intent_id: handle(HANDLES[claim]),
            };
            (who, ClaimCommand::Reorder { order: order.into_iter().map(place).collect() })
        }
        Move::Write { who, handle, token_age } => {
            let write = |bench: &Bench| {
                bench.write(PEOPLE[who], handle.map(|handle| HANDLES[handle]), token(token_age).map(|t| t.0))
            };
            // Whether an end was noticed before must make no difference to a write.
            let unnoticed = write(bench);
            let _ = bench.tick();
            let pass = write(bench);
            assert_eq!(pass, unnoticed);
            return match pass {
                Ok(_) => {
                    let _ = bench.step(PEOPLE[who], &ClaimCommand::Committed);
                    "written".into()
                }
                Err(WriteRefusal::Lost { .. }) => "lost".into(),
                Err(WriteRefusal::Foreign { .. }) => "foreign".into(),
            };
        }
    };
    word(&bench.step(PEOPLE[who], &command).0)
}

/// What both say about the row: the last token, whether its holder wrote, and who has a place until when.
type Seen = (u64, bool, Vec<(String, Vec<(String, u64)>)>);

fn seen(bench: &Bench) -> Seen {
    let entry = |entry: &Entry| {
        assert_eq!(entry.ends.iter().max(), Some(&entry.expires_at));
        let handles = entry.handles.iter().zip(&entry.ends).map(|(handle, end)| (handle.to_string(), *end)).collect();
        (entry.participant.id.to_string(), handles)
    };
    let wrote = bench.row.lease().is_some_and(|lease| lease.committed);
    (bench.row.last_token().0, wrote, bench.row.entries().map(entry).collect())
}

fn modelled(model: &Model) -> Seen {
    let place = |place: &Place| {
        (place.who.to_owned(), place.handles.iter().map(|(handle, end)| ((*handle).to_owned(), *end)).collect())
    };
    let wrote = model.places.first().is_some_and(|place| place.wrote);
    (model.token, wrote, model.places.iter().map(place).collect())
}

/// Tells a history to the machine and the model.
///
/// # Errors
/// Where they first disagree.
fn agree(history: &[Move]) -> Result<(), String> {
    let mut bench = Bench::new();
    bench.limits = LIMITS;
    let mut model = Model::default();
    for (index, step) in history.iter().enumerate() {
        let (answer, expected) = (play(&mut bench, step), model.play(step));
        if answer != expected {
            return Err(format!("move {index}, {step:?}: {answer:?}, and the model says {expected:?}"));
        }
        if !matches!(step, Move::Pass(_)) && seen(&bench) != modelled(&model) {
            return Err(format!(
                "move {index}, {step:?}: {:?}, and the model has {:?}",
                seen(&bench),
                modelled(&model)
            ));
        }
    }
    Ok(())
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let who = 0..PEOPLE.len();
    let handle = 0..HANDLES.len();
    let named = || proptest::option::of(0..HANDLES.len());
    let age = || proptest::option::weighted(0.4, 0_u64..3);
    let ttl = || proptest::option::of(1_u64..40);
    let acquire = (
        who.clone(),
        handle.clone(),
        ttl(),
        proptest::bool::weighted(0.8),
        proptest::option::weighted(0.2, 0_u32..4),
        proptest::bool::weighted(0.1),
    );
    let one = prop_oneof![
        4 => (1_u64..12).prop_map(Move::Pass),
        1 => Just(Move::Tick),
        8 => acquire.prop_map(|(who, handle, ttl_ms, wait, depth, preempts)| Move::Acquire { who, handle, ttl_ms, wait, depth, preempts }),
        3 => (who.clone(), named(), age()).prop_map(|(who, handle, token_age)| Move::Release { who, handle, token_age }),
        2 => (who.clone(), named(), age(), ttl()).prop_map(|(who, handle, token_age, ttl_ms)| Move::Renew { who, handle, token_age, ttl_ms }),
        1 => (who.clone(), named()).prop_map(|(who, handle)| Move::Disconnect { who, handle }),
        1 => (0..2_usize, vec((who.clone(), handle), 0..4)).prop_map(|(who, order)| Move::Reorder { who, order }),
        4 => (who, named(), age()).prop_map(|(who, handle, token_age)| Move::Write { who, handle, token_age }),
    ];
    vec(one, 1..80)
}

/// Runs histories, the same ones each time, until one is told differently.
fn disagreement(defect: Option<Defect>, cases: u32) -> Option<String> {
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    with(defect, || runner.run(&moves(), |history| agree(&history).map_err(TestCaseError::fail)))
        .err()
        .map(|error| error.to_string())
}

#[test]
fn random_histories_agree_with_the_model() {
    assert_eq!(disagreement(None, 3_000), None);
}

#[test]
fn random_histories_notice_every_planted_defect() {
    for defect in Defect::ALL {
        assert!(disagreement(Some(defect), 1_000).is_some(), "{defect:?} was not noticed");
    }
}
