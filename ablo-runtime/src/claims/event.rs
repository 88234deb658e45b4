use ablo_schema::wire::{ClaimId, FencingToken, IntentStatus, LossReason, ParticipantRef};

/// What changed on a row, to be pushed to whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimEvent {
    /// A handle's lease began, or was announced again.
    Granted {
        /// The handle.
        claim: ClaimId,
        /// Its participant.
        participant: ParticipantRef,
        /// The lease's token.
        token: FencingToken,
        /// When the lease ends, unless renewed.
        expires_at: u64,
        /// The handle stood in line and nobody is waiting for a reply that says so.
        promoted: bool,
    },
    /// A lease was restarted.
    Renewed {
        /// Its participant.
        participant: ParticipantRef,
        /// The lease's token.
        token: FencingToken,
        /// When the lease ends, unless renewed.
        expires_at: u64,
    },
    /// A handle is finished.
    Ended {
        /// The handle.
        claim: ClaimId,
        /// Its participant.
        participant: ParticipantRef,
        /// How.
        end: End,
        /// The token of the lease it held; absent when it was still waiting.
        token: Option<FencingToken>,
    },
    /// The line behind the holder is now [`RowClaims::queue`](super::RowClaims::queue).
    QueueChanged,
}

/// How a handle ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Handed back after at least one accepted write.
    Committed,
    /// Handed back without a write, or gave up waiting.
    Canceled,
    /// Ran out of time.
    Expired,
    /// Taken over by someone the policy puts first.
    Preempted,
}

impl End {
    /// The terminal status others are shown.
    #[must_use]
    pub fn status(self) -> IntentStatus {
        match self {
            Self::Committed => IntentStatus::Committed,
            Self::Canceled | Self::Preempted => IntentStatus::Canceled,
            Self::Expired => IntentStatus::Expired,
        }
    }

    /// Why the owner lost the handle without asking; `None` when it asked.
    #[must_use]
    pub fn lost(self) -> Option<LossReason> {
        match self {
            Self::Expired => Some(LossReason::Expired),
            Self::Preempted => Some(LossReason::Preempted),
            Self::Committed | Self::Canceled => None,
        }
    }
}
