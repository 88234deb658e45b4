use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error as _, ser::Error as _};
use serde_json::Value;

use super::{Id, Model, Partial, ReadFields, VisitFields};
use crate::ir::{FieldType, NumberFormat, StringFormat};

/// What a Rust type is as a field, known at compile time.
#[derive(Clone, Copy, Debug)]
pub struct TypeSpec {
    /// The artifact's type.
    pub ty: FieldType,
    /// Whether null is a value.
    pub optional: bool,
    /// The kind of number.
    pub number: NumberFormat,
    /// The kind of text.
    pub string: Option<StringFormat>,
    /// The values of an enum.
    pub enum_values: &'static [&'static str],
}

impl TypeSpec {
    /// A required field of this type.
    #[must_use]
    pub const fn new(ty: FieldType) -> Self {
        Self { ty, optional: false, number: NumberFormat::Float, string: None, enum_values: &[] }
    }

    /// Text of a kind.
    #[must_use]
    pub const fn string(format: StringFormat) -> Self {
        Self { string: Some(format), ..Self::new(FieldType::String) }
    }

    /// A number of a kind.
    #[must_use]
    pub const fn number(format: NumberFormat) -> Self {
        Self { number: format, ..Self::new(FieldType::Number) }
    }

    /// One of these strings.
    #[must_use]
    pub const fn one_of(values: &'static [&'static str]) -> Self {
        Self { enum_values: values, ..Self::new(FieldType::Enum) }
    }

    /// The same, and null.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }
}

/// A Rust type that can be the type of a model's field.
///
/// Implemented for text, numbers, booleans, [`Id`], timestamps, JSON values, lists, maps and `Option` of these.
/// Implement it for a newtype by forwarding to the inner type; derive [`AbloEnum`] for an enum; write
/// `#[ablo(json)]` above the field for any other serde type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a model field",
    label = "not a field type",
    note = "fields hold text, numbers, booleans, timestamps, ids, JSON values, lists, maps and `Option`s of these",
    note = "for structured data write `#[ablo(json)]` above the field; the type then needs serde's `Serialize` and `Deserialize`",
    note = "instead of `&str` write `String`, instead of `usize` and `isize` write `u64` and `i64`",
    note = "for an enum of plain variants write `#[derive(AbloEnum)]` on it",
    note = "for a newtype implement `AbloField` and forward to the inner type"
)]
pub trait AbloField: Sized {
    /// What the type is as a field.
    const SPEC: TypeSpec;

    /// Writes the wire value.
    ///
    /// # Errors
    /// Fails when JSON cannot carry the value exactly, such as an integer beyond 2^53 or a NaN.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads the wire value.
    ///
    /// # Errors
    /// Fails when the value is of another type or out of range.
    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// The value of a field that a row does not carry, when there is one.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }

    // What derived code calls. Always through `<Type as AbloField>`, so that a type that is no field is reported once.

    #[doc(hidden)]
    fn see<M, V: VisitFields<M>>(visitor: &mut V, index: usize, get: fn(&M) -> &Self) -> Result<(), V::Error> {
        visitor.field(index, get)
    }

    #[doc(hidden)]
    fn take<R: ReadFields>(reader: &mut R, index: usize) -> Result<Self, R::Error> {
        reader.field(index)
    }

    #[doc(hidden)]
    fn set<M: Model>(partial: Partial<M>, index: usize, value: impl IntoField<Self>) -> Partial<M> {
        partial.with(index, &value.into_field())
    }

    #[doc(hidden)]
    fn default_value(value: Self) -> Value {
        // A default without an exact wire form is found when the schema is validated: null is not its type.
        serde_json::to_value(Wire(&value)).unwrap_or(Value::Null)
    }
}

/// An enum of plain variants, stored as strings. Derived.
#[diagnostic::on_unimplemented(message = "`{Self}` is not an Ablo enum", note = "write `#[derive(AbloEnum)]` on it")]
pub trait AbloEnum: Sized + 'static {
    /// The wire values, in declaration order.
    const VALUES: &'static [&'static str];

    /// The position of this variant in [`Self::VALUES`].
    fn ordinal(&self) -> usize;

    /// The variant at this position.
    fn from_ordinal(ordinal: usize) -> Option<Self>;

    /// The wire value.
    fn as_str(&self) -> &'static str {
        Self::VALUES[self.ordinal()]
    }

    /// The variant with this wire value.
    #[must_use]
    fn from_wire(value: &str) -> Option<Self> {
        Self::from_ordinal(Self::VALUES.iter().position(|known| *known == value)?)
    }
}

/// Reads an enum's wire value; derived [`AbloField`] impls call it.
///
/// # Errors
/// Fails on any other string, naming the values.
pub fn deserialize_enum<'de, E: AbloEnum, D: Deserializer<'de>>(deserializer: D) -> Result<E, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    E::from_wire(&text).ok_or_else(|| D::Error::custom(format_args!("`{text}` is not one of {}", E::VALUES.join(", "))))
}

