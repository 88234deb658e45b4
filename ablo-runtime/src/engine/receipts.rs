use std::borrow::Cow;

use ablo_schema::error::{AbloError, ErrorCode, ErrorParts, Problem};
use ablo_schema::time::Timestamp;
use ablo_schema::wire::{ClientTxId, CommitStatus, Receipt, ServerTxId, SyncId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::CommitRequest;

/// The first answer to a request, kept so that a repeat gets the same.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredReceipt {
    /// What was asked.
    pub fingerprint: Fingerprint,
    /// What was answered.
    pub answer: Result<Receipt, AbloError>,
    /// When.
    pub at: Timestamp,
}

/// Tells two requests apart.
pub type Fingerprint = [u8; 32];

/// The fingerprint of everything that decides what a commit does.
pub(crate) fn fingerprint(request: &CommitRequest) -> Fingerprint {
    let mut hash = Sha256::new();
    let mut part = |text: Option<&str>| {
        hash.update(text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        hash.update(text.unwrap_or_default());
    };
    let commit = &request.commit;
    part(commit.intent.as_ref().map(|claim| claim.as_str()));
    for operation in &commit.operations {
        part(Some(operation.action.as_str()));
        part(Some(&operation.model));
        part(operation.id.as_deref());
        part(operation.input.as_ref().map(|input| input.get()));
        part(operation.transaction_id.as_ref().map(|id| id.as_str()));
        let guard = (operation.read_at.map(|id| id.0), operation.on_stale, operation.bypass);
        part(Some(&format!("{guard:?}")));
    }
    hash.finalize().into()
}

#[derive(Serialize, Deserialize)]
enum Kept<'a> {
    #[serde(rename = "ok")]
    Ok(Cow<'a, ClientTxId>, Cow<'a, ServerTxId>, SyncId, u32),
    #[serde(rename = "error")]
    Error {
        code: ErrorCode,
        message: String,
        param: Option<String>,
        problems: Vec<Problem>,
        details: Map<String, Value>,
        status: Option<u16>,
    },
}

impl StoredReceipt {
    /// The answer as text, for a store to keep.
    ///
    /// # Errors
    /// Never in practice: every answer is JSON.
    pub fn to_text(&self) -> serde_json::Result<String> {
        serde_json::to_string(&match &self.answer {
            Ok(Receipt { client_tx_id, server_tx_id, last_sync_id, ops, .. }) => {
                Kept::Ok(Cow::Borrowed(client_tx_id), Cow::Borrowed(server_tx_id), *last_sync_id, *ops)
            }
            Err(error) => {
                let ErrorParts { code, message, param, problems, details, status } = error.clone().into_parts();
                Kept::Error { code, message, param, problems, details, status }
            }
        })
    }

    /// Reads what [`Self::to_text`] wrote.
    ///
    /// # Errors
    /// When the text is something else.
    pub fn from_text(text: &str) -> serde_json::Result<Result<Receipt, AbloError>> {
        Ok(match serde_json::from_str(text)? {
            Kept::Ok(client, server, last, ops) => Ok(confirmed(client.into_owned(), server.into_owned(), last, ops)),
            Kept::Error { code, message, param, problems, details, status } => {
                Err(ErrorParts { code, message, param, problems, details, status }.into())
            }
        })
    }
}

/// The receipt of a commit that was applied.
pub(crate) fn confirmed(client: ClientTxId, server: ServerTxId, last: SyncId, ops: u32) -> Receipt {
    Receipt {
        client_tx_id: client,
        server_tx_id: server,
        status: CommitStatus::Confirmed,
        last_sync_id: last,
        ops,
        error: None,
        request_id: None,
    }
}
