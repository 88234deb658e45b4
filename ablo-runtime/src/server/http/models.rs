use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::{FieldType, ModelRef};
use ablo_schema::typed::Compare;
use ablo_schema::wire::{ModelList, ModelObject};
use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use super::caller::Caller;
use super::failure::Failure;
use super::input::Params;
use super::rows;
use crate::engine::{Archived, Query};
use crate::server::state::Shared;

/// Names in the query string of a list that are not fields.
const RESERVED: [&str; 4] = ["limit", "order_by", ORDER, "starting_after"];
const ORDER: &str = "order";
/// The ways rows are ordered.
const WAYS: [&str; 2] = ["asc", "desc"];
/// Chooses between live and archived rows, unless the model has a field of that name to filter by.
const STATE: &str = "state";
/// Rows of a page when none is asked for.
const DEFAULT_PAGE: usize = 20;

/// `GET /v1/models/{model}`.
pub async fn list(
    State(server): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    params: Params,
) -> Result<Json<ModelList>, Failure> {
    let model = rows::model(&server.schema, &name)?;
    let query = query(model, &params, server.options.limits.page)?;
    let answers = match caller.session.query(std::slice::from_ref(&query)).await {
        // The last row of a page is as good as its cursor.
        Err(error) if error.is(Code::InvalidCursor) => {
            let id = query.after.clone().unwrap_or_default();
            let (found, _) = caller.session.retrieve(model.key(), &id).await?;
            let query = query.after_row(model, &id, found.as_ref().map(|found| &*found.row)).ok_or(error)?;
            caller.session.query(&[query]).await?
        }
        answers => answers?,
    };
    let page = answers.pages.into_iter().next().unwrap_or_default();
    let data = page.rows.iter().map(|found| rows::row(model, &found.row)).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(ModelList::new(name, data, page.next, answers.head)))
}

/// `GET /v1/models/{model}/{id}`.
pub async fn read(
    State(server): State<Shared>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
) -> Result<Json<ModelObject>, Failure> {
    let model = rows::model(&server.schema, &name)?;
    let (found, head) = caller.session.retrieve(model.key(), &id).await?;
    let missing =
        || AbloError::new(Code::ModelNotFound, format!("There is no `{name}` with the id `{id}`.")).param("id");
    let found = found.ok_or_else(missing)?;
    let mut object = ModelObject::new(name.as_str(), id.as_str(), rows::row(model, &found.row)?, head);
    let claims = caller.session.claims(model.key(), &id).await?;
    let room = server.room(&caller.credential.space());
    let (holder, _) = room.objects(model.key(), &id, &claims, now(&server));
    object.claims = holder.into_iter().collect();
    Ok(Json(object))
}

pub(super) fn now(server: &Shared) -> u64 {
    u64::try_from(server.millis()).unwrap_or(0)
}

/// What the query string of a list asks for. Names that are no fields are passed over: clients add their own.
fn query(model: ModelRef<'_>, params: &Params, most: usize) -> Result<Query, AbloError> {
    let mut query = Query::of(model.key());
    let limit = match params.get("limit") {
        None => DEFAULT_PAGE,
        Some(text) => text.parse::<usize>().ok().filter(|limit| *limit > 0).ok_or_else(|| {
            AbloError::new(Code::InvalidRequest, "`limit` is a whole number above zero.").param("limit")
        })?,
    };
    query.limit = Some(limit.min(most));
    // A field may be called like a control: then what no control can be is looked for in the field.
    let is_filter = |name: &str, text: &str| {
        !RESERVED.contains(&name) || (name == ORDER && !WAYS.contains(&text) && model.shape().slot_of(ORDER).is_some())
    };
    let mut ways = params.all(ORDER).filter(|way| !is_filter(ORDER, way));
    let descending = match ways.next() {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => return Err(AbloError::new(Code::InvalidRequest, "`order` is `asc` or `desc`.").param(ORDER)),
    };
    if let Some(field) = params.get("order_by") {
        query = query.order_by(field, descending);
    } else if descending {
        query = query.order_by("id", true);
    }
    query.after = params.get("starting_after").map(str::to_owned);
    let has_field = model.shape().slot_of(STATE).is_some();
    query.archived = match params.get(STATE).filter(|_| !has_field) {
        None | Some("live") => Archived::Live,
        Some("archived") => Archived::Only,
        Some("all") => Archived::All,
        Some(_) => {
            return Err(AbloError::new(Code::InvalidRequest, "`state` is `live`, `archived` or `all`.").param("state"));
        }
    };
    for (name, text) in params.0.iter().filter(|(name, text)| is_filter(name, text)) {
        let shape = model.shape();
        let ty = match (name.as_str(), shape.slot_of(name)) {
            ("id", _) => FieldType::String,
            (_, Some(slot)) => shape.slots()[slot].def.ty,
            (_, None) => continue,
        };
        query = query.holds(name, Compare::Eq, coerced(ty, name, text)?);
    }
    Ok(query)
}

/// A value of the query string as its field's type says.
fn coerced(ty: FieldType, name: &str, text: &str) -> Result<Value, AbloError> {
    let wrong = |what: &str| AbloError::new(Code::InvalidType, format!("`{name}` is {what}.")).param(name);
    match ty {
        FieldType::String | FieldType::Enum | FieldType::Date => Ok(text.into()),
        FieldType::Number => {
            let number: serde_json::Number = text.parse().map_err(|_| wrong("a number"))?;
            Ok(number.into())
        }
        FieldType::Boolean => match text {
            "true" | "1" => Ok(true.into()),
            "false" | "0" => Ok(false.into()),
            _ => Err(wrong("`true` or `false`")),
        },
        FieldType::Json => Ok(serde_json::from_str(text).unwrap_or_else(|_| text.into())),
    }
}
