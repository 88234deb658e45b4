use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{Direction, JsonText, QueryBatch, QueryResults};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::caller::Caller;
use super::failure::Failure;
use super::input::{BodyText, Params};
use super::rows;
use crate::engine::{Bootstrap, Query};
use crate::server::state::Shared;
use crate::server::telemetry;

/// Bytes of a bootstrap that are written at once.
const CHUNK: usize = 64 << 10;

/// `GET /sync/bootstrap`: every row of the models asked for, of one moment, with the head of that moment.
pub async fn bootstrap(State(server): State<Shared>, caller: Caller, params: Params) -> Result<Response, Failure> {
    let names: Option<Vec<&str>> =
        params.get("models").map(|names| names.split(',').filter(|name| !name.is_empty()).collect());
    let (known, failed): (Vec<&str>, Vec<&str>) =
        names.into_iter().flatten().partition(|name| server.schema.resolve(name).is_some());
    let asked: Vec<&str> = params.all("syncGroups").collect();
    let groups = server.asked(&caller.credential, &asked);
    let models = params.get("models").map(|_| known.as_slice());
    let rows = caller.session.bootstrap(models, groups).await?;
    let head = rows.head.0;
    let failed = serde_json::to_string(&failed).unwrap_or_default();
    let start = format!(
        "{{\"type\":\"full\",\"lastSyncId\":{head},\"timestamp\":{},\"failedModels\":{failed},\"models\":{{",
        server.millis()
    );
    server.bootstrapped(&caller.credential, head);
    let writer = Writer { server: server.clone(), rows, model: 0, row: 0, start: Some(start) };
    let body = Body::from_stream(stream::iter(writer));
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

/// Writes a bootstrap piece by piece, so that its text is never in memory as a whole.
struct Writer {
    server: Shared,
    rows: Bootstrap,
    model: usize,
    row: usize,
    start: Option<String>,
}

impl Iterator for Writer {
    type Item = Result<Bytes, AbloError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut text = self.start.take().unwrap_or_default();
        while text.len() < CHUNK && self.model <= self.rows.models.len() {
            let Some((index, rows)) = self.rows.models.get(self.model) else {
                text.push_str("}}");
                self.model += 1;
                break;
            };
            let model = self.server.schema.at(*index);
            if self.row == 0 {
                let comma = if self.model > 0 { "," } else { "" };
                text.push_str(&format!("{comma}{}:[", serde_json::Value::from(model.def().typename.as_str())));
            }
            match rows.get(self.row) {
                Some(row) => {
                    let comma = if self.row > 0 { "," } else { "" };
                    text.push_str(comma);
                    match rows::row(model, row) {
                        Ok(row) => text.push_str(row.get()),
                        Err(error) => return Some(Err(telemetry::told(error))),
                    }
                    self.row += 1;
                }
                None => {
                    text.push(']');
                    self.model += 1;
                    self.row = 0;
                }
            }
        }
        (!text.is_empty()).then(|| Ok(text.into()))
    }
}

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
                results.push(JsonText::parse(rows).map_err(|_| AbloError::from(Code::InternalError))?);
            }
            Err(error) if single => return Err(error.into()),
            Err(error) => {
                telemetry::told(error);
                results.push(JsonText::parse("[]".to_owned()).map_err(|_| AbloError::from(Code::InternalError))?);
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
