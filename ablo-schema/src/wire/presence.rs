use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    claim::{ClaimTarget, IntentStatus, LineRange, Narrowing},
    ids::{ClaimId, Group, ParticipantId, SyncId},
    lenient,
};
use crate::error::ErrorCode;

/// Milliseconds since 1970.
pub type EpochMillis = i64;

/// The versions of a client's models, by lower-cased typename.
pub type Versions = IndexMap<String, u64>;

/// Whether a participant is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PresenceStatus {
    /// Connected.
    Online,
    /// Connected, not looking.
    Away,
    /// Gone.
    Offline,
}

/// What a participant is looking at or doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// The model, in the participant's spelling; `Unknown` when idle.
    pub entity_type: String,
    /// The row; empty when idle.
    pub entity_id: String,
    /// One field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What it does, for example `editing`.
    pub action: String,
    /// In its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A participant's own status, client to server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PresenceReport {
    /// Whether it is there.
    pub status: PresenceStatus,
    /// Its time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// In its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_status: Option<String>,
    /// What it is doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<Activity>,
}

/// Why a presence frame is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PresenceKind {
    /// The participant came.
    Enter,
    /// Something about it changed.
    #[default]
    Update,
    /// Its last connection went.
    Leave,
}

/// Why a claim ended, inside a presence frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentFailure {
    /// The code.
    pub code: ErrorCode,
    /// What happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Who holds the row now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<ParticipantId>,
    /// Under which claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by_intent_id: Option<ClaimId>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by_expires_at: Option<EpochMillis>,
}

/// A claim inside a presence frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveIntent {
    /// The claim.
    pub intent_id: ClaimId,
    /// The model as the claimant spelled it.
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
    /// What the holder is doing.
    pub action: String,
    /// The holder's own notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Map<String, Value>>,
    /// When it was announced.
    #[serde(default)]
    pub declared_at: EpochMillis,
    /// When it ends.
    #[serde(default)]
    pub expires_at: EpochMillis,
    /// Anything but `active` clears it from views.
    #[serde(default = "active")]
    pub status: IntentStatus,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<IntentFailure>,
}

fn active() -> IntentStatus {
    IntentStatus::Active
}

impl ActiveIntent {
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

/// What peers learn about a participant, server to client. Replaces everything known about its claims.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PresenceUpdate {
    /// Why it is sent.
    #[serde(default)]
    pub kind: PresenceKind,
    /// The participant.
    pub user_id: ParticipantId,
    /// Whether it is there.
    pub status: PresenceStatus,
    /// Its groups.
    #[serde(default, deserialize_with = "lenient::groups")]
    pub sync_groups: Vec<Group>,
    /// Whether it is an agent.
    #[serde(default)]
    pub is_agent: bool,
    /// When.
    #[serde(default)]
    pub timestamp: EpochMillis,
    /// Its time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// In its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_status: Option<String>,
    /// What it is doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<Activity>,
    /// All of its claims.
    #[serde(default)]
    pub active_intents: Vec<ActiveIntent>,
}

/// One participant in the answer to `GET /api/presence`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PresenceEntry {
    /// The participant.
    pub user_id: ParticipantId,
    /// Whether it is an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_agent: Option<bool>,
    /// Whether it is there.
    pub status: PresenceStatus,
    /// Its groups.
    #[serde(default, deserialize_with = "lenient::groups")]
    pub sync_groups: Vec<Group>,
    /// What it is doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<Activity>,
    /// All of its claims.
    #[serde(default)]
    pub active_intents: Vec<ActiveIntent>,
}

/// The answer to `GET /api/presence`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PresenceList {
    /// Everybody there.
    pub entries: Vec<PresenceEntry>,
}

/// How far a client is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ack {
    /// The newest delta it applied.
    #[serde(default)]
    pub last_sync_id: SyncId,
    /// The versions of its models.
    #[serde(default)]
    pub versions: Versions,
}
