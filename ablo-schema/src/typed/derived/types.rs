//! Judges of types.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::typed::{
    AbloField, FieldRef, Id, IntoField, Json, Model, Partial, QueryInput, QueryList, ReadFields, VisitFields,
};

/// The type of a model's `id`.
#[diagnostic::on_unimplemented(
    message = "the id of `{M}` has the type `Id<{M}>`, not `{Self}`",
    label = "write `Id<{M}>` here"
)]
pub trait IdField<M>: Sized {
    /// The id itself.
    fn get(&self) -> &Id<M>;

    /// Reads it.
    ///
    /// # Errors
    /// As the reader.
    fn take<R: ReadFields>(reader: &mut R) -> Result<Self, R::Error>;
}

#[diagnostic::do_not_recommend]
impl<M> IdField<M> for Id<M> {
    fn get(&self) -> &Id<M> {
        self
    }

    fn take<R: ReadFields>(reader: &mut R) -> Result<Self, R::Error> {
        reader.id()
    }
}

/// A model that can be copied.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a model without `Clone`, and clients hand out copies of rows",
    label = "cannot be copied",
    note = "write `#[derive(Clone)]` above `{Self}`"
)]
pub trait Duplicate {
    /// A copy.
    fn duplicate(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<M: Model + Clone> Duplicate for M {
    fn duplicate(&self) -> Self {
        self.clone()
    }
}

/// A type whose `Default` is the default of a field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `Default` for `#[ablo(default)]` to take",
    label = "has no `Default`",
    note = "write the value, as in `#[ablo(default = ...)]`, or implement `Default` for `{Self}`"
)]
pub trait OwnDefault {
    /// The value.
    fn own_default() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> OwnDefault for T {
    fn own_default() -> Self {
        T::default()
    }
}

/// The type of a field that holds the id of another row.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell which model it leads to",
    label = "expected `Id<M>` or `Option<Id<M>>`",
    note = "for an id kept as text write `#[ablo(belongs_to = M)]`"
)]
pub trait ForeignKey {
    /// The model it leads to.
    type Model: Model;
}

impl<M: Model> ForeignKey for Id<M> {
    type Model = M;
}

#[diagnostic::do_not_recommend]
impl<M: Model> ForeignKey for Option<Id<M>> {
    type Model = M;
}

/// The type of a field that holds the id of an `M`.
#[diagnostic::on_unimplemented(
    message = "this field does not hold the id of a row of `{M}`",
    label = "its type is `{Self}`, expected `Id<{M}>`, `Option<Id<{M}>>` or text"
)]
pub trait HoldsId<M> {}

#[diagnostic::do_not_recommend]
impl<M> HoldsId<M> for Id<M> {}
#[diagnostic::do_not_recommend]
impl<M> HoldsId<M> for Option<Id<M>> {}
#[diagnostic::do_not_recommend]
impl<M> HoldsId<M> for String {}
#[diagnostic::do_not_recommend]
impl<M> HoldsId<M> for Option<String> {}

/// The field at this position; generated accessors call it.
pub const fn at<M, T>(index: usize) -> FieldRef<M, T> {
    FieldRef::new(index)
}

/// A field named for its type alone, while compiling.
pub struct Column<T>(PhantomData<fn() -> T>);

/// The field that a closure reads.
#[must_use]
pub const fn column<M, T>(_: fn(&M) -> &T) -> Column<T> {
    Column(PhantomData)
}

impl<T> Column<T> {
    /// Checks that it is the key of a relation to `M`.
    pub const fn leads_to<M>(&self)
    where
        T: HoldsId<M>,
    {
    }

    /// What a condition compares it with.
    pub fn with<I: QueryInput<T>>(&self, input: &I) -> Option<Value> {
        input.operand()
    }

    /// The list of which it is to be one.
    pub fn within<I: QueryList<T>>(&self, input: &I) -> Option<Value> {
        input.operand()
    }

    /// What it is always compared with.
    pub fn constant(&self, value: impl IntoField<T>) -> Value
    where
        T: AbloField,
    {
        T::default_value(value.into_field())
    }
}

/// The type of an `#[ablo(json)]` field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept as JSON",
    label = "not a serde type",
    note = "write `#[derive(serde::Serialize, serde::Deserialize)]` on `{Self}`"
)]
pub trait JsonField: Sized {
    /// Shows the field.
    ///
    /// # Errors
    /// As the visitor.
    fn see<M, V: VisitFields<M>>(visitor: &mut V, index: usize, get: fn(&M) -> &Self) -> Result<(), V::Error>;

    /// Reads the field.
    ///
    /// # Errors
    /// As the reader.
    fn take<R: ReadFields>(reader: &mut R, index: usize) -> Result<Self, R::Error>;

    /// Sets the field of a patch.
    fn set<M: Model>(partial: Partial<M>, index: usize, value: impl IntoField<Json<Self>>) -> Partial<M>;

    /// The wire value of a default.
    fn default_value(value: Self) -> Value;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> JsonField for T {
    fn see<M, V: VisitFields<M>>(visitor: &mut V, index: usize, get: fn(&M) -> &Self) -> Result<(), V::Error> {
        visitor.json(index, get)
    }

    fn take<R: ReadFields>(reader: &mut R, index: usize) -> Result<Self, R::Error> {
        reader.field::<Json<T>>(index).map(|Json(value)| value)
    }

    fn set<M: Model>(partial: Partial<M>, index: usize, value: impl IntoField<Json<Self>>) -> Partial<M> {
        partial.with(index, &value.into_field())
    }

    fn default_value(value: Self) -> Value {
        serde_json::to_value(value).unwrap_or(Value::Null)
    }
}

/// Answers questions about a type that traits cannot: an inherent constant is found before one of [`NotProbed`], but
/// only when its bounds hold.
pub struct Probe<T>(PhantomData<T>);

/// The answers when nothing better is known.
pub trait NotProbed {
    /// Whether null is a value.
    const OPTIONAL: bool = false;
    /// The JSON Schema.
    const SCHEMA: Option<fn() -> Value> = None;
}

impl<T> NotProbed for Probe<T> {}

impl<T> Probe<Option<T>> {
    /// An `Option` may be null.
    pub const OPTIONAL: bool = true;
}

impl<T: schemars::JsonSchema> Probe<T> {
    /// The type knows its JSON Schema.
    pub const SCHEMA: Option<fn() -> Value> = Some(|| schemars::schema_for!(T).to_value());
}
