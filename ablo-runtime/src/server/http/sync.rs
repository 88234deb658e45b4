use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{Direction, JsonText, QueryBatch, QueryResults};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::caller::Caller;
use super::failure::Failure;
use super::input::BodyText;
use super::{pipe, rows};
use crate::engine::{Query, QueryPiece};
use crate::server::state::Shared;
use crate::server::telemetry;

/// `POST /sync/query`. A query that fails has no rows; the others are answered.
///
/// Nearly always a look at some rows is enough. When it is not, all is read again, of one moment and piece by piece, and
/// written as fast as the client takes it.
pub async fn query(State(server): State<Shared>, caller: Caller, body: BodyText) -> Result<Response, Failure> {
    let batch = QueryBatch::decode(&body.0)?.queries;
    let is_single = batch.len() == 1;
    let asked: Vec<_> = batch.into_iter().map(|asked| asked.and_then(|asked| engine_query(&server, asked))).collect();
    let mut results: Vec<JsonText> = Vec::new();
    let mut head = None;
    for query in &asked {
        let answered = match query {
            Ok(query) => caller.session.query_piece(query.clone()).await,
            Err(error) => Err(error.clone()),
        };
        match answered {
            Ok(QueryPiece { rest: Some(_), .. }) => return long_answer(server, caller, asked).await,
            Ok(QueryPiece { rows, head: at, .. }) => {
                head.get_or_insert(at);
                let model = query.as_ref().ok().and_then(|query| server.schema.resolve(&query.model));
                let model = model.ok_or(Code::InternalError)?;
                let texts = rows.iter().map(|found| rows::nested(model, found)).collect::<Result<Vec<_>, _>>()?;
                results.push(JsonText::parse(&rows::list(&texts)).map_err(|_| AbloError::from(Code::InternalError))?);
            }
            Err(error) if is_single => return Err(error.into()),
            Err(error) => {
                telemetry::told(error);
                results.push(JsonText::parse("[]").map_err(|_| AbloError::from(Code::InternalError))?);
            }
        }
    }
    let head = match head {
        Some(head) => head,
        None => caller.session.head().await?,
    };
    Ok(Json(QueryResults { results, last_sync_id: head }).into_response())
}

/// The same for answers that are not to be held in memory.
async fn long_answer(
    server: Shared,
    caller: Caller,
    asked: Vec<Result<Query, AbloError>>,
) -> Result<Response, Failure> {
    let mut reader = caller.session.read_queries().await?;
    let is_single = asked.len() == 1;
    Ok(pipe::answer(&server.clone(), |mut pipe| async move {
        let mut before = "{\"results\":[[";
        for query in asked {
            pipe.text.extend_from_slice(before.as_bytes());
            before = "],[";
            let (mut rest, mut comma) = (query.ok(), "");
            while let Some(query) = rest.take() {
                pipe.turn().await?;
                let model = rows::model(&server.schema, &query.model)?;
                let piece = match reader.piece(query).await {
                    Ok(piece) => piece,
                    // It has no rows, as long as none of them was told.
                    Err(error) if comma.is_empty() && !is_single => {
                        telemetry::told(error);
                        break;
                    }
                    Err(error) => return Err(error),
                };
                for found in &piece.rows {
                    pipe.text.extend_from_slice(comma.as_bytes());
                    comma = ",";
                    pipe.text.extend_from_slice(rows::nested(model, found)?.get().as_bytes());
                    if pipe.is_full() {
                        pipe.send().await?;
                    }
                }
                rest = piece.rest;
            }
        }
        pipe.text.extend_from_slice(format!("]],\"lastSyncId\":{}}}", reader.head()).as_bytes());
        pipe.send().await
    }))
}

/// What the engine is asked.
fn engine_query(server: &Shared, asked: ablo_schema::wire::Query) -> Result<Query, AbloError> {
    let mut query = Query::of(rows::model(&server.schema, &asked.model)?.key());
    query.conditions = asked.conditions;
    query.order = asked.order_by.map(|field| (field, asked.order == Some(Direction::Desc)));
    query.limit = asked.limit.and_then(|limit| usize::try_from(limit).ok());
    query.related = asked.related;
    Ok(query)
}

/// `GET /sync/entity/{typename}/{id}`: the bare row.
pub async fn entity(
    State(server): State<Shared>,
    caller: Caller,
    Path((typename, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let model = rows::model(&server.schema, &typename)?;
    let (found, _) = caller.session.retrieve(model.key(), &id).await?;
    let missing = || AbloError::new(Code::EntityNotFound, format!("There is no `{typename}` with the id `{id}`."));
    let found = found.ok_or_else(missing)?;
    let text = rows::row(model, &found.row)?.get().to_owned();
    Ok(([(CONTENT_TYPE, "application/json")], text).into_response())
}
