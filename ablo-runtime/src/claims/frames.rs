//! Claims in the words of the realtime protocol.

use ablo_schema::wire::{
    ActiveIntent, ClaimId, ClaimRequest, EntityTarget, EpochMillis, IntentAbandon, IntentBegin, IntentGrant,
    IntentLost, IntentQueue, IntentQueued, IntentRejected, IntentReorder, IntentRequest, IntentStatus, ParticipantRef,
    RowTarget, ServerFrame,
};
use serde_json::{Map, Value};

use super::{
    Acquire, ClaimCommand, ClaimDetails, ClaimEvent, ClaimReply, Entry, Holder, Refusal, RowClaims, RowContext,
};

/// The word for work that is not named.
const EDITING: &str = "editing";

/// The description, which travels inside the notes.
fn description(meta: Option<&Map<String, Value>>) -> Option<String> {
    meta?.get("description")?.as_str().map(str::to_owned)
}

impl From<IntentBegin> for Acquire {
    fn from(begin: IntentBegin) -> Self {
        Self {
            claim: begin.intent_id,
            details: ClaimDetails {
                action: begin.action,
                description: description(begin.meta.as_ref()),
                field: begin.field,
                path: begin.path,
                range: begin.range,
                meta: begin.meta,
            },
            ttl_ms: begin.estimated_ms,
            wait: begin.queue.unwrap_or(false),
            max_queue_depth: None,
        }
    }
}

impl Acquire {
    /// A claim asked for over HTTP. A caller without a claim of its own on the row gets `claim`.
    #[must_use]
    pub fn from_claim_request(request: ClaimRequest, claim: ClaimId) -> Self {
        Self {
            claim,
            details: ClaimDetails {
                action: request.action.unwrap_or_else(|| EDITING.to_owned()),
                description: request.description.or_else(|| description(request.meta.as_ref())),
                field: request.field,
                path: request.path,
                range: request.range,
                meta: request.meta,
            },
            ttl_ms: request.ttl.map(|ttl| u64::try_from(ttl.0.as_millis()).unwrap_or(u64::MAX)),
            wait: request.queue.unwrap_or(false),
            max_queue_depth: None,
        }
    }

    /// An intent asked for over HTTP; it gets `claim` when it brings no id.
    #[must_use]
    pub fn from_intent_request(request: IntentRequest, claim: impl FnOnce() -> ClaimId) -> Self {
        let meta = request.meta.or(request.target.meta);
        Self {
            claim: request.intent_id.unwrap_or_else(claim),
            details: ClaimDetails {
                action: request.action.unwrap_or_else(|| EDITING.to_owned()),
                description: description(meta.as_ref()),
                field: request.target.field,
                path: request.target.path,
                range: request.target.range,
                meta,
            },
            ttl_ms: request.ttl.map(|ttl| u64::try_from(ttl.0.as_millis()).unwrap_or(u64::MAX)),
            wait: request.queue.unwrap_or(false),
            max_queue_depth: None,
        }
    }
}

impl From<IntentBegin> for ClaimCommand {
    fn from(begin: IntentBegin) -> Self {
        Self::Acquire(begin.into())
    }
}

impl From<IntentAbandon> for ClaimCommand {
    fn from(abandon: IntentAbandon) -> Self {
        Self::Release { claim: Some(abandon.intent_id), token: None }
    }
}

impl From<IntentReorder> for ClaimCommand {
    fn from(reorder: IntentReorder) -> Self {
        Self::Reorder { order: reorder.order }
    }
}

impl RowContext<'_> {
    fn target(&self) -> RowTarget {
        RowTarget { kind: self.model.to_owned(), id: self.id.to_owned() }
    }

    fn entity(&self) -> EntityTarget {
        EntityTarget {
            entity_type: self.model.to_owned(),
            entity_id: self.id.to_owned(),
            field: None,
            path: None,
            range: None,
        }
    }
}

