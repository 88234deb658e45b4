use std::{fmt, marker::PhantomData};

use serde_json::Value;

use super::{AbloField, FieldRef, Model, field::Wire};

/// Some fields of a row: what an update sets, or what a delta carries.
///
/// A field that is not in it is kept; a field that is in it as null is set to null.
pub struct Partial<M> {
    /// By position in the model's spec, ascending.
    values: Vec<(usize, Value)>,
    /// The first value that had no exact wire form; verbs report it.
    refused: Option<(usize, String)>,
    model: PhantomData<fn() -> M>,
}

impl<M> Default for Partial<M> {
    fn default() -> Self {
        Self { values: Vec::new(), refused: None, model: PhantomData }
    }
}

impl<M: Model> fmt::Debug for Partial<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |index: usize| M::FIELDS.get(index).map_or("?", |field| field.name);
        let values = self.values.iter().map(|(index, value)| (name(*index), value));
        f.debug_map().entries(values).finish()
    }
}

impl<M> Clone for Partial<M> {
    fn clone(&self) -> Self {
        Self { values: self.values.clone(), refused: self.refused.clone(), model: PhantomData }
    }
}

impl<M> PartialEq for Partial<M> {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values && self.refused == other.refused
    }
}

impl<M: Model> Partial<M> {
    /// Sets the field at `index`; generated setters call it.
    #[must_use]
    pub fn with<T: AbloField>(mut self, index: usize, value: &T) -> Self {
        match serde_json::to_value(Wire(value)) {
            Ok(value) => self.insert(index, value),
            Err(error) => {
                self.refused.get_or_insert((index, error.to_string()));
            }
        }
        self
    }

    /// Sets the field at `index` to a wire value.
    pub fn insert(&mut self, index: usize, value: Value) {
        match self.values.binary_search_by_key(&index, |(at, _)| *at) {
            Ok(at) => self.values[at].1 = value,
            Err(at) => self.values.insert(at, (index, value)),
        }
    }

    /// The fields and their wire values, by position.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Value)> {
        self.values.iter().map(|(index, value)| (*index, value))
    }

    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The field that could not be set, by position, and why.
    #[must_use]
    pub fn refused(&self) -> Option<(usize, &str)> {
        self.refused.as_ref().map(|(index, why)| (*index, why.as_str()))
    }

    /// The value of a field, when it is in.
    ///
    /// # Errors
    /// When the value is not of the field's type.
    pub fn get<T: AbloField>(&self, field: FieldRef<M, T>) -> Result<Option<T>, serde_json::Error> {
        match self.values.binary_search_by_key(&field.index(), |(at, _)| *at) {
            Ok(at) => T::deserialize(&self.values[at].1).map(Some),
            Err(_) => Ok(None),
        }
    }
}
