use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::wire::{
    claim::{ClaimTarget, IntentObject, LineRange, Narrowing},
    ids::{ClaimId, FencingToken, ParticipantId},
    lenient,
    model::QueuePlace,
    presence::EpochMillis,
};

/// Announces a claim, and announces it again after a reconnect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentBegin {
    /// The claim.
    pub intent_id: ClaimId,
    /// The model, in the claimant's spelling.
    pub entity_type: String,
    /// The row.
    pub entity_id: String,
    /// What the claimant is doing.
    #[serde(default = "editing")]
    pub action: String,
    /// A place inside a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Lines of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<LineRange>,
    /// One field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The claimant's own notes; `description` is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
    /// How long, in milliseconds.
    #[serde(default, deserialize_with = "lenient::amount", skip_serializing_if = "Option::is_none")]
    pub estimated_ms: Option<u64>,
    /// Whether to wait in line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<bool>,
}

fn editing() -> String {
    "editing".to_owned()
}

impl IntentBegin {
    /// What it is about.
    #[must_use]
    pub fn target(&self) -> ClaimTarget {
        ClaimTarget {
            entity_type: self.entity_type.clone(),
            entity_id: self.entity_id.clone(),
            narrowing: Narrowing { field: self.field.clone(), path: self.path.clone(), range: self.range },
        }
    }
}

/// Gives up a claim, held or waiting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentAbandon {
    /// The claim.
    pub intent_id: ClaimId,
    /// The model, in the claimant's spelling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<String>,
    /// The row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
}

/// Re-ranks a wait line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentReorder {
    /// The model, in any spelling.
    pub entity_type: String,
    /// The row.
    pub entity_id: String,
    /// Who moves to the front, in this order.
    pub order: Vec<QueuePlace>,
}

/// A row as grants and wait lines name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowTarget {
    /// The model exactly as the claimant spelled it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The row.
    pub id: String,
}

impl From<&ClaimTarget> for RowTarget {
    fn from(target: &ClaimTarget) -> Self {
        Self { kind: target.entity_type.clone(), id: target.entity_id.clone() }
    }
}

/// A row, and a part of it, as rejections and losses name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntityTarget {
    /// The model exactly as the claimant spelled it.
    pub entity_type: String,
    /// The row.
    pub entity_id: String,
    /// One field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// A place inside a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Lines of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<LineRange>,
}

impl From<&ClaimTarget> for EntityTarget {
    fn from(target: &ClaimTarget) -> Self {
        Self {
            entity_type: target.entity_type.clone(),
            entity_id: target.entity_id.clone(),
            field: target.narrowing.field.clone(),
            path: target.narrowing.path.clone(),
            range: target.narrowing.range,
        }
    }
}

/// A claim is held: at once (`intent_acquired`) or after waiting (`intent_granted`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentGrant {
    /// The claim.
    pub intent_id: ClaimId,
    /// The row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<RowTarget>,
    /// When the lease ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<EpochMillis>,
    /// Ours: which grant of the row this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fencing_token: Option<FencingToken>,
}

/// A claim waits in line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentQueued {
    /// The claim.
    pub intent_id: ClaimId,
    /// Its place, from zero.
    pub position: u64,
    /// The row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<RowTarget>,
    /// Who holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<ParticipantId>,
}

/// A claim was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentRejected {
    /// The claim.
    pub intent_id: ClaimId,
    /// Why, for example `conflict`.
    pub reason: String,
    /// What it was about.
    pub target: EntityTarget,
    /// Who holds the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<ParticipantId>,
    /// Under which claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by_intent_id: Option<ClaimId>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by_expires_at: Option<EpochMillis>,
    /// The refused request, to find it in the server's logs.
    #[serde(default, rename = "request_id", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// How a claim was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LossReason {
    /// Its time was over.
    Expired,
    /// Somebody with the right to do so took it.
    Preempted,
}

/// A claim was lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentLost {
    /// The claim.
    pub intent_id: ClaimId,
    /// How.
    pub reason: LossReason,
    /// What it was about.
    pub target: EntityTarget,
}

/// The whole wait line of a row, without the holder. An empty line clears it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntentQueue {
    /// The row; its type is spelled as the readers spell it.
    pub target: RowTarget,
    /// Who waits, in order.
    pub queue: Vec<IntentObject>,
}
