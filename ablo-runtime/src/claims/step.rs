use ablo_schema::wire::{ClaimId, FencingToken, ParticipantRef, QueuePlace};

use super::defect::{Defect, planted};
use super::{
    Acquire, Actor, ClaimCommand, ClaimEvent, ClaimReply, Conflict, Decision, End, Entry, Grant, Lease, Moment,
    Refusal, RowClaims, RowContext,
};

impl RowClaims {
    /// Carries out one command. What has run out by then is ended first, and a row that is free afterwards goes to the
    /// first in line.
    #[must_use]
    pub fn step(
        &mut self,
        actor: &Actor<'_>,
        command: &ClaimCommand,
        at: Moment,
        context: &RowContext<'_>,
    ) -> (ClaimReply, Vec<ClaimEvent>) {
        let mut step = Step { row: self, at, context, events: Vec::new(), line_moved: false };
        if !(planted(Defect::RenewRevives) && matches!(command, ClaimCommand::Renew { .. })) {
            step.settle();
        }
        let who = actor.participant;
        let reply = match command {
            ClaimCommand::Acquire(wish) => step.acquire(actor, wish),
            ClaimCommand::Release { claim, token } => step.release(who, claim.as_ref(), *token),
            ClaimCommand::Renew { claim, token, ttl_ms } => step.renew(who, claim.as_ref(), *token, *ttl_ms),
            ClaimCommand::Reorder { .. } if !(actor.allows)(ClaimCommand::REORDER) => {
                ClaimReply::Refused(Refusal::Unauthorized)
            }
            ClaimCommand::Reorder { order } => step.reorder(order),
            ClaimCommand::Disconnect { claim } => {
                step.leave_line(who, claim.as_ref());
                ClaimReply::Done
            }
            ClaimCommand::Committed => step.committed(who),
        };
        if !(planted(Defect::ReleaseWithoutPromotion) && matches!(command, ClaimCommand::Release { .. })) {
            step.settle();
        }
        (reply, step.finish())
    }

    /// Ends what has run out. Due at [`RowClaims::next_due`]; harmless earlier.
    #[must_use]
    pub fn tick(&mut self, at: Moment, context: &RowContext<'_>) -> Vec<ClaimEvent> {
        let mut step = Step { row: self, at, context, events: Vec::new(), line_moved: false };
        step.settle();
        step.finish()
    }
}

/// A step under way.
struct Step<'a> {
    row: &'a mut RowClaims,
    at: Moment,
    context: &'a RowContext<'a>,
    events: Vec<ClaimEvent>,
    line_moved: bool,
}

