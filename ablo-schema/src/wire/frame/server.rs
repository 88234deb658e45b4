use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Head, IntentGrant, IntentLost, IntentQueue, IntentQueued, IntentRejected, bare, body, required, text};
use crate::{
    error::AbloError,
    wire::{
        delta::WireDelta,
        error::in_frame,
        ids::{ClaimId, Cursor, Group, SyncId},
        json::JsonText,
        lenient,
        presence::{PresenceUpdate, Versions},
        receipt::Receipt,
    },
};

/// The answer to a sync request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "D: DeserializeOwned"))]
pub struct SyncResponse<D = WireDelta> {
    /// What changed, ascending.
    #[serde(default = "Vec::new")]
    pub deltas: Vec<D>,
    /// The newest delta there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_sync_id: Option<SyncId>,
    /// Where to resume.
    #[serde(default, alias = "cursor", skip_serializing_if = "Option::is_none")]
    pub new_cursor: Option<Cursor>,
    /// The versions of models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_versions: Option<Versions>,
    /// Whether the client should bootstrap, and forget its cursor. Known clients do nothing about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_bootstrap: Option<bool>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap_hint: Option<JsonText>,
}

impl<D> SyncResponse<D> {
    /// What changed up to `head`.
    #[must_use]
    pub fn new(deltas: Vec<D>, head: SyncId) -> Self {
        Self {
            deltas,
            current_sync_id: Some(head),
            new_cursor: None,
            new_versions: None,
            requires_bootstrap: None,
            bootstrap_hint: None,
        }
    }
}

/// The answer to a subscription.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimAck {
    /// Its name.
    pub claim_id: ClaimId,
    /// Whether it was granted.
    pub success: bool,
    /// The groups it now has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync_groups: Option<Vec<Group>>,
    /// For how long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<u64>,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "in_frame")]
    pub error: Option<AbloError>,
    /// The refused request, to find it in the server's logs.
    #[serde(default, rename = "request_id", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Rows over the socket. Known clients do not apply them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BootstrapChunk {
    /// The model's typename.
    pub entity_type: String,
    /// The rows.
    pub data: JsonText,
    /// Whether these are the last.
    pub is_complete: bool,
    /// Where to resume.
    #[serde(default)]
    pub cursor: Option<Cursor>,
    /// The model's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClaimExpired {
    claim_id: ClaimId,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch<'a, D: Clone> {
    deltas: std::borrow::Cow<'a, [D]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    new_versions: Option<Versions>,
}

/// A frame from a server. A client reads deltas as [`WireDelta`]; a server writes them as [`JsonText`], encoded once
/// for every connection.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerFrame<D = WireDelta> {
    /// It is alive.
    Pong,
    /// Are you?
    Ping,
    /// What changed.
    SyncResponse(SyncResponse<D>),
    /// New changes.
    Deltas {
        /// The changes, ascending.
        deltas: Vec<D>,
        /// The versions of models.
        new_versions: Option<Versions>,
    },
    /// How a commit ended.
    MutationResult(Receipt),
    /// Rows.
    Bootstrap(BootstrapChunk),
    /// What a peer is doing.
    Presence(PresenceUpdate),
    /// The answer to a subscription.
    ClaimAck(ClaimAck),
    /// A subscription ended.
    ClaimExpired(ClaimId),
    /// A claim is held at once.
    IntentAcquired(IntentGrant),
    /// A claim is held after waiting.
    IntentGranted(IntentGrant),
    /// A claim waits.
    IntentQueued(IntentQueued),
    /// A claim was refused.
    IntentRejected(IntentRejected),
    /// A claim was lost.
    IntentLost(IntentLost),
    /// A wait line changed.
    IntentQueue(IntentQueue),
    /// Anything else: a peer's own event.
    Other {
        /// The type.
        kind: String,
        /// What it carries.
        payload: Option<JsonText>,
    },
}

