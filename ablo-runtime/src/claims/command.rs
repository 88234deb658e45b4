use ablo_schema::wire::{ClaimId, FencingToken, LineRange, ParticipantRef, QueuePlace, SyncId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a participant asks of a row's claims.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimCommand {
    /// Hold the row, or stand in line for it.
    Acquire(Acquire),
    /// Hand back a lease or leave the line. Harmless, and not an error, when there is nothing to hand back.
    Release {
        /// The handle; all handles of the participant when absent.
        claim: Option<ClaimId>,
        /// When given, only the lease with this token is handed back; a place in line has no token and stays.
        token: Option<FencingToken>,
    },
    /// Restart a lease, or show that a waiter is alive.
    Renew {
        /// The handle; whatever the participant has on the row when absent.
        claim: Option<ClaimId>,
        /// When given, only the lease with this token is renewed.
        token: Option<FencingToken>,
        /// A new length; the present one when absent.
        ttl_ms: Option<u64>,
    },
    /// Move waiters to the front, in this order. Needs the operation [`ClaimCommand::REORDER`].
    Reorder {
        /// Who goes first. Places that are not in line are ignored.
        order: Vec<QueuePlace>,
    },
    /// The participant's connection is gone: it no longer waits, but what it holds stays its own until the lease ends.
    Disconnect {
        /// The handle; all handles of the participant when absent.
        claim: Option<ClaimId>,
    },
    /// A write under the participant's lease was accepted.
    Committed,
}

impl ClaimCommand {
    /// The operation that allows [`ClaimCommand::Reorder`].
    pub const REORDER: &'static str = "intent.reorder";
}

/// The wish to hold a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Acquire {
    /// The handle. Announcing one again is the same wish, not a second one.
    pub claim: ClaimId,
    /// What it is for.
    pub details: ClaimDetails,
    /// How long a grant lasts; see [`ClaimLimits`](super::ClaimLimits).
    pub ttl_ms: Option<u64>,
    /// Stand in line when another holds the row, instead of being refused.
    pub wait: bool,
    /// Refuse rather than wait at this position of the line or behind it.
    pub max_queue_depth: Option<u32>,
}

/// What a claim says about the work. Information for others: a claim always excludes the whole row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimDetails {
    /// What the holder is doing.
    pub action: String,
    /// The same for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The field being worked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The path inside a structured field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The lines of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<LineRange>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
}

/// The answer to a [`ClaimCommand`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimReply {
    /// The participant holds the row.
    Granted(Grant),
    /// The participant stands in line.
    Queued {
        /// Waiters ahead of it.
        position: u32,
        /// Who holds the row.
        holder: Holder,
    },
    /// The lease or the place in line lives until then.
    Renewed {
        /// Milliseconds since the Unix epoch.
        expires_at: u64,
        /// The token of the lease; absent for a waiter.
        token: Option<FencingToken>,
    },
    /// Whether anything was handed back.
    Released(bool),
    /// Done, with nothing to say.
    Done,
    /// Not done, and nothing changed.
    Refused(Refusal),
}

/// A lease as its holder sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Sent with every write under the lease, and with its release.
    pub token: FencingToken,
    /// When the lease ends, unless renewed.
    pub expires_at: u64,
    /// How far the log reached when the lease was granted. Later deltas of the row are the holder's own.
    pub granted_head: SyncId,
}

/// A lease as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub participant: ParticipantRef,
    /// The lease's first handle.
    pub claim: ClaimId,
    /// When the lease ends, unless renewed.
    pub expires_at: u64,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Another participant holds the row.
    Held {
        /// The lease in the way.
        holder: Holder,
        /// The policy's own reason.
        reason: Option<String>,
    },
    /// The line is longer than the caller or the limits allow.
    QueueTooDeep {
        /// The position there would have been.
        position: u32,
        /// The lease in the way.
        holder: Holder,
    },
    /// More handles on one place than the limits allow.
    TooManyHandles,
    /// There is no such lease or place in line (any more).
    Lost,
    /// The sender may not do that.
    Unauthorized,
}
