use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use ablo_schema::{
    error::{AbloError, Code},
    typed::Id,
    wire::{
        Action, ClaimId, ClientTxId, Commit, CommitOperation, CommitStatus, IdempotencyKey, JsonText, OnStale,
        ParticipantRef, Receipt, ServerTxId, SyncId, TransactionId,
    },
};
use serde_json::{Map, Value};
use tokio::task::JoinHandle;

use super::{RefusalHook, Session};
use crate::client::replica::{Change, Replica, Stored, Ticket, Write};
use crate::lock::lock;

/// What a write waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    /// Nothing: it shows in the local replica and is on its way. Should it be refused, it stops showing, and
    /// `on_refused` tells.
    Queued,
    /// Its place in the log; the local replica then has it.
    #[default]
    Confirmed,
}

/// One operation, before it is a commit's.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub action: Action,
    pub table: usize,
    pub row: String,
    /// The members it sets.
    pub input: Map<String, Value>,
    pub read_at: Option<SyncId>,
    pub on_stale: Option<OnStale>,
}

impl Draft {
    pub fn new(action: Action, table: usize, row: impl Into<String>, input: Map<String, Value>) -> Self {
        Self { action, table, row: row.into(), input, read_at: None, on_stale: None }
    }
}

/// A commit in the making.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub drafts: Vec<Draft>,
    pub wait: Wait,
    pub key: Option<IdempotencyKey>,
    pub claim: Option<ClaimId>,
}

/// A commit to be sent.
struct Composed {
    commit: Commit,
    /// What its deltas come back with.
    transaction: TransactionId,
    writes: Vec<Write>,
}

impl Session {
    /// Shows the writes, sends them, and answers as `plan.wait` says. The commit goes on when the answer is dropped.
    pub async fn submit(self: &Arc<Self>, plan: Plan) -> Result<Receipt, AbloError> {
        self.submit_showing(plan).await.map(|(receipt, _)| receipt)
    }

    /// The same, and the first row written as it showed right away.
    pub async fn submit_showing(self: &Arc<Self>, plan: Plan) -> Result<(Receipt, Option<Stored>), AbloError> {
        let Composed { commit, transaction, writes } = self.compose(&plan)?;
        let client_tx_id = commit.client_tx_id.clone();
        let ops = u32::try_from(commit.operations.len()).unwrap_or(u32::MAX);
        let first = plan.drafts.first().map(|draft| (draft.table, draft.row.as_str()));
        let (ticket, shown) = self.change(|replica| {
            let ticket = replica.write(transaction.to_string(), writes);
            (ticket, first.and_then(|(table, row)| replica.get(table, row).cloned()))
        });
        // Sent here, not in the task: writes go out in the order they were made.
        let sent = Started::new(self.transport.commit(commit));
        let task = self.runtime.spawn(settle(self.clone(), ticket, sent, plan.wait));
        match plan.wait {
            Wait::Confirmed => Ok((joined(task).await?, shown)),
            Wait::Queued => {
                let (server_tx_id, last_sync_id) = (ServerTxId::default(), SyncId(0));
                let status = CommitStatus::Queued;
                let receipt =
                    Receipt { client_tx_id, server_tx_id, status, last_sync_id, ops, error: None, request_id: None };
                Ok((receipt, shown))
            }
        }
    }

    /// Calls `hook` with the error of every write that is refused after `Wait::Queued`, until the returned number is
    /// taken back.
    pub fn on_refused(&self, hook: RefusalHook) -> u64 {
        let mut hooks = lock(&self.refusals);
        let id = hooks.last_key_value().map_or(0, |(last, _)| last + 1);
        hooks.insert(id, hook);
        id
    }

    pub fn forget_refused(&self, id: u64) {
        let removed = lock(&self.refusals).remove(&id);
        drop(removed);
    }

