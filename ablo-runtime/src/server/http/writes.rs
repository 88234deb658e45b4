use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{Action, ClientTxId, Commit, CommitOperation, IdempotencyKey, JsonText, ModelWrite, Receipt};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};

use super::caller::Caller;
use super::failure::Failure;
use super::input::BodyText;
use super::rows;
use crate::server::auth::random_id;
use crate::server::state::Shared;
use crate::server::telemetry;

/// The header that makes a repeated request one request.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// `POST /v1/models/{model}`.
pub async fn create(
    State(server): State<Shared>,
    caller: Caller,
    Path(model): Path<String>,
    headers: HeaderMap,
    body: BodyText,
) -> Result<(StatusCode, Json<Receipt>), Failure> {
    rows::model(&server.schema, &model)?;
    let write: ModelWrite = body.read()?;
    let id = write.id.clone();
    one(&server, &caller, &headers, write, (Action::Create, model, id)).await
}

/// `PATCH /v1/models/{model}/{id}`.
pub async fn update(
    State(server): State<Shared>,
    caller: Caller,
    Path((model, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: BodyText,
) -> Result<(StatusCode, Json<Receipt>), Failure> {
    rows::model(&server.schema, &model)?;
    one(&server, &caller, &headers, body.read()?, (Action::Update, model, Some(id))).await
}

/// `DELETE /v1/models/{model}/{id}`, which may have a body.
pub async fn delete(
    State(server): State<Shared>,
    caller: Caller,
    Path((model, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: BodyText,
) -> Result<(StatusCode, Json<Receipt>), Failure> {
    rows::model(&server.schema, &model)?;
    one(&server, &caller, &headers, body.read()?, (Action::Delete, model, Some(id))).await
}

/// `POST /v1/commits`, in either spelling.
pub async fn commit(
    State(server): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: BodyText,
) -> Result<(StatusCode, Json<Receipt>), Failure> {
    let mut commit = decode(&headers, &body)?;
    if let Some(key) = header(&headers)? {
        commit.idempotency_key = Some(key);
    }
    if let Some(task) = &commit.caused_by_task_id {
        server.book.open_task_of(&caller.credential, task.as_str())?;
    }
    apply(&server, &caller, commit).await
}

/// A commit whose only name may be the header's key.
fn decode(headers: &HeaderMap, body: &BodyText) -> Result<Commit, AbloError> {
    match (Commit::decode(&body.0), header(headers)?) {
        (Err(error), Some(key)) if error.message.contains("clientTxId") => {
            let mut members: serde_json::Map<String, serde_json::Value> = body.read()?;
            members.insert("clientTxId".into(), key.as_str().into());
            Commit::decode(&serde_json::Value::from(members).to_string())
        }
        (decoded, _) => decoded,
    }
}

/// One write of a model route as a commit.
async fn one(
    server: &Shared,
    caller: &Caller,
    headers: &HeaderMap,
    write: ModelWrite,
    (action, model, id): (Action, String, Option<String>),
) -> Result<(StatusCode, Json<Receipt>), Failure> {
    let key = header(headers)?.or(write.idempotency_key);
    let attempt = match &key {
        Some(key) => ClientTxId::from(key.as_str()),
        None => ClientTxId::from(random_id("req")?),
    };
    let input = match (action, write.data) {
        (Action::Create | Action::Update, Some(data)) => Some(data),
        (Action::Create, None) => JsonText::parse("{}").ok(),
        (Action::Update, None) => {
            return Err(AbloError::new(Code::InvalidBody, "`data` is missing; name the fields to change.")
                .param("data")
                .into());
        }
        _ => None,
    };
    let operation = CommitOperation {
        action,
        model,
        id,
        input,
        transaction_id: None,
        read_at: write.read_at,
        on_stale: write.on_stale,
        bypass: None,
    };
    let commit = Commit {
        operations: vec![operation],
        client_tx_id: attempt,
        idempotency_key: key,
        intent: write.intent,
        caused_by_task_id: None,
    };
    apply(server, caller, commit).await
}

async fn apply(server: &Shared, caller: &Caller, mut commit: Commit) -> Result<(StatusCode, Json<Receipt>), Failure> {
    // Whose row it is is decided by participant. Only a claim that was really made can be found to be over.
    let room = server.room(&caller.credential.space());
    let me = caller.session.participant().reference();
    commit.intent = commit.intent.filter(|claim| room.knows(&me, claim));
    match caller.session.commit(commit).await {
        Ok(committed) => {
            server.metrics.committed(if committed.replayed { "replayed" } else { "confirmed" });
            telemetry::committed(&committed);
            Ok((StatusCode::OK, Json(committed.receipt)))
        }
        Err(error) => {
            server.metrics.committed("rejected");
            Err(error.into())
        }
    }
}

fn header(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, AbloError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value
        .to_str()
        .map_err(|_| AbloError::new(Code::InvalidRequest, "The `Idempotency-Key` has to be plain text."))?;
    Ok((!key.is_empty()).then(|| IdempotencyKey::from(key)))
}
