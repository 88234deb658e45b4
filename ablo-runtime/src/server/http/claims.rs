use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{
    ClaimId, ClaimRequest, IntentAnswer, IntentList, IntentReleased, IntentRequest, IntentStatus, IntentWaiting,
    QueuePlace, ReorderRequest,
};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::caller::Caller;
use super::failure::Failure;
use super::input::{BodyText, Params};
use super::models::now;
use super::rows;
use crate::claims::{Acquire, ClaimCommand, ClaimReply, Refusal, RowClaims};
use crate::server::auth::random_id;
use crate::server::state::Shared;

/// `POST /v1/models/{model}/{id}/claim`.
pub async fn acquire(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
    body: BodyText,
) -> Result<Response, Failure> {
    let asked: ClaimRequest = body.read()?;
    let model = rows::model(&server.schema, &name)?.key().to_owned();
    let me = caller.session.participant().reference();
    // A caller that comes back means the claim it has already: it was told its id once and may not have kept it.
    let mine = match caller.session.claims(&model, &id).await {
        Ok(claims) => claims.entry_of(&me).map(|entry| entry.id().clone()),
        Err(_) => None,
    };
    let claim = match mine {
        Some(claim) => claim,
        None => ClaimId::from(random_id("int")?),
    };
    let mut wish = Acquire::from_claim_request(asked, claim);
    wish.details.action = or_editing(wish.details.action);
    announce(&server, &caller, wish, (&name, &model, &id)).await
}

/// `POST /v1/intents`.
pub async fn begin(State(server): State<Shared>, caller: Caller, body: BodyText) -> Result<Response, Failure> {
    let asked: IntentRequest = body.read()?;
    let (name, id) = (asked.target.model.clone(), asked.target.id.clone());
    let model = rows::model(&server.schema, &name)?.key().to_owned();
    let fresh = ClaimId::from(random_id("int")?);
    let wish = Acquire::from_intent_request(asked, || fresh);
    announce(&server, &caller, wish, (&name, &model, &id)).await
}

fn or_editing(action: String) -> String {
    if action.is_empty() { "editing".to_owned() } else { action }
}

/// Asks for a claim and answers with it, with a place in line, or with who is in the way.
async fn announce(
    server: &Shared,
    caller: &Caller,
    wish: Acquire,
    (spelled, model, id): (&str, &str, &str),
) -> Result<Response, Failure> {
    if id.is_empty() {
        return Err(AbloError::new(Code::InvalidIntent, "Name the row to claim.").param("target.id").into());
    }
    let me = caller.session.participant().reference();
    let room = server.room(&caller.credential.space());
    let claim = wish.claim.clone();
    room.spell(&me, &claim, spelled, None);
    let reply = caller.session.claim(model, id, ClaimCommand::Acquire(wish)).await;
    let reply = reply.inspect_err(|_| room.unspell(&me, &claim))?;
    match reply {
        ClaimReply::Queued { position, .. } => {
            let waiting = IntentWaiting { status: IntentStatus::Queued, intent_id: claim, position: position.into() };
            Ok((StatusCode::ACCEPTED, Json(waiting)).into_response())
        }
        ClaimReply::Refused(refusal) => {
            room.unspell(&me, &claim);
            Err(refusal.into_error(spelled, id, Code::ClaimConflict).into())
        }
        _ => {
            let claims = caller.session.claims(model, id).await.unwrap_or_default();
            let (holder, _) = room.objects(model, id, &claims, now(server));
            let lost = || AbloError::new(Code::ClaimLost, "The claim ended before it could be told; claim again.");
            let mut held = holder.filter(|held| held.held_by == me.id).ok_or_else(lost)?;
            held.id = claim;
            Ok((StatusCode::CREATED, Json(IntentAnswer(held))).into_response())
        }
    }
}

/// `DELETE /v1/models/{model}/{id}/claim`: whatever the caller has on the row.
pub async fn release(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
) -> Result<Json<IntentReleased>, Failure> {
    let model = rows::model(&server.schema, &name)?;
    let everything = ClaimCommand::Release { claim: None, token: None };
    // What is not there, or not seen, has nothing to hand back.
    let reply = caller.session.claim(model.key(), &id, everything).await;
    if let Err(error) = reply
        && !error.is(Code::EntityNotFound)
    {
        return Err(error.into());
    }
    Ok(Json(IntentReleased { object: None, id: None, ok: true, released: true }))
}

/// `POST /v1/models/{model}/{id}/claim/reorder`.
pub async fn reorder(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
    body: BodyText,
) -> Result<Json<serde_json::Value>, Failure> {
    let asked: ReorderRequest = body.read()?;
    let model = rows::model(&server.schema, &name)?;
    let order: Vec<QueuePlace> = asked.order;
    let reply = caller.session.claim(model.key(), &id, ClaimCommand::Reorder { order }).await?;
    if let ClaimReply::Refused(refusal @ Refusal::Unauthorized) = reply {
        return Err(refusal.into_error(&name, &id, Code::ClaimConflict).into());
    }
    Ok(Json(serde_json::json!({ "ok": true })))
}

/// `GET /v1/intents`.
pub async fn list(State(server): State<Shared>, caller: Caller, params: Params) -> Result<Json<IntentList>, Failure> {
    let named = |name| params.get(name).filter(|value| !value.is_empty());
    let name = named("model").or_else(|| named("resource"));
    let model = name.map(|name| rows::model(&server.schema, name)).transpose()?;
    let mut found: Vec<(String, String, RowClaims)> = Vec::new();
    let id = named("id");
    match (model, id) {
        (Some(model), Some(id)) => match caller.session.claims(model.key(), id).await {
            Ok(claims) => found.push((model.key().to_owned(), id.to_owned(), claims)),
            Err(error) if error.is(Code::EntityNotFound) => {}
            Err(error) => return Err(error.into()),
        },
        _ => {
            for (key, claims) in caller.session.all_claims().await? {
                let of = server.schema.at(key.model);
                let wanted = model.is_none_or(|model| model.index() == key.model) && id.is_none_or(|id| *id == *key.id);
                if wanted {
                    found.push((of.key().to_owned(), (*key.id).to_owned(), claims));
                }
            }
        }
    }
    let room = server.room(&caller.credential.space());
    let mut answer = IntentList::default();
    for (model, id, claims) in found {
        let (holder, line) = room.objects(&model, &id, &claims, now(&server));
        answer.intents.extend(holder);
        answer.queue.extend(line);
    }
    if let Some(field) = named("field") {
        // A claim without a field is about every field.
        answer.intents.retain(|intent| intent.target.field.as_deref().is_none_or(|own| own == field));
        answer.queue.retain(|intent| intent.target.field.as_deref().is_none_or(|own| own == field));
    }
    Ok(Json(answer))
}

/// `DELETE /v1/intents/{id}`.
pub async fn end(
    State(server): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<IntentReleased>, Failure> {
    let me = caller.session.participant().reference();
    let claim = ClaimId::from(id.as_str());
    for (key, claims) in caller.session.all_claims().await? {
        let mine = claims.entries().any(|entry| entry.participant == me && entry.handles.contains(&claim));
        if mine {
            let release = ClaimCommand::Release { claim: Some(claim.clone()), token: None };
            caller.session.claim(server.schema.at(key.model).key(), &key.id, release).await?;
        }
    }
    Ok(Json(IntentReleased { object: Some("intent".to_owned()), id: Some(claim), ok: true, released: true }))
}
