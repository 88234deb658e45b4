//! Between a model and the JSON text of its row, in one pass and without a tree.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::Value;

use super::{AbloField, FieldSpec, Id, Model, Partial, ReadFields, Row, RowMeta, VisitFields, field::Wire};

/// Why a row's JSON is not a model.
#[derive(Debug)]
pub struct DecodeError(serde_json::Error);

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for DecodeError {}

/// The row of a model as JSON: the id, then every declared field in order.
///
/// # Errors
/// When a field has no exact wire form; the message names it.
pub fn encode_model<M: Model>(model: &M) -> Result<String, DecodeError> {
    serde_json::to_string(&Encoded(model)).map_err(DecodeError)
}

/// Reads a model from the JSON of its row. Members that are not fields are passed over.
///
/// # Errors
/// When a required field is missing or any field is of another type; the message names it.
pub fn decode_model<M: Model>(json: &str) -> Result<M, DecodeError> {
    decode(json, Whole::<M> { base: None, model: PhantomData })
}

/// Reads a row: the model and its base fields. `sync_id` is the last delta's.
///
/// # Errors
/// As [`decode_model`], and when `createdAt` or `updatedAt` is missing.
pub fn decode_row<M: Model>(json: &str, sync_id: u64) -> Result<Row<M>, DecodeError> {
    let mut base = Base::default();
    let model = decode(json, Whole::<M> { base: Some(&mut base), model: PhantomData })?;
    let required = |value: Option<jiff::Timestamp>, name: &'static str| {
        value.ok_or_else(|| DecodeError(serde_json::Error::missing_field(name)))
    };
    Ok(Row {
        model,
        meta: RowMeta {
            created_at: required(base.created_at, "createdAt")?,
            updated_at: required(base.updated_at, "updatedAt")?,
            organization_id: base.organization_id,
            created_by: base.created_by,
            archived_at: base.archived_at,
            sync_id,
        },
    })
}

/// Reads the fields that are there. Members that are not fields are passed over.
///
/// # Errors
/// When the text is not a JSON object.
pub fn decode_partial<M: Model>(json: &str) -> Result<Partial<M>, DecodeError> {
    decode(json, Part::<M>(PhantomData))
}

fn decode<'de, S: DeserializeSeed<'de>>(json: &'de str, seed: S) -> Result<S::Value, DecodeError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value = seed.deserialize(&mut deserializer).map_err(DecodeError)?;
    deserializer.end().map_err(DecodeError)?;
    Ok(value)
}

struct Encoded<'a, M>(&'a M);

impl<M: Model> Serialize for Encoded<'_, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(M::FIELDS.len() + 1))?;
        map.serialize_entry("id", self.0.id())?;
        M::visit(&mut Entries { map: &mut map, model: self.0 })?;
        map.end()
    }
}

struct Entries<'a, S, M> {
    map: &'a mut S,
    model: &'a M,
}

impl<S: SerializeMap, M: Model> VisitFields<M> for Entries<'_, S, M> {
    type Error = S::Error;

    fn field<T: AbloField>(&mut self, index: usize, get: fn(&M) -> &T) -> Result<(), S::Error> {
        self.map.serialize_entry(M::FIELDS[index].name, &Wire(get(self.model)))
    }

    fn json<T: Serialize>(&mut self, index: usize, get: fn(&M) -> &T) -> Result<(), S::Error> {
        self.map.serialize_entry(M::FIELDS[index].name, get(self.model))
    }
}

/// The base fields a row carries beside the declared ones.
#[derive(Default)]
struct Base {
    created_at: Option<jiff::Timestamp>,
    updated_at: Option<jiff::Timestamp>,
    organization_id: Option<String>,
    created_by: Option<String>,
    archived_at: Option<jiff::Timestamp>,
}

struct Whole<'b, M> {
    base: Option<&'b mut Base>,
    model: PhantomData<M>,
}

impl<'de, M: Model> DeserializeSeed<'de> for Whole<'_, M> {
    type Value = M;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<M, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, M: Model> Visitor<'de> for Whole<'_, M> {
    type Value = M;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a row of {}", M::TYPENAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<M, A::Error> {
        let mut members = Members {
            map,
            fields: M::FIELDS,
            expected: 0,
            id: None,
            early: Vec::new(),
            base: self.base,
            input: PhantomData,
        };
        let model = M::read(&mut members)?;
        while members.next()?.is_some() {}
        Ok(model)
    }
}

/// The members of a row in the order they come. Rows are written in field order, so the member a model asks for is
/// nearly always the next one; any other waits in `early`.
struct Members<'de, 'b, A> {
    map: A,
    fields: &'static [FieldSpec],
    expected: usize,
    id: Option<String>,
    early: Vec<(usize, Value)>,
    base: Option<&'b mut Base>,
    input: PhantomData<&'de ()>,
}