/// A value of any serde type, as a JSON field. `#[ablo(json)]` fields have this type in accessors and patches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// What a patch setter accepts: the field's type itself, text for a `String`, and a bare value for an `Option`.
#[diagnostic::on_unimplemented(
    message = "a field of type `{T}` cannot be given a value of type `{Self}`",
    label = "expected `{T}`, found `{Self}`",
    note = "write a value of the field's own type; `&str` also does for text, and an `Option` also takes a bare value"
)]
pub trait IntoField<T> {
    /// The field's value.
    fn into_field(self) -> T;
}

impl<T> IntoField<T> for T {
    fn into_field(self) -> T {
        self
    }
}

impl<T> IntoField<Option<T>> for T {
    fn into_field(self) -> Option<T> {
        Some(self)
    }
}

impl<T> IntoField<Json<T>> for T {
    fn into_field(self) -> Json<T> {
        Json(self)
    }
}

impl<T> IntoField<Json<Option<T>>> for T {
    fn into_field(self) -> Json<Option<T>> {
        Json(Some(self))
    }
}

#[diagnostic::do_not_recommend]
impl IntoField<String> for &str {
    fn into_field(self) -> String {
        self.to_owned()
    }
}

#[diagnostic::do_not_recommend]
impl IntoField<Option<String>> for &str {
    fn into_field(self) -> Option<String> {
        Some(self.to_owned())
    }
}

#[diagnostic::do_not_recommend]
impl<M: ?Sized> IntoField<Id<M>> for &Id<M> {
    fn into_field(self) -> Id<M> {
        self.clone()
    }
}

#[diagnostic::do_not_recommend]
impl<M: ?Sized> IntoField<Option<Id<M>>> for &Id<M> {
    fn into_field(self) -> Option<Id<M>> {
        Some(self.clone())
    }
}

macro_rules! through_serde {
    ($([$($generics:tt)*] $ty:ty => $spec:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> AbloField for $ty {
            const SPEC: TypeSpec = $spec;

            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Serialize::serialize(self, serializer)
            }

            fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Deserialize::deserialize(deserializer)
            }
        }
    )*};
}

through_serde! {
    [] String => TypeSpec::new(FieldType::String);
    [] bool => TypeSpec::new(FieldType::Boolean);
    [] i8 => TypeSpec::number(NumberFormat::Int32);
    [] i16 => TypeSpec::number(NumberFormat::Int32);
    [] i32 => TypeSpec::number(NumberFormat::Int32);
    [] u8 => TypeSpec::number(NumberFormat::Int32);
    [] u16 => TypeSpec::number(NumberFormat::Int32);
    [] u32 => TypeSpec::number(NumberFormat::Int64);
    [] Value => TypeSpec::new(FieldType::Json);
    [M: ?Sized] Id<M> => TypeSpec::new(FieldType::String);
    [T: Serialize + DeserializeOwned] Vec<T> => TypeSpec::new(FieldType::Json);
    [T: Serialize + DeserializeOwned] BTreeMap<String, T> => TypeSpec::new(FieldType::Json);
    [T: Serialize + DeserializeOwned] HashMap<String, T> => TypeSpec::new(FieldType::Json);
}

/// The largest integer that every JSON reader carries exactly: 2^53 - 1.
pub const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

macro_rules! wide_integers {
    ($($ty:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl AbloField for $ty {
            const SPEC: TypeSpec = TypeSpec::number(NumberFormat::Int64);

            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if i128::from(*self).unsigned_abs() > u128::from(MAX_SAFE_INTEGER) {
                    return Err(S::Error::custom(format_args!("{self} is beyond 2^53, which a JSON number cannot carry exactly")));
                }
                Serialize::serialize(self, serializer)
            }

            fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Deserialize::deserialize(deserializer)
            }
        }
    )*};
}

wide_integers! { i64 u64 }

macro_rules! floats {
    ($($ty:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl AbloField for $ty {
            const SPEC: TypeSpec = TypeSpec::number(NumberFormat::Float);

            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if !self.is_finite() {
                    return Err(S::Error::custom(format_args!("{self} is not a JSON number")));
                }
                Serialize::serialize(self, serializer)
            }

            fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Deserialize::deserialize(deserializer)
            }
        }
    )*};
}

floats! { f32 f64 }

#[diagnostic::do_not_recommend]
impl<T: AbloField> AbloField for Option<T> {
    const SPEC: TypeSpec = T::SPEC.optional();

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.serialize(serializer),
            None => serializer.serialize_none(),
        }
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::<Wire<T>>::deserialize(deserializer)?;
        Ok(value.map(|Wire(value)| value))
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> AbloField for Json<T> {
    const SPEC: TypeSpec = TypeSpec::new(FieldType::Json);

    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Serialize::serialize(&self.0, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }

    fn absent() -> Option<Self> {
        T::deserialize(Value::Null).ok().map(Self)
    }
}

/// Lends an [`AbloField`] to serde.
pub(crate) struct Wire<T>(pub(crate) T);

impl<T: AbloField> Serialize for Wire<&T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: AbloField> Deserialize<'de> for Wire<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}
