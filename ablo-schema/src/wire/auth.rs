use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    ids::{CapabilityId, Group, OrganizationId, ParticipantId},
    instant, lenient,
    participant::ParticipantKind,
};

/// The body of `POST /api/auth/capability` and of `POST /v1/capabilities`: what is asked for, not what is granted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CapabilityRequest {
    /// For what kind of participant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant_kind: Option<ParticipantKind>,
    /// For which participant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant_id: Option<ParticipantId>,
    /// Whether it may be as wide as the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wide_scope: Option<bool>,
    /// The groups it is narrowed to; any text, because asking is not getting.
    #[serde(default, alias = "allowedSyncGroups", skip_serializing_if = "Option::is_none")]
    pub sync_groups: Option<Vec<String>>,
    /// The operations it is narrowed to, `model.op`.
    #[serde(default, alias = "allowedOperations", skip_serializing_if = "Option::is_none")]
    pub operations: Option<Vec<String>>,
    /// How long it lives.
    #[serde(default, deserialize_with = "lenient::amount", skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<u64>,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The application's own notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_meta: Option<Map<String, Value>>,
}

/// What a credential reaches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CapabilityScope {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The groups.
    #[serde(deserialize_with = "lenient::groups")]
    pub sync_groups: Vec<Group>,
    /// The operations; `*` is every one.
    pub operations: Vec<String>,
    /// The kind of participant.
    pub participant_kind: ParticipantKind,
    /// The participant.
    pub participant_id: ParticipantId,
}

/// The credential that was replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RotatedFrom {
    /// Its id.
    #[serde(alias = "id")]
    pub capability_id: CapabilityId,
    /// Until when it still works.
    #[serde(serialize_with = "instant::serialize")]
    pub expires_at: Timestamp,
}

/// A minted credential. The token is shown here and never again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CapabilityGrant {
    /// The id again, where readers of the resource look for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<CapabilityId>,
    /// `capability`, for readers of the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The credential's id.
    pub capability_id: CapabilityId,
    /// The credential.
    pub token: String,
    /// When it ends.
    #[serde(serialize_with = "instant::serialize")]
    pub expires_at: Timestamp,
    /// The organization.
    pub organization_id: OrganizationId,
    /// What it reaches.
    pub scope: CapabilityScope,
    /// The application's own notes; always there.
    #[serde(default)]
    pub user_meta: Map<String, Value>,
    /// The credential it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_from: Option<RotatedFrom>,
}

/// The body of `POST /v1/capabilities/{id}/rotate`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RotateRequest {
    /// How long the old credential still works.
    #[serde(default, deserialize_with = "lenient::amount", skip_serializing_if = "Option::is_none")]
    pub grace_seconds: Option<u64>,
    /// How long the new one lives.
    #[serde(default, deserialize_with = "lenient::amount", skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<u64>,
}

/// Whether a credential works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CapabilityStatus {
    /// It works.
    Active,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
}

/// The answer to `GET /v1/capabilities/{id}`. Members that are unset are null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CapabilityObject {
    /// The credential's id.
    #[serde(alias = "capabilityId")]
    pub id: CapabilityId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The kind of participant.
    pub participant_kind: ParticipantKind,
    /// The participant.
    pub participant_id: ParticipantId,
    /// A name for people.
    pub label: Option<String>,
    /// Whether it works.
    pub status: CapabilityStatus,
    /// When it was minted.
    #[serde(serialize_with = "instant::serialize")]
    pub issued_at: Timestamp,
    /// When it ends.
    #[serde(serialize_with = "instant::serialize")]
    pub expires_at: Timestamp,
    /// When it was taken back.
    #[serde(serialize_with = "instant::serialize_any")]
    pub revoked_at: Option<Timestamp>,
    /// When it last worked.
    #[serde(serialize_with = "instant::serialize_any")]
    pub last_used_at: Option<Timestamp>,
    /// The operations.
    pub operations: Vec<String>,
    /// The groups.
    #[serde(deserialize_with = "lenient::groups")]
    pub sync_groups: Vec<Group>,
}

/// The answer to `DELETE /v1/capabilities/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CapabilityDeleted {
    /// The credential's id.
    pub id: CapabilityId,
    /// Whether it was there.
    pub deleted: bool,
    /// How many connections were closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_sessions_closed: Option<u64>,
}

/// The answer to `GET /api/auth/identity`: who a credential is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The kind of participant.
    pub participant_kind: ParticipantKind,
    /// The participant.
    pub participant_id: ParticipantId,
    /// The organization.
    pub account_scope: OrganizationId,
    /// The groups.
    #[serde(deserialize_with = "lenient::groups")]
    pub sync_groups: Vec<Group>,
    /// The application's own notes; always there.
    #[serde(default)]
    pub user_meta: Map<String, Value>,
}
