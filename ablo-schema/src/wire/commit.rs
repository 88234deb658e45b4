use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeStruct};

use super::{
    ids::{ClaimId, ClientTxId, IdempotencyKey, SyncId, TaskId, TransactionId},
    json::JsonText,
    lenient,
};
use crate::error::{AbloError, Code};

/// What an operation does to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Inserts it.
    Create,
    /// Sets some fields.
    Update,
    /// Removes it.
    Delete,
    /// Takes it out of the live rows.
    Archive,
    /// Brings it back among the live rows.
    Unarchive,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 5] = [Self::Create, Self::Update, Self::Delete, Self::Archive, Self::Unarchive];

    /// The word of HTTP commits and of capabilities.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Archive => "archive",
            Self::Unarchive => "unarchive",
        }
    }

    /// The word of WebSocket commits.
    #[must_use]
    pub const fn upper(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Archive => "ARCHIVE",
            Self::Unarchive => "UNARCHIVE",
        }
    }

    /// The action of either word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| word == action.as_str() || word == action.upper())
    }
}

/// What happens when the row changed after `readAt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnStale {
    /// The write is refused.
    Reject,
    /// The write is applied.
    Force,
    /// The write is applied. Only a program that commits at the engine itself is told of the newer change.
    Flag,
    /// As [`Self::Flag`]: nothing is merged yet.
    Merge,
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitOperation {
    /// What it does.
    pub action: Action,
    /// The model, in any spelling.
    pub model: String,
    /// The row; the server makes one for a create without it.
    pub id: Option<String>,
    /// The fields it sets.
    pub input: Option<JsonText>,
    /// Comes back with the delta.
    pub transaction_id: Option<TransactionId>,
    /// The newest change the writer has seen; zero knows nothing.
    pub read_at: Option<SyncId>,
    /// What to do when the row changed since.
    pub on_stale: Option<OnStale>,
    /// A recorded override of another participant's claim.
    pub bypass: Option<bool>,
}

impl CommitOperation {
    /// An operation without options.
    pub fn new(action: Action, model: impl Into<String>, id: impl Into<String>) -> Self {
        Self {
            action,
            model: model.into(),
            id: Some(id.into()),
            input: None,
            transaction_id: None,
            read_at: None,
            on_stale: None,
            bypass: None,
        }
    }

    /// The same, as `/v1/commits` spells it: `action`, `data`.
    #[must_use]
    pub fn http(&self) -> HttpOperation<'_> {
        HttpOperation(self)
    }
}

/// An operation in the spelling of `/v1/commits`.
#[derive(Clone, Copy, Debug)]
pub struct HttpOperation<'a>(&'a CommitOperation);

/// Every member of either spelling.
#[derive(Deserialize)]
struct RawOperation<'a> {
    #[serde(rename = "type", borrow)]
    upper: Option<Cow<'a, str>>,
    #[serde(borrow)]
    action: Option<Cow<'a, str>>,
    model: Option<String>,
    id: Option<String>,
    input: Option<JsonText>,
    data: Option<JsonText>,
    #[serde(rename = "transactionId")]
    transaction_id: Option<TransactionId>,
    #[serde(rename = "readAt", default, deserialize_with = "lenient::sync_id")]
    read_at: Option<SyncId>,
    #[serde(rename = "onStale")]
    on_stale: Option<OnStale>,
    bypass: Option<bool>,
}

impl TryFrom<RawOperation<'_>> for CommitOperation {
    type Error = AbloError;

    fn try_from(raw: RawOperation<'_>) -> Result<Self, AbloError> {
        let word = raw.upper.or(raw.action).ok_or(Code::CommitOperationActionRequired)?;
        let action = Action::parse(&word).ok_or_else(|| {
            AbloError::new(
                Code::CommitOperationUnsupported,
                format!("`{word}` is not an operation; write create, update, delete, archive or unarchive"),
            )
        })?;
        let model = raw.model.filter(|model| !model.is_empty()).ok_or(Code::CommitOperationModelRequired)?;
        Ok(Self {
            action,
            model,
            id: raw.id,
            input: raw.input.or(raw.data),
            transaction_id: raw.transaction_id,
            read_at: raw.read_at,
            on_stale: raw.on_stale,
            bypass: raw.bypass,
        })
    }
}

