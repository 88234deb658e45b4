use serde::{Deserialize, Deserializer, Serialize};

use super::{
    error::in_frame,
    ids::{ClientTxId, ServerTxId, SyncId},
    lenient,
};
use crate::error::{AbloError, Code};

/// How a commit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommitStatus {
    /// It is in the log.
    Confirmed,
    /// It waits to be applied.
    Queued,
    /// Nothing was applied.
    Rejected,
}

/// The answer to a commit, over HTTP and as the payload of `mutation_result`.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// The attempt.
    pub client_tx_id: ClientTxId,
    /// The server's name for it; empty when rejected.
    pub server_tx_id: ServerTxId,
    /// How it ended.
    pub status: CommitStatus,
    /// The last delta of this commit; zero when it wrote none.
    pub last_sync_id: SyncId,
    /// How many operations it had.
    pub ops: u32,
    /// Why it was rejected.
    pub error: Option<AbloError>,
    /// The rejected request, to find it in the server's logs.
    pub request_id: Option<String>,
}

impl Receipt {
    /// The answer to a commit of which nothing was applied.
    #[must_use]
    pub fn rejected(client_tx_id: ClientTxId, error: AbloError) -> Self {
        Self {
            client_tx_id,
            server_tx_id: ServerTxId::default(),
            status: CommitStatus::Rejected,
            last_sync_id: SyncId(0),
            ops: 0,
            error: Some(error),
            request_id: None,
        }
    }
}

/// Every member; `success` and `object` say again what `status` says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    object: String,
    #[serde(default)]
    client_tx_id: ClientTxId,
    #[serde(default)]
    server_tx_id: ServerTxId,
    #[serde(default)]
    success: Option<bool>,
    #[serde(default)]
    status: Option<CommitStatus>,
    #[serde(default, deserialize_with = "lenient::sync_id")]
    last_sync_id: Option<SyncId>,
    #[serde(default)]
    ops: u32,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "in_frame")]
    error: Option<AbloError>,
    #[serde(default, rename = "request_id", skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl Serialize for Receipt {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let body = Body {
            object: "commit_receipt".to_owned(),
            client_tx_id: self.client_tx_id.clone(),
            server_tx_id: self.server_tx_id.clone(),
            success: Some(self.status != CommitStatus::Rejected),
            status: Some(self.status),
            last_sync_id: Some(self.last_sync_id),
            ops: self.ops,
            error: self.error.clone(),
            request_id: self.request_id.clone(),
        };
        body.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Receipt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let body = Body::deserialize(deserializer)?;
        let status = match (body.success, body.status) {
            (Some(false), _) => CommitStatus::Rejected,
            (_, Some(status)) => status,
            (Some(true), None) => CommitStatus::Confirmed,
            (None, None) if body.error.is_some() => CommitStatus::Rejected,
            (None, None) => CommitStatus::Confirmed,
        };
        let error = match status {
            CommitStatus::Rejected => Some(body.error.unwrap_or_else(|| Code::CommitFailed.into())),
            CommitStatus::Confirmed | CommitStatus::Queued => None,
        };
        Ok(Self {
            client_tx_id: body.client_tx_id,
            server_tx_id: body.server_tx_id,
            status,
            last_sync_id: body.last_sync_id.unwrap_or_default(),
            ops: body.ops,
            error,
            request_id: body.request_id,
        })
    }
}