enum Key {
    Id,
    Field(usize),
    Base(&'static str),
    Unknown,
}

struct KeySeed {
    fields: &'static [FieldSpec],
    expected: usize,
}

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        if self.fields.get(self.expected).is_some_and(|field| field.name == name) {
            return Ok(Key::Field(self.expected));
        }
        if name == "id" {
            return Ok(Key::Id);
        }
        if let Some(index) = self.fields.iter().position(|field| field.name == name) {
            return Ok(Key::Field(index));
        }
        const BASE: [&str; 5] = ["createdAt", "updatedAt", "organizationId", "createdBy", "archivedAt"];
        Ok(BASE.into_iter().find(|base| *base == name).map_or(Key::Unknown, Key::Base))
    }
}

impl<'de, A: MapAccess<'de>> Members<'de, '_, A> {
    /// Reads the next member; a field comes back as its position, its value still unread.
    fn next_field(&mut self) -> Result<Option<usize>, A::Error> {
        loop {
            let seed = KeySeed { fields: self.fields, expected: self.expected };
            match self.map.next_key_seed(seed)? {
                None => return Ok(None),
                Some(Key::Field(index)) => {
                    self.expected = index + 1;
                    return Ok(Some(index));
                }
                Some(Key::Id) => self.id = Some(self.map.next_value()?),
                Some(Key::Base(name)) => self.base_field(name)?,
                Some(Key::Unknown) => drop(self.map.next_value::<IgnoredAny>()?),
            }
        }
    }

    fn base_field(&mut self, name: &str) -> Result<(), A::Error> {
        let Some(base) = self.base.as_deref_mut() else {
            return self.map.next_value::<IgnoredAny>().map(drop);
        };
        let mut instant = || Ok(self.map.next_value::<Wire<Option<jiff::Timestamp>>>()?.0);
        match name {
            "createdAt" => base.created_at = instant()?,
            "updatedAt" => base.updated_at = instant()?,
            "archivedAt" => base.archived_at = instant()?,
            "organizationId" => base.organization_id = self.map.next_value()?,
            _ => base.created_by = self.map.next_value()?,
        }
        Ok(())
    }

    /// Reads one member into `early`; `None` at the end.
    fn next(&mut self) -> Result<Option<()>, A::Error> {
        let Some(index) = self.next_field()? else { return Ok(None) };
        let value = self.map.next_value()?;
        self.early.push((index, value));
        Ok(Some(()))
    }

    fn named<E: fmt::Display>(&self, index: usize, error: E) -> A::Error {
        A::Error::custom(format_args!("field `{}`: {error}", self.fields[index].name))
    }
}

impl<'de, A: MapAccess<'de>> ReadFields for Members<'de, '_, A> {
    type Error = A::Error;

    fn id<M>(&mut self) -> Result<Id<M>, A::Error> {
        // Rows are written with the id first; reading on to the next field finds it.
        while self.id.is_none() && self.next()?.is_some() {}
        self.id.take().map(Id::from).ok_or_else(|| A::Error::missing_field("id"))
    }

    fn field<T: AbloField>(&mut self, index: usize) -> Result<T, A::Error> {
        if let Some(at) = self.early.iter().position(|(early, _)| *early == index) {
            let (_, value) = self.early.swap_remove(at);
            return T::deserialize(value).map_err(|error| self.named(index, error));
        }
        loop {
            match self.next_field()? {
                Some(next) if next == index => {
                    let value = self.map.next_value::<Wire<T>>();
                    return value.map(|Wire(value)| value).map_err(|error| self.named(index, error));
                }
                Some(next) => {
                    let value = self.map.next_value()?;
                    self.early.push((next, value));
                }
                None => return T::absent().ok_or_else(|| A::Error::missing_field(self.fields[index].name)),
            }
        }
    }
}

struct Part<M>(PhantomData<M>);

impl<'de, M: Model> DeserializeSeed<'de> for Part<M> {
    type Value = Partial<M>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Partial<M>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, M: Model> Visitor<'de> for Part<M> {
    type Value = Partial<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "part of a row of {}", M::TYPENAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Partial<M>, A::Error> {
        let mut members = Members {
            map,
            fields: M::FIELDS,
            expected: 0,
            id: None,
            early: Vec::new(),
            base: None,
            input: PhantomData,
        };
        let mut partial = Partial::default();
        while let Some(index) = members.next_field()? {
            partial.insert(index, members.map.next_value()?);
        }
        Ok(partial)
    }
}
