use std::{fmt, marker::PhantomData};

use serde_json::Value;

use super::{AbloField, Id, IntoField, Model, field::Wire};

/// A typed reference to a field of `M`; generated accessors such as `WeatherReport::status()` return it.
#[must_use]
pub struct FieldRef<M, T> {
    index: usize,
    types: PhantomData<fn() -> (M, T)>,
}

/// What a generated accessor is: call it to name the field, as in `WeatherReport::status()`.
pub type Accessor<M, T> = fn() -> FieldRef<M, T>;

impl<M, T> fmt::Debug for FieldRef<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FieldRef").field(&self.index).finish()
    }
}

impl<M, T> Clone for FieldRef<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for FieldRef<M, T> {}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the operators")]
pub enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
    Is,
    IsNot,
    Like,
    NotLike,
    Ilike,
    NotIlike,
}

/// One comparison, by the field's wire name.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The field's wire name; `id` is allowed.
    pub field: String,
    /// The operator.
    pub compare: Compare,
    /// The wire value; an array for `In` and `NotIn`.
    pub value: Value,
}

/// Conditions that all hold. Built from field accessors: `Task::done().eq(true).and(Task::title().like("%x%"))`.
pub struct Filter<M> {
    conditions: Vec<Condition>,
    model: PhantomData<fn() -> M>,
}

// By hand, because a filter can be cloned and shown whether or not its model can.
impl<M> Clone for Filter<M> {
    fn clone(&self) -> Self {
        Self { conditions: self.conditions.clone(), model: PhantomData }
    }
}

impl<M> fmt::Debug for Filter<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.conditions).finish()
    }
}

impl<M> PartialEq for Filter<M> {
    fn eq(&self, other: &Self) -> bool {
        self.conditions == other.conditions
    }
}

impl<M> Default for Filter<M> {
    fn default() -> Self {
        Self { conditions: Vec::new(), model: PhantomData }
    }
}

impl<M> Filter<M> {
    /// Both hold.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.conditions.extend(other.conditions);
        self
    }

    /// The conditions.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }
}

impl<M> FromIterator<Condition> for Filter<M> {
    fn from_iter<I: IntoIterator<Item = Condition>>(conditions: I) -> Self {
        Self { conditions: conditions.into_iter().collect(), model: PhantomData }
    }
}

/// A field to order by, and which way.
pub struct Order<M> {
    field: &'static str,
    descending: bool,
    model: PhantomData<fn() -> M>,
}

impl<M> Clone for Order<M> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<M> fmt::Debug for Order<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.descending { "desc" } else { "asc" };
        write!(f, "{} {direction}", self.field)
    }
}

impl<M> PartialEq for Order<M> {
    fn eq(&self, other: &Self) -> bool {
        (self.field, self.descending) == (other.field, other.descending)
    }
}

impl<M> Order<M> {
    /// The field's wire name.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// Whether the largest comes first.
    #[must_use]
    pub fn is_descending(&self) -> bool {
        self.descending
    }
}

impl<M, T> FieldRef<M, T> {
    /// The field at this position of the model's spec.
    pub const fn new(index: usize) -> Self {
        Self { index, types: PhantomData }
    }

    /// The position in the model's spec; that of the id is past the end.
    #[must_use]
    pub const fn index(self) -> usize {
        self.index
    }
}

impl<M> FieldRef<M, Id<M>> {
    /// The id, which has no position of its own.
    pub const ID: Self = Self::new(usize::MAX);
}

impl<M: Model, T: AbloField> FieldRef<M, T> {
    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        M::FIELDS.get(self.index).map_or("id", |field| field.name)
    }

    fn condition(self, compare: Compare, value: Value) -> Filter<M> {
        Filter { conditions: vec![Condition { field: self.name().to_owned(), compare, value }], model: PhantomData }
    }

    fn wire(value: impl IntoField<T>) -> Value {
        // A value without an exact wire form equals no stored value, as null equals none.
        serde_json::to_value(Wire(&value.into_field())).unwrap_or(Value::Null)
    }

    /// Equal. Nothing equals null, not even null: ask for [`Self::is_null`].
    #[must_use]
    pub fn eq(self, value: impl IntoField<T>) -> Filter<M> {
        self.condition(Compare::Eq, Self::wire(value))
    }

    /// Different. Null is neither equal nor different.
    #[must_use]
    pub fn ne(self, value: impl IntoField<T>) -> Filter<M> {
        self.condition(Compare::Ne, Self::wire(value))
    }

    /// Less than.
    #[must_use]
    pub fn lt(self, value: impl IntoField<T>) -> Filter<M> {
        self.condition(Compare::Lt, Self::wire(value))
    }

    /// Less than or equal.
    #[must_use]
    pub fn le(self, value: impl IntoField<T>) -> Filter<M> {
        self.condition(Compare::Le, Self::wire(value))
    }

    /// Greater than.
    #[must_use]
    pub fn gt(self, value: impl IntoField<T>) -> Filter<M> {
        self.condition(Compare::Gt, Self::wire(value))
    }

    /// Greater than or equal.
    #[must_use]
    pub fn ge(self, value: impl IntoField<T>) -> Filter<M> {
        self.condition(Compare::Ge, Self::wire(value))
    }

    /// One of these.
    #[must_use]
    pub fn is_in<V: IntoField<T>>(self, values: impl IntoIterator<Item = V>) -> Filter<M> {
        self.condition(Compare::In, values.into_iter().map(Self::wire).collect())
    }

    /// None of these, and not null.
    #[must_use]
    pub fn not_in<V: IntoField<T>>(self, values: impl IntoIterator<Item = V>) -> Filter<M> {
        self.condition(Compare::NotIn, values.into_iter().map(Self::wire).collect())
    }

    /// Null or absent.
    #[must_use]
    pub fn is_null(self) -> Filter<M> {
        self.condition(Compare::Is, Value::Null)
    }

    /// Present.
    #[must_use]
    pub fn is_not_null(self) -> Filter<M> {
        self.condition(Compare::IsNot, Value::Null)
    }

    /// Matches a pattern of `%` (any text) and `_` (one character), case-sensitive.
    #[must_use]
    pub fn like(self, pattern: &str) -> Filter<M> {
        self.condition(Compare::Like, pattern.into())
    }

    /// As [`Self::like`], in any case.
    #[must_use]
    pub fn ilike(self, pattern: &str) -> Filter<M> {
        self.condition(Compare::Ilike, pattern.into())
    }

    /// Smallest first.
    #[must_use]
    pub fn asc(self) -> Order<M> {
        Order { field: self.name(), descending: false, model: PhantomData }
    }

    /// Largest first.
    #[must_use]
    pub fn desc(self) -> Order<M> {
        Order { field: self.name(), descending: true, model: PhantomData }
    }
}