impl Step<'_> {
    /// Ends what has run out and gives a free row to the first in line. Waiters are looked at before one is promoted:
    /// one that fell silent while waiting must not come to hold the row.
    fn settle(&mut self) {
        if self.row.next_due().is_some_and(|due| due <= self.at.now) {
            self.expire();
        }
        if self.row.lease.is_none() && !self.row.queue.is_empty() {
            let next = if planted(Defect::PromoteLast) { self.row.queue.len() - 1 } else { 0 };
            let first = self.row.queue.remove(next);
            self.line_moved = true;
            self.grant(first, None);
        }
    }

    fn expire(&mut self) {
        let now = self.at.now;
        if let Some(lease) = &mut self.row.lease {
            let (owner, token) = (lease.entry.participant.clone(), lease.token);
            let lapsed = lease.entry.lapse(now);
            if lease.entry.handles.is_empty() {
                self.row.lease = None;
            }
            self.ended(&owner, lapsed, End::Expired, Some(token));
        }
        let spared = usize::from(planted(Defect::PromoteUnchecked) && self.row.lease.is_none());
        let (alive, silent): (Vec<_>, Vec<_>) = std::mem::take(&mut self.row.queue)
            .into_iter()
            .enumerate()
            .partition(|(index, entry)| entry.alive(now) || *index < spared);
        self.row.queue = alive.into_iter().map(|(_, entry)| entry).collect();
        for (_, entry) in silent {
            self.line_moved = true;
            self.ended(&entry.participant, entry.handles, End::Expired, None);
        }
    }

    fn acquire(&mut self, actor: &Actor<'_>, wish: &Acquire) -> ClaimReply {
        let limits = self.context.limits;
        let now = self.at.now;
        let ttl_ms = limits.ttl(wish.ttl_ms);
        let who = actor.participant;
        let own = || self.row.entries().filter(|entry| entry.participant == *who).flat_map(|entry| &entry.handles);
        if own().count() >= limits.max_handles as usize && !own().any(|claim| *claim == wish.claim) {
            return ClaimReply::Refused(Refusal::TooManyHandles);
        }
        let Some(lease) = &mut self.row.lease else {
            let entry = Entry::new(who, wish, ttl_ms, now);
            return self.grant(entry, Some(&wish.claim));
        };
        if lease.entry.participant == *who {
            lease.entry.announce(wish, ttl_ms, now.saturating_add(ttl_ms));
            let grant = Grant { expires_at: lease.entry.extend(Some(&wish.claim), now), ..lease.grant() };
            self.events.push(ClaimEvent::Granted {
                claim: wish.claim.clone(),
                participant: who.clone(),
                token: grant.token,
                expires_at: grant.expires_at,
                promoted: false,
            });
            self.take_waiting(who, &wish.claim);
            return ClaimReply::Granted(grant);
        }

        let holder = lease.holder();
        let RowContext { model, id, policy, .. } = *self.context;
        let conflict = Conflict::ClaimHeld { model, id, holder: &holder, committer: *actor };
        let reason = match policy.decide(&conflict) {
            Decision::Preempt => return self.preempt(who, wish, ttl_ms),
            Decision::Reject { reason } => reason,
            Decision::Allow => None,
        };
        if !wish.wait {
            return ClaimReply::Refused(Refusal::Held { holder, reason });
        }
        let waiting = self.row.queue.iter().position(|entry| entry.is(who, Some(&wish.claim)));
        let waiting = waiting.filter(|_| !planted(Defect::QueueTwice));
        let index = waiting.unwrap_or(self.row.queue.len());
        let position = u32::try_from(index).unwrap_or(u32::MAX);
        let deepest = wish.max_queue_depth.unwrap_or(u32::MAX).min(limits.max_queue);
        if waiting.is_none() && position >= deepest {
            return ClaimReply::Refused(Refusal::QueueTooDeep { position, holder });
        }
        if waiting.is_none() {
            self.row.queue.push(Entry::new(who, wish, ttl_ms, now));
            self.line_moved = true;
        }
        self.row.queue[index].announce(wish, ttl_ms, now.saturating_add(limits.waiter_ttl_ms));
        ClaimReply::Queued { position, holder }
    }

    /// Takes the row over, ahead of the line and leaving it.
    fn preempt(&mut self, who: &ParticipantRef, wish: &Acquire, ttl_ms: u64) -> ClaimReply {
        if planted(Defect::PreemptSilently) {
            self.row.queue.extend(self.row.lease.take().map(|lease| lease.entry));
        }
        self.end_lease(End::Preempted);
        let entry = match self.take_waiting(who, &wish.claim) {
            Some(mut entry) => {
                entry.announce(wish, ttl_ms, self.at.now);
                entry
            }
            None => Entry::new(who, wish, ttl_ms, self.at.now),
        };
        self.grant(entry, Some(&wish.claim))
    }

    /// Takes a handle's place out of the line.
    fn take_waiting(&mut self, who: &ParticipantRef, claim: &ClaimId) -> Option<Entry> {
        let index = self.row.queue.iter().position(|entry| entry.is(who, Some(claim)))?;
        self.line_moved = true;
        Some(self.row.queue.remove(index))
    }

    /// Makes an entry the holder. `asking` is the handle that gets the answer as a reply.
    fn grant(&mut self, mut entry: Entry, asking: Option<&ClaimId>) -> ClaimReply {
        let Moment { now, head } = self.at;
        let token = match self.row.last_token {
            last if planted(Defect::ReuseToken) && last > FencingToken(0) => last,
            FencingToken(last) => FencingToken(last + 1),
        };
        self.row.last_token = token;
        entry.expires_at = now.saturating_add(entry.ttl_ms);
        entry.ends.fill(entry.expires_at);
        for handle in &entry.handles {
            self.events.push(ClaimEvent::Granted {
                claim: handle.clone(),
                participant: entry.participant.clone(),
                token,
                expires_at: entry.expires_at,
                promoted: asking != Some(handle),
            });
        }
        let lease = Lease { entry, token, granted_at: now, granted_head: head, committed: false };
        let grant = lease.grant();
        self.row.lease = Some(lease);
        ClaimReply::Granted(grant)
    }

    fn release(&mut self, who: &ParticipantRef, claim: Option<&ClaimId>, token: Option<FencingToken>) -> ClaimReply {
        let mut released = false;
        if let Some(lease) = self.row.lease.as_mut().filter(|lease| lease.answers(who, claim, token)) {
            let (owner, token) = (lease.entry.participant.clone(), lease.token);
            let end = if lease.committed { End::Committed } else { End::Canceled };
            let off = lease.entry.detach(claim);
            if lease.entry.handles.is_empty() {
                self.row.lease = None;
            }
            released = true;
            self.ended(&owner, off, end, Some(token));
        }
        if token.is_none() {
            released |= self.leave_line(who, claim);
        }
        ClaimReply::Released(released)
    }

    fn leave_line(&mut self, who: &ParticipantRef, claim: Option<&ClaimId>) -> bool {
        let (left, line): (Vec<_>, _) =
            std::mem::take(&mut self.row.queue).into_iter().partition(|entry| entry.is(who, claim));
        self.row.queue = line;
        self.line_moved |= !left.is_empty();
        let handles: Vec<_> = left.into_iter().flat_map(|entry| entry.handles).collect();
        let any = !handles.is_empty();
        self.ended(who, handles, End::Canceled, None);
        any
    }

    fn renew(
        &mut self,
        who: &ParticipantRef,
        claim: Option<&ClaimId>,
        token: Option<FencingToken>,
        ttl_ms: Option<u64>,
    ) -> ClaimReply {
        let limits = self.context.limits;
        let now = self.at.now;
        let mut alive_until = None;
        for entry in self.row.queue.iter_mut().filter(|entry| token.is_none() && entry.is(who, claim)) {
            alive_until = Some(entry.extend(claim, now.saturating_add(limits.waiter_ttl_ms)));
        }
        if let Some(lease) = self.row.lease.as_mut().filter(|lease| lease.answers(who, claim, token)) {
            if ttl_ms.is_some() {
                lease.entry.ttl_ms = limits.ttl(ttl_ms);
            }
            let expires_at = lease.entry.extend(claim, now.saturating_add(lease.entry.ttl_ms));
            let token = lease.token;
            self.events.push(ClaimEvent::Renewed { participant: who.clone(), token, expires_at });
            return ClaimReply::Renewed { expires_at, token: Some(token) };
        }
        match alive_until {
            Some(expires_at) => ClaimReply::Renewed { expires_at, token: None },
            None => ClaimReply::Refused(Refusal::Lost),
        }
    }

    fn reorder(&mut self, order: &[QueuePlace]) -> ClaimReply {
        let mut line = Vec::with_capacity(self.row.queue.len());
        for place in order {
            let named =
                |entry: &Entry| entry.participant.id == place.held_by && entry.handles.contains(&place.intent_id);
            if let Some(index) = self.row.queue.iter().position(named) {
                line.push(self.row.queue.remove(index));
                self.line_moved = true;
            }
        }
        line.append(&mut self.row.queue);
        self.row.queue = line;
        ClaimReply::Done
    }

    fn committed(&mut self, who: &ParticipantRef) -> ClaimReply {
        if let Some(lease) = self.row.lease.as_mut().filter(|lease| lease.entry.participant == *who) {
            lease.committed = true;
        }
        ClaimReply::Done
    }

    fn end_lease(&mut self, end: End) {
        if let Some(Lease { entry, token, .. }) = self.row.lease.take() {
            self.ended(&entry.participant, entry.handles, end, Some(token));
        }
    }

    fn ended(&mut self, who: &ParticipantRef, handles: Vec<ClaimId>, end: End, token: Option<FencingToken>) {
        let ended = |claim| ClaimEvent::Ended { claim, participant: who.clone(), end, token };
        self.events.extend(handles.into_iter().map(ended));
    }

    fn finish(mut self) -> Vec<ClaimEvent> {
        if self.line_moved {
            self.events.push(ClaimEvent::QueueChanged);
        }
        self.events
    }
}

impl Lease {
    /// Whether a release or renewal of this handle and token is meant for this lease.
    fn answers(&self, who: &ParticipantRef, claim: Option<&ClaimId>, token: Option<FencingToken>) -> bool {
        let named = match claim {
            Some(claim) if planted(Defect::ForeignRelease) => self.entry.handles.contains(claim),
            _ => self.entry.is(who, claim),
        };
        named && (planted(Defect::ReleaseIgnoresToken) || token.is_none_or(|token| token == self.token))
    }
}

impl Entry {
    fn new(who: &ParticipantRef, wish: &Acquire, ttl_ms: u64, now: u64) -> Self {
        Self {
            participant: who.clone(),
            handles: vec![wish.claim.clone()],
            ends: vec![now],
            details: wish.details.clone(),
            ttl_ms,
            created_at: now,
            expires_at: now,
        }
    }
}
