use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeSeq};
use serde_json::{Map, Value};

use super::{
    ids::{OrganizationId, SyncId},
    json::JsonText,
    lenient,
};
use crate::{
    error::{AbloError, Code},
    typed::{Compare, Condition},
};

/// The largest batch a server need take.
pub const MAX_QUERIES: usize = 16;

impl Compare {
    const ALL: [(Self, &'static str); 14] = [
        (Self::Eq, "="),
        (Self::Ne, "!="),
        (Self::Lt, "<"),
        (Self::Le, "<="),
        (Self::Gt, ">"),
        (Self::Ge, ">="),
        (Self::In, "IN"),
        (Self::NotIn, "NOT IN"),
        (Self::Is, "IS"),
        (Self::IsNot, "IS NOT"),
        (Self::Like, "LIKE"),
        (Self::NotLike, "NOT LIKE"),
        (Self::Ilike, "ILIKE"),
        (Self::NotIlike, "NOT ILIKE"),
    ];

    /// The operator on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(compare, _)| *compare == self).map_or("=", |(_, text)| text)
    }

    /// The operator with this text, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| known.eq_ignore_ascii_case(text)).map(|(compare, _)| *compare)
    }
}

/// Which way rows are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
}

/// One query: rows of a model that meet every condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The model, in any spelling.
    pub model: String,
    /// What must hold; a field may be a wire name, a snake_case name or a column.
    pub conditions: Vec<Condition>,
    /// What to order by, spelled as in conditions.
    pub order_by: Option<String>,
    /// Which way; smallest first when absent.
    pub order: Option<Direction>,
    /// At most this many rows, counted before related rows are nested.
    pub limit: Option<u64>,
    /// The relations to nest.
    pub related: Vec<String>,
}

impl Query {
    /// Every row of a model.
    pub fn of(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            conditions: Vec::new(),
            order_by: None,
            order: None,
            limit: None,
            related: Vec::new(),
        }
    }

    /// Reads one query.
    ///
    /// # Errors
    /// `invalid_body`, or `query_unsupported_operator`.
    pub fn decode(json: &str) -> Result<Self, AbloError> {
        let raw = lenient::decode::<RawQuery<'_>>(json)?;
        let mut conditions = raw.conditions.map_or(Ok(Vec::new()), conditions)?;
        // Older callers name rows by a list of ids.
        if let Some(ids) = raw.ids {
            conditions.push(Condition { field: "id".to_owned(), compare: Compare::In, value: ids.into() });
        }
        Ok(Self {
            model: raw.model,
            conditions,
            order_by: raw.order_by,
            order: raw.order,
            limit: raw.limit,
            related: raw.related.unwrap_or_default(),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawQuery<'a> {
    model: String,
    #[serde(rename = "where", borrow)]
    conditions: Option<&'a serde_json::value::RawValue>,
    order_by: Option<String>,
    order: Option<Direction>,
    limit: Option<u64>,
    related: Option<Vec<String>>,
    ids: Option<Vec<String>>,
}

/// The `where` of a query: a list of tuples, or an object of equalities.
fn conditions(raw: &serde_json::value::RawValue) -> Result<Vec<Condition>, AbloError> {
    match lenient::decode(raw.get())? {
        Value::Null => Ok(Vec::new()),
        Value::Array(tuples) => tuples.into_iter().map(condition).collect(),
        Value::Object(members) => equalities(members),
        _ => Err(malformed_where()),
    }
}

fn equalities(members: Map<String, Value>) -> Result<Vec<Condition>, AbloError> {
    let conditions = members.into_iter().map(|(field, value)| {
        let compare = if value.is_array() { Compare::In } else { equality(&value) };
        well_formed(Condition { field, compare, value })
    });
    conditions.collect()
}

fn condition(tuple: Value) -> Result<Condition, AbloError> {
    let Value::Array(parts) = tuple else { return Err(malformed_where()) };
    let mut parts = parts.into_iter();
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Value::String(field)), Some(value), None, None) => {
            well_formed(Condition { field, compare: equality(&value), value })
        }
        (Some(Value::String(field)), Some(Value::String(operator)), Some(value), None) => {
            let compare = Compare::parse(&operator).ok_or_else(|| unsupported(&field, &operator))?;
            well_formed(Condition { field, compare, value })
        }
        _ => Err(malformed_where()),
    }
}

/// What a value without an operator means: whoever leaves it out for null looks for null, as its own replica does.
fn equality(value: &Value) -> Compare {
    if value.is_null() { Compare::Is } else { Compare::Eq }
}