impl<'de> Deserialize<'de> for CommitOperation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RawOperation::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}

impl Serialize for CommitOperation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_operation(self, "type", self.action.upper(), "input", serializer)
    }
}

impl Serialize for HttpOperation<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_operation(self.0, "action", self.0.action.as_str(), "data", serializer)
    }
}

fn serialize_operation<S: Serializer>(
    operation: &CommitOperation,
    action: &'static str,
    word: &str,
    input: &'static str,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut members = serializer.serialize_struct("CommitOperation", 8)?;
    members.serialize_field(action, word)?;
    members.serialize_field("model", &operation.model)?;
    if let Some(id) = &operation.id {
        members.serialize_field("id", id)?;
    }
    if let Some(value) = &operation.input {
        members.serialize_field(input, value)?;
    }
    if let Some(value) = &operation.transaction_id {
        members.serialize_field("transactionId", value)?;
    }
    if let Some(value) = operation.read_at {
        members.serialize_field("readAt", &value)?;
    }
    if let Some(value) = operation.on_stale {
        members.serialize_field("onStale", &value)?;
    }
    if let Some(value) = operation.bypass {
        members.serialize_field("bypass", &value)?;
    }
    members.end()
}

/// Operations that apply together or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Commit {
    /// The operations.
    pub operations: Vec<CommitOperation>,
    /// The attempt.
    pub client_tx_id: ClientTxId,
    /// Makes a repeated request one request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<IdempotencyKey>,
    /// The claim the writes are made under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<ClaimId>,
    /// The agent's task that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caused_by_task_id: Option<TaskId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCommit<'a> {
    #[serde(borrow)]
    operations: Option<Vec<RawOperation<'a>>>,
    client_tx_id: Option<ClientTxId>,
    idempotency_key: Option<IdempotencyKey>,
    intent: Option<ClaimId>,
    caused_by_task_id: Option<TaskId>,
}

impl Commit {
    /// Reads a commit in either spelling.
    ///
    /// # Errors
    /// `invalid_json`, `invalid_body`, or what is wrong with an operation; its position is in `param`.
    pub fn decode(json: &str) -> Result<Self, AbloError> {
        lenient::decode::<RawCommit<'_>>(json)?.try_into()
    }

    /// The body of `POST /v1/commits`.
    ///
    /// # Errors
    /// When serde refuses a value, which no decoded commit has.
    pub fn to_http(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            client_tx_id: &'a ClientTxId,
            #[serde(skip_serializing_if = "Option::is_none")]
            idempotency_key: &'a Option<IdempotencyKey>,
            #[serde(skip_serializing_if = "Option::is_none")]
            intent: &'a Option<ClaimId>,
            #[serde(skip_serializing_if = "Option::is_none")]
            caused_by_task_id: &'a Option<TaskId>,
            operations: Vec<HttpOperation<'a>>,
        }
        serde_json::to_string(&Body {
            client_tx_id: &self.client_tx_id,
            idempotency_key: &self.idempotency_key,
            intent: &self.intent,
            caused_by_task_id: &self.caused_by_task_id,
            operations: self.operations.iter().map(CommitOperation::http).collect(),
        })
    }
}

impl TryFrom<RawCommit<'_>> for Commit {
    type Error = AbloError;

    fn try_from(raw: RawCommit<'_>) -> Result<Self, AbloError> {
        let operations = raw.operations.filter(|operations| !operations.is_empty());
        let operations = operations.ok_or(Code::CommitOperationRequired)?;
        let operations = operations.into_iter().enumerate().map(|(position, operation)| {
            CommitOperation::try_from(operation).map_err(|error| error.param(format!("operations[{position}]")))
        });
        // A key alone names the attempt too.
        let client_tx_id = raw
            .client_tx_id
            .or_else(|| raw.idempotency_key.as_ref().map(|key| ClientTxId::from(key.as_str())))
            .ok_or_else(|| AbloError::new(Code::InvalidBody, "`clientTxId` is missing; send one per attempt"))?;
        Ok(Self {
            operations: operations.collect::<Result<_, _>>()?,
            client_tx_id,
            idempotency_key: raw.idempotency_key,
            intent: raw.intent,
            caused_by_task_id: raw.caused_by_task_id,
        })
    }
}

impl<'de> Deserialize<'de> for Commit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RawCommit::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}
