use serde::{Deserialize, Serialize};

use super::{Head, IntentAbandon, IntentBegin, IntentReorder, bare, body, required, text};
use crate::{
    error::AbloError,
    wire::{
        commit::Commit,
        ids::{ClaimId, ClientTxId, Cursor, SyncId},
        json::JsonText,
        lenient,
        presence::{Ack, PresenceReport, Versions},
    },
};

/// Asks for what changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncRequest {
    /// The last cursor the server gave.
    #[serde(default)]
    pub cursor: Option<Cursor>,
    /// The versions of its models.
    #[serde(default)]
    pub versions: Versions,
    /// The newest delta it applied.
    #[serde(default)]
    pub last_sync_id: SyncId,
    /// What it can take.
    #[serde(default)]
    pub capabilities: Vec<String>,
}

/// Subscribes the connection to more groups for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeClaim {
    /// Its name.
    pub claim_id: ClaimId,
    /// The groups; any text, because asking is not getting.
    #[serde(default)]
    pub sync_groups: Vec<String>,
    /// A credential that allows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability_token: Option<String>,
    /// For how long.
    #[serde(default, deserialize_with = "lenient::amount", skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<u64>,
}

/// Asks for rows over the socket. No known client sends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BootstrapRequest {
    /// The models.
    #[serde(default)]
    pub entities: Vec<String>,
    /// Their versions.
    #[serde(default)]
    pub versions: Versions,
    /// What the client can take.
    #[serde(default)]
    pub capabilities: Option<JsonText>,
}

/// A named mutation. No known client sends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mutation {
    /// Its name.
    pub mutator_name: String,
    /// Its input.
    #[serde(default)]
    pub input: Option<JsonText>,
    /// The attempt.
    pub client_tx_id: ClientTxId,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    claim_id: ClaimId,
}

/// A frame from a client.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientFrame {
    /// What changed since?
    SyncRequest(SyncRequest),
    /// How far it is.
    Ack(Ack),
    /// It is alive.
    Ping,
    /// Writes.
    Commit(Commit),
    /// Its status.
    Presence(PresenceReport),
    /// Subscribe to more groups.
    Claim(ScopeClaim),
    /// Stop that.
    Release(ClaimId),
    /// Announce a claim.
    IntentBegin(IntentBegin),
    /// Give up a claim.
    IntentAbandon(IntentAbandon),
    /// Re-rank a wait line.
    IntentReorder(IntentReorder),
    /// Ask for rows.
    BootstrapRequest(BootstrapRequest),
    /// A named mutation.
    Mutation(Mutation),
    /// Anything else: an application's own event, to be relayed if it is on the server's list.
    Other {
        /// The type.
        kind: String,
        /// What it carries.
        payload: Option<JsonText>,
    },
}

impl ClientFrame {
    /// Reads a frame. Types that are not known come back as [`ClientFrame::Other`].
    ///
    /// # Errors
    /// `invalid_json` or `invalid_body`; `param` names the frame. What is wrong with a commit has its own code, and
    /// its `clientTxId` is a detail, so that the commit can be answered; so are the `intentId`, `entityType` and
    /// `entityId` of an announced claim.
    pub fn decode(frame: &str) -> Result<Self, AbloError> {
        let Head { kind, payload } = lenient::decode(frame)?;
        let kind = kind.unwrap_or_default();
        let required = || required(&kind, payload);
        Ok(match kind.as_ref() {
            "sync_request" => Self::SyncRequest(body(&kind, required()?)?),
            "ack" => Self::Ack(body(&kind, required()?)?),
            "ping" => Self::Ping,
            "commit" => Self::Commit(commit(required()?)?),
            "presence_update" => Self::Presence(body(&kind, required()?)?),
            "claim" => Self::Claim(body(&kind, required()?)?),
            "release" => Self::Release(body::<Release>(&kind, required()?)?.claim_id),
            "intent_begin" => Self::IntentBegin(begin(&kind, required()?)?),
            "intent_abandon" => Self::IntentAbandon(body(&kind, required()?)?),
            "intent_reorder" => Self::IntentReorder(body(&kind, required()?)?),
            "bootstrap_request" => Self::BootstrapRequest(body(&kind, required()?)?),
            "mutation" => Self::Mutation(body(&kind, required()?)?),
            _ => Self::Other { payload: payload.map(JsonText::from), kind: kind.into_owned() },
        })
    }

    /// The attempt of a commit, without reading anything else of it.
    #[must_use]
    pub fn attempt(frame: &str) -> Option<ClientTxId> {
        let Head { kind, payload } = lenient::decode(frame).ok()?;
        attempt(payload.filter(|_| kind.as_deref() == Some("commit"))?.get())
    }

    /// The frame as text.
    ///
    /// # Errors
    /// When serde refuses a value, which no frame has.
    pub fn encode(&self) -> serde_json::Result<String> {
        match self {
            Self::SyncRequest(payload) => text("sync_request", payload),
            Self::Ack(payload) => text("ack", payload),
            Self::Ping => bare("ping"),
            Self::Commit(payload) => text("commit", payload),
            Self::Presence(payload) => text("presence_update", payload),
            Self::Claim(payload) => text("claim", payload),
            Self::Release(claim_id) => text("release", &Release { claim_id: claim_id.clone() }),
            Self::IntentBegin(payload) => text("intent_begin", payload),
            Self::IntentAbandon(payload) => text("intent_abandon", payload),
            Self::IntentReorder(payload) => text("intent_reorder", payload),
            Self::BootstrapRequest(payload) => text("bootstrap_request", payload),
            Self::Mutation(payload) => text("mutation", payload),
            Self::Other { kind, payload: Some(payload) } => text(kind, payload),
            Self::Other { kind, payload: None } => bare(kind),
        }
    }
}

fn commit(payload: &str) -> Result<Commit, AbloError> {
    Commit::decode(payload).map_err(|error| match attempt(payload) {
        Some(attempt) => error.detail("clientTxId", attempt),
        None => error,
    })
}

fn attempt(payload: &str) -> Option<ClientTxId> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Attempt {
        client_tx_id: ClientTxId,
    }
    serde_json::from_str::<Attempt>(payload).ok().map(|attempt| attempt.client_tx_id)
}

fn begin(kind: &str, payload: &str) -> Result<IntentBegin, AbloError> {
    body(kind, payload).map_err(|error| {
        let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(payload).unwrap_or_default();
        let named = members.into_iter().filter(|(name, _)| ["intentId", "entityType", "entityId"].contains(&&**name));
        named.fold(error, |error, (name, value)| error.detail(&name, value))
    })
}
