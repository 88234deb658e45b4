//! What must hold of every step, said without the machine's own helpers.

use super::*;

type Law = Result<(), String>;

fn law(holds: bool, what: impl FnOnce() -> String) -> Law {
    if holds { Ok(()) } else { Err(what()) }
}

/// The world a command met.
pub(super) struct Before<'a> {
    pub(super) row: &'a RowClaims,
    pub(super) now: u64,
    pub(super) who: &'a ParticipantRef,
    pub(super) preempts: bool,
}

/// A claim, by whose it is and its first handle.
type Name<'a> = (&'a ParticipantRef, &'a ClaimId);

fn name(entry: &Entry) -> Name<'_> {
    (&entry.participant, &entry.handles[0])
}

fn names(entries: &[Entry]) -> Vec<Name<'_>> {
    entries.iter().map(name).collect()
}

fn all(row: &RowClaims) -> Vec<Name<'_>> {
    let lease = row.lease.as_ref().map(|lease| &lease.entry);
    let entries = lease.into_iter().chain(&row.queue);
    entries.flat_map(|entry| entry.handles.iter().map(move |handle| (&entry.participant, handle))).collect()
}

/// Nothing that ran out stays, nobody waits for a free row, no claim has two places.
pub(super) fn settled(row: &RowClaims, now: u64) -> Law {
    law(row.lease.is_some() || row.queue.is_empty(), || "lost wake-up: a free row with a line".into())?;
    let entries: Vec<&Entry> = row.lease.iter().map(|lease| &lease.entry).chain(&row.queue).collect();
    for entry in entries {
        law(entry.ends.iter().all(|end| *end > now), || format!("{:?} outlives its time", entry.participant))?;
        law(!entry.handles.is_empty(), || "a place without handles".into())?;
        law(entry.handles.len() == entry.ends.len(), || "a handle without an end".into())?;
    }
    let places = all(row);
    for (index, place) in places.iter().enumerate() {
        law(!places[..index].contains(place), || format!("{place:?} has two places"))?;
    }
    law(row.lease.as_ref().is_none_or(|lease| lease.token == row.last_token), || {
        "a lease without the last token".into()
    })
}

/// Everybody is told: a handle that is gone has ended, a new lease is granted to each of its handles with a greater
/// token, and a line that moved is announced.
pub(super) fn accounted(
    before: &RowClaims,
    after: &RowClaims,
    events: &[ClaimEvent],
    asking: Option<(&ParticipantRef, &ClaimId)>,
) -> Law {
    let (had, has) = (all(before), all(after));
    for place in &had {
        let gone = !has.contains(place);
        let told = events.iter().any(
            |event| matches!(event, ClaimEvent::Ended { claim, participant, .. } if (participant, claim) == *place),
        );
        law(gone == told || Some(*place) == asking, || format!("{place:?} gone: {gone}, told: {told}"))?;
    }
    law(after.last_token >= before.last_token, || "the last token went back".into())?;
    let taken = after.lease.as_ref().filter(|lease| {
        before
            .lease
            .as_ref()
            .is_none_or(|old| old.entry.participant != lease.entry.participant || old.token != lease.token)
    });
    if let Some(lease) = taken {
        law(lease.token > before.last_token, || format!("granted {:?} after {:?}", lease.token, before.last_token))?;
        for handle in &lease.entry.handles {
            let (who, asked) = (&lease.entry.participant, asking == Some((&lease.entry.participant, handle)));
            let told = events.iter().any(|event| {
                matches!(event,
                ClaimEvent::Granted { claim, participant, token, promoted, .. }
                    if claim == handle && participant == who && *token == lease.token && *promoted != asked)
            });
            law(told, || format!("lost wake-up: {who:?} does not know that {handle:?} holds"))?;
        }
    }
    let moved = names(&before.queue) != names(&after.queue);
    let told = events.contains(&ClaimEvent::QueueChanged);
    law(!moved || told, || "the line moved and nobody was told".into())
}

/// The line keeps its order, newcomers stand at its end, and a free row goes to the first who is still there. `apart`
/// are the participants whose own command let them jump or leave.
pub(super) fn fair(before: &RowClaims, after: &RowClaims, now: u64, apart: &[&ParticipantRef]) -> Law {
    let stayed = |entry: &&Entry| entry.expires_at > now && !apart.contains(&&entry.participant);
    let expected: Vec<_> = before.queue.iter().filter(stayed).map(name).collect();
    let promoted = after.lease.as_ref().map(|lease| name(&lease.entry)).filter(|claim| expected.contains(claim));
    let line: Vec<_> =
        promoted.into_iter().chain(names(&after.queue)).filter(|(who, _)| !apart.contains(who)).collect();
    law(line == expected, || format!("the line was {expected:?} and is {line:?}"))
}