impl ClaimReply {
    /// What a socket is answered to an `intent_begin`. The other commands have no answer.
    #[must_use]
    pub fn frame(&self, claim: &ClaimId, row: &RowContext<'_>) -> Option<ServerFrame> {
        let rejected = |reason: &str, holder: Option<&Holder>| {
            ServerFrame::IntentRejected(IntentRejected {
                intent_id: claim.clone(),
                reason: reason.to_owned(),
                target: row.entity(),
                held_by: holder.map(|holder| holder.participant.id.clone()),
                held_by_intent_id: holder.map(|holder| holder.claim.clone()),
                held_by_expires_at: holder.map(|holder| millis(holder.expires_at)),
                request_id: None,
            })
        };
        Some(match self {
            Self::Granted(grant) => ServerFrame::IntentAcquired(IntentGrant {
                intent_id: claim.clone(),
                target: Some(row.target()),
                expires_at: Some(millis(grant.expires_at)),
                fencing_token: Some(grant.token),
            }),
            Self::Queued { position, holder } => ServerFrame::IntentQueued(IntentQueued {
                intent_id: claim.clone(),
                position: (*position).into(),
                target: Some(row.target()),
                held_by: Some(holder.participant.id.clone()),
            }),
            Self::Refused(Refusal::Held { holder, reason }) => {
                rejected(reason.as_deref().unwrap_or("conflict"), Some(holder))
            }
            Self::Refused(Refusal::QueueTooDeep { holder, .. }) => rejected("queue_too_deep", Some(holder)),
            Self::Refused(Refusal::TooManyHandles) => rejected("queue_too_deep", None),
            Self::Refused(Refusal::Lost | Refusal::Unauthorized)
            | Self::Renewed { .. }
            | Self::Released(_)
            | Self::Done => return None,
        })
    }
}

impl ClaimEvent {
    /// What the participant concerned is told, beside the answer to its own command: `intent_granted` to who was
    /// waiting, `intent_lost` to who did not ask for the end.
    #[must_use]
    pub fn frame(&self, row: &RowContext<'_>) -> Option<(&ParticipantRef, ServerFrame)> {
        match self {
            Self::Granted { claim, participant, token, expires_at, promoted: true } => {
                let grant = IntentGrant {
                    intent_id: claim.clone(),
                    target: Some(row.target()),
                    expires_at: Some(millis(*expires_at)),
                    fencing_token: Some(*token),
                };
                Some((participant, ServerFrame::IntentGranted(grant)))
            }
            Self::Ended { claim, participant, end, .. } => {
                let lost = IntentLost { intent_id: claim.clone(), reason: end.lost()?, target: row.entity() };
                Some((participant, ServerFrame::IntentLost(lost)))
            }
            Self::Granted { .. } | Self::Renewed { .. } | Self::QueueChanged => None,
        }
    }
}

impl RowClaims {
    /// The wait line as everyone interested is told about it.
    #[must_use]
    pub fn queue_frame(&self, row: &RowContext<'_>) -> ServerFrame {
        ServerFrame::IntentQueue(IntentQueue { target: row.target(), queue: self.queue_objects(row.model, row.id) })
    }
}

impl Entry {
    /// A held entry inside its participant's presence.
    #[must_use]
    pub fn active_intent(&self, model: &str, id: &str) -> ActiveIntent {
        let details = self.details.clone();
        let mut meta = details.meta;
        if let Some(description) = details.description {
            meta.get_or_insert_default().entry("description").or_insert(Value::String(description));
        }
        ActiveIntent {
            intent_id: self.id().clone(),
            entity_type: model.to_owned(),
            entity_id: id.to_owned(),
            field: details.field,
            path: details.path,
            range: details.range,
            action: details.action,
            meta,
            declared_at: millis(self.created_at),
            expires_at: millis(self.expires_at),
            status: IntentStatus::Active,
            error: None,
        }
    }
}

fn millis(at: u64) -> EpochMillis {
    EpochMillis::try_from(at).unwrap_or(EpochMillis::MAX)
}