    fn compose(&self, plan: &Plan) -> Result<Composed, AbloError> {
        // A repeated request must be the same request, so the key names its transaction too: among all participants,
        // while keys are each one's own.
        let (client_tx_id, transaction) = match &plan.key {
            Some(key) if !key.as_str().is_empty() => {
                let ParticipantRef { kind, id } = self.participant();
                (ClientTxId::from(key.as_str()), format!("{}:{id}:{key}", kind.as_str()))
            }
            _ => {
                let made = Id::<()>::new().into_string();
                (made.as_str().into(), made)
            }
        };
        let transaction = TransactionId::from(transaction);
        let now = jiff::Timestamp::now().to_string();
        let mut operations = Vec::with_capacity(plan.drafts.len());
        let mut writes = Vec::with_capacity(plan.drafts.len());
        for draft in &plan.drafts {
            let model = self.schema.models().nth(draft.table).ok_or(Code::ModelNotRegistered)?;
            let mut operation = CommitOperation::new(draft.action, model.key(), &*draft.row);
            if matches!(draft.action, Action::Create | Action::Update) {
                operation.input = Some(JsonText::of(&draft.input).map_err(|error| malformed(&error))?);
            }
            operation.transaction_id = Some(transaction.clone());
            operation.read_at = draft.read_at;
            operation.on_stale = draft.on_stale;
            operations.push(operation);
            let change = self.expect_change(draft, &now).map_err(|error| malformed(&error))?;
            writes.push(Write { table: draft.table, row: draft.row.clone(), change });
        }
        let idempotency_key = plan.key.clone();
        let intent = plan.claim.clone();
        let commit = Commit { operations, client_tx_id, idempotency_key, intent, caused_by_task_id: None };
        Ok(Composed { commit, transaction, writes })
    }

    /// What the store will most likely make of it.
    fn expect_change(&self, draft: &Draft, now: &str) -> serde_json::Result<Change> {
        let mut members = draft.input.clone();
        let mut set = |name: &str, value: Value| {
            members.entry(name).or_insert(value);
        };
        set("updatedAt", now.into());
        match draft.action {
            Action::Create => {
                set("id", draft.row.as_str().into());
                set("createdAt", now.into());
                set("organizationId", self.transport.organization().into());
                set("createdBy", self.participant().id.as_str().into());
                return JsonText::of(&members).map(Change::Create);
            }
            Action::Delete => return Ok(Change::Delete),
            Action::Update => {}
            Action::Archive => set("archivedAt", now.into()),
            Action::Unarchive => set("archivedAt", Value::Null),
        }
        Ok(Change::Set(members))
    }
}

/// Takes the outcome of a commit in.
async fn settle(
    session: Arc<Session>,
    ticket: Ticket,
    sent: Started<Receipt>,
    wait: Wait,
) -> Result<Receipt, AbloError> {
    match sent.await {
        Ok(receipt) => {
            session.change(|replica| replica.confirm(ticket, receipt.last_sync_id.0));
            if wait == Wait::Confirmed || session.read(Replica::cursor) < receipt.last_sync_id.0 {
                // Reading is not writing: the commit stands even if this fails, and the feed brings what is missing.
                drop(session.catch_up(receipt.last_sync_id).await);
            }
            Ok(receipt)
        }
        Err(error) => {
            session.change(|replica| replica.reject(ticket));
            if wait == Wait::Queued {
                let hooks: Vec<RefusalHook> = lock(&session.refusals).values().cloned().collect();
                hooks.iter().for_each(|hook| hook(&error));
            }
            Err(error)
        }
    }
}

const GONE: &str =
    "the runtime stopped before the answer came; the outcome is not known: repeat the request with the same key";

async fn joined<T>(task: JoinHandle<Result<T, AbloError>>) -> Result<T, AbloError> {
    task.await.unwrap_or_else(|_| Err(AbloError::new(Code::ShuttingDown, GONE)))
}

fn malformed(error: &serde_json::Error) -> AbloError {
    AbloError::new(Code::InvalidBody, format!("the values have no JSON form: {error}"))
}

/// A request that is sent as soon as it is made.
pub(crate) struct Started<T> {
    answer: Option<Result<T, AbloError>>,
    rest: super::super::transport::Answer<T>,
}

impl<T> Started<T> {
    pub fn new(mut request: super::super::transport::Answer<T>) -> Self {
        // The waker is the first real poll's business.
        let answer = match request.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        };
        Self { answer, rest: request }
    }
}

impl<T: Unpin> Future for Started<T> {
    type Output = Result<T, AbloError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => self.rest.as_mut().poll(context),
        }
    }
}