impl ServerFrame<WireDelta> {
    /// Reads a frame. Types that are not known come back as [`ServerFrame::Other`].
    ///
    /// # Errors
    /// `invalid_json` or `invalid_body`; `param` names the frame.
    pub fn decode(frame: &str) -> Result<Self, AbloError> {
        let Head { kind, payload } = lenient::decode(frame)?;
        let Some(kind) = kind else {
            // A delta may come without any frame around it.
            return Ok(Self::Deltas { deltas: vec![body("delta", frame)?], new_versions: None });
        };
        let required = || required(&kind, payload);
        Ok(match kind.as_ref() {
            "pong" => Self::Pong,
            "ping" => Self::Ping,
            "sync_response" => Self::SyncResponse(body(&kind, required()?)?),
            "delta" => deltas(required()?)?,
            "mutation_result" => Self::MutationResult(body(&kind, required()?)?),
            "bootstrap_response" => Self::Bootstrap(body(&kind, required()?)?),
            // Its members may stand beside the type.
            "presence_update" => Self::Presence(body(&kind, required().unwrap_or(frame))?),
            "claim_ack" => Self::ClaimAck(body(&kind, required()?)?),
            "claim_expired" => Self::ClaimExpired(body::<ClaimExpired>(&kind, required()?)?.claim_id),
            "intent_acquired" => Self::IntentAcquired(body(&kind, required()?)?),
            "intent_granted" => Self::IntentGranted(body(&kind, required()?)?),
            "intent_queued" => Self::IntentQueued(body(&kind, required()?)?),
            "intent_rejected" => Self::IntentRejected(body(&kind, required()?)?),
            "intent_lost" => Self::IntentLost(body(&kind, required()?)?),
            "intent_queue" => Self::IntentQueue(body(&kind, required()?)?),
            _ => Self::Other { payload: payload.map(JsonText::from), kind: kind.into_owned() },
        })
    }
}

/// One delta, or several under `deltas`.
fn deltas(payload: &str) -> Result<ServerFrame, AbloError> {
    #[derive(Deserialize)]
    struct Probe<'a> {
        #[serde(borrow)]
        deltas: Option<&'a serde_json::value::RawValue>,
    }
    if body::<Probe<'_>>("delta", payload)?.deltas.is_none() {
        return Ok(ServerFrame::Deltas { deltas: vec![body("delta", payload)?], new_versions: None });
    }
    let batch: Batch<'_, WireDelta> = body("delta", payload)?;
    Ok(ServerFrame::Deltas { deltas: batch.deltas.into_owned(), new_versions: batch.new_versions })
}

impl<D: Serialize + Clone> ServerFrame<D> {
    /// The frame as text.
    ///
    /// # Errors
    /// When serde refuses a value, which no frame has.
    pub fn encode(&self) -> serde_json::Result<String> {
        match self {
            Self::Pong => bare("pong"),
            Self::Ping => bare("ping"),
            Self::SyncResponse(payload) => text("sync_response", payload),
            Self::Deltas { deltas, new_versions } => match (deltas.as_slice(), new_versions) {
                ([delta], None) => text("delta", delta),
                (deltas, versions) => text("delta", &Batch { deltas: deltas.into(), new_versions: versions.clone() }),
            },
            Self::MutationResult(payload) => text("mutation_result", payload),
            Self::Bootstrap(payload) => text("bootstrap_response", payload),
            Self::Presence(payload) => text("presence_update", payload),
            Self::ClaimAck(payload) => text("claim_ack", payload),
            Self::ClaimExpired(claim_id) => text("claim_expired", &ClaimExpired { claim_id: claim_id.clone() }),
            Self::IntentAcquired(payload) => text("intent_acquired", payload),
            Self::IntentGranted(payload) => text("intent_granted", payload),
            Self::IntentQueued(payload) => text("intent_queued", payload),
            Self::IntentRejected(payload) => text("intent_rejected", payload),
            Self::IntentLost(payload) => text("intent_lost", payload),
            Self::IntentQueue(payload) => text("intent_queue", payload),
            Self::Other { kind, payload: Some(payload) } => text(kind, payload),
            Self::Other { kind, payload: None } => bare(kind),
        }
    }
}
