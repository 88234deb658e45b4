use ablo_schema::wire::{ClaimId, FencingToken, SyncId};

use super::defect::{Defect, planted};
use super::{Actor, Conflict, Decision, Holder, Moment, RowClaims, RowContext};

/// A write that the row's claims let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WritePass {
    /// Set when the writer holds the row: deltas of the row after this one are its own doing, so they make none of its
    /// knowledge stale.
    pub since: Option<SyncId>,
    /// The token of the writer's lease.
    pub token: Option<FencingToken>,
}

/// A write that the row's claims stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteRefusal {
    /// Another participant holds the row.
    Foreign {
        /// The lease in the way.
        holder: Holder,
        /// The policy's own reason.
        reason: Option<String>,
    },
    /// The write names a claim or token that is no longer the row's.
    Lost {
        /// The token of the last grant.
        last_token: FencingToken,
    },
}

impl RowClaims {
    /// Whether a participant may write the row now. Called in the transaction of the write.
    ///
    /// A write that names a claim or a token needs exactly that lease. A write that names neither (the realtime protocol
    /// has no room for one) is the participant's own word: it passes when the row is free or the participant holds it.
    ///
    /// # Errors
    /// Why not.
    pub fn may_write(
        &self,
        actor: &Actor<'_>,
        claim: Option<&ClaimId>,
        token: Option<FencingToken>,
        at: Moment,
        context: &RowContext<'_>,
    ) -> Result<WritePass, WriteRefusal> {
        let due = self.next_due().is_some_and(|due| due <= at.now) && !planted(Defect::WriteIgnoresExpiry);
        if due {
            // A lease that ran out may have passed to someone else already, noticed or not.
            let mut settled = self.clone();
            let _ = settled.tick(at, context);
            return settled.may_write(actor, claim, token, at, context);
        }
        let Some(lease) = &self.lease else {
            return match (claim, token) {
                (None, None) => Ok(WritePass { since: None, token: None }),
                _ => Err(WriteRefusal::Lost { last_token: self.last_token }),
            };
        };
        if lease.entry.is(actor.participant, claim) && token.is_none_or(|token| token == lease.token) {
            return Ok(WritePass { since: Some(lease.granted_head), token: Some(lease.token) });
        }
        if claim.is_some() || token.is_some() {
            return Err(WriteRefusal::Lost { last_token: self.last_token });
        }
        let holder = lease.holder();
        let RowContext { model, id, policy, .. } = *context;
        match policy.decide(&Conflict::ClaimHeld { model, id, holder: &holder, committer: *actor }) {
            Decision::Reject { reason } => Err(WriteRefusal::Foreign { holder, reason }),
            Decision::Allow | Decision::Preempt => Ok(WritePass { since: None, token: None }),
        }
    }
}