/// One command.
pub(super) fn command(
    before: &Before<'_>,
    command: &ClaimCommand,
    reply: &ClaimReply,
    events: &[ClaimEvent],
    after: &RowClaims,
) -> Law {
    let Before { row, now, who, preempts } = *before;
    settled(after, now)?;
    let asking = match command {
        ClaimCommand::Acquire(wish) => Some((who, &wish.claim)),
        _ => None,
    };
    accounted(row, after, events, asking)?;
    // Who would hold the row if nothing but time had passed.
    let live = row.lease.as_ref().filter(|lease| lease.entry.expires_at > now).map(|lease| (&lease.entry, lease.token));
    let next = || {
        row.queue.iter().find(|entry| entry.expires_at > now).map(|entry| (entry, FencingToken(row.last_token.0 + 1)))
    };
    let due = live.or_else(next);
    // A preemption hits whoever comes to hold the row in the same step as well.
    let preempted = due.filter(|_| preempts).map(|(entry, _)| &entry.participant);
    if !matches!(command, ClaimCommand::Reorder { .. }) {
        fair(row, after, now, &[who, preempted.unwrap_or(who)])?;
    }
    let holds = after.lease.as_ref().map(|lease| (&lease.entry.participant, lease.token));
    let undisturbed = || {
        law(holds == due.map(|(entry, token)| (&entry.participant, token)), || {
            format!("{due:?} was disturbed: {holds:?}")
        })
    };
    match command {
        ClaimCommand::Acquire(wish) => {
            let mine = holds.is_some_and(|(holder, _)| holder == who);
            law(mine == matches!(reply, ClaimReply::Granted(_)), || format!("{reply:?} but holds: {holds:?}"))?;
            match due {
                None => law(mine, || "a free row was not granted".into()),
                Some((entry, token)) if entry.participant == *who => {
                    law(holds == Some((who, token)), || "announcing again changed the lease".into())
                }
                Some(_) if preempts => law(mine, || "the policy's preemption did not take the row".into()),
                Some(_) => {
                    undisturbed()?;
                    let waits = after
                        .queue
                        .iter()
                        .any(|entry| entry.participant == *who && entry.handles.contains(&wish.claim));
                    law(waits == wish.wait || !matches!(reply, ClaimReply::Queued { .. }), || {
                        format!("{reply:?} but waits: {waits}")
                    })
                }
            }
        }
        ClaimCommand::Release { claim, token } => {
            let ours = due.is_some_and(|(entry, current)| {
                entry.participant == *who
                    && claim.as_ref().is_none_or(|claim| entry.handles.contains(claim))
                    && token.is_none_or(|token| token == current)
            });
            if !ours {
                undisturbed()?;
            }
            let left = all(after)
                .iter()
                .any(|(owner, handle)| *owner == who && claim.as_ref().is_none_or(|claim| claim == *handle));
            law(!left || token.is_some(), || "released and still there".into())
        }
        ClaimCommand::Reorder { order } => {
            undisturbed()?;
            let waiting: Vec<_> = row.queue.iter().filter(|entry| entry.expires_at > now).collect();
            let waiting = &waiting[usize::from(live.is_none() && !waiting.is_empty())..];
            let named = |place: &QueuePlace, entry: &Entry| {
                entry.participant.id == place.held_by && entry.handles.contains(&place.intent_id)
            };
            let first = order.iter().filter_map(|place| waiting.iter().find(|entry| named(place, entry)));
            let rest = waiting.iter().filter(|entry| !order.iter().any(|place| named(place, entry)));
            let expected: Vec<_> = first.chain(rest).map(|entry| name(entry)).collect();
            law(names(&after.queue) == expected, || format!("reordered to {:?}, not {expected:?}", names(&after.queue)))
        }
        ClaimCommand::Renew { .. } | ClaimCommand::Disconnect { .. } | ClaimCommand::Committed => undisturbed(),
    }
}

/// Saying the same again changes nothing and tells nobody.
pub(super) fn repeated(command: &ClaimCommand, once: &RowClaims, twice: &RowClaims, events: &[ClaimEvent]) -> Law {
    law(once == twice, || format!("{command:?} again changed {once:?} to {twice:?}"))?;
    let quiet = match command {
        ClaimCommand::Release { .. } | ClaimCommand::Disconnect { .. } | ClaimCommand::Committed => events.is_empty(),
        _ => !events.iter().any(|event| matches!(event, ClaimEvent::Ended { .. })),
    };
    law(quiet, || format!("{command:?} again told {events:?}"))
}

/// A write passes exactly when it is the holder's, or nobody's and claims nothing.
pub(super) fn write(
    row: &RowClaims,
    now: u64,
    who: &ParticipantRef,
    claim: Option<&ClaimId>,
    token: Option<FencingToken>,
    pass: &Result<WritePass, WriteRefusal>,
) -> Law {
    let live = row.lease.as_ref().filter(|lease| lease.entry.expires_at > now);
    let next = row.queue.iter().find(|entry| entry.expires_at > now);
    let fenced = match (live, next) {
        (Some(lease), _) => Some((&lease.entry, lease.token)),
        (None, Some(entry)) => Some((entry, FencingToken(row.last_token.0 + 1))),
        (None, None) => None,
    };
    let expected = match fenced {
        Some((entry, current)) => {
            entry.participant == *who
                && claim.is_none_or(|claim| entry.handles.contains(claim))
                && token.is_none_or(|token| token == current)
        }
        None => claim.is_none() && token.is_none(),
    };
    law(pass.is_ok() == expected, || format!("a write by {who:?} under {claim:?} {token:?}: {pass:?}"))
}
