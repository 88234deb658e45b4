//! Every state three participants can bring one row into.
//!
//! The participants are not assumed to behave: at any time any of them may send any command with any handle and any
//! token it may ever have seen. That covers crashes (a participant that sends nothing more), disconnects, and messages
//! that are lost, repeated or arrive in another order. Time and tokens are kept relative to the present, which makes the
//! space finite, so it is visited whole.

use std::collections::{BTreeSet, HashMap};

use super::laws::{self, Before};
use super::*;
use crate::claims::defect::{Defect, with};

/// The present in every explored state.
const NOW: u64 = 100;
/// The last token in every explored state; older ones lie at most two behind it.
const LAST: u64 = 3;
const LEASE_MS: u64 = 1;
const WAITER_MS: u64 = 2;

const PEOPLE: [&str; 3] = ["a", "b", "c"];

/// The handles each participant uses. One has two, and one of them is also used by someone else.
fn handles(who: &str) -> &'static [&'static str] {
    match who {
        "a" => &["h1", "h2"],
        "b" => &["h1"],
        _ => &["h3"],
    }
}

#[derive(Clone, Debug)]
enum Action {
    Pass,
    Tick,
    Send { who: &'static str, preempts: bool, command: Box<ClaimCommand> },
    Write { who: &'static str, claim: Option<&'static str>, token: Option<u64> },
}

fn actions() -> Vec<Action> {
    let mut all = vec![Action::Pass, Action::Tick];
    for who in PEOPLE {
        let mut send =
            |preempts: bool, command: ClaimCommand| all.push(Action::Send { who, preempts, command: command.into() });
        for &claim in handles(who) {
            let patient = wish(claim);
            let hasty = Acquire { wait: false, ..wish(claim) };
            let picky = Acquire { max_queue_depth: Some(1), ..wish(claim) };
            send(false, ClaimCommand::Acquire(patient.clone()));
            send(false, ClaimCommand::Acquire(hasty));
            send(false, ClaimCommand::Acquire(picky));
            send(true, ClaimCommand::Acquire(patient));
        }
        for claim in [None, Some("h1"), Some("h2"), Some("h3")] {
            for token in [None, Some(LAST), Some(LAST - 1)] {
                let (claim, token) = (claim.map(handle), token.map(FencingToken));
                send(false, ClaimCommand::Release { claim: claim.clone(), token });
                send(false, ClaimCommand::Renew { claim, token, ttl_ms: None });
            }
        }
        send(false, ClaimCommand::Disconnect { claim: None });
        send(false, ClaimCommand::Disconnect { claim: Some(handle("h1")) });
        for token in [None, Some(LAST), Some(LAST - 1), Some(LAST - 2)] {
            all.push(Action::Write { who, claim: None, token });
        }
        for claim in ["h1", "h2", "h3"] {
            all.push(Action::Write { who, claim: Some(claim), token: None });
        }
    }
    for order in
        [[("b", "h1"), ("c", "h3")], [("c", "h3"), ("b", "h1")], [("c", "h3"), ("a", "h2")], [("b", "h3"), ("a", "h1")]]
    {
        let order = order.map(|(who, claim)| QueuePlace { held_by: who.into(), intent_id: handle(claim) }).to_vec();
        all.push(Action::Send { who: "a", preempts: false, command: ClaimCommand::Reorder { order }.into() });
    }
    all
}

/// A state of the world: the row, and the youngest write anyone got accepted under a lease.
#[derive(Clone)]
struct World {
    row: RowClaims,
    written: Option<(FencingToken, ParticipantRef)>,
}

impl World {
    /// Moves time and tokens so that the present is [`NOW`] and the last token [`LAST`], forgetting what no rule looks
    /// at. Two worlds with the same future become the same text.
    fn settle_into(&mut self, now: u64) -> String {
        let age = |token: FencingToken, last: FencingToken| FencingToken((LAST + token.0).saturating_sub(last.0));
        let last = self.row.last_token;
        if last.0 > LAST {
            self.row.last_token = FencingToken(LAST);
            if let Some(lease) = &mut self.row.lease {
                lease.token = age(lease.token, last);
            }
            if let Some((token, _)) = &mut self.written {
                *token = age(*token, last);
            }
            if self.written.as_ref().is_some_and(|(token, _)| token.0 == 0) {
                self.written = None;
            }
        }
        let lease = self.row.lease.as_mut().map(|lease| {
            lease.granted_at = 0;
            &mut lease.entry
        });
        for entry in lease.into_iter().chain(&mut self.row.queue) {
            for end in entry.ends.iter_mut().chain([&mut entry.expires_at]) {
                *end = (NOW + *end).saturating_sub(now).max(NOW);
            }
            entry.created_at = 0;
        }
        format!("{} {:?}", serde_json::to_string(&self.row).unwrap(), self.written)
    }
}

fn limits() -> ClaimLimits {
    ClaimLimits { default_ttl_ms: LEASE_MS, max_ttl_ms: LEASE_MS, waiter_ttl_ms: WAITER_MS, ..ClaimLimits::default() }
}

/// One action in one world, judged.
fn perform(world: &World, action: &Action) -> Result<(World, u64), String> {
    let mut after = world.clone();
    let mut now = NOW;
    let context = RowContext { model: "tasks", id: "t1", limits: limits(), policy: &PreemptByOperation };
    let at = Moment { now, head: SyncId(0) };
    match action {
        Action::Pass => now += 1,
        Action::Tick => {
            let events = after.row.tick(at, &context);
            laws::settled(&after.row, now)?;
            laws::accounted(&world.row, &after.row, &events, None)?;
            laws::fair(&world.row, &after.row, now, &[])?;
        }
        Action::Send { who, preempts, command } => {
            let who = participant(who);
            let allows = |operation: &str| match operation {
                PreemptByOperation::OPERATION => *preempts,
                _ => true,
            };
            let actor = Actor { participant: &who, allows: &allows };
            let (reply, events) = after.row.step(&actor, command, at, &context);
            let before = Before { row: &world.row, now, who: &who, preempts: *preempts };
            laws::command(&before, command, &reply, &events, &after.row)?;
            let mut again = after.row.clone();
            let (_, events) = again.step(&actor, command, at, &context);
            laws::repeated(command, &after.row, &again, &events)?;
        }
        Action::Write { who, claim, token } => {
            let who = participant(who);
            let actor = Actor { participant: &who, allows: &|_| false };
            let (claim, token) = (claim.map(handle), token.map(FencingToken));
            let pass = world.row.may_write(&actor, claim.as_ref(), token, at, &context);
            laws::write(&world.row, now, &who, claim.as_ref(), token, &pass)?;
            if let Ok(WritePass { token: Some(token), .. }) = pass {
                if let Some((younger, by)) = &world.written
                    && (token < *younger || (token == *younger && *by != who))
                {
                    return Err(format!(
                        "a write with {token:?} by {} after one with {younger:?} by {}",
                        who.id, by.id
                    ));
                }
                after.written = Some((token, who.clone()));
                let _ = after.row.step(&actor, &ClaimCommand::Committed, at, &context);
            }
        }
    }
    Ok((after, now))
}

/// Visits every reachable world.
///
/// # Errors
/// The shortest way to a broken law.
fn explore() -> Result<Explored, String> {
    let actions = actions();
    let mut start = World { row: RowClaims { last_token: FencingToken(LAST), ..RowClaims::default() }, written: None };
    let mut known = HashMap::from([(start.settle_into(NOW), 0)]);
    let mut worlds = vec![(start, None::<(usize, usize)>)];
    let mut transitions = 0;
    let mut next = 0;
    while next < worlds.len() {
        for (index, action) in actions.iter().enumerate() {
            transitions += 1;
            let (mut after, now) = perform(&worlds[next].0, action).map_err(|law| {
                let mut way = vec![format!("{action:?}")];
                let mut at = next;
                while let Some((from, by)) = worlds[at].1 {
                    way.push(format!("{:?}", actions[by]));
                    at = from;
                }
                way.reverse();
                format!("{law}\nafter {}", way.join("\n  then "))
            })?;
            let count = worlds.len();
            if *known.entry(after.settle_into(now)).or_insert(count) == count {
                worlds.push((after, Some((next, index))));
            }
        }
        next += 1;
    }
    Ok(Explored { worlds: worlds.into_iter().map(|(world, _)| world.row).collect(), transitions })
}

struct Explored {
    worlds: Vec<RowClaims>,
    transitions: usize,
}

/// Where a claim stands, as the diagram calls it.
fn standing(row: &RowClaims, (who, claim): &(ParticipantRef, ClaimId)) -> &'static str {
    match row.entries().position(|entry| entry.participant == *who && entry.handles.contains(claim)) {
        Some(0) if row.lease().is_some() => "Holding",
        Some(_) => "Waiting",
        None => "[*]",
    }
}

