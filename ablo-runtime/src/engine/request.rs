use std::sync::Arc;

use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::{ModelRef, ValidSchema};
use ablo_schema::time::Timestamp;
use ablo_schema::typed::Id;
use ablo_schema::wire::{Action, Commit, SyncId};
use tokio::sync::oneshot;

use super::input::{self, Decoded};
use super::receipts::{self, Fingerprint};
use super::rules::Rules;
use super::seat::Seat;
use super::{CommitRequest, Committed};
use crate::claims::{ClaimCommand, ClaimReply};
use crate::store::{ReceiptKey, RowKey};

/// One request in a writer's queue, with everything that can be worked out before its turn.
#[derive(Debug)]
pub(crate) enum Request {
    Commit(CommitJob),
    Claim(ClaimJob),
    /// Claims that have run out are to be ended.
    Sweep,
    /// The log up to here is no longer needed.
    Trim {
        through: SyncId,
        reply: Reply<SyncId>,
    },
    /// Those of these answers that were remembered before this time are no longer needed.
    Forget {
        before: Timestamp,
        keys: Vec<ReceiptKey>,
        reply: Reply<()>,
    },
}

/// Where an answer goes. Nobody may be waiting for it any more.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, AbloError>>;

#[derive(Debug)]
pub(crate) struct CommitJob {
    pub seat: Arc<Seat>,
    pub request: CommitRequest,
    /// One per operation.
    pub operations: Vec<Prepared>,
    /// Where its answer is remembered.
    pub receipt: Option<(ReceiptKey, Fingerprint)>,
    pub reply: Reply<Committed>,
}

/// An operation whose model is known and whose input has been read.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The row, or why there is none.
    pub key: Result<RowKey, AbloError>,
    pub input: Decoded,
}

#[derive(Debug)]
pub(crate) struct ClaimJob {
    pub seat: Arc<Seat>,
    pub key: RowKey,
    pub command: ClaimCommand,
    pub reply: Reply<ClaimReply>,
}

/// Keys longer than this are refused.
const MAX_KEY: usize = 255;

impl CommitJob {
    pub fn new(
        rules: &Rules,
        seat: Arc<Seat>,
        mut request: CommitRequest,
        reply: Reply<Committed>,
    ) -> Result<Self, (AbloError, Reply<Committed>)> {
        let commit = &request.commit;
        let (key, member) = key_of(commit);
        let count = commit.operations.len();
        let max = rules.options.max_operations;
        let refused = if key.len() > MAX_KEY {
            let message = format!("the key has {} bytes; use at most {MAX_KEY}", key.len());
            Some(AbloError::new(Code::IdempotencyKeyTooLong, message).param(member))
        } else if count == 0 {
            Some(AbloError::from(Code::CommitOperationRequired).param("operations"))
        } else if count > max {
            let message = format!("the commit has {count} operations; send at most {max} at once");
            Some(AbloError::new(Code::CommitTooManyOperations, message).param("operations"))
        } else {
            None
        };
        if let Some(error) = refused {
            return Err((error, reply));
        }
        let receipt = (!key.is_empty())
            .then(|| (ReceiptKey { scope: Arc::clone(&seat.scope), key: key.into() }, receipts::fingerprint(&request)));
        let operations =
            request.commit.operations.iter_mut().map(|operation| Prepared::new(&rules.schema, operation)).collect();
        Ok(Self { seat, request, operations, receipt, reply })
    }
}

/// What a repeated request is known by, and the member that says it.
pub(super) fn key_of(commit: &Commit) -> (&str, &'static str) {
    match &commit.idempotency_key {
        Some(key) => (key.as_str(), "idempotencyKey"),
        None => (commit.client_tx_id.as_str(), "clientTxId"),
    }
}

impl Prepared {
    fn new(schema: &ValidSchema, operation: &mut ablo_schema::wire::CommitOperation) -> Self {
        let nothing = Decoded { record: super::Record::default(), problems: Vec::new() };
        let Some(model) = schema.resolve(&operation.model) else {
            let error = unknown_model(&operation.model);
            return Self { key: Err(error), input: nothing };
        };
        if operation.action == Action::Create && operation.id.is_none() {
            operation.id = Some(Id::<()>::new().to_string());
        }
        let key = match operation.id.as_deref() {
            Some(id) if !id.is_empty() => RowKey::new(model.index(), id),
            _ => return Self { key: Err(no_id(model)), input: nothing },
        };
        let input = match operation.action {
            Action::Create | Action::Update => input::decode(model, &key.id, operation.input.as_ref()),
            Action::Delete | Action::Archive | Action::Unarchive => nothing,
        };
        Self { key: Ok(key), input }
    }
}

pub(crate) fn unknown_model(spelling: &str) -> AbloError {
    AbloError::new(Code::UnknownModel, format!("`{spelling}` is not a model of the schema")).param(spelling)
}

fn no_id(model: ModelRef<'_>) -> AbloError {
    AbloError::new(Code::ModelIdentifierMissing, format!("name the row of `{}` by its id", model.key()))
        .param(input::path(model, "id"))
}

impl Request {
    /// Answers that the store failed.
    pub fn fail(self, error: &AbloError) {
        match self {
            Self::Commit(job) => drop(job.reply.send(Err(error.clone()))),
            Self::Claim(job) => drop(job.reply.send(Err(error.clone()))),
            Self::Trim { reply, .. } => drop(reply.send(Err(error.clone()))),
            Self::Forget { reply, .. } => drop(reply.send(Err(error.clone()))),
            // The rows are still due.
            Self::Sweep => {}
        }
    }
}