/// Lists belong to `IN` and `NOT IN`, single values to every other operator.
fn well_formed(condition: Condition) -> Result<Condition, AbloError> {
    let listed = matches!(condition.compare, Compare::In | Compare::NotIn);
    if listed != condition.value.is_array() || condition.value.is_object() {
        return Err(malformed_where());
    }
    Ok(condition)
}

fn malformed_where() -> AbloError {
    AbloError::new(
        Code::InvalidBody,
        "`where` is not a list of [column, value] and [column, operator, value]; IN and NOT IN take a list of values, \
         every other operator takes one",
    )
}

fn unsupported(field: &str, operator: &str) -> AbloError {
    let known: Vec<_> = Compare::ALL.iter().map(|(_, text)| *text).collect();
    let message = format!("`{operator}` is not an operator; use one of {}", known.join(", "));
    AbloError::new(Code::QueryUnsupportedOperator, message).param(field)
}

/// A condition as a tuple; equality leaves its operator out, unless it is with null.
struct Tuple<'a>(&'a Condition);

impl Serialize for Tuple<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_seq(None)?;
        parts.serialize_element(&self.0.field)?;
        if self.0.compare != Compare::Eq || self.0.value.is_null() {
            parts.serialize_element(self.0.compare.as_str())?;
        }
        parts.serialize_element(&self.0.value)?;
        parts.end()
    }
}

impl Serialize for Query {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            model: &'a str,
            #[serde(rename = "where")]
            conditions: Vec<Tuple<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            order_by: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            order: Option<Direction>,
            #[serde(skip_serializing_if = "Option::is_none")]
            limit: Option<u64>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            related: &'a [String],
        }
        let body = Body {
            model: &self.model,
            conditions: self.conditions.iter().map(Tuple).collect(),
            order_by: self.order_by.as_deref(),
            order: self.order,
            limit: self.limit,
            related: &self.related,
        };
        body.serialize(serializer)
    }
}

/// The body of `POST /api/sync/query`. A query that cannot be read stands for itself: it fails, its batch does not.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryBatch {
    /// The queries.
    pub queries: Vec<Result<Query, AbloError>>,
    /// Named by older callers; the credential decides.
    pub organization_id: Option<OrganizationId>,
}

impl QueryBatch {
    /// Reads a batch.
    ///
    /// # Errors
    /// `invalid_json`, `invalid_body`, or `queries_required` when there is none.
    pub fn decode(json: &str) -> Result<Self, AbloError> {
        #[derive(Deserialize)]
        struct Raw<'a> {
            #[serde(borrow)]
            queries: Option<Vec<&'a serde_json::value::RawValue>>,
            #[serde(rename = "organizationId")]
            organization_id: Option<OrganizationId>,
        }
        let raw = lenient::decode::<Raw<'_>>(json)?;
        let queries = raw.queries.filter(|queries| !queries.is_empty()).ok_or(Code::QueriesRequired)?;
        if queries.len() > MAX_QUERIES {
            let message = format!("{} queries in one batch; send at most {MAX_QUERIES}", queries.len());
            return Err(AbloError::new(Code::InvalidBody, message).param("queries"));
        }
        let queries = queries.into_iter().map(|query| Query::decode(query.get())).collect();
        Ok(Self { queries, organization_id: raw.organization_id })
    }

    /// The body that asks these queries.
    ///
    /// # Errors
    /// When serde refuses a value, which no query has.
    pub fn encode(queries: &[Query]) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Body<'a> {
            queries: &'a [Query],
        }
        serde_json::to_string(&Body { queries })
    }
}

/// The answer to a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryResults {
    /// The rows of each query, as a JSON array.
    pub results: Vec<JsonText>,
    /// The newest delta the rows show: a stamp for stale guards.
    pub last_sync_id: SyncId,
}

impl Serialize for QueryResults {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            results: &'a [JsonText],
            last_sync_id: SyncId,
        }
        Body { results: &self.results, last_sync_id: self.last_sync_id }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for QueryResults {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            results: Vec<JsonText>,
            #[serde(default, deserialize_with = "lenient::sync_id")]
            last_sync_id: Option<SyncId>,
        }
        let body = Body::deserialize(deserializer)?;
        // A result may be one row, or null.
        let results = body.results.into_iter().map(|result| match result.get().as_bytes().first() {
            Some(b'[') => Ok(result),
            Some(b'{') => JsonText::parse(&format!("[{}]", result.get())),
            _ => JsonText::parse("[]"),
        });
        let results = results.collect::<Result<_, _>>().map_err(D::Error::custom)?;
        Ok(Self { results, last_sync_id: body.last_sync_id.unwrap_or_default() })
    }
}