#[test]
fn every_reachable_state_keeps_the_laws() {
    let explored = with(None, explore).unwrap_or_else(|broken| panic!("{broken}"));
    // The space is only worth something if it is not trivially small.
    assert!(explored.worlds.len() > 4_000 && explored.transitions > 400_000);
    assert_eq!(drawn(include_str!("../mod.rs")), walked(&explored.worlds));
}

/// The ways between standings in the module's diagram.
fn drawn(module: &str) -> BTreeSet<(&str, &str)> {
    let arrows = module.lines().filter_map(|line| line.strip_prefix("//!     ")?.split_once(" --> "));
    arrows.map(|(from, to)| (from, to.split_once(": ").map_or(to, |(to, _)| to))).collect()
}

/// The ways claims really go between standings, one step of one kind at a time.
fn walked(worlds: &[RowClaims]) -> BTreeSet<(&'static str, &'static str)> {
    let context = RowContext { model: "tasks", id: "t1", limits: limits(), policy: &PreemptByOperation };
    let at = Moment { now: NOW, head: SyncId(0) };
    let claim = |who| handles(who).iter().map(move |claim| (participant(who), handle(claim)));
    let claims: Vec<_> = PEOPLE.into_iter().flat_map(claim).collect();
    let actions = actions();
    let mut ways = BTreeSet::new();
    for row in worlds {
        let mut settled = row.clone();
        let _ = settled.tick(at, &context);
        for claim in &claims {
            let way = (standing(row, claim), standing(&settled, claim));
            if way.0 != way.1 {
                ways.insert(way);
            }
        }
        for action in &actions {
            let Action::Send { who, preempts, command } = action else { continue };
            let actor = Actor { participant: &participant(who), allows: &|_| *preempts };
            let mut after = settled.clone();
            let _ = after.step(&actor, command, at, &context);
            ways.extend(claims.iter().map(|claim| (standing(&settled, claim), standing(&after, claim))));
        }
    }
    ways
}

#[test]
fn every_planted_defect_breaks_a_law() {
    for defect in Defect::ALL {
        let found = with(Some(defect), explore);
        assert!(found.is_err(), "{defect:?} was not noticed");
    }
}
