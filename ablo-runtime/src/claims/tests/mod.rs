//! Proof of the claim machine: told scenarios, every reachable small state, random histories against a model.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod explore;
mod laws;
mod model;
mod scenarios;

use ablo_schema::wire::{ClaimId, FencingToken, ParticipantKind, ParticipantRef, QueuePlace, SyncId};

use super::*;

/// A participant called `name`.
pub(super) fn participant(name: &str) -> ParticipantRef {
    ParticipantRef { kind: ParticipantKind::Agent, id: name.into() }
}

/// The handle called `name`.
pub(super) fn handle(name: &str) -> ClaimId {
    name.into()
}

/// Wants the row under a handle, for as long as the limits say, waiting if need be.
pub(super) fn wish(claim: &str) -> Acquire {
    let details = ClaimDetails { action: "editing".into(), ..ClaimDetails::default() };
    Acquire { claim: handle(claim), details, ttl_ms: None, wait: true, max_queue_depth: None }
}

/// A row under test, with a clock to set.
pub(super) struct Bench {
    pub(super) row: RowClaims,
    pub(super) now: u64,
    pub(super) head: u64,
    pub(super) limits: ClaimLimits,
    pub(super) allowed: Vec<&'static str>,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self { row: RowClaims::default(), now: 0, head: 0, limits: ClaimLimits::default(), allowed: Vec::new() }
    }

    pub(super) fn at(&self) -> Moment {
        Moment { now: self.now, head: SyncId(self.head) }
    }

    fn context(&self) -> RowContext<'static> {
        RowContext { model: "tasks", id: "t1", limits: self.limits, policy: &PreemptByOperation }
    }

    pub(super) fn step(&mut self, who: &str, command: &ClaimCommand) -> (ClaimReply, Vec<ClaimEvent>) {
        let (at, context, allowed) = (self.at(), self.context(), self.allowed.clone());
        let allows = |operation: &str| allowed.contains(&operation);
        self.row.step(&Actor { participant: &participant(who), allows: &allows }, command, at, &context)
    }

    pub(super) fn tick(&mut self) -> Vec<ClaimEvent> {
        let (at, context) = (self.at(), self.context());
        self.row.tick(at, &context)
    }

    pub(super) fn write(&self, who: &str, claim: Option<&str>, token: Option<u64>) -> Result<WritePass, WriteRefusal> {
        let actor = Actor { participant: &participant(who), allows: &|_| false };
        let claim = claim.map(handle);
        self.row.may_write(&actor, claim.as_ref(), token.map(FencingToken), self.at(), &self.context())
    }

    pub(super) fn acquire(&mut self, who: &str, claim: &str) -> ClaimReply {
        self.step(who, &ClaimCommand::Acquire(wish(claim))).0
    }

    pub(super) fn release(&mut self, who: &str, claim: &str) -> ClaimReply {
        self.step(who, &ClaimCommand::Release { claim: Some(handle(claim)), token: None }).0
    }

    /// Who holds the row, then who waits.
    pub(super) fn places(&self) -> Vec<&str> {
        self.row.entries().map(|entry| entry.participant.id.as_str()).collect()
    }
}
