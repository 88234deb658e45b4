use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{Direction, JsonText, QueryBatch, QueryResults};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::caller::Caller;
use super::failure::Failure;
use super::input::BodyText;
use super::rows;
use crate::engine::Query;
use crate::server::state::Shared;
use crate::server::telemetry;

/// `POST /sync/query`. A query that fails has no rows; the others are answered.
pub async fn query(
    State(server): State<Shared>,
    caller: Caller,
    body: BodyText,
) -> Result<Json<QueryResults>, Failure> {
    let batch = QueryBatch::decode(&body.0)?;
    let single = batch.queries.len() == 1;
    let mut results: Vec<JsonText> = Vec::new();
    let mut head = None;
    for asked in batch.queries {
        let answered = match asked {
            Ok(asked) => one(&server, &caller, asked).await,
            Err(error) => Err(error),
        };
        match answered {
            Ok((rows, at)) => {
                head.get_or_insert(at);
                results.push(JsonText::parse(&rows).map_err(|_| AbloError::from(Code::InternalError))?);
            }
            Err(error) if single => return Err(error.into()),
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
    Ok(Json(QueryResults { results, last_sync_id: head }))
}

async fn one(
    server: &Shared,
    caller: &Caller,
    asked: ablo_schema::wire::Query,
) -> Result<(String, ablo_schema::wire::SyncId), AbloError> {
    let model = rows::model(&server.schema, &asked.model)?;
    let mut query = Query::of(model.key());
    query.conditions = asked.conditions;
    query.order = asked.order_by.map(|field| (field, asked.order == Some(Direction::Desc)));
    query.limit = asked.limit.and_then(|limit| usize::try_from(limit).ok());
    query.related = asked.related;
    let answers = caller.session.query(&[query]).await?;
    let page = answers.pages.into_iter().next().unwrap_or_default();
    let texts = page.rows.iter().map(|found| rows::nested(model, found)).collect::<Result<Vec<_>, _>>()?;
    Ok((rows::list(&texts), answers.head))
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
