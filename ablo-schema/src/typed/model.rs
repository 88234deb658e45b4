use std::{convert::Infallible, ops::Deref};

use serde::Serialize;

use super::{AbloField, FieldSpec, Id, ModelFamily, ModelSpec, Partial, TypeSpec};
use crate::ir::FieldType;

/// A struct whose values are rows of shared state. Derived with `#[derive(AbloModel)]`.
///
/// Field positions (`index`) are those of [`Self::FIELDS`]; the id is not among them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "expected a struct with `#[derive(AbloModel)]`",
    note = "write `#[derive(AbloModel)]` on `{Self}`"
)]
pub trait Model: Send + Sync + Sized + 'static {
    /// The name on the wire.
    const TYPENAME: &'static str;
    /// The fields, without the id. Apart from [`Self::SPEC`], so that models may refer to each other's fields.
    const FIELDS: &'static [FieldSpec];
    /// Everything the derive knows.
    const SPEC: ModelSpec;
    /// The patch: which fields an update sets, and to what.
    type Patch: Default + Send + Into<Partial<Self>>;

    /// The stand-in for this model; derived code calls it, so that a type that is no model is reported once.
    #[doc(hidden)]
    fn stand_in<F: ModelFamily>(family: &F, key: &'static str) -> F::Proxy<Self> {
        family.proxy(key)
    }

    /// The row's id.
    fn id(&self) -> &Id<Self>;

    /// A copy. `Clone` is no supertrait, so that a model without it is reported once.
    #[must_use]
    fn duplicate(&self) -> Self;

    /// Shows every field in order, without the id: what it holds and where in a value it is.
    ///
    /// # Errors
    /// Whatever the visitor reports.
    fn visit<V: VisitFields<Self>>(visitor: &mut V) -> Result<(), V::Error>;

    /// Reads the id and every field in order.
    ///
    /// # Errors
    /// Whatever the reader reports.
    fn read<R: ReadFields>(reader: &mut R) -> Result<Self, R::Error>;

    /// What each field of [`Self::FIELDS`] holds.
    #[must_use]
    fn types() -> Vec<TypeSpec> {
        let mut types = Types(Vec::with_capacity(Self::FIELDS.len()));
        match Self::visit(&mut types) {
            Ok(()) => types.0,
        }
    }
}

/// Is shown the fields of a model one by one.
pub trait VisitFields<M> {
    /// Why it goes no further.
    type Error;

    /// Sees the field at `index`.
    ///
    /// # Errors
    /// When the visitor writes, and the value has no exact wire form.
    fn field<T: AbloField>(&mut self, index: usize, get: fn(&M) -> &T) -> Result<(), Self::Error>;

    /// Sees a typed JSON field.
    ///
    /// # Errors
    /// When the visitor writes, and serde refuses the value.
    fn json<T: Serialize>(&mut self, index: usize, get: fn(&M) -> &T) -> Result<(), Self::Error>;
}

/// Remembers what the fields hold.
struct Types(Vec<TypeSpec>);

impl<M> VisitFields<M> for Types {
    type Error = Infallible;

    fn field<T: AbloField>(&mut self, _: usize, _: fn(&M) -> &T) -> Result<(), Infallible> {
        self.0.push(T::SPEC);
        Ok(())
    }

    fn json<T: Serialize>(&mut self, _: usize, _: fn(&M) -> &T) -> Result<(), Infallible> {
        self.0.push(TypeSpec::new(FieldType::Json));
        Ok(())
    }
}

/// Gives the fields of a model one by one.
pub trait ReadFields {
    /// Why a field was not given.
    type Error;

    /// Gives the id.
    ///
    /// # Errors
    /// When it is missing.
    fn id<M>(&mut self) -> Result<Id<M>, Self::Error>;

    /// Gives the field at `index`.
    ///
    /// # Errors
    /// When it is missing or of another type.
    fn field<T: AbloField>(&mut self, index: usize) -> Result<T, Self::Error>;
}

/// What the store keeps beside the declared fields.
#[derive(Clone, Debug, PartialEq)]
pub struct RowMeta {
    /// When the row was created.
    pub created_at: jiff::Timestamp,
    /// When it last changed.
    pub updated_at: jiff::Timestamp,
    /// Whose it is.
    pub organization_id: Option<String>,
    /// Which participant created it.
    pub created_by: Option<String>,
    /// When it was archived, if it is.
    pub archived_at: Option<jiff::Timestamp>,
    /// The sync id of the last delta that changed it: a stamp for stale guards.
    pub sync_id: u64,
}

/// A row as read: the model, which it derefs to, and its base fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<M> {
    /// The declared fields.
    pub model: M,
    /// The base fields.
    pub meta: RowMeta,
}

impl<M> Deref for Row<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.model
    }
}
