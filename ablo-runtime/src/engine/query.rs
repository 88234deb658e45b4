use std::sync::Arc;

use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::{FieldType, ModelRef};
use ablo_schema::typed::{Compare, Condition, Filter, Model, Order};
use ablo_schema::wire::SyncId;
use serde_json::Value;

use super::{StoredRow, Test, input};
use crate::store::Field;

/// Which rows of one model are asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// The model, in any spelling.
    pub model: String,
    /// All must hold. Fields are wire names or columns.
    pub conditions: Vec<Condition>,
    /// The field that decides the order, and whether the largest comes first. The id decides between equals.
    pub order: Option<(String, bool)>,
    /// At most this many.
    pub limit: Option<usize>,
    /// Only what comes after this cursor, from an earlier answer to the same query.
    pub after: Option<String>,
    /// Relations whose rows come along.
    pub related: Vec<String>,
    /// Whether archived rows count.
    pub archived: Archived,
}

/// Whether archived rows count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Archived {
    /// Only rows that are not archived.
    #[default]
    Live,
    /// Only archived rows.
    Only,
    /// Both.
    All,
}

impl Query {
    /// Every live row of a model, by id.
    #[must_use]
    pub fn of(model: impl Into<String>) -> Self {
        Self { model: model.into(), ..Self::default() }
    }

    /// Adds conditions.
    #[must_use]
    pub fn filter<M: Model>(mut self, filter: &Filter<M>) -> Self {
        self.conditions.extend_from_slice(filter.conditions());
        self
    }

    /// Adds a condition.
    #[must_use]
    pub fn holds(mut self, field: &str, compare: Compare, value: impl Into<Value>) -> Self {
        self.conditions.push(Condition { field: field.to_owned(), compare, value: value.into() });
        self
    }

    /// Sets the order.
    #[must_use]
    pub fn order<M: Model>(self, order: &Order<M>) -> Self {
        self.order_by(order.field(), order.is_descending())
    }

    /// Sets the order by a field's wire name or column.
    #[must_use]
    pub fn order_by(mut self, field: &str, descending: bool) -> Self {
        self.order = Some((field.to_owned(), descending));
        self
    }

    /// At most this many.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Only what comes after this cursor.
    #[must_use]
    pub fn after(mut self, cursor: impl Into<String>) -> Self {
        self.after = Some(cursor.into());
        self
    }

    /// Brings the rows of a relation along.
    #[must_use]
    pub fn related(mut self, relation: &str) -> Self {
        self.related.push(relation.to_owned());
        self
    }

    /// Whether archived rows count.
    #[must_use]
    pub fn archived(mut self, archived: Archived) -> Self {
        self.archived = archived;
        self
    }
}

/// The answer to a batch of queries: all of one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// The head of the log at that moment: the stamp of what was read.
    pub head: SyncId,
    /// One answer per query, in order.
    pub pages: Vec<Page>,
}

/// The answer to one query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Found>,
    /// Where to go on, when there is more.
    pub next: Option<String>,
}

/// A row that was found, and its related rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The row.
    pub row: Arc<StoredRow>,
    /// Related rows by relation.
    pub related: Vec<(String, Related)>,
}

/// The rows of one relation.
#[derive(Clone, Debug, PartialEq)]
pub enum Related {
    /// Of a `belongsTo` or `hasOne`.
    One(Option<Arc<StoredRow>>),
    /// Of a `hasMany`.
    Many(Vec<Arc<StoredRow>>),
}

/// A wire name as the protocol's queries spell it: each capital becomes `_` and its lower case.
fn snake_case(name: &str) -> impl Iterator<Item = char> {
    name.chars().flat_map(|c| c.is_uppercase().then_some('_').into_iter().chain(c.to_lowercase()))
}

/// The field of this wire name, column or snake-case name.
pub(crate) fn field(model: ModelRef<'_>, name: &str) -> Result<(Field, FieldType), AbloError> {
    if name == "id" {
        return Ok((Field::Id, FieldType::String));
    }
    let shape = model.shape();
    let by_snake_case = || shape.slots().iter().position(|slot| snake_case(&slot.name).eq(name.chars()));
    let slot = shape.slot_of(name).or_else(|| shape.slot_of_column(name)).or_else(by_snake_case);
    match slot {
        Some(slot) => Ok((Field::Slot(slot), shape.slots()[slot].def.ty)),
        None => Err(AbloError::new(
            Code::QueryInvalidIdentifier,
            format!("`{name}` is not a field of `{}`; name one of its fields", model.key()),
        )
        .param(input::path(model, name))),
    }
}

/// The field that decides an order.
pub(crate) fn order(model: ModelRef<'_>, name: &str) -> Result<Field, AbloError> {
    match field(model, name)? {
        (_, FieldType::Json) => {
            Err(AbloError::new(Code::QueryUnsupportedOperator, "a JSON field has no order")
                .param(input::path(model, name)))
        }
        (field, _) => Ok(field),
    }
}

/// The test that a condition asks for.
pub(crate) fn test(model: ModelRef<'_>, condition: &Condition) -> Result<Test, AbloError> {
    let (field, ty) = field(model, &condition.field)?;
    Test::new(field, ty, condition.compare, &condition.value).map_err(|(code, message)| {
        let path = input::path(model, &condition.field);
        AbloError::new(code, format!("{path}: {message}")).param(path)
    })
}
